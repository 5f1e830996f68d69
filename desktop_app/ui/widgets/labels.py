"""Text on the page."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from desktop_app.ui import theme


class Label(QLabel):
    """A label with a role (display, title, section, strong, figure, quiet, subtitle, or body when empty)."""

    def __init__(self, text: str = "", role: str = "", *, wrap: bool = False, tone: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)  # names of files and classes are never mark-up
        if role:
            self.setProperty("role", role)
        if tone:
            self.setProperty("tone", tone)
        if wrap:
            self.setWordWrap(True)
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def set_tone(self, tone: str) -> None:
        """Colour the text: good, care, bad, accent, or "" for none."""
        theme.qss_property(self, "tone", tone)


def label(text: str = "", role: str = "", *, wrap: bool = False, tone: str = "") -> Label:
    """Shorthand for :class:`Label`."""
    return Label(text, role, wrap=wrap, tone=tone)


class ElidedLabel(Label):
    """One line that ends in … where it does not fit and shows the whole on hover."""

    def __init__(self, text: str = "", role: str = "", *, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        self._mode = mode
        self._full = ""
        super().__init__("", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Set the whole text."""
        self._full = text
        self.setAccessibleName(text)
        self._elide()

    def full_text(self) -> str:
        """The whole text, elided or not."""
        return self._full

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._full) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def _elide(self) -> None:
        self.ensurePolished()
        shown = self.fontMetrics().elidedText(self._full.replace("\n", " "), self._mode, max(0, self.width()))
        super().setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class Dot(QWidget):
    """A small round mark in the colour of a state (good, care, bad, accent, quiet).

    ``height`` centres it on a line of text of that height.
    """

    def __init__(self, state: str = "quiet", size: int = 8, height: int = 0) -> None:
        super().__init__()
        self._state, self._size = state, size
        self.setFixedSize(size, max(size, height))

    def set_state(self, state: str) -> None:
        """Take another state's colour."""
        self._state = state
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(theme.state_colour(self._state)))
        painter.drawEllipse(QRectF(0, (self.height() - self._size) / 2, self._size, self._size))


class Line(QFrame):
    """A hairline across."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("frame", "line")
        self.setFixedHeight(1)
