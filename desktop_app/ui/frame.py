"""Header and bottom bar of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.page import Action
from desktop_app.ui.widgets import Banner, Button, ElidedLabel, IconButton, Label


class Header(QWidget):
    """Title and subtitle at the left, theme switch and menu at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.title = Label("", "title")
        self.subtitle = ElidedLabel("", "subtitle")
        self.theme = IconButton("contrast", "Switch between dark and light")
        self.menu = IconButton("more", "Menu")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.MARGIN, 20, theme.MARGIN - 6, 12)
        row.setSpacing(theme.UNIT)
        row.addLayout(words, 1)
        row.addWidget(self.theme, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.menu, 0, Qt.AlignmentFlag.AlignTop)

    def set_margin(self, margin: int) -> None:
        """Room at the sides."""
        self.layout().setContentsMargins(margin, 20, margin - 6, 12)

    def show_text(self, title: str, subtitle: str) -> None:
        """Show a page's title and the line under it."""
        self.title.setText(title)
        self.subtitle.setText(subtitle)


class BottomBar(QFrame):
    """What is true now, the way back, and one main button that names what to do next."""

    refused = Signal(str)
    """The main button was pressed, and this is in the way."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("frame", "bar")
        self.setFixedHeight(64)
        self.note = ElidedLabel("", "subtitle")
        self.back = Button("Back", "plain")
        self.main = Button("", "main")
        self.main.clicked.connect(self._act)
        self._action: Action | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.MARGIN, 0, theme.MARGIN, 0)
        row.setSpacing(12)
        row.addWidget(self.note, 1)
        row.addWidget(self.back)
        row.addWidget(self.main)

    def set_margin(self, margin: int) -> None:
        """Room at the sides."""
        self.layout().setContentsMargins(margin, 0, margin, 0)

    def offer(self, action: Action | None, note: str, *, back: bool) -> None:
        """Show a note and a main button; None takes the button away."""
        self._action = action
        self.note.setText(note)
        self.back.setVisible(back)
        self.main.setVisible(action is not None)
        if action is not None and self.main.text() != action.text:
            self.main.setText(action.text)
        self.main.setToolTip(action.enabled_reason if action else "")

    def _act(self) -> None:
        if self._action is None:
            return
        if self._action.enabled_reason:
            self.refused.emit(self._action.enabled_reason)
        else:
            self._action.trigger()


class Floating(QObject):
    """Keeps a banner over the lower edge of the pages, so that a message moves nothing."""

    def __init__(self, area: QStackedWidget, banner: Banner) -> None:
        super().__init__(banner)
        self._area, self._banner = area, banner
        banner.setParent(area)
        banner.hide()
        area.installEventFilter(self)
        area.currentChanged.connect(self.place)  # the page that comes is put above all others, the banner included

    def place(self) -> None:
        """Put the banner where it belongs now."""
        width = min(self._area.width() - 2 * theme.MARGIN, max(480, min(860, self._banner.wanted_width())))
        height = self._banner.heightForWidth(width) if self._banner.hasHeightForWidth() else self._banner.sizeHint().height()
        left = theme.MARGIN
        self._banner.setGeometry(left, self._area.height() - max(height, 46) - 12, width, max(height, 46))
        self._banner.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False
