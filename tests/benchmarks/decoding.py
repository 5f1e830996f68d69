"""Decoding alone, in a module that a worker's process loads at once: what imports are held against."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def decode(path: Path) -> None:
    """What nobody can do without."""
    with Image.open(path) as image:
        image.convert("RGB").load()
