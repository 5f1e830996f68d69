"""The most memory that a training takes: diffusion at 64 pixels and the GAN at 128, with their largest networks.

    python -m tests.benchmarks.memory [--network large] [--steps 3]

The engine's own process trains a few steps with two threads, draws a preview, writes checkpoints and exports, in a real run
folder. How long it trains does not change how much memory it takes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from desktop_app.engine.families import get
from desktop_app.jobs import journey, launch
from desktop_app.project.runs import Run, create_run
from desktop_app.project.store import Project
from tests.benchmarks import results
from tests.benchmarks.material import write_smooth
from tests.benchmarks.measuring import PeakMemory, as_the_engine, use_processors
from tests.benchmarks.results import Claim, Result, conclude, number, table

LIMIT = 8.0
"""GiB."""
CASES = (("diffusion", 64), ("gan", 128))
BATCH, THREADS = 32, 2


@dataclass(frozen=True)
class Found:
    """A training: kind of model, side in pixels, peak in GiB, weights."""

    family: str
    side: int
    peak: float
    weights: int

    @property
    def what(self) -> str:
        return f"{get(self.family).title} at {self.side} pixels, largest memory"


def main(words: list[str] | None = None) -> int:
    """Train both and tell; 0 when both stay below the limit."""
    options = parser().parse_args(words)
    if options.quick:
        options.network, options.steps = "tiny", 1
    use_processors(THREADS)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-memory-") as folder:
        pictures = write_smooth("sprites", Path(folder) / "pictures")
        found = [measured(family, side, pictures, Path(folder), options) for family, side in CASES]
    claims = [Claim(one.what, one.peak, LIMIT, unit=" GiB") for one in found]
    rows = [[get(one.family).title, f"{one.side}", f"{one.weights / 1e6:.1f} M", f"{number(one.peak)} GiB"] for one in found]
    how = f"The engine's process, network “{options.network}”, batches of {BATCH}, {options.steps} steps, {THREADS} threads."
    body = table(["Kind of model", "Pixels", "Weights", "Peak resident memory"], rows)
    result = Result("memory", "Memory of a training", how, claims, body, time.perf_counter() - start)
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.memory", description=about)
    made.add_argument("--network", default="large", choices=["tiny", "small", "medium", "large"])
    made.add_argument("--steps", type=int, default=3)
    made.add_argument("--quick", action="store_true", help="the smallest networks and one step: does it all run?")
    results.add_out(made)
    return made


def measured(family: str, side: int, pictures: Path, folder: Path, options: argparse.Namespace) -> Found:
    """Train in the engine's process and look at what it took."""
    print(f"{family} at {side} pixels …", flush=True)
    run = new_run(family, side, pictures, folder / f"{family}-{side}", options)
    engine = launch.start_engine(run)
    watched = PeakMemory(engine.pid)
    code, peak = _wait(engine.pid)
    watched_peak = watched.end()
    engine.returncode = code
    if run.state() != "finished":
        raise RuntimeError(f"the engine did not finish: {launch.log_tail(run)}")
    weights = next(event.parameters for event in run.events() if event.kind == "started")
    return Found(family, side, max(peak, watched_peak) / 2**30, weights)


def _wait(pid: int) -> tuple[int, int]:
    """Wait for a child; its exit code, and the peak of its resident memory in bytes, which the system keeps.

    What this process holds is counted too, for a moment it is the child's; beside the engine's it is little.
    """
    if not hasattr(os, "wait4"):
        _, status = os.waitpid(pid, 0)
        return status, 0
    _, status, usage = os.wait4(pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * unit


def new_run(family: str, side: int, pictures: Path, folder: Path, options: argparse.Namespace) -> Run:
    """A run of a few steps."""
    with Project.create(folder, family) as project:
        project.change("objective", output="images", conditioning="none")
        project.change("data", sources=[str(pictures)], size=side)
        project.change("architecture", family=family, network=options.network)
        project.change("training", items=options.steps * BATCH)
        journey.prepare_data(project)
        encoded = project.encoded_folder
        assert encoded is not None
        spec = launch.resolve_spec(project.document, str(encoded), launch.classes_of(encoded))
        here = {"device": "cpu", "threads": THREADS, "evaluate": False}
        return create_run(project.runs_folder, spec.model_copy(update=here))


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.memory", main))
