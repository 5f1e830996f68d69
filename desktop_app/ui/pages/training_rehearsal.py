"""The rehearsal on the training page: what it is, how far it is, what it found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs import rehearsal
from desktop_app.jobs.session import Session
from desktop_app.project.runs import Tried
from desktop_app.ui import theme
from desktop_app.ui.widgets import Button, Card, Label
from desktop_app.ui.widgets.icons import IconLabel
from desktop_app.ui.widgets.progress import ProgressLine

WHAT = (
    "Does once, in about a minute, what a training does up to its model: reads every picture, learns for a moment, draws, "
    "saves, makes the model. What would go wrong at the end goes wrong now, and time, memory and disk are measured."
)
_UNIT = re.compile(r"(\d) ([GM]B|m?s)\b")
"""A figure and its unit, which no end of a line shall part."""


class Finding(QWidget):
    """A part that went well, and what it found."""

    def __init__(self, words: str, icon: str = "check", state: str = "good") -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel(icon, state, 14), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(Label(_UNIT.sub("\\1\u00a0\\2", words), "quiet", wrap=True), 1)
        self.setAccessibleName(words)


class RehearsalCard(Card):
    """Offers a rehearsal, shows it at work, and keeps what it found while that holds."""

    def __init__(self, session: Session) -> None:
        super().__init__("Rehearsal", spacing=10)
        self._rehearser = session.rehearser
        self._session = session
        self.words = Label(WHAT, "quiet", wrap=True)
        self.progress = ProgressLine("Rehearsal")
        self.progress.cancel.clicked.connect(self._rehearser.cancel)
        self.button = Button("Rehearse", clicked=session.rehearse)
        self.findings: list[Finding] = []
        self._shown: list[str] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        self.body.addWidget(self.words)
        self.body.addLayout(self._column)
        self.body.addWidget(self.progress)
        self.body.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self._was_busy = False
        self._network = ""
        self._rehearser.changed.connect(self.refresh)

    def show_for(self, network: str) -> None:
        """Show what is known of a training whose network would be of that size."""
        self._network = network
        self.refresh()

    def refresh(self) -> None:
        """Show how it stands now."""
        busy = self._rehearser.busy
        self.progress.setVisible(busy)
        self.button.setVisible(not busy)
        if busy:
            self._show_work()
        else:
            self._show_end()
        self._was_busy = busy

    def _show_work(self) -> None:
        state = self._rehearser.state
        if not self._was_busy:
            self.progress.begin(state.words)
        if state.fraction:
            self.progress.advance(state.fraction, state.words)
        self._say(WHAT, "")
        self._list(state.tried)

    def _show_end(self) -> None:
        found, error, machine = self._rehearser.holds(self._network), self._rehearser.error, self._session.machine
        before = self._rehearser.found is not None
        self.button.setText("Rehearse again" if before or error is not None else "Rehearse")
        if found is not None:
            state, words = rehearsal.verdict(found, machine.disk_free if machine is not None else None)
            self._say(words, state)
            self._list(list(found.story.tried.values()), rehearsal.remarks(found))
        elif error is not None:
            self._say(f"It did not work. {error.message} {error.remedy}".strip(), "bad")
            self._list(self._rehearser.state.tried)
        else:
            self._say("The settings have changed since the last rehearsal." if before else WHAT, "")
            self._list([])
        self.button.setEnabled(not self._session.read_only)

    def _say(self, words: str, state: str) -> None:
        self.words.setText(words)
        self.words.set_tone(state if state != "good" else "")
        theme.qss_property(self.words, "role", "" if state else "quiet")
        self.set_state(state)

    def _list(self, tried: list[Tried], remarks: Sequence[tuple[bool, str]] = ()) -> None:
        """What was found, a line each; built anew only where it is other than before."""
        lines = [rehearsal.words_of(event) for event in tried]
        wanted = [*lines, *(words for _, words in remarks)]
        if wanted == self._shown:
            return
        self._shown = wanted
        for finding in self.findings:
            self._column.removeWidget(finding)
            finding.hide()
            finding.deleteLater()
        self.findings = [Finding(words) for words in lines]
        self.findings += [Finding(words, *(("warning", "care") if care else ("info", "quiet"))) for care, words in remarks]
        for finding in self.findings:
            self._column.addWidget(finding)
