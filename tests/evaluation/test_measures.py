"""The measures against straightforward reference formulas, written anew from the papers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.evaluation import measures


def sets(n: int = 60, m: int = 45, width: int = 7, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, width)), 1.3 * rng.standard_normal((m, width)) + 0.2


# ---------------------------------------------------------------- KID


def naive_kid(a, b) -> float:
    """Bińkowski et al. 2018, equation 4, pair by pair."""

    def k(x, y):
        return (sum(p * q for p, q in zip(x, y, strict=True)) / len(x) + 1) ** 3

    n, m = len(a), len(b)
    aa = sum(k(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j) / (n * (n - 1))
    bb = sum(k(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j) / (m * (m - 1))
    return aa + bb - 2 * sum(k(x, y) for x in a for y in b) / (n * m)


def test_kid_is_the_unbiased_polynomial_distance() -> None:
    a, b = sets(25, 18, 4)
    assert measures.kid(a, b) == pytest.approx(naive_kid(a.tolist(), b.tolist()), rel=1e-10)


def test_kid_in_blocks_is_kid_at_once(monkeypatch) -> None:
    a, b = sets()
    whole = measures.kid(a, b)
    monkeypatch.setattr(measures, "_BLOCK", 7)
    assert measures.kid(a, b) == pytest.approx(whole, rel=1e-12)


def test_kid_of_subsets() -> None:
    a, b = sets(20, 16)
    rng = np.random.default_rng(1)
    in_a, in_b = (rng.random((5, 20)) < 0.6).astype(float), (rng.random((5, 16)) < 0.6).astype(float)
    expected = [measures.kid(a[x > 0], b[y > 0]) for x, y in zip(in_a, in_b, strict=True)]
    assert measures.kid_weighted(a, b, in_a, in_b) == pytest.approx(expected, rel=1e-9)


def test_kid_has_no_bias() -> None:
    """The mean over many small samples of one source is 0."""
    rng = np.random.default_rng(0)
    values = [measures.kid(rng.standard_normal((10, 3)), rng.standard_normal((12, 3))) for _ in range(3000)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


# ---------------------------------------------------------------- Fréchet


def naive_frechet(a, b) -> float:
    """Heusel et al. 2017, equation 6, with the trace of the root from the eigenvalues of Σ_A Σ_B."""
    sa, sb = np.cov(a.T), np.cov(b.T)
    root = np.sqrt(np.maximum(np.linalg.eigvals(sa @ sb).real, 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(sa) + np.trace(sb) - 2 * root)


def test_frechet_is_the_distance_of_gaussians() -> None:
    a, b = sets()
    assert measures.frechet(a, b) == pytest.approx(naive_frechet(a, b), rel=1e-8)


def test_frechet_in_closed_form() -> None:
    """Uncorrelated features: Σ (µ₁ − µ₂)² + (s₁ − s₂)²."""
    grid = np.array(list(itertools.product([-1.0, 1.0], repeat=3)))
    unit = grid / grid.std(axis=0, ddof=1)
    a, b = unit * [1, 2, 3] + [0, 0, 1], unit * [4, 2, 1]
    assert measures.frechet(a, b) == pytest.approx(9 + 0 + 4 + 1)


def test_frechet_with_fewer_rows_than_features() -> None:
    a, b = sets(12, 9, 40)
    assert measures.frechet(a, b) == pytest.approx(naive_frechet(a, b), rel=1e-6)
    assert measures.frechet(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_with_dead_and_doubled_features() -> None:
    a, b = sets()
    doubled_a, doubled_b = (np.hstack([x, x, np.zeros((len(x), 2))]) for x in (a, b))
    assert measures.frechet(doubled_a, doubled_b) == pytest.approx(2 * measures.frechet(a, b), rel=1e-8)


# ---------------------------------------------------------------- neighbours


def naive_prdc(real, fake, k: int) -> tuple[float, float, float, float]:
    """Kynkäänniemi et al. 2019, equation 1 and 2; Naeem et al. 2020, equation 4 and 5; item by item."""

    def apart(x, y):
        return float(np.sqrt(((x - y) ** 2).sum()))

    def reach(items, i):
        return sorted(apart(items[i], items[j]) for j in range(len(items)) if j != i)[k - 1]

    n, m = len(real), len(fake)
    of_real, of_fake = [reach(real, i) for i in range(n)], [reach(fake, j) for j in range(m)]
    inside = [[apart(real[i], fake[j]) < of_real[i] for j in range(m)] for i in range(n)]
    precision = sum(any(inside[i][j] for i in range(n)) for j in range(m)) / m
    recall = sum(any(apart(real[i], fake[j]) < of_fake[j] for j in range(m)) for i in range(n)) / n
    return precision, recall, sum(map(sum, inside)) / (k * m), sum(map(any, inside)) / n


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_prdc_counts_neighbours(k: int, seed: int) -> None:
    real, fake = sets(40, 31, 3, seed)
    assert measures.prdc(real, fake, k) == pytest.approx(naive_prdc(real, fake, k))


def test_nearest_finds_the_nearest(monkeypatch) -> None:
    a, b = sets(30, 50, 4)
    monkeypatch.setattr(measures, "_BLOCK", 8)
    far, where = measures.nearest(a, b, 6)
    apart = np.linalg.norm(a[:, None] - b, axis=2)
    assert far == pytest.approx(np.sort(apart, axis=1)[:, :6])
    assert np.array_equal(where, np.argsort(apart, axis=1)[:, :6])


# ---------------------------------------------------------------- variety


def alike(features) -> np.ndarray:
    return measures.similarity(measures.distances(features, features), 1.0)


def test_vendi_is_the_entropy_of_the_eigenvalues() -> None:
    """Friedman and Dieng 2023: two groups of items, alike by s within one and not at all between them."""
    s, n = 0.5, 4
    block = np.full((n, n), s) + (1 - s) * np.eye(n)
    both = np.block([[block, np.zeros((n, n))], [np.zeros((n, n)), block]])
    large, small = (1 + (n - 1) * s) / (2 * n), (1 - s) / (2 * n)
    entropy = -2 * (large * np.log(large) + (n - 1) * small * np.log(small))
    assert measures.vendi(both) == pytest.approx(np.exp(entropy))


def test_vendi_counts_different_items() -> None:
    corners = 9 * np.eye(5)
    assert measures.vendi(alike(corners)) == pytest.approx(5, abs=1e-6)
    assert measures.vendi(alike(corners[[0] * 20])) == pytest.approx(1, abs=1e-6)
    assert measures.vendi(alike(corners[[0, 1] * 10])) == pytest.approx(2, abs=1e-6)


def test_variety_does_not_depend_on_where_a_set_lies() -> None:
    a, _ = sets(40, 2, 6)
    assert measures.vendi(alike(a + 30)) == pytest.approx(measures.vendi(alike(a)), rel=1e-6)


# ---------------------------------------------------------------- what holds for all sets

ROWS = st.tuples(st.integers(8, 30), st.integers(8, 30), st.integers(1, 12), st.integers(0, 10**6))


@given(ROWS)
def test_what_holds_for_all_sets(rows) -> None:
    n, m, width, seed = rows
    a, b = sets(n, m, width, seed)
    assert measures.kid(a, b) == pytest.approx(measures.kid(b, a), rel=1e-9, abs=1e-12)
    assert measures.frechet(a, b) == pytest.approx(measures.frechet(b, a), rel=1e-6, abs=1e-9)
    assert measures.frechet(a, b) >= 0
    precision, recall, density, coverage = measures.prdc(a, b, 3)
    assert all(0 <= share <= 1 for share in (precision, recall, coverage))
    assert density >= 0
    assert (precision > 0) == (density > 0) == (coverage > 0)
    swapped = measures.prdc(b, a, 3)
    assert (swapped.precision, swapped.recall) == (recall, precision)
    assert 1 - 1e-9 <= measures.vendi(alike(a)) <= n + 1e-6


@given(ROWS, st.floats(0.1, 10))
def test_neighbours_do_not_depend_on_scale_turn_or_order(rows, scale) -> None:
    n, m, width, seed = rows
    a, b = sets(n, m, width, seed)
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((width, width)))[0] * scale
    moved = measures.prdc((a @ turn)[rng.permutation(n)], (b @ turn)[rng.permutation(m)], 3)
    assert moved == pytest.approx(measures.prdc(a, b, 3), abs=1.01 / min(n, m))  # a tie may fall either way


@given(ROWS)
def test_copying_an_item_adds_no_variety(rows) -> None:
    n, _, width, seed = rows
    a, _ = sets(n, 2, width, seed)
    assert measures.vendi(alike(np.vstack([a, a]))) == pytest.approx(measures.vendi(alike(a)), rel=1e-4)
