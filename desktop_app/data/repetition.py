"""Whether pictures were enlarged by repeating their pixels, as pixel art is: then they hold less than their size says."""

from __future__ import annotations

from desktop_app.data.images import Pixels

SMALLEST = 8
"""Squares that are left along a side at least; of fewer no picture is made."""


def repeated(pixels: Pixels, most: int) -> int:
    """Side of the largest squares of one colour that a picture (S, S, C) consists of; it divides ``most`` and S."""
    size = len(pixels)
    sides = (side for side in range(min(most, size // SMALLEST), 1, -1) if most % side == 0 and size % side == 0)
    return next((side for side in sides if _consists(pixels, side)), 1)


def _consists(pixels: Pixels, side: int) -> bool:
    count = len(pixels) // side
    squares = pixels.reshape(count, side, count, side, -1)
    return bool((squares == squares[:, :1, :, :1]).all())
