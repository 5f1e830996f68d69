"""How pictures become what the model sees: size, fit, colour, ground, share held out, with a live preview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_app.jobs.session import Session
from desktop_app.ui.pages.because import Because
from desktop_app.ui.pages.data_preview import Previewer
from desktop_app.ui.widgets import ComboBox, ContactSheet, HelpMark, Label, to_image

if TYPE_CHECKING:
    from desktop_app.data import Inventory, Item

SIZES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 256)
SHOWN = 12
DELAY = 120
"""Milliseconds without a further change before the preview is made."""

Options = Sequence[tuple[object, str]]
CHOICES: tuple[tuple[str, str, Options, str], ...] = (
    (
        "fit",
        "Not square",
        (("crop", "Cut square"), ("pad", "Show whole"), ("stretch", "Stretch")),
        "What happens to pictures that are not square: their middle is cut out, they are shown whole on a plain ground, "
        "or they are stretched.",
    ),
    (
        "colour",
        "Colour",
        (("auto", "As they are"), ("colour", "Colour"), ("gray", "Gray")),
        "Gray pictures are learned three times as cheaply. “As they are” takes gray only when all of them are gray.",
    ),
    (
        "background",
        "Ground",
        (("white", "White"), ("black", "Black"), ("gray", "Gray")),
        "What lies under transparent pictures, and around those that are shown whole.",
    ),
    (
        "held_out",
        "Held out",
        ((0.05, "5 %"), (0.1, "10 %"), (0.15, "15 %"), (0.2, "20 %")),
        "Share of the pictures that the model never learns from. They are kept to judge it honestly. At least one always is.",
    ),
)


class DataSettings(QWidget):
    """A form for all pictures at once."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._boxes: dict[str, ComboBox] = {}
        self._sample: list[Item] = []
        self.sheet = ContactSheet(4, 3, "Pictures as the model will see them")
        self.words = Label("", "quiet", wrap=True)
        self.because = Because("size", "fit")
        self.licence = QLineEdit()
        self.licence.setPlaceholderText("Such as “my own”, “CC BY 4.0”")
        self.licence.setAccessibleName("Licence of the pictures")
        self.licence.setMaxLength(500)
        self.licence.editingFinished.connect(self.keep_licence)
        self._previewer = Previewer(session, parent=self)
        self._previewer.ready.connect(self._show_preview)
        self._soon = QTimer(self, singleShot=True, interval=DELAY)
        self._soon.timeout.connect(lambda: self._previewer.ask(self._sample))
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 12, 0)  # room for the scroll bar
        column.setSpacing(8)
        column.addWidget(Label("As the model will see them", "strong"))
        column.addWidget(self.sheet)
        column.addWidget(self.words)
        words = "Side of the square that the model sees. Twice the size takes about four times as long to learn."
        column.addLayout(self._row("size", "Size", [(size, f"{size} × {size}") for size in SIZES], words))
        column.addWidget(self.because)
        for name, title, options, words in CHOICES:
            column.addLayout(self._row(name, title, options, words))
        words = "Under which terms the pictures may be used. It is written into the model's card, so that others know."
        column.addLayout(self._labelled("Licence", words, self.licence))
        column.addStretch(1)

    def _row(self, name: str, title: str, options: Options, help: str) -> QHBoxLayout:
        box = ComboBox(options, title)
        box.currentIndexChanged.connect(lambda _: self._session.change("data", **{name: box.value()}))
        self._boxes[name] = box
        return self._labelled(title, help, box)

    def _labelled(self, title: str, help: str, control: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(Label(title))
        row.addWidget(HelpMark(help, title))
        row.addStretch(1)
        control.setFixedWidth(138)
        row.addWidget(control)
        return row

    # ------------------------------------------------------------ showing

    def show_data(self, inventory: Inventory | None) -> None:
        """Show the choices made, and some pictures under them."""
        data = self._session.document.data
        values: dict[str, Any] = {"size": data.size or (inventory.proposed_size if inventory else 32)}
        values |= {name: getattr(data, name) for name, *_ in CHOICES}
        for name, value in values.items():
            self._offer(self._boxes[name], name, value)
        if not self.licence.hasFocus():
            self.licence.setText(data.licence)
        self.because.show_reasons(self._session.document)
        self.setEnabled(not self._session.read_only)
        if inventory is not None:
            self._sample = spread([item for item in inventory.items if item.used], SHOWN)
            self._say(inventory, values["size"])
            self._soon.start()

    def _offer(self, box: ComboBox, name: str, value: Any) -> None:
        """Choose a value; one that came from elsewhere (the command line) joins the list."""
        if box.findData(value) < 0:
            blocked = box.blockSignals(True)
            box.addItem(f"{value} × {value}" if name == "size" else f"{100 * value:g} %", value)
            box.blockSignals(blocked)
        box.set_value(value)

    def _say(self, inventory: Inventory, size: int) -> None:
        proposed = inventory.proposed_size
        if size == proposed:
            words = f"{size} × {size} suits these pictures."
        elif size > proposed:
            words = f"{proposed} × {proposed} would suit them and learn about {(size / proposed) ** 2:.0f} times as fast."
        else:
            words = f"Smaller than they are: details are lost. {proposed} × {proposed} would suit them."
        self.words.setText(words)

    def _show_preview(self, found: list[tuple[Any, Any]]) -> None:
        self.sheet.show_images([to_image(seen) for seen, _ in found if seen is not None])

    def keep_licence(self) -> None:
        """Take what was typed."""
        text = self.licence.text().strip()
        if self._session.project is not None and text != self._session.document.data.licence:
            self._session.change("data", licence=text)


def spread(items: list[Any], count: int) -> list[Any]:
    """``count`` of the items, evenly spread."""
    if len(items) <= count:
        return items
    return [items[number * len(items) // count] for number in range(count)]
