"""Small pictures for the wall: as the item is, upright, with its transparency; made once and kept."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Container
from pathlib import Path

from PIL import Image

from desktop_app.data import images
from desktop_app.data.inventory import Item
from desktop_app.data.mending import load
from desktop_app.project.errors import GensmithError


def thumbnail(item: Item, side: int, data_folder: Path) -> bytes | Path:
    """Give an item's picture within a square of ``side`` pixels, as a file or, where none can be written, as its bytes.

    Small drawings are enlarged by whole numbers so that their pixels stay crisp. Any thread may call it.

    Raises
    ------
    GensmithError
        The file cannot be decoded (code 3).
    """
    path = data_folder / "thumbnails" / str(side) / item.digest[:2] / item.digest
    if item.digest and path.is_file():
        return path
    try:
        image = load(
            item.path, frame=item.frame, mend=item.mend, side=max(side, images.DRAFT_SIDE) if item.mend else side
        ).image
    except images.PictureError as error:
        raise GensmithError(f"{item.path.name}: {error.message}", code=3) from error
    content = _packed(_within(image, side))
    return path if item.digest and _kept(path, content) else content


def clear(data_folder: Path, needed: Container[str]) -> None:
    """Remove the thumbnails of pictures that are no more, or have been mended: all but those of the digests ``needed``."""
    for path in (data_folder / "thumbnails").glob("*/*/*"):
        if path.name not in needed and not path.name.startswith("."):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _within(image: Image.Image, side: int) -> Image.Image:
    longest = max(image.size)
    if longest > side:
        scale = side / longest
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    times = side // longest
    return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST) if times > 1 else image


def _packed(image: Image.Image) -> bytes:
    """PNG for transparency and for drawings of few colours, JPEG for the rest."""
    stream = io.BytesIO()
    if image.mode == "RGBA" or image.getcolors(256) is not None:
        image.save(stream, "PNG", compress_level=1)
    else:
        image.save(stream, "JPEG", quality=88)
    return stream.getvalue()


def _kept(path: Path, content: bytes) -> bool:
    """Put a thumbnail in its place in one step. It is a cache: not flushed, and a disk that refuses is no failure."""
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        return False
    return True
