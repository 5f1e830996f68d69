"""The inspector: what is selected on the wall, as it is and as the model will see it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs.session import Session
from desktop_app.ui.pages.data_mending import MendBar, NamesForm
from desktop_app.ui.pages.data_preview import Previewer
from desktop_app.ui.wall.choice import alike
from desktop_app.ui.widgets import Button, Dot, ElidedLabel, Label, PictureView, to_image
from desktop_app.ui.widgets.scrolling import scrolling

if TYPE_CHECKING:
    from desktop_app.data import Item

WIDTH = 124
SEEN = 64
FETCHED = 300
"""Side in pixels of the picture fetched for "as it is": enough for twice the resolution."""


class Inspector(QWidget):
    """Shows one item, or how many are selected, and the buttons that act on them."""

    leave_out = Signal()
    keep = Signal()
    show_file = Signal(object)  # Path
    mended = Signal(int, str)  # how many were changed, and how
    frame_wanted = Signal()
    alike_wanted = Signal(object)  # Item

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._items: list[Item] = []
        self._shown: tuple[Any, ...] = ()
        self._previewer = Previewer(session, side=FETCHED, parent=self)
        self._previewer.ready.connect(self._show_pictures)
        self.title = ElidedLabel("", "strong", mode=Qt.TextElideMode.ElideMiddle)
        self.whole = PictureView(WIDTH, "The picture as it is")
        self.size = Label("", "quiet", wrap=True)
        self.seen = PictureView(SEEN, "The picture as the model will see it")
        self.seen_words = Label("", "quiet", wrap=True)
        self.findings = QVBoxLayout()
        self.findings.setSpacing(4)
        self.facts = ElidedLabel("", "quiet")
        self.alike = Button("", "link", clicked=lambda: self._items and self.alike_wanted.emit(self._items[0]))
        self.mending = MendBar(session)
        self.names = NamesForm(session)
        self.mending.done.connect(self.mended)
        self.mending.frame_wanted.connect(self.frame_wanted)
        self.names.named.connect(self.mended)
        self.out = Button("Leave out", clicked=self.leave_out.emit, help="Delete")
        self.use = Button("Use", clicked=self.keep.emit, help="Enter")
        self.file = Button("Show file", "link", clicked=self._show_file)
        self._empty = Label("Select pictures to look at them, to leave them out or to keep them.", "quiet", wrap=True)
        self._build()
        self.show_items([])

    def _build(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 12, 0)  # room for the scroll bar
        column.setSpacing(8)
        seen = QVBoxLayout()
        seen.setSpacing(4)
        seen.addWidget(self.seen)
        seen.addWidget(self.seen_words)
        seen.addStretch(1)
        pictures = QHBoxLayout()
        pictures.setSpacing(12)
        pictures.addWidget(self.whole, 0, Qt.AlignmentFlag.AlignTop)
        pictures.addLayout(seen, 1)
        column.addWidget(self._empty)
        column.addWidget(self.title)
        column.addWidget(self.size)
        column.addLayout(pictures)
        column.addLayout(self.findings)
        column.addWidget(self.alike, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.mending)
        column.addWidget(self.names)
        column.addWidget(self.facts)
        column.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(10)
        page.addWidget(scrolling(content), 1)
        page.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.use, self.out):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.file)
        return buttons

    # ------------------------------------------------------------ showing

    def items(self) -> list[Item]:
        """What is inspected."""
        return self._items

    def show_items(self, items: list[Item]) -> None:
        """Show one item; of several, how many there are and the first."""
        self._items = items
        one = items[0] if items else None
        self._empty.setVisible(not items)
        for part in (self.title, self.whole, self.seen, self.size, self.seen_words, self.facts, self.names):
            part.setVisible(one is not None)
        usable = [item for item in items if can_be_used(item)]
        self.mending.setVisible(bool(usable) and not self._session.read_only)
        self.mending.show_items(usable)
        self.names.show_items(items)
        self._show_alike(one if len(items) == 1 else None)
        self._show_buttons()
        self._clear_findings()
        if one is None:
            self._shown = ()
            return
        many = len(items) > 1
        self.title.setText(f"{len(items):,} pictures selected" if many else one.name or one.path.name)
        self._show_facts(one, many)
        for state, sentence in self._notes(one, many):
            self._add_finding(state, sentence)
        self._ask(one)

    def _show_alike(self, item: Item | None) -> None:
        """Offer to look at the group of an item that has the same or nearly the same picture as others."""
        inventory = self._session.inventory
        count = len(alike(inventory, item)) if item is not None and inventory is not None else 1
        self.alike.setVisible(count > 1)
        self.alike.setText(f"Show the {count:,} that are alike")

    def _show_facts(self, item: Item, many: bool) -> None:
        size = f"{'Mended' if item.mend else 'As it is'}: {item.width} × {item.height}" if item.width else "It cannot be shown"
        self.size.setText("The first of them" if many else size)
        self.facts.setText("Held out to judge the model" if item.held_out else "")
        self.facts.setVisible(bool(self.facts.full_text()) and not many)

    def _notes(self, item: Item, many: bool) -> list[tuple[str, str]]:
        if many:
            used = sum(each.used for each in self._items)
            return [("good", f"{used:,} used"), ("quiet", f"{len(self._items) - used:,} left out")]
        notes = [(finding.severity, finding.message) for finding in item.findings]
        if item.reason == "by hand":
            notes.append(("quiet", "You left it out."))
        return notes or [("good", "Nothing to complain about.")]

    def _show_buttons(self) -> None:
        editable = bool(self._items) and not self._session.read_only
        self.out.setVisible(editable and any(item.used for item in self._items))
        self.use.setVisible(editable and any(not item.used and can_be_used(item) for item in self._items))
        self.file.setVisible(len(self._items) == 1)
        count = len(self._items)
        self.out.setText("Leave out" if count <= 1 else f"Leave out {sum(item.used for item in self._items):,}")
        usable = sum(not item.used and can_be_used(item) for item in self._items)
        self.use.setText("Use it" if count <= 1 else f"Use {usable:,}")

    def _ask(self, item: Item) -> None:
        data = self._session.document.data
        mend = data.mends.get(item.key)
        wanted = (item.key, data.size, data.fit, data.colour, data.background, mend and mend.model_dump_json())
        if wanted == self._shown:
            return
        if not self._shown or self._shown[0] != item.key:
            self.whole.show_image(None)
            self.seen.show_image(None)
        self._shown = wanted
        self._previewer.ask([item])

    def _show_pictures(self, found: list[tuple[Any, Any]]) -> None:
        if not found:
            return
        seen, whole = found[0]
        self.whole.show_image(image_of(whole), "It cannot be read")
        self.seen.show_image(None if seen is None else to_image(seen), "–")
        if seen is None:
            self.seen_words.setText("The model will not see it.")
        else:
            self.seen_words.setText(f"As the model will see it\n{seen.shape[1]} × {seen.shape[0]}")

    def _add_finding(self, state: str, sentence: str) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(Dot(state, height=17), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(Label(sentence, wrap=True), 1)
        self.findings.addWidget(row)

    def _clear_findings(self) -> None:
        while self.findings.count():
            row = self.findings.takeAt(0).widget()
            row.hide()
            row.deleteLater()

    def _show_file(self) -> None:
        if self._items:
            self.show_file.emit(Path(self._items[0].path))


def can_be_used(item: Item) -> bool:
    """Whether the person can decide to use it: it has pixels."""
    from desktop_app.data.inventory import LOST

    return not any(finding.code in LOST for finding in item.findings)


def image_of(whole: bytes | Path | None) -> QImage | None:
    """A thumbnail as an image."""
    if whole is None:
        return None
    image = QImage.fromData(whole) if isinstance(whole, bytes) else QImage(str(whole))
    return None if image.isNull() else image
