"""Mending a picture: turned, cut or padded by hand with a frame, a border taken off, denoised. Originals stay as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from desktop_app.data import measures
from desktop_app.data.checks import MEASURED_SIDE
from desktop_app.data.images import DRAFT_SIDE, Decoded, decode
from desktop_app.project.document import Mend

Floats = npt.NDArray[np.float32]

_TURNS = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
"""Clockwise degrees to Pillow's counter-clockwise names."""

RADIUS = 2
"""Pixels around each that denoising looks at, at the size at which noise is measured."""

STRENGTH = 2.0
"""Edges higher than so many standard deviations of the noise are kept."""

TRIM_MARGIN = 0.004
"""Share of the side that is cut off beyond a border: where the two are mixed."""


def load(path: Path, *, frame: int | None = None, mend: Mend | None = None, side: int = DRAFT_SIDE) -> Decoded:
    """Decode a picture and mend it; everything that shows or learns an item comes through here.

    Raises
    ------
    PictureError
        It cannot be decoded.
    """
    decoded = decode(path, side=side, frame=frame)
    return decoded if mend is None else mended(decoded, mend)


def mended(decoded: Decoded, mend: Mend) -> Decoded:
    """The picture with a person's changes, in this order: turn, frame, border, noise."""
    image = decoded.image
    scale = decoded.width / max(1, image.width)
    if mend.turn:
        image = image.transpose(_TURNS[mend.turn])
    if mend.frame is not None:
        image = framed(image, mend.frame)
    if mend.trim:
        image = trimmed(image)
    if mend.denoise:
        image = denoised(image)
    return Decoded(image, round(image.width * scale), round(image.height * scale), decoded.several)


def framed(image: Image.Image, frame: tuple[float, float, float, float]) -> Image.Image:
    """What lies in a frame (left, top, right, bottom, as shares of the sides); outside the picture it is padded.

    The padding is transparent, so that it takes the ground that is chosen for all.
    """
    left, top, right, bottom = (round(share * side) for share, side in zip(frame, (image.width, image.height) * 2, strict=True))
    box = (left, top, max(right, left + 1), max(bottom, top + 1))
    if left >= 0 and top >= 0 and box[2] <= image.width and box[3] <= image.height:
        return image.crop(box)
    return image.convert("RGBA").crop(box)


def trimmed(image: Image.Image) -> Image.Image:
    """The picture without its border or letterbox; itself where it has none."""
    factor = max(1, min(image.size) // MEASURED_SIDE)  # as it was measured: finer, compression's ripples would hide a border
    gray = image.convert("L")
    coarse = np.asarray(gray if factor == 1 else gray.reduce(factor), dtype=np.int16)
    left, top, right, bottom = measures.inner(coarse)
    if (left, top, right, bottom) == (0, 0, coarse.shape[1], coarse.shape[0]):
        return image
    spare = factor + round(TRIM_MARGIN * min(image.size))
    box = [left * factor, top * factor, min(image.width, right * factor), min(image.height, bottom * factor)]
    for side, (place, most) in enumerate(zip(box, (*image.size, *image.size), strict=True)):
        if 0 < place < most:
            box[side] = place + (spare if side < 2 else -spare)
    return image.crop((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))


def denoised(image: Image.Image) -> Image.Image:
    """Less noise with its edges kept: single stray pixels by a median, the rest by a guided filter (He et al. 2010)."""
    factor = max(1, min(image.size) // MEASURED_SIDE)
    coarse = np.asarray((image.reduce(factor) if factor > 1 else image).convert("L"), dtype=np.int16)
    noise = measures.noise(coarse[None])
    sigma = noise[0][0] * factor if noise else 8.0  # averaging over factor² pixels took the noise down by factor
    rgb = image.convert("RGB").filter(ImageFilter.MedianFilter(3))
    pixels = np.asarray(rgb, dtype=np.float32)
    radius = RADIUS * max(1, factor)
    smooth = np.stack([guided(pixels[..., c], radius, (STRENGTH * sigma) ** 2) for c in range(3)], axis=2)
    result = Image.fromarray(np.clip(np.rint(smooth), 0, 255).astype(np.uint8))
    if image.mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result


def guided(plane: Floats, radius: int, variance: float) -> Floats:
    """Guided filter of a plane (H, W) by itself: where it varies less than ``variance`` it becomes its mean."""
    mean = _box(plane, radius)
    spread = np.maximum(0, _box(plane * plane, radius) - mean * mean)
    slope = (spread / (spread + variance)).astype(np.float32)
    return np.asarray(_box(slope, radius) * plane + _box((mean * (1 - slope)).astype(np.float32), radius), dtype=np.float32)


def _box(plane: Floats, radius: int) -> Floats:
    """Mean over (2 radius + 1)² pixels, by running sums; the edge is repeated outside."""
    side = 2 * radius + 1
    for axis in (0, 1):
        edge = [(0, 0), (0, 0)]
        edge[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(plane, edge, mode="edge"), axis=axis, dtype=np.float64)
        first, last = (
            np.take(sums, range(*bounds), axis=axis) for bounds in ((0, plane.shape[axis]), (side, sums.shape[axis]))
        )
        plane = ((last - first) / side).astype(np.float32)
    return plane
