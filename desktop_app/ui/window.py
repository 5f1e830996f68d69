"""The window: the rail, one page at a time, the bottom bar; it knows no page's content."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.jobs.session import Session
from desktop_app.project.errors import GensmithError
from desktop_app.project.steps import STEPS, status
from desktop_app.project.store import DOCUMENT
from desktop_app.ui import menus, preferences, theme
from desktop_app.ui.announcing import Announcer
from desktop_app.ui.drawn import once_drawn
from desktop_app.ui.drop import DropCurtain, dropped_paths
from desktop_app.ui.frame import BottomBar, Floating, Header
from desktop_app.ui.machine import MachineWatch
from desktop_app.ui.page import Action, Page
from desktop_app.ui.rail import Rail
from desktop_app.ui.reading_order import move_focus
from desktop_app.ui.widgets import Banner

if TYPE_CHECKING:
    from desktop_app.ui.pages.welcome import WelcomePage

PAGES = {
    1: "objective:ObjectivePage",
    2: "data:DataPage",
    3: "architecture:ArchitecturePage",
    4: "training:TrainingPage",
    5: "evaluation:EvaluationPage",
    6: "deployment:DeploymentPage",
}
NARROW_BELOW = 860
LINGER, LINGER_WITH_BUTTONS = 6_000, 20_000
"""Milliseconds that a message stays which asks for nothing."""
RESTART = 99
"""Exit code with which the window asks to be opened again."""


class MainWindow(QMainWindow):
    """The one window."""

    def __init__(self, session: Session | None = None) -> None:
        super().__init__()
        self.session = session or Session(self)
        self.setWindowTitle("Gensmith")
        self.setMinimumSize(640, 400)
        self.setAcceptDrops(True)
        self.number = 0
        self._pages: dict[int, Page] = {}
        self._holders: dict[int, QScrollArea] = {}
        self._welcome: WelcomePage | None = None
        self._fade = QTimer(self, singleShot=True)
        self._refresh_soon = QTimer(self, singleShot=True, interval=0)
        self._refresh_soon.timeout.connect(self._refresh)
        self._build()
        self._listen()
        self._shortcuts()
        self._restore_geometry()

    # ------------------------------------------------------------ building

    def _build(self) -> None:
        self.rail = Rail(self._open_project_menu)
        self.header = Header()
        self.bar = BottomBar()
        self.stack = QStackedWidget()
        self.banner = Banner()
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        for widget in (self.header, self.stack, self.bar):
            right.addWidget(widget, int(widget is self.stack))
        centre = QWidget()
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(centre)
        self._floating = Floating(self.stack, self.banner)
        self._curtain = DropCurtain(centre)
        self._machine = MachineWatch(self.session, self.rail.machine)
        self._announcer = Announcer(self.session, self)

    def _listen(self) -> None:
        session = self.session
        session.changed.connect(self._refresh_soon.start)
        session.opened.connect(self._project_opened)
        session.failed.connect(self.show_error)
        session.said.connect(lambda text: self.say(text, "good"))
        session.import_changed.connect(self._refresh_soon.start)
        session.ticked.connect(self._show_rail)
        self.rail.step_chosen.connect(self.go_to)
        self.bar.back.clicked.connect(lambda: self.go_to(self.number - 1))
        self._fade.timeout.connect(self.banner.dismiss)
        self.bar.refused.connect(lambda reason: self.say(reason, "care"))
        self.header.theme.clicked.connect(lambda: theme.theme().toggle())
        self.header.menu.clicked.connect(self._open_main_menu)

    def _shortcuts(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            f"Ctrl+{step.number}": lambda number=step.number: self.go_to(number) for step in STEPS
        }
        keys |= {"Ctrl+Z": self.undo, "Ctrl+Shift+Z": self.redo, "Ctrl+Y": self.redo, "Ctrl+N": self.show_welcome}
        keys |= {"Ctrl+O": self.choose_project, "Ctrl+W": self.close_project, "Ctrl+Q": self.close}
        for sequence, act in keys.items():
            QShortcut(QKeySequence(sequence), self, act)

    def _page(self, number: int) -> Page:
        """The page of a step, made when it is first shown."""
        if number not in self._pages:
            module, name = PAGES[number].split(":")
            page: Page = getattr(importlib.import_module(f"desktop_app.ui.pages.{module}"), name)(self.session)
            page.changed.connect(self._show_frame)
            page.go_to.connect(self.go_to)
            page.message.connect(self._page_message)
            page.offered.connect(lambda state, text, actions: self.say(text, state, *actions))
            self._pages[number] = page
            self._holders[number] = self._hold(page)
        return self._pages[number]

    def _hold(self, page: QWidget) -> QScrollArea:
        self._set_margin(page)
        holder = QScrollArea()
        holder.setWidgetResizable(True)
        holder.setFrameShape(QFrame.Shape.NoFrame)
        holder.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        holder.setWidget(page)
        self.stack.addWidget(holder)
        return holder

    # ------------------------------------------------------------ where we are

    def start(self, folder: Path | None = None) -> None:
        """Show the first page: that of ``folder``'s project, else the welcome page."""
        if folder is None or not self.session.open(folder):
            self.show_welcome()
        once_drawn(self, self.session.look_at_machine)

    def show_welcome(self) -> None:
        """Show the page from which everything starts; an open project stays open behind it."""
        if self._welcome is None:
            from desktop_app.ui.pages.welcome import WelcomePage

            self._welcome = WelcomePage(self.session)
            self._welcome.open_project.connect(self.open_project)
            self._welcome.back.connect(lambda: self.go_to(self.session.document.step))
            self._welcome.import_paths.connect(self.take_paths)
            self._holders[0] = self._hold(self._welcome)
        self._leave()
        self.number = 0
        self.stack.setCurrentWidget(self._holders[0])
        self._refresh()
        self._welcome.setFocus()

    def go_to(self, number: int) -> None:
        """Show a step's page; without a project, the welcome page."""
        if self.session.project is None:
            if self.number != 0 or self._welcome is None:
                self.show_welcome()
            return
        number = min(max(number, 1), len(STEPS))
        if number != self.number:
            self._leave()
            if self._fade.isActive():  # it was about the page that is left
                self.banner.dismiss()
        page = self._page(number)
        self.number = number
        self.stack.setCurrentWidget(self._holders[number])
        self.session.remember_step(number)
        page.refresh()
        self._show_frame()

    def _leave(self) -> None:
        if self.number in self._pages:
            self._pages[self.number].leave()

    def _project_opened(self) -> None:
        """Another project, or none: pages of the one before are of no use any more."""
        self.banner.dismiss()
        project = self.session.project
        preferences.put(project=str(project.folder) if project else "")
        for number, page in list(self._pages.items()):
            holder = self._holders.pop(number)
            self.stack.removeWidget(holder)
            page.setEnabled(False)
            holder.deleteLater()
        self._pages.clear()
        self.number = -1
        if project is None:
            self.show_welcome()
            return
        self.go_to(project.document.step)
        if project.read_only:
            self.say(f"You can look at this project, but not change it. {self.session.read_only_reason}".strip(), "care")

    # ------------------------------------------------------------ showing

    def _refresh(self) -> None:
        if self.number in self._pages:
            self._pages[self.number].refresh()
        elif self._welcome is not None and self.number == 0:
            self._welcome.refresh()
        self._show_frame()

    def _show_frame(self) -> None:
        self._show_rail()
        page = self._pages.get(self.number)
        on_page = page is not None
        self.rail.setVisible(on_page)
        self.bar.setVisible(on_page)
        if page is None:
            self.header.show_text("Gensmith", "Teach your computer to make more of what you love. Everything stays on it.")
            self.setWindowTitle("Gensmith")
            return
        self.header.show_text(page.step.title, page.subtitle())
        self.bar.offer(page.main_action() or self._onward(page), page.note(), back=self.number > 1)
        self.setWindowTitle(f"{self.session.document.name} – {page.step.title} – Gensmith")

    def _onward(self, page: Page) -> Action | None:
        if not page.step.onward:
            return None
        return Action(page.step.onward, lambda: self.go_to(page.step.number + 1))

    def _show_rail(self) -> None:
        if self.session.project is None:
            return
        self.rail.set_project(self.session.document.name)
        if self.number > 0:
            self.rail.set_current(self.number)
        facts = self.session.facts()
        for button in self.rail.steps:
            ring = self._ring() if button.step.key == "training" and facts.run == "running" else None
            button.show_status(status(button.step, self.session.document, facts), ring)

    def _ring(self) -> float:
        return self.session.story.fraction

    def say(self, text: str, state: str = "info", *actions: tuple[str, Callable[[], object]]) -> None:
        """Show a line over the lower edge of the page; what only informs goes by itself."""
        self.banner.say(text, state, *actions)
        self._floating.place()
        self._fade.stop()
        if state in ("info", "good"):
            self._fade.start(LINGER_WITH_BUTTONS if actions else LINGER)

    def show_error(self, error: GensmithError) -> None:
        """Say what happened and what to do, unless the page does; details can be copied."""
        if self.number in self._pages and self._pages[self.number].shows(error):
            return
        details = getattr(error, "details", "")
        copy = [("Copy details", lambda: QGuiApplication.clipboard().setText(f"{error}\n\n{details}"))] if details else []
        self.say(str(error), "bad", *copy)

    def _page_message(self, state: str, text: str, details: str) -> None:
        copy = [("Copy details", lambda: QGuiApplication.clipboard().setText(f"{text}\n\n{details}"))] if details else []
        self.say(text, state, *copy)

    # ------------------------------------------------------------ doing

    def undo(self) -> None:
        """Take the last change back."""
        words = self.session.undo_words
        if self.session.can_undo and self.session.undo():
            self.say(f"Undone: {words}.", "info", ("Redo", self.redo))

    def redo(self) -> None:
        """Make it again."""
        words = self.session.redo_words
        if self.session.can_redo and self.session.redo():
            self.say(f"Made again: {words}.", "info", ("Undo", self.undo))

    def open_project(self, folder: Path) -> None:
        """Open a project; one that cannot be written to is opened for looking."""
        if self.session.project is not None and self.session.project.folder == Path(folder).absolute():
            self.go_to(self.session.document.step)
        else:
            self.session.open(Path(folder))

    def choose_project(self) -> None:
        """Ask for a project's folder."""
        folder = QFileDialog.getExistingDirectory(self, "Open a project: choose its folder")
        if folder:
            self.open_project(Path(folder))

    def close_project(self) -> None:
        """Close the project and go back to the welcome page."""
        self._leave()
        self.session.close_project()

    def take_paths(self, paths: list[Path]) -> None:
        """Folders and files were dropped: a project is opened, pictures are imported."""
        projects = [path for path in paths if (path / DOCUMENT).is_file()]
        if projects:
            self.open_project(projects[0])
        elif self.session.project is None or self.number == 0:
            self.show_welcome()
            assert self._welcome is not None
            self._welcome.propose(paths)
        elif self.session.read_only:
            self.say("This project is open for reading only, so nothing can be added to it.", "care")
        else:
            self.go_to(2)
            if not self.session.add_sources(paths):
                self.say("These pictures are in the project already.", "info")

    def set_scale(self, percent: int) -> None:
        """Keep a size of everything; it takes hold when the window opens again."""
        preferences.put(scale=percent)
        self.say(f"Everything will be {percent} % large when Gensmith opens again.", "info", ("Open again now", self._restart))

    def _restart(self) -> None:
        from PySide6.QtWidgets import QApplication

        self.close()
        QApplication.exit(RESTART)

    def _open_project_menu(self) -> None:
        self._pop(menus.project_menu(self), self.rail.project.mapToGlobal(QPoint(0, self.rail.project.height() + 2)))

    def _open_main_menu(self) -> None:
        menu = menus.main_menu(self)
        corner = self.header.menu.mapToGlobal(QPoint(self.header.menu.width(), self.header.menu.height() + 2))
        self._pop(menu, corner - QPoint(menu.sizeHint().width(), 0))

    def _pop(self, menu: QMenu, where: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(where)

    # ------------------------------------------------------------ Qt's events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            known = self.session.project is not None and self.number > 0
            self._curtain.fall(f"Drop to add to “{self.session.document.name}”" if known else "Drop to start a new project")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._curtain.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._curtain.hide()
        event.acceptProposedAction()
        paths = dropped_paths(event.mimeData())
        QTimer.singleShot(0, self, lambda: self.take_paths(paths))  # the other program waits until the drop returns

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < NARROW_BELOW)
        for holder in self._holders.values():
            self._set_margin(holder.widget())
        for part in (self.header, self.bar):
            part.set_margin(self._margin())

    def _margin(self) -> int:
        return theme.NARROW_MARGIN if self.width() < NARROW_BELOW else theme.MARGIN

    def _set_margin(self, page: QWidget) -> None:
        page.layout().setContentsMargins(self._margin(), 4, self._margin(), 20)

    def focusNextPrevChild(self, next: bool) -> bool:
        return move_focus(self, forwards=next)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._leave()
        last = str(self.session.project.folder) if self.session.project else ""
        self._machine.stop()
        self.session.close()
        preferences.put(geometry=bytes(self.saveGeometry().toBase64().data()).decode(), project=last)
        super().closeEvent(event)

    def _restore_geometry(self) -> None:
        kept = preferences.get("geometry", "")
        if not (kept and self.restoreGeometry(QByteArray.fromBase64(kept.encode()))):
            room = self.screen().availableGeometry()
            self.resize(min(1280, room.width()), min(800, room.height()))
