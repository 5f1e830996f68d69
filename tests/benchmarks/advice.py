"""Does the first advice help? Three trainings that are made to fail, each followed by the run that its first card proposes.

    python -m tests.benchmarks.advice [--only collapsed …] [--seeds 3] [--quick]

Everything goes the person's way: pictures are imported, a run is frozen and trained by the engine's own process, judged; the
first card prepares the next run, which is trained and judged alike; `jobs/advising.py` says whether it helped. Lengths are in
pictures and not in minutes, on one thread, so that a slow or busy machine finds the same.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from desktop_app.data import SAMPLES, write_sample
from desktop_app.evaluation import Report, read_report
from desktop_app.evaluation.intervals import Estimate
from desktop_app.jobs import advising, journey, launch
from desktop_app.project.runs import Run
from desktop_app.project.store import Project
from tests.benchmarks.results import Claim, Result, add_out, conclude, table

TITLE = "Advice that works"
QUICK_ITEMS = 640
HEAD = ("Made to fail", "Seed", "First card", "What it changed", "Dial named", "Before", "After", "Copied", "Outcome")


@dataclass(frozen=True)
class Failure:
    """A training that goes wrong in a known way.

    Attributes
    ----------
    sample, pictures, kept_aside
        Pictures imported, as many of each kind, and the share of them that is kept aside.
    items
        Training pictures gone through.
    """

    title: str
    sample: str
    pictures: int
    kept_aside: float
    family: str
    items: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    network: str = "tiny"


FAILURES: dict[str, Failure] = {
    "overfitted": Failure("50 pictures, learned by heart", "sprites", 100, 0.5, "vae", 60_000, {"latent": 64}),
    "collapsed": Failure(
        "a GAN that collapses", "digits", 500, 0.4, "gan", 8_000,
        {"loss": "non-saturating", "r1": 0.0, "r2": 0.0, "augmentation": 0.0, "discriminator_rate": 0.05, "warm_up": 0,
         "learning_rate": 1.5e-3},
    ),
    "hasty": Failure("a learning rate ten times too high", "sprites", 500, 0.4, "diffusion", 10_000, {"learning_rate": 2e-2}),
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What a failure and the run of its first card came to; ``outcome`` is None where the first card starts no run."""

    failure: Failure
    seed: int
    report: Report
    outcome: advising.Outcome | None


# ---------------------------------------------------------------- one trial


def tried(failure: Failure, seed: int, folder: Path) -> Trial:
    """Fail, take the first card, and see."""
    with Project.create(folder, failure.title) as project:
        _import(project, failure, folder)
        project.change("architecture", family=failure.family, network=failure.network)
        settings = {failure.family: dict(failure.settings)}
        project.change("training", items=failure.items, seed=seed, settings=settings)
        failed = launch.new_run(project, threads=1)
        report = _judged(failed)
        card = report.advice[0] if report.advice else None
        if card is None or card.change is None:
            return Trial(failure, seed, report, None)
        follower = advising.follow(project, failed, card)
        _judged(follower)
        return Trial(failure, seed, report, advising.outcome(follower))


def _import(project: Project, failure: Failure, folder: Path) -> None:
    """As many of each kind."""
    kinds = sorted(write_sample(failure.sample, folder / "all").iterdir())
    for kind in kinds:
        chosen = sorted(kind.iterdir())[: failure.pictures // len(kinds)]
        (folder / "pictures" / kind.name).mkdir(parents=True)
        for path in chosen:
            shutil.copy(path, folder / "pictures" / kind.name)
    project.change("data", size=SAMPLES[failure.sample].size, held_out=failure.kept_aside)
    journey.prepare_data(project, [str(folder / "pictures")])


def _judged(run: Run) -> Report:
    """Train and judge it in the engine's own process."""
    code = launch.start_engine(run).wait()
    if code or not run.report_file.is_file():
        raise RuntimeError(f"{run.name} failed ({code}):\n{launch.log_tail(run)}")
    return read_report(run.report_file)


# ---------------------------------------------------------------- what it comes to


def row(trial: Trial) -> list[str]:
    """A line of the table."""
    card = trial.report.advice[0] if trial.report.advice else None
    cells = [trial.failure.title, str(trial.seed)]
    if card is None:
        return [*cells, "none", "–", "–", "–", "–", "–", "**nothing was noticed**"]
    if trial.outcome is None or card.change is None:
        return [*cells, card.title, card.remedy, card.dial or "–", "–", "–", "–", "**it starts no run**"]
    what = advising.in_words(trial.failure.family, card.change)
    figures = [_figure(trial.outcome.taken.before), _figure(trial.outcome.after)]
    copied = " → ".join(_share(share) for share in (trial.outcome.taken.copied, trial.outcome.copied))
    return [*cells, card.title, what, card.dial, *figures, copied, _outcome(trial.outcome)]


def _figure(found: Estimate | None) -> str:
    return "not measured" if found is None else f"{found.value:.3f} ({found.low:.3f} … {found.high:.3f})"


def _share(found: Estimate | None) -> str:
    return "not measured" if found is None else f"{100 * found.value:.0f} %"


def _outcome(outcome: advising.Outcome) -> str:
    words = {"helped": "helped", "worse": "**worse**", "alike": "**no difference that can be told**", "open": "**not judged**"}
    return words[outcome.state]


def helped(trial: Trial) -> bool:
    """Whether the dial that the first card named has improved by more than the uncertainty of both, and not by copying."""
    return trial.outcome is not None and trial.outcome.state == "helped"


def found(trials: Iterable[Trial], took: float) -> Result:
    """The section of the report."""
    trials = list(trials)
    claim = Claim(
        "failures whose first card measurably improved the dial that it named", float(sum(map(helped, trials))),
        float(len(trials)), "higher", inclusive=True,
    )  # fmt: skip
    how = "Sprites at 16 and digits at 8 pixels, the smallest networks, one thread, the engine's own process."
    return Result("advice", TITLE, how, [claim], table(HEAD, [row(trial) for trial in trials]), took)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.advice", description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--only", nargs="+", choices=list(FAILURES), default=list(FAILURES))
    made.add_argument("--seeds", type=int, default=1, help="trials of each failure")
    made.add_argument("--quick", action="store_true", help="very short trainings: does it run? The report stays as it is")
    add_out(made)
    return made


def main(words: list[str] | None = None) -> int:
    """Try them; 0 when every first card helped."""
    options = parser().parse_args(words)
    start, trials = time.perf_counter(), []
    for name in options.only:
        failure = replace(FAILURES[name], items=QUICK_ITEMS) if options.quick else FAILURES[name]
        for seed in range(options.seeds):
            with tempfile.TemporaryDirectory() as folder:
                trials.append(tried(failure, seed, Path(folder) / "project"))
            print(" · ".join(row(trials[-1])), flush=True)
    return conclude(found(trials, time.perf_counter() - start), options.out, quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())
