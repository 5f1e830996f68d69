"""Waiting, with what is happening, how far it is and how long it still takes."""

from __future__ import annotations

import time

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop_app.project.steps import duration
from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import Button
from desktop_app.ui.widgets.labels import Label


class Spinner(QWidget):
    """A turning arc for waits of unknown length; it stands still while hidden."""

    def __init__(self, size: int = 18) -> None:
        super().__init__()
        self.setFixedSize(size, size)
        self._angle = 0
        self._timer = QTimer(self)
        self._timer.setInterval(40)
        self._timer.timeout.connect(self._turn)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _turn(self) -> None:
        self._angle = (self._angle + 15) % 360
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(theme.colour("line"), 2))
        painter.drawEllipse(box)
        pen = QPen(theme.colour("accent"), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(box, -self._angle * 16, 100 * 16)


class ProgressLine(QWidget):
    """What is happening, a bar, how long it still takes, and a way to cancel."""

    def __init__(self, name: str, *, cancellable: bool = True) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(name)
        self.words = Label("", "strong")
        self.left = Label("", "quiet")
        self.cancel = Button("Cancel")
        self.cancel.setVisible(cancellable)
        self._begun = time.monotonic()
        self._build()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.words)
        head.addStretch(1)
        head.addWidget(self.left)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addLayout(column, 1)
        row.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignVCenter)

    def begin(self, words: str) -> None:
        """Start at nothing, with the words for it."""
        self._begun = time.monotonic()
        self.words.setText(words)
        self.left.setText("")
        self.cancel.setEnabled(True)
        self.bar.setRange(0, 0)

    def advance(self, fraction: float, words: str = "") -> None:
        """Show a fraction from 0 to 1; the time left follows from the time taken so far."""
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * min(1.0, max(0.0, fraction))))
        if words:
            self.words.setText(words)
        taken = time.monotonic() - self._begun
        if fraction > 0.02 and taken > 1.0:
            self.left.setText(f"about {duration(taken * (1 - fraction) / fraction)} left")
