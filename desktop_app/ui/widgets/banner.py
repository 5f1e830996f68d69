"""A line on the page that says something and offers what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import Button, IconButton
from desktop_app.ui.widgets.icons import IconLabel
from desktop_app.ui.widgets.labels import Label

_ICONS = {"good": "check", "care": "warning", "bad": "error", "info": "info"}


class Banner(QFrame):
    """A message line with buttons; hidden until :meth:`say`."""

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("frame", "banner")
        self._icon = IconLabel("info", "quiet", 18)
        self._text = Label("", wrap=True)
        self._buttons: list[Button] = []
        self._close = IconButton("close", "Dismiss", self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 6, 6)
        self._row.setSpacing(10)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._close)
        self.hide()

    def say(self, text: str, state: str = "info", *actions: tuple[str, Callable[[], object]], closable: bool = True) -> None:
        """Show ``text`` in a state (good, care, bad, info) with buttons ``(text, what it does)``."""
        theme.qss_property(self, "state", state)
        self._icon.set_icon(_ICONS.get(state, "info"), "accent" if state == "info" else state)
        self._text.setText(text)
        self.setAccessibleName(text)
        self._clear()
        for words, act in actions:
            self._offer(words, act)
        self._close.setVisible(closable)
        self.show()

    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def wanted_width(self) -> int:
        """Width at which the text needs no second line."""
        beside = sum(button.sizeHint().width() + self._row.spacing() for button in (*self._buttons, self._close))
        return self._text.fontMetrics().horizontalAdvance(self._text.text()) + beside + 72

    def buttons(self) -> list[Button]:
        """What it offers."""
        return list(self._buttons)

    def dismiss(self) -> None:
        """Take the line away."""
        self.hide()
        self.dismissed.emit()

    def _offer(self, words: str, act: Callable[[], object]) -> None:
        button = Button(words, clicked=act)
        self._row.insertWidget(self._row.count() - 1, button)
        self._buttons.append(button)

    def _clear(self) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
