"""Cards: a surface with a hairline around it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import ENTER, HelpMark
from desktop_app.ui.widgets.focus import FocusRing
from desktop_app.ui.widgets.labels import Dot, Label


class Card(QFrame):
    """A surface for things that belong together; add to :attr:`body`."""

    def __init__(self, title: str = "", *, padding: int = 16, spacing: int = 8, state: str = "") -> None:
        super().__init__()
        self.setProperty("frame", "card")
        if state:
            self.setProperty("state", state)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(padding, padding, padding, padding)
        self.body.setSpacing(spacing)
        self.heading = Label(title, "section")
        self.heading.setVisible(bool(title))
        if title:
            self.body.addWidget(self.heading)

    def set_state(self, state: str) -> None:
        """Colour the outline: good, care, bad, or "" for none."""
        theme.qss_property(self, "state", state)


class FigureCard(Card):
    """A figure with its name and a sentence: verdicts, measures, readings."""

    def __init__(self, title: str, *, help: str = "") -> None:
        super().__init__(padding=16, spacing=4)
        head = QHBoxLayout()
        head.setSpacing(6)
        self.dot = Dot()
        self.title = Label(title, "subtitle")
        head.addWidget(self.dot)
        head.addWidget(self.title)
        if help:
            head.addWidget(HelpMark(help, title))
        head.addStretch(1)
        self.value = Label("", "figure")
        self.sentence = Label("", "quiet", wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        self.body.addWidget(self.value)
        self.body.addWidget(self.sentence, 1)

    def show_figure(self, value: str, sentence: str = "", state: str = "quiet") -> None:
        """Show a value with its unit, a sentence, and a state's mark."""
        self.value.setText(value)
        self.sentence.setText(sentence)
        self.dot.set_state(state)
        self.dot.setVisible(bool(state))
        self.setAccessibleName(f"{self.title.text()}: {value}. {sentence}")


class ChoiceCard(FocusRing, QAbstractButton):
    """A card that is chosen as a whole, by mouse, Space or Enter; add to :attr:`body`."""

    def __init__(self, name: str, *, padding: int = 16, spacing: int = 6, checkable: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setCheckable(checkable)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(padding, padding, padding, padding)
        self.body.setSpacing(spacing)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put a widget on the card; clicks on it go to the card."""
        widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.body.addWidget(widget, stretch)

    def hasHeightForWidth(self) -> bool:
        return self.body.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        return self.body.totalHeightForWidth(width)

    def sizeHint(self) -> QSize:
        return self.body.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.body.totalMinimumSize()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        edge = "accent" if chosen or self.focus_ring else ("edge" if self.underMouse() else "line")
        width = 2.0 if chosen or self.focus_ring else 1.0
        painter.setPen(QPen(theme.colour(edge), width))
        painter.setBrush(theme.colour("accent_soft" if chosen else ("raised" if self.isDown() else "surface")))
        inset = width / 2
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        if self.focus_ring and chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("text"), 1))
            painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), theme.RADIUS - 3, theme.RADIUS - 3)
