"""How boldly to draw: measured on drawings beside the person's own pictures, where it is left open."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.features import RandomFeatures, Standardiser
from desktop_app.evaluation.measures import kid

CHOICES = (1.0, 1.25, 1.5, 2.0)
USUAL = 1.25
"""Until it is measured, and where it cannot be."""
DRAWINGS, PICTURES = 64, 512

UInt8 = NDArray[np.uint8]


def measured(draw: Callable[[float, int], UInt8], pictures: UInt8) -> float:
    """The boldness whose drawings come closest to the pictures, by the kernel distance of random features.

    Flat art wants more than 1, for a short training leaves speckle on it (sprites after 33 passes: 0.33, 0.17, 0.09, 0.05 at
    the four choices); smooth grays want 1, for more overdraws them (digits after 20 passes: 0.00, 0.03, 0.13, 0.46).

    Parameters
    ----------
    draw
        ``draw(boldness, count)``, uint8 (N, H, W, C), from the same noise for each boldness.
    pictures
        Training pictures, uint8 (N, H, W, C) with 1 or 3 channels.
    """
    if len(pictures) < 2:
        return USUAL
    features = RandomFeatures(pictures.shape[-1])
    real = features(pictures[np.linspace(0, len(pictures) - 1, min(len(pictures), PICTURES)).round().astype(int)])
    scale = Standardiser.fit(real)
    return CHOICES[_lowest(lambda place: kid(scale(real), scale(features(draw(CHOICES[place], DRAWINGS)))), len(CHOICES))]


def _lowest(height: Callable[[int], float], count: int) -> int:
    """Where a valley is lowest, by halves: of four places three are looked at, and drawing is what takes the time."""
    height = functools.cache(height)
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if height(middle) <= height(middle + 1) else (middle + 1, high)
    return low
