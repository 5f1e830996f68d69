"""Starting the engine in a process of its own, and saying why one died (no Qt)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import desktop_app
from desktop_app.engine.families import get as get_family
from desktop_app.engine.families.declaration import resolve
from desktop_app.jobs import catalog, origins
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained
from desktop_app.project.processes import NO_CONSOLE, child_environment
from desktop_app.project.processes import self_command as self_command  # whoever launches finds all of it here
from desktop_app.project.queue import Queue
from desktop_app.project.runs import Run, RunSpec, create_run
from desktop_app.project.store import Project

Verb = Literal["train", "rehearse", "evaluate", "export"]
Want = Literal["run", "stop"]
Device = Literal["auto", "cpu", "cuda", "mps"]
LOG_TAIL = 4_000
"""Bytes of an engine's log that are shown as details of a failure."""

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Engines that this process started, by run folder, and keepers of queues: kept until they end, so that none stays behind
as a zombie."""
_exit_codes: dict[Path, int] = {}
_guard = threading.Lock()
"""The watcher's thread asks for children too."""


def new_run(
    project: Project,
    name: str | None = None,
    *,
    device: Device = "auto",
    threads: int | None = None,
    start: Path | None = None,
    folder: Path | None = None,
) -> Run:
    """Freeze the project's decisions into a run folder.

    Parameters
    ----------
    device, threads
        Where to train and with how many threads of the CPU; the engine chooses what is left open.
    start
        Run or bundle to start from; None takes what the document says, where that is of the chosen kind.
    folder
        Where it is made in place of among the project's runs.

    Raises
    ------
    GensmithError
        Something is still missing, a setting is out of bounds, there is nothing to start from, or the disk refuses.
    """
    document, encoded = project.document, project.encoded_folder
    if encoded is None:
        raise GensmithError("The pictures are not prepared yet.", "Prepare them in step 2, Data.")
    if document.architecture.family is None:
        raise GensmithError("No kind of model is chosen yet.", "Choose one in step 3, Architecture.")
    place = folder or project.runs_folder
    data = origins.seen_from_run(project, encoded, place)
    spec = resolve_spec(document, data, classes_of(encoded), name)
    begin = _start(project, spec.family, start)
    choices = {"device": device, "threads": threads, **_started_from(project, begin, spec.network, place)}
    return create_run(place, spec.model_copy(update=choices))


def _start(project: Project, family: str, wish: Path | None) -> Path | None:
    """What a run starts from. What the document says counts for its own kind of model only, and waits otherwise."""
    if wish is not None:
        origins.check(wish, family)
        return wish
    kept = origins.chosen(project)
    return kept if kept is not None and origins.family_of(kept) == family else None


def _started_from(project: Project, start: Path | None, network: str, place: Path | None = None) -> dict[str, str]:
    """Fields of a request that starts from an earlier model: one of automatic size takes that model's, so that it fits."""
    if start is None:
        return {}
    known = origins.network_of(start) if network == "auto" else None
    return {"start": origins.seen_from_run(project, start, place), "network": known or network}


def continued(project: Project, run: Run, changes: Mapping[str, Any], *, start: Path | None = None) -> Run:
    """A new run that is as ``run`` but for some settings, and starts from what it has learned.

    Parameters
    ----------
    changes
        Settings of its family.
    start
        Run or bundle to start from instead.

    Raises
    ------
    GensmithError
        A setting is not known or out of bounds, or there is nothing to start from.
    """
    family, start = get_family(run.spec.family), start or run.folder
    origins.check(start, family.name)
    known = {name: value for name, value in run.spec.settings.items() if name in family.settings.model_fields}
    settings = resolve(family.settings, {**known, **changes}).model_dump(mode="json")
    created = RunSpec.model_fields["created"].get_default(call_default_factory=True)
    fields = {"settings": settings, "created": created, **_started_from(project, start, run.spec.network)}
    return create_run(project.runs_folder, run.spec.model_copy(update=fields))


def forget_strangers(project: Project) -> list[str]:
    """Take settings that the chosen family does not know out of the document; their names, to be said once."""
    family = catalog.family_of(project.document)
    names = catalog.strangers(project.document, family)
    if names:
        settings = project.document.training.settings | {family.name: catalog.overrides(project.document, family)}
        project.amend("training", settings=settings)
    return names


def resolve_spec(document: Document, data: str, classes: Sequence[str], name: str | None = None) -> RunSpec:
    """The document as the engine's request, every setting filled in and validated."""
    family = get_family(document.architecture.family or "")
    training, network = document.training, document.architecture.network
    return RunSpec(
        name=name or document.name,
        project=document.name,
        data=data,
        family=family.name,
        network=network if network in family.networks else "auto",
        minutes=None if training.items else training.minutes or 5.0,
        items=training.items,
        seed=training.seed,
        conditioning=conditioning(document, classes),
        settings=resolve(family.settings, catalog.overrides(document, family)).model_dump(mode="json"),
        licence=document.data.licence,
    )


def conditioning(document: Document, classes: Sequence[str]) -> Literal["none", "class"]:
    """Whether the model is told the class: as asked for, and by itself as soon as there are two."""
    wish = document.objective.conditioning
    if wish == "class" and len(classes) < 2:
        raise GensmithError(
            f"The model should draw by class, but the pictures have {len(classes) or 'no'} classes.",
            "Put each kind of picture into a sub-folder of its own, or choose “automatic” in step 1.",
        )
    return "class" if wish != "none" and len(classes) >= 2 else "none"


def classes_of(encoded: Path) -> list[str]:
    """Names of the classes of an encoded folder."""
    from desktop_app.data import open_arrays

    return list(open_arrays(encoded).classes)


# ---------------------------------------------------------------- the process


def engine_environment() -> dict[str, str]:
    """This process's environment with what an engine needs."""
    return child_environment() | {**desktop_app.THREADS, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def start_engine(run: Run, verb: Verb = "train", want: Want = "run") -> subprocess.Popen[bytes]:
    """Start the engine on a run; it survives the window, and what it prints goes to ``run.log_file``.

    Parameters
    ----------
    want
        "stop" takes a run up only to end it at once and keep what it has learned.

    Raises
    ------
    GensmithError
        A process already works on the run, or none could be started (code 4).
    """
    if run.process() is not None:
        raise GensmithError(f"The run {run.name} is already being worked on.", "Wait for it, or stop it first.")
    run.ask(want)  # what was asked of an earlier process no longer holds
    process = spawn([*self_command(), "engine", verb, str(run.folder)], run)
    run.expect(process.pid)
    if verb == "train":
        with suppress(GensmithError):  # the training is at work; that nobody moves the queue is shown beside it
            keep_queue(run.folder.parent, after=run)
    return process


def keep_queue(runs_folder: Path, *, after: Run | None = None) -> None:
    """See to it that the runs that wait there start one after the other, by a process that survives the window.

    Parameters
    ----------
    after
        The run at work: the first starts when that one has ended, and does not if it is paused.

    Raises
    ------
    GensmithError
        None could be started (code 4).
    """
    if Queue(runs_folder).waiting() and not is_kept(runs_folder):
        command = [*self_command(), "keeper", str(runs_folder), *([after.name] if after else [])]
        _detach(command, runs_folder, runs_folder / ".keeper.log")


def is_kept(runs_folder: Path) -> bool:
    """Whether somebody starts the runs that wait there."""
    return _child(runs_folder) is not None or Queue(runs_folder).keeper() is not None


def spawn(command: Sequence[str], run: Run) -> subprocess.Popen[bytes]:
    """Start a detached process in the run's folder with its output appended to the run's log."""
    return _detach(command, run.folder, run.log_file)


def _detach(command: Sequence[str], folder: Path, log_file: Path) -> subprocess.Popen[bytes]:
    with explained(log_file), log_file.open("ab") as log:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=engine_environment(),
            close_fds=True,
            **_detached(),
        )
    with _guard:
        _exit_codes.pop(folder, None)
        _children[folder] = process
    return process


def _detached() -> dict[str, int | bool]:
    """What keeps a child alive when the window, or the terminal that it was opened from, goes."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | NO_CONSOLE}
    return {"start_new_session": True}


def child_of(run: Run) -> subprocess.Popen[bytes] | None:
    """The living engine that this process started for a run."""
    return _child(run.folder)


def _child(folder: Path) -> subprocess.Popen[bytes] | None:
    """The living process that was started for a folder; those that have ended are let go."""
    with _guard:
        for place, child in list(_children.items()):
            if child.poll() is not None:
                _exit_codes[place] = child.returncode
                del _children[place]
        return _children.get(folder)


# ---------------------------------------------------------------- why it died


def log_tail(run: Run, limit: int = LOG_TAIL) -> str:
    """The end of what the engine printed; empty when it printed nothing."""
    try:
        with run.log_file.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - limit))
            return stream.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""


def explain_death(run: Run, code: int | None = None) -> GensmithError:
    """Why an engine ended without a last word.

    Parameters
    ----------
    code
        Its exit code, negative for the signal that killed it (POSIX); that of a child of this process is known.
    """
    tail = log_tail(run)
    if code is None and child_of(run) is None:
        code = _exit_codes.get(run.folder)
    message, remedy = _cause(tail, code, begun=bool(run.last_events()))
    return GensmithError(message, remedy, code=5, details=tail)


def _cause(tail: str, code: int | None, *, begun: bool) -> tuple[str, str]:
    keeps = "Go on from what it saved last." if begun else "Try again."
    if code == -9 or "MemoryError" in tail or "OutOfMemory" in tail:
        return "The training was ended by the system, most likely because memory ran out.", f"Close other programs. {keeps}"
    if "No space left on device" in tail:
        return "The training ended because the disk is full.", f"Free some space. {keeps}"
    if "No module named" in tail:
        return "The training could not start: a part of Gensmith is missing.", "Install Gensmith again; the details name it."
    if code is not None and code < 0:
        return f"The training was ended from outside (signal {-code}).", keeps
    if code:
        return f"The training ended unexpectedly (exit code {code}).", f"{keeps} The details say more."
    if not begun:
        return "The training ended before it began.", keeps
    return "The training was interrupted: the machine was switched off, or its process was ended.", keeps
