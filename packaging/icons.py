"""Draw the application's icon in every size and format that systems ask for: ``icons.py FOLDER`` (needs PySide6, Pillow)."""

import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PIL import Image
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE = Path(__file__).resolve().parent.parent / "resources" / "icons" / "gensmith.svg"
SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def draw(side: int, path: Path) -> None:
    """The icon as a PNG file of ``side`` pixels."""
    picture = QImage(side, side, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    QSvgRenderer(str(SOURCE)).render(painter)
    painter.end()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not picture.save(str(path)):
        raise SystemExit(f"{path} could not be written.")


def main(folder: Path) -> None:
    """``hicolor/`` for Linux, ``gensmith.ico`` for Windows, ``gensmith.icns`` for macOS."""
    paths = [folder / f"hicolor/{side}x{side}/apps/gensmith.png" for side in SIZES]
    for side, path in zip(SIZES, paths, strict=True):
        draw(side, path)
    scalable = folder / "hicolor/scalable/apps"
    scalable.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOURCE, scalable)
    largest = Image.open(paths[-1])
    largest.save(folder / "gensmith.ico", sizes=[(side, side) for side in SIZES if side <= 256])
    largest.save(folder / "gensmith.icns")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
