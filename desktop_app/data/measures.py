"""What is measured on a picture's gray levels at the size that matters: blur, noise, exposure, borders, flatness.

All take ``levels``: int16 (N, H, W), pictures of one shape, each averaged down until its shorter side has about 128 pixels.
What is not seen at that size cannot be learned either. Several are measured together, because an operation on so few pixels
takes as long to begin as to do. Flat art (sprites, logos, emoji) is told apart from photographs, because what spoils a
photograph is often meant there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]

BLOCK = 16
"""Side in pixels of the blocks that blur and noise are looked for in."""

LEAST_SIDE = 48
"""Shorter side in pixels from which on blur and noise can be told."""

LEAST_STEP = 1.5
"""Mean step between neighbours, in levels, from which on a block has something to be sharp about."""

ROLL_OFF = 0.12
"""Pixels nearly as light as the clipped ones, as a share of those: too much light leaves many, white paint leaves few."""

LIGHT = 200
CLIPPED = 250
DARK = 5
"""Levels from which on, and up to which, a pixel counts as clipped."""

CORNER = 3
"""Side in pixels of the corners: when all four are clipped, the picture stands on a white ground."""

ENDS, ENDS_AROUND = 0.75, 0.92
"""Share of a border's length along which the picture must begin at once; more, at one pair of sides at least, where it goes
around, as a plain ground goes around an object with round corners."""

FLAT_INSIDE = 0.25
"""Flatness from which on what a border surrounds is art."""

MOST_AROUND, PLAIN_INSIDE = 0.5, 0.5
"""What takes more than this share of the picture surrounds a picture only where less than that share of the inside is plain:
a white stripe between two blue ones is a flag."""

TRIM_LEVELS = 10
"""Levels by which a border's pixels may differ: compression leaves ripples beside the picture."""


@dataclass(frozen=True)
class Exposure:
    """How light a picture is.

    Attributes
    ----------
    clipped
        Share of pixels without any drawing left in the lights; 0 where they are the ground around an object, or end
        abruptly as in drawings.
    lightest
        Level below which 98 % of the pixels lie.
    """

    clipped: float
    lightest: int


def exposure(levels: Gray) -> list[Exposure]:
    """Share of clipped pixels, and how light the lights are, of each picture."""
    total = levels[0].size
    counts = np.cumsum([np.bincount(one.ravel(), minlength=256) for one in levels], axis=1)
    lightest = (counts < 0.98 * total).sum(axis=1)
    ground = _corners(levels).min(axis=1) >= CLIPPED
    clipped = total - counts[:, CLIPPED - 1]
    abrupt = counts[:, CLIPPED - 1] - counts[:, LIGHT - 1] < ROLL_OFF * clipped
    shares = np.where(ground | abrupt, 0.0, clipped / total)
    return [Exposure(float(share), int(light)) for share, light in zip(shares, lightest, strict=True)]


def corners(levels: Gray) -> list[int | None]:
    """Level of the four corners of each picture, when all their pixels are nearly of one level; else None."""
    pixels = _corners(levels)
    pairs = zip(pixels.min(axis=1).tolist(), pixels.max(axis=1).tolist(), strict=True)
    return [(low + high) // 2 if high - low <= TRIM_LEVELS else None for low, high in pairs]


def _corners(levels: Gray) -> Gray:
    """Pixels of the four corners of each picture, (N, 4 × CORNER²)."""
    ends = (slice(CORNER), slice(-CORNER, None))
    return np.concatenate([levels[:, y, x].reshape(len(levels), -1) for y in ends for x in ends], axis=1)


def _plain(levels: Gray) -> npt.NDArray[np.bool_]:
    """Pixels of exactly the level of their neighbours at the right and below."""
    here, right, below = levels[:, :-1, :-1], levels[:, :-1, 1:], levels[:, 1:, :-1]
    same: npt.NDArray[np.bool_] = (here == right) & (here == below)
    return same


def flatness(levels: Gray) -> list[float]:
    """Share of neighbours of exactly the same level, clipped ones apart: near 1 in flat art, small in photographs."""
    here = levels[:, :-1, :-1]
    open_ = (here > DARK) & (here < CLIPPED)
    count, flat = (np.count_nonzero(part, axis=(1, 2)) for part in (open_, open_ & _plain(levels)))
    found: list[float] = np.where(count <= 0.01 * here[0].size, 1.0, flat / np.maximum(1, count)).tolist()
    return found


# ---------------------------------------------------------------- blur


def blur(levels: Gray) -> list[float | None]:
    """How little a further blur changes the sharpest parts of each picture: 0 sharp, 1 blurred; None without detail.

    The blur effect of Crete et al. (2007), taken block by block: a subject in focus before a soft ground is sharp, and
    so are flat shapes with hard outlines on a slope of colour.
    """
    if min(levels.shape[1:]) < LEAST_SIDE:
        return [None] * len(levels)
    along = [_blur_along(levels, axis) for axis in (1, 2)]
    kept, steps = (np.stack([pair[part] for pair in along]) for part in (0, 1))
    telling = steps.max(axis=0) >= LEAST_STEP * BLOCK * BLOCK
    effect = kept.sum(axis=0) / np.maximum(1, steps.sum(axis=0))
    told = [one[tell] for one, tell in zip(effect, telling, strict=True)]
    return [low_quantile(one, 0.1) if len(one) >= 2 else None for one in told]


def low_quantile(values: Floats, share: float) -> float:
    """The value below which a share of them lies; a tenth of the time of numpy's own, which counts for each picture."""
    place = int(share * (len(values) - 1))
    return float(np.partition(values, place)[place])


def _blur_along(levels: Gray, axis: int) -> tuple[Floats, Floats]:
    """For each block: the part of the steps along an axis that a blur over 9 pixels leaves, and the steps.

    Two neighbours of a picture blurred over 9 pixels differ by a ninth of what lies 9 pixels apart.
    """
    turned = levels.swapaxes(1, axis)[:, :, 5:-4]
    steps = np.abs(turned[:, 5:-4] - turned[:, 4:-5])
    left = np.minimum(9 * steps, np.abs(turned[:, 9:] - turned[:, :-9]))  # in whole numbers: a third of the time
    kept, all_steps = (blocks(part.swapaxes(1, axis)) for part in (left, steps))
    return kept / np.float32(9), all_steps


def blocks(values: npt.NDArray[Any]) -> Floats:
    """Sums over blocks of BLOCK × BLOCK of each picture (N, H, W); what does not fill a block is left off."""
    height, width = values.shape[1:]
    return np.asarray(_adder(height).T @ values.astype(np.float32) @ _adder(width))


@lru_cache(maxsize=512)
def _adder(extent: int) -> Floats:
    """A matrix (extent, blocks) that adds up blocks: a product with it takes a fifth of the time of sums."""
    count = extent // BLOCK
    found = np.zeros((extent, count), dtype=np.float32)
    for block in range(count):
        found[block * BLOCK : (block + 1) * BLOCK, block] = 1
    return found


# ---------------------------------------------------------------- noise


def noise(levels: Gray) -> list[tuple[float, float]] | None:
    """Standard deviation of each picture's noise in levels, and how much of it averaging over 2 × 2 pixels leaves.

    Immerkær's mask (1996) takes slopes and edges out; a low quantile over blocks takes texture out. White noise loses
    half under the averaging; hair, grass and print keep nearly all, or gain. None for pictures too small to tell.
    """
    if min(levels.shape[1:]) < LEAST_SIDE:
        return None
    fine = _grain(levels)
    even = levels[:, : levels.shape[1] // 2 * 2, : levels.shape[2] // 2 * 2]
    halved = (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) // 4
    return list(zip(fine, (a / max(b, 1e-6) for a, b in zip(_grain(halved), fine, strict=True)), strict=True))


def _grain(levels: Gray) -> list[float]:
    """Noise of the calm quarter of the blocks: sqrt(π/2)/6 · mean |response of the 3 × 3 mask| (Immerkær 1996, eq. 4)."""
    rows = levels[:, :-2] - 2 * levels[:, 1:-1] + levels[:, 2:]
    response = rows[:, :, :-2] - 2 * rows[:, :, 1:-1] + rows[:, :, 2:]
    means = blocks(np.abs(response)).reshape(len(levels), -1) / np.float32(BLOCK**2)
    return [math.sqrt(math.pi / 2) / 6 * low_quantile(one, 0.25) if one.size else 0.0 for one in means]


# ---------------------------------------------------------------- borders

Box = tuple[int, int, int, int]


def bordered(levels: Gray) -> list[float]:
    """Share of each picture that is border or letterbox; 0 for none, and for flat art, which likes frames."""
    edges = [np.ptp(levels[:, [0, -1]], axis=2), np.ptp(levels[:, :, [0, -1]], axis=1)]
    likely = (edges[0] <= TRIM_LEVELS).all(axis=1) | (edges[1] <= TRIM_LEVELS).all(axis=1)
    return [_bordered(one) if perhaps else 0.0 for one, perhaps in zip(levels, likely.tolist(), strict=True)]


def _bordered(picture: Gray) -> float:
    left, top, right, bottom = inner(picture)
    inside = picture[None, top:bottom, left:right]
    share = 1 - inside.size / picture.size
    if share <= 0 or flatness(inside)[0] >= FLAT_INSIDE:
        return 0.0
    return 0.0 if share > MOST_AROUND and _plain(inside).mean() >= PLAIN_INSIDE else share


def inner(picture: Gray) -> Box:
    """What lies inside the border or letterbox of a picture (H, W): left, top, right, bottom; all of it where there is none.

    A border is of one colour on opposite sides and ends along a straight line at which the picture begins at once; an
    object on a plain ground has no such line.
    """
    box = _inner(picture, ENDS)
    whole = (0, 0, picture.shape[1], picture.shape[0])
    around = box[0] > 0 and box[1] > 0
    return whole if around and _inner(picture, ENDS_AROUND) == whole else box


def _inner(picture: Gray, ends: float) -> Box:
    height, width = picture.shape
    top, bottom = _bars(picture, ends)
    left, right = _bars(picture[top : height - bottom].T, ends)
    return left, top, width - right, height - bottom


def _bars(picture: Gray, share: float) -> tuple[int, int]:
    """Rows of border at the first and the last side along the first axis; none unless both are there and end sharply."""
    low, high = picture.min(axis=1), picture.max(axis=1)
    plain = high - low <= TRIM_LEVELS
    if not (plain[0] and plain[-1]) or plain.all() or abs(int(low[0]) - int(low[-1])) > TRIM_LEVELS:
        return 0, 0
    first = int(np.argmin(plain & (np.abs(low - low[0]) <= TRIM_LEVELS)))
    last = int(np.argmin((plain & (np.abs(low - low[-1]) <= TRIM_LEVELS))[::-1]))
    ends = _ends_sharply(picture, first, int(low[0]), share) and _ends_sharply(picture[::-1], last, int(low[-1]), share)
    return (first, last) if ends else (0, 0)


def _ends_sharply(picture: Gray, rows: int, ground: int, share: float) -> bool:
    """Whether most of the second row behind the border has left its colour (the first may be a mix of both)."""
    apart = np.abs(picture - ground) > TRIM_LEVELS
    behind = apart[min(rows + 1, len(picture) - 1)][apart.any(axis=0)]  # a frame's other sides have no picture behind them
    return float(np.mean(behind)) >= share if behind.size else False
