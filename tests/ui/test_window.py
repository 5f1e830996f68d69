"""The window: where one is, what comes next, what can be taken back."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QMenu, QSlider
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import RunSpec, create_run
from desktop_app.project.store import Project
from desktop_app.ui import preferences, theme
from desktop_app.ui.app import catch_faults
from desktop_app.ui.rail import NARROW, WIDTH
from desktop_app.ui.window import MainWindow
from tests.ui.helpers import drop, shown, words_on

Open = Callable[[Path, int], MainWindow]
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def activate(qtbot: QtBot, window: MainWindow) -> None:
    """Give the window the keyboard."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def test_the_first_window_offers_to_begin(qtbot: QtBot, fresh_window: MainWindow) -> None:
    qtbot.waitUntil(lambda: "Handwritten digits" in words_on(fresh_window))
    words = words_on(fresh_window)
    for offer in ("New project", "Create project", "Choose a folder…", "Pixel sprites", "Handwritten digits", "Try it now"):
        assert offer in words
    assert not fresh_window.rail.isVisible()
    assert "Recent projects" not in words


def test_a_name_and_enter_make_a_project(qtbot: QtBot, fresh_window: MainWindow, tmp_path: Path) -> None:
    name = fresh_window._welcome.new.name
    qtbot.keyClicks(name, "Garden birds / 2")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert fresh_window.session.document.name == "Garden birds / 2"
    assert fresh_window.session.project.folder == tmp_path / "projects" / "Garden birds - 2"
    assert fresh_window.header.title.text() == "Objective"
    assert fresh_window.windowTitle() == "Garden birds / 2 – Objective – Gensmith"


def test_a_folder_dropped_on_the_first_window_becomes_a_project(qtbot: QtBot, fresh_window: MainWindow, pictures: Path) -> None:
    drop(fresh_window, [pictures])
    qtbot.waitUntil(lambda: fresh_window.session.document.data.encoded is not None)
    assert fresh_window.session.document.name == "my pictures é"
    assert fresh_window.session.document.data.used == 24
    assert fresh_window.number == 2
    assert fresh_window.rail.steps[0].status.state == fresh_window.rail.steps[1].status.state == "done"


def test_a_project_dropped_on_the_window_is_opened(fresh_window: MainWindow, small_project: Path, qtbot: QtBot) -> None:
    drop(fresh_window, [small_project])
    qtbot.waitUntil(lambda: fresh_window.session.project is not None)
    assert fresh_window.session.project.folder == small_project


def test_more_pictures_dropped_anywhere_are_added(qtbot: QtBot, open_window: Open, small_project: Path, tmp_path: Path) -> None:
    from tests.ui.helpers import draw_pictures

    window = open_window(small_project, 1)
    more = draw_pictures(tmp_path / "more", 8, kinds=1, side=32)
    drop(window, [more])
    qtbot.waitUntil(lambda: window.session.document.data.found == 32)
    assert window.number == 2
    drop(window, [more])
    qtbot.waitUntil(lambda: "in the project already" in window.banner.text())


def test_keys_go_to_every_step_and_back(qtbot: QtBot, open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    activate(qtbot, window)
    for number, title in enumerate(("Objective", "Data", "Architecture", "Train", "Evaluate", "Deploy"), 1):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0.value + number), CONTROL)
        qtbot.waitUntil(lambda number=number: window.number == number)
        assert window.header.title.text() == title
        assert window.rail.steps[number - 1].isChecked()
        assert window.bar.back.isVisible() == (number > 1)
    qtbot.mouseClick(window.bar.back, Qt.MouseButton.LeftButton)
    assert window.number == 5
    qtbot.mouseClick(window.rail.steps[1], Qt.MouseButton.LeftButton)
    assert window.number == 2


def test_the_page_is_remembered_without_a_step_of_undo(open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 3)
    assert not window.session.can_undo
    window.session.close_project()
    assert Project.open(small_project, read_only=True).document.step == 3


def test_the_main_button_names_the_next_thing(qtbot: QtBot, fresh_window: MainWindow) -> None:
    window = fresh_window
    qtbot.mouseClick(window._welcome.new.button, Qt.MouseButton.LeftButton)
    assert window.bar.main.text() == "Choose what comes out"
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() in (None, *window._pages[1].cards.values())
    qtbot.mouseClick(window._pages[1].cards["photos"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.bar.main.text() == "Choose pictures")
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert window.number == 2
    assert window.bar.main.text() == "Choose pictures"


def test_every_change_can_be_taken_back_by_key(qtbot: QtBot, open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    activate(qtbot, window)
    qtbot.mouseClick(window._pages[1].questions["priority"].part("best"), Qt.MouseButton.LeftButton)
    assert window.session.document.objective.priority == "best"
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: window.session.document.objective.priority == "balanced")
    assert window.banner.text().startswith("Undone: how good against how fast: best, and ")
    qtbot.waitUntil(lambda: window._pages[1].questions["priority"].value() == "balanced")
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL | SHIFT)
    qtbot.waitUntil(lambda: window.session.document.objective.priority == "best")


def test_a_message_moves_nothing(open_window: Open, small_project: Path, qtbot: QtBot) -> None:
    window = open_window(small_project, 1)
    before = [(card.mapTo(window, QPoint()), card.size()) for card in window._pages[1].cards.values()]
    window.say("Something happened. " * 12, "care", ("Do it", lambda: None))
    qtbot.wait(10)
    assert [(card.mapTo(window, QPoint()), card.size()) for card in window._pages[1].cards.values()] == before
    banner = window.banner.geometry()
    assert window.stack.rect().contains(banner)
    assert window.banner.heightForWidth(banner.width()) <= banner.height()


def test_a_message_stays_before_the_page_that_comes(open_window: Open, small_project: Path) -> None:
    """One that does not fade is still there on the next page, and a page that is shown goes above what was there."""
    window = open_window(small_project, 1)
    window.say("This stays.", "care", ("Do it", lambda: None))
    for number in (2, 1):
        window.go_to(number)
        assert window.banner.isVisible()
        place = window.banner.mapTo(window, window.banner.rect().center())
        assert window.banner in (window.childAt(place), window.childAt(place).parentWidget())


def test_an_error_says_what_to_do_and_keeps_its_details(open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    window.session.failed.emit(GensmithError("The disk is full.", "Free some space.", details="line 7"))
    assert window.banner.text() == "The disk is full. Free some space."
    window.banner.buttons()[0].click()
    assert QGuiApplication.clipboard().text().endswith("line 7")


def test_a_project_in_use_elsewhere_can_be_looked_at(open_window: Open, small_project: Path) -> None:
    with Project.open(small_project):
        window = open_window(small_project, 1)
        assert window.session.read_only
        assert "cannot" in window.banner.text() or "not change it" in window.banner.text()
        assert not window._pages[1].cards["photos"].isEnabled()
        window.go_to(2)
        window.take_paths([small_project.parent])
        assert "reading only" in window.banner.text()


def test_a_running_training_is_a_ring_on_every_page(open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    button = window.rail.steps[3]
    plain = button.grab().toImage()
    button.show_status(type(button.status)("in progress", "38 min left"), 0.4)
    assert button.grab().toImage() != plain
    assert button.accessibleName() == "Step 4, Train: in progress. 38 min left"


def test_the_rail_gives_way_in_a_small_window(open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    assert window.rail.width() == WIDTH
    window.resize(700, 500)
    assert window.rail.width() == NARROW
    assert all(button.isVisible() for button in window.rail.steps)
    window.resize(1280, 800)
    assert window.rail.width() == WIDTH


def test_dark_and_light_are_a_press_away(qtbot: QtBot, fresh_window: MainWindow) -> None:
    theme.theme().set_mode("light")
    light = fresh_window.grab().toImage().pixelColor(4, 300)
    qtbot.mouseClick(fresh_window.header.theme, Qt.MouseButton.LeftButton)
    dark = fresh_window.grab().toImage().pixelColor(4, 300)
    assert (light.name().upper(), dark.name().upper()) == (theme.LIGHT.background, theme.DARK.background)


def test_the_menu_has_what_no_page_has(qtbot: QtBot, open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    qtbot.mouseClick(window.header.menu, Qt.MouseButton.LeftButton)
    menu = next(menu for menu in window.findChildren(QMenu) if menu.isVisible())
    words = [action.text().split("\t")[0] for action in menu.actions()]
    for wanted in ("New project…", "Open a project…", "Close the project", "Undo", "Redo"):
        assert wanted in words
    sub = {action.text(): action.menu() for action in menu.actions() if action.menu() is not None}
    next(action for action in sub["Appearance"].actions() if action.text() == "Dark").trigger()
    assert theme.theme().mode == "dark"
    next(action for action in sub["Size of everything"].actions() if action.text() == "150 %").trigger()
    assert preferences.get("scale", 100) == 150
    assert "150 %" in window.banner.text()
    menu.close()


def test_the_window_comes_back_where_it_was(qtbot: QtBot, qapp: QApplication, small_project: Path) -> None:
    first = MainWindow()
    qtbot.addWidget(first)
    first.resize(720, 560)
    first.show()
    first.session.open(small_project)
    first.close()
    assert preferences.get("project", "") == str(small_project)
    second = MainWindow()
    qtbot.addWidget(second)
    assert (second.width(), second.height()) == (720, 560)
    second.close()


def test_closing_a_project_lets_its_pages_die(qtbot: QtBot, open_window: Open, small_project: Path) -> None:
    window = open_window(small_project, 1)
    for number in range(1, 7):
        window.go_to(number)
    pages = list(window._pages.values())
    window.close_project()
    qtbot.waitUntil(lambda: not any(isValid(page) for page in pages))
    gc.collect()
    assert window.number == 0
    assert "Recent projects" in words_on(window)
    window.go_to(3)
    assert window.number == 0


INTERACTIVE = (QAbstractButton, QLineEdit, QComboBox, QAbstractSpinBox, QSlider)


@pytest.mark.parametrize("number", range(1, 7))
def test_a_screen_reader_finds_a_name_on_every_control(open_window: Open, small_project: Path, number: int) -> None:
    window = open_window(small_project, number)
    for kind in INTERACTIVE:
        for control in shown(window, kind):
            inner = isinstance(control.parentWidget(), QAbstractSpinBox | QComboBox)
            named = control.accessibleName() or getattr(control, "text", str)()
            assert inner or named or control.objectName().startswith("qt_"), f"{control} of {control.parentWidget()}"


def test_long_names_push_nothing_aside(open_window: Open, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    name = "ein sehr langer Name Ωμέγα 文字 " * 3
    Project.create(folder, name.strip()).close()
    window = open_window(folder, 1)
    assert window.width() == 1280
    assert window.rail.width() == WIDTH
    assert window.rail.project.toolTip().startswith(name.strip()[:90])
    assert window.rail.project.geometry().right() < WIDTH


def test_a_damaged_project_leaves_the_window_where_it_is(fresh_window: MainWindow, small_project: Path) -> None:
    (small_project / "project.json").write_text("{", encoding="utf-8")
    fresh_window.open_project(small_project)
    assert fresh_window.session.project is None
    assert "damaged" in fresh_window.banner.text()
    assert fresh_window.number == 0


def test_a_run_that_died_is_said_in_the_rail(open_window: Open, small_project: Path, qtbot: QtBot) -> None:
    with Project.open(small_project) as project:
        project.change("architecture", family="diffusion")
        spec = RunSpec(name="first", data=str(project.encoded_folder), family="diffusion")
        run = create_run(project.runs_folder, spec)
        run.events_file.write_text('{"kind":"started","pid":1,"device":"cpu","threads":1,"parameters":1,"batch_size":1,'
                                   '"held_out_items":2,"training_items":22}\n', encoding="utf-8")  # fmt: skip
    window = open_window(small_project, 4)
    qtbot.waitUntil(lambda: window.rail.steps[3].status.state == "needs a look")
    assert window.rail.steps[3].status.summary == "Interrupted"


def test_a_fault_of_ours_is_said_on_the_page(fresh_window: MainWindow, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    catch_faults(fresh_window)
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "did not expect" in fresh_window.banner.text()
    assert fresh_window.banner.buttons()[0].text() == "Copy details"
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_what_only_informs_goes_by_itself(
    qtbot: QtBot, open_window: Open, small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.ui.window.LINGER", 30)
    window = open_window(small_project, 1)
    window.say("Done.", "good")
    qtbot.waitUntil(lambda: not window.banner.isVisible())
    window.say("It failed.", "bad")
    qtbot.wait(60)
    window.go_to(2)
    assert window.banner.isVisible()
