"""Runs of a project that wait for their turn, and who starts one after the other.

::

    runs/.keeper.json         the process that starts them, while there is one
    runs/<run>/queued.json    that this run waits, and where in the line it stands
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.processes import sign, signed_by
from desktop_app.project.runs import Run, list_runs

PATIENCE = 5.0
"""Seconds that a new keeper waits for one that is about to end: it may have looked just before a run was put in."""


class Queue:
    """The line of a project's runs. It is kept in their folders, so that it outlives every process."""

    def __init__(self, runs_folder: Path) -> None:
        self.folder = runs_folder

    def waiting(self) -> list[Run]:
        """Those that wait, the next one first."""
        return sorted((run for run in list_runs(self.folder) if run.queued), key=lambda run: (_place(run), run.name))

    def put(self, run: Run) -> None:
        """Let a run wait behind all others."""
        _mark(run, max([time.time(), *(_place(other) + 1 for other in self.waiting())]))

    def put_first(self, run: Run) -> None:
        """Let a run be the next."""
        _mark(run, min([time.time(), *(_place(other) - 1 for other in self.waiting())]))

    def take_out(self, run: Run) -> None:
        """Let a run wait no longer; it stays as it is."""
        run.take_up()

    def at_work(self) -> Run | None:
        """The run that an engine works on, or was started to."""
        return next((run for run in list_runs(self.folder) if run.at_work()), None)

    # ------------------------------------------------------------ the keeper

    @property
    def _signature(self) -> Path:
        return self.folder / ".keeper.json"

    def keeper(self) -> psutil.Process | None:
        """The process that starts those that wait; None while nobody does."""
        return signed_by(self._signature)

    @contextmanager
    def kept(self) -> Iterator[bool]:
        """Be the keeper within; the value is False where another one is, and stays."""
        lock = FileLock(self.folder / ".keeper.lock", timeout=PATIENCE)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            with suppress(GensmithError):  # a full disk: whoever asks for another keeper finds the lock taken
                sign(self._signature)
            yield True
        finally:
            self._signature.unlink(missing_ok=True)
            lock.release()


def _place(run: Run) -> float:
    """Where a run stands in the line; one whose mark cannot be read stands first."""
    try:
        return float(json.loads(run.queue_file.read_text(encoding="utf-8"))["place"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def _mark(run: Run, place: float) -> None:
    write_json(run.queue_file, {"place": place})


def current_run(runs: Sequence[Run]) -> Run | None:
    """The run that stands for its project: the one at work, else the newest that has had its turn, else the newest."""
    begun = [run for run in runs if not run.queued]
    working = next((run for run in reversed(begun) if run.at_work()), None)
    return working or next(iter(reversed(begun or runs)), None)
