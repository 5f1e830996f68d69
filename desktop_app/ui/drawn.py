"""What only fills a window waits until the window has drawn itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget


class _FirstPaint(QObject):
    """Watches a widget until it is painted."""

    def __init__(self, widget: QWidget, then: Callable[[], object]) -> None:
        super().__init__(widget)
        self._widget, self._then = widget, then
        widget.installEventFilter(self)
        widget.update()  # it may have been painted already

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._widget.removeEventFilter(self)
            QTimer.singleShot(0, self._widget, self._begin)  # what is painted now is on the screen by then
        return False

    def _begin(self) -> None:
        self.deleteLater()
        if self._widget.isVisible():  # else it was closed meanwhile
            self._then()


def once_drawn(widget: QWidget, then: Callable[[], object]) -> None:
    """Call ``then`` when ``widget`` has been painted next, unless it is gone again by then."""
    _FirstPaint(widget, then)
