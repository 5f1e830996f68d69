"""Which other runs stand beside the one that is looked at: a button that opens a list to tick."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from desktop_app.project.runs import Run
from desktop_app.ui.widgets import Button

MOST = 6
"""Runs side by side; more would have no room and no colours that can be told apart."""


class OtherRuns(Button):
    """Says how many are chosen; at least one and at most five are."""

    chosen_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[Run] = []
        self._actions: list[QAction] = []
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self.setMenu(self._menu)

    def offer(self, others: list[tuple[Run, str]]) -> None:
        """The runs that there are, each in words; the first is chosen."""
        self._menu.clear()
        self._runs, self._actions = [run for run, _ in others], []
        for place, (run, words) in enumerate(others):
            action = self._menu.addAction(words.replace("&", "&&"))
            action.setToolTip(run.name)
            action.setCheckable(True)
            action.setChecked(place == 0)
            action.toggled.connect(lambda _=False, action=action: self._toggled(action))
            self._actions.append(action)
        self._say()

    def chosen(self) -> list[Run]:
        """Those that are ticked, in the order of the list."""
        return [run for run, action in zip(self._runs, self._actions, strict=True) if action.isChecked()]

    def choose(self, runs: list[Run]) -> None:
        """Tick exactly these."""
        for run, action in zip(self._runs, self._actions, strict=True):
            blocked = action.blockSignals(True)
            action.setChecked(run in runs)
            action.blockSignals(blocked)
        self._say()
        self.chosen_changed.emit()

    def _toggled(self, action: QAction) -> None:
        if not self.chosen():
            action.setChecked(True)  # to compare takes two
            return
        self._say()
        self.chosen_changed.emit()

    def _say(self) -> None:
        chosen = self.chosen()
        full = len(chosen) >= MOST - 1
        for action in self._actions:
            action.setEnabled(action.isChecked() or not full)
        names = [action.text().replace("&&", "&") for action in self._actions if action.isChecked()]
        self.setText(f"{names[0] if len(names) == 1 else f'{len(names)} other runs'} ▾" if names else "")
        self.setToolTip("\n".join(names))
        self.setAccessibleName(f"Runs to compare with: {', '.join(names)}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
