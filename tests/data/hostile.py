"""What a worker's process is given to do in tests: importable there, and now and then its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.data import inspection
from desktop_app.data.checks import Measured
from desktop_app.data.collect import Candidate
from desktop_app.data.images import Recipe
from desktop_app.data.parallel import CHUNK
from desktop_app.project.errors import GensmithError

BOMB = "bomb"
measured_well = inspection.measured


def die() -> None:
    """End this process as a decoder does that writes where it must not."""
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def square(number: int) -> int:
    """Deadly for 13 and its hundreds, refused for -1."""
    if number % 100 == 13:
        die()
    if number == -1:
        raise GensmithError("No.", "Take another.", code=3)
    return number**2


def die_once(place: tuple[int, Path]) -> int:
    """Deadly for the first who comes; the second finds the trace that it left."""
    number, trace = place
    if number == 5 and not trace.exists():
        trace.touch()
        die()
    return number


def whoami(_: int) -> int:
    """The process that works."""
    return os.getpid()


def sleep_later(number: int) -> int:
    """At once at first, then longer than any test."""
    if number >= CHUNK:
        time.sleep(600)
    return number


def print_much(number: int) -> int:
    """What a talkative decoder does."""
    os.write(1, b"warning\n" * 100)
    sys.stdout.write("another\n")
    sys.stdout.flush()
    return number


class Order:
    """An answer that would make whoever unpickles it leave a trace."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._trace,)


def order(trace: Path) -> Any:
    """What a decoder that a file has taken over might answer."""
    return Order(trace)


def measured(candidates: Sequence[Candidate], recipe: Recipe) -> list[Measured]:
    """As Gensmith does it, but for files with a name that kills."""
    if any(BOMB in one.name for one in candidates):
        die()
    return measured_well(candidates, recipe)
