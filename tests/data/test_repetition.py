"""How far pictures were enlarged by repeating their pixels."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.data.repetition import SMALLEST, repeated


def enlarged(times: int, side: int = 24) -> np.ndarray:
    small = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return small.repeat(times, axis=0).repeat(times, axis=1)


@pytest.mark.parametrize("times", [1, 2, 3, 4, 6])
def test_the_squares_are_found(times: int) -> None:
    picture = enlarged(times)
    assert repeated(picture, len(picture)) == times


def test_one_pixel_that_differs_is_enough() -> None:
    picture = enlarged(4)
    picture[1, 2, 0] ^= 1
    assert repeated(picture, len(picture)) == 1


def test_squares_that_lie_off_the_grid_do_not_count() -> None:
    assert repeated(np.roll(enlarged(2), 1, axis=0), 48) == 1


def test_all_pictures_of_a_set_share_their_squares() -> None:
    """Squares of 6 and of 4 both consist of squares of 2."""
    first = repeated(enlarged(6, 16), 96)
    assert (first, repeated(enlarged(4, 24), first)) == (6, 2)


def test_no_picture_is_made_smaller_than_can_be_learned() -> None:
    assert repeated(np.zeros((64, 64, 1), np.uint8), 64) == 64 // SMALLEST
    assert repeated(np.zeros((SMALLEST, SMALLEST, 1), np.uint8), SMALLEST) == 1
