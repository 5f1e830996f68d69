"""A question mark that opens an explanation: plain first, precise behind a click."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPainterPath, QRegion, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import Button
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.labels import Label, Line

WIDTH = 340


class Explanation(QWidget):
    """A small sheet beside what it explains; a click elsewhere or Escape closes it.

    Parameters
    ----------
    lines
        The plain explanation, a paragraph each.
    precisely
        The definition for those who know the field; shown on demand.
    """

    def __init__(self, title: str, lines: list[str], precisely: str = "") -> None:
        super().__init__(None, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint | Qt.WindowType.NoDropShadowWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(title)
        card = Card(title, padding=16, spacing=8)
        for line in lines:
            words = Label(line, wrap=True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            card.body.addWidget(words)
        self._precise = Label(precisely, "quiet", wrap=True)
        self._precise.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._rule = Line()
        self.more = Button("Precisely", "link", clicked=self._show_more, help="The definition for those who know the field")
        if precisely:
            for part in (self._rule, self.more, self._precise):
                card.body.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft if part is self.more else Qt.AlignmentFlag(0))
        for part in (self._rule, self._precise):
            part.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)

    def show_at(self, anchor: QWidget) -> None:
        """Open under ``anchor``, moved so that all of it is on the screen."""
        self._fit()
        place = anchor.mapToGlobal(QPoint(0, anchor.height() + theme.UNIT))
        screen = anchor.screen().availableGeometry()
        x = max(screen.left() + 8, min(place.x(), screen.right() - self.width() - 8))
        y = place.y() if place.y() + self.height() < screen.bottom() else place.y() - self.height() - anchor.height() - 8
        self.move(x, max(screen.top() + 8, y))
        self.show()

    def _fit(self) -> None:
        """As high as its words need at this width; Qt's own guess leaves a gap."""
        self.setFixedSize(WIDTH, self.layout().totalHeightForWidth(WIDTH))

    def _show_more(self) -> None:
        self.more.hide()
        self._rule.show()
        self._precise.show()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the corners off: without a compositor what is transparent would be black."""
        super().resizeEvent(event)
        shape = QPainterPath()
        shape.addRoundedRect(self.rect(), theme.RADIUS, theme.RADIUS)
        self.setMask(QRegion(shape.toFillPolygon().toPolygon()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


class ExplainMark(Button):
    """The question mark beside a title."""

    def __init__(self, about: str) -> None:
        super().__init__("?", "help", clicked=self.explain, help=f"What is {about.lower()}?")
        self.setAccessibleName(f"What is {about.lower()}?")
        self._about = about
        self._lines: list[str] = []
        self._precisely = ""
        self.sheet: Explanation | None = None

    def set_explanation(self, lines: list[str], precisely: str = "") -> None:
        """What it says when it is asked."""
        self._lines, self._precisely = lines, precisely
        self.setAccessibleDescription(" ".join(lines))

    def explain(self) -> None:
        """Open the explanation."""
        self.sheet = Explanation(self._about, self._lines, self._precisely)
        self.sheet.destroyed.connect(self._gone)
        self.sheet.show_at(self)

    def _gone(self) -> None:
        self.sheet = None
