"""What moves a project along the six steps, for the window and the command line alike (no Qt)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from desktop_app.engine.families import get as get_family
from desktop_app.engine.families.declaration import Shape
from desktop_app.jobs import calibration, catalog
from desktop_app.jobs.machine import Machine
from desktop_app.jobs.story import Story
from desktop_app.project import document as documents
from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import current_run
from desktop_app.project.runs import Run, RunState
from desktop_app.project.steps import Facts, RunFact
from desktop_app.project.store import Project

if TYPE_CHECKING:
    from desktop_app.data import Inventory, Kept

Progress = Callable[[int, int, str], None]
"""Called with what is done, out of how many, and what is being done."""
Cancelled = Callable[[], bool]

SHAPING = frozenset(
    {"sources", "size", "colour", "fit", "background", "held_out", "left_out", "kept"}
    | {"unwanted", "mends", "kinds", "captions", "frames"}
)
"""Fields of the data section that change the arrays: after a change they are made again."""


# ---------------------------------------------------------------- step 2


@dataclass(frozen=True)
class Prepared:
    """Pictures inspected and turned into arrays.

    Attributes
    ----------
    changes
        Fields of the document's data section to set.
    """

    inventory: Inventory
    changes: dict[str, Any]


def look(
    data: documents.Data,
    folder: Path,
    *,
    kept: Kept | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Inventory:
    """Inspect the pictures and decide which are used; nothing is written but the cache of findings."""
    from desktop_app.data import inspect

    words = "Looking at every picture"
    return inspect(data, folder, kept=kept, progress=_said(progress, words), cancelled=cancelled)


def prepare(
    data: documents.Data,
    folder: Path,
    *,
    kept: Kept | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Prepared:
    """Inspect, decide and encode without touching the document: safe in any thread.

    Parameters
    ----------
    folder
        The project's data folder.
    kept
        The inventory of the last time, for who has it at hand.

    Raises
    ------
    GensmithError
        No picture can be used, or the disk refuses.
    Cancelled
        ``cancelled`` said so; earlier arrays are as they were.
    """
    from desktop_app.data import encode

    inventory = look(data, folder, kept=kept, progress=progress, cancelled=cancelled)
    data = data.model_copy(update={"size": data.size or inventory.proposed_size})
    changes = {"size": data.size, "found": inventory.found, "used": inventory.used}
    if not inventory.used:
        raise GensmithError(_nothing_usable(inventory), "Choose a folder with pictures (PNG, JPEG, WebP, …).", code=3)
    name = encode(inventory, data, folder, progress=_said(progress, "Preparing the pictures"), cancelled=cancelled)
    return Prepared(inventory, changes | {"encoded": name})


def prepare_data(
    project: Project,
    sources: list[str] | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Inventory:
    """Import the pictures of a project and save the outcome in its document.

    Parameters
    ----------
    sources
        Folders and files to take in place of those of the document; None keeps them.
    """
    data = project.document.data
    if sources is not None:
        data = data.model_copy(update={"sources": [str(Path(source).absolute()) for source in sources]})
    done = prepare(data, project.data_folder, progress=progress, cancelled=cancelled)
    project.change("data", sources=data.sources, **done.changes)
    return done.inventory


SAMPLE_MINUTES = 2.0
"""Time that "Try it now" trains for."""


def make_sample_project(
    name: str, folder: Path, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Path:
    """Make a project in ``folder`` from a sample that ships with Gensmith, prepared and with good settings."""
    from desktop_app.data import SAMPLES, write_sample

    sample = SAMPLES[name]
    with Project.create(folder, sample.title) as project:
        pictures = write_sample(name, folder / "pictures", progress=_said(progress, "Writing the pictures"))
        answer(project, output="images", purpose="sprites" if name == "sprites" else "drawings", priority="fast")
        size = project.document.data.size and sample.size  # none where it is left to the pictures
        project.change("data", sources=[str(pictures)], size=size, licence=sample.licence)
        project.change("architecture", family=catalog.family_of(project.document).name)
        project.change("training", minutes=SAMPLE_MINUTES)
        prepare_data(project, progress=progress, cancelled=cancelled)
        project.change("", step=4)
    return folder


def _said(progress: Progress | None, message: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(done, total, message)) if progress else None


def _nothing_usable(inventory: Inventory) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in inventory.left_out.items() if count)
    return f"None of the {inventory.found:,} files found can be used" + (f" ({reasons})." if reasons else ".")


# ---------------------------------------------------------------- consequences of step 1


@dataclass(frozen=True)
class Default:
    """What the objective suggests for a later step, and why.

    Attributes
    ----------
    section, field
        Where in the document; a field of ``training.settings`` is written ``settings.family.name``.
    title
        What it is, in words ("Time to train").
    family
        The only kind of model that it concerns; empty for all.
    """

    section: str
    field: str
    value: Any
    title: str
    reason: str
    family: str = ""


_MINUTES: dict[str, tuple[float, str]] = {
    "fast": (2.0, "You want it fast: two minutes show whether it works."),
    "balanced": (10.0, "Ten minutes are a good first result; you can go on from there."),
    "best": (120.0, "You want it as good as can be: two hours let it see every picture many more times."),
}
_NETWORKS: dict[str, tuple[str, str]] = {
    "phone": ("tiny", "It shall generate on a phone: a tiny network is quick there."),
    "web": ("small", "It shall generate in a browser: a small network loads and draws quickly."),
    "laptop": ("auto", "It fits the time you give and this machine."),
    "workstation": ("auto", "It fits the time you give and this machine."),
}
_STROKES: dict[str, tuple[int, str]] = {
    "phone": (10, "Fewer strokes for each picture keep it quick on a phone."),
    "web": (12, "Fewer strokes for each picture keep it quick in a browser."),
    "laptop": (18, "So many strokes draw fine pictures in a second or two on a laptop."),
    "workstation": (24, "A workstation can afford finer drawing."),
}
STROKES = "sampling_steps"
"""The setting of a family that draws in strokes."""
_PIXEL_ART = ("sprites", "icons")
_TARGETS = {
    "laptop": "That is where it shall generate: any computer draws with the file, without a graphics card.",
    "workstation": "That is where it shall generate: a graphics card draws many pictures at a time.",
    "web": "That is where it shall generate: in the browser of whoever opens the page.",
    "phone": "That is where it shall generate: on the phone itself, without a connection.",
}


def defaults_from_objective(objective: documents.Objective) -> list[Default]:
    """What step 1 means for the later ones; every entry says why."""
    minutes, why_minutes = _MINUTES[objective.priority]
    network, why_network = _NETWORKS[objective.device]
    whole = objective.purpose in _PIXEL_ART
    why_fit = "Sprites and icons are shown whole." if whole else "The middle of each picture is what matters."
    family, why_family = catalog.suited(objective)
    return [
        Default("architecture", "family", family, "Kind of model", f"{why_family[0].upper()}{why_family[1:]}."),
        Default("architecture", "network", network, "Size of the network", why_network),
        Default("training", "minutes", minutes, "Time to train", why_minutes),
        *_strokes(objective),
        _pixels(objective),
        Default("data", "fit", "pad" if whole else "crop", "Pictures that are not square", why_fit),
        Default("deployment", "target", objective.device, "Packed for", _TARGETS[objective.device]),
    ]


def _pixels(objective: documents.Objective) -> Default:
    """Side of the pictures; None leaves it to the import, which looks at their own size."""
    size, why = _size(objective)
    return Default("data", "size", size, "Size of the pictures", why)


def _size(objective: documents.Objective) -> tuple[int | None, str]:
    if objective.purpose in (*_PIXEL_ART, "other"):
        return None, "Your pictures decide: small drawings keep the size that they have."
    if objective.device == "phone":
        return 32, "It shall run on phones, where small pictures are quick."
    if objective.priority == "fast":
        return 32, "You want it fast: twice the size takes about four times as long to learn."
    strong = objective.device == "workstation"
    if objective.priority == "best":
        return (128 if strong else 64), "You want it as good as can be, and there is time for finer detail."
    if strong:
        return 64, "A workstation can afford finer detail."
    return 32, "So it learns within minutes; you can go larger when the first result is good."


def _strokes(objective: documents.Objective) -> list[Default]:
    """For the kinds of model that draw in strokes."""
    strokes, why = _STROKES[objective.device]
    drawing = [family.name for family in catalog.families() if STROKES in family.settings.model_fields]
    return [
        Default("training", f"settings.{name}.{STROKES}", strokes, "Strokes for each picture", why, family=name)
        for name in drawing
    ]


def suggestions(document: documents.Document) -> list[Default]:
    """What the objective suggests and the chosen kind of model, or the one that suits, can use."""
    family = catalog.family_of(document).name
    return [item for item in defaults_from_objective(document.objective) if item.family in ("", family)]


def answer(project: Project, **answers: object) -> None:
    """Change step 1, and with it what the person never touched in the later steps: one change to undo.

    Raises
    ------
    GensmithError
        An answer is none of those that there are.
    """
    wanted = {name: value for name, value in answers.items() if value is not None}
    try:
        objective = documents.Objective.model_validate(project.document.objective.model_dump() | wanted)
    except ValidationError as error:
        detail = error.errors()[0]
        raise GensmithError(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}.", "Choose another answer.") from error
    later = consequences(project.document, objective)
    if "size" in later.get("data", {}) or "fit" in later.get("data", {}):
        later["data"]["encoded"] = None
    project.change_together({"objective": wanted, **later})


def reason(document: documents.Document, field: str) -> Default | None:
    """What step 1 suggests for a field of a later step ("minutes", "sampling_steps"); None before it is answered."""
    if document.objective.output is None:
        return None
    return next((item for item in suggestions(document) if item.field.rpartition(".")[2] == field), None)


def current(document: documents.Document, default: Default) -> Any:
    """What the document holds where a default would go."""
    name, *keys = default.field.split(".")
    value = getattr(getattr(document, default.section), name)
    for key in keys:
        value = (value or {}).get(key)
    return value


def recommended_settings(document: documents.Document) -> dict[str, Any]:
    """What step 1 suggests for the settings of the kind of model; the others are that kind's own defaults."""
    if document.objective.output is None:
        return {}
    start = f"settings.{catalog.family_of(document).name}."
    return {item.field.removeprefix(start): item.value for item in suggestions(document) if item.field.startswith(start)}


def followed(document: documents.Document, default: Default) -> bool:
    """Whether a later step holds what is suggested, or nothing yet. What is left open is followed whatever stands there."""
    return default.value is None or current(document, default) in (None, default.value)


def consequences(document: documents.Document, objective: documents.Objective) -> dict[str, dict[str, Any]]:
    """What changes in later steps when the objective becomes ``objective``: section → fields.

    Only what the person never touched follows: a value that is still the earlier suggestion, or the factory's.
    """
    factory = documents.Document()
    before = {(item.section, item.field): item.value for item in defaults_from_objective(document.objective)}
    changes: dict[str, dict[str, Any]] = {}
    for item in defaults_from_objective(objective):
        now = current(document, item)
        untouched = now in (before[item.section, item.field], current(factory, item))
        if item.field != "family" and untouched and now != item.value:
            _put(changes.setdefault(item.section, {}), document, item)
    return changes


def _put(fields: dict[str, Any], document: documents.Document, item: Default) -> None:
    name, *keys = item.field.split(".")
    if not keys:
        fields[name] = item.value
        return
    family, setting = keys
    whole = fields.get(name) or getattr(getattr(document, item.section), name)
    fields[name] = {**whole, family: {**whole.get(family, {}), setting: item.value}}


# ---------------------------------------------------------------- facts

_RUN_FACTS: dict[RunState, RunFact] = {
    "ready": "interrupted",
    "queued": "queued",
    "running": "running",
    "paused": "paused",
    "interrupted": "interrupted",
    "finished": "done",
    "stopped": "done",
    "failed": "failed",
}


def facts(project: Project, run_state: RunState | None = None, time_left: float | None = None, doing: str = "") -> Facts:
    """What is true outside the document, from the disk and the living processes.

    Parameters
    ----------
    run_state, time_left, doing
        Of the run that stands for the project, where the caller follows it and knows better.
    """
    runs = project.runs()
    training, held_out = split_counts(project.encoded_folder)
    now = current_run(runs)
    state = run_state or (now.state() if now else None)
    looked_at = run_to_judge(project, runs)
    report = (looked_at.report() if looked_at else None) or {}
    return Facts(
        encoded=project.encoded_folder is not None,
        model=catalog.titles().get(project.document.architecture.family or "", ""),
        training_items=training,
        held_out_items=held_out,
        run=_RUN_FACTS[state] if runs and state else "none",
        time_left=time_left,
        doing=doing,
        bundle=any(run.bundle_folder.is_dir() for run in runs),
        evaluated=bool(report),
        verdict=str(report.get("verdict", {}).get("sentence", "")),
    )


def split_counts(encoded: Path | None) -> tuple[int, int]:
    """Items to learn from and items kept aside of an encoded folder; zeros when there is none."""
    if encoded is None:
        return 0, 0
    try:
        import numpy as np  # here, so that the first window need not wait for it

        held_out = np.load(encoded / "held_out.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return 0, 0
    kept_aside = int(held_out.sum())
    return len(held_out) - kept_aside, kept_aside


def run_to_judge(project: Project, runs: list[Run] | None = None) -> Run | None:
    """The run that the evaluation page looks at: the one chosen, else the newest with a model, else the current one."""
    runs = project.runs() if runs is None else runs
    chosen = [run for run in runs if run.name == project.document.evaluation.run]
    usable = [run for run in runs if run.bundle_folder.is_dir()]
    return next(iter(chosen or usable[-1:]), None) or current_run(runs)


ENOUGH = 30.0
"""Seconds of training after which its speed says something."""


def reached_gflops(run: Run, story: Story, device: str) -> float | None:
    """This machine's speed as a training showed it, in the unit that estimates start from; None when it tells nothing.

    Parameters
    ----------
    device
        What this machine trains on now ("cpu", "cuda", "mps"): the speed of another tells nothing.
    """
    now, begun, planned = story.progress, story.started, story.planned
    if now is None or begun is None or planned is None or now.elapsed < ENOUGH or not begun.device.startswith(device):
        return None
    shape = _shape_of(run, begun.training_items)
    if shape is None:
        return None
    formula = get_family(run.spec.family).estimate(shape, planned.network, 1.0, 1.0)
    return now.items_per_second / formula.items_per_second


def _shape_of(run: Run, items: int) -> Shape | None:
    """What a run learned; None where its pictures or its kind of model are gone."""
    from desktop_app.data import open_arrays

    try:
        encoded = open_arrays(run.data_folder)
        get_family(run.spec.family)
    except GensmithError:
        return None
    _, size, _, channels = encoded.items.shape
    told = len(encoded.classes) if run.spec.conditioning == "class" else 0
    return Shape(size // encoded.repeat, channels, told, items, encoded.repeat)


def remember_rate(run: Run, story: Story, here: Machine) -> dict[str, float]:
    """Keep the pictures a second that a training reached, for the next estimates of its size; by ``family/size``."""
    now, begun, planned = story.progress, story.started, story.planned
    shape = _shape_of(run, begun.training_items) if begun else None
    usual = not run.spec.settings.get("batch_size") and not run.spec.settings.get("micro_batch")
    if now is None or planned is None or shape is None or not usual:
        return {}
    calibration.remember(here, shape, run.spec.family, planned.network, now.items_per_second)
    return {f"{run.spec.family}/{planned.network}": now.items_per_second}
