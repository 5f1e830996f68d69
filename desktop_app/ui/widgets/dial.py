"""A measure as a card: its value with the uncertainty, a bar with what known pictures reach, an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.explanation import ExplainMark
from desktop_app.ui.widgets.labels import Label


@dataclass(frozen=True)
class Reading:
    """What a dial shows; all figures are shares, 1 = 100 %.

    Attributes
    ----------
    value
        None where it was not measured; ``reason`` then says why.
    low, high
        Interval that holds the true value with 95 % confidence.
    mark
        What real pictures reach.
    noise, repeated
        What pure noise and one picture repeated reach: how little the figure may mean.
    state
        good, care, bad.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    mark: float | None = None
    noise: float | None = None
    repeated: float | None = None
    state: str = ""
    reason: str = ""


_HEIGHT, _TICK, _LOW = 18, 2, 4
_TWIN = 2 * _TICK
"""From one tick of the double mark to the other, and the least room between two low marks."""


class DialBar(QWidget):
    """The bar: filled up to the value, paler over the interval, a tick at the mark; below it the low marks, one and two."""

    def __init__(self) -> None:
        super().__init__()
        self.reading = Reading(None)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def show_reading(self, reading: Reading) -> None:
        """Show a measure; the marks say by the mouse what they are."""
        self.reading = reading
        self.setToolTip("\n".join(line[:1].upper() + line[1:] for line in marks(reading)))
        self.update()

    def _x(self, value: float) -> float:
        now = self.reading
        top = max(1.0, now.value or 0.0, now.mark or 0.0)
        return max(0.0, min(1.0, value / top)) * (self.width() - 2) + 1

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        now = self.reading
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(QRectF(0, 5, self.width(), 4), 2, 2)
        if now.value is None:
            return
        if now.low is not None and now.high is not None:
            painter.setBrush(theme.colour(theme.state_colour(now.state), 0.45))
            painter.drawRoundedRect(QRectF(0, 5, self._x(now.high), 4), 2, 2)
        sure = now.value if now.low is None else now.low
        painter.setBrush(theme.colour(theme.state_colour(now.state)))
        painter.drawRoundedRect(QRectF(0, 5, max(4.0, self._x(sure)), 4), 2, 2)
        painter.drawEllipse(QRectF(min(self._x(now.value) - 4, self.width() - 8), 3, 8, 8))
        if now.mark is not None:
            painter.setBrush(theme.colour("text"))
            painter.drawRect(QRectF(min(self._x(now.mark) - 1, self.width() - _TICK), 1, _TICK, 12))
        painter.setBrush(theme.colour("quiet"))
        for left in self.low_ticks():
            painter.drawRect(QRectF(left, _HEIGHT - _LOW, _TICK, _LOW))

    def low_ticks(self) -> list[float]:
        """Left ends of the ticks below the bar: one for noise, two for the repeated picture, beside each other at least."""
        now, ticks = self.reading, []
        last = self.width() - _TICK
        if now.noise is not None:
            ticks.append(min(self._x(now.noise) - 1, last))
        if now.repeated is not None:
            left = min(self._x(now.repeated) - 1, last - _TWIN)
            if ticks and abs(left - ticks[0]) < 2 * _TWIN:
                left = ticks[0] + (2 * _TWIN if ticks[0] < last / 2 else -2 * _TWIN - _TWIN)
            ticks += [left, left + _TWIN]
        return ticks


class Dial(Card):
    """One measure."""

    def __init__(self, title: str) -> None:
        super().__init__(padding=16, spacing=4)
        self.title = Label(title, "subtitle")
        self.ask = ExplainMark(title)
        self.value = Label("", "figure")
        self.spread = Label("", "quiet")
        self.bar = DialBar()
        self.foot = Label("", "quiet", wrap=True)
        self.body.setContentsMargins(16, 12, 16, 12)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.title)
        head.addWidget(self.ask)
        head.addStretch(1)
        figures = QHBoxLayout()
        figures.setSpacing(6)
        figures.addWidget(self.value, 0, Qt.AlignmentFlag.AlignBaseline)
        figures.addWidget(self.spread, 1, Qt.AlignmentFlag.AlignBaseline)
        self.body.addLayout(head)
        self.body.addLayout(figures)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.foot)
        self.body.addStretch(1)

    def show_reading(self, reading: Reading, lines: list[str], precisely: str) -> None:
        """Show a measure and what its question mark explains."""
        self.bar.show_reading(reading)
        self.ask.set_explanation(lines, precisely)
        measured = reading.value is not None
        self.value.setText(percent(reading.value) if measured else "Not measured")
        theme.qss_property(self.value, "role", "figure" if measured else "subtitle")
        self.spread.setText(_spread(reading))
        self.bar.setVisible(measured)
        self.foot.setText(_foot(reading))
        words = {"good": "good", "care": "take care", "bad": "poor"}.get(reading.state, "")
        said = [f"{self.title.text()}: {self.value.text()}", self.spread.text(), words, reading.reason or self.foot.text()]
        self.setAccessibleName(", ".join(part for part in said if part))
        self.value.setToolTip(_range(reading))
        self.spread.setToolTip(_range(reading))


def marks(reading: Reading) -> list[str]:
    """What the marks on the bar are, a line each."""
    known = [
        ("tall mark: real pictures", reading.mark), ("short mark below: pure noise", reading.noise),
        ("double mark below: one picture repeated", reading.repeated),
    ]  # fmt: skip
    return [f"{what}, {percent(value)}" for what, value in known if value is not None]


def percent(share: float | None) -> str:
    """A share as a whole percentage."""
    return "" if share is None else f"{100 * share:.0f} %"


def _spread(reading: Reading) -> str:
    if reading.value is None or reading.low is None or reading.high is None:
        return ""
    return f"±{max(1, round(50 * (reading.high - reading.low)))}"


def _range(reading: Reading) -> str:
    if reading.value is None or reading.low is None or reading.high is None:
        return ""
    return f"Between {percent(reading.low)} and {percent(reading.high)}, with 95 % confidence"


def _foot(reading: Reading) -> str:
    if reading.value is None:
        return reading.reason
    return f"real pictures: {percent(reading.mark)}" if reading.mark is not None else "no reference"
