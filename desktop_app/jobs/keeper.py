"""The keeper of a queue: a process that starts the runs that wait, one after the other (no Qt, no torch).

It is neither window nor engine, so that it outlives both: a training that the system ends for want of memory must not keep
those behind it from their turn. When a training is paused it leaves, for the person wants the machine; whoever goes on with
the training has it come back. It costs a few seconds of processor a night and some 50 MB.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from desktop_app.jobs import launch
from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import Queue
from desktop_app.project.runs import EventLog, Failed, Run

PERIOD = 0.5
"""Seconds between two looks at the run at work."""
TAKING_UP = 0.05
"""Seconds between two looks at a run that is being taken up."""


def main(words: Sequence[str]) -> int:
    """``keeper RUNS [RUN]``."""
    folder, *after = words
    keep(Path(folder), Path(folder) / after[0] if after else None)
    return 0


def keep(runs_folder: Path, after: Path | None = None) -> None:
    """Start each run that waits when the one before it has ended, until none waits or a training is paused.

    Parameters
    ----------
    after
        The run that was at work when the keeper was asked for: it may have been paused while this process started.
    """
    queue = Queue(runs_folder)
    with queue.kept() as mine:
        if not mine or (after is not None and not _makes_room(Run(after), queue)):
            return
        while waiting := queue.waiting():
            working = queue.at_work()
            if working is None:
                begin(waiting[0])
            elif not _makes_room(working, queue):
                return


def _makes_room(working: Run, queue: Queue) -> bool:
    """Wait for the end of a run; whether the next may start."""
    while working.at_work():
        if not queue.waiting():
            return False
        time.sleep(PERIOD)
    return working.state() != "paused"


def begin(run: Run) -> None:
    """Start a run that waits; one that cannot be started waits no more and says why."""
    failure = None
    try:
        child = launch.start_engine(run)
        _wait_until_taken_up(run, child)
        failure = launch.explain_death(run, child.poll()) if run.queued else None
    except GensmithError as error:
        failure = error
    if failure is not None:
        _note(run, failure)
        run.take_up()


def _wait_until_taken_up(run: Run, child: subprocess.Popen[bytes]) -> None:
    while run.queued and child.poll() is None:
        time.sleep(TAKING_UP)


def _note(run: Run, error: GensmithError) -> None:
    with suppress(OSError):  # on a full disk the run counts as one that did not start
        log = EventLog(run.events_file)
        try:
            log.write(Failed(message=error.message, remedy=error.remedy, details=error.details))
        finally:
            log.close()
