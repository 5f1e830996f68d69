"""A map of the two clouds: like pictures lie close together; the one under the mouse is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.jobs import tasks
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.runs import Run
from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.widgets import Label
from desktop_app.ui.widgets.picture_grid import Tile
from desktop_app.ui.widgets.pictures import scaled

MOST = 600
"""Points of a kind: more would cover each other."""
_MARGIN, _NEAR, _THUMB = 14.0, 14.0, 96


@dataclass(frozen=True)
class Places:
    """Where the first pictures of each kind lie, (N, 2) in the square from 0 to 1, and the tiles to show."""

    real: NDArray[np.float64]
    drawn: NDArray[np.float64]
    real_tiles: list[Tile]
    drawn_tiles: list[Tile]


class Field(QWidget):
    """Paints the points; the picture nearest to the mouse appears beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.places: Places | None = None
        self.under: Tile | None = None
        self._at = QPointF()
        self.setMouseTracking(True)
        self.setAccessibleName("Map of real and generated pictures")
        self.setMinimumHeight(300)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_places(self, places: Places | None) -> None:
        """Show another map, or none."""
        self.places, self.under = places, None
        self.update()

    def point(self, place: NDArray[np.float64]) -> QPointF:
        """Where a place of the unit square is on the widget."""
        width, height = self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN
        return QPointF(_MARGIN + float(place[0]) * width, _MARGIN + (1 - float(place[1])) * height)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if self.places is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        for places, colour in zip((self.places.real, self.places.drawn), theme.CURVES, strict=False):
            painter.setBrush(QColor(colour))
            for place in places:
                painter.drawEllipse(self.point(place), 3.2, 3.2)
        if self.under is not None:
            self._thumbnail(painter, self.under)

    def _thumbnail(self, painter: QPainter, tile: Tile) -> None:
        image = scaled(tile.images[0], _THUMB)
        x = min(self._at.x() + 12, self.width() - _THUMB - 8)
        y = min(self._at.y() + 12, self.height() - _THUMB - 8)
        box = QRectF(max(4.0, x), max(4.0, y), image.width(), image.height())
        painter.drawImage(box, image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("text"), 1))
        painter.drawRect(box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.look_at(event.position())

    def look_at(self, position: QPointF) -> None:
        """Show the picture whose point is nearest, when one is near."""
        self._at = position
        found = self._nearest(position)
        self.setToolTip(found.name if found else "")
        if found is not self.under or found is not None:
            self.under = found
            self.update()

    def _nearest(self, position: QPointF) -> Tile | None:
        if self.places is None:
            return None
        both = np.vstack([self.places.real, self.places.drawn])
        size = np.array([self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN])
        points = _MARGIN + np.column_stack([both[:, 0], 1 - both[:, 1]]) * size
        apart = np.hypot(*(points - [position.x(), position.y()]).T)
        place = int(apart.argmin())
        return [*self.places.real_tiles, *self.places.drawn_tiles][place] if apart[place] <= _NEAR else None

    def leaveEvent(self, event: object) -> None:
        self.under = None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 320)


class MapView(QWidget):
    """The map on the page. Nothing is reckoned before it is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.field = Field()
        self.words = Label("", "quiet", wrap=True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self._results: Results | None = None
        self._task: Task | None = None
        self._done = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self.field, 1)

    def show_results(self, results: Results) -> None:
        """Another evaluation: its map is laid out when it is looked at."""
        self._results, self._done = results, False
        self.field.show_places(None)
        self._load()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._load()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.field.under = None

    def _load(self) -> None:
        results = self._results
        if results is None or results.run is None or self._done or not self.isVisible():
            return
        self._done = True
        if not results.real or not results.generated:
            self.words.setText("There are no pictures to lay out.")
            return
        self.words.setText("Laying the pictures out …")
        task = self._task = tasks.run(_lay_out, results.run, results.real[:MOST], results.generated[:MOST], parent=self)
        task.succeeded.connect(lambda places: self._take(task, places))
        task.failed.connect(lambda error: self.words.setText(str(error)))
        task.ended.connect(task.deleteLater)

    def _take(self, task: Task, places: Places) -> None:
        """Latest request wins."""
        if task is not self._task or not isValid(self):
            return
        self._task = None
        self.field.show_places(places)
        real, drawn = theme.CURVES[:2]
        self.words.setText(
            f"<span style='color:{real}'>●</span> yours, kept aside &nbsp; <span style='color:{drawn}'>●</span> generated. "
            "Like pictures lie close together. Where only yours lie, it never draws; where only generated ones lie, they are "
            "unlike yours. Move the mouse over a point to see it."
        )


def _lay_out(reporter: Reporter, run: Run, real: list[Tile], drawn: list[Tile]) -> Places:
    from desktop_app.evaluation import Judge
    from desktop_app.evaluation.cloud import lay_out

    judge: Path = run.folder / "evaluation" / "judge.onnx"
    arrays = [np.stack([_array(tile) for tile in tiles]) for tiles in (real, drawn)]
    first, second = lay_out(arrays[0], arrays[1], Judge(judge) if judge.is_file() else None)
    return Places(first, second, real, drawn)


def _array(tile: Tile) -> NDArray[np.uint8]:
    """A tile's picture as an array (H, W, C); gray ones have one channel."""
    image = tile.images[0]
    channels = 1 if image.isGrayscale() and image.depth() == 8 else 3
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * channels].reshape(image.height(), image.width(), channels).copy()
