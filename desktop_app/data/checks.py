"""What one decoding tells about a picture: measured once, remembered, and what all findings follow from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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


def measure(load: Callable[[], images.Decoded], recipe: images.Recipe) -> Measured:
    """Decode a picture and measure it; what cannot be read is a fact as well."""
    try:
        decoded = load()
    except images.PictureError as error:
        return Measured(Facts(problem=error.reason, message=error.message))
    return _measured(decoded, recipe)


def _measured(decoded: images.Decoded, recipe: images.Recipe) -> Measured:
    background = recipe.background
    transparent = decoded.image.mode == "RGBA"
    image = images.on_ground(decoded.image, background)
    pixels = np.asarray(image)
    block = images.block_side(pixels)
    small = images.reduced(image, block)
    drawn = block > 1 or images.is_pixel_art(image)
    coarse = _coarse(image)
    signature = coarse.resize((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.Resampling.BOX)
    facts = Facts(
        ground=background if transparent else "",
        width=decoded.width,
        height=decoded.height,
        channels=4 if transparent else 1 if _is_gray(image, signature) else 3,
        native_width=small.width if block > 1 else decoded.width,
        native_height=small.height if block > 1 else decoded.height,
        digest=_digest(pixels, decoded.width, decoded.height),
        signature=signature.tobytes(),
        spread=spread if (spread := _spread(signature)) > CONTRAST else _spread(image),
        coarse_spread=spread,
        several=decoded.several,
        **_quality(coarse, drawn=drawn, transparent=transparent),
    )
    return Measured(facts, np.asarray(images.fit_native(small, recipe, drawn=drawn)))


def _quality(coarse: Image.Image, *, drawn: bool, transparent: bool) -> dict[str, Any]:
    """The fields of :class:`Facts` that tell good photographs from bad ones."""
    if drawn:
        return {"flatness": 1.0}
    gray = coarse.convert("L")
    levels = np.asarray(gray, dtype=np.int16)
    noise = measures.noise(levels)
    found: dict[str, Any] = {"blur": measures.blur(levels), "flatness": measures.flatness(levels)}
    if noise is not None:
        found |= {"grain": noise[0], "grain_kept": noise[1]}
    if not transparent and min(gray.size) >= PHOTO_SIDE:  # a cut-out object lies on a ground of our own
        light = measures.exposure(gray, levels)
        found |= {"clipped": light.clipped, "lightest": light.lightest, "border": measures.bordered(levels)}
        found["corners"] = measures.corners(levels)
    return found


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


def _is_gray(image: Image.Image, signature: Image.Image) -> bool:
    coarse = np.asarray(signature)
    if int(np.ptp(coarse, axis=2).max()) > GRAY_SPREAD:
        return False
    red, green, blue = image.split()
    pairs = (ImageChops.difference(red, green), ImageChops.difference(green, blue), ImageChops.difference(red, blue))
    return all(cast("tuple[int, int]", pair.getextrema())[1] <= GRAY_SPREAD for pair in pairs)
