"""The queue of a project's trainings, from the command line."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from desktop_app.cli.options import Json, ProjectFolder
from desktop_app.cli.terminal import Output
from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import Queue
from desktop_app.project.runs import Run


def queue(
    project: ProjectFolder,
    first: Annotated[str | None, typer.Option(metavar="NAME", help="Let this run be the next.")] = None,
    take_out: Annotated[
        str | None, typer.Option("--take-out", metavar="NAME", help="Let this run wait no longer; it is removed if it is new.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Let the queue move again after a pause or a power cut.")] = False,
    as_json: Json = False,
) -> None:
    """Show what waits for its turn (put in with `train --queue`), or change it."""
    from desktop_app.cli import targets

    opened = targets.project_at(project)
    line = Queue(opened.runs_folder)
    if first is not None:
        line.put_first(_waiting(line, targets.run_named(opened, first)))
    if take_out is not None:
        _take_out(line, _waiting(line, targets.run_named(opened, take_out)))
    if start:
        _start(line)
    Output(as_json=as_json).result(_words(project, line), _values(line))


def put(run: Run, output: Output) -> None:
    """Let a new run wait for its turn; with nothing at work that is at once."""
    from desktop_app.jobs import launch

    line = Queue(run.folder.parent)
    resting = bool(line.waiting()) and line.at_work() is None and not launch.is_kept(line.folder)
    line.put(run)
    if not resting:
        launch.keep_queue(line.folder, after=line.at_work())
    place = line.waiting().index(run) + 1 if run.queued else 1
    project = shlex.quote(str(line.folder.parent))
    hint = f"Nothing moves it: gensmith queue {project} --start" if resting else f"See the queue: gensmith queue {project}"
    output.result(f"{run.name} waits as number {place}. {hint}", {"run": str(run.folder), "place": place})


def _waiting(line: Queue, run: Run) -> Run:
    if not run.queued:
        known = ", ".join(other.name for other in line.waiting()) or "none"
        raise GensmithError(f"The run {run.name} does not wait for its turn.", f"Those that do: {known}.")
    return run


def _take_out(line: Queue, run: Run) -> None:
    from desktop_app.jobs import origins

    if origins.has_learned(run):
        line.take_out(run)
    else:
        run.delete()


def _start(line: Queue) -> None:
    from desktop_app.jobs import launch

    if not line.waiting():
        raise GensmithError("Nothing waits in the queue.", "Put a training in: gensmith train PROJECT --queue")
    launch.keep_queue(line.folder)


def _words(project: Path, line: Queue) -> str:
    from desktop_app.jobs import requests

    working, waiting = line.at_work(), line.waiting()
    lines = [f"at work: {working.name}"] if working else []
    lines += [f"{place}. {run.name}: {requests.in_words(run)}" for place, run in enumerate(waiting, 1)]
    if waiting and not _moves(line):
        lines.append(f"Nothing is at work. Start the queue: gensmith queue {shlex.quote(str(project))} --start")
    return "\n".join(lines or ["Nothing waits in the queue."])


def _moves(line: Queue) -> bool:
    from desktop_app.jobs import launch

    return line.at_work() is not None or launch.is_kept(line.folder)


def _values(line: Queue) -> dict[str, Any]:
    working = line.at_work()
    return {
        "at_work": working.name if working else None,
        "waiting": [run.name for run in line.waiting()],
        "moves": _moves(line),
    }
