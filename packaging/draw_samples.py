"""Make the shipped sample files again: the digits from scikit-learn's copy, and a sheet of the sprites to look at.

Run as ``python packaging/draw_samples.py [SHEET.png]``; needs scikit-learn, which Gensmith itself does not.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from desktop_app.data.sprites import KINDS, SIDE, distinct

COLUMNS, ROWS, GAP, SCALE = 24, 3, 2, 4


def write_digits(path: Path) -> None:
    """Store images uint8 (1797, 8, 8) with levels 0-16 and labels uint8 (1797,)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    np.savez_compressed(path, images=digits.images.astype(np.uint8), labels=digits.target.astype(np.uint8))


def write_sheet(path: Path) -> None:
    """Draw a few sprites of each kind, enlarged, one kind below the other."""
    cell = SIDE + GAP
    sheet = np.full((len(KINDS) * ROWS * cell, COLUMNS * cell, 3), 255, dtype=np.uint8)
    for band, kind in enumerate(KINDS):
        for number, pixels in enumerate(distinct(kind, COLUMNS * ROWS)):
            top, left = (band * ROWS + number // COLUMNS) * cell, number % COLUMNS * cell
            sheet[top : top + SIDE, left : left + SIDE] = pixels
    picture = Image.fromarray(sheet)
    picture.resize((picture.width * SCALE, picture.height * SCALE), Image.Resampling.NEAREST).save(path)


if __name__ == "__main__":
    samples = Path(__file__).resolve().parent.parent / "resources" / "samples"
    write_digits(samples / "digits.npz")
    print(f"Wrote {samples / 'digits.npz'}")
    if len(sys.argv) > 1:
        write_sheet(Path(sys.argv[1]))
        print(f"Wrote {sys.argv[1]}")
