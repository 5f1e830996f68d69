"""Step 2 in the window, as someone who sees it for the first time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.jobs.journey import prepare_data
from desktop_app.project.store import Project
from desktop_app.ui.pages.data import DataPage
from desktop_app.ui.window import MainWindow
from tests.ui.helpers import draw_pictures, drop, spoil

Open = Callable[[Path, int], MainWindow]


@pytest.fixture
def page(qtbot: QtBot, open_window: Open, small_project: Path) -> DataPage:
    """The data page of a project with two dozen pictures, all looked at."""
    return ready(qtbot, open_window(small_project, 2))


def ready(qtbot: QtBot, window: MainWindow) -> DataPage:
    """Wait until nothing is under way."""
    found = window._pages[2]
    qtbot.waitUntil(lambda: window.session.inventory is not None and not window.session.importing)
    qtbot.waitUntil(found.full.isVisible)
    return found


def settle(qtbot: QtBot, page: DataPage) -> None:
    """Wait for arrays that follow from a change."""
    session = page.session
    qtbot.waitUntil(lambda: session.document.data.encoded is not None and not session.importing)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """A project of pictures among which are some of everything."""
    folder = tmp_path / "messy"
    with Project.create(folder) as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(spoil(draw_pictures(tmp_path / "pictures", 30, kinds=3)))])
        prepare_data(project)
    return folder


def keys(page: DataPage) -> list[str]:
    return [item.path.name for item in page.model.items()]


def test_empty_it_asks_for_pictures(qtbot: QtBot, open_window: Open, tmp_path: Path, pictures: Path, monkeypatch) -> None:
    folder = tmp_path / "new"
    Project.create(folder).close()
    window = open_window(folder, 2)
    empty = window._pages[2]
    assert empty.zone.isVisible()
    assert window.bar.main.text() == "Choose pictures"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(pictures))
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    page = ready(qtbot, window)
    assert len(page.model.items()) == 24
    assert window.bar.main.text() == "Choose a model"
    assert window.bar.note.full_text() == "24 pictures ready"


def test_the_wall_shows_the_pictures_themselves(qtbot: QtBot, page: DataPage) -> None:
    box = page.wall.visualRect(page.wall.wall.index(0))
    qtbot.waitUntil(lambda: page.loader.get(page.model.item(0), round(page.wall.tile)) is not None)
    image = page.wall.viewport().grab(box).toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, box.width(), 3) for y in range(0, box.height(), 3)}
    assert len(colours) > 4


def test_verdicts_stand_above(page: DataPage) -> None:
    assert [card.title.text() for card in page.cards] == ["Amount", "Variety", "Balance", "Quality", "Held out"]
    assert page.cards[0].value.text() == "24"
    assert page.cards[2].value.text() == "2 kinds"
    assert all(card.sentence.text() for card in page.cards)


def test_what_was_found_adds_up_and_each_reason_has_its_chip(qtbot: QtBot, open_window: Open, messy: Path) -> None:
    window = open_window(messy, 2)
    page = ready(qtbot, window)
    inventory = window.session.inventory
    assert inventory.found == inventory.used + sum(inventory.left_out.values()) == 35
    chips = {chip.text() for chip in page._chips.values()}
    assert {"All 35", "Ready 30", "Duplicates 1", "Not pictures 1", "Blank 2", "Too small 1"} <= chips
    assert "5 left out" in window.bar.note.full_text()
    for key, chip in list(page._chips.items()):
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
        assert chip.text().endswith(f" {len(page.model.items()):,}")
        assert [name for name, other in page._chips.items() if other.isChecked()] == [key]


def test_searching_and_sorting(qtbot: QtBot, page: DataPage) -> None:
    everything = keys(page)
    qtbot.keyClicks(page.search, "003")
    qtbot.waitUntil(lambda: len(keys(page)) == 1)
    qtbot.keyClicks(page.search, "zzz")
    qtbot.waitUntil(page.nothing.isVisible)
    page.search.clear()
    qtbot.waitUntil(lambda: keys(page) == everything)
    page.sort.setCurrentIndex(page.sort.findData("name"))
    assert keys(page) == sorted(everything, key=str.casefold)


def test_one_kind_at_a_time(qtbot: QtBot, page: DataPage) -> None:
    assert [page.kind.itemText(number) for number in range(page.kind.count())] == ["All kinds", "alien", "flower"]
    page.kind.setCurrentIndex(2)
    assert {item.class_name for item in page.model.items()} == {"flower"}
    assert len(page.model.items()) == 12
    page.kind.setCurrentIndex(0)
    assert len(page.model.items()) == 24


def test_the_inspector_shows_it_as_it_is_and_as_it_will_be_seen(qtbot: QtBot, page: DataPage) -> None:
    page.wall.grab()
    qtbot.mouseClick(page.wall.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, 30))
    qtbot.waitUntil(lambda: page.inspector.seen.image() is not None and page.inspector.whole.image() is not None)
    item = page.model.item(0)
    assert page.inspector.title.full_text() == item.path.name
    assert "16 × 16" in page.inspector.size.text()
    assert page.inspector.seen_words.text() == "As the model will see it\n16 × 16"
    assert page.inspector.names.kind.text() == item.class_name
    assert page.inspector.seen.image().width() == 16


def test_leaving_out_says_how_many_and_is_taken_back(qtbot: QtBot, page: DataPage) -> None:
    window = page.window()
    page.wall.select_rows([0, 1, 2])
    qtbot.waitUntil(lambda: page.inspector.out.text() == "Leave out 3")
    qtbot.mouseClick(page.inspector.out, Qt.MouseButton.LeftButton)
    assert window.banner.text() == "3 pictures left out."
    assert page.session.inventory.used == 21
    assert page._chips["by hand"].text() == "Left out by hand 3"
    assert page.cards[0].value.text() == "21"
    qtbot.mouseClick(window.banner.buttons()[0], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.session.inventory.used == 24)
    assert page.session.document.data.left_out == []
    settle(qtbot, page)


def test_keys_leave_out_and_use_again(qtbot: QtBot, page: DataPage) -> None:
    page.wall.select_rows([4])
    qtbot.keyClick(page.wall, Qt.Key.Key_Delete)
    assert page.session.inventory.used == 23
    assert page.window().banner.text() == "1 picture left out."
    page.wall.select_rows([4])
    qtbot.keyClick(page.wall, Qt.Key.Key_Return)
    assert page.session.inventory.used == 24
    settle(qtbot, page)


def test_a_whole_chip_is_used_after_all(qtbot: QtBot, open_window: Open, messy: Path) -> None:
    page = ready(qtbot, open_window(messy, 2))
    qtbot.mouseClick(page._chips["duplicate"], Qt.MouseButton.LeftButton)
    assert page.line.act.text() == "Use all 1 after all"
    qtbot.mouseClick(page.line.act, Qt.MouseButton.LeftButton)
    assert page.session.inventory.used == 31
    assert len(page.session.document.data.kept) == 1
    assert page.line.act.text() == "Leave out all 1" or page.session.importing
    settle(qtbot, page)


def test_what_has_no_pixels_cannot_be_used(qtbot: QtBot, open_window: Open, messy: Path) -> None:
    page = ready(qtbot, open_window(messy, 2))
    qtbot.mouseClick(page._chips["not a picture"], Qt.MouseButton.LeftButton)
    assert not page.line.act.isVisible()
    page.wall.select_rows([0])
    qtbot.waitUntil(lambda: page.inspector.title.full_text() == "notes.txt")
    assert not page.inspector.use.isVisible()
    assert not page.inspector.out.isVisible()
    qtbot.waitUntil(lambda: page.inspector.seen_words.text() == "The model will not see it.")


def test_settings_change_what_the_model_sees_at_once(qtbot: QtBot, page: DataPage) -> None:
    qtbot.mouseClick(page.tabs.part("all"), Qt.MouseButton.LeftButton)
    assert page.settings.isVisible()
    qtbot.waitUntil(lambda: len(page.settings.sheet._images) == 12)
    assert page.settings.sheet._images[0].width() == 16
    box = page.settings._boxes["size"]
    box.setCurrentIndex(box.findData(8))
    assert page.session.document.data.size == 8
    qtbot.waitUntil(lambda: page.settings.sheet._images[0].width() == 8)
    assert "details are lost" in page.settings.words.text()
    settle(qtbot, page)
    assert page.session.project.encoded_folder is not None


def test_the_licence_is_kept(qtbot: QtBot, page: DataPage) -> None:
    qtbot.mouseClick(page.tabs.part("all"), Qt.MouseButton.LeftButton)
    qtbot.keyClicks(page.settings.licence, "CC0")
    page.window().go_to(1)
    assert page.session.document.data.licence == "CC0"


def test_pictures_dropped_on_the_page_are_added(qtbot: QtBot, page: DataPage, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    Image.new("RGB", (30, 20), "purple").save(more / "one.png")
    drop(page.window(), [more])
    qtbot.waitUntil(lambda: page.session.inventory is not None and page.session.inventory.found == 25)
    assert page.sources.text() == "2 sources"
    settle(qtbot, page)


def test_a_folder_that_is_gone_is_said_and_can_be_looked_for_again(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    folder, gone = tmp_path / "project", tmp_path / "holiday pictures"
    with Project.create(folder) as project:
        project.change("data", sources=[str(gone)])
    window = open_window(folder, 2)
    page = window._pages[2]
    qtbot.waitUntil(page.trouble.again.isVisible)
    qtbot.waitUntil(lambda: "holiday pictures" in page.trouble.title.text())
    draw_pictures(gone, 12)
    qtbot.mouseClick(page.trouble.again, Qt.MouseButton.LeftButton)
    ready(qtbot, window)
    settle(qtbot, page)


def test_a_folder_without_pictures_says_so(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    folder, texts = tmp_path / "project", tmp_path / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text("a", encoding="utf-8")
    with Project.create(folder) as project:
        project.change("data", sources=[str(texts)])
    window = open_window(folder, 2)
    page = window._pages[2]
    qtbot.waitUntil(lambda: "None of the" in page.trouble.title.text())
    assert page.trouble.title.isVisible()
    assert not window.banner.isVisible()


def test_one_picture_is_enough_to_look_at(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    with Project.create(folder) as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(draw_pictures(tmp_path / "one", 1))])
    window = open_window(folder, 2)
    page = ready(qtbot, window)
    settle(qtbot, page)
    assert page.cards[0].value.text() == "1"
    qtbot.waitUntil(lambda: window.bar.main.text() == "Add pictures")
    assert window.rail.steps[1].status.state == "needs a look"


def test_an_import_can_be_cancelled_and_taken_up(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    with Project.create(folder) as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(draw_pictures(tmp_path / "many", 300, kinds=5))])
    window = open_window(folder, 2)
    page = window._pages[2]
    assert page.waiting.isVisible()
    qtbot.mouseClick(page.waiting.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.trouble.again.isVisible)
    assert "cancelled" in page.trouble.words.text()
    assert window.bar.main.text() == "Prepare the pictures"
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    ready(qtbot, window)
    settle(qtbot, page)
    assert len(page.model.items()) == 300


def test_a_project_for_reading_only_is_shown_but_not_changed(qtbot: QtBot, open_window: Open, small_project: Path) -> None:
    with Project.open(small_project):
        window = open_window(small_project, 2)
        page = ready(qtbot, window)
        page.wall.select_rows([0])
        qtbot.waitUntil(page.inspector.title.isVisible)
        assert not page.inspector.out.isVisible()
        assert not page.settings.isEnabled()
        page.leave_out(page.selected())
        assert window.session.inventory.used == 24
