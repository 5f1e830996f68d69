"""The six steps as a table: what each is called, whether it is done, what is missing next. No Qt, no files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from desktop_app.project.document import Document

State = Literal["to do", "in progress", "done", "needs a look"]
RunFact = Literal["none", "queued", "running", "paused", "interrupted", "failed", "done"]


@dataclass(frozen=True)
class Facts:
    """What is true outside the document: gathered once by the window or the command line, then asked by every step.

    Attributes
    ----------
    encoded
        The arrays of the current data choices are on the disk.
    model
        What the chosen kind of model is called.
    training_items, held_out_items
        Items to learn from and items kept aside.
    run
        State of the run that stands for the project.
    time_left
        Seconds of training left, when one is running.
    doing
        What a running training does after learning ("Judging it …"); empty while it learns.
    bundle
        A trained model is there.
    evaluated
        The run that is looked at has a report.
    verdict
        The evaluation in a sentence.
    """

    encoded: bool = False
    model: str = ""
    training_items: int = 0
    held_out_items: int = 0
    run: RunFact = "none"
    time_left: float | None = None
    doing: str = ""
    bundle: bool = False
    evaluated: bool = False
    verdict: str = ""


@dataclass(frozen=True)
class Status:
    """One step, now.

    Attributes
    ----------
    state
        For the mark in the rail.
    summary
        One grey line of result ("812 pictures").
    missing
        The next missing thing as the main button names it; empty when nothing is missing.
    """

    state: State
    summary: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Step:
    """A row of the table."""

    number: int
    key: str
    title: str
    question: str
    onward: str
    status: Callable[[Document, Facts], Status]


MINIMUM_ITEMS = 10
"""Fewer pictures than this cannot be split and learned from."""


def _objective(document: Document, _: Facts) -> Status:
    if document.objective.output is None:
        return Status("to do", missing="Choose what comes out")
    return Status("done", f"{document.objective.purpose.capitalize()}" if document.objective.purpose != "other" else "Pictures")


def _data(document: Document, facts: Facts) -> Status:
    if not document.data.sources:
        return Status("to do", missing="Choose pictures")
    if not facts.encoded:
        return Status("in progress", missing="Prepare the pictures")
    summary = f"{document.data.used:,} pictures"
    if document.data.used < MINIMUM_ITEMS:
        return Status("needs a look", summary, missing="Add pictures")
    return Status("done", summary)


def _architecture(document: Document, facts: Facts) -> Status:
    if document.architecture.family is None:
        return Status("to do", missing="Choose a model")
    size = document.architecture.network
    model = facts.model or document.architecture.family.capitalize()
    return Status("done", model + (f", {size}" if size != "auto" else ""))


def _training(_: Document, facts: Facts) -> Status:
    if facts.run == "running":
        left = f"{duration(facts.time_left)} left" if facts.time_left is not None else "Starting"
        return Status("in progress", facts.doing or left)
    marks: dict[RunFact, Status] = {
        "none": Status("to do", missing="Start training"),
        "queued": Status("in progress", "Waits for its turn"),
        "paused": Status("in progress", "Paused", missing="Go on training"),
        "interrupted": Status("needs a look", "Interrupted", missing="Go on training"),
        "failed": Status("needs a look", "Did not finish", missing="Start training"),
        "done": Status("done", "Trained"),
    }
    return marks[facts.run]


def _evaluation(_: Document, facts: Facts) -> Status:
    if facts.evaluated:
        return Status("done", facts.verdict)
    return Status("to do", missing="Judge the model" if facts.bundle else "")


def _deployment(_: Document, facts: Facts) -> Status:
    return Status("done", "Ready to generate") if facts.bundle else Status("to do")


STEPS: tuple[Step, ...] = (
    Step(1, "objective", "Objective", "What should it make?", "Choose pictures", _objective),
    Step(2, "data", "Data", "What should it learn from?", "Choose a model", _data),
    Step(3, "architecture", "Architecture", "Which kind of model should learn it?", "Set up training", _architecture),
    Step(4, "training", "Train", "Teach it, and watch it learn.", "Judge the model", _training),
    Step(5, "evaluation", "Evaluate", "Is it good, and is it new?", "Generate", _evaluation),
    Step(6, "deployment", "Deploy", "Put it to use.", "", _deployment),
)


def status(step: Step, document: Document, facts: Facts) -> Status:
    """What is true of a step now."""
    return step.status(document, facts)


def next_missing(document: Document, facts: Facts) -> tuple[Step, Status] | None:
    """The first step in which something is missing, with what; None when the journey is complete."""
    pairs = ((step, step.status(document, facts)) for step in STEPS)
    return next(((step, now) for step, now in pairs if now.missing), None)


def size_in_words(count: float) -> str:
    """Bytes, in the unit that suits."""
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.0f} MB" if count >= 2**20 else "less than 1 MB"


def duration(seconds: float) -> str:
    """Say a length of time in the largest unit that fits: "40 s", "12 min", "3 h 20 min", "2 days"."""
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(hours / 24)} days"
