"""A rehearsal of the training that a project asks for, watched from outside: what was tried, and what follows (no Qt)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from desktop_app.engine.families.declaration import Shape
from desktop_app.jobs import calibration, catalog, launch
from desktop_app.jobs.machine import Machine
from desktop_app.jobs.story import Story, is_note
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Failed, Finished, Part, Run, RunSpec, Tried, read_events
from desktop_app.project.steps import duration, size_in_words
from desktop_app.project.store import Project

FOLDER = ".rehearsal"
"""Beside the project's runs; what is left in it is thrown away by the next one."""
POLL = 0.1
"""Seconds between two looks at what the engine says."""
TITLES: dict[Part, str] = {
    "pictures": "Reading every picture",
    "training": "Training for a moment",
    "preview": "Drawing a preview",
    "checkpoint": "Saving and reading back",
    "model": "Making the model",
}
"""The parts in their order, as what is being done."""
_SHARES: dict[Part, float] = {"pictures": 0.1, "training": 0.6, "preview": 0.63, "checkpoint": 0.66, "model": 1.0}
"""How far it is when a part is done."""
_INSIDE: dict[Part, str] = {"training": "training", "model": "exporting"}
"""Phase whose fraction says how far a part is."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rehearsal:
    """What was found. ``request`` is the run that was rehearsed, without its name and time."""

    request: RunSpec
    story: Story

    @property
    def network(self) -> str:
        """Size that the engine chose, or was told."""
        return self.story.planned.network if self.story.planned else self.request.network

    def value(self, part: Part, name: str) -> float:
        """One of the figures of :class:`~desktop_app.project.runs.Tried`."""
        return self.story.tried[part].values[name]

    @property
    def rate(self) -> float:
        """Training pictures a second, everything else that a training does reckoned in."""
        return self.value("training", "items_per_second")

    @property
    def seconds(self) -> float:
        """How long the training will take."""
        return self.request.items / self.rate if self.request.items else 60 * (self.request.minutes or 5.0)

    @property
    def passes(self) -> float:
        """How often it will look at each picture."""
        begun = self.story.started
        return self.rate * self.seconds / max(1, begun.training_items if begun else 1)

    @property
    def disk(self) -> int:
        """Bytes that the run's folder grows to at most, previews for all of its time among them."""
        previews = self.value("preview", "bytes") * (1 + self.seconds / self.value("preview", "every"))
        checkpoints = self.value("checkpoint", "bytes") * self.value("checkpoint", "most")
        return round(checkpoints + previews + self.value("model", "bytes"))

    def of(self, request: RunSpec, network: str) -> Rehearsal | None:
        """What it says of a training with that request, whose network would be of that size; None where it says nothing.

        How long a training is changes nothing of what was tried, as long as the network stays the same.
        """
        longer = self.request.model_copy(update={"minutes": request.minutes, "items": request.items})
        if request == self.request:
            return self
        return replace(self, request=request) if request == longer and network == self.network else None


def request_of(project: Project) -> RunSpec:
    """The run that a training would be now, but for its name and time: two that are equal need one rehearsal.

    Raises
    ------
    GensmithError
        Something is still missing or out of bounds.
    """
    encoded = project.encoded_folder
    if encoded is None:
        raise GensmithError("The pictures are not prepared yet.", "Prepare them in step 2, Data.")
    return _same(launch.resolve_spec(project.document, encoded.name, launch.classes_of(encoded))).model_copy(
        update={"start": project.document.training.start}
    )


def _same(spec: RunSpec) -> RunSpec:
    return spec.model_copy(update={"name": "", "project": "", "licence": "", "created": _EPOCH})


def rehearse(
    project: Project,
    *,
    device: launch.Device = "auto",
    threads: int | None = None,
    told: Callable[[float, str, Story], object] = lambda fraction, words, story: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rehearsal:
    """Let the engine try everything once, in a folder that is gone afterwards.

    Parameters
    ----------
    device, threads
        Where to work and with how many threads; the engine chooses what is left open.
    told
        How far it is, what is being done, and what was found so far; ten times a second.

    Raises
    ------
    GensmithError
        Something is missing, or a part failed: what a training would have said.
    Cancelled
        ``cancelled`` said so; the engine is gone.
    """
    if any(run.process() is not None for run in project.runs()):
        raise GensmithError("A training of this project is at work.", "Rehearse the next one when it has ended.")
    folder = project.folder / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    run = launch.new_run(project, folder=folder, device=device, threads=threads)
    try:
        request = request_of(project)
        launch.start_engine(run, "rehearse")
        return Rehearsal(request, _followed(run, told, cancelled))
    finally:
        _end(run)
        shutil.rmtree(folder, ignore_errors=True)


def _followed(run: Run, told: Callable[[float, str, Story], object], cancelled: Callable[[], bool]) -> Story:
    story, offset = Story(), 0
    while True:
        works = launch.child_of(run) is not None
        events, offset = read_events(run.events_file, offset)
        story.take(events)
        told(*_reached(story), story)
        if isinstance(story.ending, Finished):
            return story
        if isinstance(story.ending, Failed):
            raise GensmithError(story.ending.message, story.ending.remedy, code=5, details=story.ending.details)
        if cancelled():
            raise Cancelled
        if not works:
            raise launch.explain_death(run)
        time.sleep(POLL)


def _reached(story: Story) -> tuple[float, str]:
    """Share that is done, and what is being done."""
    waiting = [part for part in TITLES if part not in story.tried]
    if not story.started or not waiting:
        return (0.0, "Getting ready") if waiting else (1.0, "Done")
    part = waiting[0]
    begun = max((_SHARES[each] for each in story.tried), default=0.05)
    inside = story.phase.fraction if story.phase and story.phase.name == _INSIDE.get(part) else 0.0
    return begun + (_SHARES[part] - begun) * inside, TITLES[part]


def _end(run: Run) -> None:
    """No process of it is left."""
    child = launch.child_of(run)
    if child is not None:
        child.kill()
        child.wait()
        launch.child_of(run)


# ---------------------------------------------------------------- what follows


def learn(found: Rehearsal, here: Machine, shape: Shape) -> dict[str, float]:
    """Let estimates of that size start from what was reached; by ``family/size``, empty where that says nothing of it."""
    usual = not found.request.settings.get("batch_size") and not found.request.settings.get("micro_batch")
    if not (usual and found.value("training", "whole")):
        return {}
    calibration.remember(here, shape, found.request.family, found.network, found.rate, "rehearsal")
    return {f"{found.request.family}/{found.network}": found.rate}


def words_of(event: Tried) -> str:
    """What a part that went well has found, in a line."""
    values = event.values
    match event.part:
        case "pictures":
            return f"All {values['items']:,.0f} pictures were read."
        case "training":
            parts = f", {values['at_once']:,.0f} at a time" if values["at_once"] < values["batch"] else ""
            rate, memory = catalog.count(values["items_per_second"]), size_in_words(values["memory"])
            return f"{rate} pictures a second, in batches of {values['batch']:,.0f}{parts}, with {memory} of memory."
        case "preview":
            return f"{values['pictures']:.0f} pictures drawn in {_seconds(event.seconds)}."
        case "checkpoint":
            return f"{size_in_words(values['bytes'])} saved in {_seconds(values['saving'])}, and read back the same."
        case "model":
            size, each = size_in_words(values["bytes"]), _seconds(values["picture"])
            return f"A model of {size}, the same as what was trained, which draws a picture in {each}."


def remarks(found: Rehearsal) -> list[tuple[bool, str]]:
    """What the engine noticed meanwhile, and whether something can be done about it."""
    warnings = found.story.warnings.values()
    return [(not is_note(warning), f"{warning.message} {warning.remedy}".strip()) for warning in warnings]


def verdict(found: Rehearsal, free: int | None = None) -> tuple[str, str]:
    """A state (good or care) and the sentence that sums it up.

    Parameters
    ----------
    free
        Bytes that are free on the project's disk, where they are known.
    """
    whole = bool(found.value("training", "whole"))
    looks = f", {catalog.count(found.passes)} looks at each picture" if whole else ""
    costs = f"{size_in_words(found.disk)} of disk"
    text = f"Everything works. The training takes {duration(found.seconds)}{looks} and up to {costs}."
    if free is not None and found.disk > free:
        return "care", f"{text} Only {size_in_words(free)} are free: free some space first."
    return "good", text


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 0.1 else f"{1000 * value:.0f} ms"
