"""Whether what is promised before a training is what then happens: its time and its memory.

    python -m tests.benchmarks.estimates [--part memory|time|both] [--seconds 60] [--pixels 16 32 64] [--families …]
        [--networks tiny medium large] [--processors N] [--quick] [--out FOLDER]

Memory: the engine's own process trains a few steps, previews and checkpoints included, and its peak (``ru_maxrss``) is held
against the estimate. Time: this machine is measured first, as the window does it; then each training of a fixed number of
pictures runs to its end, and its seconds are held against the estimate. Both are made in the same call. Each size of pictures
is a result of its own, so that one can be measured again. Whatever else a machine does slows a training now and then by a
third: one whose time missed is run twice more, and the median counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from desktop_app.data import open_encoded
from desktop_app.jobs import calibration, catalog, journey, launch, machine
from desktop_app.project import runs
from desktop_app.project.store import Project
from tests.benchmarks import results
from tests.benchmarks.material import write_smooth
from tests.benchmarks.measuring import use_processors
from tests.benchmarks.results import Claim, Result

TIME_BAR, MEMORY_BAR = 0.20, 0.15
FEW_STEPS = 3
AGAIN = 2
"""Times that a training is run again whose time missed."""


@dataclass(frozen=True)
class Case:
    """One training: what was promised, what happened. Seconds (median of so many ``trials``) and bytes; 0 where not asked."""

    family: str
    network: str
    pixels: int
    promised_seconds: float
    seconds: float
    promised_memory: int
    memory: int
    trials: int = 1

    @property
    def time_off(self) -> float:
        """Share by which the estimate missed the time."""
        return abs(self.promised_seconds / self.seconds - 1) if self.seconds else 0.0

    @property
    def memory_off(self) -> float:
        """Share by which it missed the memory."""
        return abs(self.promised_memory / self.memory - 1) if self.memory else 0.0


# ---------------------------------------------------------------- the child


def child(folder: Path) -> int:
    """Train a run to its end in this process, and print its seconds of learning and its peak memory as JSON."""
    import resource

    from desktop_app.engine import hardware
    from desktop_app.engine.training import train

    run = runs.Run(folder)
    hardware.settle(hardware.device(run.spec.device), run.spec.threads)
    begun, seconds = time.perf_counter(), 0.0
    for event in train(run):
        if isinstance(event, runs.Phase) and event.name == "training":
            begun = time.perf_counter()
        if isinstance(event, runs.Progress):
            seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": seconds, "memory": peak}))
    return 0


def happened(run: runs.Run) -> dict[str, Any]:
    """What a training in a process of its own takes."""
    command = [sys.executable, "-m", "tests.benchmarks.estimates", "--child", str(run.folder)]
    done = subprocess.run(command, env=launch.engine_environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{run.name} failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


# ---------------------------------------------------------------- the cases


def prepared(folder: Path, pixels: int) -> None:
    """The sprites, enlarged without squares and encoded at that size."""
    pictures = folder.with_name("pictures")
    if not pictures.is_dir():
        write_smooth("sprites", pictures)
    with Project.create(folder, f"{pixels} pixels") as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(pictures)], size=pixels)
        journey.prepare_data(project)


def case(folder: Path, family: str, network: str, speed: machine.Speed, seconds: float) -> Case:
    """Train for about ``seconds``, as the estimate has it; 0 takes a few steps and looks at the memory alone."""
    with Project.open(folder) as project:
        assert project.encoded_folder is not None
        shape = catalog.shape_of(project.document, open_encoded(project.encoded_folder))
    promised = catalog.estimate(catalog.get(family), shape, network, 1.0, speed)
    items = max(FEW_STEPS * 64, round(seconds * promised.items_per_second))
    found = trained(folder, family, network, items)
    took, promise = (found["seconds"], items / promised.items_per_second) if seconds else (0.0, 0.0)
    one = Case(family, network, shape.size, promise, took, promised.memory, found["memory"])
    return one if one.time_off <= TIME_BAR else again(one, lambda: trained(folder, family, network, items)["seconds"])


def again(one: Case, seconds: Callable[[], float]) -> Case:
    """The same with the median of its seconds and of some more."""
    times = [one.seconds, *(seconds() for _ in range(AGAIN))]
    return replace(one, seconds=statistics.median(times), trials=len(times))


def trained(folder: Path, family: str, network: str, items: int) -> dict[str, Any]:
    """What a training on so many items takes."""
    with Project.open(folder) as project:
        project.change("architecture", family=family, network=network)
        project.change("training", items=items)
        run = launch.new_run(project)
    found = happened(run)
    run.delete()
    return found


def cases(options: argparse.Namespace, work: Path, pixels: int, seen: Callable[[list[Case]], object]) -> list[Case]:
    """Every family and size of network that was asked for, at one size of pictures; ``seen`` is told after each."""
    found, here, folder = list[Case](), machine.describe(), work / f"sprites {pixels}"
    prepared(folder, pixels)
    speed = _speed(folder, here, measure=options.part != "memory")
    for family in options.families:
        for network in options.networks:
            one = case(folder, family, network, speed, 0.0 if options.part == "memory" else options.seconds)
            print(_line(one), file=sys.stderr, flush=True)
            found.append(one)
            seen(found)
    return found


def _speed(folder: Path, here: machine.Machine, *, measure: bool) -> machine.Speed:
    with Project.open(folder, read_only=True) as project:
        assert project.encoded_folder is not None
        shape = catalog.shape_of(project.document, open_encoded(project.encoded_folder))
    return calibration.measure(here, shape) if measure else calibration.of(here, shape)


def _line(one: Case) -> str:
    return " ".join([one.family, one.network, f"{one.pixels} px:", *_cells(one)])


def _cells(one: Case) -> list[str]:
    mega = f"{one.promised_memory / 1e6:,.0f} MB", f"{one.memory / 1e6:,.0f} MB", f"{one.memory_off:.0%}"
    if not one.seconds:
        return [*mega, "", "", ""]
    trials = f", median of {one.trials}" if one.trials > 1 else ""
    return [*mega, f"{one.promised_seconds:.0f} s", f"{one.seconds:.0f} s{trials}", f"{one.time_off:.0%}"]


# ---------------------------------------------------------------- the report


def result(found: list[Case], options: argparse.Namespace, took: float, processors: int) -> Result:
    """What was promised of the estimates at one size of pictures, and every case."""
    memory, times = max(one.memory_off for one in found), [one.time_off for one in found if one.seconds]
    pixels = found[0].pixels
    missed = "the most by which an estimate missed it"
    claims = [Claim(f"memory of a training at {pixels} pixels: {missed}", 100 * memory, 100 * MEMORY_BAR, unit=" %")]
    if times:
        claims.append(Claim(f"time of a training at {pixels} pixels: {missed}", 100 * max(times), 100 * TIME_BAR, unit=" %"))
    head = ["Family", "Network", "Pixels", "Memory promised", "Memory", "Off", "Time promised", "Time", "Off"]
    rows = [[one.family, one.network, str(one.pixels), *_cells(one)] for one in found]
    how = f"trainings of about {options.seconds:g} s each" if times else "trainings of a few steps, memory alone"
    note = " One whose time missed was run twice more, and the median counts." if times else ""
    settings = f"The sprites, enlarged without squares, {how}, in processes of their own on {processors} processors.{note}"
    title = f"Estimates against what then happened, {pixels} pixels"
    return Result(f"estimates-{pixels}", title, settings, claims, results.table(head, rows), took=took)


def main(words: list[str] | None = None) -> int:
    """Measure and report; 0 when every promise is kept."""
    options = parser().parse_args(words)
    if options.child:
        return child(options.child)
    if options.quick:
        options.part, options.pixels, options.networks = "memory", [16], ["tiny"]
    processors = use_processors(options.processors)
    with tempfile.TemporaryDirectory(prefix="gensmith-estimates-") as work:
        os.environ["GENSMITH_HOME"] = str(Path(work) / "home")
        return max([of_size(options, Path(work), pixels, processors) for pixels in options.pixels])


def of_size(options: argparse.Namespace, work: Path, pixels: int, processors: int) -> int:
    """Measure and report one size of pictures; 0 when its promises are kept."""
    begun = time.perf_counter()

    def so_far(found: list[Case]) -> Result:
        return result(found, options, time.perf_counter() - begun, processors)

    folder = options.out or results.FOLDER  # kept after every case: a long run that is ended has measured something
    keep = (lambda found: None) if options.quick else (lambda found: results.keep(so_far(found), folder))
    found = cases(options, work, pixels, keep)
    return results.conclude(so_far(found), options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.estimates", description="Estimates against what happens.")
    made.add_argument("--part", choices=["memory", "time", "both"], default="both")
    made.add_argument("--seconds", type=float, default=60.0, help="length of each training whose time is compared")
    made.add_argument("--pixels", type=int, nargs="+", default=[16, 32, 64])
    made.add_argument("--families", nargs="+", choices=list(catalog.titles()), default=list(catalog.titles()))
    made.add_argument("--networks", nargs="+", default=["tiny", "medium", "large"])
    made.add_argument("--processors", type=int, default=2)
    made.add_argument("--quick", action="store_true", help="one size, memory alone; the report stays as it is")
    made.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    results.add_out(made)
    return made


if __name__ == "__main__":
    sys.exit(main())
