"""What a page shows when there is nothing to show yet: why, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.project.errors import GensmithError
from desktop_app.ui.widgets.buttons import Button
from desktop_app.ui.widgets.icons import IconLabel
from desktop_app.ui.widgets.labels import Label
from desktop_app.ui.widgets.progress import ProgressLine

_WIDTH = 460


class Blank(QWidget):
    """An icon, a heading, a sentence, perhaps a progress line and buttons, in the middle of the page.

    ``corner`` is a row above it, empty at first.
    """

    def __init__(self) -> None:
        super().__init__()
        self._icon = IconLabel("pictures", "quiet", 40)
        self.heading = Label("", "section", wrap=True)
        self.words = Label("", "subtitle", wrap=True)
        self.progress = ProgressLine("Progress")
        self._buttons: list[Button] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(8)
        self._row.addStretch(1)
        self._row.addStretch(1)
        self._build()

    def _build(self) -> None:
        middle = QWidget()
        middle.setFixedWidth(_WIDTH)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        for line in (self.heading, self.words):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)
        column.addWidget(self.progress)
        column.addLayout(self._row)
        column.addStretch(3)
        self.corner = QHBoxLayout()
        self.corner.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self.corner)
        outer.addWidget(middle, 1, Qt.AlignmentFlag.AlignHCenter)
        self.progress.hide()

    def say(self, icon: str, heading: str, words: str, *actions: tuple[str, Callable[[], None]], state: str = "quiet") -> None:
        """Show a state of the page with buttons ``(text, what it does)``; the progress line goes."""
        self._icon.set_icon(icon, state)
        self.heading.setText(heading)
        self.words.setText(words)
        self.setAccessibleName(f"{heading}. {words}")
        self.progress.hide()
        self._clear()
        for text, act in actions:
            button = Button(text, clicked=act)
            self._row.insertWidget(self._row.count() - 1, button)
            self._buttons.append(button)

    def say_error(self, heading: str, error: GensmithError, *actions: tuple[str, Callable[[], None]]) -> None:
        """Show what happened and what to do, with details to copy."""
        copy = [("Copy details", lambda: QGuiApplication.clipboard().setText(f"{error}\n\n{error.details}"))]
        self.say("error", heading, str(error), *actions, *(copy if error.details else []), state="bad")

    def buttons(self) -> list[Button]:
        """What it offers."""
        return list(self._buttons)

    def _clear(self) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
