"""The verbs that look, and those that try Gensmith out: what each takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.options import (
    Items,
    Json,
    Minutes,
    ProjectFolder,
    Quiet,
)
from desktop_app.cli.terminal import Output


def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A project, a run, a model, or a picture that was drawn.")],
    as_json: Json = False,
) -> None:
    """What it holds, and what is missing next; of a picture, how it was drawn."""
    from desktop_app.cli.info import info as describe

    describe(path, Output(as_json=as_json))


def estimate(
    project: ProjectFolder,
    measure: Annotated[bool, typer.Option(help="Measure this machine for some seconds where that was not done yet.")] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What each kind of model and size would cost and bring here, before the start, and which is recommended, and why."""
    from desktop_app.cli.estimate import estimate as foresee

    foresee(project, measure, Output(as_json=as_json, quiet=quiet))


def doctor(as_json: Json = False) -> None:
    """What this machine has, what is missing, what to do."""
    from desktop_app.cli.doctor import doctor as examine

    raise typer.Exit(examine(Output(as_json=as_json)))


def selftest(
    family: Annotated[str, typer.Option("--family", help="Kind of model to train.")] = "diffusion",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Prove that this installation works: a sample's whole journey in a temporary folder, in a minute or two."""
    from desktop_app.cli.selftest import selftest as prove

    raise typer.Exit(prove(family, Output(as_json=as_json, quiet=quiet)))


def sample(
    name: Annotated[str, typer.Argument(help="sprites or digits.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new or an empty folder.")],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the pictures of a sample that ships with Gensmith."""
    from desktop_app.cli import samples

    samples.sample(name, out, Output(as_json=as_json, quiet=quiet))


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
