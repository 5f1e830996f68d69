"""What the window's tests share: material, and hands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.data.sprites import KINDS, draw
from desktop_app.project.runs import Run
from desktop_app.project.store import Project


def draw_pictures(folder: Path, count: int = 24, kinds: int = 2, side: int = 16) -> Path:
    """``count`` sprites in sub-folders, as PNG files; none alike."""
    for number in range(count):
        kind = KINDS[number % kinds]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(draw(kind, number // kinds)).resize((side, side), Image.Resampling.NEAREST)
        image.save(folder / kind / f"{kind} {number:03d}.png")
    return folder


def spoil(folder: Path) -> Path:
    """Add to a folder of pictures what people have among theirs: one for each reason to leave out."""
    first = next(folder.rglob("*.png"))
    (folder / first.parent.name / "twin.png").write_bytes(first.read_bytes())
    (folder / "cut short.png").write_bytes(first.read_bytes()[:80])
    (folder / "notes.txt").write_text("bread, milk", encoding="utf-8")
    Image.new("RGB", (64, 64), "white").save(folder / "empty page.png")
    Image.new("RGB", (3, 3), "red").save(folder / "крошка.png")
    return folder


def noise(path: Path, side: int = 96, blur: float = 0.0) -> Path:
    """A picture of coloured noise, sharp or blurred."""
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    (image.filter(ImageFilter.GaussianBlur(blur)) if blur else image).save(path)
    return path


def drop(target: QWidget, paths: list[Path]) -> None:
    """Drag files over a widget and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    none = Qt.KeyboardModifier.NoModifier
    action, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(40, 40), action, data, left, none)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(40, 40), action, data, left, none, QEvent.Type.Drop))


def shown(widget: QWidget, kind: type[QWidget] = QWidget) -> list[QWidget]:
    """Everything of a kind below a widget that a person sees."""
    return [part for part in widget.findChildren(kind) if part.isVisible()]


def words_on(widget: QWidget) -> str:
    """All text that is shown."""
    from PySide6.QtWidgets import QAbstractButton, QLabel

    labels = [part.full_text() if hasattr(part, "full_text") else part.text() for part in shown(widget, QLabel)]
    return "\n".join([*labels, *(part.text() for part in shown(widget, QAbstractButton))])


def only_run(folder: Path) -> Run:
    """The run of a project, the newest where there are several."""
    with Project.open(folder, read_only=True) as project:
        return project.runs()[-1]
