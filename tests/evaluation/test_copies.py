"""Copies are found, and real pictures are not taken for copies."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.evaluation.copies import LIMIT, closeness, closest, copied, pixels, threshold, tolerated
from tests.evaluation.drawn import noisy, shapes

TRAINING, _ = shapes(500, 0)
HELD_OUT, _ = shapes(120, 1)


def ratio(pictures) -> np.ndarray:
    return closeness(pixels(pictures), pixels(TRAINING)).ratio


def test_exact_copies_are_at_no_distance_and_are_found() -> None:
    found = closeness(pixels(TRAINING), pixels(TRAINING))
    assert found.ratio.max() < 1e-6
    assert np.array_equal(found.index, np.arange(500))


@pytest.mark.parametrize("noise", [2, 8])
def test_slightly_changed_copies_are_found(noise: float) -> None:
    found = closeness(pixels(noisy(TRAINING, noise)), pixels(TRAINING))
    assert (found.index == np.arange(500)).mean() > 0.95
    assert (found.ratio < threshold(ratio(HELD_OUT))).mean() > 0.9


def test_real_pictures_are_hardly_ever_taken_for_copies() -> None:
    others, _ = shapes(400, 2)
    assert (ratio(others) < threshold(ratio(HELD_OUT))).mean() < 0.05


def test_a_few_real_duplicates_do_not_move_the_bar() -> None:
    clean = ratio(HELD_OUT)
    with_duplicates = ratio(np.concatenate([HELD_OUT[:110], TRAINING[:10]]))
    assert threshold(with_duplicates) == pytest.approx(threshold(clean), rel=0.35)
    assert threshold(with_duplicates) > 0.1


def test_the_bar_is_never_above_one_half() -> None:
    assert threshold(np.full(50, 0.99)) == LIMIT
    assert threshold(np.zeros(5)) < 1e-3


def test_large_pictures_are_compared_in_small() -> None:
    large = TRAINING[:20].repeat(4, axis=1).repeat(4, axis=2)
    assert pixels(large).shape == (20, 256)
    assert pixels(large) == pytest.approx(pixels(TRAINING[:20]), abs=0.51)  # bilinear reduction softens edges
    assert np.abs(pixels(large) - pixels(TRAINING[:20])).mean() < 0.02


def test_chance_is_granted_the_more_the_fewer_were_kept_aside() -> None:
    assert tolerated(0, 1000, 100) == pytest.approx(100 * 0.0038 + 3 * np.sqrt(100 * 0.0038), rel=0.02)
    assert tolerated(3, 60, 400) > tolerated(30, 600, 400) > 400 * 0.05
    rng = np.random.default_rng(0)  # models that copy no more than real pictures resemble each other are hardly ever accused
    accused = [rng.binomial(400, 0.05) > tolerated(rng.binomial(80, 0.05), 80, 400) for _ in range(1000)]
    assert np.mean(accused) < 0.01


def test_one_space_is_enough_to_be_caught() -> None:
    near = closeness(np.array([[0.0, 0], [5, 5]]), np.array([[0.0, 0], [1, 1], [9, 9]]))
    far = closeness(np.array([[4.0, 0], [5, 5.1]]), np.array([[0.0, 0], [9, 9], [5, 5]]))
    assert copied([near, far], [0.1, 0.1]).tolist() == [True, True]
    assert copied([near, far], [0.1, 0.001]).tolist() == [True, False]
    assert closest([near, far]).index.tolist() == [0, 2]


def test_identical_training_pictures_divide_by_nothing() -> None:
    same = np.zeros((60, 4))
    assert closeness(same[:3], same).ratio.tolist() == [0, 0, 0]
    assert np.isfinite(closeness(np.ones((2, 4)), same).ratio).all()
