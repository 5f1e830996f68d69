"""The wall of pictures: what it shows, and that it stays quick."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.data import Finding, Inventory, Item
from desktop_app.ui import theme
from desktop_app.ui.wall import Choice, ThumbnailLoader, WallModel, WallView, filters, select
from desktop_app.ui.wall import loader as loaders
from desktop_app.ui.wall.model import described
from desktop_app.ui.wall.view import GAP, tile_side
from tests.ui.helpers import noise

BLURRED = Finding("blurred", "Blurred: sharpness 20 of 100.", "care", 0.8, 0.7)
CUT = Finding("truncated", "It ends too early.", "bad")


def item(name: str, **more: object) -> Item:
    given: dict = {"class_name": "cats", "width": 64, "height": 48, "channels": 3, "used": True} | more
    return Item(key=f"pets/{name}", file=f"/pets/{name}", **given)


ITEMS = (
    item("b.png"),
    item("a.png", findings=(BLURRED,)),
    item("c.png", findings=(CUT,), used=False, reason="truncated", width=0, height=0),
    item("Öl.png", used=False, reason="by hand", width=8, height=8),
)
INVENTORY = Inventory(ITEMS, found=4, used=2, left_out={"truncated": 1, "by hand": 1})


def names(items: list[Item]) -> list[str]:
    return [one.path.name for one in items]


def test_chips_say_what_was_noticed_and_add_up() -> None:
    found = [(one.key, one.title, one.count) for one in filters(INVENTORY)]
    assert found == [
        ("all", "All", 4),
        ("ready", "Ready", 2),
        ("blurred", "Blurred", 1),
        ("truncated", "Truncated", 1),
        ("by hand", "Left out by hand", 1),
    ]
    for one in filters(INVENTORY):
        assert len(select(INVENTORY, Choice(one.key))) == one.count


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), ["b.png", "a.png", "c.png", "Öl.png"]),
        (Choice("ready", sort="name"), ["a.png", "b.png"]),
        (Choice(words="öL"), ["Öl.png"]),
        (Choice(words="pets png a."), ["a.png"]),
        (Choice(words="dog"), []),
        (Choice(sort="small"), ["c.png", "Öl.png", "b.png", "a.png"]),
        (Choice(sort="look"), ["c.png", "Öl.png", "a.png", "b.png"]),
    ],
)
def test_what_is_shown_and_in_which_order(choice: Choice, expected: list[str]) -> None:
    assert names(select(INVENTORY, choice)) == expected


def test_an_item_in_words() -> None:
    assert described(ITEMS[2]) == "c.png · cats\nLeft out: truncated.\nIt ends too early."


def test_few_pictures_are_shown_large() -> None:
    assert tile_side(3) > tile_side(200) > tile_side(2000)


@pytest.fixture
def wall(qtbot: QtBot, qapp: QApplication, tmp_path: Path):
    theme.theme().install(qapp)
    view = WallView(WallModel())
    loader = ThumbnailLoader(tmp_path)
    view.set_loader(loader)
    qtbot.addWidget(view)
    view.resize(800, 500)
    view.show()
    qtbot.waitExposed(view)
    yield view
    loader.close()


def test_a_hundred_thousand_are_shown_scrolled_and_selected_at_once(wall: WallView, tmp_path: Path) -> None:
    path = noise(tmp_path / "noise.png", 40)
    many = [Item(key=str(number), file=str(path), class_name=None, width=40, height=40, used=True) for number in range(100_000)]
    start = time.monotonic()
    wall.wall.show_items(many)
    wall.selectAll()
    wall.verticalScrollBar().setValue(wall.verticalScrollBar().maximum() // 2)
    wall.grab()
    assert len(wall.selected_rows()) == 100_000
    wall.resize(900, 500)
    wall.grab()
    assert time.monotonic() - start < 5  # 0.5 s on an idle machine


def test_tiles_fill_the_row_without_touching(wall: WallView) -> None:
    wall.wall.show_items([item(f"{number}.png") for number in range(60)])
    for width in range(300, 1300, 37):
        wall.resize(width, 500)
        wall.grab()
        boxes = [wall.visualRect(wall.wall.index(row)) for row in range(60)]
        first_row = [box for box in boxes if box.y() == boxes[0].y()]
        expected = (wall.width() - wall.verticalScrollBar().sizeHint().width() - 2) // (76 + GAP)
        assert len(first_row) == expected
        assert wall.tile + GAP <= first_row[1].x() - first_row[0].x()
        assert first_row[-1].x() + wall.tile <= wall.viewport().width()


def test_the_same_items_judged_otherwise_keep_selection_and_place(wall: WallView) -> None:
    wall.wall.show_items(list(ITEMS))
    wall.select_rows([1, 2])
    assert not wall.wall.show_items([*ITEMS[:3], item("Öl.png")])
    assert wall.selected_rows() == [1, 2]
    assert wall.wall.item(3).used
    assert wall.wall.show_items(list(ITEMS[:2]))
    assert wall.selected_rows() == []


def test_mouse_and_keys_choose_and_act(qtbot: QtBot, wall: WallView) -> None:
    wall.wall.show_items(list(ITEMS))
    wall.grab()
    with qtbot.waitSignal(wall.chosen):
        qtbot.mouseClick(wall.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert wall.selected_rows() == [0]
    qtbot.keyClick(wall, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert wall.selected_rows() == [0, 1]
    qtbot.keyClick(wall, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert wall.selected_rows() == [0, 1, 2, 3]
    with qtbot.waitSignal(wall.leave_out):
        qtbot.keyClick(wall, Qt.Key.Key_Delete)
    with qtbot.waitSignal(wall.keep):
        qtbot.keyClick(wall, Qt.Key.Key_Return)


def test_pictures_come_in_the_background(qtbot: QtBot, tmp_path: Path) -> None:
    loader = ThumbnailLoader(tmp_path / "data")
    good = Item(key="good", file=str(noise(tmp_path / "good.png")), class_name=None, width=96, height=96)
    bad = Item(key="bad", file=str(tmp_path / "gone.png"), class_name=None)
    assert loader.get(good, 64) is None
    assert loader.get(bad, 64) is None
    qtbot.waitUntil(lambda: isinstance(loader.get(good, 64), QImage) and isinstance(loader.get(bad, 64), QImage))
    assert (loader.get(good, 64).width(), loader.get(good, 64).height()) == (64, 64)
    assert loader.get(bad, 64).isNull()
    loader.close()
    assert loader.get(item("late.png"), 64) is None


def test_the_cache_is_bounded(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "CACHE_BYTES", 100_000)
    loader = ThumbnailLoader(tmp_path / "data")
    path = noise(tmp_path / "good.png")
    many = [Item(key=str(number), file=str(path), class_name=None, width=96, height=96) for number in range(30)]
    came: list[str] = []
    loader.loaded.connect(came.extend)
    for one in many:
        loader.get(one, 96)
    qtbot.waitUntil(lambda: len(came) == 30)
    assert 0 < loader.cached_bytes <= 100_000
    loader.close()


def test_small_pictures_fill_their_tiles(qtbot: QtBot, tmp_path: Path) -> None:
    loader = ThumbnailLoader(tmp_path / "data")
    photo = Item(key="photo", file=str(noise(tmp_path / "p.png", 90)), class_name=None, width=90, height=90, native=(90, 90))
    qtbot.waitUntil(lambda: loader.get(photo, 160) is not None)
    assert loader.get(photo, 160).width() == 160
    loader.close()
