"""Fields that are typed or picked; closed, they ignore the wheel, so that scrolling the page changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QDoubleSpinBox, QSpinBox, QStyledItemDelegate

from desktop_app.ui import theme


class ComboBox(QComboBox):
    """One of a list of (key, text) pairs."""

    def __init__(self, options: Sequence[tuple[object, str]] = (), name: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setItemDelegate(QStyledItemDelegate(self))  # lets the style sheet give the rows their height
        for key, text in options:
            self.addItem(text, key)

    def value(self) -> object:
        """Key of the chosen row."""
        return self.currentData()

    def set_value(self, key: object) -> None:
        """Choose a row by its key without telling anyone."""
        blocked = self.blockSignals(True)
        self.setCurrentIndex(self.findData(key))
        self.blockSignals(blocked)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("quiet"), 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        x, y = self.width() - 16, self.height() / 2
        painter.drawPolyline([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])


def _fit(box: QAbstractSpinBox) -> None:
    """Give the field inside what the style sheet cannot: its margin, and the height of the other controls."""
    box.lineEdit().setTextMargins(8, 0, 4, 0)
    box.setFixedHeight(theme.CONTROL)


class SpinBox(QSpinBox):
    """A whole number with a unit."""

    def __init__(self, low: int, high: int, value: int, *, name: str, unit: str = "", step: int = 1) -> None:
        super().__init__()
        self.setRange(low, high)
        self.setSingleStep(step)
        self.setValue(value)
        self.setSuffix(f" {unit}" if unit else "")
        _fit(self)
        self.setGroupSeparatorShown(True)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class DoubleSpinBox(QDoubleSpinBox):
    """A number with a unit; small numbers are written as short as they are exact.

    Attributes
    ----------
    floor
        Lowest value proper, where what lies below it stands for something else; None where nothing does.
    """

    def __init__(self, low: float, high: float, value: float, *, name: str, unit: str = "", decimals: int = 6) -> None:
        super().__init__()
        self.floor: float | None = None
        self.setDecimals(decimals)
        self.setRange(low, high)
        self.setValue(value)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setSuffix(f" {unit}" if unit else "")
        _fit(self)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def stepBy(self, steps: int) -> None:
        """Step over the gap below the lowest value proper."""
        before = self.value()
        if self.floor is not None and steps > 0 and before < self.floor:
            self.setValue(self.floor)
        elif self.floor is not None and steps < 0 and before <= self.floor:
            self.setValue(self.minimum())
        else:
            super().stepBy(steps)

    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 6)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
