"""Copies are found, however they were disguised, and real pictures are not taken for copies."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.evaluation.alignment import aligned, residual, small
from desktop_app.evaluation.copies import (
    FALSE_ALARMS,
    LIMIT,
    PLAIN,
    authenticity,
    closeness,
    copying_score,
    threshold,
    tolerated,
)
from tests.evaluation.drawn import digits, disguised, noisy, shapes

TRAINING, HELD_OUT, OTHERS = np.split(np.minimum(255, digits()[0][:1250] * 16), [700, 850])


def ratio(pictures) -> np.ndarray:
    return closeness(small(pictures), small(TRAINING)).ratio


BAR = threshold(ratio(HELD_OUT))


def test_exact_copies_are_at_no_distance_and_are_found() -> None:
    found = closeness(small(TRAINING[:100]), small(TRAINING))
    assert found.ratio.max() < 1e-3
    assert np.array_equal(found.index, np.arange(100))


@pytest.mark.parametrize("how", ["mirrored", "shifted", "recoloured", "all of it"])
def test_disguised_copies_are_found(how: str) -> None:
    found = closeness(small(disguised(TRAINING[:100], how)), small(TRAINING))
    assert (found.index == np.arange(100)).mean() > 0.9
    assert (found.ratio < BAR).mean() >= 0.95


def test_copies_with_a_little_noise_are_found() -> None:
    assert (ratio(noisy(TRAINING[:100], 4)) < BAR).mean() >= 0.95


def test_real_pictures_are_hardly_ever_taken_for_copies() -> None:
    assert (ratio(OTHERS) < BAR).mean() <= FALSE_ALARMS + 2 * np.sqrt(FALSE_ALARMS / len(OTHERS))


def test_large_pictures_are_compared_in_small() -> None:
    plain = shapes(20, 0)[0]
    large = plain.repeat(4, axis=1).repeat(4, axis=2)
    assert small(large).shape == (20, 16, 16, 1)
    assert np.abs(small(large) - small(plain)).mean() < 0.02


def test_the_placing_that_fits_best_is_found_on_noise() -> None:
    """Where nothing repeats, distance zero is reached by the right placing alone."""
    items = np.random.default_rng(0).random((30, 8, 8, 3), np.float32)
    moved = np.roll(items[:, :, ::-1], (2, -1), axis=(1, 2))
    far, where = aligned(moved, items)
    assert np.array_equal(where[:, 0], np.arange(30))
    assert far[:, 0].max() < 1e-3 < far[:, 1].min()


def test_a_colour_may_change_a_little_and_not_much() -> None:
    picture = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    assert residual(1.2 * picture - 0.1, picture)[0] < 1e-3
    assert residual(1.6 * picture, picture)[0] > 0.05
    assert residual(picture + 0.3, picture)[0] == pytest.approx(0.2, abs=1e-3)


def test_the_bar_lies_between_what_is_plain_and_one_half() -> None:
    assert threshold(np.full(50, 0.99)) == LIMIT
    assert threshold(np.zeros(5)) == PLAIN
    with_duplicates = np.concatenate([ratio(HELD_OUT), np.zeros(5)])
    assert threshold(with_duplicates) >= PLAIN, "real duplicates cannot hide exact copies"


def test_chance_is_granted_the_more_the_fewer_were_kept_aside() -> None:
    assert tolerated(0, 1000, 100) == pytest.approx(100 * 0.0038 + 3 * np.sqrt(100 * 0.0038), rel=0.02)
    assert tolerated(3, 60, 400) > tolerated(30, 600, 400) > 400 * 0.05
    rng = np.random.default_rng(0)  # models that copy no more than real pictures resemble each other are hardly ever accused
    accused = [rng.binomial(400, 0.05) > tolerated(rng.binomial(80, 0.05), 80, 400) for _ in range(1000)]
    assert np.mean(accused) < 0.01


def test_the_copying_score_is_a_z_score() -> None:
    rng = np.random.default_rng(0)
    scores = [copying_score(rng.random(60), rng.random(40)) for _ in range(400)]
    assert np.mean(scores) == pytest.approx(0, abs=0.15) and np.std(scores) == pytest.approx(1, abs=0.15)
    assert copying_score(np.zeros(60), rng.random(40)) < -6
    assert copying_score(np.ones(60), np.ones(40)) == 0


def test_authenticity_is_low_for_copies_alone() -> None:
    rng = np.random.default_rng(0)
    training = rng.standard_normal((300, 6))
    assert authenticity(training[:100] + 1e-3, training) == 0
    assert authenticity(rng.standard_normal((200, 6)), training) > 0.35


def test_identical_training_pictures_divide_by_nothing() -> None:
    same = np.zeros((60, 8, 8, 1), np.float32)
    assert closeness(same[:3], same).ratio.tolist() == [0, 0, 0]
    assert np.isfinite(closeness(np.ones((2, 8, 8, 1), np.float32), same).ratio).all()
