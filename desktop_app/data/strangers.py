"""Pictures that are out of place: far from all others in colour, layout, texture, ground and tones."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from desktop_app.data.checks import SIGNATURE_SIDE, Facts
from desktop_app.data.registration import LUMA

Floats = npt.NDArray[np.float32]

LEAST = 30
"""Pictures from which on it can be said what is usual."""

REFERENCE = 2_000
"""Pictures that each is compared with."""

NEIGHBOUR = 4
"""Which neighbour must be near: a handful of a kind is a kind of its own."""

FENCE = 3.0
"""Distances between median and upper quartile beyond the upper quartile, on a scale of ratios. The lower half says
nothing: near duplicates fill it."""

TIMES = 3.0
"""How many times the usual distance it must be at least."""


LEAST_SPREAD = 16.0
"""Levels that a set may agree to within and still not find everything else strange."""

TONES = (0, 64, 128, 192, 248, 256)
BUSY = 8
"""Levels by which a pixel's neighbours must differ from it, taken together."""

_PART = 256
"""Pictures that are looked at together: so few stay near the processor, and a hundred thousand fill no memory."""


def distances(facts: Sequence[Facts]) -> tuple[Floats, float]:
    """Distance of each picture to its neighbours, in usual distances, and from which on it is out of place.

    The limit is infinite where there are too few pictures to tell.
    """
    if len(facts) < LEAST:
        return np.ones(len(facts), dtype=np.float32), float("inf")
    values = features(facts)
    order = np.argsort([fact.digest for fact in facts])
    far = _to_neighbours(values, np.sort(order[:: max(1, len(order) // REFERENCE)][:REFERENCE]))
    far = far / max(float(np.median(far)), 1e-6)
    middle, high = np.quantile(np.log(np.maximum(far, 1e-3)), (0.5, 0.75))
    return far, max(TIMES, float(np.exp(high + FENCE * (high - middle))))


def _to_neighbours(values: Floats, reference: npt.NDArray[np.intp]) -> Floats:
    """Distance of each row to its NEIGHBOUR-th nearest among the reference rows, itself apart."""
    chosen = values[reference]
    square = (chosen**2).sum(axis=1)
    found = np.empty(len(values), dtype=np.float32)
    for start in range(0, len(values), _PART):
        part = values[start : start + _PART]
        apart = np.maximum(0, (part**2).sum(axis=1)[:, None] + square - 2 * part @ chosen.T)
        apart[reference[None] == np.arange(start, start + len(part))[:, None]] = np.inf
        found[start : start + len(part)] = np.sqrt(np.partition(apart, NEIGHBOUR - 1, axis=1)[:, NEIGHBOUR - 1])
    return found


def features(facts: Sequence[Facts]) -> Floats:
    """Colour, layout, texture, ground and tones of each picture (N, D), each group of the same weight, in robust units."""
    parts = (_groups(facts[start : start + _PART]) for start in range(0, len(facts), _PART))
    colour, layout, texture, rim, tones = (np.concatenate(group) for group in zip(*parts, strict=True))
    drawn = [_robust(group, LEAST_SPREAD) for group in (rim, tones)]
    return np.concatenate([*map(_robust, (colour, layout, texture)), *drawn], axis=1)


def _groups(facts: Sequence[Facts]) -> tuple[Floats, ...]:
    """Colour, layout, texture, ground and tones of a few pictures, as they are measured."""
    side = SIGNATURE_SIDE
    signatures = np.frombuffer(b"".join(fact.signature for fact in facts), dtype=np.uint8)
    pixels: Floats = signatures.reshape(-1, side, side, 3).astype(np.float32)
    gray = pixels @ LUMA
    chroma = np.stack([pixels[..., 0] - gray, pixels[..., 2] - gray], axis=1)  # pixels last: sums over few are slow
    colour = np.concatenate([chroma.mean(axis=(2, 3)), chroma.std(axis=(2, 3)), gray.mean(axis=(1, 2))[:, None]], axis=1)
    layout = gray.reshape(-1, 4, side // 4, 4, side // 4).mean(axis=(2, 4)).reshape(len(gray), -1)
    layout = layout - layout.mean(axis=1, keepdims=True)
    steps = [np.abs(np.diff(gray, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)]
    texture = np.stack([*steps, gray.std(axis=(1, 2)), *_told(facts)], axis=1)
    return colour, layout, texture, _rim(pixels), _tones(gray)


def _rim(pixels: Floats) -> Floats:
    """What the outermost pixels (N, S, S, 3) tell of a ground: how light and how plain they are, in levels.

    Drawings agree in their ground whatever they show; a photograph has none.
    """
    rim = np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, 1:-1, 0], pixels[:, 1:-1, -1]], axis=1)
    ends = (slice(2), slice(-2, None))
    corners = np.concatenate([pixels[:, y, x].reshape(len(pixels), -1, 3) for y in ends for x in ends], axis=1)
    gray = rim @ LUMA
    low = np.quantile(gray, 0.25, axis=1) / 2
    return np.stack([gray.mean(axis=1), gray.std(axis=1), low, _spread(rim), (corners @ LUMA).std(axis=1)], axis=1)


def _spread(colours: Floats) -> Floats:
    """The largest standard deviation among the channels of pixels (N, P, 3)."""
    return np.asarray(np.ascontiguousarray(colours.swapaxes(1, 2)).std(axis=2).max(axis=1))


def _tones(gray: Floats) -> Floats:
    """Shares of dark, middle, light and white pixels (N, S, S), and of those unlike their neighbours, times 255."""
    shares = [((gray >= low) & (gray < high)).mean(axis=(1, 2)) for low, high in itertools.pairwise(TONES)]
    inside = gray[:, 1:-1, 1:-1]
    curve = np.abs(4 * inside - gray[:, :-2, 1:-1] - gray[:, 2:, 1:-1] - gray[:, 1:-1, :-2] - gray[:, 1:-1, 2:])
    busy = (curve > BUSY).mean(axis=(1, 2))
    return 255 * np.stack([*shares, busy, np.median(curve, axis=(1, 2)) / 255], axis=1)


def _told(facts: Sequence[Facts]) -> list[Floats]:
    """Blur, noise and flatness, as far as they were measured."""
    rows = [(fact.blur or 0.0, fact.grain or 0.0, fact.flatness) for fact in facts]
    return list(np.array(rows, dtype=np.float32).T)


def _robust(values: Floats, least: float = 1e-3) -> Floats:
    """Columns about their median in units of their spread (or of the ``least`` one), divided by the root of their number."""
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
    spread = np.maximum(high - low, np.maximum(least, 0.25 * np.mean(high - low)))
    return np.asarray((values - middle) / spread / np.sqrt(values.shape[1]), dtype=np.float32)
