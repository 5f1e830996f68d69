"""Processes of Gensmith's own: what starts one, how it is found again, and how it gives way to the window."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil

import desktop_app
from desktop_app.project.files import write_json

NICENESS = 10

NO_CONSOLE: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Creation flags of a child process that nobody looks at: on Windows no console opens for it."""


def self_command() -> list[str]:
    """The words that start Gensmith again: this Python with the package, or the frozen executable."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "desktop_app"]


def child_environment() -> dict[str, str]:
    """This process's environment with what another Gensmith needs."""
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",  # numpy's: two that wait for each other are slower, on a busy machine a hundredfold
        "PYTHONSAFEPATH": "1",  # the folder it stands in is a project's: never import from there
        "PYINSTALLER_RESET_ENVIRONMENT": "1",  # a frozen one unpacks itself, so that it may outlive the window
    }
    if not getattr(sys, "frozen", False):
        package = str(Path(desktop_app.__file__).parent.parent)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return environment


def sign(path: Path, pid: int | None = None) -> None:
    """Write down in a file that a process, this one if none is named, is the one who works on something.

    Raises
    ------
    psutil.NoSuchProcess
        The one that is named has ended.
    """
    process = psutil.Process(pid)
    write_json(path, {"pid": process.pid, "created": process.create_time()})


def signed_by(path: Path) -> psutil.Process | None:
    """The process that signed, if it still lives; the start time tells it from a later one with the same number."""
    try:
        signature = json.loads(path.read_text(encoding="utf-8"))
        process = psutil.Process(signature["pid"])
        alive = abs(process.create_time() - signature["created"]) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
        return process if alive else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None


def give_way() -> None:
    """Let the window and everything else go first.

    A Linux desktop groups processes by session and shares the processor among the groups, so that a process's own
    niceness counts inside its group alone; the group has a niceness of its own (sched(7), "The autogroup feature").
    """
    with contextlib.suppress(OSError, psutil.Error):
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else NICENESS)
    with contextlib.suppress(OSError):
        if os.name == "posix" and os.getsid(0) == os.getpid():  # the group is this process's own, not the terminal's
            Path("/proc/self/autogroup").write_text(str(NICENESS))
