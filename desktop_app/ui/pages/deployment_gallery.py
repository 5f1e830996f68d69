"""The pictures of the deployment page: those just drawn and those kept, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.pages.deployment_work import Drawn, sheet
from desktop_app.ui.widgets import Button, ElidedLabel, IconButton, Label, ProgressLine, Segmented
from desktop_app.ui.widgets.lightbox import Lightbox
from desktop_app.ui.widgets.picture_grid import PictureGrid, Tile
from desktop_app.ui.widgets.pictures import scaled

LOWEST = 240
_STRIP_SIDE, _STRIP_GAP, _STRIP_MOST = 32, 2, 24
_HINT = "Select pictures to vary, blend, keep or save them."
_FURTHER = (
    ("Vary", "Draw variations of the selected picture"),
    ("Blend", "Draw a way from the first selected picture to the second"),
    ("Walk", "Draw a way past all selected pictures and back"),
)
"""What can be begun with one selected picture, with two, and with more."""


class Shelf:
    """A grid and the pictures in it; a place may still wait for its picture."""

    def __init__(self, name: str) -> None:
        self.grid = PictureGrid(name, side=72, chooses=True, fills=True)
        self.grid.setMinimumHeight(LOWEST)
        self.pictures: list[Drawn | None] = []

    def show(self, pictures: Sequence[Drawn | None], kept: frozenset[str] = frozenset()) -> None:
        """Show these from the start."""
        self.pictures = list(pictures)
        self.grid.set_tiles([tile_of(picture, kept) for picture in self.pictures])

    def put(self, row: int, picture: Drawn, kept: frozenset[str]) -> None:
        """The picture for a place has come."""
        self.pictures[row] = picture
        self.grid.set_tile(row, tile_of(picture, kept))

    def mark(self, kept: frozenset[str]) -> None:
        """Show which are kept."""
        for row, picture in enumerate(self.pictures):
            if picture is not None and self.grid.tile(row).kept != (picture.file in kept):
                self.grid.set_tile(row, tile_of(picture, kept))

    def all(self) -> list[Drawn]:
        """The pictures that have come."""
        return [picture for picture in self.pictures if picture is not None]

    def chosen(self) -> list[Drawn]:
        """The pictures selected."""
        return [picture for row in self.grid.chosen() if (picture := self.pictures[row]) is not None]


def tile_of(picture: Drawn | None, kept: frozenset[str] = frozenset()) -> Tile:
    """A picture as the grid shows it; a place for one that has not come yet."""
    if picture is None:
        return Tile((), "Not drawn yet")
    return Tile((picture.image,), picture.name, kept=picture.file in kept)


class Strip(QWidget):
    """The favourites, newest first, as small as buttons: as many as fit. A press shows that one among all of them."""

    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(theme.CONTROL)
        self.setAccessibleName("Favourites")
        self.buttons: list[Button] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_STRIP_GAP)
        self._row.addStretch(1)

    def show_pictures(self, pictures: Sequence[Drawn]) -> None:
        """Show these, which stand in the order in which they were kept."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        newest = list(enumerate(pictures))[: -_STRIP_MOST - 1 : -1]
        self.buttons = [self._button(row, picture) for row, picture in newest]
        for place, button in enumerate(self.buttons):
            self._row.insertWidget(place, button)
        self._fit()

    def _button(self, row: int, picture: Drawn) -> Button:
        button = Button("", "icon", clicked=lambda: self.opened.emit(row), help=picture.name)
        button.setAccessibleName(f"Favourite: {picture.name}")
        ratio = self.devicePixelRatio()
        fitted = scaled(picture.image, round(_STRIP_SIDE * ratio))
        fitted.setDevicePixelRatio(ratio)
        button.setIcon(QPixmap.fromImage(fitted))
        button.setIconSize(QSize(_STRIP_SIDE, _STRIP_SIDE))
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for place, button in enumerate(self.buttons):
            button.setVisible((place + 1) * (theme.CONTROL + _STRIP_GAP) <= self.width())


class Gallery(QWidget):
    """Two shelves, "New" and "Favourites", one row of actions for what is selected on the one that is shown."""

    keep = Signal(list)  # Drawn
    drop = Signal(list)  # Drawn: no favourites any more
    save = Signal(list)  # Drawn
    show_folder = Signal()
    go_on = Signal(list)  # Drawn: begin with these

    def __init__(self) -> None:
        super().__init__()
        self.new, self.favourites = Shelf("New pictures"), Shelf("Favourites")
        self.shelves = Segmented((("new", "New"), ("favourites", "Favourites")), "Which pictures")
        self.strip = Strip()
        self.strip.hide()
        self.told = ElidedLabel("", "quiet")
        self.progress = ProgressLine("Drawing")
        self.stack = QStackedWidget()
        self.result = ElidedLabel("", "quiet")
        self.open_folder = Button("Show in folder", "link", clicked=self.show_folder.emit)
        self.further = Button("Vary", icon="shapes", clicked=lambda: self.go_on.emit(self.shelf.chosen()))
        self.copy = IconButton("copy", "Copy", self._copy)
        self.copy.setToolTip("Copy to the clipboard (Ctrl+C)")
        self.favourite = Button("Keep", icon="star", clicked=self._favour)
        self.save_chosen = Button("Save …", icon="save", clicked=lambda: self.save.emit(self.shelf.chosen()))
        self.save_all = Button("Save all …", clicked=lambda: self.save.emit(self.shelf.all()))
        self._kept: frozenset[str] = frozenset()
        self._build()
        self._listen()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.shelves)
        head.addWidget(self.strip, 1)
        head.addWidget(self.told)
        self.told.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        head.addWidget(self.progress, 3)
        self.progress.hide()
        self.told.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.stack.addWidget(self._new_page())
        self.stack.addWidget(self._favourites_page())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.stack, 1)
        column.addLayout(self._words())
        column.addLayout(self._actions())
        self.shelves.set_value("new")

    def _new_page(self) -> QWidget:
        return _with_hint(self.new.grid, "Press Generate, and new pictures appear here.")

    def _favourites_page(self) -> QWidget:
        return _with_hint(self.favourites.grid, "Pictures that you keep appear here. They stay in the project.")

    def _words(self) -> QHBoxLayout:
        """A line with room of its own, so that nothing moves when something is said."""
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.result, 1)
        row.addWidget(self.open_folder)
        self.open_folder.setFixedHeight(self.result.sizeHint().height() + 4)
        self.result.setFixedHeight(self.open_folder.height())
        self.open_folder.hide()
        return row

    def _actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.further, self.copy, self.favourite, self.save_chosen, self.save_all):
            row.addWidget(button)
        return row

    def _listen(self) -> None:
        self.shelves.chosen.connect(self.look_at)
        self.strip.opened.connect(self._open_favourite)
        for shelf in (self.new, self.favourites):
            shelf.grid.chosen_changed.connect(self.refresh)
            shelf.grid.opened.connect(self.enlarge)
            shelf.grid.copy_asked.connect(self._copy)

    # ------------------------------------------------------------ showing

    @property
    def shelf(self) -> Shelf:
        """The one that is shown."""
        return self.favourites if self.shelves.value() == "favourites" else self.new

    def look_at(self, key: str) -> None:
        """Show "new" or "favourites"."""
        self.shelves.set_value(key)
        self.stack.setCurrentIndex(int(key == "favourites"))
        self.strip.setVisible(key == "new" and bool(self.strip.buttons))
        self.refresh()

    def enlarge(self, row: int) -> Lightbox:
        """Show one of the pictures over the whole window."""
        return Lightbox(self.window(), self.shelf.grid.tiles(), row)

    def begin(self, count: int) -> None:
        """Pictures are being drawn: places for all of them."""
        self.new.show([None] * count)
        self.look_at("new")
        self.say("")
        self.told.hide()
        self.progress.show()
        self.progress.begin("Drawing")
        self.refresh()

    def arrived(self, row: int, picture: Drawn) -> None:
        """One is there."""
        self.new.put(row, picture, self._kept)
        self.refresh()

    def end(self, words: str) -> None:
        """No more will come."""
        self.progress.hide()
        self.told.show()
        self.told.setText(words)
        if None in self.new.pictures:
            self.new.show(self.new.all(), self._kept)
        if len(self.new.pictures) == 1:
            self.new.grid.choose([0])
        elif self.new.pictures:
            self.say(_HINT)
        self.refresh()

    def show_favourites(self, pictures: Sequence[Drawn]) -> None:
        """Show the pictures that are kept."""
        self._kept = frozenset(picture.file for picture in pictures)
        self.favourites.show(pictures)
        self.strip.show_pictures(pictures)
        self.strip.setVisible(self.shelf is self.new and bool(pictures))
        self.new.mark(self._kept)
        self.shelves.part("favourites").setText(f"Favourites {len(pictures):,}" if pictures else "Favourites")
        self.refresh()

    def say(self, words: str, *, folder: bool = False) -> None:
        """What was done, in the row of actions; with a way to the folder."""
        self.result.setText(words)
        self.open_folder.setVisible(folder)

    def refresh(self) -> None:
        """Bring hints and actions up to date with what is shown and selected."""
        for shelf in (self.new, self.favourites):
            _show_hint(shelf.grid, not shelf.pictures)
        chosen, there = self.shelf.chosen(), self.shelf.all()
        kept = all(picture.file in self._kept for picture in chosen or there) and bool(there)
        self.favourite.setText("Remove" if kept else "Keep")
        self.favourite.set_icon("star-full" if kept else "star")
        self.favourite.setToolTip("No favourite any more" if kept else "Keep as a favourite, in the project")
        self.save_chosen.setText(f"Save {len(chosen):,} …" if len(chosen) > 1 else "Save …")
        self.save_all.setVisible(len(there) > 1)
        if chosen and self.result.full_text() == _HINT:
            self.say("")
        words, hint = _FURTHER[min(3, max(1, len(chosen))) - 1]
        self.further.setText(words)
        self.further.setToolTip(hint)
        for button in (self.further, self.copy, self.favourite, self.save_chosen):
            button.setEnabled(bool(chosen))
            button.setVisible(bool(there))

    # ------------------------------------------------------------ doing

    def _copy(self) -> None:
        chosen = self.shelf.chosen()
        if chosen:
            QGuiApplication.clipboard().setImage(sheet(chosen))
            self.say("Copied." if len(chosen) == 1 else f"{len(chosen):,} pictures copied on one sheet.")

    def _open_favourite(self, row: int) -> None:
        self.look_at("favourites")
        self.favourites.grid.choose([row])
        self.favourites.grid.setFocus()

    def _favour(self) -> None:
        chosen = self.shelf.chosen()
        kept = all(picture.file in self._kept for picture in chosen)
        (self.drop if kept else self.keep).emit(chosen)


def _with_hint(grid: PictureGrid, words: str) -> QWidget:
    """A grid, and what stands in its place while it is empty."""
    stack = QStackedWidget()
    hint = Label(words, "subtitle", wrap=True)
    hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
    stack.addWidget(grid)
    stack.addWidget(hint)
    return stack


def _show_hint(grid: PictureGrid, empty: bool) -> None:
    stack = grid.parentWidget()
    if isinstance(stack, QStackedWidget):
        stack.setCurrentIndex(int(empty))
