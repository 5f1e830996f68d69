"""Step 1 in the window: plain choices, a sentence that writes itself, consequences with reasons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut
from pytestqt.qtbot import QtBot

from desktop_app.jobs.objective_words import sentence, value_in_words
from desktop_app.project.document import Document
from desktop_app.project.store import Project
from desktop_app.ui import menus
from desktop_app.ui.window import MainWindow
from tests.ui.helpers import words_on

Open = Callable[[Path, int], MainWindow]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    Project.create(folder, "Birds").close()
    return folder


def document(**objective: object) -> Document:
    made = Document()
    for name, value in objective.items():
        setattr(made.objective, name, value)
    return made


@pytest.mark.parametrize(
    ("objective", "size", "kinds", "said"),
    [
        ({}, None, 0, "Choose what it shall make, and this sentence writes itself."),
        (
            {"output": "images", "purpose": "sprites"}, 32, 5,
            "Gensmith will learn to draw 32-pixel sprites of five kinds, well and without a long wait, "
            "to be generated on laptops without a graphics card.",
        ),
        (
            {"output": "images", "purpose": "photos", "conditioning": "none", "priority": "best", "device": "phone"}, None, 5,
            "Gensmith will learn to draw photos, as well as it can, to be generated on phones.",
        ),
        (
            {"output": "images", "conditioning": "class", "priority": "fast", "device": "web"}, None, 0,
            "Gensmith will learn to draw pictures of the kinds you name, as quickly as it can, "
            "to be generated in a web browser.",
        ),
        (
            {"output": "images", "purpose": "icons"}, 16, 40,
            "Gensmith will learn to draw 16-pixel icons of 40 kinds, well and without a long wait, "
            "to be generated on laptops without a graphics card.",
        ),
    ],
)  # fmt: skip
def test_the_sentence_writes_itself(objective: dict, size: int | None, kinds: int, said: str) -> None:
    made = document(**objective)
    made.data.size = size
    assert sentence(made, kinds) == said


def test_values_in_words() -> None:
    said = [value_in_words(*pair) for pair in (("minutes", 120.0), ("fit", "pad"), ("network", "auto"), ("sampling_steps", 18))]
    assert said == ["2 h", "Shown whole", "Automatic", "18 strokes"]


def test_nothing_is_chosen_before_the_person_chooses(open_window: Open, empty: Path) -> None:
    page = open_window(empty, 1)._pages[1]
    assert not any(card.isChecked() for card in page.cards.values())
    assert page.sentence.text().startswith("Choose what it shall make")


def test_one_click_says_what_comes_out_and_what_follows(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    page = window._pages[1]
    qtbot.mouseClick(page.cards["sprites"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "sprites" in page.sentence.text())
    assert window.session.document.objective.output == "images"
    assert window.session.document.data.fit == "pad"
    words = words_on(page.consequences)
    assert "Shown whole" in words
    assert "Sprites and icons are shown whole." in words
    assert [card.isChecked() for card in page.cards.values()] == [key == "sprites" for key in page.cards]


def test_the_questions_change_later_steps_and_say_why(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    page = window._pages[1]
    qtbot.mouseClick(page.cards["icons"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.questions["priority"].part("best"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.questions["device"].part("phone"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "on phones" in page.sentence.text())
    assert window.session.document.training.minutes == 120
    assert window.session.document.architecture.network == "tiny"
    words = words_on(page)
    assert "Hours of training, for pictures worth keeping." in words
    assert "two hours let it see every picture many more times" in words


def test_what_the_person_set_is_left_alone_and_said(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    page = window._pages[1]
    window.session.change("training", minutes=33.0)
    qtbot.mouseClick(page.cards["photos"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.questions["priority"].part("fast"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Suggested: 2 min." in words_on(page))
    assert window.session.document.training.minutes == 33.0
    assert "33 min" in words_on(page)


def test_the_keyboard_is_enough(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    page = window._pages[1]
    page.cards["drawings"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(page.cards["drawings"], Qt.Key.Key_Space)
    qtbot.waitUntil(page.cards["drawings"].isChecked)
    qtbot.keyClick(page.questions["priority"].part("best"), Qt.Key.Key_Return)
    assert window.session.document.objective.priority == "best"


def test_a_project_is_renamed_in_place(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    page = window._pages[1]
    page.name.selectAll()
    qtbot.keyClicks(page.name, "Wild birds")
    window.go_to(2)  # leaving the page is enough
    assert window.session.document.name == "Wild birds"
    assert Project.open(empty, read_only=True).document.name == "Wild birds"
    assert "Wild birds" in window.rail.project.accessibleName()
    window.go_to(1)
    page.name.clear()
    window.go_to(2)
    assert window.session.document.name == "Wild birds"


def test_reasons_stand_on_the_later_pages(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    window.session.change_objective(output="images", purpose="photos", device="phone", priority="fast")
    for step, words in ((3, "because it shall generate on a phone"), (4, "2 min, because you want it fast")):
        window.go_to(step)
        page = window._pages[step]
        qtbot.waitUntil(lambda page=page, words=words: words in words_on(page))
    window.go_to(6)  # shown beside the destinations, once there is a model
    assert window._pages[6].because.text().startswith("A phone, because that is where it shall generate")


def test_undo_says_what_it_takes_back(qtbot: QtBot, open_window: Open, empty: Path) -> None:
    window = open_window(empty, 1)
    window.session.change("data", size=64)
    words = [action.text() for action in menus.main_menu(window).actions()]
    assert any(text.startswith("Undo: size 64 pixels") for text in words)
    keys = {shortcut.key().toString(): shortcut for shortcut in window.findChildren(QShortcut)}
    keys["Ctrl+Z"].activated.emit()
    assert window.session.document.data.size is None
    assert "Undone: size 64 pixels." in window.banner.text()
    keys["Ctrl+Shift+Z"].activated.emit()
    assert window.session.document.data.size == 64
    assert "Made again: size 64 pixels." in window.banner.text()
