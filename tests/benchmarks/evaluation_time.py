"""How long it takes to judge a model: 1,000 pictures at 32 pixels, part by part, with its progress and its end on demand.

    python -m tests.benchmarks.evaluation_time [--families diffusion gan vae] [--network medium] [--processors 2] [--quick]

The sprites at 32 pixels, a model of each kind after a training so short that it takes no time; what it draws does not change
how long it takes to judge. Each is judged twice: the first time a judge learns to see the pictures, which all further runs
of a project share.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.jobs import journey, launch
from desktop_app.project.errors import Cancelled
from desktop_app.project.runs import Run
from desktop_app.project.store import Project
from tests.benchmarks.measuring import as_the_engine, use_processors
from tests.benchmarks.results import Claim, Result, add_out, conclude, number, table

TITLE = "How long judging takes"
PIXELS, COUNT, BAR = 32, 1000, 60.0
LONGEST_SILENCE, LONGEST_END = 2.0, 2.0
ITEMS = 256
"""Pictures gone through: enough for a model to be there."""
NOTHING = "begin and end"


@dataclass
class Clock:
    """Told of progress; says how long each part took, and the longest time without a word."""

    parts: dict[str, float] = field(default_factory=dict)
    silence: float = 0.0
    shares: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._last, self._what = time.perf_counter(), NOTHING

    def __call__(self, share: float, what: str) -> None:
        now = time.perf_counter()
        self.parts[self._what] = self.parts.get(self._what, 0.0) + now - self._last
        self.silence = max(self.silence, now - self._last)
        self.shares.append(share)
        self._last, self._what = now, what

    @property
    def seconds(self) -> float:
        """All parts together."""
        return sum(self.parts.values())


@dataclass(frozen=True)
class Judged:
    """One kind of model: judged with a new judge, again with the one that is there, and stopped on the way."""

    family: str
    first: Clock
    again: Clock
    drawn: int
    ended: float

    @property
    def silence(self) -> float:
        """The longest time without a word, in seconds."""
        return max(self.first.silence, self.again.silence)


# ---------------------------------------------------------------- measuring


def measure(folder: Path, family: str, network: str) -> Judged:
    """Train for a moment, then judge."""
    from desktop_app.evaluation import read_report

    with Project.open(folder) as project:
        project.change("architecture", family=family, network=network)
        project.change("training", items=ITEMS)
        run = launch.new_run(project)
        _train(run)
        for judge in project.data_folder.rglob("judge-*.onnx"):
            judge.unlink()
    first, again = judged(run), judged(run)
    return Judged(family, first, again, read_report(run.report_file).generated, stopped(run))


def _train(run: Run) -> None:
    from desktop_app.engine import process

    spec = run.spec.model_copy(update={"evaluate": False})
    (run.folder / "spec.json").write_text(spec.model_dump_json(), encoding="utf-8")
    for event in process.run_train(run, lambda: False):
        if event.kind == "failed":
            raise RuntimeError(event.message)


def judged(run: Run) -> Clock:
    """Judge as the engine's process does."""
    from desktop_app.engine.evaluating import evaluate_run

    clock = Clock()
    evaluate_run(run, clock)
    clock(1.0, NOTHING)
    return clock


def stopped(run: Run) -> float:
    """The longest time from the wish to stop, made in each part once, to its end."""
    return max(_stopped_at(run, share) for share in (0.5, 0.85, 0.95))


def _stopped_at(run: Run, share: float) -> float:
    from desktop_app.engine.evaluating import evaluate_run

    wished: list[float] = []

    def watch(done: float, _: str) -> None:
        if done >= share and not wished:
            wished.append(time.perf_counter())

    try:
        evaluate_run(run, watch, lambda: bool(wished))
    except Cancelled:
        return time.perf_counter() - wished[0]
    return 0.0


# ---------------------------------------------------------------- telling


def found(cases: Sequence[Judged], network: str, processors: int, took: float) -> Result:
    """The section of the report."""
    claims = [claim for case in cases for claim in _claims(case)]
    how = f"Sprites at {PIXELS} pixels, network {network}, {processors} processors."
    return Result("evaluation-time", TITLE, how, claims, _parts(cases), took)


def _claims(case: Judged) -> list[Claim]:
    what = f"{case.family}: {case.drawn:,} pictures at {PIXELS} pixels"
    return [
        Claim(f"{what}, judged with a new judge", case.first.seconds, BAR, unit=" s"),
        Claim(f"{case.family}: pictures drawn for it", case.drawn, COUNT, "higher", inclusive=True),
        Claim(f"{case.family}: longest time without a word", case.silence, LONGEST_SILENCE, unit=" s"),
        Claim(f"{case.family}: from the wish to stop to the end", case.ended, LONGEST_END, unit=" s"),
    ]  # fmt: skip


def _parts(cases: Sequence[Judged]) -> str:
    names = list(dict.fromkeys(name for case in cases for name in case.first.parts))
    head = ["Part", *(f"{case.family}, {when}" for case in cases for when in ("first", "again"))]
    clocks = [clock for case in cases for clock in (case.first, case.again)]
    rows = [[name, *(f"{number(clock.parts.get(name, 0.0))} s" for clock in clocks)] for name in names]
    return table(head, [*rows, ["all", *(f"{number(clock.seconds)} s" for clock in clocks)]])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.evaluation_time", description=about)
    made.add_argument("--families", nargs="+", default=["diffusion", "gan", "vae"], choices=["diffusion", "gan", "vae"])
    made.add_argument("--network", default="medium", help="the largest that a laptop chooses by itself")
    made.add_argument("--processors", type=int, default=2)
    made.add_argument("--quick", action="store_true", help="the smallest network of one kind: does it run?")
    add_out(made)
    return made


def main(words: list[str] | None = None) -> int:
    """Measure; 0 when every promise is kept."""
    options = parser().parse_args(words)
    families, network = (["vae"], "tiny") if options.quick else (options.families, options.network)
    used, start = use_processors(options.processors), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        journey.make_sample_project("sprites", Path(folder) / "p")
        with Project.open(Path(folder) / "p") as project:
            project.change("data", size=PIXELS, encoded=None)
            journey.prepare_data(project)
        cases = [measure(Path(folder) / "p", family, network) for family in families]
    return conclude(found(cases, network, used, time.perf_counter() - start), options.out, quick=options.quick)


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.evaluation_time", main))
