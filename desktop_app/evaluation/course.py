"""How a training went: what its events say of overfitting and of steadiness, and what its kind of model can change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.report import Gap
from desktop_app.project.runs import Checkpoint, Event, Metrics, Started, Warned

Float64 = NDArray[np.float64]
_FEWEST = 6
"""Measurements of the loss on held-out items below which nothing is said of a gap."""
PARTED = 1.05
"""The two losses have parted when the one on held-out items ends above its best by this factor while the other fell."""
_JUMP = 1.3


class Kind(NamedTuple):
    """Another kind of model.

    Attributes
    ----------
    title
        Within a sentence: "diffusion model".
    careful
        Its settings against copying, for a training on few pictures.
    """

    name: str
    title: str
    careful: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Course:
    """What advice needs to know of the training behind a model.

    Attributes
    ----------
    family, title
        Kind of model, and its title within a sentence.
    settings, usual
        Its settings, resolved, and the family's defaults.
    remedies
        By symptom: what the family declares to help, as a sentence and settings.
    passes
        How often each training item was seen.
    good
        Passes after which this kind of model usually draws good pictures.
    setbacks
        Times that it was rolled back because it had become unstable.
    jumps
        Times that the loss on held-out items leapt up and came down again.
    peak
        Share of the training after which its best state stood, where the figure that says so is no loss of its own.
    warnings
        Codes of what was noticed while it learned.
    classes
        Training items of each class.
    seconds
        Time to draw one picture on this machine; None where it was not measured.
    finer, quicker
        Another kind of model that draws better pictures, and one that draws in one pass; None without.
    """

    family: str
    title: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    usual: Mapping[str, Any] = field(default_factory=dict)
    remedies: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    passes: float = 0.0
    good: float = 0.0
    gap: Gap | None = None
    setbacks: int = 0
    jumps: int = 0
    peak: float | None = None
    warnings: frozenset[str] = frozenset()
    classes: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None
    finer: Kind | None = None
    quicker: Kind | None = None


def figures(events: Iterable[Event], name: str) -> tuple[Float64, Float64]:
    """Steps and values of a metric, (N,) each; a resumed run that goes over steps again replaces what it had said."""
    points: dict[int, float] = {}
    for event in events:
        if isinstance(event, Metrics) and name in event.values:
            if points and event.step <= next(reversed(points)):
                points = {step: value for step, value in points.items() if step < event.step}
            points[event.step] = event.values[name]
    return np.array(list(points), np.float64), np.array(list(points.values()), np.float64)


@dataclass(frozen=True)
class Parting:
    """The two losses of a training beside one another, both smoothed.

    Attributes
    ----------
    steps
        Where the loss on held-out items was measured, (N,).
    held_out, own
        The two losses there, (N,); ``own`` is the training's.
    gap
        What became of it in the end.
    """

    steps: Float64
    held_out: Float64
    own: Float64
    gap: Gap

    @property
    def apart(self) -> Float64:
        """How much higher the loss on held-out items is, (N,)."""
        return self.held_out - self.own


def parting(events: list[Event]) -> Parting | None:
    """The loss on held-out items beside the training's own; None where too little was measured.

    Both are smoothed by a running median over five, because a single batch says little.
    """
    steps, held_out = figures(events, "held_out_loss")
    own_steps, own = figures(events, "loss")
    if len(steps) < _FEWEST or len(own_steps) < _FEWEST:
        return None
    held_out, own = _smooth(held_out), np.interp(steps, own_steps, _smooth(own))
    lowest = int(held_out.argmin())
    rose = held_out[-1] - held_out[lowest] > (PARTED - 1) * abs(held_out[lowest])
    found = Gap(
        step=int(steps[lowest]), best=float(held_out[lowest]), last=float(held_out[-1]), training_then=float(own[lowest]),
        training_last=float(own[-1]), opened=bool(rose and own[-1] < own[lowest]),
        checkpoint=_checkpoint_before(events, int(steps[lowest])),
    )  # fmt: skip
    return Parting(steps, held_out, own, found)


def gap(events: list[Event]) -> Gap | None:
    """Where the loss on held-out items parted from the training's own; None where too little was measured."""
    found = parting(events)
    return found.gap if found else None


def _smooth(values: Float64, width: int = 5) -> Float64:
    padded = np.pad(values, width // 2, mode="reflect")
    smoothed: Float64 = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return smoothed


def _checkpoint_before(events: list[Event], step: int) -> str:
    """The checkpoint nearest before a step, or at it; empty when there was none."""
    before = [event for event in events if isinstance(event, Checkpoint) and event.step <= step]
    return max(before, key=lambda event: event.step).folder if before else ""


def jumps(events: Iterable[Event]) -> int:
    """Times that the loss on held-out items stood far above its best so far and came down again."""
    values = figures(events, "held_out_loss")[1]
    if len(values) < 2 or values.min() <= 0:
        return 0
    above = values > _JUMP * np.minimum.accumulate(values)
    return int((above[:-1] & ~above[1:]).sum())


def setbacks(events: Iterable[Event]) -> int:
    """Times that the training was rolled back."""
    return sum(isinstance(event, Warned) and event.code == "rolled back" for event in events)


def peak(events: list[Event]) -> float | None:
    """Share of the training's steps after which its best state stood; None where fewer than two states were kept."""
    kept = [event for event in events if isinstance(event, Checkpoint)]
    best = [event for event in kept if event.best]
    last = max((event.step for event in kept), default=0)
    return best[-1].step / last if best and last and len(kept) > 1 else None


def passes(events: list[Event]) -> float:
    """How often each training item was seen."""
    started = [event for event in events if isinstance(event, Started)]
    items = [event.items for event in events if isinstance(event, Checkpoint | Metrics)]
    return max(items) / max(1, started[-1].training_items) if started and items else 0.0
