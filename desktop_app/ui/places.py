"""Where a person keeps things, and how the system shows them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices


def pictures_folder() -> Path:
    """Where the person keeps pictures."""
    return _place(QStandardPaths.StandardLocation.PicturesLocation)


def documents_folder() -> Path:
    """Where the person keeps documents."""
    return _place(QStandardPaths.StandardLocation.DocumentsLocation)


def _place(where: QStandardPaths.StandardLocation) -> Path:
    return Path(QStandardPaths.writableLocation(where) or Path.home())


def show(path: Path) -> bool:
    """Show a folder, or a file, in the program that the system has for it; False where there is none."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
