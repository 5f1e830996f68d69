"""Dropping folders and files anywhere on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.icons import icon_pixmap


def dropped_paths(data: QMimeData) -> list[Path]:
    """Folders and files on this machine among what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class DropCurtain(QWidget):
    """Covers the window while something is dragged over it and says what a drop will do."""

    def __init__(self, area: QWidget) -> None:
        super().__init__(area)
        self._words = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def fall(self, words: str) -> None:
        """Show it over the whole area."""
        self._words = words
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("background", 0.92))
        pen = QPen(theme.colour("accent"), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.colour("accent_soft"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(24, 24, -24, -24), 16, 16)
        painter.drawPixmap(
            self.rect().center().x() - 20,
            self.rect().center().y() - 52,
            icon_pixmap("drop", "accent", 40, self.devicePixelRatio()),
        )
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.interface_font(theme.FIGURE, theme.QFont.Weight.DemiBold))
        painter.drawText(self.rect().adjusted(0, 36, 0, 36), Qt.AlignmentFlag.AlignCenter, self._words)
