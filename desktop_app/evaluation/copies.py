"""Is it a copy? The nearest training picture beside each generated one, measured by what real pictures show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.alignment import aligned
from desktop_app.evaluation.features import Float32, Float64
from desktop_app.evaluation.intervals import proportion
from desktop_app.evaluation.measures import nearest

LIMIT = 0.5
"""A copy is at most half as far away as the training pictures around it are on average (as in Carlini et al. 2023, 5.1)."""
PLAIN = 0.05
"""What is so much nearer than the pictures around is a copy by any standard."""
FALSE_ALARMS = 0.01
"""Share of real pictures, none of them in the training set, that may look copied."""
_FENCE = 3.5


@dataclass(frozen=True)
class Closeness:
    """How close pictures come to single training pictures.

    Attributes
    ----------
    ratio
        Distance to the training picture that fits best, relative to the mean distance to the next ones, (N,). The
        pictures around set the scale, because plain pictures lie close together and busy ones far apart.
    index
        Position of that training picture, (N,).
    """

    ratio: Float64
    index: NDArray[np.int64]


def closeness(pictures: Float32, training: Float32) -> Closeness:
    """Compare small pictures (N, S, S, C) with those of the training set, which has two or more."""
    far, where = aligned(pictures, training)
    usual = far[:, 1:].mean(axis=1, dtype=np.float64)
    ratio = np.divide(far[:, 0], usual, out=np.zeros(len(far)), where=usual > 1e-6)
    return Closeness(ratio, where[:, 0])


def threshold(held_out: Float64) -> float:
    """Ratio below which a picture looks copied: the lowest hundredth of held-out pictures, and never above one half.

    Where few were held out their lowest hundredth is not known; median and median deviation of the logarithm then say
    what would be far below the others.
    """
    logs = np.log(np.maximum(held_out, 1e-6))
    middle = np.median(logs)
    spread = 1.4826 * np.median(np.abs(logs - middle))
    fence = float(np.exp(middle - _FENCE * spread))
    return max(PLAIN, min(LIMIT, fence, float(np.quantile(held_out, FALSE_ALARMS))))


def tolerated(flagged: int, held_out: int, generated: int) -> float:
    """How many of ``generated`` may look copied by chance, where ``flagged`` of ``held_out`` real pictures do.

    The share of real pictures is itself known only so well, and chance adds three standard deviations.
    """
    share = proportion(flagged, held_out).high
    return generated * share + 3 * math.sqrt(generated * share * (1 - share))


def copying_score(generated: Float64, held_out: Float64) -> float:
    """C_T: are generated pictures closer to the training set than fresh real ones? (Meehan, Chaudhuri, Dasgupta 2020)

    The z-score of the Mann-Whitney statistic of two sets of distances; about 0 for a model that does not copy, far
    below 0 for one that does, above 0 for one that stays farther away than real pictures.
    """
    n, m = len(generated), len(held_out)
    ordered = np.sort(held_out)
    wins = (np.searchsorted(ordered, generated, "left") + np.searchsorted(ordered, generated, "right")).sum() / 2
    return float((wins - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12))


def authenticity(pictures: Float64, training: Float64) -> float:
    """Share of pictures that are farther from their nearest training picture than that is from any other of its own kind.

    (Alaa et al. 2022, authenticity.) Rows of features, (N, F); the training set has two rows or more.
    """
    near, where = nearest(pictures, training, 1)
    among = nearest(training[where[:, 0]], training, 2)[0][:, 1]
    return float((near[:, 0] > among).mean())
