"""A smaller variant of a model, compared with it, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from desktop_app.cli.options import BundleOrProject, Json, Quiet, RunName
from desktop_app.cli.terminal import Interrupt, Output
from desktop_app.project.errors import GensmithError

if TYPE_CHECKING:
    from desktop_app.project.document import Precision
    from desktop_app.project.runs import Run


def shrink(
    path: BundleOrProject,
    to: Annotated[
        Literal["int8", "fp16", "fp32"],
        typer.Option(help="int8: smaller and faster. fp16: half the size, as fast. fp32, with --use: as it was trained."),
    ] = "int8",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The new file; beside the model when left out.")
    ] = None,
    use: Annotated[bool, typer.Option("--use", help="The project draws with it from now on, and hands it on.")] = False,
    run: RunName = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a smaller variant of a model, beside it, compared on the same seeds; refused if it draws worse."""
    from desktop_app.cli import targets

    output = Output(as_json=as_json, quiet=quiet)
    if use and (out is not None or not targets.is_project(path)):
        raise GensmithError("--use is for a project, which draws with what lies beside its model.", "Leave out --use or --out.")
    if to != "fp32":
        _make(path, to, out, _run(path, run), output)
    elif not use:
        raise GensmithError("A model is fp32 as it was trained.", "Choose int8 or fp16; or add --use to go back to it.")
    if use:
        _choose(path, to)
        output.say(f"The project draws with {to} from now on.")
    if to == "fp32":
        output.result("", {"variant": to})


def _make(path: Path, to: Literal["int8", "fp16"], out: Path | None, run: Run | None, output: Output) -> None:
    from desktop_app.jobs import variants

    bundle = run.bundle_folder if run else path
    with Interrupt().listening() as interrupt, output.bar() as bar:

        def show(done: float, total: float, message: str) -> None:
            bar.show(message, done / total)

        made = variants.make(bundle, to, out, run=run, progress=show, cancelled=interrupt)
    assert made.variant is not None
    target = (out or variants.place(bundle, to)).absolute()
    lines = [f"{title}: {value}" for title, value in variants.words(made)]
    words = "\n".join([f"{variants.TITLES[to]}: {target}", *lines])
    output.result(words, {"file": str(target), **made.variant.model_dump()})


def _run(path: Path, name: str | None) -> Run | None:
    """The run whose model is meant; None for a bundle that stands alone."""
    from desktop_app.cli import targets

    if not path.exists():
        raise GensmithError(f"There is nothing at {path}.", "Give a bundle, a run or a project.")
    return None if targets.is_bundle(path) else targets.modelled(targets.trained_run(path, name))


def _choose(folder: Path, to: Precision) -> None:
    from desktop_app.project.store import Project

    with Project.open(folder) as project:
        project.change("deployment", variant=to)
