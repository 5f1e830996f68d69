"""How a kind of model works, as a small moving picture made from the person's own material."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.pictures import to_image

FRAMES = 25
"""Moments from pure noise to the picture."""
PERIOD = 80
"""Milliseconds for each."""
REST = 20
"""Moments for which the finished picture stays."""
STOPS = 5
"""Small pictures in the strip below the large one."""

_SPRITE = (
    "....aa....aa....",
    ".....a....a.....",
    "....abbbbbba....",
    "...abbbbbbbba...",
    "..abbccbbccbba..",
    "..abbcdbbdcbba..",
    "..abbbbbbbbbba..",
    "..abbbeeeebbba..",
    "...abbbeebbba...",
    "....abbbbbba....",
    "...aa.aaaa.aa...",
    "..aa..a..a..aa..",
)
_INKS = {"a": (86, 92, 170), "b": (124, 150, 245), "c": (250, 250, 255), "d": (24, 26, 36), "e": (240, 130, 120)}


def example() -> NDArray[np.uint8]:
    """A picture to show while the person has none: a small creature, uint8 (16, 16, 3)."""
    picture = np.full((16, 16, 3), 238, np.uint8)
    for y, row in enumerate(_SPRITE):
        for x, mark in enumerate(row):
            if mark in _INKS:
                picture[y + 2, x] = _INKS[mark]
    return picture


def denoising(picture: NDArray[np.uint8], seed: int = 0) -> list[NDArray[np.uint8]]:
    """The picture at :data:`FRAMES` noise levels, from pure noise to itself, each uint8 (H, W, C)."""
    clean = picture.astype(np.float32) / 127.5 - 1
    noise = np.random.default_rng(seed).standard_normal(clean.shape, np.float32) * 0.7
    angles = np.linspace(np.pi / 2, 0, FRAMES)
    mixed = [np.cos(angle) * clean + np.sin(angle) * noise for angle in angles]
    return [np.clip(np.rint((frame + 1) * 127.5), 0, 255).astype(np.uint8) for frame in mixed]


class HowItWorks(QWidget):
    """A large picture that emerges from noise, and a strip of the moments on its way; it moves only while seen."""

    def __init__(self, *, side: int = 148) -> None:
        super().__init__()
        self._side = side
        self._films: list[list[QImage]] = []
        self._moment = 0
        self._film = 0
        self._timer = QTimer(self, interval=PERIOD)
        self._timer.timeout.connect(self._advance)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("How it works: a picture emerges from noise, stroke by stroke")
        self.show_pictures([example()])

    def show_pictures(self, pictures: Sequence[Any]) -> None:
        """Use these pictures, uint8 (H, W, C), one after the other."""
        self._films = [[to_image(frame) for frame in denoising(picture, seed)] for seed, picture in enumerate(pictures)]
        self._film, self._moment = 0, round(FRAMES * 0.62)
        self.update()

    def sizeHint(self) -> QSize:
        small = self._small
        return QSize(self._side + 2, self._side + 8 + small + 20)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @property
    def _small(self) -> int:
        return (self._side - (STOPS - 1) * 6) // STOPS

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _advance(self) -> None:
        if self.visibleRegion().isEmpty():
            return
        self._moment += 1
        if self._moment >= FRAMES + REST:
            self._moment, self._film = 0, (self._film + 1) % len(self._films)
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        film, now = self._films[self._film], min(self._moment, FRAMES - 1)
        _paint_picture(painter, QRectF(1, 1, self._side, self._side), film[now], 10)
        step = self._small + 6
        for stop in range(STOPS):
            at = round(stop * (FRAMES - 1) / (STOPS - 1))
            box = QRectF(1 + stop * step, self._side + 9, self._small, self._small)
            painter.setOpacity(1.0 if now >= at else 0.35)
            _paint_picture(painter, box, film[at], 5, chosen=stop == _last_stop(now))
        painter.setOpacity(1.0)
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        painter.setPen(theme.colour("quiet"))
        painter.setFont(theme.interface_font(11))
        box = QRectF(1, self.height() - 17, self._side, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "noise")
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "picture")
        y, metrics = box.center().y() + 1, painter.fontMetrics()
        start, end = 1 + metrics.horizontalAdvance("noise") + 8, self._side - metrics.horizontalAdvance("picture") - 8
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(QPointF(start, y), QPointF(end, y))
        painter.drawPolyline([QPointF(end - 4, y - 3), QPointF(end, y), QPointF(end - 4, y + 3)])


def _last_stop(now: int) -> int:
    return now * (STOPS - 1) // (FRAMES - 1)


def _paint_picture(painter: QPainter, box: QRectF, image: QImage, radius: float, *, chosen: bool = False) -> None:
    """A picture with rounded corners; small ones keep hard pixels."""
    path = QPainterPath()
    path.addRoundedRect(box, radius, radius)
    painter.save()
    painter.setClipPath(path)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, max(image.width(), image.height()) > 64)
    painter.drawImage(box, image)
    painter.restore()
    painter.setPen(QPen(theme.colour("accent" if chosen else "line"), 1.5 if chosen else 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
