"""What a verb says and hears: results on stdout, progress and remarks on stderr, Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

PLAIN_SECONDS = 10.0
"""Where no terminal shows a moving bar (a log file), a line is written at most this often within a phase."""


class Output:
    """One verb's voice.

    Parameters
    ----------
    as_json
        The result is one line of JSON instead of text.
    quiet
        No progress, no remarks.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self._out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._err = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """A remark on stderr."""
        if not self.quiet:
            self._err.print(text)

    def result(self, text: str, values: dict[str, Any]) -> None:
        """The verb's answer on stdout: ``text`` for people, or ``values`` as the last line for machines."""
        if self.as_json:
            sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
            sys.stdout.flush()
        elif text:
            self._out.print(text)

    @contextlib.contextmanager
    def bar(self) -> Iterator[Bar]:
        """A progress bar for the length of the block."""
        if self.quiet:
            yield Bar()
        elif self._err.is_terminal:
            columns = (TextColumn("{task.description}", markup=False), BarColumn(24), TaskProgressColumn())
            progress = Progress(*columns, TextColumn("{task.fields[detail]}", markup=False), console=self._err)
            with progress:
                yield MovingBar(progress)
        else:
            yield PlainBar(self._err)


class Bar:
    """Shows how far some work is; this one shows nothing."""

    def show(self, what: str, fraction: float, detail: str = "") -> None:
        """``what`` is being done, ``fraction`` of it is done (0 to 1), ``detail`` is worth knowing."""

    def count(self, done: int, total: int, what: str) -> None:
        """``done`` of ``total`` items of what is being done are done."""
        self.show(what, done / max(1, total), f"{done:,} of {total:,}")


class MovingBar(Bar):
    """In a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=1.0, detail="")

    def show(self, what: str, fraction: float, detail: str = "") -> None:
        self._progress.update(self._task, description=what, completed=fraction, detail=detail)


class PlainBar(Bar):
    """In a log: a line for each new phase, and now and then within one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._what = ""
        self._said = 0.0

    def show(self, what: str, fraction: float, detail: str = "") -> None:
        now = time.monotonic()
        if what != self._what or now - self._said >= PLAIN_SECONDS:
            self._what, self._said = what, now
            self._console.print(f"{what} {fraction:.0%} {detail}".rstrip())


class Interrupted(Exception):
    """The person ended the work; the text says what is left of it and how to go on."""


class Interrupt:
    """Ctrl-C as a wish that work asks after: the first is counted, so that it can end in good order."""

    def __init__(self) -> None:
        self.count = 0
        self.ended = False

    def __call__(self) -> bool:
        return self.count > 0 or self.ended

    def _counted(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def _told_to_end(self, _number: int, _frame: FrameType | None) -> None:
        self.ended = True

    @contextlib.contextmanager
    def listening(self) -> Iterator[Interrupt]:
        """Count Ctrl-C, and note a request to end (SIGTERM), inside the block."""
        before = {
            signal.SIGINT: signal.signal(signal.SIGINT, self._counted),
            signal.SIGTERM: signal.signal(signal.SIGTERM, self._told_to_end),
        }
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
