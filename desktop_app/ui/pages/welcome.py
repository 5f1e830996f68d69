"""The page from which everything starts: a new project, a sample to try, the recent ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from desktop_app.jobs import tasks
from desktop_app.jobs.session import Session, free_folder, projects_folder
from desktop_app.project import store
from desktop_app.project.steps import STEPS, Step
from desktop_app.ui import theme
from desktop_app.ui.drawn import once_drawn
from desktop_app.ui.glimpse import Glimpse, glimpses
from desktop_app.ui.widgets import (
    Button,
    Card,
    ChoiceCard,
    ContactSheet,
    ElidedLabel,
    Label,
    ProgressLine,
    to_image,
)
from desktop_app.ui.widgets.dropzone import DropZone

SHOWN = 8
"""Recent projects shown."""
COLUMNS, CARD = 4, 260
"""Recent projects in a row at most, and the least width of one in pixels."""
LEAST_WIDTH, ONE_COLUMN_BELOW = 480, 860
"""Width of the page below which the samples go under the new project."""
_JOURNEY = (
    "Say what it shall make, and where.",
    "Show it your pictures. They are checked, never changed.",
    "Take the recommended model, or another.",
    "Watch it learn. Close the window: it goes on.",
    "See how good it is, and whether it copies.",
    "Generate, save, pass it on. Offline.",
)
_INVALID = '<>:"/\\|?*'


class WelcomePage(QWidget):
    """Welcome. The window decides what a chosen project leads to."""

    open_project = Signal(object)  # Path
    import_paths = Signal(object)  # list[Path], into the project that was just made
    back = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setProperty("page", True)
        self.setAccessibleName("Welcome")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._task: tasks.Task | None = None
        self._shown: list[Path] | None = None
        self.new = NewProject()
        self.new.create.connect(self._create)
        self.samples = [SampleCard(name) for name in ("sprites", "digits")]
        self.recent: list[RecentCard] = []
        self.journey = Journey()
        self._build()

    def _build(self) -> None:
        self.back_button = Button("", "plain", icon="back", clicked=self.back.emit)
        self._recent_title = Label("Recent projects", "section")
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.GAP)
        self._top = top = QHBoxLayout()
        top.setSpacing(theme.GAP)
        top.addWidget(self.new, 4)
        for card in self.samples:
            card.clicked.connect(lambda _=False, card=card: self._try(card))
            card.cancelled.connect(self._cancel_sample)
            top.addWidget(card, 3)
        page = QVBoxLayout(self)
        page.setSpacing(theme.GAP)
        page.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        page.addLayout(top)
        page.addSpacing(theme.UNIT * 2)
        page.addWidget(self._recent_title)
        page.addLayout(self._grid)
        page.addWidget(self.journey)
        page.addStretch(1)

    # ------------------------------------------------------------ showing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self.new.suggest()
        once_drawn(self, self._load_samples)

    def _load_samples(self) -> None:
        for card in self.samples:
            card.load()

    def refresh(self) -> None:
        """Show the recent projects as they are now."""
        project = self.session.project
        self.back_button.setVisible(project is not None)
        if project is not None:
            self.back_button.setText(f"Back to {project.document.name}")
        folders = store.recent()[:SHOWN]
        if folders != self._shown:
            self._show_recent(folders)

    def _show_recent(self, folders: list[Path]) -> None:
        self._shown = folders
        for card in self.recent:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.recent = [RecentCard(folder) for folder in folders]
        for card in self.recent:
            card.clicked.connect(lambda _=False, card=card: self.open_project.emit(card.folder))
            card.forgotten.connect(self._forget)
        self._arrange()
        self._recent_title.setVisible(bool(folders))
        self.journey.setVisible(not folders)
        if folders:
            tasks.run(glimpses, folders, parent=self).partial.connect(self._glimpsed)

    def _arrange(self) -> None:
        """As many recent projects in a row as there is room for."""
        columns = max(2, min(COLUMNS, (self.width() + theme.GAP) // CARD))
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, int(column < columns))
        for number, card in enumerate(self.recent):
            self._grid.addWidget(card, number // columns, number % columns)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())  # narrower than that nothing can be laid out otherwise

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        below = self.width() < ONE_COLUMN_BELOW
        self._top.setDirection(QHBoxLayout.Direction.TopToBottom if below else QHBoxLayout.Direction.LeftToRight)
        self.journey.set_columns(2 if below else len(STEPS))
        self._arrange()

    def _glimpsed(self, glimpse: Glimpse) -> None:
        for card in self.recent:
            if card.folder == glimpse.folder:
                card.show_glimpse(glimpse)

    def _forget(self, folder: Path) -> None:
        store.forget(folder)
        self.refresh()

    # ------------------------------------------------------------ doing

    def propose(self, paths: list[Path]) -> None:
        """Folders or files were dropped: make a project of them at once, named after the first."""
        first = paths[0]
        self.new.fill(first.name if first.is_dir() else first.parent.name)
        self._create(paths)

    def _create(self, paths: list[Path]) -> None:
        if not self.session.create(self.new.folder(), self.new.project_name()):
            return
        if paths:
            self.session.change_objective(output="images")
            self.import_paths.emit(paths)
        self.new.clear()

    def _try(self, card: SampleCard) -> None:
        if self._task is not None:
            return
        self._task = task = self.session.try_sample(card.name)
        card.begin()
        task.progressed.connect(card.advance)
        task.ended.connect(lambda: self._sample_ended(card))

    def _cancel_sample(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _sample_ended(self, card: SampleCard) -> None:
        self._task = None
        card.end()


class Journey(QWidget):
    """The six steps, for those who are here for the first time."""

    def __init__(self) -> None:
        super().__init__()
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(12)
        page.addWidget(Label("Six steps, and you can go back to each at any time", "section"))
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.GAP)
        self._cards = [self._step(step, words) for step, words in zip(STEPS, _JOURNEY, strict=True)]
        page.addLayout(self._grid)
        self.set_columns(len(STEPS))

    def set_columns(self, columns: int) -> None:
        """Lay the steps out in so many columns."""
        for number, card in enumerate(self._cards):
            self._grid.addWidget(card, number // columns, number % columns)
            self._grid.setColumnStretch(number, int(number < columns))

    def _step(self, step: Step, words: str) -> Card:
        card = Card(padding=14, spacing=4)
        card.body.addWidget(Label(f"{step.number}", "subtitle"))
        card.body.addWidget(Label(step.title, "strong"))
        card.body.addWidget(Label(words, "quiet", wrap=True))
        card.body.addStretch(1)
        return card


class NewProject(Card):
    """Name, place, and a drop zone."""

    create = Signal(object)  # list[Path] to import at once, may be empty

    def __init__(self) -> None:
        super().__init__("New project", spacing=10)
        self._parent = projects_folder()
        self.name = QLineEdit()
        self.name.setPlaceholderText("Name, such as “Garden birds”")
        self.name.setAccessibleName("Name of the new project")
        self.name.setMaxLength(120)
        self.name.textChanged.connect(self.suggest)
        self.name.returnPressed.connect(lambda: self.create.emit([]))
        self.place = ElidedLabel("", "quiet", mode=Qt.TextElideMode.ElideMiddle)
        self.change = Button("Change…", "link", clicked=self._change, help="Choose another folder to keep projects in")
        self.zone = DropZone("Drop a folder of pictures", "here or anywhere on this window")
        self.zone.dropped.connect(self._dropped)
        self.button = Button("Create project", "main", clicked=lambda: self.create.emit([]))
        self._build()
        self.suggest()

    def _build(self) -> None:
        where = QHBoxLayout()
        where.addWidget(self.place, 1)
        where.addWidget(self.change)
        ends = QHBoxLayout()
        ends.addStretch(1)
        ends.addWidget(self.button)
        self.body.addWidget(self.name)
        self.body.addLayout(where)
        self.body.addWidget(self.zone, 1)
        self.body.addLayout(ends)

    def project_name(self) -> str:
        """What it will be called."""
        return self.name.text().strip() or "Untitled"

    def folder(self) -> Path:
        """Where it will be: a folder that does not exist yet."""
        safe = "".join("-" if sign in _INVALID else sign for sign in self.project_name()).strip(". ")
        return free_folder(self._parent, safe[:80] or "Untitled")

    def suggest(self) -> None:
        """Show where the project will be."""
        self.place.setText(f"Kept in {_short(self.folder())}")

    def keep_in(self, parent: Path) -> None:
        """Propose another folder to keep projects in."""
        self._parent = parent
        self.suggest()

    def fill(self, name: str) -> None:
        """Propose a name."""
        self.name.setText(name[:120])

    def clear(self) -> None:
        """Forget what was typed."""
        self.name.clear()

    def _change(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Keep the project in", str(self._parent))
        if folder:
            self.keep_in(Path(folder))

    def _dropped(self, paths: list[Path]) -> None:
        if not self.name.text().strip():
            self.fill(paths[0].name if paths[0].is_dir() else paths[0].parent.name)
        self.create.emit(paths)


def _short(path: Path) -> str:
    """The path with ``~`` for the person's home."""
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)


class SampleCard(ChoiceCard):
    """A sample to try: its pictures, what it is, and the wait while it is made."""

    cancelled = Signal()

    def __init__(self, name: str) -> None:
        super().__init__(f"Try the sample {name}", checkable=False, spacing=8)
        self.name = name
        self._loaded = False
        self.sheet = ContactSheet(6, 3, f"Pictures of the sample {name}")
        self.title = Label("", "section")
        self.words = Label("", "quiet", wrap=True)
        self.offer = Label("Try it now · about two minutes", "strong", tone="accent")
        self.progress = ProgressLine("Making the sample project")
        self.progress.cancel.clicked.connect(self.cancelled)
        self.progress.hide()
        for widget in (self.sheet, self.title, self.words):
            self.add(widget)
        self.body.addStretch(1)
        self.add(self.offer)
        self.body.addWidget(self.progress)

    def load(self) -> None:
        """Draw a few of its pictures in the background."""
        if not self._loaded:
            self._loaded = True
            task = tasks.run(_sample, self.name, parent=self)
            task.succeeded.connect(self._show)
            task.ended.connect(task.deleteLater)

    def _show(self, found: tuple[Any, list[Any]]) -> None:
        sample, pictures = found
        self.title.setText(sample.title)
        self.words.setText(f"{sample.description} {sample.credit} {sample.licence}.")
        self.setAccessibleName(f"Try it now: {sample.title}. {sample.description}")
        self.sheet.show_images([to_image(picture) for picture in pictures])

    def begin(self) -> None:
        """The sample project is being made."""
        self.offer.hide()
        self.progress.show()
        self.progress.begin("Making the project")

    def advance(self, fraction: float, words: str) -> None:
        """How far it is."""
        self.progress.advance(fraction, words)

    def end(self) -> None:
        """It is made, or was cancelled."""
        self.progress.hide()
        self.offer.show()


def _sample(_: tasks.Reporter, name: str) -> tuple[Any, list[Any]]:
    from desktop_app.data import SAMPLES, sample_pictures

    return SAMPLES[name], sample_pictures(name, 18)


class RecentCard(ChoiceCard):
    """A recent project; Delete or the context menu takes it off the list."""

    forgotten = Signal(object)  # Path

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Open {folder.name}", checkable=False, padding=12, spacing=4)
        self.folder = folder
        self.setToolTip(str(folder))
        self.sheet = ContactSheet(6, 2, f"Pictures of {folder.name}", gap=3)
        self.name = ElidedLabel(folder.name, "strong")
        self.line = ElidedLabel(" ", "quiet")
        self.add(self.sheet)
        self.body.addSpacing(4)
        self.add(self.name)
        self.add(self.line)

    def show_glimpse(self, glimpse: Glimpse) -> None:
        """Show what was found in the folder."""
        self.name.setText(glimpse.name)
        self.line.setText(glimpse.line)
        self.setAccessibleName(f"Open {glimpse.name}, {glimpse.line}")
        self.sheet.show_images([to_image(picture) for picture in glimpse.pictures])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.forgotten.emit(self.folder)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.addAction("Open").triggered.connect(lambda _=False: self.click())
        menu.addAction("Take off this list").triggered.connect(lambda _=False: self.forgotten.emit(self.folder))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
