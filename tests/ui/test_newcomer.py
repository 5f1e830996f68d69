"""A newcomer cleans a messy folder: the real window, the real import, and nothing but a mouse, a keyboard and few of either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.project.document import Mend
from desktop_app.ui.pages.data import DataPage
from desktop_app.ui.window import MainWindow
from tests.benchmarks import defects
from tests.ui.helpers import drop

MOST = 10


class Presses(QObject):
    """Counts every press of a button and of a key, once each, where it enters the window.

    Of a key the first that a window hears is the question whether it wants the key for itself; one that is a shortcut for
    something is not heard of a second time.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.all: list[str] = []

    def eventFilter(self, receiver: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own name
        if isinstance(receiver, QWindow) and event.type() == QEvent.Type.MouseButtonPress:
            self.all.append("mouse")
        elif receiver is self._window and event.type() == QEvent.Type.ShortcutOverride:
            self.all.append("key")
        return False


class Hand:
    """Clicks and types where a person would: on what the window shows at that place, whatever it is."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot, self._window = qtbot, window

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        """Press where the widget is, with whatever lies over it."""
        assert widget.isVisible() and widget.isEnabled(), widget
        place = widget.mapTo(self._window, at or widget.rect().center())
        assert self._window.rect().contains(place), "It is not on the screen."
        QTest.mouseClick(self._window.windowHandle(), Qt.MouseButton.LeftButton, pos=place)

    def choose(self, page: DataPage, key: str) -> None:
        """Click a filter, once it is there."""
        self._qtbot.waitUntil(lambda: key in page._chips and page._chips[key].isVisible())
        self.click(page._chips[key])

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key; the system gives them to the window that was clicked last, where there is a real one."""
        self._window.activateWindow()
        self._qtbot.waitUntil(self._window.isActiveWindow)
        QTest.keyClick(self._window, key, modifier)


@pytest.fixture(scope="session")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people have: two sub-folders, and among the pictures some of everything that goes wrong."""
    folder = tmp_path_factory.mktemp("newcomer") / "Holiday pictures"
    photos, rng = defects.landscapes(32, seed=3), np.random.default_rng(4)
    for number, photo in enumerate(photos[:26]):
        kind = folder / ("mountains", "sea")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        photo.save(kind / f"{number:02}.jpg", quality=92)
    defects.letterbox("frame")(photos[26], rng).save(folder / "sea" / "framed.jpg", quality=92)
    defects.letterbox("letterbox")(photos[27], rng).save(folder / "mountains" / "film.png")
    defects.blur(4)(photos[28], rng).save(folder / "sea" / "shaken.jpg", quality=92)
    defects.noise(40)(photos[29], rng).save(folder / "mountains" / "night.jpg", quality=95)
    photos[3].save(folder / "sea" / "03 sent.jpg", quality=50)
    photos[6].resize((96, 96), Image.Resampling.LANCZOS).save(folder / "mountains" / "06 small.jpg", quality=92)
    (folder / "sea" / "05 (copy).jpg").write_bytes((folder / "sea" / "05.jpg").read_bytes())
    (folder / "mountains" / "broken.png").write_bytes(defects.truncated(photos[30], "PNG", rng))
    (folder / "notes.txt").write_text("bread, milk", encoding="utf-8")
    (folder / "sea" / "Thumbs.db").write_bytes(rng.bytes(3000))
    return folder


@pytest.fixture
def counter(qapp: QApplication, fresh_window: MainWindow) -> Iterator[Presses]:
    found = Presses(fresh_window)
    qapp.installEventFilter(found)
    yield found
    qapp.removeEventFilter(found)


def settled(qtbot: QtBot, window: MainWindow) -> DataPage:
    """Wait as a person waits: until the pictures are there and nothing moves."""
    session = window.session
    qtbot.waitUntil(lambda: session.document.data.encoded is not None and not session.importing)
    page = window._pages[2]
    qtbot.waitUntil(page.full.isVisible)
    return page


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_messy_folder_is_dropped_cleaned_and_split_in_a_few_clicks(
    qtbot: QtBot, fresh_window: MainWindow, messy: Path, counter: Presses
) -> None:
    window, hand, before = fresh_window, Hand(qtbot, fresh_window), files(messy)
    drop(window, [messy])
    qtbot.waitUntil(lambda: window.session.project is not None)
    page = settled(qtbot, window)
    inventory = window.session.inventory
    assert (inventory.found, inventory.used) == (len(before), 32)
    assert inventory.left_out == {"duplicate": 1, "truncated": 1, "not a picture": 2}
    assert set(inventory.classes) == {"mountains", "sea"}

    assert page.line.words.full_text() == "Noticed: 2 near duplicates, 2 with a border, 1 noisy, 1 blurred."
    assert page.line.act.text() == "Clean up: mend 3, leave out 3"
    hand.click(page.line.act)
    assert window.banner.text() == "Cleaned up: mended 3, left out 3."
    page = settled(qtbot, window)
    inventory = window.session.inventory
    assert inventory.used == 29 and inventory.left_out["by hand"] == 3
    assert "Clean up" not in page.line.act.text()
    assert not {finding.code for item in inventory.items if item.used for finding in item.findings} & {"border", "blurred"}

    hand.choose(page, "held out")
    aside = page.model.items()
    assert 0 < len(aside) == inventory.held_out and "judge the model" in page.line.words.full_text()
    assert {item.class_name for item in aside} == {"mountains", "sea"}
    learned = {item.group for item in inventory.items if item.used and not item.held_out}
    assert not learned & {item.group for item in aside}

    hand.choose(page, "truncated")
    hand.click(page.wall.viewport(), page.wall.visualRect(page.wall.wall.index(0)).center())
    qtbot.waitUntil(lambda: page.inspector.title.full_text() == "broken.png")
    hand.press(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.number == 3)
    assert window.rail.steps[1].status.state == "done"
    assert counter.all == ["mouse"] * 4 + ["key"] * 2  # Control and 3
    assert len(counter.all) < MOST
    assert files(messy) == before


def test_cleaning_up_is_one_step_back_and_not_offered_for_what_is_kept(
    qtbot: QtBot, fresh_window: MainWindow, messy: Path, counter: Presses
) -> None:
    window, hand = fresh_window, Hand(qtbot, fresh_window)
    drop(window, [messy / "sea"])
    qtbot.waitUntil(lambda: window.session.project is not None)
    page = settled(qtbot, window)
    assert page.line.act.text() == "Clean up: mend 1, leave out 2"
    hand.click(page.line.act)
    page = settled(qtbot, window)
    hand.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    page = settled(qtbot, window)
    assert (window.session.document.data.left_out, window.session.document.data.mends) == ([], {})
    hand.click(page.line.act)
    page = settled(qtbot, window)
    assert window.session.document.data.mends == {"sea/framed.jpg": Mend(trim=True)}
    hand.choose(page, "blurred")
    hand.click(page.line.act)  # “Use all 1 after all”
    page = settled(qtbot, window)
    hand.choose(page, "all")
    assert not page.line.act.isVisible()
    assert next(item for item in window.session.inventory.items if item.name == "shaken.jpg").used
    assert sorted(counter.all) == ["key"] * 2 + ["mouse"] * 5
    assert len(counter.all) < MOST
