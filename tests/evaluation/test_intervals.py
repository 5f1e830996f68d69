"""Do the intervals hold what 95 % promises, and do they behave?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.evaluation import measures
from desktop_app.evaluation.intervals import Estimate, around, bootstrap, halves, masks, proportion


def test_halves_are_halves_without_repetition() -> None:
    rows = halves(11, 50, np.random.default_rng(0))
    assert rows.shape == (50, 5)
    assert all(len(set(row)) == 5 for row in rows.tolist())
    assert np.bincount(rows.ravel(), minlength=11).min() > 10
    assert np.array_equal(masks(rows, 11).sum(axis=1), np.full(50, 5.0))
    assert (np.take_along_axis(masks(rows, 11), rows, axis=1) == 1).all()


def covered(truth: float, trials: int, interval) -> float:
    rng = np.random.default_rng(3)
    return float(np.mean([(e := interval(rng)).low <= truth <= e.high for _ in range(trials)]))


def test_an_interval_from_halves_covers_a_mean() -> None:
    def interval(rng: np.random.Generator) -> Estimate:
        drawn = rng.normal(2, 1, 80)
        return around(drawn.mean(), drawn[halves(80, 200, rng)].mean(axis=1))

    assert 0.9 <= covered(2.0, 400, interval) <= 0.99


def test_an_interval_from_halves_covers_a_kernel_distance() -> None:
    """Of two different sources, whose distance is known from very large samples."""

    def drawn(rng, n, m):
        return rng.standard_normal((n, 3)), rng.standard_normal((m, 3)) + 0.7

    truth = np.mean([measures.kid(*drawn(np.random.default_rng(s), 1500, 1500)) for s in range(6)])

    def interval(rng: np.random.Generator) -> Estimate:
        a, b = drawn(rng, 80, 60)
        spread = measures.kid_weighted(a, b, masks(halves(80, 100, rng), 80), masks(halves(60, 100, rng), 60))
        return around(measures.kid(a, b), spread)

    assert 0.86 <= covered(float(truth), 200, interval) <= 1


def test_the_bootstrap_covers_a_difference() -> None:
    def interval(rng: np.random.Generator) -> Estimate:
        a, b = rng.normal(1, 1, 60), rng.normal(0, 2, 60)
        return bootstrap(lambda r, f: float(a[r].mean() - b[f].mean()), (60, 60), rng)

    assert 0.88 <= covered(1.0, 200, interval) <= 0.99


@pytest.mark.parametrize("truth", [0.02, 0.5, 0.97])
def test_wilsons_interval_covers_a_share(truth: float) -> None:
    assert covered(truth, 1000, lambda rng: proportion(int(rng.binomial(60, truth)), 60)) > 0.9


@given(st.integers(1, 500), st.data())
def test_a_share_lies_inside_its_interval(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    estimate = proportion(hits, of)
    assert 0 <= estimate.low <= estimate.value == hits / of <= estimate.high <= 1
    assert estimate.high > estimate.low  # also at 0 and at 1


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=50), st.floats(-10, 10))
def test_a_value_lies_inside_its_interval(replicates, value) -> None:
    estimate = around(value, np.array(replicates))
    assert estimate.low <= value <= estimate.high
    bounded = estimate.within(-1, 1)
    assert bounded.low <= value <= bounded.high


def test_more_items_give_a_narrower_interval() -> None:
    rng = np.random.default_rng(0)

    def width(n: int) -> float:
        drawn = rng.standard_normal(n)
        estimate = around(drawn.mean(), drawn[halves(n, 400, rng)].mean(axis=1))
        return estimate.high - estimate.low

    assert width(1600) / width(100) == pytest.approx(0.25, abs=0.08)
