"""How one small picture becomes another: a shift, a zoom and a change of light and colour, found by least squares.

Iterated registration after Lucas and Kanade (1981): linearise, solve, warp, repeat. Thousands of pairs at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

ROUNDS = 3
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True)
class Registered:
    """What registration found for N pairs.

    Attributes
    ----------
    residual
        Levels left unexplained (N, S, S, 3); 0 at the edges and where one of the two has no pixels.
    seen
        Pixels that both have, edges apart (N, S, S).
    shift
        Largest shift in pixels (N,).
    zoom
        Largest change of scale, as a share (N,).
    gain, offset
        Largest change of contrast (as a share) and of brightness (levels) among the colours (N,).
    """

    residual: Floats
    seen: Flags
    shift: Floats
    zoom: Floats
    gain: Floats
    offset: Floats


def soften(pixels: Floats) -> Floats:
    """Smooth (N, S, S, C) by 1-2-1 along both sides: a step of registration holds for smooth pictures only."""
    padded = np.pad(pixels, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    tall = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    soft: Floats = ((tall[:, :, :-2] + 2 * tall[:, :, 1:-1] + tall[:, :, 2:]) / 16).astype(np.float32)
    return soft


def register(a: Floats, b: Floats) -> Registered:
    """Explain the softened pictures ``b`` (N, S, S, 3) as moved and recoloured ``a``."""
    count, side = len(a), a.shape[1]
    gray_a, gray_b = a @ LUMA, b @ LUMA
    move = np.zeros((count, 4), dtype=np.float32)  # down, right, zoom down, zoom right
    for _ in range(ROUNDS):
        rows, columns, seen = _places(move, side)
        move += _step(sample(gray_a[..., None], rows, columns)[..., 0], gray_b, seen)
    rows, columns, seen = _places(move, side)
    warped = sample(a, rows, columns)
    gain, offset = _light(warped, b, seen)
    explained = np.clip(warped * gain[:, None, None] + offset[:, None, None], 0, 255)
    residual = np.abs(explained - b) * seen[..., None]
    half = (side - 1) / 2
    return Registered(
        residual.astype(np.float32),
        seen,
        np.abs(move[:, :2]).max(axis=1),
        np.abs(move[:, 2:]).max(axis=1) / half,
        np.abs(gain - 1).max(axis=1),
        np.abs(offset + (gain - 1) * 128).max(axis=1),
    )


def _grid(side: int) -> Floats:
    """Places of the pixels from -1 to 1."""
    return np.linspace(-1, 1, side, dtype=np.float32)


def _places(move: Floats, side: int) -> tuple[Floats, Floats, Flags]:
    """Where in ``a`` each row and column of ``b`` lies (N, S), in pixels, and which pixels are inside (N, S, S)."""
    own = np.arange(side, dtype=np.float32)
    rows = own + move[:, 0:1] + move[:, 2:3] * _grid(side)
    columns = own + move[:, 1:2] + move[:, 3:4] * _grid(side)
    ring = (own > 0) & (own < side - 1)  # smoothing has made up the edges
    inside = [(place >= 0.5) & (place <= side - 1.5) & ring for place in (rows, columns)]
    return rows, columns, inside[0][:, :, None] & inside[1][:, None, :]


def sample(pixels: Floats, rows: Floats, columns: Floats) -> Floats:
    """Pixels (N, S, S, C) at fractional rows and columns (N, S), bilinearly; the edge goes on outside."""
    side = pixels.shape[1]
    rows, columns = np.clip(rows, 0, side - 1.001), np.clip(columns, 0, side - 1.001)
    top, left = rows.astype(np.intp), columns.astype(np.intp)
    down, right = (rows - top)[:, :, None, None], (columns - left)[:, None, :, None]
    each = np.arange(len(pixels))[:, None]
    tall = pixels[each, top] * (1 - down) + pixels[each, np.minimum(top + 1, side - 1)] * down
    tall = tall.swapaxes(1, 2)  # columns first, to pick them the same way
    across = right.swapaxes(1, 2)
    wide = tall[each, left] * (1 - across) + tall[each, np.minimum(left + 1, side - 1)] * across
    return np.ascontiguousarray(wide.swapaxes(1, 2), dtype=np.float32)


def _step(a: Floats, b: Floats, seen: Flags) -> Floats:
    """One step of least squares over shift, zoom, contrast and brightness of gray pictures (N, S, S)."""
    count, side = a.shape[:2]
    down, right = np.gradient(a, axis=1), np.gradient(a, axis=2)
    grid = _grid(side)
    terms = (down, right, down * grid[:, None], right * grid, a - a.mean(axis=(1, 2), keepdims=True), np.ones_like(a))
    weight = seen.reshape(count, -1, 1).astype(np.float32)
    design = np.stack([term.reshape(count, -1) for term in terms], axis=2) * weight
    target = (b - a).reshape(count, -1, 1) * weight
    normal = design.swapaxes(1, 2) @ design + 1e-2 * np.eye(len(terms), dtype=np.float32)
    solution = np.linalg.solve(normal, design.swapaxes(1, 2) @ target)[:, :4, 0]
    return np.clip(solution, -1.5, 1.5).astype(np.float32)


def _light(a: Floats, b: Floats, seen: Flags) -> tuple[Floats, Floats]:
    """Contrast and brightness (N, 3) that bring the colours of ``a`` to those of ``b``, by least squares."""
    weight = seen[..., None].astype(np.float32)
    total = np.maximum(1, weight.sum(axis=(1, 2)))
    mean_a, mean_b = (a * weight).sum(axis=(1, 2)) / total, (b * weight).sum(axis=(1, 2)) / total
    from_mean = (a - mean_a[:, None, None]) * weight
    spread = (from_mean**2).sum(axis=(1, 2)) + 20.0 * total  # a flat colour keeps its contrast
    along = (from_mean * (b - mean_b[:, None, None])).sum(axis=(1, 2)) + 20.0 * total
    gain = (along / spread).astype(np.float32)
    return gain, (mean_b - gain * mean_a).astype(np.float32)
