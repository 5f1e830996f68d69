"""Pictures that Gensmith has to learn pixel by pixel: its samples are pixel art, learned as one value of each square."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from desktop_app.data import write_sample

SIDE = 96


def write_smooth(name: str, folder: Path) -> Path:
    """A sample's pictures, enlarged without squares, in their sub-folders; returns ``folder``."""
    write_sample(name, folder)
    for path in sorted(folder.rglob("*.png")):
        with Image.open(path) as picture:
            large = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        large.save(path)
    return folder
