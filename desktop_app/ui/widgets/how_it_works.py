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
"""Pictures in the strip from noise to picture."""
ROUNDS = 5
"""Turns that draughtsman and critic take."""
BARS = 6
"""Numbers that a picture is described by, in the drawing."""
HEIGHT, TILE, WORDS = 88, 60, 18
GAP = 6
NARROWEST = 180
"""Least width, in device-independent pixels."""

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


def blurred(picture: NDArray[np.uint8], sharpness: float) -> NDArray[np.uint8]:
    """The picture at a share of its sharpness, 0 (its mean colour) to 1 (itself)."""
    side = max(1, round(picture.shape[0] * sharpness**2))
    index = (np.arange(picture.shape[0]) * side // picture.shape[0])[: picture.shape[0]]
    sums = np.zeros((side, side, picture.shape[2]))
    counts = np.zeros((side, side, 1))
    np.add.at(sums, (index[:, None], index[None, :]), picture)
    np.add.at(counts, (index[:, None], index[None, :]), 1)
    return np.rint(sums / counts).astype(np.uint8)[index[:, None], index[None, :]]


def code_of(picture: NDArray[np.uint8]) -> list[float]:
    """A few numbers, 0 to 1, that stand for a picture in the drawing: the mean brightness of its stripes."""
    stripes = np.array_split(picture.astype(np.float64).mean(axis=2), BARS, axis=1)
    means = np.array([stripe.mean() for stripe in stripes])
    low, high = means.min(), means.max()
    return [float(share) for share in (0.2 + 0.7 * (means - low) / (high - low) if high > low else np.full(BARS, 0.5))]


class HowItWorks(QWidget):
    """A small moving picture of how a kind of model works; it moves only while it is seen."""

    description = ""
    length = FRAMES + REST
    still = 0
    """Moment that is shown before it moves."""

    def __init__(self) -> None:
        super().__init__()
        self._moment = self._film = 0
        self._count = 0
        self._timer = QTimer(self, interval=PERIOD)
        self._timer.timeout.connect(self._advance)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"How it works: {self.description}")
        self.show_pictures([example()])

    def show_pictures(self, pictures: Sequence[Any]) -> None:
        """Use these pictures, uint8 (H, W, C), one after the other."""
        self._count = len(pictures)
        self.prepare([np.asarray(picture) for picture in pictures])
        self._film, self._moment = 0, self.still
        self.update()

    def prepare(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Make what is painted of the pictures."""

    def paint(self, painter: QPainter, left: float, film: int, moment: int) -> None:
        """Paint a moment of a film, from ``left`` on."""

    def sizeHint(self) -> QSize:
        return QSize(STOPS * 44 + (STOPS - 1) * GAP, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Less width than it would like: it is then painted smaller."""
        return QSize(NARROWEST, HEIGHT)

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
        if self._moment >= self.length:
            self._moment, self._film = 0, (self._film + 1) % self._count
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = min(1.0, self.width() / self.sizeHint().width())
        painter.translate(0, (1 - scale) * HEIGHT / 2)
        painter.scale(scale, scale)
        self.paint(painter, (self.width() / scale - self.sizeHint().width()) / 2, self._film, self._moment)


class FromNoise(HowItWorks):
    """A picture emerges from noise, stroke by stroke."""

    description = "a picture emerges from noise, stroke by stroke"
    still = round(FRAMES * 0.62)

    def prepare(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        self._films = [[to_image(frame) for frame in denoising(picture, seed)] for seed, picture in enumerate(pictures)]

    def paint(self, painter: QPainter, left: float, film: int, moment: int) -> None:
        now, side = min(moment, FRAMES - 1), (self.sizeHint().width() - (STOPS - 1) * GAP) / STOPS
        for stop in range(STOPS):
            at = round(stop * (FRAMES - 1) / (STOPS - 1))
            box = QRectF(left + stop * (side + GAP), (HEIGHT - WORDS - side) / 2, side, side)
            painter.setOpacity(1.0 if now >= at else 0.35)
            _paint_picture(painter, box, self._films[film][at], 6, chosen=stop == _last_stop(now))
        painter.setOpacity(1.0)
        _paint_way(painter, left, self.sizeHint().width(), "noise", "picture")


class Contest(HowItWorks):
    """What is drawn and what is real stand before a critic, who is deceived in the end."""

    description = "one network draws, another tells its pictures from real ones, until it no longer can"
    length = ROUNDS * 9 + REST
    still = 3 * 9

    def prepare(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        others = [*pictures[1:], pictures[0]]  # it draws another picture than the real one beside it
        self._real = [to_image(picture) for picture in pictures]
        self._drawn = [
            [to_image(blurred(other, 0.25 + 0.75 * turn / ROUNDS)) for turn in range(ROUNDS + 1)] for other in others
        ]

    def paint(self, painter: QPainter, left: float, film: int, moment: int) -> None:
        turn, width = min(ROUNDS, moment // 9), self.sizeHint().width()
        judging = moment % 9 >= 4 or turn == ROUNDS
        top = (HEIGHT - WORDS - TILE) / 2
        drawn, real = QRectF(left, top, TILE, TILE), QRectF(left + width - TILE, top, TILE, TILE)
        _paint_picture(painter, drawn, self._drawn[film][turn], 8, chosen=not judging)
        _paint_picture(painter, real, self._real[film], 8)
        middle = QPointF(left + width / 2, top + TILE / 2)
        _paint_eye(painter, middle, judging)
        token, words = ("good", "which one?") if turn == ROUNDS else ("bad", "drawn!")
        for towards, edge in ((-1, drawn.right()), (1, real.left())):
            painter.setPen(QPen(theme.colour("accent" if judging else "line"), 1.5))
            painter.drawLine(QPointF(middle.x() + towards * 24, middle.y()), QPointF(edge - towards * 7, middle.y()))
        if judging:
            painter.setPen(theme.colour(token))
            _paint_words(painter, QRectF(middle.x() - 60, top + TILE - 14, 120, 16), words, Qt.AlignmentFlag.AlignHCenter)
        painter.setPen(theme.colour("quiet"))
        for box, word in ((drawn, "drawn"), (real, "yours")):
            _paint_words(painter, QRectF(box.left(), HEIGHT - 17, TILE, 16), word, Qt.AlignmentFlag.AlignHCenter)
        _paint_words(painter, QRectF(middle.x() - 40, HEIGHT - 17, 80, 16), "judge", Qt.AlignmentFlag.AlignHCenter)


class ByNumbers(HowItWorks):
    """A picture becomes a few numbers, and these become a picture again."""

    description = "a picture is described by a few numbers, and drawn again from them; other numbers give new pictures"
    still = FRAMES

    def prepare(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        self._codes = [code_of(picture) for picture in pictures]
        self._from = [to_image(picture) for picture in pictures]
        soft = [blurred(picture, 0.8) for picture in pictures]
        following = [*soft[1:], soft[0]]
        self._to = [
            [to_image(_between(a, b, step / FRAMES)) for step in range(FRAMES + 1)]
            for a, b in zip(soft, following, strict=True)
        ]

    def paint(self, painter: QPainter, left: float, film: int, moment: int) -> None:
        width, top = self.sizeHint().width(), (HEIGHT - WORDS - TILE) / 2
        now = max(0, moment - REST)
        start, end = QRectF(left, top, TILE, TILE), QRectF(left + width - TILE, top, TILE, TILE)
        painter.setOpacity(1.0 if now == 0 else 0.45)
        _paint_picture(painter, start, self._from[film], 8, chosen=now == 0)
        painter.setOpacity(1.0)
        _paint_picture(painter, end, self._to[film][now], 8, chosen=now > 0)
        code, following = self._codes[film], self._codes[(film + 1) % len(self._codes)]
        mixed = [(1 - now / FRAMES) * a + now / FRAMES * b for a, b in zip(code, following, strict=True)]
        _paint_bars(painter, QRectF(left + width / 2 - 31, top + 7, 62, TILE - 14), mixed)
        for begin, direction in ((start.right() + 6, 1), (end.left() - 6, -1)):
            _paint_funnel(painter, begin, top, direction)
        painter.setPen(theme.colour("quiet"))
        for box, word in ((start, "yours"), (end, "drawn")):
            _paint_words(painter, QRectF(box.left(), HEIGHT - 17, TILE, 16), word, Qt.AlignmentFlag.AlignHCenter)
        _paint_words(
            painter, QRectF(left + width / 2 - 50, HEIGHT - 17, 100, 16), "a few numbers", Qt.AlignmentFlag.AlignHCenter
        )


DRAWINGS: dict[str, type[HowItWorks]] = {"noise": FromNoise, "contest": Contest, "code": ByNumbers}
"""By what a family says of how it is drawn."""


def _between(a: NDArray[np.uint8], b: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    return np.rint((1 - share) * a.astype(np.float64) + share * b).astype(np.uint8)


def _last_stop(now: int) -> int:
    return now * (STOPS - 1) // (FRAMES - 1)


def _paint_words(painter: QPainter, box: QRectF, words: str, align: Qt.AlignmentFlag) -> None:
    painter.setFont(theme.interface_font(11))
    painter.drawText(box, align | Qt.AlignmentFlag.AlignVCenter, words)


def _paint_way(painter: QPainter, left: float, width: float, start: str, end: str) -> None:
    """Two words with an arrow between them, along the lower edge."""
    box = QRectF(left, HEIGHT - 17, width, 16)
    painter.setPen(theme.colour("quiet"))
    _paint_words(painter, box, start, Qt.AlignmentFlag.AlignLeft)
    _paint_words(painter, box, end, Qt.AlignmentFlag.AlignRight)
    y, metrics = box.center().y() + 1, painter.fontMetrics()
    first, last = left + metrics.horizontalAdvance(start) + 8, left + width - metrics.horizontalAdvance(end) - 8
    painter.setPen(QPen(theme.colour("line"), 1))
    painter.drawLine(QPointF(first, y), QPointF(last, y))
    painter.drawPolyline([QPointF(last - 4, y - 3), QPointF(last, y), QPointF(last - 4, y + 3)])


def _paint_eye(painter: QPainter, middle: QPointF, open_: bool) -> None:
    """The critic: an eye, open while it judges."""
    outline = QPainterPath(QPointF(middle.x() - 15, middle.y()))
    outline.quadTo(QPointF(middle.x(), middle.y() - (15 if open_ else 5)), QPointF(middle.x() + 15, middle.y()))
    outline.quadTo(QPointF(middle.x(), middle.y() + (15 if open_ else 5)), QPointF(middle.x() - 15, middle.y()))
    painter.setPen(QPen(theme.colour("accent" if open_ else "quiet"), 1.8))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(outline)
    if open_:
        painter.setBrush(theme.colour("accent"))
        painter.drawEllipse(middle, 3.6, 3.6)


def _paint_bars(painter: QPainter, box: QRectF, values: Sequence[float]) -> None:
    step = box.width() / len(values)
    painter.setPen(Qt.PenStyle.NoPen)
    for number, value in enumerate(values):
        height = box.height() * value
        bar = QRectF(box.left() + number * step + 1.5, box.center().y() - height / 2, step - 3, height)
        painter.setBrush(theme.colour("accent", 0.55 + 0.45 * value))
        painter.drawRoundedRect(bar, 2.5, 2.5)


def _paint_funnel(painter: QPainter, x: float, top: float, direction: int) -> None:
    """Lines that narrow from a picture towards the numbers."""
    painter.setPen(QPen(theme.colour("line"), 1.2))
    for edge, inner in ((top + 5, top + 18), (top + TILE - 5, top + TILE - 18)):
        painter.drawLine(QPointF(x, edge), QPointF(x + direction * 14, inner))


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
