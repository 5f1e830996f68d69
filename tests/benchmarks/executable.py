"""The executable beside the same program from its sources: room, time to the window, memory; and the generator's first picture.

    python packaging/build.py
    python -m tests.benchmarks.executable [--folder dist/gensmith] [--times 7]

Both are started in turn on one virtual X server; the time runs until their window is on the screen. The files lie in the
system's cache from the second start on, and the first start of each is not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import ctypes.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from desktop_app.deployment.generator import PROGRAM, hand_on, program_in
from tests.benchmarks import results
from tests.benchmarks.measuring import ROOT, alternate, display, environment, interval, ratio
from tests.benchmarks.results import Claim, Result, conclude, number, table
from tests.runtime.small_bundles import network, write

GENERATOR_ROOM, FIRST_PICTURE = 260.0, 3.0
"""Megabytes unpacked, and seconds."""
PATIENCE = 120.0
SETTLED = 3.0
"""Seconds that a window is given before its memory is looked at."""
SIDE = 16


def main(words: list[str] | None = None) -> int:
    """Measure and tell; 0 when every promise is kept, and where there is no executable to measure."""
    options = parser().parse_args(words)
    if options.quick:
        options.times = 1
    folder = options.folder.absolute()
    if not (folder / "gensmith").is_file():
        print(f"There is no executable in {options.folder}: build it with python3 packaging/build.py. Nothing was measured.")
        return 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-executable-") as name, display() as screen:
        if screen["SCREEN_KIND"] == "in memory":
            print("Without an X server there is no window to wait for (sudo apt-get install xvfb).")
            return 0
        found = measured(folder, Path(name), screen, options.times)
    how = f"Started in turn, {options.times} times each, on a virtual X server."
    result = Result("executable", "The executable", how, *told(folder, *found), time.perf_counter() - start)
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.executable", description=about)
    made.add_argument("--folder", type=Path, default=ROOT / "dist" / "gensmith", help="the folder that was built")
    made.add_argument("--times", type=int, default=7)
    made.add_argument("--quick", action="store_true", help="each only once: does it all run?")
    results.add_out(made)
    return made


Starts = dict[str, tuple[list[float], float, float]]
"""By kind of program: seconds to the window, and MB of memory of its own and with its share of what others use too."""


def measured(folder: Path, work: Path, screen: Mapping[str, str], times: int) -> tuple[Starts, list[float]]:
    """Starts of both programs, and seconds to the generator's first pictures."""
    variables = environment(work / "home", **screen)
    commands = {"executable": [str(folder / "gensmith")], "sources": [sys.executable, "-m", "desktop_app"]}
    memory = {kind: memory_of(command, variables) for kind, command in commands.items()}  # the first start, not counted
    frozen, unfrozen = (lambda command=command: seconds_to_window(command, variables) for command in commands.values())
    seconds = dict(zip(commands, alternate(frozen, unfrozen, times), strict=True))
    starts = {kind: (seconds[kind], *memory[kind]) for kind in commands}
    return starts, first_pictures(folder / "generator", work, variables, times)


def first_pictures(program: Path, work: Path, variables: Mapping[str, str], times: int) -> list[float]:
    """Seconds from starting the generator beside a model to its first pictures, drawn and told; the first is not counted."""
    model = write(work / "model", network((3, SIDE, SIDE)), shape=(3, SIDE, SIDE))
    made = hand_on(model, work / "handed on", generator=program)
    command = [str(program_in(made.folder)), "selftest"]

    def draw() -> float:
        start = time.perf_counter()
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=PATIENCE, check=True)
        took = time.perf_counter() - start
        assert json.loads(done.stdout.splitlines()[-1])["pictures"]
        return took

    draw()
    return [draw() for _ in range(times)]


# ---------------------------------------------------------------- one start


@contextlib.contextmanager
def opened(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[tuple[float, psutil.Process]]:
    """Start a program and wait for its window; seconds that it took, and the program, which is ended afterwards."""
    start = time.perf_counter()
    program = subprocess.Popen(command, env=dict(variables), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Screen(variables["DISPLAY"]) as screen:
            while not screen.shows_a_window():
                if program.poll() is not None or time.perf_counter() - start > PATIENCE:
                    raise RuntimeError(f"{command[0]} did not open its window ({program.poll()})")
                time.sleep(0.005)
            took = time.perf_counter() - start
        yield took, psutil.Process(program.pid)
    finally:
        program.terminate()
        program.wait(30)
        with Screen(variables["DISPLAY"]) as screen:
            while screen.shows_a_window():
                time.sleep(0.02)


def seconds_to_window(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Seconds from the start to the window."""
    with opened(command, variables) as (took, _):
        return took


def memory_of(command: Sequence[str], variables: Mapping[str, str]) -> tuple[float, float]:
    """MB that a program with its window open takes: resident, and with shared pages shared out among those who use them."""
    with opened(command, variables) as (_, process):
        time.sleep(SETTLED)
        family = [process, *process.children(recursive=True)]
        held = [one.memory_full_info() for one in family]
        return sum(one.rss for one in held) / 1e6, sum(getattr(one, "pss", 0) or one.rss for one in held) / 1e6


class _Attributes(ctypes.Structure):
    """XWindowAttributes, as far as it is read here."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("x", "y", "width", "height", "border", "depth")),
        *(("visual", ctypes.c_void_p), ("root", ctypes.c_ulong)),
        *((name, ctypes.c_int) for name in ("kind", "bit_gravity", "window_gravity", "backing_store")),
        *(("planes", ctypes.c_ulong), ("pixel", ctypes.c_ulong), ("save_under", ctypes.c_int), ("colormap", ctypes.c_ulong)),
        *(("installed", ctypes.c_int), ("map_state", ctypes.c_int), ("rest", ctypes.c_char * 128)),
    )


class Screen:
    """An X server, asked through the system's own libX11."""

    def __init__(self, name: str) -> None:
        self._x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(name.encode()))
        self._root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        self._x.XCloseDisplay(self._display)

    def shows_a_window(self) -> bool:
        """Whether something larger than a menu is on the screen."""
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        children = ctypes.POINTER(ctypes.c_ulong)()
        self._x.XQueryTree(self._display, self._root, *map(ctypes.byref, (root, parent, children, count)))
        return any(self._is_shown(children[place]) for place in range(count.value))

    def _is_shown(self, window: int) -> bool:
        found, viewable = _Attributes(), 2
        known = self._x.XGetWindowAttributes(self._display, ctypes.c_ulong(window), ctypes.byref(found))
        return bool(known) and found.map_state == viewable and found.width > 400 and found.height > 300


# ---------------------------------------------------------------- telling


def room(path: Path) -> float:
    """Megabytes on the disk; what lies there under two names is counted once."""
    files = [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()] if path.is_dir() else [path]
    sizes = {(found.st_dev, found.st_ino): found.st_size for found in map(os.stat, files)}
    return sum(sizes.values()) / 1e6


def told(folder: Path, starts: Starts, pictures: list[float]) -> tuple[list[Claim], str]:
    """Claims and the report's body."""
    frozen, unfrozen = starts["executable"][0], starts["sources"][0]
    low, high = interval(frozen, unfrozen)
    generator = room(folder / "generator")
    claims = [
        Claim("The generator, unpacked", generator, GENERATOR_ROOM, unit=" MB"),
        Claim("The generator's first pictures, from its start", statistics.median(pictures), FIRST_PICTURE, unit=" s"),
        Claim("Gensmith, unpacked", room(folder), unit=" MB"),
        Claim("The executable's start, against the sources'", ratio(frozen, unfrozen), unit=f" times ({low:.2f}–{high:.2f})"),
    ]
    packed = [*folder.parent.glob("gensmith_*.deb"), *folder.parent.glob("gensmith-*.tar.gz")]
    sizes = [["Gensmith, the generator included", room(folder)], [f"{PROGRAM}, alone", generator]]
    rows = [[what, f"{number(size)} MB"] for what, size in [*sizes, *([path.name, room(path)] for path in packed)]]
    started = [
        [kind, f"{number(statistics.median(seconds))} s", f"{number(resident)} MB", f"{number(shared)} MB"]
        for kind, (seconds, resident, shared) in starts.items()
    ]
    head = ["Started", "To the window, median", "Resident memory", "Its share of it"]
    return claims, table(["What", "Room"], rows) + "\n" + table(head, started)


if __name__ == "__main__":
    sys.exit(main())
