"""A model of an earlier state of a run, from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from desktop_app.cli.terminal import Output
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run


def keep(
    path: Annotated[Path, typer.Argument(metavar="PROJECT_OR_RUN", help="A project's folder, or that of one run.")],
    step: Annotated[
        int | None, typer.Option(min=0, help="Which of the states that are kept; the recommended one when left out.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Only say which states are kept, and which to take.")] = False,
    run: Annotated[str | None, typer.Option("--run", metavar="NAME", help="Which run of the project.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks.")] = False,
) -> None:
    """Make a model of an earlier state of a run, in a run of its own beside it; nothing is replaced or removed."""
    from desktop_app.cli import targets

    found, output = targets.trained_run(path, run), Output(as_json=as_json, quiet=quiet)
    if show:
        _list(found, output)
    else:
        _make(found, step, output)


def _list(run: Run, output: Output) -> None:
    from desktop_app.jobs import states

    found = states.history(run)
    lines = [f"Step {state.step:,}{_roles(found.roles(state.step))}" for state in found.states]
    reason = found.choice.reason if found.choice else "Nothing was measured by which to choose."
    values: dict[str, Any] = {
        "run": str(run.folder), "steps": [state.step for state in found.states], "model": found.model,
        "recommended": found.recommended, "sound": found.choice.sound if found.choice else None, "reason": reason,
    }  # fmt: skip
    output.result("\n".join([*lines, reason]), values)


def _roles(words: list[str]) -> str:
    return f": {', '.join(words)}" if words else ""


def _make(run: Run, step: int | None, output: Output) -> None:
    from desktop_app.cli import follow
    from desktop_app.jobs import states

    step = _recommended(run) if step is None else step
    new = states.take_out(run, step)
    follow.work(new, "export", output)
    values = {"run": str(new.folder), "bundle": str(new.bundle_folder), "step": step}
    output.result(f"The model of step {step:,} is in {new.bundle_folder}", values)


def _recommended(run: Run) -> int:
    """The step to take, where the model was not made of it already."""
    from desktop_app.jobs import states

    found = states.history(run)
    if found.recommended is None:
        raise GensmithError(f"Nothing is known by which to choose a state of {run.name}.", "Name one: --step.", code=3)
    if found.recommended == found.model:
        remedy = "Name another with --step, if you want a model of it all the same; --list says which are kept."
        raise GensmithError(f"The model of {run.name} is made of the state to take, step {found.model:,}.", remedy)
    return found.recommended
