"""Showing a picture: small ones with hard pixels, large ones smoothly."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.ui import theme


def to_image(array: Any) -> QImage:
    """A picture array, uint8 (H, W, C) with 1, 3 or 4 channels, or (H, W), as an image of its own memory."""
    import numpy as np

    array = np.ascontiguousarray(array if array.ndim == 3 else array[..., None])
    height, width, channels = array.shape
    formats = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    return QImage(array.data, width, height, width * channels, formats[channels]).copy()


def scaled(image: QImage, side: int) -> QImage:
    """Fit ``image`` into a square of ``side`` pixels: whole multiples with hard pixels upwards, smooth downwards."""
    longest = max(image.width(), image.height(), 1)
    if longest <= side:
        times = max(1, side // longest)
        return image.scaled(image.width() * times, image.height() * times)
    both = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return image.scaled(side, side, *both)


class PictureView(QWidget):
    """One picture in a square with a hairline, centred."""

    def __init__(self, side: int, name: str = "Picture") -> None:
        super().__init__()
        self._side = side
        self._image: QImage | None = None
        self._hint = ""
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(side, side)

    def show_image(self, image: QImage | None, hint: str = "") -> None:
        """Show a picture, or ``hint`` in its place."""
        self._image = image
        self._hint = hint
        self.update()

    def image(self) -> QImage | None:
        """What is shown."""
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(box, 6, 6)
        painter.fillPath(path, theme.colour("raised" if theme.tokens().dark else "surface"))
        if self._image is not None and not self._image.isNull():
            self._paint_image(painter, path)
        elif self._hint:
            painter.setPen(theme.colour("quiet"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawPath(path)

    def _paint_image(self, painter: QPainter, clip: QPainterPath) -> None:
        ratio = self.devicePixelRatio()
        fitted = scaled(self._image, round(self._side * ratio))
        fitted.setDevicePixelRatio(ratio)
        size = fitted.deviceIndependentSize()
        painter.save()
        painter.setClipPath(clip)
        painter.drawImage(
            QRectF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2, size.width(), size.height()), fitted
        )
        painter.restore()


class ContactSheet(QWidget):
    """Pictures in rows on tiles, as wide as the widget is; missing ones leave their tile empty."""

    def __init__(self, columns: int, rows: int, name: str, *, gap: int = 4) -> None:
        super().__init__()
        self._columns, self._rows, self._gap = columns, rows, gap
        self._images: list[QImage] = []
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_images(self, images: list[QImage]) -> None:
        """Show these, from the top left."""
        self._images = images
        self.update()

    def _cell(self, width: int) -> float:
        return (width - self._gap * (self._columns - 1)) / self._columns

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(self._cell(width) * self._rows + self._gap * (self._rows - 1))

    def sizeHint(self) -> QSize:
        return QSize(48 * self._columns, self.heightForWidth(48 * self._columns))

    def minimumSizeHint(self) -> QSize:
        return QSize(20 * self._columns, 20 * self._rows)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cell = self._cell(self.width())
        for number in range(self._columns * self._rows):
            x, y = (cell + self._gap) * (number % self._columns), (cell + self._gap) * (number // self._columns)
            tile = QPainterPath()
            tile.addRoundedRect(QRectF(x, y, cell, cell), 4, 4)
            painter.fillPath(tile, theme.colour("raised"))
            if number < len(self._images):
                draw_in(painter, self._images[number], QRectF(x, y, cell, cell), tile)


def draw_in(painter: QPainter, image: QImage, box: QRectF, clip: QPainterPath) -> None:
    """Draw an image as large as fits into ``box``: hard pixels upwards, smooth downwards."""
    ratio = min(box.width() / max(1, image.width()), box.height() / max(1, image.height()))
    width, height = image.width() * ratio, image.height() * ratio
    place = QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)
    painter.save()
    painter.setClipPath(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, ratio < 1)
    painter.drawImage(place, image)
    painter.restore()
