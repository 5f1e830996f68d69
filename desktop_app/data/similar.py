"""Near duplicates: pictures that are the same but for compression, size, a slight crop or a touch of light and colour.

Two stages. A coarse gray layout chooses pairs whose layouts correlate; registration (:mod:`desktop_app.data.registration`)
on 16 × 16 colour pixels decides about each: what a slight crop, shift or change of light explains is taken out first, and
then no part of the picture may differ, so that small drawings on one template stay apart.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from desktop_app.data.checks import SIGNATURE_SIDE, Facts
from desktop_app.data.inventory import Pace
from desktop_app.data.parallel import in_threads
from desktop_app.data.registration import LUMA, Flags, Floats, register, soften

Places = npt.NDArray[np.intp]

CORRELATION = 0.83
"""Correlation of two coarse layouts from which on a pair is looked at: a crop of 5 % at one side leaves 0.85 and more."""

MEAN_LIMIT, PEAK_LIMIT = 4.5, 20.0
"""Levels of 255 by which the registered 16 × 16 pixels may differ, on average and at most."""

TINY_SIDE, TINY_PEAK = 32, 6.0
"""Pictures up to this side (pixels) are compared as they are, pixel by pixel, and may differ by so much at most."""

MOVE_LIMIT, ZOOM_LIMIT, GAIN_LIMIT, LIGHT_LIMIT = 0.9, 0.12, 0.3, 30.0
"""Shift (cells of the 16), zoom, contrast (both as a share) and brightness (levels) that a copy may have undergone."""

ASPECT_LIMIT = 0.08
PLAIN_LIMIT = 45.0
"""Mean difference in levels before registration beyond which it is not tried."""

_BLOCK = 64
"""Pictures that a thread compares with all others at once: of 100,000 that takes 25 MB."""
_LAID_OUT = 256
"""Pictures whose layouts are made at once: fewer take as long to begin as to do, more do not stay near the processor."""
_PAIRS_AT_ONCE = 2_000
_CLOSEST = 16
"""Candidates looked at for each picture, so that 100,000 pictures of one kind do not take hours."""


def near_duplicates(facts: Sequence[Facts], pace: Pace | None = None) -> list[tuple[int, int, float]]:
    """Find pairs ``(i, j, mean difference in levels of 255)`` with ``i < j`` of pictures that are nearly the same.

    Takes time in the square of the number of pictures: a matrix product of 64 terms.
    """
    if len(facts) < 2:
        return []
    shape = (len(facts), SIGNATURE_SIDE, SIGNATURE_SIDE, 3)
    signatures = np.frombuffer(b"".join(fact.signature for fact in facts), dtype=np.uint8).reshape(shape)
    layouts = _layouts(signatures)
    aspect = np.array([np.log(max(1, fact.width) / max(1, fact.height)) for fact in facts])
    tiny = np.array([max(fact.native_width, fact.native_height) <= TINY_SIDE for fact in facts])

    def likely(start: int) -> tuple[Places, Places]:
        if pace is not None:
            pace.step(start)
        first, second = _candidates(layouts, start)
        alike = np.abs(aspect[first] - aspect[second]) <= ASPECT_LIMIT
        return first[alike], second[alike]

    with contextlib.closing(in_threads(likely, range(0, len(facts), _BLOCK))) as found:
        first, second = (np.concatenate(ends) for ends in zip(*found, strict=True))

    def certain(start: int) -> list[tuple[int, int, float]]:
        if pace is not None:
            pace.step(int(first[start]))
        a, b = first[start : start + _PAIRS_AT_ONCE], second[start : start + _PAIRS_AT_ONCE]
        left = difference(signatures[a].astype(np.float32), signatures[b].astype(np.float32), tiny[a] & tiny[b])
        same = np.isfinite(left)
        return list(zip(a[same].tolist(), b[same].tolist(), left[same].tolist(), strict=True))

    with contextlib.closing(in_threads(certain, range(0, len(first), _PAIRS_AT_ONCE))) as pairs:
        return list(itertools.chain.from_iterable(pairs))


def _layouts(signatures: npt.NDArray[np.uint8]) -> Floats:
    """Coarse gray layouts (N, 64) of length 1 about their mean, so that a product is a correlation; zeros for blank ones."""

    def of_part(start: int) -> Floats:
        part = signatures[start : start + _LAID_OUT].astype(np.float32)
        gray = soften(soften(part)) @ LUMA
        flat = gray[:, 1::2, 1::2].reshape(len(part), -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        return np.asarray(flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1.0), np.float32)

    return np.concatenate(list(in_threads(of_part, range(0, len(signatures), _LAID_OUT))))


def _candidates(layouts: Floats, start: int) -> tuple[Places, Places]:
    """Pairs of a block of pictures with later ones whose layouts correlate: for each picture the closest ones, no more."""
    alike = layouts[start : start + _BLOCK] @ layouts[start:].T
    rows, columns = np.divmod(np.flatnonzero(alike >= CORRELATION), alike.shape[1])  # half the time of np.nonzero
    later = columns > rows
    rows, columns = rows[later], columns[later]
    order = np.lexsort((-alike[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    few = np.arange(len(rows)) - np.searchsorted(rows, rows) < _CLOSEST
    return rows[few] + start, columns[few] + start


def difference(a: Floats, b: Floats, tiny: Flags) -> Floats:
    """Mean difference of each pair, in levels of 255; infinite for pairs that are not near duplicates.

    Parameters
    ----------
    a, b
        Signatures (N, 16, 16, 3).
    tiny
        Pairs (N,) to be compared as they are.
    """
    plain = np.abs(b - a)
    mean = plain.mean(axis=(1, 2, 3))
    result = np.where(tiny & (plain.max(axis=(1, 2, 3)) <= TINY_PEAK), mean, np.float32(np.inf))
    rest = np.flatnonzero(~tiny & (mean <= PLAIN_LIMIT))
    if not len(rest):
        return result
    found = register(soften(a[rest]), soften(b[rest]))
    plausible = (found.shift <= MOVE_LIMIT) & (found.zoom <= ZOOM_LIMIT)
    plausible &= (found.gain <= GAIN_LIMIT) & (found.offset <= LIGHT_LIMIT)
    left = found.residual.sum(axis=(1, 2, 3)) / np.maximum(1, 3 * found.seen.sum(axis=(1, 2)))
    same = plausible & (left <= MEAN_LIMIT) & (found.residual.max(axis=(1, 2, 3)) <= PEAK_LIMIT)
    result[rest[same]] = left[same]
    return result


def groups(count: int, pairs: Sequence[tuple[int, int, float]]) -> list[int]:
    """Number of the smallest member of each item's group, where pairs (and pairs of pairs) belong together."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j, _ in pairs:
        a, b = root(i), root(j)
        parent[max(a, b)] = min(a, b)
    return [root(i) for i in range(count)]
