"""Step 2: what it learns from: drop zone, wall, filters, verdicts, inspector, settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QTransform
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.jobs.session import Session
from desktop_app.ui import places, theme
from desktop_app.ui.page import Action, Page
from desktop_app.ui.pages.data_cleaning import MENDS, WHOLE, cleaned, offer, together
from desktop_app.ui.pages.data_frame import FrameDialog
from desktop_app.ui.pages.data_inspector import Inspector, can_be_used
from desktop_app.ui.pages.data_mending import mend_items, mend_of
from desktop_app.ui.pages.data_settings import DataSettings
from desktop_app.ui.pages.data_states import StatusLine, Trouble, Waiting
from desktop_app.ui.wall import Choice, ThumbnailLoader, WallModel, WallView, filters, select
from desktop_app.ui.wall.choice import ALIKE, SORTS, Filter, matches, title_of
from desktop_app.ui.wall.view import tile_side
from desktop_app.ui.widgets import (
    Button,
    Card,
    Chip,
    ComboBox,
    FigureCard,
    FlowLayout,
    Label,
    Segmented,
)
from desktop_app.ui.widgets.dropzone import DropZone
from desktop_app.ui.widgets.scrolling import scrolling
from desktop_app.ui.widgets.stack import Stack

if TYPE_CHECKING:
    from desktop_app.data import Inventory, Item
    from desktop_app.data.cleaning import Cleaning
    from desktop_app.project.errors import GensmithError

SEARCH_DELAY = 150
GAP = 8
"""Between filters, and between what stands beside them."""
LEAST = QSize(500, 520)
CARDS = ("Amount", "Variety", "Balance", "Quality", "Held out")


class DataPage(Page):
    """What it learns from."""

    number: ClassVar[int] = 2

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.choice = Choice()
        self._inventory: Inventory | None = None
        self._chips: dict[str, Chip] = {}
        self._offered: tuple[Inventory | None, Cleaning | None] = (None, None)  # for which inventory, and what
        self._importing = False
        self.loader: ThumbnailLoader | None = None
        self._build()
        self._listen()

    # ------------------------------------------------------------ building

    def _build(self) -> None:
        self.zone = DropZone(
            "Drop a folder of pictures here",
            "or several, or files, or an archive.\nSub-folders become kinds, texts beside the pictures become captions.\n"
            "Your files are only read, never changed or moved.",
            icon_size=44,
        )
        self.zone.dropped.connect(self.add)
        self.waiting = Waiting()
        self.trouble = Trouble()
        self.full = QWidget()
        self._build_full()
        self.stack = Stack(LEAST)
        for widget in (self.zone, self.waiting, self.trouble, self.full):
            self.stack.addWidget(widget)
        self.body.addWidget(self.stack, 1)

    def _build_full(self) -> None:
        self.cards = [FigureCard(title) for title in CARDS]
        column = QVBoxLayout(self.full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        top = QHBoxLayout()
        top.setSpacing(12)
        for card in self.cards:
            top.addWidget(card, 1)
        column.addLayout(top)
        column.addLayout(self._build_tools())
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addLayout(self._build_wall(), 1)
        row.addWidget(self._build_side())
        column.addLayout(row, 1)

    def _build_tools(self) -> QHBoxLayout:
        holder = QWidget()
        self._flow = FlowLayout(holder, spacing=GAP)
        self.search = QLineEdit()
        self.search.setProperty("kind", "search")
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(124)
        self.sort = ComboBox(SORTS, "Order")
        self.sort.setProperty("kind", "small")
        self.sort.setFixedWidth(136)
        self.kind = ComboBox((), "Kind")
        self.kind.setProperty("kind", "small")
        self.kind.setFixedWidth(112)
        self.sources = Button("", "chip", clicked=self._open_sources, help="Folders and files that the pictures come from")
        self._right = QHBoxLayout()
        self._right.setSpacing(GAP)
        for widget in (self.search, self.kind, self.sort):
            self._right.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self._right.addStretch(1)
        self._right.addWidget(self.sources, 0, Qt.AlignmentFlag.AlignTop)
        self._tools = QHBoxLayout()
        self._tools.setSpacing(GAP)
        self._tools.addWidget(holder, 1)
        self._tools.addLayout(self._right)
        return self._tools

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_tools()

    def _place_tools(self) -> None:
        """Search and order beside the filters where all of them fit in one row, else in a row below."""
        chips = sum(chip.sizeHint().width() + GAP for chip in self._chips.values())
        margins = self.layout().contentsMargins()
        below = chips + self._right.sizeHint().width() > self.width() - margins.left() - margins.right()
        self._tools.setDirection(QHBoxLayout.Direction.TopToBottom if below else QHBoxLayout.Direction.LeftToRight)

    def _build_wall(self) -> QVBoxLayout:
        self.model = WallModel(self)
        self.wall = WallView(self.model)
        self.line = StatusLine()
        self.nothing = Label("No picture fits. Choose another filter or search for something else.", "quiet")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(self.line)
        column.addWidget(self.wall, 1)
        column.addWidget(self.nothing, 1)
        return column

    def _build_side(self) -> Card:
        card = Card(padding=15, spacing=12)
        card.setFixedWidth(284)
        self.tabs = Segmented((("picture", "Picture"), ("all", "All pictures")), "Show at the right")
        self.tabs.set_value("picture")
        self.inspector = Inspector(self.session)
        self.settings = DataSettings(self.session)
        self.side = QStackedWidget()
        self.side.addWidget(self.inspector)
        self.side.addWidget(scrolling(self.settings))
        card.body.addWidget(self.tabs)
        card.body.addWidget(self.side, 1)
        return card

    def _listen(self) -> None:
        session = self.session
        session.inventory_changed.connect(self._inventory_changed)
        session.import_changed.connect(self._import_changed)
        self._search_soon = QTimer(self, singleShot=True, interval=SEARCH_DELAY)
        self._search_soon.timeout.connect(lambda: self.choose(words=self.search.text()))
        self.search.textChanged.connect(lambda _: self._search_soon.start())
        self.sort.currentIndexChanged.connect(lambda _: self.choose(sort=str(self.sort.value())))
        self.kind.currentIndexChanged.connect(lambda _: self.choose(kind=str(self.kind.value())))
        self.tabs.chosen.connect(lambda key: self.side.setCurrentIndex(int(key == "all")))
        self.wall.chosen.connect(self._selection_changed)
        self.wall.leave_out.connect(lambda: self.leave_out(self.selected()))
        self.wall.keep.connect(lambda: self.keep(self.selected()))
        self.inspector.leave_out.connect(lambda: self.leave_out(self.selected()))
        self.inspector.keep.connect(lambda: self.keep(self.selected()))
        self.inspector.show_file.connect(lambda path: places.show(path.parent))
        self.inspector.mended.connect(self._say_mended)
        self.inspector.frame_wanted.connect(self._draw_frame)
        self.inspector.alike_wanted.connect(lambda item: self.choose(key=ALIKE + item.group))
        self.line.act.clicked.connect(self._bulk)
        self.line.mend.clicked.connect(self._mend_all)
        self.line.cancel.clicked.connect(session.cancel_import)
        self.waiting.progress.cancel.clicked.connect(session.cancel_import)
        self.trouble.again.clicked.connect(session.prepare)
        self.trouble.other.clicked.connect(lambda: self._open_sources(self.trouble.other))

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the state that the session is in."""
        session, sources = self.session, self.session.document.data.sources
        if self.loader is None and session.project is not None:
            self.loader = ThumbnailLoader(session.project.data_folder, self)
            self.wall.set_loader(self.loader)
            self.destroyed.connect(self.loader.close)
        if session.inventory is not self._inventory:
            self._show_inventory(session.inventory)
        self._import_changed()
        count = len(sources)
        self.sources.setText(
            "Add pictures" if not count else f"From {_place(sources[0])}" if count == 1 else f"{count} sources"
        )
        self._place_tools()
        self.settings.show_data(self._inventory)
        self.inspector.show_items(self.selected())

    def _import_changed(self) -> None:
        """Empty, waiting, trouble or the wall; a wait with pictures there shows in the line above them."""
        session = self.session
        self.stack.setCurrentWidget(self._state())
        words = session.import_message or "Looking at every picture"
        if session.importing and not self._importing:
            self.waiting.progress.begin(words)
        self._importing = session.importing
        if session.importing and session.import_fraction > 0:
            self.waiting.progress.advance(session.import_fraction, words)
        self.line.show_wait(words if session.importing else "", session.import_fraction)
        self.trouble.show_error(session.import_error)
        self.changed.emit()

    def _state(self) -> QWidget:
        session = self.session
        if not session.document.data.sources:
            return self.zone
        if session.importing and self._inventory is None:
            return self.waiting
        if self._inventory is None or not self._inventory.items:
            return self.trouble if not session.importing else self.waiting
        return self.full

    def _inventory_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _show_inventory(self, inventory: Inventory | None) -> None:
        self._inventory = inventory
        if inventory is None:
            self.model.show_items([])
            return
        self.wall.set_tile(tile_side(inventory.found))
        self._show_verdicts(inventory)
        self._show_chips(inventory)
        self._show_kinds(inventory)
        self._show_wall()

    def _show_verdicts(self, inventory: Inventory) -> None:
        from desktop_app.data import verdicts

        for card, verdict in zip(self.cards, verdicts(inventory, self.session.document.data), strict=True):
            card.title.setText(verdict.title)
            card.show_figure(verdict.value, verdict.sentence, verdict.state)

    def _show_chips(self, inventory: Inventory) -> None:
        wanted = filters(inventory)
        if self.choice.key.startswith(ALIKE):
            count = sum(map(matches(self.choice.key), inventory.items))
            wanted += [Filter(self.choice.key, title_of("alike"), count)] if count else []
        if self.choice.key not in {each.key for each in wanted}:
            self.choice = replace(self.choice, key="all")
        if [each.key for each in wanted] != list(self._chips):
            self._make_chips([(each.key, each.title) for each in wanted])
        for each in wanted:
            self._chips[each.key].set_count(each.count)
            self._chips[each.key].setChecked(each.key == self.choice.key)

    def _show_kinds(self, inventory: Inventory) -> None:
        """Offer the classes to look at one at a time, where there are some."""
        kinds = sorted({item.class_name for item in inventory.items if item.class_name is not None})
        if self.choice.kind not in ("", *kinds):
            self.choice = replace(self.choice, kind="")
        if [self.kind.itemData(number) for number in range(self.kind.count())] != ["", *kinds]:
            blocked = self.kind.blockSignals(True)
            self.kind.clear()
            for kind in ("", *kinds):
                self.kind.addItem(kind or "All kinds", kind)
            self.kind.blockSignals(blocked)
        self.kind.set_value(self.choice.kind)
        self.kind.setVisible(len(kinds) > 1)
        self.inspector.names.offer_kinds(kinds)

    def _make_chips(self, wanted: list[tuple[str, str]]) -> None:
        for chip in self._chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {key: Chip(title, key=key) for key, title in wanted}
        for key, chip in self._chips.items():
            chip.clicked.connect(lambda _=False, key=key: self.choose(key=key))
            self._flow.addWidget(chip)

    def _show_wall(self) -> None:
        if self._inventory is None:
            return
        selected = {item.key for item in self.selected()}
        items = select(self._inventory, self.choice)
        if self.model.show_items(items) and selected:
            rows = [row for key in selected if (row := self.model.row_of(key)) is not None]
            self.wall.select_rows(sorted(rows))
        self.wall.viewport().update()
        self.wall.setVisible(bool(items))
        self.nothing.setVisible(not items)
        self._show_bulk(items)

    def _show_bulk(self, items: list[Item]) -> None:
        """What can be done about everything that is shown, or about all that was noticed."""
        if self._inventory is not self._offered[0]:
            self._offered = (self._inventory, self._cleaning())
        self.line.show_words(*offer(self.choice.key, items, self._offered[1]))

    def _cleaning(self) -> Cleaning | None:
        """What is offered to be cleaned up; None where nothing can be changed."""
        from desktop_app.data.cleaning import cleaning

        if self._inventory is None or self.session.read_only:
            return None
        return cleaning(self._inventory, self.session.document.data)

    # ------------------------------------------------------------ choosing

    def choose(self, **changes: str) -> None:
        """Show other items, or the same in another order."""
        before, self.choice = self.choice, replace(self.choice, **changes)
        if ALIKE in (self.choice.key[: len(ALIKE)], before.key[: len(ALIKE)]) and self._inventory is not None:
            self._show_chips(self._inventory)  # a chip for one group comes and goes
            self._place_tools()
        for name, chip in self._chips.items():
            chip.setChecked(name == self.choice.key)
        self._show_wall()
        self.inspector.show_items(self.selected())

    def selected(self) -> list[Item]:
        """Items selected on the wall."""
        return [self.model.item(row) for row in self.wall.selected_rows() if row < len(self.model.items())]

    def _selection_changed(self) -> None:
        self.inspector.show_items(self.selected())
        if self.selected() and self.tabs.value() == "all":
            self.tabs.set_value("picture")
            self.side.setCurrentIndex(0)

    # ------------------------------------------------------------ doing

    def leave_out(self, items: list[Item]) -> None:
        """Leave items out; the line says how many, and can take it back."""
        keys = {item.key for item in items if item.used}
        data = self.session.document.data
        left_out = [*(key for key in data.left_out if key not in keys), *sorted(keys)]
        kept = [key for key in data.kept if key not in keys]
        if keys and self.session.change("data", left_out=left_out, kept=kept):
            self._say_done(len(keys), "left out")

    def keep(self, items: list[Item]) -> None:
        """Use items that were left out, by hand or by the checks."""
        chosen = [item for item in items if not item.used and can_be_used(item)]
        keys = {item.key for item in chosen}
        checked = sorted(item.key for item in chosen if item.findings)
        data = self.session.document.data
        left_out = [key for key in data.left_out if key not in keys]
        kept = [*(key for key in data.kept if key not in keys), *checked]
        if keys and self.session.change("data", left_out=left_out, kept=kept):
            self._say_done(len(keys), "used again")

    def _say_done(self, count: int, what: str) -> None:
        noun = "picture" if count == 1 else "pictures"
        self.offered.emit("info", f"{count:,} {noun} {what}.", [("Undo", self.session.undo)])

    def _bulk(self) -> None:
        items = self.model.items()
        used = together(self.choice.key, items)
        if self.choice.key in WHOLE:
            self._clean_up()
        elif used:
            self.leave_out(used)
        else:
            self.keep(items)

    def _clean_up(self) -> None:
        """Mend and leave out all that is offered, as one step that can be undone."""
        cleaning, data = self._cleaning(), self.session.document.data
        if cleaning is None:
            return
        left_out = [*data.left_out, *(key for key in cleaning.left_out if key not in data.left_out)]
        if self.session.change("data", left_out=left_out, mends=data.mends | cleaning.mends):
            self.offered.emit("info", cleaned(cleaning), [("Undo", self.session.undo)])

    def _mend_all(self) -> None:
        """Mend everything that the filter shows, as fits what was noticed."""
        changes = MENDS.get(self.choice.key)
        items = [item for item in self.model.items() if item.used]
        if changes is not None:
            self._say_mended(mend_items(self.session, items, **{changes[0]: True}), changes[2])

    def _say_mended(self, count: int, what: str) -> None:
        if count:
            self._say_done(count, what)

    def _draw_frame(self) -> None:
        """Let the person draw a frame on the first of what is selected, for all of it."""
        items = [item for item in self.selected() if can_be_used(item)]
        image = self.inspector.whole.image()
        if not items or image is None:
            return
        old = mend_of(self.session, items[0].key)
        image = image.transformed(QTransform().rotate(old.turn)) if old.turn else image
        dialog = FrameDialog(image, old.frame, len(items), self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.accepted.connect(lambda: self._say_mended(mend_items(self.session, items, frame=dialog.frame()), "framed"))
        dialog.finished.connect(lambda _: self.inspector.mending.show_items(items))
        dialog.open()

    def add(self, paths: list[Path]) -> None:
        """Take further folders and files."""
        if self.session.read_only:
            self.message.emit("care", "This project is open for reading only, so nothing can be added to it.", "")
        elif not self.session.add_sources(paths):
            self.message.emit("info", "These pictures are in the project already.", "")

    def add_folder(self) -> None:
        """Ask for a folder."""
        folder = QFileDialog.getExistingDirectory(self, "Choose a folder of pictures")
        if folder:
            self.add([Path(folder)])

    def _open_sources(self, anchor: QWidget | None = None) -> None:
        anchor = anchor or self.sources
        menu = QMenu(self)
        for source in self.session.document.data.sources:
            part = menu.addMenu(_place(source, 48).replace("&", "&&"))
            part.addAction("Show it").triggered.connect(lambda _=False, source=source: places.show(Path(source)))
            remove = part.addAction("Take it out of the project")
            remove.triggered.connect(lambda _=False, source=source: self.session.remove_source(source))
            remove.setEnabled(not self.session.read_only)
        menu.addSeparator()
        frames = menu.addAction("Take every picture of animated files")
        frames.setCheckable(True)
        frames.setChecked(self.session.document.data.frames)
        frames.triggered.connect(lambda on: self.session.change("data", frames=on))
        frames.setEnabled(not self.session.read_only)
        more = menu.addAction("Add a folder…")
        more.triggered.connect(lambda _=False: self.add_folder())
        more.setEnabled(not self.session.read_only)
        again = menu.addAction("Look again at all of them")
        again.triggered.connect(lambda _=False: self.session.prepare())
        again.setEnabled(not self.session.read_only)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(anchor.mapToGlobal(QPoint(0, anchor.height() + 4)))

    # ------------------------------------------------------------ the frame's questions

    def shows(self, error: GensmithError) -> bool:
        return error is self.session.import_error and self._inventory is None

    def leave(self) -> None:
        self.settings.keep_licence()

    def note(self) -> str:
        session = self.session
        if session.importing and self._inventory is None:
            return "Your files are only read. You can look at the other steps meanwhile."
        if self._inventory is None:
            return ""
        left_out = sum(self._inventory.left_out.values())
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self._inventory.left_out.items())
        words = f"{self._inventory.used:,} pictures ready"
        return f"{words}, {left_out:,} left out ({reasons})" if left_out else words

    def main_action(self) -> Action | None:
        missing = self.status().missing
        if not missing or self.session.importing:
            return None
        reason = "This project is open for reading only." if self.session.read_only else ""
        act = self.session.prepare if missing == "Prepare the pictures" else self.add_folder
        return Action(missing, act, reason)


def _place(source: str, longest: int = 22) -> str:
    """The end of a path, short enough for a button."""
    name = Path(source).name or source
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
