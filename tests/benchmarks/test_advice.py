"""The benchmark of the advice: its path from end to end with tiny trainings, and what its table says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.evaluation.intervals import Estimate
from desktop_app.evaluation.report import Advice, Change, Copies, Report, Verdict
from desktop_app.jobs.advising import Outcome, State, Taken
from tests.benchmarks import advice, results, run
from tests.benchmarks.advice import FAILURES, Trial, found, helped, row, tried

CARD = Advice(code="instability", title="It learned unsteadily", reason="why", dial="naturalness", remedy="Slower.",
              change=Change(settings={"learning_rate": 0.001}))  # fmt: skip


def report(*cards: Advice) -> Report:
    return Report(
        run="run", generated=100, held_out=50, training=200, seed=0, measures={}, nearest=[], advice=list(cards),
        verdict=Verdict(state="care", sentence="So so."), copies=Copies(count=0, of=100, baseline=1, threshold=0.4),
    )  # fmt: skip


def trial(state: State = "helped") -> Trial:
    taken = Taken(run="run", advice=CARD, before=Estimate(0.2, 0.1, 0.3), copied=Estimate(0, 0, 0.01))
    came = Outcome(taken, "next", state, Estimate(0.8, 0.7, 0.9), "", copied=Estimate(0.02, 0.01, 0.03))
    return Trial(FAILURES["hasty"], 0, report(CARD), came)


def test_a_row_says_what_failed_what_was_advised_and_what_came_of_it() -> None:
    cells = row(trial())
    assert len(cells) == len(advice.HEAD)
    assert cells[0] == "a learning rate ten times too high" and cells[3] == "How fast it learns: 0.001"
    assert cells[4:] == ["naturalness", "0.200 (0.100 … 0.300)", "0.800 (0.700 … 0.900)", "0 % → 2 %", "helped"]
    assert "no difference" in row(trial("alike"))[-1]


def test_only_a_first_card_that_starts_a_run_and_helps_counts() -> None:
    by_hand = Trial(FAILURES["hasty"], 0, report(replace_change(None)), None)
    nothing = Trial(FAILURES["hasty"], 0, report(), None)
    assert [helped(each) for each in (trial(), trial("alike"), trial("worse"), by_hand, nothing)] == [True] + 4 * [False]
    claims = found([trial(), trial("alike")], 1.0).claims
    assert [claim.holds for claim in claims] == [False]
    assert [claim.holds for claim in found([trial()], 1.0).claims] == [True]


def replace_change(change: Change | None) -> Advice:
    return CARD.model_copy(update={"change": change})


def test_it_is_one_of_the_benchmarks() -> None:
    assert run.PROGRAMS["advice"] == "advice" and "advice" in results.ORDER


@pytest.mark.torch
def test_the_whole_way_with_a_tiny_training(tmp_path: Path) -> None:
    """A rate far too high for a few steps: judged, advised, trained again, judged again, by the engine's own process."""
    settings = {"learning_rate": 2e-2, "prior": "normal"}
    hasty = replace(FAILURES["hasty"], sample="digits", family="vae", pictures=400, items=128, settings=settings)
    made = tried(hasty, 0, tmp_path / "p")
    assert made.report.advice and made.outcome is not None
    assert made.outcome.taken.advice == made.report.advice[0] and made.outcome.after is not None
    assert len(row(made)) == len(advice.HEAD)
