"""The course of a run and the states of it that are kept: which is its model, which to take, a model of another (no Qt)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.evaluation.course import Float64, Parting, figures, parting
from desktop_app.evaluation.ranking import Choice, Moment, best_moment
from desktop_app.jobs import catalog, comparing
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import TERMINAL, Checkpoint, Evaluated, Event, EventLog, Paused, Preview, Run, create_run

Cancel = Callable[[], bool]
Progress = Callable[[float, float, str], None]
"""Called with what is done, of how much, and what it is."""
_PIECE = 2**20
"""Bytes copied between two words of progress."""


@dataclass(frozen=True)
class History:
    """How a run went, and what is kept of it.

    Attributes
    ----------
    parting
        Its losses; None where its kind of model has no such loss, or too little was measured.
    held_out_title
        What the figure on held-out pictures is called.
    held_out
        That figure over the steps, (N,) each, where it is no loss of its own; None where it is.
    states
        Those that are kept, by step.
    model
        Step of the state that its model was made of; None where that is not known.
    choice
        The state to take; its place is one of ``states``.
    """

    run: Run
    parting: Parting | None
    held_out_title: str
    held_out: tuple[Float64, Float64] | None = None
    states: tuple[Moment, ...] = ()
    model: int | None = None
    choice: Choice | None = None

    @property
    def recommended(self) -> int | None:
        """Step of the state to take."""
        return self.states[self.choice.place].step if self.choice else None

    def roles(self, step: int) -> list[str]:
        """What a state is among the others, in words."""
        best = "to be taken" if self.choice and self.choice.sound else "the least bad"
        return [words for which, words in ((self.model, "is the model"), (self.recommended, best)) if which == step]

    def keeps(self, folder: str) -> bool:
        """Whether a checkpoint is still there."""
        return bool(folder) and (self.run.folder / folder).is_dir()


def history(run: Run) -> History:
    """Read a run's course and its states."""
    family, events = catalog.get(run.spec.family), run.events()
    states = tuple(state for state in comparing.moments(run) if _draws(run, state.step))
    found = parting(events) if family.held_out_is_loss else None
    alone = None if family.held_out_is_loss else figures(events, "held_out_loss")
    return History(run, found, family.held_out_title, alone, states, _of_model(run, states), best_moment(states))


def _of_model(run: Run, states: tuple[Moment, ...]) -> int | None:
    """The state that the engine makes the model of: the lowest figure on held-out pictures, else the newest."""
    if not run.bundle_folder.is_dir() or not states:
        return None
    measured = [state for state in states if state.held_out is not None]
    return min(measured, key=lambda state: state.held_out or 0.0).step if measured else states[-1].step


def _draws(run: Run, step: int) -> bool:
    """Whether a state can draw already; some kinds of model first learn something else."""
    try:
        return bool(json.loads((_place(run, step) / "state.json").read_text(encoding="utf-8")).get("draws", True))
    except (OSError, ValueError, AttributeError):
        return True


def _place(run: Run, step: int) -> Path:
    """The checkpoint's folder."""
    found = [event for event in run.events() if isinstance(event, Checkpoint) and event.step == step]
    return run.folder / found[-1].folder if found else run.checkpoints_folder / f"step-{step:09d}"


# ---------------------------------------------------------------- a model of an earlier state


def take_out(run: Run, step: int, cancelled: Cancel = lambda: False, progress: Progress = lambda *_: None) -> Run:
    """A new run beside ``run`` that is as that one was at ``step``; what is left is to export it.

    The first run stays as it is. The new one has its request, its events up to there, its previews and that one state.

    Raises
    ------
    GensmithError
        The state is no longer kept, the run is at work, or the disk refuses.
    Cancelled
        ``cancelled`` said so; nothing is left behind.
    """
    if run.process() is not None:
        raise GensmithError(f"The run {run.name} is at work.", "Wait for it, or stop it first.")
    events, source = _until(run.events(), step), _place(run, step)
    if events is None or not source.is_dir():
        raise GensmithError(f"The state at step {step:,} of {run.name} is no longer kept.", _kept_words(run), code=3)
    spec = run.spec.model_copy(update={"name": f"Step {step} of {run.spec.name}", "created": datetime.now(UTC)})
    return create_run(run.folder.parent, spec, lambda folder: _fill(folder, run, events, source, _Copying(cancelled, progress)))


def _kept_words(run: Run) -> str:
    steps = ", ".join(f"{state.step:,}" for state in comparing.moments(run))
    return f"These are: {steps}." if steps else "None is."


def _until(events: list[Event], step: int) -> list[Event] | None:
    """What was said of the training until that state was kept, for the last time; None if it never was."""
    places = [place for place, event in enumerate(events) if isinstance(event, Checkpoint) and event.step == step]
    ends = (*TERMINAL, Paused, Evaluated)
    return [event for event in events[: places[-1] + 1] if not isinstance(event, ends)] if places else None


def _fill(folder: Path, run: Run, events: list[Event], source: Path, copying: _Copying) -> None:
    previews = dict.fromkeys(
        event.file for event in events if isinstance(event, Preview) and (run.folder / event.file).is_file()
    )
    state = sorted(path for path in source.rglob("*") if path.is_file())
    kept = folder / "checkpoints" / source.name
    kept.mkdir()
    there = {run.folder / file: folder / file for file in previews}
    copying.copy(there | {path: kept / path.relative_to(source) for path in state})
    log = EventLog(folder / "events.jsonl")
    try:
        for event in events:
            log.write(event)
    finally:
        log.close()


@dataclass
class _Copying:
    """Copies files piece by piece, so that it can be told how far it is, and stopped."""

    cancelled: Cancel
    progress: Progress

    def copy(self, files: dict[Path, Path]) -> None:
        """Each to its place."""
        total, done = sum(path.stat().st_size for path in files), 0
        for source, target in files.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as content, target.open("wb") as copy:
                while piece := content.read(_PIECE):
                    if self.cancelled():
                        raise Cancelled
                    copy.write(piece)
                    done += len(piece)
                    self.progress(done, total, "Copying the state")
