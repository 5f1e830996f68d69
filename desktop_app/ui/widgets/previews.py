"""Pictures that the model draws while it learns: large, the same seeds in the same places, with a timeline to look back."""

from __future__ import annotations

import time
from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QToolTip, QVBoxLayout, QWidget

from desktop_app.project.runs import Preview
from desktop_app.ui import theme
from desktop_app.ui.widgets.labels import ElidedLabel, Label

GAP = 6
KEPT = 48
"""Sheets kept decoded, for quick scrubbing."""
HARD = 64
"""Pictures up to this side keep hard pixels."""


class Sheets:
    """Decoded preview sheets, the newest used ones kept."""

    def __init__(self) -> None:
        self._images: OrderedDict[tuple[Path, float], QImage] = OrderedDict()

    def image(self, path: Path, drawn: float = 0.0) -> QImage | None:
        """The sheet that was drawn at that time, or None when it cannot be read; a later one may have the same file."""
        key = (path, drawn)
        if key not in self._images:
            image = QImage(str(path))
            if image.isNull():
                return None
            self._images[key] = image.convertToFormat(QImage.Format.Format_RGB32)
            if len(self._images) > KEPT:
                self._images.popitem(last=False)
        self._images.move_to_end(key)
        return self._images[key]

    def clear(self) -> None:
        self._images.clear()


class PreviewWall(QWidget):
    """One sheet, cut into its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self._sheet: QImage | None = None
        self._preview: Preview | None = None
        self._hint = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Pictures drawn by the model")

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 240)

    def show_sheet(self, sheet: QImage | None, preview: Preview | None, hint: str = "") -> None:
        """Show a sheet, or ``hint`` in its place."""
        self._sheet, self._preview, self._hint = sheet, preview, hint
        if preview is not None:
            self.setAccessibleDescription(f"{preview.count} pictures drawn at step {preview.step:,}")
        self.update()

    @property
    def columns(self) -> int:
        return max(1, self._preview.columns) if self._preview else 6

    @property
    def rows(self) -> int:
        return max(1, -(-self._preview.count // self.columns)) if self._preview else 6

    def cell(self, index: int) -> QRect:
        """Where picture ``index`` stands; whole device-independent pixels, so that edges are sharp."""
        side = self._side()
        row, column = divmod(index, self.columns)
        return QRect(column * (side + GAP), row * (side + GAP), side, side)

    def _side(self) -> int:
        across = (self.width() - GAP * (self.columns - 1)) // self.columns
        down = (self.height() - GAP * (self.rows - 1)) // self.rows
        return max(8, min(across, down))

    def height_for(self, width: int) -> int:
        """Height that the pictures take when they fill ``width``."""
        side = (width - GAP * (self.columns - 1)) // self.columns
        return self.rows * (side + GAP) - GAP

    def grid_width(self) -> int:
        """Width that the pictures really take."""
        return self.columns * (self._side() + GAP) - GAP

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = self._preview.count if self._preview else self.rows * self.columns
        for index in range(count):
            self._paint_cell(painter, index)
        if self._sheet is None and self._hint:
            painter.setPen(theme.colour("quiet"))
            whole = QRect(0, 0, self.grid_width(), self.cell(count - 1).bottom())
            painter.drawText(whole, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)

    def _paint_cell(self, painter: QPainter, index: int) -> None:
        box = QRectF(self.cell(index))
        path = QPainterPath()
        path.addRoundedRect(box, 6, 6)
        painter.fillPath(path, theme.colour("raised", 1.0 if self._sheet else 0.5))
        if self._sheet is not None:
            part = self._part(index)
            painter.save()
            painter.setClipPath(path)
            smooth = part.width() > HARD or part.width() > box.width() * self.devicePixelRatio()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(box, self._sheet, part)
            painter.restore()
            painter.setPen(QPen(theme.colour("line", 0.6), 1))
            painter.drawPath(path)

    def _part(self, index: int) -> QRectF:
        """Picture ``index`` within the sheet."""
        assert self._sheet is not None
        width, height = self._sheet.width() / self.columns, self._sheet.height() / self.rows
        row, column = divmod(index, self.columns)
        return QRectF(column * width, row * height, width, height)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._preview:
            inside = [index for index in range(self._preview.count) if self.cell(index).contains(event.pos())]
            QToolTip.showText(event.globalPos(), self._about(inside[0]) if inside else "", self)
            return True
        return super().event(event)

    def _about(self, index: int) -> str:
        labels = self._preview.labels if self._preview else []
        return f"Picture {index + 1}" + (f" · {labels[index]}" if index < len(labels) else "")


class Timeline(QWidget):
    """A slider over all previews. At its right end it follows the newest."""

    moved = Signal(int)  # index of the preview to show

    def __init__(self) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Timeline of the previews")
        self.slider.setPageStep(5)
        self.slider.setEnabled(False)
        self.slider.valueChanged.connect(self.moved)
        self._first, self._last = Label("start", "quiet"), Label("now", "quiet")
        self.words = ElidedLabel("", "quiet")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._first)
        row.addWidget(self.slider, 1)
        row.addWidget(self._last)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.words)

    @property
    def at_end(self) -> bool:
        return self.slider.value() == self.slider.maximum()

    def set_count(self, count: int) -> None:
        """There are so many previews; at the end it stays at the end."""
        follow = self.at_end
        blocked = self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, count - 1))
        if follow:
            self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(blocked)
        self.slider.setEnabled(count > 1)

    def index(self) -> int:
        return self.slider.value()

    def go_to_end(self) -> None:
        self.slider.setValue(self.slider.maximum())


class Previews(QWidget):
    """The wall with its timeline, for one run."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path()
        self._previews: list[Preview] = []
        self._sheets = Sheets()
        self._working = False
        self.wall = PreviewWall()
        self.timeline = Timeline()
        self.timeline.moved.connect(lambda _: self._show())
        self.setFocusProxy(self.timeline.slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.wall, 1000)
        column.addWidget(self.timeline)
        column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Keep the timeline right under the pictures."""
        self.wall.setMaximumHeight(max(self.wall.minimumSizeHint().height(), self.wall.height_for(self.width())))

    def show_run(self, folder: Path) -> None:
        """Look at another run, from its newest preview on."""
        self._folder = folder
        self._sheets.clear()
        self._previews = []
        self.timeline.set_count(0)
        self._show()

    def show_previews(self, previews: list[Preview], *, working: bool) -> None:
        """These are all previews now; ``working`` promises further ones."""
        known = len(self._previews), self._previews[-1:], self._working
        self._previews, self._working = list(previews), working
        if (len(previews), previews[-1:], working) != known or not previews:  # a roll-back redraws what it had drawn
            self.timeline.set_count(len(previews))
            self._show()

    def current(self) -> Preview | None:
        """The preview that is shown."""
        return self._previews[min(self.timeline.index(), len(self._previews) - 1)] if self._previews else None

    def _show(self) -> None:
        preview = self.current()
        sheet = self._sheets.image(self._folder / preview.file, preview.time) if preview else None
        waiting = "The first pictures appear in a few seconds." if self._working else "No pictures were drawn in this run."
        self.wall.show_sheet(sheet, preview, "This preview cannot be read." if preview else waiting)
        self._fit()
        self.timeline.words.setText(self._about(preview))

    def _about(self, preview: Preview | None) -> str:
        if preview is None:
            return ""
        drawn = time.strftime("%H:%M", time.localtime(preview.time))
        back = " Drag to look back." if self.timeline.at_end and len(self._previews) > 1 else ""
        return f"Step {preview.step:,}, drawn at {drawn}. The same seeds at every moment.{back}"
