"""What the engine's loop costs over a bare loop of the same network, and onnxruntime beside torch at drawing.

    python -m tests.benchmarks.engine_overhead [--seconds 240]

The engine's real training loop and a bare loop (the same learner, the same batches, nothing else) run in turn in one
process, a second or so each, so that whatever else the machine does falls on both. The engine's clock stands still while
the bare loop runs: what it does every so many seconds comes as often as in a real run.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from desktop_app.data import SAMPLES
from desktop_app.engine import hardware, process
from desktop_app.engine import training as loop
from desktop_app.engine.families.learner import Moment
from desktop_app.engine.training import Training
from desktop_app.jobs import journey, launch
from desktop_app.project.runs import EventLog, Run, create_run
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Bundle, Request, open_bundle
from tests.benchmarks import results
from tests.benchmarks.material import write_smooth
from tests.benchmarks.measuring import alternate, as_the_engine, interval, ratio, timed, use_processors
from tests.benchmarks.results import Claim, Result, conclude, number, table

SEGMENT = 1.0
"""Seconds of the engine's loop before it is the bare loop's turn."""
PARTS = {"show": "previews", "judge": "loss on held-out pictures", "keep": "checkpoints", "figures": "figures and progress"}
COUNTS = (1, 4, 16, 64)
WARM_UP = 10
"""Steps of either before anything is measured."""


class Clock:
    """``time.perf_counter`` that can be stopped."""

    def __init__(self) -> None:
        self._stood = 0.0
        self._since: float | None = None

    def perf_counter(self) -> float:
        """The true time less that in which it stood still."""
        return (time.perf_counter() if self._since is None else self._since) - self._stood

    def stop(self) -> None:
        """Stand still."""
        self._since = time.perf_counter()

    def go(self) -> None:
        """Run on."""
        if self._since is not None:
            self._stood += time.perf_counter() - self._since
            self._since = None


@dataclass
class Tally:
    """Seconds of either loop for the same number of steps.

    Attributes
    ----------
    engine, bare
        A pair for every segment.
    parts
        Seconds of the engine's loop by what it did beside learning.
    """

    engine: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    previews: list[float] = field(default_factory=list)
    steps: int = 0
    parts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))

    @property
    def overhead(self) -> float:
        """The engine's time without previews, as a multiple of the bare loop's."""
        return (sum(self.engine) - sum(self.previews)) / sum(self.bare)

    def share(self, part: str) -> float:
        """Share of the engine's time that a part took."""
        return self.parts[part] / sum(self.engine)


def main(words: list[str] | None = None) -> int:
    """Measure, tell, and return 0 when every promise is kept."""
    options = parser().parse_args(words)
    if options.quick:
        options.seconds, options.repeats, options.size, options.network = 10.0, 2, 16, "tiny"
    cores = use_processors(options.cores)
    hardware.settle(torch.device("cpu"), cores)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-engine-") as folder:
        project = import_sample(options.set, options.size, Path(folder))
        made = [new_run(project, options.network) for _ in range(2)]
        print("The engine's loop and a bare one, in turn …", flush=True)
        tally, trained = race(made[0], made[1], options.seconds)
        print("Exporting …", flush=True)
        bundle = exported(trained)
        print("Drawing …", flush=True)
        drawing = {count: draw_both(trained, bundle, count, options.repeats) for count in COUNTS}
    how = (
        f"{SAMPLES[options.set].title} at {options.size} pixels, network “{options.network}”, "
        f"{trained.learner.parameters_count / 1e6:.1f} M weights, batch {trained.learner.batch_size}, {cores} threads, "
        f"{tally.steps:,} steps of each loop in {len(tally.engine)} turns."
    )
    body = parts_table(tally) + "\n" + drawing_table(drawing)
    result = Result(
        "engine", "The engine beside a bare loop", how, claims(tally, drawing), body, time.perf_counter() - start
    )  # fmt: skip
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine_overhead", description=about)
    made.add_argument("--seconds", type=float, default=240, help="for both loops together")
    made.add_argument("--repeats", type=int, default=7, help="times that each drawing is measured")
    made.add_argument("--set", choices=sorted(SAMPLES), default="sprites")
    made.add_argument("--size", type=int, default=32, help="pixels")
    made.add_argument("--network", default="small", choices=["tiny", "small", "medium", "large"])
    made.add_argument("--cores", type=int, default=2)
    made.add_argument("--quick", action="store_true", help="half a minute: does it all run?")
    results.add_out(made)
    return made


# ---------------------------------------------------------------- the two loops


def import_sample(name: str, size: int, folder: Path) -> Path:
    """A prepared project of a sample."""
    write_smooth(name, folder / "pictures")
    with Project.create(folder / "project", "Overhead") as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(folder / "pictures")], size=size)
        project.change("architecture", family="diffusion")
        journey.prepare_data(project)
    return folder / "project"


def new_run(folder: Path, network: str) -> Run:
    """A run that is far from its end when the measurement is over."""
    with Project.open(folder) as project:
        project.change("architecture", network=network)
        project.change("training", minutes=60.0)
        encoded = project.encoded_folder
        assert encoded is not None
        spec = launch.resolve_spec(project.document, str(encoded), launch.classes_of(encoded))
        return create_run(project.runs_folder, spec.model_copy(update={"device": "cpu", "threads": torch.get_num_threads()}))


def race(run: Run, other: Run, seconds: float) -> tuple[Tally, Training]:
    """Run both loops in turn for so long; returns what they took and the engine's training."""
    tally, clock = Tally(), Clock()
    bare = loop.prepare(other)
    with _engine_on(clock, tally) as seen:
        events, log = loop.train(run), EventLog(run.events_file)
        while not seen or seen[0].step < WARM_UP:
            log.write(next(events))
        bare_steps(bare, WARM_UP)
        for part in tally.parts:
            tally.parts[part] = 0.0
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            turn(seen[0], bare, lambda: log.write(next(events)), clock, tally)
        log.close()
    return tally, seen[0]


def turn(engine: Training, bare: Training, go_on: Callable[[], None], clock: Clock, tally: Tally) -> None:
    """A second of the engine's loop, then as many steps of the bare one."""
    first, before = engine.step, tally.parts["show"]
    clock.go()
    start = time.perf_counter()
    while time.perf_counter() - start < SEGMENT or engine.step == first:
        go_on()
    tally.engine.append(time.perf_counter() - start)
    clock.stop()
    tally.previews.append(tally.parts["show"] - before)
    tally.bare.append(timed(lambda: bare_steps(bare, engine.step - first)))
    tally.steps += engine.step - first


def bare_steps(training: Training, count: int) -> None:
    """What anybody's loop does: take a batch, learn from it."""
    size, learner = training.learner.batch_size, training.learner
    for _ in range(count):
        pictures, labels = training.data.batch(training.step, size, training.spec.seed)
        learner.train_step(pictures, labels, Moment(training.step, 1.0))
        training.step += 1


@contextlib.contextmanager
def _engine_on(clock: Clock, tally: Tally) -> Iterator[list[Training]]:
    """Let the engine's loop live by ``clock`` and time its parts; yields the trainings that it prepares."""
    seen: list[Training] = []
    real = {name: getattr(loop, name) for name in ("time", "prepare", *PARTS)}

    def prepare(run: Run) -> Training:
        seen.append(real["prepare"](run))
        return seen[-1]

    def measured(name: str) -> Callable[[Training], Any]:
        def work(training: Training) -> Any:
            start = time.perf_counter()
            # Figures come one by one: all of them here, so that the time between two is not taken for theirs.
            done = list(real[name](training)) if name == "figures" else real[name](training)
            tally.parts[name] += time.perf_counter() - start
            return done

        return work

    ours = {"time": SimpleNamespace(perf_counter=clock.perf_counter), "prepare": prepare}
    for name, value in (ours | {name: measured(name) for name in PARTS}).items():
        setattr(loop, name, value)
    try:
        yield seen
    finally:
        for name, value in real.items():
            setattr(loop, name, value)


# ---------------------------------------------------------------- drawing


def exported(training: Training) -> Bundle:
    """The bundle of what was learned, by the engine's own export."""
    loop.keep(training)
    for _ in process.run_export(training.run, lambda: False):
        pass
    return open_bundle(training.run.bundle_folder)


def draw_both(training: Training, bundle: Bundle, count: int, repeats: int) -> tuple[list[float], list[float]]:
    """Seconds for ``count`` pictures, from noise to 8 bits: by the bundle, and by torch all at once."""
    classes = len(training.data.classes)

    def by_bundle() -> object:
        return list(bundle.generate(Request(count=count, seed=1)))

    def by_torch() -> object:
        return training.learner.sample(count, 1, classes)

    by_bundle()
    by_torch()
    return alternate(lambda: timed(by_bundle), lambda: timed(by_torch), repeats)


# ---------------------------------------------------------------- telling


def claims(tally: Tally, drawing: dict[int, tuple[list[float], list[float]]]) -> list[Claim]:
    """What was promised of the engine."""
    found = [
        Claim("engine's loop ÷ bare loop of the same network, previews apart", tally.overhead, 1.03),
        Claim("previews, share of the training time", 100 * tally.share("show"), 5.0, unit=" %"),
    ]
    for count, (ours, torchs) in drawing.items():
        what = f"drawing {count} picture{'s' * (count > 1)}: onnxruntime's time ÷ torch's"
        found.append(Claim(what, ratio(ours, torchs), 1.0, inclusive=True))
    return found


def parts_table(tally: Tally) -> str:
    """Where the engine's time goes beside learning."""
    rows = [[name, f"{100 * tally.share(part):.2f} %"] for part, name in PARTS.items()]
    turns = [(a - p) / b for a, b, p in zip(tally.engine, tally.bare, tally.previews, strict=True)]
    low, high = interval(turns, [1.0])
    note = f"\nRatio of the two loops in a turn: median {statistics.median(turns):.3f} (95 %: {low:.3f} … {high:.3f}).\n"
    return table(["In the engine's loop", "Share of its time"], rows) + note


def drawing_table(drawing: dict[int, tuple[list[float], list[float]]]) -> str:
    """Median seconds, ours first."""
    rows = []
    for count, (ours, torchs) in drawing.items():
        low, high = interval(ours, torchs)
        cells = [f"{statistics.median(ours):.3f} s", f"{statistics.median(torchs):.3f} s"]
        rows.append([str(count), *cells, number(ratio(ours, torchs)), f"{low:.2f} … {high:.2f}"])
    return table(["Pictures", "onnxruntime (the bundle)", "torch (the learner)", "Ratio", "95 %"], rows)


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.engine_overhead", main))
