"""A hundred thousand pictures on the data page: how soon they stand there, how smoothly they scroll, how much memory they take.

    python -m tests.benchmarks.wall [--pictures 100000] [--seconds 20] [--opens 3] [--quick] [--out FOLDER]

Small pictures, imported for real into a project (minutes). Then the window opens the project in a process of its own, on a
virtual X server where there is one; the wheel turns sixty times a second, the scroll bar is dragged from end to end, and every
time that the event loop was held up is written down.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from desktop_app.jobs import journey
from desktop_app.project.store import Project
from tests.benchmarks import results
from tests.benchmarks.measuring import PeakMemory, display, environment
from tests.benchmarks.results import Claim, Result, conclude, number, table
from tests.benchmarks.window import measured, quantile

PARTS = "tests.benchmarks.wall_parts"
OPEN, FRAME, MEMORY = 2.0, 50.0, 600.0
"""Seconds, milliseconds, megabytes."""
SIDE, FOLDERS = 32, 100
PHASES = {"beside": "wheel, while the files are looked at", "wheel": "wheel", "drag": "scroll bar dragged"}


def main(words: list[str] | None = None) -> int:
    """Measure, tell, and return 0 when every promise is kept."""
    options = parser().parse_args(words)
    if options.quick:
        options.pictures, options.seconds, options.opens = 500, 2.0, 1
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-wall-") as folder, display() as screen:
        work = Path(folder)
        project, seconds = imported(work, options.pictures)
        env = environment(work / "home", **screen)
        seen = [opened(project, options.seconds, env) for _ in range(options.opens)]
    how = (
        f"{options.pictures:,} pictures of {SIDE} pixels in {FOLDERS} folders, imported in {seconds:.0f} s; opened "
        f"{options.opens} times, {screen['SCREEN_KIND']}; each phase for {options.seconds:.0f} s. The first time the "
        "thumbnails are made, later they are there."
    )
    took = time.perf_counter() - begun
    result = Result("wall", f"{options.pictures:,} pictures", how, claims(seen), body(seen), took)
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.wall", description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--pictures", type=int, default=100_000)
    made.add_argument("--seconds", type=float, default=20.0, help="that each way of scrolling is watched")
    made.add_argument("--opens", type=int, default=3, help="times that the project is opened")
    made.add_argument("--quick", action="store_true", help="500 pictures: does it all run?")
    results.add_out(made)
    return made


def imported(work: Path, count: int) -> tuple[Path, float]:
    """A project with that many pictures, inspected and encoded; seconds that it took."""
    draw(work / "pictures", count)
    folder, begun = work / "project", time.perf_counter()
    with Project.create(folder, "Wall") as project:
        project.change("objective", output="images")
        journey.prepare_data(project, [str(work / "pictures")])
    return folder, time.perf_counter() - begun


def draw(folder: Path, count: int) -> None:
    """Clouds of colour with a bar on them, all different."""
    rng = np.random.default_rng(0)
    for number_ in range(count):
        path = folder / f"{number_ % FOLDERS:03d}" / f"{number_:06d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cloud = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        left, top, right, bottom = rng.integers(0, SIDE // 2, 4).tolist()
        cloud.paste(tuple(rng.integers(0, 256, 3).tolist()), (left, top, left + right + 1, top + bottom + 1))
        cloud.save(path, compress_level=1)


def opened(project: Path, seconds: float, env: dict[str, str]) -> dict[str, Any]:
    """What the window's process measured, and the most memory that it held."""
    command = [sys.executable, "-m", PARTS, str(project), str(seconds)]
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watched = PeakMemory(child.pid)
    output, errors = child.communicate(timeout=600 + 10 * seconds)
    peak = watched.end()
    if child.returncode:
        raise RuntimeError(f"the window failed ({child.returncode}):\n{errors[-3000:]}")
    return measured(output) | {"memory": peak / 1e6}


def claims(seen: list[dict[str, Any]]) -> list[Claim]:
    """What was promised of the wall."""
    opened_in = statistics.median(one["open"] for one in seen)
    longest = max(max(one[phase]) for one in seen for phase in PHASES)
    return [
        Claim("a large project opened until its pictures stand there", opened_in, OPEN, unit=" s"),
        Claim("its wall scrolled by wheel and bar, longest frame", longest, FRAME, unit=" ms"),
        Claim("its largest memory", max(one["memory"] for one in seen), MEMORY, unit=" MB"),
    ]


def body(seen: list[dict[str, Any]]) -> str:
    """Every opening, every way of scrolling."""
    opens = [
        [f"{n}", *(f"{one[key]:.2f} s" for key in ("open", "pictures", "looked")), f"{one['memory']:.0f} MB"]
        for n, one in enumerate(seen, 1)
    ]
    head = ["Opened", "Wall stands", "With its pictures", "All files looked at", "Largest memory"]
    rows = [
        [f"{n}", words, number(quantile(one[phase], 0.5)), number(quantile(one[phase], 0.99)), number(max(one[phase]))]
        for n, one in enumerate(seen, 1)
        for phase, words in PHASES.items()
    ]
    return table(head, opens) + "\n" + table(["Opened", "Scrolled by", "Half, ms", "99 %, ms", "Longest, ms"], rows)


if __name__ == "__main__":
    sys.exit(main())
