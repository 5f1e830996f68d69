"""Projects that were trained and judged, and a window to use them in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.jobs.journey import prepare_data
from desktop_app.project.store import Project, remember
from desktop_app.ui.app import prepare
from desktop_app.ui.pages import welcome
from desktop_app.ui.pages.evaluation import EvaluationPage
from desktop_app.ui.window import MainWindow
from tests.ui import sprites
from tests.ui.helpers import draw_pictures


@pytest.fixture(scope="session")
def judged_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with classes and one run that was judged."""
    folder = tmp_path_factory.mktemp("judged") / "Sprites"
    with sprites.new_project(folder, 40) as project:
        sprites.assess(sprites.train(project), 80)
    return folder


@pytest.fixture(scope="session")
def plain_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without classes, too small to judge, with a run that was not judged."""
    folder = tmp_path_factory.mktemp("plain") / "Few"
    with sprites.new_project(folder, 8, classes=False, name="Few") as project:
        sprites.train(project)
    return folder


@pytest.fixture
def judged(judged_template: Path, tmp_path: Path) -> Path:
    """A copy of the judged project."""
    return Path(shutil.copytree(judged_template, tmp_path / "Sprites"))


@pytest.fixture
def plain(plain_template: Path, tmp_path: Path) -> Path:
    """A copy of the small one."""
    return Path(shutil.copytree(plain_template, tmp_path / "Few"))


@pytest.fixture
def untrained(plain: Path) -> Path:
    """A project that is ready to be trained."""
    with Project.open(plain) as project:
        for run in project.runs():
            run.delete()
    return plain


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two dozen sprites of two kinds in a folder whose name is not ASCII."""
    return draw_pictures(tmp_path / "my pictures é")


@pytest.fixture(scope="session")
def small_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two dozen prepared pictures of two kinds, closed."""
    home = tmp_path_factory.mktemp("small")
    with Project.create(home / "Small project", "Small project") as project:
        project.change("objective", output="images", purpose="sprites")
        project.change("data", sources=[str(draw_pictures(home / "pictures"))])
        prepare_data(project)
    return home / "Small project"


@pytest.fixture
def small_project(small_template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    folder = Path(shutil.copytree(small_template, tmp_path / "Small project"))
    remember(folder)
    return folder


@pytest.fixture
def fresh_window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window as it opens for the first time, on the welcome page; projects are proposed in a folder of the test."""
    monkeypatch.setattr(welcome, "projects_folder", lambda: tmp_path / "projects")
    prepare(qapp)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    window.start()
    qtbot.waitExposed(window)
    yield window
    window.close()
    window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[[Path, int], MainWindow]]:
    """Opens a project at a step, in a window that is shown and closed like a person's."""
    windows: list[MainWindow] = []
    prepare(qapp)

    def open_at(folder: Path, step: int) -> MainWindow:
        window = MainWindow()
        windows.append(window)
        window.resize(1280, 800)
        assert window.session.open(folder)
        window.show()
        qtbot.waitExposed(window)
        window.go_to(step)
        return window

    yield open_at
    for window in windows:
        window.close()
        window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def shown(qtbot: QtBot, open_window: Callable[[Path, int], MainWindow]) -> Callable[[Path], tuple[MainWindow, EvaluationPage]]:
    """Opens a project at step 5 and waits until what is on the disk is shown."""

    def show(folder: Path) -> tuple[MainWindow, EvaluationPage]:
        window = open_window(folder, 5)
        page = window.stack.currentWidget().widget()
        assert isinstance(page, EvaluationPage)
        qtbot.waitUntil(lambda: page.run is None or page.loaded is not None)
        qtbot.waitUntil(lambda: page.run is None or window.session.run_state not in ("", "none"))
        return window, page

    return show


class Opened(QObject):
    """Takes the place of the system's file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.folders: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.folders.append(url.toLocalFile())


@pytest.fixture
def file_manager() -> Iterator[Opened]:
    """What would be shown in the system's own programs is only written down."""
    opened = Opened()
    QDesktopServices.setUrlHandler("file", opened, "take")
    yield opened
    QDesktopServices.unsetUrlHandler("file")
