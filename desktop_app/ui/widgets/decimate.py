"""A long curve made short enough to draw, without losing a peak; and smoothed without moving it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def window(steps: Array, values: Array, low: float, high: float) -> tuple[Array, Array]:
    """The points between two steps, and one on each side so that the line leaves the frame; not-numbers are left out."""
    start = max(0, int(np.searchsorted(steps, low)) - 1)
    end = int(np.searchsorted(steps, high, side="right")) + 1
    steps, values = steps[start:end], values[start:end]
    good = np.isfinite(values)
    return (steps, values) if good.all() else (steps[good], values[good])


def _edges(count: int, columns: int) -> NDArray[np.intp]:
    """First index of each of ``columns`` bins of nearly equal length over ``count`` points."""
    return np.linspace(0, count, columns, endpoint=False).astype(np.intp)


def thin(steps: Array, values: Array, columns: int) -> tuple[Array, Array]:
    """At most ``2 * columns`` points with the lowest and the highest value of each column: every peak stays.

    Parameters
    ----------
    steps, values
        (N,) finite.
    """
    if len(steps) <= 2 * columns:
        return steps, values
    edges = _edges(len(steps), columns)
    x = np.repeat(steps[edges], 2)
    y = np.stack([np.minimum.reduceat(values, edges), np.maximum.reduceat(values, edges)], axis=1).ravel()
    return x, y


def means(steps: Array, values: Array, columns: int) -> tuple[Array, Array]:
    """At most ``columns`` points: the mean of each column at its middle."""
    if len(steps) <= columns:
        return steps, values
    edges = _edges(len(steps), columns)
    counts = np.diff(np.append(edges, len(steps)))
    return np.add.reduceat(steps, edges) / counts, np.add.reduceat(values, edges) / counts


def smooth(values: Array, width: float) -> Array:
    """Weighted mean with a Gaussian of ``width`` points to both sides alike: zero phase, so that nothing is drawn late.

    At the ends it takes the points that there are.
    """
    if width <= 0 or len(values) < 3:
        return values
    reach = min(len(values) - 1, int(np.ceil(3 * width)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    weights = np.convolve(np.ones(len(values)), kernel)[reach:-reach]
    return np.convolve(values, kernel)[reach:-reach] / weights
