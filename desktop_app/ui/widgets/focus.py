"""The focus ring: shown while the keyboard has brought the focus, not after a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget
else:
    QWidget = object  # of Qt's classes a widget has one: that which it is mixed into

KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class FocusRing(QWidget):
    """Mixed in before the widget's own kind; what paints the widget asks :attr:`focus_ring`."""

    focus_ring = False

    def show_focus_ring(self, on: bool) -> None:
        """Show the ring, or hide it."""
        self.focus_ring = on
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.show_focus_ring(event.reason() in KEYBOARD)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.show_focus_ring(False)
