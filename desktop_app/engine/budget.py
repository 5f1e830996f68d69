"""How long a run is and how fast it learns at each moment."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.engine.families import Family
from desktop_app.engine.families.declaration import Estimate, Shape

DECAY_SHARE = 0.4
"""The learning rate falls in a straight line to nothing over this last share of the training."""
WARM_UP_STEPS = 100


@dataclass
class Budget:
    """Length of the training, in items, and the learning rate's schedule (warm-up, constant, linear decay).

    While the rate is constant nothing that is learned depends on the length, so that a run that was given minutes may
    correct it by the speed it sees. When the decay begins the length is settled; from then on, and always when it was
    asked for in items, a resumed run repeats the unbroken one exactly.
    """

    total_items: int
    settled: bool

    def revise(self, items: int, elapsed: float, seconds: float, batch: int) -> None:
        """Set the length to what ``seconds`` allow at the speed so far (``items`` in ``elapsed`` seconds)."""
        if self.settled or items == 0:
            return
        self.total_items = max(items + batch, round(items / elapsed * seconds / batch) * batch)
        self.settled = items >= (1 - DECAY_SHARE) * self.total_items

    def rate(self, step: int, batch: int) -> float:
        """Factor on the learning rate of the step after ``step`` steps."""
        warm = min(1.0, (step + 1) / WARM_UP_STEPS)
        left = 1 - step * batch / self.total_items
        return warm * (min(1.0, left / DECAY_SHARE) if self.settled else 1.0)


def choose_network(family: Family, shape: Shape, minutes: float, gflops: float, passes: float) -> Estimate:
    """The largest network that sees every item ``passes`` times within ``minutes`` at the speed measured here."""
    estimates = [family.estimate(shape, network, minutes, gflops) for network in family.networks]
    fitting = [estimate for estimate in estimates if estimate.passes >= passes]
    return max(fitting, key=lambda estimate: estimate.parameters) if fitting else estimates[0]
