"""Where a model can go: a verb for each destination."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.options import BundleOrProject, Json, Quiet, RunName
from desktop_app.cli.terminal import Interrupt, Output

app = typer.Typer(help="Hand a model on to others.", no_args_is_help=True)


@app.callback()
def _destinations() -> None:
    """Keep the destination a word of its own even while there is only one."""


@app.command()
def generator(
    path: BundleOrProject,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the new folder and the zip go.")],
    run: RunName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """The model beside a small program that draws with it: a folder and a zip for people who have no Gensmith."""
    from desktop_app.cli.targets import bundle_at
    from desktop_app.deployment.generator import hand_on

    output = Output(as_json=as_json, quiet=quiet)
    with Interrupt().listening() as interrupt, output.bar() as bar:

        def show(done: int, total: int) -> None:
            bar.show("Copying", done / total)

        made = hand_on(bundle_at(path, run), out, progress=show, cancelled=interrupt)
    values = {"folder": str(made.folder), "archive": str(made.archive), "bytes": made.archive.stat().st_size}
    output.result(f"To hand on: {made.folder}\nThe same as one file: {made.archive}", values)
