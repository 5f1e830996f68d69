"""The form that asks for pictures: what the window's page and the generator's have in common."""

from __future__ import annotations

import random
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import ENTER, HelpMark, IconButton
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.fields import ComboBox, SpinBox
from desktop_app.ui.widgets.labels import Label

MOST = 1000
"""Pictures that can be asked for at once."""
_HIGHEST_SEED = 2**31 - 1
_DICE = 1_000_000


class TitledField(QWidget):
    """A field, and what belongs beside it, under its title with an explanation."""

    def __init__(self, title: str, field: QWidget, *beside: QWidget, help: str = "") -> None:
        super().__init__()
        self.title, self.help = Label(title), HelpMark(help, title)
        self.help.setVisible(bool(help))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head, line = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(6)
        line.setSpacing(theme.UNIT)
        head.addWidget(self.title)
        head.addWidget(self.help)
        head.addStretch(1)
        line.addWidget(field, 1)
        for widget in beside:
            line.addWidget(widget)
        column.addLayout(head)
        column.addLayout(line)


class RequestForm(Card):
    """How many, which kind, which seed; Enter in any field asks for the pictures. Where the fields stand is the page's."""

    changed = Signal()
    wanted = Signal()

    def __init__(self, width: int) -> None:
        super().__init__(padding=16, spacing=12)
        self.setFixedWidth(width)
        self.count = SpinBox(1, MOST, 16, name="How many", unit="pictures")
        self.kind = ComboBox((), "Kind")
        self.seed = SpinBox(0, _HIGHEST_SEED, 0, name="Seed")
        self.seed.setGroupSeparatorShown(False)
        self.dice = IconButton("dice", "Another seed, by chance", self.roll)
        self.listen_to(self.count, self.kind, self.seed)

    def listen_to(self, *fields: QComboBox | QSpinBox | QDoubleSpinBox) -> None:
        """Tell of their changes."""
        for field in fields:
            change = field.currentIndexChanged if isinstance(field, QComboBox) else field.valueChanged
            change.connect(lambda _: self.changed.emit())

    def offer_kinds(self, classes: Sequence[str]) -> None:
        """Offer all kinds in turn and each of them; nothing where the model knows none."""
        blocked = self.kind.blockSignals(True)
        self.kind.clear()
        if classes:
            self.kind.addItem("All kinds in turn", None)
        for name in classes:
            self.kind.addItem(name, name)
        self.kind.blockSignals(blocked)

    def chosen_kind(self) -> str | None:
        """The kind that is asked for; None for all in turn."""
        kind = self.kind.value()
        return kind if isinstance(kind, str) else None

    def roll(self) -> None:
        """Take another seed."""
        before = self.seed.value()
        self.seed.setValue(next(seed for seed in random.sample(range(_DICE), 2) if seed != before))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.wanted.emit()
        else:
            super().keyPressEvent(event)
