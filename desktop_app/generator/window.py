"""The generator's one window: the form at the left, pictures at the right, one button that draws."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.generator import work
from desktop_app.generator.form import Form
from desktop_app.generator.work import Drawn
from desktop_app.jobs import tasks
from desktop_app.jobs.tasks import Task
from desktop_app.project.errors import GensmithError
from desktop_app.ui import places, theme
from desktop_app.ui.drop import dropped_paths
from desktop_app.ui.frame import BottomBar, Floating, Header
from desktop_app.ui.page import Action
from desktop_app.ui.reading_order import move_focus
from desktop_app.ui.widgets import Banner, Button, Label, ProgressLine
from desktop_app.ui.widgets.blank import Blank
from desktop_app.ui.widgets.lightbox import Lightbox
from desktop_app.ui.widgets.picture_grid import PictureGrid, Tile

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Bundle, Request

NAME = "Gensmith Generator"


class GeneratorWindow(QMainWindow):
    """Opens a model, draws with it, saves what it drew."""

    opened = Signal()
    """A model is there and can draw."""
    drawn = Signal()
    """All pictures that were asked for are there."""

    def __init__(self) -> None:
        super().__init__()
        self.bundle: Bundle | None = None
        self._opening: Task | None = None
        self._drawing: Task | None = None
        self._asked: Request | None = None
        self._shelf: list[Drawn | None] = []
        self._saved: Path | None = None
        self.setWindowTitle(NAME)
        self.setMinimumSize(640, 440)
        self.resize(1000, 700)
        self.setAcceptDrops(True)
        self._build()
        self._listen()
        self._say_nothing_open()

    # ------------------------------------------------ building

    def _build(self) -> None:
        self.header, self.bar, self.blank, self.form, self.banner = Header(), BottomBar(), Blank(), Form(), Banner()
        self.grid = PictureGrid("Pictures", side=72, chooses=True, fills=True)
        self.hint = Label("Press Generate, and new pictures appear here.", "subtitle", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.progress = ProgressLine("Drawing")
        self.header.menu.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self._padded(self.blank))
        self.stack.addWidget(self._padded(self._work()))
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.stack, self.bar):
            column.addWidget(widget, int(widget is self.stack))
        self.setCentralWidget(centre)
        self._floating = Floating(self.stack, self.banner)

    @staticmethod
    def _padded(widget: QWidget) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(theme.MARGIN, 4, theme.MARGIN, theme.GAP)
        column.addWidget(widget)
        return holder

    def _work(self) -> QWidget:
        """Form, pictures, and what can be done with them."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        self.form.body.addWidget(Button("Another model …", "plain", icon="folder", clicked=self.choose))
        row.addWidget(self.form)
        column = QVBoxLayout()
        column.setSpacing(10)
        self.shelf = QStackedWidget()
        self.shelf.addWidget(self.hint)
        self.shelf.addWidget(self.grid)
        column.addWidget(self.progress)
        column.addWidget(self.shelf, 1)
        column.addLayout(self._actions())
        row.addLayout(column, 1)
        self.progress.hide()
        return holder

    def _actions(self) -> QHBoxLayout:
        self.save_chosen = Button("Save …", icon="save", clicked=lambda: self.save(self.chosen()))
        self.save_all = Button("Save all …", clicked=lambda: self.save(self.pictures()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.save_chosen)
        row.addWidget(self.save_all)
        return row

    def _listen(self) -> None:
        self.header.theme.clicked.connect(lambda: theme.theme().toggle())
        self.form.changed.connect(self._offer)
        self.form.wanted.connect(self.generate)
        self.progress.cancel.clicked.connect(self.cancel)
        self.grid.chosen_changed.connect(self._offer)
        self.grid.opened.connect(lambda row: Lightbox(self, self.grid.tiles(), row))
        self.grid.copy_asked.connect(self._copy)

    # ------------------------------------------------ the model

    def choose(self) -> None:
        """Ask for a model's file."""
        kinds, proposed = "Gensmith model (*.gensmith)", str(places.documents_folder())
        name, _ = QFileDialog.getOpenFileName(self, "Open a model", proposed, kinds)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Open a model in the background; the latest request wins."""
        self.cancel()
        if self.bundle is None:
            self.blank.say("pictures", "", "Opening the model …")
        task = self._opening = tasks.run(work.open_model, path, parent=self)
        task.succeeded.connect(lambda bundle: task is self._opening and self._opened(bundle))
        task.failed.connect(lambda error: task is self._opening and self._refused(error))
        task.ended.connect(task.deleteLater)
        self._offer()

    def _opened(self, bundle: Bundle) -> None:
        self.bundle, self._opening, self._asked = bundle, None, None
        manifest = bundle.manifest
        _, height, width = manifest.shape
        kinds = f" · {len(manifest.classes)} kinds" if manifest.classes else ""
        self.header.show_text(manifest.name, f"Draws {width} × {height} pixels{kinds} · offline, on this computer alone")
        self.setWindowTitle(f"{manifest.name} – {NAME}")
        self.form.show_model(manifest)
        self._show([])
        self.stack.setCurrentIndex(1)
        self.banner.dismiss()
        self._offer()
        self.opened.emit()

    def _refused(self, error: GensmithError) -> None:
        self._opening = None
        if self.bundle is None:
            self.blank.say_error("This model cannot be opened", error)
        else:
            self._say(str(error), "bad")
        self._offer()

    def _say_nothing_open(self) -> None:
        self.header.show_text(NAME, "Draws new pictures with a model that was made with Gensmith.")
        self.blank.say("sparkle", "Open a model", "Drop a .gensmith file here, or choose one.")
        self._offer()

    # ------------------------------------------------ drawing

    def generate(self) -> None:
        """Draw what the form asks for; the same again would be the same, so another seed is taken then."""
        if self.bundle is None:
            return
        if self._asked == self.form.request():
            self.form.roll()
        self.cancel()
        request = self._asked = self.form.request()
        self._show([None] * request.count)
        task = self._drawing = Task(work.paint, self.bundle, request, parent=self)
        task.progressed.connect(lambda fraction, _: task is self._drawing and self._advance(fraction))
        task.partial.connect(lambda picture: task is self._drawing and self._arrived(picture))
        task.succeeded.connect(lambda _: task is self._drawing and self._done())
        task.failed.connect(lambda error: task is self._drawing and self._failed(error))
        task.ended.connect(task.deleteLater)
        self.progress.begin("Drawing")
        self.progress.show()
        task.start()
        self._offer()

    def cancel(self) -> None:
        """Stop drawing; what has come stays."""
        if self._drawing is not None:
            self._drawing.cancel()
            self._asked = None
            self._end()

    def _advance(self, fraction: float) -> None:
        self.progress.advance(fraction, f"{len(self.pictures()):,} of {len(self._shelf):,}")

    def _arrived(self, picture: Drawn) -> None:
        row = self._shelf.index(None)
        self._shelf[row] = picture
        self.grid.set_tile(row, _tile(picture))
        self._offer()

    def _done(self) -> None:
        self._end()
        self.drawn.emit()

    def _failed(self, error: GensmithError) -> None:
        self._asked = None
        self._end()
        self._say(str(error), "bad")

    def _end(self) -> None:
        self._drawing = None
        self.progress.hide()
        if None in self._shelf:
            self._show(self.pictures())
        self._offer()

    # ------------------------------------------------ the pictures

    def pictures(self) -> list[Drawn]:
        """Those that have come."""
        return [picture for picture in self._shelf if picture is not None]

    def chosen(self) -> list[Drawn]:
        """Those that are selected."""
        return [picture for row in self.grid.chosen() if (picture := self._shelf[row]) is not None]

    def _show(self, pictures: list[Drawn] | list[None]) -> None:
        self._shelf = list(pictures)
        self.grid.set_tiles([_tile(picture) for picture in self._shelf])
        self.shelf.setCurrentIndex(int(bool(self._shelf)))

    def save(self, pictures: list[Drawn]) -> None:
        """Ask where to, and write PNG files."""
        if len(pictures) == 1:
            proposed = str(places.pictures_folder() / pictures[0].file)
            name, _ = QFileDialog.getSaveFileName(self, "Save the picture", proposed, "PNG (*.png)")
            if name:
                self._write(work.save_as, pictures[0], Path(name).with_suffix(".png"))
        elif pictures:
            title = f"A folder for {len(pictures):,} pictures"
            folder = QFileDialog.getExistingDirectory(self, title, str(places.pictures_folder()))
            if folder:
                self._write(work.save, pictures, Path(folder))

    def _write(self, function: Any, *args: Any) -> None:
        task = tasks.run(function, *args, parent=self)
        task.succeeded.connect(self._written)
        task.failed.connect(lambda error: self._say(str(error), "bad"))
        task.ended.connect(task.deleteLater)

    def _written(self, paths: list[Path]) -> None:
        folder = paths[0].parent
        what = f"{paths[0].name} saved." if len(paths) == 1 else f"{len(paths):,} pictures saved in {folder.name}."
        self._say(what, "good", ("Show in folder", lambda: places.show(folder)))

    def _copy(self) -> None:
        if chosen := self.chosen():
            QGuiApplication.clipboard().setImage(chosen[0].image)

    # ------------------------------------------------ showing

    def _say(self, words: str, state: str, *actions: tuple[str, Any]) -> None:
        self.banner.say(words, state, *actions)
        self._floating.place()

    def _offer(self) -> None:
        """Bring the buttons up to date."""
        chosen, there = len(self.chosen()), len(self.pictures())
        self.save_chosen.setText(f"Save {chosen:,} …" if chosen > 1 else "Save …")
        self.save_chosen.setVisible(there > 0)
        self.save_chosen.setEnabled(chosen > 0)
        self.save_all.setVisible(there > 1)
        note = "1 picture" if there == 1 else f"{there:,} pictures" if there else "Nothing leaves this computer."
        self.bar.offer(self._action(), note, back=False)

    def _action(self) -> Action | None:
        if self._opening is not None:
            return None
        if self.bundle is None:
            return Action("Open a model", self.choose)
        again = self._asked is not None and self._asked == self.form.request()
        return Action("Generate others" if again else "Generate", self.generate)

    # ------------------------------------------------ Qt's events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open(dropped_paths(event.mimeData())[0])

    def focusNextPrevChild(self, next: bool) -> bool:
        return move_focus(self, forwards=next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape stops the drawing."""
        if event.key() == Qt.Key.Key_Escape and self._drawing is not None:
            self.cancel()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.cancel()
        tasks.end_all()
        super().closeEvent(event)


def _tile(picture: Drawn | None) -> Tile:
    return Tile((), "Not drawn yet") if picture is None else Tile((picture.image,), picture.name)
