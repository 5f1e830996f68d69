"""The data page while it waits, when something is in the way, and the line above the wall."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop_app.ui.widgets import Button, Card, ElidedLabel, IconLabel, Label, ProgressLine


class StatusLine(QWidget):
    """One line of fixed height above the wall: what can be done with what is shown, or a wait."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(24)
        self.words = ElidedLabel("", "quiet")
        self.mend = Button("", "link")
        self.act = Button("", "link")
        self.bar = QProgressBar()
        self.bar.setProperty("thin", True)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Preparing the pictures")
        self.cancel = Button("Cancel", "link")
        self._at_rest = ("", "", "")
        self._waiting = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.bar)
        row.addWidget(self.words, 1)
        row.addWidget(self.mend)
        row.addWidget(self.act)
        row.addWidget(self.cancel)
        self._show()

    def show_words(self, words: str, act: str = "", mend: str = "") -> None:
        """Show what can be done; a wait comes first."""
        self._at_rest = (words, act, mend)
        self._show()

    def show_wait(self, words: str, fraction: float) -> None:
        """Show a wait, or with empty words that it is over."""
        self._waiting = bool(words)
        self.bar.setValue(round(1000 * fraction))
        self._show()
        if words:
            self.words.setText(f"{words} · {fraction:.0%}" if fraction > 0 else words)

    def _show(self) -> None:
        words, act, mend = self._at_rest
        for widget in (self.bar, self.cancel):
            widget.setVisible(self._waiting)
        self.act.setVisible(bool(act) and not self._waiting)
        self.mend.setVisible(bool(mend) and not self._waiting)
        if not self._waiting:
            self.words.setText(words)
            self.act.setText(act)
            self.mend.setText(mend)


class Waiting(QWidget):
    """The first look at the pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.progress = ProgressLine("Looking at every picture")
        card = Card(padding=24)
        card.setMaximumWidth(620)
        card.body.addWidget(self.progress)
        column = QVBoxLayout(self)
        column.addStretch(2)
        row = QHBoxLayout()
        row.addWidget(card, 1)
        column.addLayout(row)
        column.addStretch(3)


class Trouble(QWidget):
    """Nothing to show: what happened and what to do."""

    def __init__(self) -> None:
        super().__init__()
        self.icon = IconLabel("info", "quiet", 36)
        self.title = Label("", "section", wrap=True)
        self.words = Label("", "subtitle", wrap=True)
        self.again = Button("Look again", "")
        self.other = Button("Choose other pictures…", "")
        for label in (self.title, self.words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.other)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addSpacing(8)
        column.addLayout(buttons)
        column.addStretch(3)

    def show_error(self, error: object) -> None:
        """Show an error, or that the look at the pictures was cancelled."""
        self.icon.set_icon("error" if error else "info", "bad" if error else "quiet")
        self.title.setText(getattr(error, "message", "The pictures have not been looked at yet."))
        self.words.setText(getattr(error, "remedy", "It was cancelled. What was done so far is kept."))
