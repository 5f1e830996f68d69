"""The calibration's own arithmetic: what counts as moved, and how a set is made worse."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.evaluation.report import Copies, Measure, Report, Verdict
from tests.benchmarks.calibration import DIALS, FAULTS, Stock, _held, moved


def report(recall: float, half: float, copies: int = 0) -> Report:
    plain = dict.fromkeys(DIALS, 0.9) | {"recall": recall}
    measures = {
        dial: Measure(value=value, low=value - half, high=value + half, better="higher", title=dial, help="")
        for dial, value in plain.items()
    }
    return Report(
        run="run", generated=100, held_out=50, training=200, seed=0, measures=measures, nearest=[], advice=[],
        verdict=Verdict(state="good", sentence="Good."),
        copies=Copies(count=copies, of=100, baseline=1, threshold=0.4, tolerated=5),
    )  # fmt: skip


def test_a_dial_has_moved_when_it_fell_much_and_surely() -> None:
    sound = report(0.9, 0.05)
    assert moved(sound, report(0.7, 0.05)) == {"recall"}
    assert moved(sound, report(0.85, 0.001)) == set(), "too little"
    assert moved(sound, report(0.7, 0.3)) == set(), "too unsure"
    assert moved(sound, report(1.0, 0.05)) == set(), "better"
    assert moved(sound, report(0.9, 0.05, copies=30)) == {"copies"}


def test_an_interval_is_held_against_the_mean() -> None:
    measures = [Measure(value=v, low=v - 1.5, high=v + 1.5, better="higher", title="", help="") for v in (0, 1, 2, 5)]
    assert _held(measures) == pytest.approx(0.5)  # the mean is 2: 1 and 2 hold it


def test_every_fault_makes_something_worse() -> None:
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8), np.arange(60) % 5
    stock = Stock("any", pictures[::-1].copy(), labels, pictures, labels, pictures, labels, list("abcde"), None)  # type: ignore[arg-type]
    for fault in FAULTS[1:]:
        made, told = fault.make(stock, pictures, labels)
        assert made.dtype == np.uint8 and made.shape[1:] == pictures.shape[1:] and len(told) == len(made)
        assert not (np.array_equal(made, pictures) and np.array_equal(told, labels)), fault.name
