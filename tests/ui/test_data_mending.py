"""Cleaning a messy folder with mouse and keyboard: findings, mending, a frame, kinds and captions, archives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from desktop_app.jobs.journey import prepare_data
from desktop_app.project.document import Mend
from desktop_app.project.store import Project
from desktop_app.ui.pages.data import DataPage
from desktop_app.ui.pages.data_frame import FrameDialog, FrameEditor
from desktop_app.ui.window import MainWindow
from tests.benchmarks import defects
from tests.ui.helpers import drop

Open = Callable[[Path, int], MainWindow]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="session")
def spoiled_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photographs: two with a border, one noisy, one twice."""
    home = tmp_path_factory.mktemp("spoiled")
    (home / "photos").mkdir()
    photos = defects.landscapes(16, seed=3)
    for number, photo in enumerate(photos[:12]):
        photo.save(home / "photos" / f"{number:02}.jpg", quality=92)
    for number in (2, 3):
        defects.letterbox("letterbox")(photos[number + 10], np.random.default_rng(number)).save(
            home / "photos" / f"bars{number}.jpg"
        )
    defects.noise(40)(photos[14], np.random.default_rng(1)).save(home / "photos" / "grain.jpg", quality=95)
    photos[4].resize((128, 128), Image.Resampling.LANCZOS).save(home / "photos" / "04 small.jpg", quality=92)
    return home


@pytest.fixture
def page(qtbot: QtBot, open_window: Open, spoiled_template: Path, tmp_path: Path) -> DataPage:
    with Project.create(tmp_path / "Photos") as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(spoiled_template / "photos")], size=16)
        prepare_data(project)
    window = open_window(tmp_path / "Photos", 2)
    found = window._pages[2]
    qtbot.waitUntil(lambda: window.session.inventory is not None and not window.session.importing)
    return found


def settle(qtbot: QtBot, page: DataPage) -> None:
    session = page.session
    qtbot.waitUntil(lambda: session.document.data.encoded is not None and not session.importing)


def chips(page: DataPage) -> set[str]:
    return {chip.text() for chip in page._chips.values()}


def test_a_border_comes_off_all_at_once_and_back(qtbot: QtBot, page: DataPage) -> None:
    assert {"With a border 2", "Noisy 1", "Near duplicates 1"} <= chips(page)
    qtbot.mouseClick(page._chips["border"], LEFT)
    assert page.line.mend.text() == "Border off all 2"
    qtbot.mouseClick(page.line.mend, LEFT)
    window = page.window()
    assert window.banner.text() == "2 pictures cut free of the border."
    settle(qtbot, page)
    assert "Mended 2" in chips(page) and "With a border 2" not in chips(page)
    assert all(mend == Mend(trim=True) for mend in page.session.document.data.mends.values())
    page.session.undo()
    settle(qtbot, page)
    assert "With a border 2" in chips(page) and page.session.document.data.mends == {}


def test_the_group_of_a_copy_is_shown_and_cleaned(qtbot: QtBot, page: DataPage) -> None:
    qtbot.mouseClick(page._chips["near duplicate"], LEFT)
    page.wall.select_rows([0])
    qtbot.waitUntil(page.inspector.alike.isVisible)
    assert page.inspector.alike.text() == "Show the 2 that are alike"
    qtbot.mouseClick(page.inspector.alike, LEFT)
    assert [item.name for item in page.model.items()] == ["04 small.jpg", "04.jpg"]
    assert "Alike 2" in chips(page)
    assert page.line.act.text() == "Keep one, leave out 1"
    qtbot.mouseClick(page.line.act, LEFT)
    assert page.session.document.data.left_out == ["photos/04 small.jpg"]
    page.choose(key="all")
    assert "Alike 2" not in chips(page)
    settle(qtbot, page)


def test_buttons_mend_what_is_selected_and_the_model_sees_it(qtbot: QtBot, page: DataPage) -> None:
    page.wall.select_rows([0])
    qtbot.waitUntil(lambda: page.inspector.seen.image() is not None)
    before = page.inspector.seen.image().copy()
    qtbot.mouseClick(page.inspector.mending.turn, LEFT)
    key = page.model.item(0).key
    assert page.session.document.data.mends[key].turn == 90
    qtbot.waitUntil(lambda: page.inspector.seen.image() is not None and page.inspector.seen.image() != before)
    settle(qtbot, page)
    qtbot.mouseClick(page.inspector.mending.back, LEFT)
    assert page.session.document.data.mends == {}
    settle(qtbot, page)


def test_a_frame_by_hand_for_several(qtbot: QtBot, page: DataPage) -> None:
    page.wall.select_rows([0, 1])
    qtbot.waitUntil(lambda: page.inspector.whole.image() is not None)
    qtbot.mouseClick(page.inspector.mending.frame, LEFT)
    dialog = page.findChild(FrameDialog)
    assert dialog.use.text() == "Use for 2 pictures"
    corner = dialog.editor.frame_box().bottomRight().toPoint()
    qtbot.mousePress(dialog.editor, LEFT, pos=corner)
    qtbot.mouseMove(dialog.editor, corner - QPoint(60, 60))
    dialog.editor.set_frame((0.0, 0.0, 0.5, 0.75))
    qtbot.mouseRelease(dialog.editor, LEFT)
    qtbot.mouseClick(dialog.use, LEFT)
    mends = page.session.document.data.mends
    assert [mend.frame for mend in mends.values()] == [(0.0, 0.0, 0.5, 0.75)] * 2
    assert page.window().banner.text() == "2 pictures framed."
    settle(qtbot, page)
    assert {(item.width, item.height) for item in page.session.inventory.items if item.mend} == {(128, 192)}


def test_the_frame_moves_by_mouse_and_keys_and_never_vanishes(qtbot: QtBot) -> None:
    editor = FrameEditor(QImage(200, 100, QImage.Format.Format_RGB32))
    qtbot.addWidget(editor)
    editor.show()
    box = editor.frame_box()
    qtbot.mousePress(editor, LEFT, pos=box.topLeft().toPoint())
    qtbot.mouseMove(editor, (box.topLeft() + QPoint(50, 20)).toPoint())
    qtbot.mouseRelease(editor, LEFT)
    left, top, right, bottom = editor.frame
    assert left > 0.1 and top > 0.1 and (round(right, 2), round(bottom, 2)) == (1, 1)
    qtbot.keyClick(editor, Qt.Key.Key_Left)
    assert editor.frame[0] < left and editor.frame[2] < right
    for _ in range(200):
        qtbot.keyClick(editor, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert editor.frame[2] - editor.frame[0] >= 0.04
    editor.set_square()
    assert abs(editor.frame_box().width() - editor.frame_box().height()) < 1


def test_kinds_and_captions_in_bulk_and_found_again(qtbot: QtBot, page: DataPage) -> None:
    page.wall.select_rows([0, 1, 2])
    names = page.inspector.names
    qtbot.waitUntil(lambda: len(names._items) == 3)
    qtbot.keyClicks(names.kind, "dawn")
    qtbot.keyClick(names.kind, Qt.Key.Key_Return)
    assert page.window().banner.text() == "3 pictures of the kind “dawn”."
    qtbot.waitUntil(lambda: page.session.inventory.classes == {"dawn": 3})
    qtbot.keyClicks(names.caption, "a hill in fog")
    qtbot.keyClick(names.caption, Qt.Key.Key_Return)
    qtbot.keyClicks(page.search, "fog dawn")
    qtbot.waitUntil(lambda: len(page.model.items()) == 3)
    page.session.undo()
    page.session.undo()
    assert page.session.document.data.kinds == {} == page.session.document.data.captions
    settle(qtbot, page)


def test_an_archive_is_dropped(qtbot: QtBot, page: DataPage, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for number, photo in enumerate(defects.landscapes(2, seed=77)):
            photo.save(tmp_path / f"{number}.png")
            archive.write(tmp_path / f"{number}.png", f"night/{number}.png")
    found = page.session.inventory.found
    drop(page.window(), [tmp_path / "more.zip"])
    qtbot.waitUntil(lambda: page.session.inventory.found == found + 2 and not page.session.importing)
    assert page.session.inventory.items[-1].key == "more.zip/night/1.png"
