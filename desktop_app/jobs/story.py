"""A run's events folded into what a page or a progress bar shows (no Qt)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from desktop_app.project.runs import (
    TERMINAL,
    Checkpoint,
    Evaluated,
    Event,
    Failed,
    Finished,
    Metrics,
    Part,
    Paused,
    Phase,
    Planned,
    Preview,
    Progress,
    Started,
    Stopped,
    Tried,
    Warned,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PHASES = {
    "preparing": "Getting ready",
    "measuring": "Measuring this machine",
    "training": "Learning",
    "exporting": "Making the model file",
    "checking": "Checking the model file",
    "evaluating": "Judging the model",
}
"""Phases of a run in words."""
LAST_PHASES = ("exporting", "checking", "evaluating")


NOTES = frozenset({"start", "memory", "rolled back"})
"""Codes of what the engine did by itself: worth knowing, nothing to be done."""


def is_note(warning: Warned) -> bool:
    """Whether a finding only tells; what offers settings is never only told."""
    return not warning.apply and (warning.code in NOTES - {"start"} or not warning.remedy)


class Curve:
    """A figure over the steps: two columns that grow without being copied at every point."""

    def __init__(self) -> None:
        import numpy as np  # here, so that the first window need not wait for it

        self._points = np.empty((2, 256), np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, step: float, value: float) -> None:
        """Append a point; a resumed run that goes over steps again replaces what it had said of them."""
        import numpy as np

        if self._count and step <= self._points[0, self._count - 1]:
            self._count = int(np.searchsorted(self.steps, step))
        if self._count == self._points.shape[1]:
            self._points = np.concatenate([self._points, np.empty_like(self._points)], axis=1)
        self._points[:, self._count] = step, value
        self._count += 1

    @property
    def steps(self) -> NDArray[np.float64]:
        """(N,) rising."""
        return self._points[0, : self._count]

    @property
    def values(self) -> NDArray[np.float64]:
        """(N,)"""
        return self._points[1, : self._count]

    @property
    def last(self) -> float | None:
        return float(self._points[1, self._count - 1]) if self._count else None


@dataclass
class Story:
    """Everything that a run has said so far; :meth:`take` folds new events in.

    Attributes
    ----------
    curves
        By the metric's name: loss, held_out_loss, learning_rate, …
    previews
        In the order of their steps, one for each moment.
    warnings
        One for each code, the newest.
    tried
        Parts of a rehearsal that went well, in their order.
    ending
        The terminal event or the pause that the run ended with, None while it works.
    """

    started: Started | None = None
    planned: Planned | None = None
    phase: Phase | None = None
    progress: Progress | None = None
    curves: dict[str, Curve] = field(default_factory=dict)
    previews: list[Preview] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    best: Checkpoint | None = None
    warnings: dict[str, Warned] = field(default_factory=dict)
    tried: dict[Part, Tried] = field(default_factory=dict)
    ending: Finished | Stopped | Failed | Paused | None = None
    evaluated: bool = False

    def take(self, events: Iterable[Event]) -> None:
        """Fold events in, in the order in which they were written."""
        for event in events:
            _FOLDS[type(event)](self, event)

    def curve(self, name: str) -> Curve:
        """The curve of that name, empty when nothing was said of it."""
        return self.curves.setdefault(name, Curve())

    @property
    def fraction(self) -> float:
        """Share of the training that is done, 0 to 1."""
        if isinstance(self.ending, Finished):
            return 1.0
        now = self.progress
        return min(1.0, now.items / now.total_items) if now and now.total_items else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds of training left, as the engine reckons; None before it knows and after it has ended."""
        return self.progress.seconds_left if self.progress and self.ending is None else None

    @property
    def doing(self) -> str:
        """What is done after learning, in words; empty before."""
        return PHASES[self.phase.name] if self.phase and self.phase.name in LAST_PHASES else ""

    @property
    def step(self) -> int:
        """The last step that is known to be done."""
        return self.progress.step if self.progress else 0


def _started(story: Story, event: Started) -> None:
    story.started, story.ending, story.phase = event, None, None


def _planned(story: Story, event: Planned) -> None:
    story.planned = event


def _phase(story: Story, event: Phase) -> None:
    story.phase = event


def _progress(story: Story, event: Progress) -> None:
    story.progress = event


def _metrics(story: Story, event: Metrics) -> None:
    for name, value in event.values.items():
        story.curve(name).add(event.step, value)


def _preview(story: Story, event: Preview) -> None:
    while story.previews and story.previews[-1].step >= event.step:
        story.previews.pop()
    story.previews.append(event)


def _checkpoint(story: Story, event: Checkpoint) -> None:
    story.checkpoint = event
    if event.best:
        story.best = event


def _warned(story: Story, event: Warned) -> None:
    story.warnings.pop(event.code, None)
    story.warnings[event.code] = event


def _tried(story: Story, event: Tried) -> None:
    story.tried[event.part] = event


def _evaluated(story: Story, _: Evaluated) -> None:
    story.evaluated = True


def _ended(story: Story, event: Finished | Stopped | Failed | Paused) -> None:
    story.ending, story.phase = event, None


_FOLDS = {
    Started: _started,
    Planned: _planned,
    Phase: _phase,
    Progress: _progress,
    Metrics: _metrics,
    Preview: _preview,
    Checkpoint: _checkpoint,
    Warned: _warned,
    Tried: _tried,
    Evaluated: _evaluated,
    Paused: _ended,
    **dict.fromkeys(TERMINAL, _ended),
}
