"""Who looks elsewhere hears that a training has ended; who sees it does not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.jobs.tasks import end_all
from desktop_app.project.store import Project
from desktop_app.ui.window import MainWindow
from tests.jobs import conftest as jobs
from tests.session_bus import Desktop, desktop_with

OpenWindow = Callable[[Path, int], MainWindow]
small_engine = jobs.small_engine


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """One that shows notifications."""
    with desktop_with("org.freedesktop.Notifications", tmp_path) as found:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", found.address)
        yield found
        end_all()


@pytest.fixture
def window(small_project: Path, small_engine: None, open_window: OpenWindow, qtbot: QtBot) -> MainWindow:
    """A project that is ready to be trained, on the training page."""
    with Project.open(small_project) as project:
        project.change("architecture", family="diffusion")
    window = open_window(small_project, 4)
    qtbot.waitUntil(lambda: not window.session.importing)
    return window


@pytest.fixture
def elsewhere(window: MainWindow, qtbot: QtBot) -> QWidget:
    """Another window that the person looks at."""
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: not window.isActiveWindow())
    return other


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> list[QWidget]:
    """Windows for which the taskbar was asked to call the person."""
    asked: list[QWidget] = []
    monkeypatch.setattr(QApplication, "alert", lambda window, *_: asked.append(window))
    return asked


def train(window: MainWindow, qtbot: QtBot, name: str, ending: str) -> None:
    """Train; the name tells the small engine how to end."""
    window.session.change("", name=name)
    assert window.session.start_training() is not None
    qtbot.waitUntil(lambda: window.session.run_state == ending)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.skipif(sys.platform != "linux", reason="D-Bus")
def test_the_desktop_says_that_the_model_is_ready(desktop: Desktop, window: MainWindow, qtbot: QtBot) -> None:
    train(window, qtbot, "finish", "finished")
    call, application, _, _, title, text, *_ = desktop.said()
    assert (call, application, title) == ("Notify", "Gensmith", "finish")
    assert str(text).startswith("The model is ready after")
    assert desktop.said() == ["gone"]


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.skipif(sys.platform != "linux", reason="D-Bus")
def test_it_says_what_went_wrong(desktop: Desktop, window: MainWindow, qtbot: QtBot) -> None:
    train(window, qtbot, "fail", "failed")
    assert desktop.said()[5] == "The loss is no longer a number."


@pytest.mark.usefixtures("elsewhere")
def test_without_a_desktop_the_window_asks_for_attention_all_the_same(
    alerts: list[QWidget], window: MainWindow, qtbot: QtBot
) -> None:
    train(window, qtbot, "die", "interrupted")
    assert alerts == [window]


@pytest.mark.usefixtures("elsewhere")
def test_what_the_person_did_is_not_news(alerts: list[QWidget], window: MainWindow, qtbot: QtBot) -> None:
    window.session.change("", name="long")
    assert window.session.start_training() is not None
    qtbot.waitUntil(lambda: window.session.run_state == "running")
    window.session.pause()
    qtbot.waitUntil(lambda: window.session.run_state == "paused")
    assert alerts == []


def test_who_sees_it_needs_no_telling(alerts: list[QWidget], window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    train(window, qtbot, "finish", "finished")
    assert alerts == []


def test_a_project_that_ended_long_ago_is_not_news(
    alerts: list[QWidget], elsewhere: QWidget, window: MainWindow, qtbot: QtBot
) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    train(window, qtbot, "finish", "finished")
    elsewhere.activateWindow()
    qtbot.waitUntil(lambda: not window.isActiveWindow())
    folder = window.session.project.folder  # type: ignore[union-attr]
    window.session.close_project()
    window.open_project(folder)
    qtbot.waitUntil(lambda: window.session.run_state == "finished")
    assert alerts == []


@pytest.mark.usefixtures("elsewhere")
def test_other_systems_show_it_beside_an_icon_that_brings_the_window_back(
    monkeypatch: pytest.MonkeyPatch, window: MainWindow, qtbot: QtBot
) -> None:
    if QApplication.platformName() == "offscreen":
        pytest.skip("Qt knows no tray without a screen")
    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda self, title, text: shown.append((title, text)))
    window._announcer._say("Sprites", "The model is ready.")
    monkeypatch.undo()
    icon = window._announcer.findChild(QSystemTrayIcon)
    assert isinstance(icon, QSystemTrayIcon) and icon.isVisible()
    assert shown == [("Sprites", "The model is ready.")]
    icon.messageClicked.emit()
    qtbot.waitUntil(window.isActiveWindow)
    assert not icon.isVisible()
