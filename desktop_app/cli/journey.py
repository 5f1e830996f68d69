"""The six steps without a window: each verb that changes a project or works on a run."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from desktop_app.cli import follow, importing, improving, judged, missing, queueing, targets
from desktop_app.cli.choices import Choices
from desktop_app.cli.terminal import Interrupt, Output
from desktop_app.data import Inventory
from desktop_app.jobs import catalog, journey, launch, origins
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.store import Project


def parse_settings(words: list[str]) -> dict[str, Any]:
    """``["learning_rate=1e-3"]`` as names and values; a value that is not JSON is taken as text."""
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise GensmithError(f"“{word}” is not a setting.", "Write it as name=value.")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def apply(project: Project, choices: Choices, output: Output) -> None:
    """Write the choices into the document; a wrong one is refused before anything long begins."""
    if any(choices.answers.values()):
        journey.answer(project, output="images", **choices.answers)
    document = project.document
    family = catalog.get(choices.architecture.get("family") or catalog.family_of(document).name)
    settings = catalog.overrides(document, family) | parse_settings(choices.settings)
    catalog.resolve(family.settings, settings)
    project.change("architecture", **_given(choices.architecture) | {"family": family.name})
    _say_strangers(launch.forget_strangers(project), family, output)
    training = _given(choices.training)
    if "minutes" in training:
        training.setdefault("items", None)
    whole = project.document.training.settings
    project.change("training", **training, settings=whole | {family.name: settings} if settings else whole)
    project.change("data", **_given(choices.data))
    objective = {"output": document.objective.output or "images", "conditioning": choices.conditioning}
    project.change("objective", **_given(objective))


def _say_strangers(names: list[str], family: catalog.Family, output: Output) -> None:
    if names:
        output.say(f"Left out, because a {family.title_in_words} has no such settings: {', '.join(names)}")


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


# ---------------------------------------------------------------- steps 1 and 2


def new(folder: Path, name: str | None, answers: dict[str, Any], output: Output) -> None:
    """Make an empty project."""
    with Project.create(folder, name) as project:
        if any(answers.values()):
            journey.answer(project, output="images", **answers)
        else:
            project.change("objective", output="images")
        output.result(f"New project {project.folder}", {"project": str(project.folder)})


def import_(folder: Path, sources: list[Path], choices: Choices, output: Output, mends: Sequence[str] | None = None) -> None:
    """Add sources to a project, look at every picture, mend what is noticed for ``mends``, and prepare the arrays."""
    with Project.open(folder) as project:
        project.change("data", **_given(choices.data))
        inventory = _import(project, sources, output, mends)
    output.result("", counts(inventory) | importing.values(inventory))


def _import(project: Project, sources: list[Path], output: Output, mends: Sequence[str] | None = None) -> Inventory:
    for source in sources:
        if not source.exists():
            raise GensmithError(f"There is nothing at {source}.", "Give a folder with pictures.", code=3)
    known = project.document.data.sources
    wanted = list(dict.fromkeys([*known, *(str(source.absolute()) for source in sources)]))
    if not wanted:
        raise GensmithError("This project has no pictures yet.", "Name the folder that holds them.")
    with Interrupt().listening() as interrupt, output.bar() as bar:
        inventory = journey.prepare_data(project, wanted, progress=bar.count, cancelled=interrupt)
        if mends is not None:
            project.change("data", mends=importing.mended(project.document.data, inventory, mends))
            inventory = journey.prepare_data(project, progress=bar.count, cancelled=interrupt)
    output.say(counted(inventory))
    if words := importing.told(inventory):
        output.say(words)
    return inventory


def counts(inventory: Inventory) -> dict[str, Any]:
    """Found = used + left out, with the reason for each."""
    return {"found": inventory.found, "used": inventory.used, "left_out": inventory.left_out, "classes": inventory.classes}


def counted(inventory: Inventory) -> str:
    """The same in words, with a line for each item left out."""
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in inventory.left_out.items() if count)
    left_out = inventory.found - inventory.used
    head = f"{inventory.found:,} found = {inventory.used:,} used + {left_out:,} left out"
    lines = [f"  {item.key}: {item.reason}" for item in inventory.items if not item.used]
    more = [f"  … and {len(lines) - MENTIONED:,} more"] if len(lines) > MENTIONED else []
    return "\n".join([head + (f" ({reasons})" if reasons else ""), *lines[:MENTIONED], *more])


MENTIONED = 20
"""Items left out that are named one by one."""


# ---------------------------------------------------------------- steps 3 to 6


def train(folder: Path, choices: Choices, output: Output, *, queue: bool = False) -> None:
    """Train a new run of a prepared project, export and judge it; or let it wait for its turn in the queue."""
    with Project.open(folder) as project:
        start = targets.start_at(choices.start, project) if choices.start else None
        apply(project, choices, output)
        run = _new_run(project, choices, start)
    if queue:
        queueing.put(run, output)
    else:
        finish(run, follow.Engine.start(run, "train"), output)


def _new_run(project: Project, choices: Choices, start: Path | None) -> Run:
    return launch.new_run(project, choices.name, device=choices.device, threads=choices.threads, start=start)


def go_on(path: Path, name: str | None, choices: Choices, output: Output) -> None:
    """Start a new run that is as an earlier one but for some settings, from what it or another model has learned."""
    run = targets.run_at(path, name)
    if run.state() == "running":
        raise GensmithError(f"The run {run.name} is at work.", f"Stop it first, or follow it: gensmith resume {_quoted(path)}")
    with Project.open(targets.project_of(run)) as project:
        start = targets.start_at(choices.start, project) if choices.start else None
        new = launch.continued(project, run, parse_settings(choices.settings), start=start)
    output.say(f"A new run goes on from {(start or run.folder).name}")
    finish(new, follow.Engine.start(new, "train"), output)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def resume(path: Path, name: str | None, output: Output) -> None:
    """Go on with a run that was paused, stopped or interrupted; one that works is followed."""
    run = targets.run_at(path, name)
    state = run.state()
    if state == "finished":
        raise GensmithError(f"The run {run.name} is finished.", f"Train another: gensmith train {shlex.quote(str(path))}")
    attach = state == "running"
    output.say(f"{'Following' if attach else 'Going on with'} {run.name}")
    finish(run, follow.Engine.attach(run) if attach else follow.Engine.start(run, "train"), output)


def finish(run: Run, engine: follow.Engine, output: Output, more: dict[str, Any] | None = None) -> None:
    """Follow a training to its end and say what came of it; an end without a model is a failure."""
    follow.follow(engine, output)
    text, values = outcome_values(run)
    output.result(text, (more or {}) | values)


def outcome_values(run: Run) -> tuple[str, dict[str, Any]]:
    """What came of a training, in words and for machines.

    Raises
    ------
    GensmithError
        There is no model (code 5).
    """
    if not run.bundle_folder.is_dir():
        raise GensmithError(
            f"The run {run.name} ended without a model.", "It was stopped before it had learned anything.", code=5
        )
    report = run.report() or {}
    values = {"run": str(run.folder), "state": run.state(), "bundle": str(run.bundle_folder), "report": judged.figures(report)}
    return outcome(run, report), values


def outcome(run: Run, report: dict[str, Any]) -> str:
    """What there is now, how good it is, and what to do with it."""
    lines = [f"The model is in {run.bundle_folder}"]
    if report:
        lines += [report["verdict"]["sentence"], *judged.measure_lines(report), *improving.advice_lines(run)]
    return "\n".join(
        [*lines, f"Generate with: gensmith generate {shlex.quote(str(run.bundle_folder))} --count 16 --out pictures"]
    )


def evaluate(path: Path, name: str | None, weights: Path | None, output: Output) -> None:
    """Judge a run's model; by Inception too from now on where the file of its weights is given."""
    from desktop_app.evaluation import inception

    if weights is not None:
        inception.choose(weights)
    run = targets.trained_run(path, name)
    story = follow.work(run, "evaluate", output)
    report = run.report()
    if not story.evaluated or report is None:
        last = next(reversed(story.warnings.values()), None)
        why = (last.message, last.remedy) if last else (f"The run {run.name} was not judged.", "")
        raise GensmithError(*why, code=5)
    kinds, never = missing.lines(run)
    text = "\n".join([report["verdict"]["sentence"], *judged.measure_lines(report), *kinds, *improving.advice_lines(run)])
    output.result(
        text, {"run": str(run.folder), "report": str(run.report_file), **judged.figures(report), "never_drawn": never}
    )


def export(path: Path, name: str | None, target: Path | None, again: bool, output: Output) -> None:
    """Write a run's model as a bundle, checked against the trained network; and as one file when a target is given."""
    from desktop_app.runtime.bundle import open_bundle, pack

    run = targets.trained_run(path, name)
    if again or not run.bundle_folder.is_dir():
        follow.work(run, "export", output)
    open_bundle(run.bundle_folder)
    made = pack(run.bundle_folder, target) if target else run.bundle_folder
    output.result(f"The model is in {made}", {"run": str(run.folder), "bundle": str(made), "bytes": _size(made)})


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.iterdir())


# ---------------------------------------------------------------- all six


def make(source: Path, folder: Path, choices: Choices, add_run: bool, output: Output) -> Run:
    """All steps in one go, into a new project; or, when asked to, as another run of an old one."""
    existing = targets.is_project(folder)
    if existing and not add_run:
        raise GensmithError(
            f"There is already a project in {folder}.", "Add a run to it with --add-run, or choose another folder."
        )
    opened = Project.open(folder) if existing else _created(folder, choices)
    with opened as project, _left_clean(project, fresh=not existing):
        start = targets.start_at(choices.start, project) if choices.start else None
        apply(project, choices, output)
        inventory = _import(project, [source], output)
        run = _new_run(project, choices, start)
    more = {"project": str(folder.absolute()), **counts(inventory)}
    finish(run, follow.Engine.start(run, "train"), output, more)
    return run


def _created(folder: Path, choices: Choices) -> Project:
    family = catalog.get(choices.architecture.get("family") or catalog.family_of(Document()).name)
    catalog.resolve(family.settings, parse_settings(choices.settings))  # refused before a folder appears
    if choices.start:
        origins.check(targets.start_at(choices.start), family.name)
    return Project.create(folder)


@contextlib.contextmanager
def _left_clean(project: Project, *, fresh: bool) -> Iterator[None]:
    """Take a project made in this call away again when no run came of it, so that the same call can be repeated."""
    try:
        yield
    except BaseException:
        project.close()
        if fresh:
            shutil.rmtree(project.folder, ignore_errors=True)
        raise
