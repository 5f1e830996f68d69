"""What one decoding tells about a picture: measured once, remembered, and what all findings follow from."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from PIL import Image, ImageChops

from desktop_app.data import images, measures

FACTS_VERSION = 5
"""Raise it when :func:`measure` changes: cached facts of another version are measured again."""

SIGNATURE_SIDE = 16
CONTRAST = 64
"""Levels between darkest and lightest from which on it does not matter how many exactly."""

GRAY_SPREAD = 12
"""Levels between the colour channels up to which a pixel counts as gray (JPEG rounds them apart)."""

PHOTO_SIDE = 96
"""Pixels of the shorter side below which light and borders are not judged: what is so small is mostly drawn."""

MEASURED_SIDE = 128
"""Pixels of the shorter side at which quality is measured: what is sharp at this size is sharp enough to learn from."""


ENDED = "Reading it ended the program that reads pictures: it is damaged, or the memory was full."
"""Why a file gives no picture where it took a process along. It is never read beside anything else again."""


@dataclass(frozen=True)
class Facts:
    """What is measured on a picture once and then remembered.

    Attributes
    ----------
    problem, message
        Why there is no picture; empty when there is one.
    ground
        Ground that the transparent parts were laid on; empty for opaque pictures, whose facts hold on any ground.
    native_width, native_height
        Size in pixels once enlarged pixel art is taken back.
    signature
        16 × 16 RGB pixels, bytes in row order.
    spread, coarse_spread
        Levels between darkest and lightest, in full (as far as needed to tell that it is not blank) and in the signature.
    blur
        Blur effect of the sharpest parts, 0 sharp to 1; None where it means nothing (small pictures, pixel art, no detail).
    grain, grain_kept
        Noise in levels, and how much of it an averaging over 2 × 2 pixels leaves; None where it means nothing.
    flatness
        Share of neighbours of exactly the same level: near 1 in flat art.
    clipped, lightest
        Share of pixels without drawing in the lights; how light the lights are, in levels. None for flat art.
    border
        Share of the picture that is border or letterbox.
    corners
        Level of the four corners where they are plain and alike, as of a ground around something; None where they are not.
    several
        The file holds further pictures.
    """

    problem: str = ""
    message: str = ""
    ground: str = ""
    width: int = 0
    height: int = 0
    channels: int = 0
    native_width: int = 0
    native_height: int = 0
    digest: str = ""
    signature: bytes = b""
    spread: int = 0
    coarse_spread: int = 0
    blur: float | None = None
    grain: float | None = None
    grain_kept: float | None = None
    flatness: float = 0.0
    clipped: float | None = None
    lightest: int | None = None
    border: float = 0.0
    corners: int | None = None
    several: bool = False


@dataclass(frozen=True)
class Measured:
    """Facts, and the picture as the model will see it, uint8 (S, S, 3): decoding once serves both."""

    facts: Facts
    view: images.Pixels | None = None


@dataclass
class _Seen:
    """What the decoding of a picture left: facts by name, the view, and the gray levels that further facts follow from.

    No levels where there is no picture, or one drawn pixel by pixel. ``lit`` where its light and its borders tell something.
    """

    facts: dict[str, Any]
    view: images.Pixels | None = None
    levels: measures.Gray | None = None
    lit: bool = False


def measure(loads: Iterable[Callable[[], images.Decoded]], recipe: images.Recipe) -> list[Measured]:
    """Decode pictures, one after another, and measure them together; what cannot be read is a fact as well."""
    seen = [_seen(load, recipe) for load in loads]
    alike: defaultdict[tuple[tuple[int, ...], bool], list[_Seen]] = defaultdict(list)
    for one in seen:
        if one.levels is not None:
            alike[one.levels.shape, one.lit].append(one)
    for group in alike.values():
        _judge(group)
    return [Measured(Facts(**one.facts), one.view) for one in seen]


def _seen(load: Callable[[], images.Decoded], recipe: images.Recipe) -> _Seen:
    try:
        return _looked_at(load(), recipe)
    except images.PictureError as error:
        return _Seen({"problem": error.reason, "message": error.message})


def _looked_at(decoded: images.Decoded, recipe: images.Recipe) -> _Seen:
    background = recipe.background
    transparent = decoded.image.mode == "RGBA"
    image = images.on_ground(decoded.image, background)
    pixels = np.asarray(image)
    block = images.block_side(pixels)
    small = images.reduced(image, block)
    drawn = block > 1 or images.is_pixel_art(image)
    coarse = _coarse(image)
    tiny = coarse.resize((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.Resampling.BOX)
    signature, spread = tiny.tobytes(), _spread(tiny)
    facts = {
        "ground": background if transparent else "",
        "width": decoded.width,
        "height": decoded.height,
        "channels": 4 if transparent else 1 if _is_gray(image, signature) else 3,
        "native_width": small.width if block > 1 else decoded.width,
        "native_height": small.height if block > 1 else decoded.height,
        "digest": _digest(pixels, decoded.width, decoded.height),
        "signature": signature,
        "spread": spread if spread > CONTRAST else _spread(image),
        "coarse_spread": spread,
        "flatness": 1.0,
        "several": decoded.several,
    }
    view = np.asarray(images.fit_native(small, recipe, drawn=drawn))
    if drawn:
        return _Seen(facts, view)
    lit = not transparent and min(coarse.size) >= PHOTO_SIDE  # a cut-out object lies on a ground of our own
    return _Seen(facts, view, np.asarray(coarse.convert("L"), dtype=np.int16), lit)


def _judge(alike: Sequence[_Seen]) -> None:
    """Add the facts that tell good photographs from bad ones, to pictures whose levels have one shape."""
    levels = np.stack([one.levels for one in alike if one.levels is not None])
    found: dict[str, Sequence[Any]] = {"blur": measures.blur(levels), "flatness": measures.flatness(levels)}
    if (noise := measures.noise(levels)) is not None:
        found |= {"grain": [grain for grain, _ in noise], "grain_kept": [kept for _, kept in noise]}
    if alike[0].lit:
        light = measures.exposure(levels)
        found |= {"clipped": [one.clipped for one in light], "lightest": [one.lightest for one in light]}
        found |= {"border": measures.bordered(levels), "corners": measures.corners(levels)}
    for place, one in enumerate(alike):
        one.facts.update((name, values[place]) for name, values in found.items())


def _coarse(image: Image.Image) -> Image.Image:
    """The picture averaged down by a whole number to the smallest size whose shorter side has MEASURED_SIDE pixels or more."""
    factor = max(1, min(image.size) // MEASURED_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _digest(pixels: images.Pixels, width: int, height: int) -> str:
    digest = hashlib.sha256(f"{width}x{height}:{pixels.shape}:".encode())  # processors have instructions for it
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()[:32]


def _spread(image: Image.Image) -> int:
    bands = cast("tuple[tuple[int, int], ...]", image.getextrema())
    return max(high - low for low, high in bands)


_CELLS = range(0, 3 * SIGNATURE_SIDE**2, 3)
"""Where the colours of a signature begin."""


def _is_gray(image: Image.Image, signature: bytes) -> bool:
    if any(max(signature[place : place + 3]) - min(signature[place : place + 3]) > GRAY_SPREAD for place in _CELLS):
        return False  # most often the first cell tells
    red, green, blue = image.split()
    pairs = (ImageChops.difference(red, green), ImageChops.difference(green, blue), ImageChops.difference(red, blue))
    return all(cast("tuple[int, int]", pair.getextrema())[1] <= GRAY_SPREAD for pair in pairs)
