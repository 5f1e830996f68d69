"""One of several states of a page, in a given room."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class Stack(QWidget):
    """One state at a time. It asks for the least height that shows everything: the wall takes what there is.

    A QStackedWidget would ask for the height that its pages would like, and the whole page would scroll.
    """

    def __init__(self, least: QSize) -> None:
        """``least``: the size below which the page scrolls as a whole."""
        super().__init__()
        self._least = least
        self._now: QWidget | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def addWidget(self, widget: QWidget) -> None:
        """Take a state in, hidden."""
        widget.setParent(self)
        widget.hide()

    def currentWidget(self) -> QWidget | None:
        """The state that is shown."""
        return self._now

    def setCurrentWidget(self, widget: QWidget) -> None:
        """Show one state."""
        if widget is not self._now:
            if self._now is not None:
                self._now.hide()
            self._now = widget
            widget.setGeometry(self.rect())
            widget.show()
            self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        layout = self._now.layout() if self._now is not None else None
        return max(self._least.height(), layout.totalMinimumHeightForWidth(width) if layout is not None else 0)

    def minimumSizeHint(self) -> QSize:
        return self._least

    def sizeHint(self) -> QSize:
        return self._least

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._now is not None:
            self._now.setGeometry(self.rect())
