"""The window: how soon it stands there, and how fluid it stays beside a training.

python -m tests.benchmarks.window [--starts 15] [--seconds 60]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.jobs import journey
from tests.benchmarks import results
from tests.benchmarks.measuring import alternate, display, environment, interval, python, ratio
from tests.benchmarks.results import Claim, Result, conclude, table
from tests.benchmarks.window_parts import TICK

PARTS = "tests.benchmarks.window_parts"
FRAME = 33.0
"""Milliseconds: two frames of a usual screen."""


def main(words: list[str] | None = None) -> int:
    """Measure, tell, and return 0 when every promise is kept."""
    options = parser().parse_args(words)
    if options.quick:
        options.starts, options.seconds = 2, 5.0
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-window-") as folder, display() as screen:
        work = Path(folder)
        env = environment(work / "home", **screen)
        starts = start_up(env, options.starts)
        beside = beside_training(env, work / "project", options.seconds)
    how = (
        f"{options.starts} starts of either window in turn, {screen['SCREEN_KIND']}; the event loop watched for "
        f"{options.seconds:.0f} s every 5 ms while a training worked with {beside['threads']} threads."
    )
    body = "\n".join([start_table(starts), delay_table(beside)])
    took = time.perf_counter() - begun
    result = Result("window", "The window", how, claims(starts, beside), body, took)
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.window", description=about)
    made.add_argument("--starts", type=int, default=15, help="starts of either window")
    made.add_argument("--seconds", type=float, default=60, help="to watch the window beside a training")
    made.add_argument("--quick", action="store_true", help="a minute: does it all run?")
    results.add_out(made)
    return made


def measured(output: str) -> dict[str, Any]:
    """What a measured process tells in the line that begins with MEASURED."""
    line = next(line for line in output.splitlines() if line.startswith("MEASURED "))
    found: dict[str, Any] = json.loads(line.removeprefix("MEASURED "))
    return found


# ---------------------------------------------------------------- the first window


@dataclass
class Starts:
    """Of either window, from starting Python to its first picture: seconds by the clock, and of computing."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "bare": []})


def start_up(env: dict[str, str], times: int) -> Starts:
    """Start both windows in turn. The first of each is not counted: the disk is cold.

    Raises
    ------
    AssertionError
        Our window loaded torch.
    """
    found = Starts()

    def seconds(which: str) -> float:
        begun = time.time()
        told = measured(python("-m", PARTS, which, env=env, timeout=120))
        assert not told.get("torch"), "the window loaded torch"
        assert told["code"] == 0, f"the window ended with {told['code']}"
        found.cpu[which].append(float(told["cpu"]))
        return float(told["seen"]) - begun

    for which in ("ours", "bare"):
        seconds(which)
        found.cpu[which].clear()
    found.ours, found.bare = alternate(lambda: seconds("ours"), lambda: seconds("bare"), times)
    return found


# ---------------------------------------------------------------- beside a training


def beside_training(env: dict[str, str], folder: Path, seconds: float) -> dict[str, Any]:
    """Delays of the window's event loop while the engine trains the sprites on all cores."""
    journey.make_sample_project("sprites", folder)
    told = measured(python("-m", PARTS, "beside", str(folder), str(seconds), env=env, timeout=seconds + 400))
    assert told["state"] == "running", f"the training was {told['state']} at the end of the measurement"
    assert told["page"] == 4, "another page was open"
    assert not told["torch"], "the window loaded torch"
    return told


# ---------------------------------------------------------------- telling


def claims(starts: Starts, beside: dict[str, Any]) -> list[Claim]:
    """What was promised of the window."""
    return [
        Claim("first window ÷ a bare PySide6 + pyqtgraph window (torch not loaded)", ratio(starts.ours, starts.bare), 1.3),
        Claim("delay of the event loop while training, 99th percentile", quantile(beside["delays"], 0.99), FRAME, unit=" ms"),
    ]


def quantile(delays: list[float], share: float) -> float:
    """The delay below which so large a share of them lies."""
    return float(np.quantile(delays, share))


def start_table(starts: Starts) -> str:
    """Seconds to the first picture."""
    rows = [
        [
            name,
            f"{statistics.median(values):.3f} s",
            f"{min(values):.3f} … {max(values):.3f} s",
            f"{statistics.median(cpu):.3f} s",
        ]
        for name, values, cpu in (
            ("Gensmith, welcome page", starts.ours, starts.cpu["ours"]),
            ("bare window with a plot", starts.bare, starts.cpu["bare"]),
        )
    ]
    low, high = interval(starts.ours, starts.bare)
    computing = ratio(starts.cpu["ours"], starts.cpu["bare"])
    note = f"\n95 % interval of the ratio: {low:.2f} … {high:.2f}; of the computing alone: {computing:.2f}.\n"
    return table(["From start to first picture", "Median", "All", "Computing"], rows) + note


def delay_table(beside: dict[str, Any]) -> str:
    """The loop's delays, at rest and beside the training."""
    rows = [[name, *delay_cells(beside[key])] for name, key in (("while training", "delays"), ("at rest", "idle"))]
    seen = ", ".join(f"{count} {kind}" for kind, count in sorted(beside["events"].items()))
    head = ["Training page", "Half", "90 %", "99 %", "99.9 %", "Longest", f"Below {FRAME:.0f} ms", "Time in longer ones"]
    return table(head, rows) + f"\nShown meanwhile: {seen}.\n"


def delay_cells(delays: list[float]) -> list[str]:
    """Quantiles, the longest, how many are below the bar, and how much time lies in the others."""
    cells = [f"{quantile(delays, share):.1f} ms" for share in (0.5, 0.9, 0.99, 0.999)]
    return [*cells, f"{max(delays):.0f} ms", late(delays), f"{100 * stalled(delays):.2f} %"]


def late(delays: list[float]) -> str:
    """Share below the bar."""
    return f"{100 * sum(delay < FRAME for delay in delays) / len(delays):.2f} %"


def stalled(delays: list[float]) -> float:
    """Share of the time that lies in delays above the bar: a long one counts by its length, not as one of many."""
    return sum(delay for delay in delays if delay >= FRAME) / sum(delay + TICK for delay in delays)


if __name__ == "__main__":
    sys.exit(main())
