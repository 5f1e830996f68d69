"""The verbs: what each takes, and how it ends. The work itself is imported by the verb that needs it.

Exit codes: 0 the artefact exists; 1 something unexpected; 2 a wrong request; 3 bad material; 4 the machine (disk,
memory, permission, something missing); 5 the run failed; 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from desktop_app import __version__
from desktop_app.cli import deploy, keeping, shrinking
from desktop_app.cli.choices import Choices, InceptionFile
from desktop_app.cli.terminal import Interrupted, Output
from desktop_app.jobs.catalog import titles
from desktop_app.project.errors import Cancelled, GensmithError

UNEXPECTED, INTERRUPTED = 1, 130

app = typer.Typer(
    name="gensmith",
    help="Train a generative model on your own pictures, and generate with it, offline. Without a verb the window opens.",
    epilog="Exit codes: 0 done, the artefact exists · 1 unexpected · 2 wrong request · 3 bad material · "
    "4 the machine · 5 the run failed · 130 interrupted",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(deploy.app, name="deploy")

# ---------------------------------------------------------------- words that several verbs share

Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks.")]
ProjectFolder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]
ProjectOrRun = Annotated[Path, typer.Argument(metavar="PROJECT_OR_RUN", help="A project's folder, or that of one run.")]
RunName = Annotated[str | None, typer.Option("--run", metavar="NAME", help="Which run of the project.")]
Size = Annotated[int | None, typer.Option(min=8, max=512, help="Side of the pictures in pixels; proposed when left out.")]
Colour = Annotated[Literal["auto", "colour", "gray"] | None, typer.Option(help="Whether the model sees colour.")]
Fit = Annotated[Literal["crop", "pad", "stretch"] | None, typer.Option(help="How pictures that are not square become so.")]
HeldOut = Annotated[float | None, typer.Option(min=0.02, max=0.5, help="Share kept aside to judge the model.")]
Licence = Annotated[str | None, typer.Option(help="Licence of your material, for the model's card.")]
LeaveOut = Annotated[
    str | None, typer.Option(metavar="FINDING,…", help="Leave out what was noticed for these: blurred,near-duplicate; or none.")
]
MendNoticed = Annotated[
    str | None, typer.Option("--mend", metavar="FINDING,…", help="Mend what was noticed for these: noisy,border; or none.")
]
Frames = Annotated[bool | None, typer.Option("--frames/--first-frame", help="Every picture of animated files, or the first.")]
FamilyName = Annotated[str | None, typer.Option("--family", help=f"Kind of model: {', '.join(titles())}.")]
Network = Annotated[
    Literal["auto", "tiny", "small", "medium", "large"] | None,
    typer.Option(help="Size of the network; auto follows from the time and this machine's speed."),
]
Minutes = Annotated[float | None, typer.Option(min=0.01, help="Time to train.")]
Items = Annotated[int | None, typer.Option(min=1, help="Pictures to go through, in place of the time.")]
Seed = Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same training.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the family.")]
Conditioning = Annotated[Literal["auto", "none", "class"] | None, typer.Option(help="Whether the model is told the class.")]
Purpose = Annotated[
    Literal["sprites", "icons", "drawings", "photos", "textures", "other"] | None,
    typer.Option(help="Step 1: what it makes. Given, or either of the next two, later defaults follow."),
]
Priority = Annotated[Literal["fast", "balanced", "best"] | None, typer.Option(help="Step 1: how good against how fast.")]
RunsOn = Annotated[
    Literal["laptop", "workstation", "web", "phone"] | None,
    typer.Option("--runs-on", help="Step 1: where it will generate."),
]
Device = Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="Where to train.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of the processor to use.")]
Start = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="RUN_OR_BUNDLE", help="Start from an earlier model: a path, or a run of the project by name."
    ),
]
NewRunName = Annotated[str | None, typer.Option("--name", help="Name of the run.")]


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=lambda yes: _say_version(yes))] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the details of an error; may stand anywhere.")] = False,
) -> None:
    """What may stand before the verb."""


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Gensmith {__version__}")
        raise typer.Exit


# ---------------------------------------------------------------- the journey


@app.command()
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


@app.command()
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


@app.command()
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


@app.command("import")
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


@app.command()
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
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a new run of a prepared project, export and judge it."""
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
    journey.train(project, choices, Output(as_json=as_json, quiet=quiet))


@app.command()
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


@app.command()
def evaluate(
    path: ProjectOrRun, run: RunName = None, inception: InceptionFile = None, as_json: Json = False, quiet: Quiet = False
) -> None:
    """Judge the best run's model against the pictures that were kept aside."""
    from desktop_app.cli import journey

    journey.evaluate(path, run, inception, Output(as_json=as_json, quiet=quiet))


@app.command()
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


@app.command()
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


@app.command()
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


app.command()(keeping.keep)
app.command()(shrinking.shrink)


@app.command()
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


# ---------------------------------------------------------------- looking, trying


@app.command()
def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A project, a run, a model, or a picture that was drawn.")],
    as_json: Json = False,
) -> None:
    """What it holds, and what is missing next; of a picture, how it was drawn."""
    from desktop_app.cli.info import info as describe

    describe(path, Output(as_json=as_json))


@app.command()
def estimate(
    project: ProjectFolder,
    measure: Annotated[bool, typer.Option(help="Measure this machine for some seconds where that was not done yet.")] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What each kind of model and size would cost and bring here, before the start, and which is recommended, and why."""
    from desktop_app.cli.estimate import estimate as foresee

    foresee(project, measure, Output(as_json=as_json, quiet=quiet))


@app.command()
def doctor(as_json: Json = False) -> None:
    """What this machine has, what is missing, what to do."""
    from desktop_app.cli.doctor import doctor as examine

    raise typer.Exit(examine(Output(as_json=as_json)))


@app.command()
def selftest(
    family: Annotated[str, typer.Option("--family", help="Kind of model to train.")] = "diffusion",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Prove that this installation works: a sample's whole journey in a temporary folder, in a minute or two."""
    from desktop_app.cli.selftest import selftest as prove

    raise typer.Exit(prove(family, Output(as_json=as_json, quiet=quiet)))


@app.command()
def sample(
    name: Annotated[str, typer.Argument(help="sprites or digits.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new or an empty folder.")],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the pictures of a sample that ships with Gensmith."""
    from desktop_app.cli import samples

    samples.sample(name, out, Output(as_json=as_json, quiet=quiet))


@app.command("try")
def try_(
    name: Annotated[str, typer.Argument(help="sprites or digits.")] = "sprites",
    out: Annotated[Path | None, typer.Option("--out", metavar="PROJECT", help="Folder of the new project.")] = None,
    minutes: Minutes = None,
    items: Items = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A sample's whole journey, from nothing to new pictures, in a few minutes."""
    from desktop_app.cli import samples

    samples.try_(name, out, minutes, items, Output(as_json=as_json, quiet=quiet))


# ---------------------------------------------------------------- the way in, and every way out


def main(words: Sequence[str]) -> int:
    """Run a verb; every failure is one line on stderr and a code, the details only with ``--debug``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name in another script is no reason to fail
    debug = "--debug" in words
    try:
        code = app([word for word in words if word != "--debug"], prog_name="gensmith", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, Cancelled):
        return _failed("Interrupted; nothing was changed.", INTERRUPTED, words)
    except Interrupted as ended:
        return _failed(str(ended), INTERRUPTED, words)
    except BrokenPipeError:  # whoever read the output has closed it, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNEXPECTED
    except Exception as error:
        if debug:
            sys.stderr.write(_details(error))
        return _explained(error, words)


def _explained(error: Exception, words: Sequence[str]) -> int:
    if isinstance(error, GensmithError):
        return _failed(str(error), error.code, words)
    if isinstance(error, typer.TyperException):
        verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
        hint = " ".join(["gensmith", *[word for word in words[:1] if word in verbs], "--help"])
        return _failed(f"{error.format_message()} See: {hint}", error.exit_code, words)
    if isinstance(error, MemoryError):
        return _failed("There is not enough memory. Close other programs and try again.", 4, words)
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return _failed(f"{error.strerror or error}{where}. Check the disk and its permissions, and try again.", 4, words)
    message = f"Something unexpected happened ({type(error).__name__}: {error})."
    return _failed(f"{message} The details, for a report: the same command with --debug.", UNEXPECTED, words)


def _failed(message: str, code: int, words: Sequence[str]) -> int:
    """Say on stderr, in one line, why it ended; for machines on stdout as well."""
    line = " ".join(message.split())
    sys.stderr.write(f"gensmith: {line}\n")
    if "--json" in words:
        sys.stdout.write(json.dumps({"error": line, "code": code}, ensure_ascii=False) + "\n")
    return code


def _details(error: Exception) -> str:
    said = error.details if isinstance(error, GensmithError) and error.details else ""
    return "".join(traceback.format_exception(error)) + (f"\n{said}\n" if said else "")
