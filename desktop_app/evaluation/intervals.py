"""95 % intervals around the measures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Indices = NDArray[np.int64]
REPLICATES = 200
_Z = 1.959964


class Estimate(NamedTuple):
    """A value and the interval that holds the true one with 95 % confidence."""

    value: float
    low: float
    high: float

    def within(self, lowest: float, highest: float) -> Estimate:
        """The interval cut off where no value can be; the value itself always stays inside."""
        return Estimate(self.value, min(self.value, max(lowest, self.low)), max(self.value, min(highest, self.high)))


def halves(count: int, replicates: int, rng: np.random.Generator) -> Indices:
    """Random halves of ``range(count)`` without repetition, (replicates, count // 2)."""
    keys = rng.random((replicates, count))
    return np.argpartition(keys, count // 2 - 1, axis=1)[:, : count // 2].astype(np.int64)


def masks(chosen: Indices, count: int) -> Float64:
    """Rows of positions to rows of ones and zeros, (R, count)."""
    rows = np.zeros((len(chosen), count))
    np.put_along_axis(rows, chosen, 1.0, axis=1)
    return rows


def around(value: float, replicates: Float64) -> Estimate:
    """An interval from the spread of a figure over random halves of the sets.

    The bootstrap draws items repeatedly, and a neighbour measure takes an item drawn twice for its own neighbour.
    Halves repeat nothing, and the spread over halves without repetition equals that of the whole set over fresh data:
    s²(1/(n/2) − 1/n) = s²/n (the delete-half jackknife; Shao and Wu 1989). Only the spread is used, because figures such
    as recall are systematically different in smaller sets.
    """
    apart = replicates - replicates.mean()
    low, high = np.quantile(apart, [0.025, 0.975])
    return Estimate(value, value + min(0.0, float(low)), value + max(0.0, float(high)))


def bootstrap(
    figure: Callable[[Indices, Indices], float], counts: tuple[int, int], rng: np.random.Generator, replicates: int = REPLICATES
) -> Estimate:
    """Percentile bootstrap of a figure of two sets of independent numbers, given positions in both."""
    first, second = (np.arange(count) for count in counts)
    value = figure(first, second)
    drawn = [figure(rng.integers(0, counts[0], counts[0]), rng.integers(0, counts[1], counts[1])) for _ in range(replicates)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, min(value, float(low)), max(value, float(high)))


def proportion(hits: int, of: int) -> Estimate:
    """A share with Wilson's interval, which is honest at 0 and at 1 where the bootstrap shrinks to nothing."""
    share = hits / of
    centre = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z / (1 + _Z**2 / of) * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return Estimate(share, min(share, centre - half), max(share, centre + half)).within(0, 1)
