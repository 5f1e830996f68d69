"""How far a picture is from another when mirrored, moved by two pixels or slightly re-coloured to fit best.

A copy that was turned round, shifted or tinted is a copy still, and plain distances see none in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.features import Float32, OnBatch, UInt8, batches, resized

Int64 = NDArray[np.int64]
SIDE = 16
"""Pictures are compared at this size at most, so that fine noise hides no copy."""
SHIFT = 2
"""Pixels of the reduced picture that a copy may have been moved by, in either direction."""
GAIN = (0.8, 1.25)
OFFSET = 0.1
"""How much stronger or weaker, and how much brighter or darker, each colour may have become; 1 is the whole range."""
SHORTLIST = 16
"""Training pictures that are looked at closely for each picture."""
_POOLED_FROM = 12
_MOST_DISTANCES = 2**22
"""Distances held at once: 16 MiB."""


class Placing(NamedTuple):
    """One way to lay a picture over another: mirrored or not, moved down and right by so many pixels."""

    mirror: bool
    down: int
    right: int


PLACINGS = [
    Placing(mirror, down, right)
    for mirror in (False, True)
    for down in range(-SHIFT, SHIFT + 1)
    for right in range(-SHIFT, SHIFT + 1)
]


def small(pictures: UInt8, on_batch: OnBatch | None = None) -> Float32:
    """Pictures (N, H, W, C) with values in [0, 1], averaged to at most 16 × 16."""
    side = min(SIDE, max(pictures.shape[1:3]))
    parts = [resized(batch, side).reshape(len(batch), side, side, -1) for batch in batches(pictures, on_batch)]
    return np.concatenate(parts).astype(np.float32) / np.float32(255)


def aligned(pictures: Float32, training: Float32) -> tuple[Float32, Int64]:
    """Distance of each picture to those of the training set that it fits best, (N, K), and their positions, nearest first.

    Root mean square over the pixels on which both lie, in units of the whole range of brightness. A quick look at all
    placings over all training pictures chooses K, an exact one orders them.
    """
    count = min(SHORTLIST, len(training))
    block = max(1, _MOST_DISTANCES // len(training))
    parts = [_aligned(pictures[first : first + block], training, count) for first in range(0, len(pictures), block)]
    return np.concatenate([far for far, _ in parts]), np.concatenate([where for _, where in parts])


def _aligned(pictures: Float32, training: Float32, count: int) -> tuple[Float32, Int64]:
    where, placing = _shortlist(pictures, training, count)
    far = _exact(pictures, training, where, placing)
    order = np.argsort(far, axis=1, kind="stable")
    return np.take_along_axis(far, order, axis=1), np.take_along_axis(where, order, axis=1)


# ---------------------------------------------------------------- a quick look at all


def _shortlist(pictures: Float32, training: Float32, count: int) -> tuple[Int64, Int64]:
    """The ``count`` training pictures that fit each best, and the number of their placing, both (N, count)."""
    best = np.full((len(pictures), len(training)), np.inf, np.float32)
    chosen = np.zeros(best.shape, np.int8)
    for number, placing in enumerate(PLACINGS):
        if _pooled(pictures) and (placing.down % 2 or placing.right % 2):
            continue  # half a pixel of the averaged picture: the exact look finds it from next to it
        mine, theirs = _overlap(_turned(pictures, placing), training, placing)
        apart = _roughly(_described(mine), _described(theirs))
        nearer = apart < best
        np.copyto(best, apart, where=nearer)
        chosen[nearer] = number
    where = np.argpartition(best, count - 1, axis=1)[:, :count].astype(np.int64)
    return where, np.take_along_axis(chosen, where, axis=1).astype(np.int64)


def _pooled(pictures: Float32) -> bool:
    """Whether the quick look is at half the size, at every placing."""
    return bool(min(pictures.shape[1:3]) - SHIFT >= _POOLED_FROM)


def _turned(pictures: Float32, placing: Placing) -> Float32:
    return pictures[:, :, ::-1] if placing.mirror else pictures


def _overlap(upper: Float32, lower: Float32, placing: Placing) -> tuple[Float32, Float32]:
    """The parts on which both lie when ``upper`` is moved over ``lower``."""
    height, width = upper.shape[1:3]

    def part(pictures: Float32, down: int, right: int) -> Float32:
        return pictures[:, max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)]

    return part(upper, -placing.down, -placing.right), part(lower, placing.down, placing.right)


def _described(pictures: Float32) -> Float32:
    """Rows to compare quickly: averaged to half where that leaves enough, each colour about its mean."""
    if min(pictures.shape[1:3]) >= _POOLED_FROM:
        even = pictures[:, : pictures.shape[1] // 2 * 2, : pictures.shape[2] // 2 * 2]
        columns = even[:, :, ::2] + even[:, :, 1::2]
        pictures = np.asarray((columns[:, ::2] + columns[:, 1::2]) / 4, np.float32)
    rows = pictures.reshape(len(pictures), -1, pictures.shape[-1])
    about_mean = rows - _mean(rows)[:, None]
    return np.asarray(about_mean.reshape(len(rows), -1) / math.sqrt(rows[0].size), np.float32)


def _mean(rows: Float32) -> Float32:
    """Of each colour: (N, X, C) to (N, C); many times faster than numpy's own mean over so short an axis."""
    return np.asarray(np.einsum("nxc->nc", rows) / rows.shape[1], np.float32)


def _roughly(mine: Float32, theirs: Float32) -> Float32:
    squares = np.einsum("if,if->i", mine, mine)[:, None] + np.einsum("jf,jf->j", theirs, theirs)
    return np.asarray(squares - 2 * mine @ theirs.T, np.float32)


# ---------------------------------------------------------------- an exact look at some


def _exact(pictures: Float32, training: Float32, where: Int64, chosen: Int64) -> Float32:
    """Distances (N, K) at the chosen placing and, where the quick look was at half the size, those next to it."""
    far = np.full(where.shape, np.inf, np.float32)
    reach = 1 if _pooled(pictures) else 0
    for number in np.unique(chosen):
        rows, places = np.nonzero(chosen == number)
        mine, theirs = _turned(pictures, PLACINGS[number])[rows], training[where[rows, places]]
        for near in _next_to(PLACINGS[number], reach):
            far[rows, places] = np.minimum(far[rows, places], residual(*_overlap(mine, theirs, near)))
    return far


def _next_to(placing: Placing, reach: int) -> Iterator[Placing]:
    for down in range(placing.down - reach, placing.down + reach + 1):
        for right in range(placing.right - reach, placing.right + reach + 1):
            if max(abs(down), abs(right)) <= SHIFT:
                yield Placing(placing.mirror, down, right)


def residual(mine: Float32, theirs: Float32) -> Float32:
    """What remains between pairs of pictures (P, H, W, C) when each colour of ``theirs`` is fitted to ``mine``: (P,).

    Least squares for the gain within :data:`GAIN`, and a shift of brightness of up to :data:`OFFSET` for nothing.
    """
    mine, theirs = (rows.reshape(len(rows), -1, rows.shape[-1]) for rows in (mine, theirs))
    my_mean, their_mean = _mean(mine), _mean(theirs)
    a, b = mine - my_mean[:, None], theirs - their_mean[:, None]
    aa, bb, ab = (np.einsum("pxc,pxc->pc", x, y) / a.shape[1] for x, y in ((a, a), (b, b), (a, b)))
    gain = np.clip(ab / np.maximum(bb, 1e-6), *GAIN)
    offset = my_mean - their_mean
    beyond = offset - np.clip(offset, -OFFSET, OFFSET)
    squares = np.maximum(aa - 2 * gain * ab + gain**2 * bb, 0) + beyond**2
    return np.asarray(np.sqrt(squares.mean(axis=1)), np.float32)
