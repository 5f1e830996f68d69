"""Following a run from outside: a thread that reads what the engine writes and notices when it dies."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QObject, QThread, Signal

from desktop_app.jobs.launch import child_of
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run, read_events

PERIOD = 0.07
"""Seconds between two looks at the events: 14 times a second."""
STATE_PERIOD = 0.4
"""Seconds between two looks at the engine's process."""
IDLE_PERIOD = 0.5
"""The same for both while nothing works on the run."""
CHUNK = 512 * 1024
"""Bytes read at a time: a long past is handed over in pieces, so that the window never waits for it."""


class RunWatcher(QThread):
    """Follows one run, whoever works on it: this window's engine, one that an earlier window left, a command's.

    ``events`` comes in batches, in order and complete from the run's first event; ``caught_up`` once, after what was
    there at the start; ``state`` at every change, after the events that led to it. States are those of
    :class:`~desktop_app.project.runs.Run` and "starting" for an engine that has not taken the run up yet.
    """

    events = Signal(list)
    state = Signal(str)
    caught_up = Signal()

    def __init__(self, run: Run, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.watched = run
        self._offset = 0
        self._state = ""
        self._starts = 0
        self._asked = threading.Event()
        self._stop = False

    def expect(self) -> None:
        """An engine was just started: whatever becomes of it, even if it is gone at once, is news."""
        self._starts += 1
        self._state = "starting"
        self._asked.set()

    def end(self, milliseconds: int = 5_000) -> bool:
        """End the thread and wait for it; the run goes on."""
        self._stop = True
        self._asked.set()
        return self.wait(milliseconds)

    def run(self) -> None:
        self._read_all()
        self.caught_up.emit()
        looked = 0.0
        while not self._stop:
            asked = self._asked.is_set()
            self._asked.clear()
            self._read_all()
            if asked or time.monotonic() - looked >= STATE_PERIOD:
                looked = time.monotonic()
                self._look_at_state()
            self._asked.wait(PERIOD if self._state in ("running", "starting") else IDLE_PERIOD)

    def _read_all(self) -> None:
        """Hand over all whole lines that there are, a piece at a time."""
        while not self._stop:
            events, offset = read_events(self.watched.events_file, self._offset, limit=CHUNK)
            if offset == self._offset:
                return
            self._offset = offset
            if events:
                self.events.emit(events)

    def _look_at_state(self) -> None:
        starts, state = self._starts, self._find_state()
        if state != self._state and starts == self._starts:  # else it was found before the engine was started
            self._read_all()  # the last words come before the news of the end
            self._state = state
            self.state.emit(state)

    def _find_state(self) -> str:
        try:
            if self.watched.process() is not None:
                return "running"
            return "starting" if child_of(self.watched) is not None else self.watched.state()
        except (GensmithError, OSError):
            return "interrupted"  # its folder is gone or cannot be read
