"""What to draw: how many, which kind, which seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets import Card, ComboBox, HelpMark, IconButton, Label, SpinBox

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Request
    from desktop_app.runtime.manifest import Manifest

WIDTH = 248
MOST = 1000
HIGHEST_SEED = 2**31 - 1
_DICE = 1_000_000


class Form(Card):
    """Three fields; Enter in any of them asks for the pictures."""

    changed = Signal()
    wanted = Signal()

    def __init__(self) -> None:
        super().__init__(padding=16, spacing=12)
        self.setFixedWidth(WIDTH)
        self.count = SpinBox(1, MOST, 16, name="How many", unit="pictures")
        self.kind = ComboBox((), "Kind")
        self.seed = SpinBox(0, HIGHEST_SEED, 0, name="Seed")
        self.seed.setGroupSeparatorShown(False)
        self._row("How many", self.count)
        self._kind_row = self._row("Kind", self.kind, help="All kinds in turn, or one of them.")
        dice = IconButton("dice", "Another seed, by chance", self.roll)
        self._row("Seed", self.seed, dice, help="A number for chance. The same seed always draws the same pictures.")
        self.body.addStretch(1)
        for box in (self.count, self.seed):
            box.valueChanged.connect(lambda _: self.changed.emit())
        self.kind.currentIndexChanged.connect(lambda _: self.changed.emit())

    def _row(self, title: str, field: QWidget, *more: QWidget, help: str = "") -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head, line = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(6)
        line.setSpacing(theme.UNIT)
        head.addWidget(Label(title))
        if help:
            head.addWidget(HelpMark(help, title))
        head.addStretch(1)
        line.addWidget(field, 1)
        for widget in more:
            line.addWidget(widget)
        column.addLayout(head)
        column.addLayout(line)
        self.body.addWidget(holder)
        return holder

    def show_model(self, manifest: Manifest) -> None:
        """Offer the kinds that this model knows."""
        blocked = self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem("All kinds in turn", None)
        for name in manifest.classes:
            self.kind.addItem(name, name)
        self.kind.blockSignals(blocked)
        self._kind_row.setVisible(bool(manifest.classes))

    def request(self) -> Request:
        """What is asked for."""
        from desktop_app.runtime.bundle import Request

        kind = self.kind.value()
        return Request(self.count.value(), self.seed.value(), kind if isinstance(kind, str) else None)

    def roll(self) -> None:
        """Take another seed."""
        before = self.seed.value()
        self.seed.setValue(next(seed for seed in random.sample(range(_DICE), 2) if seed != before))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.wanted.emit()
        else:
            super().keyPressEvent(event)
