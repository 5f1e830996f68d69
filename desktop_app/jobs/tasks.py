"""Work in the background of the window: one thread for each task, its signals always in the thread of its owner."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.files import explain_os_error

RATE = 0.05
"""Seconds between two reports of progress: more often than 20 times a second nobody can see."""


_working: set[_Worker] = set()
"""Threads that still run, kept when their task is gone: a QThread must not be destroyed before it has ended."""


class _Worker(QThread):
    """The thread; its signals are queued to the task, which lives in the thread that made it."""

    progressed = Signal(float, str)
    partial = Signal(object)
    done = Signal(object, object)  # result, error

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        super().__init__()
        self._function, self._args = function, args
        self.finished.connect(self._forget)

    def begin(self) -> None:
        _working.add(self)
        self.start(QThread.Priority.LowPriority)

    @Slot()
    def _forget(self) -> None:
        _working.discard(self)

    def run(self) -> None:
        try:
            self.done.emit(self._function(Reporter(self), *self._args), None)
        except Cancelled as error:
            self.done.emit(None, error)
        except Exception as error:
            self.done.emit(None, as_gensmith_error(error))


class Reporter:
    """What a task's function tells while it works, and asks."""

    def __init__(self, worker: _Worker) -> None:
        self._worker = worker
        self._last = 0.0

    def progress(self, done: float, total: float, message: str = "") -> None:
        """Say how far it is; called as often as is convenient, passed on 20 times a second at most."""
        now = time.monotonic()
        if now - self._last >= RATE or done >= total:
            self._last = now
            self._worker.progressed.emit(done / total if total else 0.0, message)

    def partial(self, result: object) -> None:
        """Hand over a piece of the result before the whole is there."""
        self._worker.partial.emit(result)

    def cancelled(self) -> bool:
        """Whether the person wants it to end."""
        return self._worker.isInterruptionRequested()


def as_gensmith_error(error: Exception) -> GensmithError:
    """Any exception as one that a person can read, with the traceback as details to copy."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, GensmithError):
        error.details = error.details or details
        return error
    if isinstance(error, OSError) and error.filename:
        said = explain_os_error(error, error.filename)
        return GensmithError(said.message, said.remedy, code=said.code, details=details)
    if isinstance(error, MemoryError):
        return GensmithError(
            "This machine's memory is used up.", "Close other programs and try again.", code=4, details=details
        )
    what = f"{type(error).__name__}: {error}".strip(": ").splitlines()[0]
    remedy = "Try again. If it happens again, copy the details into a report."
    return GensmithError(f"Something went wrong that Gensmith did not expect ({what}).", remedy, code=5, details=details)


class Task(QObject):
    """A function at work in a thread of its own.

    Exactly one of ``succeeded``, ``failed`` and ``cancelled`` is sent, and ``ended`` after it, once the thread is gone.
    """

    progressed = Signal(float, str)  # share done, 0 to 1, and what is being done
    partial = Signal(object)
    succeeded = Signal(object)
    failed = Signal(object)  # GensmithError
    cancelled = Signal()
    ended = Signal()

    def __init__(self, function: Callable[..., Any], *args: Any, parent: QObject | None = None) -> None:
        """``function(reporter, *args)`` runs in the thread and returns the result."""
        super().__init__(parent)
        self.fraction, self.message = 0.0, ""
        self._cancel_asked = False
        self._outcome: tuple[Any, Exception | None] | None = None
        self._worker = _Worker(function, args)
        self._worker.progressed.connect(self._progressed)
        self._worker.partial.connect(self._partial)
        self._worker.done.connect(self._done)
        self._worker.finished.connect(self._finished)

    @property
    def running(self) -> bool:
        return self._worker.isRunning()

    def start(self) -> Task:
        """Begin; returns itself."""
        self._worker.begin()
        return self

    def cancel(self) -> None:
        """Ask it to end; ``cancelled`` follows when it has, and no result of it is taken any more."""
        self._cancel_asked = True
        self._worker.requestInterruption()

    def wait(self, milliseconds: int = 10_000) -> bool:
        """Block until the thread has ended; for the window's end and for tests."""
        return self._worker.wait(milliseconds)

    @Slot(float, str)
    def _progressed(self, fraction: float, message: str) -> None:
        if not self._cancel_asked:
            self.fraction, self.message = fraction, message
            self.progressed.emit(fraction, message)

    @Slot(object)
    def _partial(self, result: object) -> None:
        if not self._cancel_asked:
            self.partial.emit(result)

    @Slot(object, object)
    def _done(self, result: object, error: Exception | None) -> None:
        self._outcome = (result, error)

    @Slot()
    def _finished(self) -> None:
        result, error = self._outcome or (None, Cancelled())
        if self._cancel_asked or isinstance(error, Cancelled):
            self.cancelled.emit()
        elif error is not None:
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)
        self.ended.emit()


def run(function: Callable[..., Any], *args: Any, parent: QObject | None = None) -> Task:
    """Make and start a task; connect to its signals before going back to the event loop."""
    return Task(function, *args, parent=parent).start()


def end_all(milliseconds: int = 10_000) -> None:
    """Cancel every task and wait for its thread: the last thing that a window does."""
    workers = list(_working)
    for worker in workers:
        worker.requestInterruption()
    deadline = time.monotonic() + milliseconds / 1000
    for worker in workers:
        worker.wait(max(1, round(1000 * (deadline - time.monotonic()))))
