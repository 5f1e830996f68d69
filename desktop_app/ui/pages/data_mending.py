"""Mending what is selected: turned, a border off, less noise, a frame drawn by hand; kinds and captions in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_app.jobs.session import Session
from desktop_app.project.document import Mend
from desktop_app.ui.widgets import Button, Chip, FlowLayout, Label

if TYPE_CHECKING:
    from desktop_app.data import Item

SEVERAL = "several"


def mend_of(session: Session, key: str) -> Mend:
    """What the person changed on an item, now."""
    return session.document.data.mends.get(key, Mend())


def mend_items(session: Session, items: list[Item], **changes: object) -> int:
    """Change something on items, as one step that can be undone; returns how many it is new for.

    ``turn`` is added to what is there; everything else replaces it.
    """
    mends = dict(session.document.data.mends)
    touched = 0
    for item in items:
        before = mend_of(session, item.key)
        fields = before.model_dump() | changes
        if "turn" in changes:
            fields["turn"] = (before.turn + int(str(changes["turn"]))) % 360
        after = Mend.model_validate(fields)
        touched += after != before
        mends.pop(item.key, None)
        if after != Mend():
            mends[item.key] = after
    return touched if touched and session.change("data", mends=mends) else 0


class MendBar(QWidget):
    """Buttons that mend what is selected. ``done`` tells how many items were changed, and what was done."""

    done = Signal(int, str)
    frame_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._items: list[Item] = []
        flow = FlowLayout(self, spacing=6)
        self.turn = Button("Turn", "chip", clicked=lambda: self._mend("turned", turn=90), help="A quarter turn to the right")
        self.border = Chip("Border off")
        self.border.setToolTip("Cut off a plain border or the bars of a letterbox")
        self.noise = Chip("Less noise")
        self.noise.setToolTip("Smooth the grain and keep the edges")
        self.frame = Chip("Frame…")
        self.frame.setToolTip("Cut out a part by hand, or leave room around it")
        self.back = Button("As it was", "chip", clicked=self._back, help="Take all changes on it back")
        for button in (self.turn, self.border, self.noise, self.frame, self.back):
            flow.addWidget(button)
        self.border.clicked.connect(lambda on: self._mend("cut free of the border" if on else "with the border back", trim=on))
        self.noise.clicked.connect(lambda on: self._mend("with less noise" if on else "with the noise back", denoise=on))
        self.frame.clicked.connect(lambda _: self.frame_wanted.emit())

    def show_items(self, items: list[Item]) -> None:
        """Act on these; what all of them have is shown as on."""
        self._items = items
        mends = [mend_of(self._session, item.key) for item in items]
        self.border.setChecked(bool(mends) and all(mend.trim for mend in mends))
        self.noise.setChecked(bool(mends) and all(mend.denoise for mend in mends))
        self.frame.setChecked(bool(mends) and all(mend.frame is not None for mend in mends))
        self.back.setVisible(any(mend != Mend() for mend in mends))

    def _mend(self, what: str, **changes: object) -> None:
        self.done.emit(mend_items(self._session, self._items, **changes), what)

    def _back(self) -> None:
        self._mend(
            "taken back to what they were" if len(self._items) > 1 else "taken back to what it was",
            **_nothing(self._session, self._items),
        )


def _nothing(session: Session, items: list[Item]) -> dict[str, object]:
    """Changes that take everything back; a turn is completed to a full one where all have the same."""
    turns = {mend_of(session, item.key).turn for item in items}
    turn = {"turn": 360 - turns.pop()} if len(turns) == 1 else {}
    return {"frame": None, "trim": False, "denoise": False, **turn}


class NamesForm(QWidget):
    """Kind and caption of what is selected. ``named`` tells how many items were changed, and what."""

    named = Signal(int, str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._items: list[Item] = []
        self.kind, self.caption = QLineEdit(), QLineEdit()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for title, field, most in (("Kind", self.kind, 120), ("Caption", self.caption, 2_000)):
            row = QHBoxLayout()
            row.setSpacing(8)
            label = Label(title, "quiet")
            label.setFixedWidth(50)
            field.setAccessibleName(f"{title} of what is selected")
            field.setMaxLength(most)
            row.addWidget(label)
            row.addWidget(field, 1)
            column.addLayout(row)
        self.kind.editingFinished.connect(lambda: self._take(self.kind, "kinds"))
        self.caption.editingFinished.connect(lambda: self._take(self.caption, "captions"))

    def show_items(self, items: list[Item]) -> None:
        """Show what they have in common."""
        self._items = items
        for field, values in (
            (self.kind, {item.class_name or "" for item in items}),
            (self.caption, {item.caption for item in items}),
        ):
            if not field.hasFocus() or not field.isModified():
                field.setText(next(iter(values)) if len(values) == 1 else "")
            field.setPlaceholderText(SEVERAL if len(values) > 1 else "None")
        self.setEnabled(not self._session.read_only)

    def offer_kinds(self, kinds: list[str]) -> None:
        """Complete what is typed with the kinds that there are."""
        self.kind.setCompleter(QCompleter(kinds, self.kind))  # Qt deletes the one before

    def _take(self, field: QLineEdit, name: str) -> None:
        """Keep what was typed, for all of them."""
        if not field.isModified() or not self._items:
            return
        field.setModified(False)
        text = " ".join(field.text().split())
        values = dict(getattr(self._session.document.data, name))
        touched = 0
        for item in self._items:
            told = (item.told_class or "") if name == "kinds" else item.told_caption
            now = (item.class_name or "") if name == "kinds" else item.caption
            touched += now != text
            values.pop(item.key, None)
            if text != told:
                values[item.key] = text
        if touched and self._session.change("data", **{name: values}):
            what = f"of the kind “{text}”" if text else "without a kind"
            self.named.emit(touched, what if name == "kinds" else "given a caption" if text else "without a caption")
