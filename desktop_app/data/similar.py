"""Near duplicates: pictures that are the same but for compression, size or a touch of brightness. No false alarms wanted.

Two stages: 64-bit hashes of coarse structure choose pairs; 16 × 16 colour pixels decide about each. A pair counts only
when no part of the picture differs, so that small drawings on one template stay apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from desktop_app.data.checks import Facts
from desktop_app.data.inventory import Pace

HASH_DISTANCE = 10
"""Bits of 64 by which the hashes of a pair may differ to be looked at."""

MEAN_LIMIT, PEAK_LIMIT = 4.0, 18.0
"""Levels of 255 by which the 16 × 16 pixels may differ, on average and at most."""

TINY_PEAK = 6.0
"""The same at most, for pictures of up to 32 pixels, where a single pixel is a real difference."""

SHIFT_LIMIT = 24.0
"""Levels of 255 by which the brightness as a whole may differ."""

ASPECT_LIMIT = 0.03
_BLOCK = 512
_PAIRS_AT_ONCE = 20_000


def near_duplicates(facts: Sequence[Facts], pace: Pace | None = None) -> list[tuple[int, int, float]]:
    """Find pairs ``(i, j, mean difference in levels of 255)`` with ``i < j`` of pictures that are nearly the same.

    Takes time in the square of the number of pictures, a few seconds for 100,000.
    """
    if len(facts) < 2:
        return []
    hashes = np.frombuffer(b"".join(fact.hash for fact in facts), dtype=np.uint64)
    signatures = np.frombuffer(b"".join(fact.signature for fact in facts), dtype=np.uint8).reshape(len(facts), -1)
    aspect = np.array([np.log(max(1, fact.width) / max(1, fact.height)) for fact in facts])
    tiny = np.array([max(fact.native_width, fact.native_height) <= 32 for fact in facts])
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, len(facts), _BLOCK):
        if pace is not None:
            pace.step(start)
        distance = np.bitwise_count(hashes[start : start + _BLOCK, None] ^ hashes[None, start:])
        rows, columns = np.nonzero(distance <= HASH_DISTANCE)
        first, second = rows[columns > rows] + start, columns[columns > rows] + start
        alike = np.abs(aspect[first] - aspect[second]) <= ASPECT_LIMIT
        pairs += _decide(first[alike], second[alike], signatures, tiny)
    return pairs


def _decide(
    first: npt.NDArray[np.intp], second: npt.NDArray[np.intp], signatures: npt.NDArray[np.uint8], tiny: npt.NDArray[np.bool_]
) -> list[tuple[int, int, float]]:
    pairs = []
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        a, b = first[start : start + _PAIRS_AT_ONCE], second[start : start + _PAIRS_AT_ONCE]
        difference = signatures[a].astype(np.float32) - signatures[b]
        small = tiny[a] | tiny[b]
        shift = np.where(small, 0, difference.mean(axis=1))
        difference = np.abs(difference - shift[:, None])
        mean, peak = difference.mean(axis=1), difference.max(axis=1)
        same = (mean <= MEAN_LIMIT) & (peak <= np.where(small, TINY_PEAK, PEAK_LIMIT)) & (np.abs(shift) <= SHIFT_LIMIT)
        pairs += [(int(i), int(j), float(m)) for i, j, m in zip(a[same], b[same], mean[same], strict=True)]
    return pairs


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
