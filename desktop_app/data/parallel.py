"""One function over many files on all cores: in threads where there are few, in processes of our own where there are many.

Python's lock is held for a good half of the work on a small picture, so that threads hardly work beside each other and
hold the window up meanwhile. A process has a lock of its own, gives way to the window, and may die of a hostile file.
"""

from __future__ import annotations

import builtins
import contextlib
import itertools
import os
import pickle
import queue
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from desktop_app.project.processes import NO_CONSOLE, child_environment, self_command

T = TypeVar("T")
R = TypeVar("R")

Work = Callable[[list[T]], list[R]]
"""Makes a result of each of a few items: some work costs less for several together."""

Still = Callable[[], object]
"""Asks whether to go on: raises what ends the work."""

LOOK = 0.1
"""Seconds between two such questions."""

CHUNK = 8
"""Items that a thread or a process takes at once: handing over costs as much as decoding a small picture."""

MANY = 256
"""Items from which on processes pay: until they are there, threads have done so many small pictures."""

STARTS = 3
"""Times that a process is tried to be started: one may be killed before it is there."""

_SPOKEN = {
    ("desktop_app.data.checks", "Measured"),
    ("desktop_app.data.checks", "Facts"),
    ("desktop_app.project.errors", "GensmithError"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
}
"""What a process may answer with, beside plain values and Python's own exceptions."""

_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": f"{2**26}", "MALLOC_TRIM_THRESHOLD_": f"{2**26}"}
"""Linux: what a picture has left goes to the next, up to so many bytes (mallopt(3)). Given back and fetched again, zeroed, it
would cost more time than what is measured on it."""

_GONE = (OSError, EOFError, ValueError, pickle.UnpicklingError)
"""What reading from a process that has died, or writing to it, raises."""


def _calm() -> None:
    """Nobody asks for an end."""


def workers() -> int:
    """Threads or processes that decode: one for each processor this process may use, eight at most."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, count))


def are_many(count: int) -> bool:
    """Whether processes pay for so many files."""
    return count >= MANY


def each(function: Callable[[T], R]) -> Work[T, R]:
    """A function of one item as work on several."""
    return partial(_of_each, function)


def _of_each(function: Callable[[T], R], items: list[T]) -> list[R]:
    return [function(item) for item in items]


def in_parallel(
    work: Work[T, R], items: Sequence[T], lost: Callable[[T], R], *, apart: bool = False, still: Still = _calm
) -> Generator[R, None, None]:
    """Results of ``work`` in the order of ``items``, a little ahead of the reader; closing it ends the work at once.

    Parameters
    ----------
    work
        Can be pickled, as the items can: it may run in another process, and what it raises comes back.
    lost
        What to give for an item of which the process that worked on it died, twice.
    apart
        Whether processes do it however few the items are: one of them is known to be dangerous.
    still
        Called while a result is waited for; what it raises ends the work.
    """
    if apart or are_many(len(items)):
        return in_processes(work, items, lost, still)
    return _ahead(work, items, still)


def in_threads(function: Callable[[T], R], items: Iterable[T], still: Still = _calm) -> Generator[R, None, None]:
    """Results of a function of one item, by threads of this process."""
    return _ahead(each(function), items, still)


def in_processes(
    work: Work[T, R], items: Iterable[T], lost: Callable[[T], R], still: Still = _calm
) -> Generator[R, None, None]:
    """As :func:`in_parallel`, in processes; in threads where the system lets none be started."""
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="gensmith-", ignore_cleanup_errors=True))
        except OSError:  # a full disk
            yield from _ahead(work, items, still)
            return
        pool = stack.enter_context(_Workers(work, lost, Path(folder) / "large"))
        yield from _ahead(pool.results, items, still, pool.end)


def _ahead(work: Work[T, R], items: Iterable[T], still: Still, stop: Callable[[], None] = _calm) -> Generator[R, None, None]:
    """Results of ``work`` on chunks of the items, by threads; ``stop`` is called before they are waited for at the end."""
    waiting: deque[Future[list[R]]] = deque()
    source = iter(items)
    pool = ThreadPoolExecutor(workers(), thread_name_prefix="decode")
    try:
        while chunk := list(itertools.islice(source, CHUNK)):
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > 2 * workers():
                yield from _awaited(waiting.popleft(), still)
        while waiting:
            yield from _awaited(waiting.popleft(), still)
    finally:
        stop()
        pool.shutdown(wait=True, cancel_futures=True)


def _awaited(future: Future[R], still: Still) -> R:
    while not wait([future], LOOK).done:
        still()
    return future.result()


# ---------------------------------------------------------------- processes


class _Answers(pickle.Unpickler):
    """Reads what a process answers, and nothing else: of one that a hostile file has taken over no word is obeyed."""

    def find_class(self, module: str, name: str) -> Any:
        found = getattr(builtins, name, None) if module == "builtins" else None
        error = isinstance(found, type) and issubclass(found, Exception)
        if not error and (module, name) not in _SPOKEN:
            raise pickle.UnpicklingError(f"no answer has a {module}.{name} in it")
        return super().find_class(module, name)


class _Died(Exception):
    """The process is no more."""


class _Worker:
    """A process (:mod:`desktop_app.data.worker`) that takes lists of items and gives what it made of each."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*self_command(), "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment() | _KEEP_MEMORY,
            creationflags=NO_CONSOLE,
        )

    def ask(self, what: object) -> Any:
        """Hand something over and wait for the answer."""
        into, out_of = self._process.stdin, self._process.stdout
        assert into is not None and out_of is not None
        try:
            pickle.dump(what, into, pickle.HIGHEST_PROTOCOL)
            into.flush()
            return _Answers(out_of).load()
        except _GONE as error:
            raise _Died from error

    def lives(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it wherever it is."""
        self._process.kill()

    def clear(self) -> None:
        """Let go of it; nobody asks it any more."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what was still to be written to it
                if stream is not None:
                    stream.close()


class _Workers(Generic[T, R]):
    """Processes, one for each thread that asks. One that dies is replaced, and its items are tried again one by one."""

    def __init__(self, work: Work[T, R], lost: Callable[[T], R], large: Path) -> None:
        self._work, self._lost, self._large = work, lost, large
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all: set[_Worker] = set()
        self._guard = threading.Lock()
        self._ended = self._impossible = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        for worker in self._all:
            worker.clear()

    def end(self) -> None:
        """Kill all: whoever waits for one is let go, and nobody starts another."""
        with self._guard:
            self._ended = True
            for worker in self._all:
                worker.kill()

    def results(self, chunk: list[T]) -> list[R]:
        """What the work gives for each item; raises what it raised."""
        try:
            return self._asked(chunk)
        except _Died:
            return [self._alone(item) for item in chunk]

    def _alone(self, item: T) -> R:
        try:
            return self._asked([item])[0]
        except _Died:
            return self._lost(item)

    def _asked(self, items: list[T]) -> list[R]:
        worker = self._worker()
        if worker is None:
            return self._work(items)
        try:
            results, error = worker.ask(items)
        except _Died:
            self._bury(worker)
            raise
        self._idle.put(worker)
        if error is not None:
            raise error
        return list(results)

    def _worker(self) -> _Worker | None:
        """One that waits, or a new one; None where none can be started, which is no item's fault."""
        with contextlib.suppress(queue.Empty):
            while True:
                idle = self._idle.get_nowait()
                if idle.lives():  # one that was killed while it waited is no fault of the next item
                    return idle
                self._bury(idle)
        if self._impossible:
            return None
        for _ in range(STARTS):
            worker = self._started()
            if worker is not None and self._is_ready(worker):
                return worker
        self._impossible = True
        return None

    def _started(self) -> _Worker | None:
        with self._guard:
            if self._ended:
                raise _Died
            try:
                worker = _Worker()
            except OSError:
                return None
            self._all.add(worker)
            return worker

    def _is_ready(self, worker: _Worker) -> bool:
        try:
            return bool(worker.ask((self._work, self._large)))
        except _Died:
            self._bury(worker)
            if self._ended:
                raise
            return False

    def _bury(self, worker: _Worker) -> None:
        with self._guard:
            if not self._ended:  # else it is cleared at the end with all others
                self._all.discard(worker)
                worker.clear()
