"""Is it a copy? The nearest training picture beside each generated one, measured by what real pictures show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.features import Float64, OnBatch, UInt8, batches, resized
from desktop_app.evaluation.intervals import proportion
from desktop_app.evaluation.measures import nearest

NEIGHBOURS = 50
LIMIT = 0.5
"""A copy is at most half as far away as its fifty nearest pictures are on average (Carlini et al. 2023, section 5.1)."""
_FENCE = 3.5
_PIXEL_SIDE = 16


@dataclass(frozen=True)
class Closeness:
    """How close pictures come to single training pictures.

    Attributes
    ----------
    ratio
        Distance to the nearest training picture relative to the mean distance to the fifty nearest, (N,). The pictures
        around set the scale, because plain pictures lie close together and busy ones far apart.
    index
        Position of the nearest training picture, (N,).
    """

    ratio: Float64
    index: NDArray[np.int64]


def pixels(pictures: UInt8, on_batch: OnBatch | None = None) -> Float64:
    """Pictures (N, H, W, C) as rows of brightness in [0, 1], averaged to at most 16 × 16, so that fine noise hides no copy."""
    side = min(_PIXEL_SIDE, max(pictures.shape[1:3]))
    rows = [resized(batch, side).reshape(len(batch), -1) / 255.0 for batch in batches(pictures, on_batch)]
    return np.concatenate(rows)


def closeness(pictures: Float64, training: Float64) -> Closeness:
    """Compare rows with the rows of the training set in one space."""
    far, where = nearest(pictures, training, min(NEIGHBOURS, len(training)))
    usual = far.mean(axis=1)
    ratio = np.divide(far[:, 0], usual, out=np.zeros(len(far)), where=usual > 1e-9)
    return Closeness(ratio, where[:, 0])


def threshold(held_out: Float64) -> float:
    """Ratio below which a picture looks copied: far below what held-out pictures show, and never above one half.

    Median and median deviation of the logarithm, because a few real near duplicates must not move the bar.
    """
    logs = np.log(np.maximum(held_out, 1e-6))
    middle = np.median(logs)
    spread = 1.4826 * np.median(np.abs(logs - middle))
    return float(min(LIMIT, np.exp(middle - _FENCE * spread)))


def tolerated(flagged: int, held_out: int, generated: int) -> float:
    """How many of ``generated`` may look copied by chance, where ``flagged`` of ``held_out`` real pictures do.

    The share of real pictures is itself known only so well, and chance adds three standard deviations.
    """
    share = proportion(flagged, held_out).high
    return generated * share + 3 * math.sqrt(generated * share * (1 - share))


def closest(spaces: list[Closeness]) -> Closeness:
    """For each picture the space in which it comes closest to a training picture."""
    ratios = np.stack([space.ratio for space in spaces])
    best = ratios.argmin(axis=0)
    columns = np.arange(ratios.shape[1])
    return Closeness(ratios[best, columns], np.stack([space.index for space in spaces])[best, columns])


def copied(spaces: list[Closeness], thresholds: list[float]) -> NDArray[np.bool_]:
    """Whether each picture looks copied in any of the spaces."""
    flags = [space.ratio < bar for space, bar in zip(spaces, thresholds, strict=True)]
    return np.asarray(np.logical_or.reduce(flags), bool)
