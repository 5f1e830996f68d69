"""Honest bars: a name, a level, the figure behind it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.jobs.catalog import Meter
from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import HelpMark
from desktop_app.ui.widgets.labels import ElidedLabel, Label

SEGMENTS = 10


class Level(QWidget):
    """A bar of ten pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.level = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, 5)

    def set_level(self, level: float) -> None:
        """Fill it up to ``level``, 0 to 1."""
        self.level = level
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        gap = 3.0
        width = (self.width() - gap * (SEGMENTS - 1)) / SEGMENTS
        for piece in range(SEGMENTS):
            filled = min(1.0, max(0.0, self.level * SEGMENTS - piece))
            box = QRectF(piece * (width + gap), 0, width, self.height())
            painter.setBrush(theme.colour("line"))
            painter.drawRoundedRect(box, 2, 2)
            if filled > 0:
                painter.setBrush(theme.colour("accent", 0.25 + 0.75 * filled))
                painter.drawRoundedRect(box, 2, 2)


class MeterRow(QWidget):
    """Name and help, the figure at the right, the bar below."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._value = Label("", "quiet"), ElidedLabel("", "quiet")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._help = HelpMark("")
        self.bar = Level()
        head = QHBoxLayout()
        head.setSpacing(5)
        head.addWidget(self._title)
        head.addWidget(self._help)
        head.addWidget(self._value, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.bar)

    def show_meter(self, meter: Meter) -> None:
        """Show a meter."""
        self._title.setText(meter.title)
        self._value.setText(meter.value)
        self._help.set_help(meter.help, meter.title)
        self.bar.set_level(meter.level)
        self.setAccessibleName(f"{meter.title}: {meter.value}, {round(10 * meter.level)} of 10")


class Meters(QWidget):
    """Several rows."""

    def __init__(self, count: int = 4) -> None:
        super().__init__()
        self.rows = [MeterRow() for _ in range(count)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        for row in self.rows:
            column.addWidget(row)

    def show_meters(self, meters: list[Meter]) -> None:
        """Show one meter in each row."""
        for row, meter in zip(self.rows, meters, strict=True):
            row.show_meter(meter)
