"""Generated pictures as files: PNG with a record of where they come from, and contact sheets."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from desktop_app.project.files import write_bytes
from desktop_app.runtime.origins import Origin, Spot
from desktop_app.runtime.records import of_origin

UInt8 = NDArray[np.uint8]
Ground = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Picture:
    """One generated picture.

    Attributes
    ----------
    number
        Its place in what was asked for, from 0.
    origin
        What it was drawn from.
    label
        Class that was asked for; None without classes.
    array
        uint8 (H, W, C), C = 1 or 3.
    record
        What is written into the PNG beside its origin: model, settings.
    """

    number: int
    origin: Origin
    label: str | None
    array: UInt8
    record: dict[str, str] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """Number of the picture in the series of its seed; of one that comes from no seed alone, in what was asked for."""
        return self.origin.index if isinstance(self.origin, Spot) else self.number

    @property
    def seed(self) -> int | None:
        """Seed of its series; None when it comes from no seed alone."""
        return self.origin.seed if isinstance(self.origin, Spot) else None

    def png(self) -> bytes:
        """The picture as a PNG file with its record as text."""
        return encode_png(self.array, {"Software": "Gensmith", **self.record, **of_origin(self.origin, self.label)})

    def save(self, path: Path) -> Path:
        """Write the PNG whole or not at all."""
        write_bytes(path, self.png())
        return path


def to_image(array: UInt8) -> Image.Image:
    """An array (H, W, 1) or (H, W, 3) as a Pillow image."""
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def enlarged(pictures: UInt8, times: int) -> UInt8:
    """Pictures (N, H, W, C) with every pixel drawn as a square."""
    return pictures.repeat(times, axis=1).repeat(times, axis=2)


def encode_png(array: UInt8, record: dict[str, str]) -> bytes:
    """A PNG file of ``array`` (H, W, C) with ``record`` as international text chunks (any script)."""
    info = PngInfo()
    for key, value in record.items():
        info.add_itxt(key, value)
    stream = io.BytesIO()
    to_image(array).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def contact_sheet(
    pictures: UInt8, columns: int | None = None, *, scale: int = 1, gap: int = 2, ground: Ground = (255, 255, 255)
) -> Image.Image:
    """Lay pictures (N, H, W, C) out in rows, left to right.

    Parameters
    ----------
    columns
        Pictures in a row; None makes the sheet about square.
    scale
        Whole number by which every pixel is repeated.
    gap
        Pixels between the pictures and around them, not scaled.
    """
    count, height, width, channels = pictures.shape
    columns = max(1, min(columns or math.ceil(math.sqrt(count)), count or 1))
    rows = max(1, math.ceil(count / columns))
    tall, wide = height * scale + gap, width * scale + gap
    sheet = np.empty((rows * tall + gap, columns * wide + gap, 3), np.uint8)
    sheet[:] = ground
    large = pictures.repeat(scale, axis=1).repeat(scale, axis=2)
    for number, picture in enumerate(large if channels == 3 else large.repeat(3, axis=3)):
        top, left = gap + number // columns * tall, gap + number % columns * wide
        sheet[top : top + height * scale, left : left + width * scale] = picture
    return Image.fromarray(sheet)
