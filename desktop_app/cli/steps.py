"""The verbs of the six steps: what each takes. The work itself is imported by the verb that needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.choices import Choices
from desktop_app.cli.options import (
    Colour,
    Conditioning,
    Device,
    FamilyName,
    Fit,
    Frames,
    HeldOut,
    InceptionFile,
    Items,
    Json,
    LeaveOut,
    Licence,
    MendNoticed,
    Minutes,
    Network,
    NewRunName,
    Priority,
    ProjectFolder,
    ProjectOrRun,
    Purpose,
    Quiet,
    RunName,
    RunsOn,
    Seed,
    Settings,
    Size,
    Start,
    Threads,
)
from desktop_app.cli.terminal import Output


def make(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Your pictures: a folder or a file; sub-folders become classes.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="PROJECT", help="Folder of the new project.")],
    family: FamilyName = None,
    network: Network = None,
    size: Size = None,
    colour: Colour = None,
    fit: Fit = None,
    held_out: HeldOut = None,
    conditioning: Conditioning = None,
    licence: Licence = None,
    minutes: Minutes = None,
    items: Items = None,
    seed: Seed = None,
    settings: Settings = None,
    start: Start = None,
    purpose: Purpose = None,
    priority: Priority = None,
    runs_on: RunsOn = None,
    add_run: Annotated[bool, typer.Option("--add-run", help="Add a run when the project is there already.")] = False,
    name: NewRunName = None,
    threads: Threads = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """All six steps in one go: import, train, evaluate, export."""
    from desktop_app.cli import journey

    choices = Choices(
        data={"size": size, "colour": colour, "fit": fit, "held_out": held_out, "licence": licence},
        architecture={"family": family, "network": network},
        training={"minutes": minutes, "items": items, "seed": seed},
        answers={"purpose": purpose, "priority": priority, "device": runs_on},
        settings=settings or [],
        conditioning=conditioning,
        device=device,
        threads=threads,
        name=name,
        start=start,
    )
    journey.make(folder, out, choices, add_run, Output(as_json=as_json, quiet=quiet))


def new(
    folder: Annotated[Path, typer.Argument(metavar="PROJECT", help="A new or an empty folder.")],
    name: Annotated[str | None, typer.Option(help="The project's name; the folder's when left out.")] = None,
    purpose: Purpose = None,
    priority: Priority = None,
    runs_on: RunsOn = None,
    conditioning: Conditioning = None,
    as_json: Json = False,
) -> None:
    """Make an empty project."""
    from desktop_app.cli import journey

    answers = {"purpose": purpose, "priority": priority, "device": runs_on, "conditioning": conditioning}
    journey.new(folder, name, answers, Output(as_json=as_json))


def objective(
    project: ProjectFolder,
    purpose: Purpose = None,
    priority: Priority = None,
    runs_on: RunsOn = None,
    conditioning: Conditioning = None,
    as_json: Json = False,
) -> None:
    """Answer the questions of step 1, and say what follows for the later steps and why."""
    from desktop_app.cli import objective as step

    answers = {"purpose": purpose, "priority": priority, "device": runs_on, "conditioning": conditioning}
    step.objective(project, answers, Output(as_json=as_json))


def import_(
    project: ProjectFolder,
    sources: Annotated[list[Path] | None, typer.Argument(metavar="FOLDER", help="Folders and files to add.")] = None,
    size: Size = None,
    colour: Colour = None,
    fit: Fit = None,
    held_out: HeldOut = None,
    licence: Licence = None,
    leave_out: LeaveOut = None,
    mend: MendNoticed = None,
    frames: Frames = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look at every picture, say what is left out and why, and prepare the rest.

    Sub-folders become classes; texts and tables beside the pictures become captions. Archives are looked into.
    """
    from desktop_app.cli import importing, journey

    data: dict[str, object] = {
        "size": size,
        "colour": colour,
        "fit": fit,
        "held_out": held_out,
        "licence": licence,
        "frames": frames,
    }
    data["unwanted"] = importing.notices(leave_out)
    wishes = importing.mends(mend)
    journey.import_(project, sources or [], Choices(data=data), Output(as_json=as_json, quiet=quiet), wishes)


def rehearse(
    project: ProjectFolder,
    family: FamilyName = None,
    network: Network = None,
    minutes: Minutes = None,
    items: Items = None,
    settings: Settings = None,
    conditioning: Conditioning = None,
    threads: Threads = None,
    device: Device = "auto",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Try once, in a minute, what a training does up to its model: reading, learning, drawing, saving, exporting.

    What would fail at the end fails now, and time, memory and disk are measured. What is chosen here stays chosen for the
    training.
    """
    from desktop_app.cli import rehearsing

    choices = Choices(
        architecture={"family": family, "network": network},
        training={"minutes": minutes, "items": items},
        settings=settings or [],
        conditioning=conditioning,
        device=device,
        threads=threads,
    )
    rehearsing.rehearse(project, choices, Output(as_json=as_json, quiet=quiet))


def train(
    project: ProjectFolder,
    family: FamilyName = None,
    network: Network = None,
    minutes: Minutes = None,
    items: Items = None,
    seed: Seed = None,
    settings: Settings = None,
    conditioning: Conditioning = None,
    start: Start = None,
    name: NewRunName = None,
    threads: Threads = None,
    device: Device = "auto",
    queue: Annotated[bool, typer.Option("--queue", help="Let it wait for its turn, and do not wait for it.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a new run of a prepared project, export and judge it.

    With --queue it starts by itself when those before it have ended, whether this terminal is open or not.
    """
    from desktop_app.cli import journey

    choices = Choices(
        architecture={"family": family, "network": network},
        training={"minutes": minutes, "items": items, "seed": seed},
        settings=settings or [],
        conditioning=conditioning,
        device=device,
        threads=threads,
        name=name,
        start=start,
    )
    journey.train(project, choices, Output(as_json=as_json, quiet=quiet), queue=queue)


def resume(
    path: ProjectOrRun,
    run: RunName = None,
    settings: Settings = None,
    start: Start = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go on with the newest run, or follow it if it works; with other settings, or from another model, in a new run."""
    from desktop_app.cli import journey

    output = Output(as_json=as_json, quiet=quiet)
    if settings or start:
        journey.go_on(path, run, Choices(settings=settings or [], start=start), output)
    else:
        journey.resume(path, run, output)


def evaluate(
    path: ProjectOrRun, run: RunName = None, inception: InceptionFile = None, as_json: Json = False, quiet: Quiet = False
) -> None:
    """Judge the best run's model against the pictures that were kept aside."""
    from desktop_app.cli import journey

    journey.evaluate(path, run, inception, Output(as_json=as_json, quiet=quiet))


def improve(
    path: ProjectOrRun,
    advice: Annotated[str | None, typer.Option(metavar="CODE", help="Which advice; the first that a run can take.")] = None,
    run: RunName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a new run that takes an advice of the evaluation, only that changed, and say whether it helped."""
    from desktop_app.cli import improving

    improving.improve(path, run, advice, Output(as_json=as_json, quiet=quiet))


def compare(
    paths: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Runs, or a project: all of its judged runs.")],
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Pictures from the same seeds, a row for each run.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put runs side by side: what differs, how good each is, and which is best so far, with the reason."""
    from desktop_app.cli import comparing

    comparing.compare(paths, sheet, Output(as_json=as_json))


def report(
    path: ProjectOrRun,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to write; .html is added where it is missing.")],
    own: Annotated[bool, typer.Option("--own/--without-own", help="Whether it shows pictures of your material.")] = True,
    run: RunName = None,
    as_json: Json = False,
) -> None:
    """Write the best run's report to keep and to share: one HTML file with figures, pictures, curves, how it was made."""
    from desktop_app.cli import reporting

    reporting.report(path, out, own, run, Output(as_json=as_json))


def export(
    path: ProjectOrRun,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Pack the model into one .gensmith file.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Export from the best checkpoint although a model is there.")] = False,
    run: RunName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the best run's model for generating offline, checked against the network that was trained."""
    from desktop_app.cli import journey

    journey.export(path, run, out, again, Output(as_json=as_json, quiet=quiet))


def generate(
    path: Annotated[Path, typer.Argument(metavar="BUNDLE_OR_PROJECT", help="A model, or a project: its best run draws.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the PNG files go.")],
    count: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same pictures.")] = 0,
    class_name: Annotated[str | None, typer.Option("--class", metavar="NAME", help="Only this class.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Strokes for each picture.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How strictly it keeps to the class.")] = None,
    start: Annotated[int, typer.Option(min=0, help="Number of the first picture of the seed's series.")] = 0,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE", help="All of them on one sheet as well.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace pictures that are there already.")] = False,
    vary: Annotated[
        str | None, typer.Option(metavar="PICTURE", help="Draw --count variations of one; --seed gives others.")
    ] = None,
    strength: Annotated[float, typer.Option(min=0, max=1, help="How far variations go: 0 not at all, 1 all the way.")] = 0.3,
    between: Annotated[
        tuple[str, str] | None, typer.Option(metavar="PICTURE PICTURE", help="Lead from one to another in --frames.")
    ] = None,
    walk: Annotated[
        list[str] | None,
        typer.Option(metavar="PICTURE", help="Pass two or more, one --walk each, in --frames, and come back."),
    ] = None,
    frames: Annotated[int, typer.Option(min=2, help="Pictures on the way.")] = 16,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own picture as the model sees it; one that it drew, again."),
    ] = None,
    run: RunName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw new pictures; a sub-folder for each class when none is named.

    PICTURE is SEED:ITEM, as 7:3 for 7-00003.png, or a file: one that this
    model drew or, if it can look at pictures, any of your own.
    """
    from desktop_app.cli import generate as drawing
    from desktop_app.cli.targets import bundle_at
    from desktop_app.runtime.bundle import Request

    request = Request(count=count, seed=seed, class_name=class_name, steps=steps, guidance=guidance, start=start)
    place = drawing.Place(out, sheet, overwrite)
    wish = drawing.Wish(vary, between, walk or (), picture, strength, frames)
    drawing.generate(bundle_at(path, run), place, request, Output(as_json=as_json, quiet=quiet), wish)
