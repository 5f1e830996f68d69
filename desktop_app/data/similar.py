"""Near duplicates: pictures that are the same but for compression, size, a slight crop or a touch of brightness.

Two stages: 64-bit hashes of coarse structure choose pairs; 16 × 16 colour pixels decide about each. What a slight crop,
shift or change of light explains is taken out first (one step of Lucas and Kanade's registration, 1981), and then no part
of the picture may differ, so that small drawings on one template stay apart: false alarms are worse than misses here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from desktop_app.data.checks import SIGNATURE_SIDE, Facts
from desktop_app.data.inventory import Pace

Floats = npt.NDArray[np.float32]

HASH_DISTANCE = 12
"""Bits of 64 by which the hashes of a pair may differ to be looked at."""

MEAN_LIMIT, PEAK_LIMIT = 3.0, 16.0
"""Levels of 255 by which the softened and registered 16 × 16 pixels may differ, on average and at most."""

TINY_SIDE, TINY_PEAK = 32, 6.0
"""Pictures up to this side (pixels) are compared as they are, pixel by pixel, and may differ by so much at most."""

MOVE_LIMIT, ZOOM_LIMIT, GAIN_LIMIT, LIGHT_LIMIT = 0.6, 0.07, 0.2, 24.0
"""Shift (cells of the 16), zoom, contrast (both as a share) and brightness (levels) that a copy may have undergone."""

ASPECT_LIMIT = 0.05
_BLOCK = 32
_PAIRS_AT_ONCE = 4_000
_CLOSEST = 200
"""Candidates looked at for each picture, so that 100,000 pictures of one kind do not take hours."""


def near_duplicates(facts: Sequence[Facts], pace: Pace | None = None) -> list[tuple[int, int, float]]:
    """Find pairs ``(i, j, mean difference in levels of 255)`` with ``i < j`` of pictures that are nearly the same.

    Takes time in the square of the number of pictures, a few seconds for 100,000.
    """
    if len(facts) < 2:
        return []
    hashes = np.frombuffer(b"".join(fact.hash for fact in facts), dtype=np.uint64)
    shape = (len(facts), SIGNATURE_SIDE, SIGNATURE_SIDE, 3)
    signatures = np.frombuffer(b"".join(fact.signature for fact in facts), dtype=np.uint8).reshape(shape)
    aspect = np.array([np.log(max(1, fact.width) / max(1, fact.height)) for fact in facts])
    tiny = np.array([max(fact.native_width, fact.native_height) <= TINY_SIDE for fact in facts])
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, len(facts), _BLOCK):
        first, second = _candidates(hashes, start)
        likely = (np.abs(aspect[first] - aspect[second]) <= ASPECT_LIMIT) & (tiny[first] == tiny[second])
        first, second = first[likely], second[likely]
        for begin in range(0, len(first) + 1, _PAIRS_AT_ONCE):
            if pace is not None:
                pace.step(start)
            a, b = first[begin : begin + _PAIRS_AT_ONCE], second[begin : begin + _PAIRS_AT_ONCE]
            left = difference(signatures[a].astype(np.float32), signatures[b].astype(np.float32), tiny[a])
            same = np.isfinite(left)
            pairs += [(int(i), int(j), float(d)) for i, j, d in zip(a[same], b[same], left[same], strict=True)]
    return pairs


def _candidates(hashes: npt.NDArray[np.uint64], start: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pairs of a block of pictures with later ones whose hashes are close: for each picture the closest ones, no more."""
    width = len(hashes) - start
    distance = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:]).ravel()
    close = np.flatnonzero(distance <= HASH_DISTANCE)
    close = close[close % width > close // width]
    close = close[np.lexsort((distance[close], close // width))]
    rows, columns = np.divmod(close, width)
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    few = rank < _CLOSEST
    return rows[few] + start, columns[few] + start


def difference(a: Floats, b: Floats, tiny: npt.NDArray[np.bool_]) -> Floats:
    """Mean difference of each pair, in levels of 255; infinite for pairs that are not near duplicates.

    Parameters
    ----------
    a, b
        Signatures (N, 16, 16, 3).
    tiny
        Pairs (N,) to be compared as they are.
    """
    plain = np.abs(b - a)
    result = np.where(tiny & (plain.max(axis=(1, 2, 3)) <= TINY_PEAK), plain.mean(axis=(1, 2, 3)), np.float32(np.inf))
    # A registration takes out a few levels at most on average: what is further apart cannot become the same.
    rest = np.flatnonzero(~tiny & (plain.mean(axis=(1, 2, 3)) <= LIGHT_LIMIT))
    if not len(rest):
        return result
    residual, plausible = register(soften(a[rest]), soften(b[rest]))
    mean, peak = residual.mean(axis=1), residual.max(axis=1)
    same = plausible & (mean <= MEAN_LIMIT) & (peak <= PEAK_LIMIT)
    result[rest[same]] = mean[same]
    return result


def soften(pixels: Floats) -> Floats:
    """Smooth (N, 16, 16, 3) by 1-2-1 along both sides: a step of registration holds for smooth pictures only."""
    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    tall = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    soft: Floats = ((tall[:, :, :-2] + 2 * tall[:, :, 1:-1] + tall[:, :, 2:]) / 16).astype(np.float32)
    return soft


def register(a: Floats, b: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Explain ``b - a`` by a small shift, zoom and change of light, by least squares.

    Returns
    -------
    tuple
        What is left unexplained, in levels (N, 768), and whether the explanation stays within the limits (N,).
    """
    shape = (len(a), a[0].size)
    middle = (a + b) / 2
    down, right = np.gradient(middle, axis=1), np.gradient(middle, axis=2)
    place = (np.arange(SIGNATURE_SIDE, dtype=np.float32) - (SIGNATURE_SIDE - 1) / 2)[:, None, None]
    level = middle - middle.mean(axis=(1, 2, 3), keepdims=True)
    terms = (down, right, down * place, right * place.transpose(1, 0, 2), level, np.ones_like(middle))
    design = np.stack([term.reshape(shape) for term in terms], axis=2)  # (N, 768, 6)
    target = (b - a).reshape(*shape, 1)
    normal = design.transpose(0, 2, 1) @ design + 1e-2 * np.eye(len(terms), dtype=np.float32)
    solution = np.linalg.solve(normal, design.transpose(0, 2, 1) @ target)
    limits = np.array([MOVE_LIMIT, MOVE_LIMIT, ZOOM_LIMIT, ZOOM_LIMIT, GAIN_LIMIT, LIGHT_LIMIT], dtype=np.float32)
    residual: Floats = np.abs(target - design @ solution)[..., 0]
    plausible = np.asarray((np.abs(solution[..., 0]) <= limits).all(axis=1))
    return residual, plausible


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
