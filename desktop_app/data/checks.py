"""What one decoding tells about a picture, and which findings follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

from desktop_app.data import images
from desktop_app.data.inventory import Finding
from desktop_app.project.document import Background, LeaveOutReason

FACTS_VERSION = 2
"""Raise it when :func:`measure` changes: cached facts of another version are measured again."""

SIGNATURE_SIDE = 16
SMALLEST_SIDE = 8
"""Pictures with a side below this, in pixels, are left out."""

BLANK_SPREAD = 10
"""Levels (of 255) between the darkest and the lightest pixel up to which a picture counts as blank."""

BLANK_NOISE = (8, 40)
"""The same for a noisy one: levels after averaging to 16 pixels, and before."""

GRAY_SPREAD = 12
"""Levels between the colour channels up to which a pixel counts as gray (JPEG rounds them apart)."""

ODD_ASPECT = 3.0
BLUR_LIMIT = 0.55
"""Blur effect (Crete et al. 2007, from 0 sharp to 1) from which on a picture may count as blurred."""

BLUR_SIDE = 128
"""Pixels of the shorter side at which blur is measured: what is sharp at this size is sharp enough to learn from."""


@dataclass(frozen=True)
class Facts:
    """What is measured on a file once and then remembered.

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
    hash
        Its coarse structure in 8 bytes.
    spread, coarse_spread
        Levels between darkest and lightest, in full and in the signature.
    blur
        Blur effect, 0 sharp to 1; None where it means nothing (small pictures, pixel art, next to no detail).
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
    hash: bytes = b""
    spread: int = 0
    coarse_spread: int = 0
    blur: float | None = None
    several: bool = False


def measure(path: Path, background: Background) -> Facts:
    """Decode a file and measure it; what cannot be read is a fact as well."""
    try:
        decoded = images.decode(path)
    except images.PictureError as error:
        return Facts(problem=error.reason, message=error.message)
    transparent = decoded.image.mode == "RGBA"
    image = images.on_ground(decoded.image, background)
    pixels = np.asarray(image)
    block = images.block_side(pixels)
    coarse = _coarse(image)
    signature = coarse.resize((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.Resampling.BOX)
    gray = coarse.convert("L")
    drawn = block > 1 or images.is_pixel_art(image)
    return Facts(
        ground=background if transparent else "",
        width=decoded.width,
        height=decoded.height,
        channels=4 if transparent else 1 if _is_gray(image, signature) else 3,
        native_width=image.width // block if block > 1 else decoded.width,
        native_height=image.height // block if block > 1 else decoded.height,
        digest=_digest(pixels, decoded.width, decoded.height),
        signature=signature.tobytes(),
        hash=structure_hash(gray),
        spread=_spread(image),
        coarse_spread=_spread(signature),
        blur=None if drawn else _blur_effect(gray),
        several=decoded.several,
    )


def _coarse(image: Image.Image) -> Image.Image:
    """The picture averaged down by a whole number to the smallest size whose shorter side has BLUR_SIDE pixels or more."""
    factor = max(1, min(image.size) // BLUR_SIDE)
    return image.reduce(factor) if factor > 1 else image


def _digest(pixels: images.Pixels, width: int, height: int) -> str:
    digest = hashlib.blake2b(f"{width}x{height}:{pixels.shape}:".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


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


def _cosines(count: int, extent: int) -> npt.NDArray[np.float32]:
    """The first ``count`` rows of the discrete cosine transform (DCT-II) of ``extent`` points."""
    rows, points = np.arange(count)[:, None], np.arange(extent)[None]
    return np.cos(np.pi * rows * (2 * points + 1) / (2 * extent)).astype(np.float32)


_COSINES = _cosines(8, 32)


def structure_hash(gray: Image.Image) -> bytes:
    """64 bits of coarse structure: signs of the 8 × 8 lowest cosine coefficients against their median (pHash)."""
    pixels = np.asarray(gray.resize((32, 32), Image.Resampling.BOX), dtype=np.float32)
    low = (_COSINES @ pixels @ _COSINES.T).ravel()
    return np.packbits(low > np.median(low[1:])).tobytes()


def _blur_effect(gray: Image.Image) -> float | None:
    """How little a further blur changes a picture (Crete et al. 2007): 0 sharp, 1 blurred; None without detail."""
    if min(gray.size) < 64:
        return None
    sharp = np.asarray(gray, dtype=np.int16)
    if float(sharp.std()) < 8:
        return None
    return max(_blur_along(gray, sharp, axis) for axis in (0, 1))


def _blur_along(gray: Image.Image, sharp: npt.NDArray[np.int16], axis: int) -> float:
    """Share of the steps between neighbours that a blur over 9 pixels along the axis leaves."""
    blurred = np.asarray(gray.filter(ImageFilter.BoxBlur((0, 4) if axis == 0 else (4, 0))), dtype=np.int16)
    steps, left = np.abs(np.diff(sharp, axis=axis)), np.abs(np.diff(blurred, axis=axis))
    lost = int(np.maximum(0, steps - left).sum())
    return 1 - lost / max(1, int(steps.sum()))


# ---------------------------------------------------------------- findings


def findings(facts: Facts, size: int, typical_blur: float) -> list[Finding]:
    """Everything to say about one picture by itself; duplicates are found between pictures.

    Parameters
    ----------
    size
        Side of the square that the model will see, in pixels.
    typical_blur
        Median blur effect of all pictures.
    """
    if facts.problem:
        return [Finding(facts.problem, facts.message, "bad")]
    checks = (_too_small(facts), _blank(facts), _small(facts, size), _aspect(facts), _blurred(facts, typical_blur))
    found = [finding for finding in checks if finding is not None]
    if facts.several:
        found.append(Finding("several pictures", "It holds several pictures; the first one is used.", "care"))
    return found


def _bad(reason: LeaveOutReason, message: str, measure: float, threshold: float) -> Finding:
    return Finding(reason, message, "bad", measure, threshold)


def _too_small(facts: Facts) -> Finding | None:
    shorter = min(facts.width, facts.height)
    if shorter >= SMALLEST_SIDE:
        return None
    message = f"{facts.width} × {facts.height} pixels are too few; each side needs at least {SMALLEST_SIDE}."
    return _bad("too small", message, shorter, SMALLEST_SIDE)


def _blank(facts: Facts) -> Finding | None:
    coarse, full = BLANK_NOISE
    if facts.spread <= BLANK_SPREAD:
        return _bad("blank", "It is all of one colour.", facts.spread, BLANK_SPREAD)
    if facts.coarse_spread <= coarse and facts.spread <= full:
        return _bad("blank", "There is nothing on it but noise.", facts.coarse_spread, coarse)
    return None


def _small(facts: Facts, size: int) -> Finding | None:
    longer = max(facts.native_width, facts.native_height)
    if longer * 2 > size or _too_small(facts):
        return None
    message = f"Much smaller than the others: {facts.width} × {facts.height} pixels for a model of {size}."
    return Finding("small", message, "care", longer, size / 2)


def _aspect(facts: Facts) -> Finding | None:
    longer, shorter = max(facts.width, facts.height), max(1, min(facts.width, facts.height))
    if longer / shorter <= ODD_ASPECT:
        return None
    kind = "wide" if facts.width > facts.height else "tall"
    message = f"Very {kind}: {facts.width} × {facts.height}. Only its middle is learned when it is cropped to a square."
    return Finding("odd shape", message, "care", longer / shorter, ODD_ASPECT)


def _blurred(facts: Facts, typical: float) -> Finding | None:
    limit = max(BLUR_LIMIT, typical + 0.2)
    if facts.blur is None or facts.blur <= limit:
        return None
    sharpness, others = round(100 * (1 - facts.blur)), round(100 * (1 - typical))
    return Finding("blurred", f"Blurred: sharpness {sharpness} of 100 (others {others}).", "care", facts.blur, limit)


def typical_blur(facts: Sequence[Facts]) -> float:
    """Median blur effect of the pictures that have one; 0 when none has."""
    values = [fact.blur for fact in facts if fact.blur is not None]
    return float(np.median(values)) if values else 0.0
