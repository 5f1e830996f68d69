"""Where a training starts: from nothing, from an earlier run, or from a model file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.project.runs import Run
from desktop_app.ui.widgets.buttons import HelpMark
from desktop_app.ui.widgets.fields import ComboBox
from desktop_app.ui.widgets.labels import ElidedLabel, Label
from desktop_app.ui.widgets.settings import CONTROL_WIDTH

FRESH, FILE = "", "a file"
_HELP = (
    "A fresh start knows nothing but your pictures. Starting from an earlier model takes its weights over, as far as size, "
    "kinds and network are the same; the rest begins anew. That saves time when pictures were added or a setting changed."
)
_NAMES = "Gensmith model (*.gensmith)"


class StartChoice(QWidget):
    """A line with the choice, and a sentence on what it means."""

    chosen = Signal(object)  # Path of a run, None for a fresh start
    file_chosen = Signal(object)  # Path of a model file

    def __init__(self) -> None:
        super().__init__()
        self.box = ComboBox((), "Start from")
        self.box.setFixedWidth(CONTROL_WIDTH + 80)
        self.meaning = ElidedLabel("", "quiet")
        self._value: str = FRESH
        self._options: list[tuple[str, str]] = []
        self._build()
        self.box.activated.connect(lambda _: self._activated(str(self.box.value())))

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label("Start from"))
        row.addWidget(HelpMark(_HELP, "Start from"))
        row.addWidget(Label("initial weights", "quiet"))
        row.addStretch(1)
        row.addWidget(self.box)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.meaning)

    def show_choice(self, runs: Sequence[tuple[Run, str]], start: Path | None, fits: bool) -> None:
        """Offer runs with their words, newest first; ``start`` is what is chosen, ``fits`` whether it can be used here."""
        options = [(FRESH, "Nothing: a fresh start"), *((str(run.folder), words) for run, words in runs)]
        self._value = str(start) if start is not None and fits else FRESH
        if self._value not in dict(options):
            gone = "" if start is not None and start.exists() else " (no longer there)"
            options.append((self._value, f"{Path(self._value).name}{gone}"))
        options.append((FILE, "A model file …"))
        if options != self._options:
            self._options = options
            self._fill()
        self.box.set_value(self._value)
        self.box.setToolTip(self.box.currentText())
        self.meaning.setText(meaning(start if fits else None))

    def _fill(self) -> None:
        blocked = self.box.blockSignals(True)
        self.box.clear()
        for key, words in self._options:
            self.box.addItem(words, key)
        self.box.blockSignals(blocked)

    def _activated(self, key: str) -> None:
        if key == FILE:
            self.box.set_value(self._value)  # until a file was chosen and checked
            name, _ = QFileDialog.getOpenFileName(self, "Start from a model", "", _NAMES)
            if name:
                self.file_chosen.emit(Path(name))
        elif key != self._value:
            self.chosen.emit(Path(key) if key else None)


def meaning(start: Path | None) -> str:
    """What a choice means, in a sentence."""
    if start is None:
        return "It begins with random weights and learns everything from your pictures."
    if not start.exists():
        return "That model is no longer there: choose another, or a fresh start."
    return "It takes over what that model has learned and goes on from there, with a learning rate that starts anew."
