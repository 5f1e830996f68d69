"""Memory and disk that a training needs, counted from shapes alone; no torch here.

The factors were fitted to the peaks of real steps on a processor (`tests/benchmarks/estimates.py` holds them against whole
trainings): float32, the default batch, no parts of a batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desktop_app.engine.families.declaration import Shape

BARE = 277_000_000
"""Bytes of an engine that has loaded torch and done nothing else; a calibration puts this machine's in its place."""
LOADED = 105_000_000
"""Bytes of what the first steps load and leave behind: modules, kernels of convolutions, what previews and judging need."""
NUMBER = 4
"""Bytes of a float32."""
COPIES = 5
"""Numbers held for a weight while it learns: itself, its average, its gradient, two moments of the optimiser (Muon has one)."""
KEPT, MOMENTS = 3, 4
"""Checkpoints on the disk (two newest, the best), and numbers in each for a weight: all of the above but the gradient."""
SAMPLE, ROWS, SIDE = 4096, 8192, 32
"""Items and rows that the linear start is fitted to, and the side of its grid (`batches.py`, `networks/gaussian.py`)."""
MIRRORED = 2
"""Pictures for each of the sample, where mirror images are as good."""
PREVIEWS = 60
"""Previews kept of a usual training."""


@dataclass(frozen=True)
class Stored:
    """What a step keeps of one item until it has gone back: values on the folded grids, and at full resolution."""

    folded: float
    full: float


def grid_of(shape: Shape) -> int:
    """Numbers of a picture on the grid that the linear start is fitted on."""
    pool = next(f for f in range(max(1, -(-shape.size // SIDE)), shape.size + 1) if shape.size % f == 0)
    return shape.channels * (shape.size // pool) ** 2


def linear(shape: Shape, rank: int) -> int:
    """Numbers of a linear start with so many directions: its basis, and the means."""
    low = grid_of(shape)
    return low * min(rank, low) + (2 + shape.classes) * shape.channels * shape.size**2


def fitting(shape: Shape) -> int:
    """Bytes at the peak of fitting the linear start, which is the most that many a small training ever holds.

    Beside the sample, first its pictures, centred, and their class's mean; then, on the coarse grid, padded and shifted
    copies and three covariances. Mirror images count as shown, which the engine finds out only when it begins.
    """
    low, values = grid_of(shape), shape.channels * shape.size**2
    items = min(SAMPLE, shape.items)
    shown = MIRRORED * items
    rows = max(ROWS, shown) * low
    return NUMBER * round(items * values + max(3 * shown * values, shown * (1.2 * values + 3.6 * low) + rows + 3 * low**2))


def training(weights: int, start: int, stored: Stored, batch: int) -> int:
    """Bytes at the peak of a step: the weights with what learns them, two linear starts, what a batch keeps."""
    return NUMBER * round(COPIES * weights + 2 * start + batch * (stored.folded + stored.full))


def memory(weights: int, start: int, stored: Stored, batch: int, shape: Shape) -> int:
    """Bytes that the engine holds at its peak: while it prepares or while it learns, whichever is more."""
    prepared = NUMBER * (2 * weights + 2 * start) + fitting(shape)
    return BARE + LOADED + max(prepared, training(weights, start, stored, batch))


def disk(weights: int, start: int, shape: Shape) -> int:
    """Bytes of a run's folder: checkpoints, one model for generating, previews."""
    checkpoint = MOMENTS * weights + 2 * start
    return NUMBER * (KEPT * checkpoint + weights + start) + PREVIEWS * 36 * shape.channels * shape.size**2 // 2


def residual(blocks: Iterable[tuple[int, int, int]]) -> int:
    """Values that residual blocks keep, each given as channels in, channels out, places: norms, activations, sums."""
    return sum((3 * inside + 5 * outside) * places for inside, outside, places in blocks)
