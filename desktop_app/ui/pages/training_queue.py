"""The queue on the training page: what waits, in which order, and whether it moves by itself."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs import requests
from desktop_app.jobs.session import Session
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.ui.widgets import Button, Card, IconButton, Label
from desktop_app.ui.widgets.labels import ElidedLabel

PLACE_WIDTH = 16
"""Room for two digits, so that the names stand below each other."""
MOVES = "Each starts by itself when the one before it has ended, even when the window is closed. A pause holds the queue."
RESTS = "Nothing is at work, so nothing starts by itself."


class QueueRow(QWidget):
    """One training that waits: its place, what it is, sooner, take out."""

    def __init__(self, place: int, run: Run, words: str, session: Session) -> None:
        super().__init__()
        self.run = run
        name = f"{run.spec.name}, {words}"
        self.sooner = IconButton("chevron-up", f"Let it be the next: {name}", lambda: session.put_first(run))
        self.sooner.setVisible(place > 1)
        self.remove = IconButton("trash", f"Take out of the queue: {name}", lambda: session.take_out(run))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(8)
        number = Label(str(place), "strong")
        number.setMinimumWidth(PLACE_WIDTH)
        row.addWidget(number, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(ElidedLabel(run.spec.name))
        column.addWidget(ElidedLabel(words, "quiet"))
        row.addLayout(column, 1)
        row.addWidget(self.sooner)
        row.addWidget(self.remove)
        self.setAccessibleName(f"{place}: {name}")

    def has_focus(self) -> bool:
        """Whether the keyboard is on one of its buttons."""
        return self.window().focusWidget() in (self.sooner, self.remove)

    def take_focus(self) -> None:
        """Put the keyboard on its first button."""
        (self.remove if self.sooner.isHidden() else self.sooner).setFocus()


class QueueCard(Card):
    """The trainings that wait for their turn; hidden while none does."""

    def __init__(self, session: Session) -> None:
        super().__init__("Queue", spacing=6)
        self._session = session
        self._shown: list[Run] = []
        self.rows: list[QueueRow] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self.words = Label("", "quiet", wrap=True)
        self.start = Button("Start the queue", icon="play", clicked=session.start_queue)
        self.body.addLayout(self._column)
        self.body.addWidget(self.words)
        self.body.addWidget(self.start, 0, Qt.AlignmentFlag.AlignLeft)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, super().minimumSizeHint().height())

    def refresh(self) -> None:
        """Show what waits now."""
        waiting = self._session.waiting_runs()
        self.setVisible(bool(waiting))
        if waiting != self._shown:
            self._shown = waiting
            self._fill()
        moves = self._session.would_wait
        self.words.setText(MOVES if moves else RESTS)
        self.start.setVisible(not moves)

    def _fill(self) -> None:
        """The rows anew; the keyboard stays on the training that it was on, or on what has taken its place."""
        place, focused = next(((place, row.run) for place, row in enumerate(self.rows) if row.has_focus()), (0, None))
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [QueueRow(place, run, _words(run), self._session) for place, run in enumerate(self._shown, 1)]
        for row in self.rows:
            self._column.addWidget(row)
            row.show()  # now: what is not shown cannot have the keyboard
        if focused is not None and self.rows:
            same = next((row for row in self.rows if row.run == focused), None)
            (same or self.rows[min(place, len(self.rows) - 1)]).take_focus()


def _words(run: Run) -> str:
    try:
        return requests.in_words(run)
    except GensmithError as error:
        return error.message
