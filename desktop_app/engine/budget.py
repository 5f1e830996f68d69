"""How long a run is and how fast it learns at each moment."""

from __future__ import annotations

import math
from dataclasses import dataclass

from desktop_app.engine.families import Family
from desktop_app.engine.families.declaration import Estimate, Shape
from desktop_app.engine.families.levers import Schedule

DECAY_SHARES: dict[Schedule, float] = {"linear": 0.4, "cosine": 0.9, "constant": 0.0}
"""The learning rate falls to nothing over this last share of the training."""


@dataclass
class Budget:
    """Length of the training, in items, and the learning rate's schedule (warm-up, constant, decay).

    While the rate is constant nothing that is learned depends on the length, so that a run that was given minutes may
    correct it by the speed it sees. When the decay begins the length is settled; from then on, and always when it was
    asked for in items, a resumed run repeats the unbroken one exactly.

    Attributes
    ----------
    warm_up
        Steps in which the rate rises.
    slower
        Factor on the rate after the training had to be rolled back.
    """

    total_items: int
    settled: bool
    schedule: Schedule = "linear"
    warm_up: int = 100
    slower: float = 1.0

    def revise(self, items: int, elapsed: float, seconds: float, batch: int) -> None:
        """Set the length to what ``seconds`` allow at the speed so far (``items`` in ``elapsed`` seconds)."""
        if self.settled or items == 0:
            return
        self.total_items = max(items + batch, round(items / elapsed * seconds / batch) * batch)
        self.settled = items >= (1 - DECAY_SHARES[self.schedule]) * self.total_items

    def rate(self, step: int, batch: int) -> float:
        """Factor on the learning rate of the step after ``step`` steps."""
        warm = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        falling = 1 - self.progress(step, batch)
        if self.schedule == "cosine":
            falling = 0.5 * (1 - math.cos(math.pi * falling))
        return self.slower * warm * falling

    def progress(self, step: int, batch: int) -> float:
        """How far the decay has come, from 0 to 1; other schedules may follow it too."""
        share = DECAY_SHARES[self.schedule]
        if not (self.settled and share):
            return 0.0
        left = 1 - step * batch / self.total_items
        return 1 - min(1.0, max(0.0, left / share))


def choose_network(family: Family, shape: Shape, minutes: float, gflops: float, passes: float) -> Estimate:
    """The largest network that sees every item ``passes`` times within ``minutes`` at the speed measured here."""
    return largest([family.estimate(shape, network, minutes, gflops) for network in family.networks], passes)


def largest(estimates: list[Estimate], passes: float) -> Estimate:
    """The largest network among those that see every item ``passes`` times; the first where none does."""
    fitting = [estimate for estimate in estimates if estimate.passes >= passes]
    return max(fitting, key=lambda estimate: estimate.parameters) if fitting else estimates[0]
