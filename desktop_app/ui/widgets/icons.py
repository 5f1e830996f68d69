"""The icons: our own line drawings, tinted with a token."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.project.resources import resource
from desktop_app.ui import theme


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _tinted(name: str, colour: str, size: int, ratio: float) -> QImage:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))
    side = max(1, round(size * ratio))
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def icon_pixmap(name: str, token: str = "quiet", size: int = 18, ratio: float | None = None) -> QPixmap:
    """The icon ``name`` in a token's colour at ``size`` device-independent pixels."""
    app = QApplication.instance()
    if ratio is None:
        ratio = app.devicePixelRatio() if isinstance(app, QApplication) else 1.0
    return QPixmap.fromImage(_tinted(name, getattr(theme.tokens(), token), size, ratio))


def icon(name: str, token: str = "quiet", size: int = 18) -> QIcon:
    """The same as an icon for menus; it keeps the colour of the moment."""
    return QIcon(icon_pixmap(name, token, size))


class IconLabel(QWidget):
    """An icon standing alone; follows the theme."""

    def __init__(self, name: str, token: str = "quiet", size: int = 18) -> None:
        super().__init__()
        self._name, self._token, self._size = name, token, size
        self.setFixedSize(size, size)

    def set_icon(self, name: str, token: str = "") -> None:
        """Show another icon, or the same in another colour."""
        self._name, self._token = name, token or self._token
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, icon_pixmap(self._name, self._token, self._size, self.devicePixelRatio()))


def app_icon() -> QIcon:
    """The application's own icon."""
    return QIcon(str(resource("icons/gensmith.svg")))
