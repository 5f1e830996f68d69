"""The rail at the left: the project, the six steps with their states, the machine."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.project.steps import STEPS, Status, Step
from desktop_app.ui import theme
from desktop_app.ui.widgets import Button, ElidedLabel, Label
from desktop_app.ui.widgets.focus import FocusRing

WIDTH = 208
NARROW = 64
_WORDS_LEFT = 38


class StepButton(FocusRing, QAbstractButton):
    """A row of the rail: mark, title, a grey line of result."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step
        self.status = Status("to do")
        self.ring: float | None = None
        self.narrow = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_status(self.status)

    def show_status(self, status: Status, ring: float | None = None) -> None:
        """Show a state; ``ring`` is the share of a running training that is done."""
        self.status, self.ring = status, ring
        said = f"Step {self.step.number}, {self.step.title}: {status.state}"
        self.setAccessibleName(f"{said}. {status.summary}" if status.summary else said)
        tip = f"{self.step.title} · Ctrl+{self.step.number}"
        self.setToolTip(f"{tip}\n{status.summary or status.missing}".strip())
        self.updateGeometry()
        self.update()

    def set_narrow(self, narrow: bool) -> None:
        """Show the mark alone."""
        self.narrow = narrow
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        if self.narrow or not self.status.summary:
            return QSize(WIDTH - 28, 36)
        return QSize(WIDTH - 28, 36 + min(2, self._lines()) * 15)

    def minimumSizeHint(self) -> QSize:
        return QSize(36, self.sizeHint().height())

    def _lines(self) -> int:
        width = WIDTH - 28 - _WORDS_LEFT - 10
        flags = Qt.TextFlag.TextWordWrap.value
        metrics = self._metrics()
        return max(1, round(metrics.boundingRect(0, 0, width, 400, flags, self.status.summary).height() / metrics.height()))

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(theme.interface_font(theme.QUIET))

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        centre = QPointF(self.width() / 2 if self.narrow else 19, 18)
        self._paint_mark(painter, centre)
        if not self.narrow:
            self._paint_words(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.colour("accent"), 2) if self.focus_ring else Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(theme.colour("raised", 1.0 if self.isChecked() else 0.6))
        painter.drawRoundedRect(box, 8, 8)

    def _paint_mark(self, painter: QPainter, centre: QPointF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.ring is not None:
            self._paint_ring(painter, centre, self.ring)
        elif self.status.state == "done":
            self._paint_done(painter, centre)
        elif self.status.state == "needs a look":
            self._paint_letter(painter, centre, "care", "!", filled=True)
        else:
            tone = "accent" if self.isChecked() or self.status.state == "in progress" else "quiet"
            self._paint_letter(painter, centre, tone, str(self.step.number), filled=False)

    def _paint_ring(self, painter: QPainter, centre: QPointF, share: float) -> None:
        box = QRectF(centre.x() - 8.5, centre.y() - 8.5, 17, 17)
        painter.setPen(QPen(theme.colour("line"), 3))
        painter.drawEllipse(box)
        pen = QPen(theme.colour("accent"), 3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawArc(box, 90 * 16, -round(max(0.02, share) * 360 * 16))

    def _paint_done(self, painter: QPainter, centre: QPointF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("good"))
        painter.drawEllipse(centre, 9, 9)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(theme.colour("surface"), 1.8)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline([centre + QPointF(*point) for point in ((-3.8, 0.3), (-1.2, 2.9), (3.9, -2.7))])

    def _paint_letter(self, painter: QPainter, centre: QPointF, tone: str, letter: str, *, filled: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen if filled else QPen(theme.colour("edge" if tone == "quiet" else tone), 1))
        painter.setBrush(theme.colour(tone) if filled else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(centre, 8.5, 8.5)
        painter.setFont(theme.interface_font(11))
        painter.setPen(theme.colour("surface" if filled else tone))
        painter.drawText(QRectF(centre.x() - 9, centre.y() - 9, 18, 18), Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_words(self, painter: QPainter) -> None:
        width = self.width() - _WORDS_LEFT - 10
        painter.setPen(theme.colour("text"))
        painter.setFont(theme.interface_font(theme.BODY))
        painter.drawText(QRectF(_WORDS_LEFT, 8, width, 20), Qt.AlignmentFlag.AlignVCenter, self.step.title)
        if self.status.summary:
            painter.setPen(theme.colour("quiet"))
            painter.setFont(theme.interface_font(theme.QUIET))
            self._paint_summary(painter, QRectF(_WORDS_LEFT, 28, width, self.height() - 32))

    def _paint_summary(self, painter: QPainter, box: QRectF) -> None:
        """Two lines at most; a longer summary ends in an ellipsis."""
        text, metrics = self.status.summary, painter.fontMetrics()
        if self._lines() > 2:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(box.width() * 1.75))
        painter.drawText(box, Qt.TextFlag.TextWordWrap.value, text)


class MachineLine(QWidget):
    """What computes here, and how full its memory is."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ElidedLabel("", "quiet")
        self.memory = ElidedLabel("", "quiet")
        self.bar = QProgressBar()
        self.bar.setProperty("thin", True)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Memory in use")
        self.bar.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 8, 0)
        column.setSpacing(2)
        column.addWidget(self.name)
        column.addWidget(self.memory)
        column.addSpacing(4)
        column.addWidget(self.bar)

    def show_memory(self, name: str, used: int, total: int) -> None:
        """Bytes in use and in all, of the memory that training takes."""
        self.name.setText(name)
        self.memory.setText(f"{used / 2**30:.1f} of {total / 2**30:.0f} GB memory in use" if total else "")
        self.bar.setVisible(total > 0)
        share = used / total if total else 0.0
        self.bar.setValue(round(1000 * share))
        theme.qss_property(self.bar, "state", "care" if share > 0.92 else "")


class Rail(QFrame):
    """The rail. ``menu`` is asked for when the project's name is pressed."""

    step_chosen = Signal(int)

    def __init__(self, open_menu: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("frame", "rail")
        self.setFixedWidth(WIDTH)
        self.narrow = False
        self.brand = Label("Gensmith", "section")
        self.project = Button("", "project", clicked=open_menu, help="Recent projects, new, open, close")
        self.machine = MachineLine()
        self.steps = [StepButton(step) for step in STEPS]
        for button in self.steps:
            button.clicked.connect(lambda _=False, number=button.step.number: self.step_chosen.emit(number))
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 20, 14, 20)
        column.setSpacing(1)
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 0, 0)
        head.addWidget(self.brand)
        column.addLayout(head)
        column.addWidget(self.project)
        column.addSpacing(18)
        for button in self.steps:
            column.addWidget(button)
        column.addStretch(1)
        column.addWidget(self.machine)

    def set_project(self, name: str) -> None:
        """Show the project's name, shortened where it is long."""
        shown = self.project.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, WIDTH - 74)
        self.project.setText(f"{shown} ▾")
        self.project.setAccessibleName(f"Project {name}")
        self.project.setToolTip(f"{name}\nRecent projects, new, open, close")

    def set_current(self, number: int) -> None:
        """Mark the step whose page is shown."""
        self.steps[number - 1].setChecked(True)

    def set_narrow(self, narrow: bool) -> None:
        """Marks only, for small windows."""
        if narrow == self.narrow:
            return
        self.narrow = narrow
        self.setFixedWidth(NARROW if narrow else WIDTH)
        for widget in (self.brand, self.project, self.machine):
            widget.setVisible(not narrow)
        for button in self.steps:
            button.set_narrow(narrow)
