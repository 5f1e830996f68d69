"""Sample projects that ship with Gensmith: pixel sprites drawn by itself, and real handwritten digits."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from desktop_app.data.images import Pixels
from desktop_app.data.inventory import Pace, Progress
from desktop_app.data.sprites import KINDS, distinct, draw
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import new_folder
from desktop_app.project.resources import resource

SPRITES_PER_KIND = 300


@dataclass(frozen=True)
class Sample:
    """A set of pictures to try Gensmith with.

    Attributes
    ----------
    credit, licence
        Whom to name, and under which terms the pictures may be used.
    size
        Side of each picture in pixels.
    count
        Number of pictures.
    """

    name: str
    title: str
    description: str
    credit: str
    licence: str
    size: int
    count: int


SAMPLES: dict[str, Sample] = {
    "sprites": Sample(
        "sprites",
        "Pixel sprites",
        "1,500 little figures of five kinds, 16 × 16 pixels.",
        "Drawn by Gensmith.",
        "MIT",
        16,
        SPRITES_PER_KIND * len(KINDS),
    ),
    "digits": Sample(
        "digits",
        "Handwritten digits",
        "1,797 real digits, 0 to 9, 8 × 8 pixels.",
        "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository.",
        "CC BY 4.0",
        8,
        1797,
    ),
}


def write_sample(name: str, folder: Path, progress: Progress | None = None) -> Path:
    """Write a sample as PNG files, a sub-folder for each kind; returns ``folder``, replaced when it was there.

    Raises
    ------
    GensmithError
        There is no such sample, or the disk refuses.
    """
    if name not in SAMPLES:
        raise GensmithError(f"There is no sample called “{name}”.", f"Choose one of: {', '.join(SAMPLES)}.")
    sample = SAMPLES[name]
    pace = Pace(sample.count, progress, None)
    with new_folder(folder, durable=False) as temporary:
        pictures = _sprites() if name == "sprites" else _digits()
        for number, (kind, file, pixels) in enumerate(pictures):
            (temporary / kind).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(temporary / kind / file, compress_level=1)
            pace.step(number + 1)
    return folder


def sample_pictures(name: str, count: int) -> list[Pixels]:
    """The first pictures of a sample, all kinds in turn, to show what it is; each uint8 (H, W) or (H, W, C)."""
    if name == "sprites":
        return [draw(KINDS[number % len(KINDS)], number // len(KINDS)) for number in range(count)]
    return [pixels for _, _, pixels in itertools.islice(_digits(), count)]


def _sprites() -> Iterator[tuple[str, str, Pixels]]:
    for kind in KINDS:
        for number, pixels in enumerate(distinct(kind, SPRITES_PER_KIND)):
            yield kind, f"{kind}_{number:04d}.png", pixels


def _digits() -> Iterator[tuple[str, str, Pixels]]:
    with np.load(resource("samples/digits.npz"), allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"]
    levels = np.rint(255 - images * (255 / 16)).astype(np.uint8)
    for number, (pixels, label) in enumerate(zip(levels, labels, strict=True)):
        yield str(label), f"digit_{number:04d}.png", pixels
