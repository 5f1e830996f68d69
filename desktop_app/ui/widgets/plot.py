"""One plot of curves over the steps, in the window's colours. Importing this loads pyqtgraph: do it late."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from desktop_app.ui import theme

Array = NDArray[np.float64]
_ROUND = (1.0, 2.0, 5.0)
_FINE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True)
class Drawn:
    """One curve as it is drawn: a faint line of all values and a strong, smoothed one."""

    name: str
    colour: str
    faint: tuple[Array, Array]
    strong: tuple[Array, Array]


def short(number: float) -> str:
    """A count as short as an axis wants it: 800, 1.2k, 3M."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{sign}"
    return f"{number:g}"


class StepAxis(pg.AxisItem):
    """Steps, written short."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return [short(round(value, 6)) if value >= 0 else "" for value in values]


class ValueAxis(pg.AxisItem):
    """Values; on a logarithmic scale the marks stand at round numbers."""

    logarithmic = False

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float | None, list[float]]]:
        if not self.logarithmic:
            return super().tickValues(low, high, size)[:1]
        for steps in (_ROUND, _FINE):
            marks = _marks(low, high, steps)
            if len(marks) >= 3:
                break
        return [(None, marks)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.logarithmic:
            return [f"{10**value:.3g}" for value in values]
        return [f"{value:.6g}" for value in values]


def _marks(low: float, high: float, steps: Sequence[float]) -> list[float]:
    decades = range(math.floor(low), math.ceil(high) + 1)
    marks = [decade + math.log10(step) for decade in decades for step in steps]
    return [mark for mark in marks if low <= mark <= high]


class Plot(pg.PlotWidget):
    """Curves with a step axis. Drag to move, Ctrl and the wheel to zoom along the steps, double click for the whole."""

    hovered = Signal(object)  # the step under the mouse, or None
    moved = Signal()  # another part of the steps is in view

    def __init__(self) -> None:
        self._steps, self._values = StepAxis("bottom"), ValueAxis("left")
        super().__init__(axisItems={"bottom": self._steps, "left": self._values}, background=None)
        self._lines: dict[str, tuple[Any, Any]] = {}
        self.whole = True
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._line.hide()
        self.addItem(self._line, ignoreBounds=True)
        self._mark = pg.InfiniteLine(angle=90, movable=False)
        self._mark.setZValue(30)
        self._mark.hide()
        self.addItem(self._mark, ignoreBounds=True)
        self._prepare()
        self.dress()
        theme.theme().changed.connect(self.dress)

    def _prepare(self) -> None:
        item = self.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setClipToView(False)
        box = item.getViewBox()
        box.setMouseEnabled(x=True, y=False)
        box.setDefaultPadding(0.0)
        box.sigXRangeChanged.connect(lambda *_: self.moved.emit())
        box.sigRangeChangedManually.connect(lambda *_: self._zoomed())
        self.setMouseTracking(True)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setStyleSheet("background: transparent")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)

    def dress(self) -> None:
        """Take the colours in force."""
        font = theme.interface_font(11)
        for axis in (self._steps, self._values):
            axis.setTextPen(theme.colour("quiet"))
            axis.setPen(theme.colour("line"))
            axis.setStyle(tickLength=0, tickFont=font, tickTextOffset=8, maxTickLevel=0)
        self._values.setGrid(110)
        self._values.setWidth(44)
        self._steps.setHeight(24)
        self._line.setPen(pg.mkPen(theme.colour("edge"), width=1, style=Qt.PenStyle.DashLine))
        self._mark.setPen(pg.mkPen(theme.colour("care"), width=2 * self.devicePixelRatioF()))

    # ------------------------------------------------------------ what it shows

    def set_logarithmic(self, on: bool) -> None:
        """Take the logarithm of the values for the axis; the curves must come in that form too."""
        self._values.logarithmic = on
        self._values.picture = None
        self._values.update()

    def draw_curves(self, curves: Sequence[Drawn]) -> None:
        """Show exactly these curves."""
        for name in self._lines.keys() - {curve.name for curve in curves}:
            for line in self._lines.pop(name):
                self.removeItem(line)
        for order, curve in enumerate(curves):
            faint, strong = self._pair(curve, order)
            faint.setData(*curve.faint)
            strong.setData(*curve.strong)

    def _pair(self, curve: Drawn, order: int) -> tuple[Any, Any]:
        if curve.name not in self._lines:
            pale, ratio = QColor(curve.colour), self.devicePixelRatioF()  # pyqtgraph counts a pen's width in screen pixels
            pale.setAlphaF(0.4)
            faint = pg.PlotCurveItem(pen=pg.mkPen(pale, width=ratio), antialias=True)
            strong = pg.PlotCurveItem(pen=pg.mkPen(curve.colour, width=2 * ratio), antialias=True)
            for depth, line in enumerate((faint, strong)):
                line.setZValue(10 * depth + order)
                self.addItem(line, ignoreBounds=True)
            self._lines[curve.name] = (faint, strong)
        return self._lines[curve.name]

    def frame(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        """Show these values, and these steps as long as the person has not moved elsewhere."""
        if self.whole:
            self.getViewBox().setXRange(*steps, padding=0.01)
        self.getViewBox().setYRange(*values, padding=0.06)

    def mark(self, step: float | None) -> None:
        """Mark a moment with a line across all values, or none."""
        self._mark.setVisible(step is not None)
        self._mark.setPos(step or 0.0)

    def marked(self) -> float | None:
        """The moment that is marked."""
        return float(self._mark.value()) if self._mark.isVisible() else None

    def view(self) -> tuple[float, float]:
        """The steps in view."""
        low, high = self.getViewBox().viewRange()[0]
        return low, high

    def show_whole(self) -> None:
        """Show all steps again."""
        self.whole = True
        self.moved.emit()

    def _zoomed(self) -> None:
        self.whole = False
        self.moved.emit()

    # ------------------------------------------------------------ the mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(event.position())

    def _hover(self, position: QPointF) -> None:
        box = self.getViewBox()
        inside = box.sceneBoundingRect().contains(self.mapToScene(position.toPoint()))
        if not inside:
            self._leave()
            return
        step = box.mapSceneToView(self.mapToScene(position.toPoint())).x()
        self._line.setPos(step)
        self._line.show()
        self.hovered.emit(step)

    def _leave(self) -> None:
        self._line.hide()
        self.hovered.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._leave()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_whole()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Without Ctrl the wheel scrolls the page, as everywhere."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()
