"""Widgets that refer to each other in a circle end in the window's thread, whoever makes garbage meanwhile."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.jobs import tasks
from desktop_app.ui import garbage
from desktop_app.ui.app import prepare


@pytest.fixture
def collector(qapp: QApplication) -> Iterator[garbage.Collector]:
    prepare(qapp)
    yield garbage.keep_to_this_thread(qapp)


def left_in_a_circle() -> list[int]:
    """Leave a widget in a circle; gets the thread in which it ends."""
    ended: list[int] = []
    widget = QWidget()
    widget.itself = widget
    weakref.finalize(widget, lambda: ended.append(threading.get_ident()))
    return ended


def busy(_: tasks.Reporter) -> int:
    """Make so many objects that Python would collect several times."""
    return len([[number] for number in range(50_000)])


def test_a_worker_does_not_end_widgets_and_the_window_does(qtbot: QtBot, collector: garbage.Collector) -> None:
    gc.collect()
    ended = left_in_a_circle()
    task = tasks.run(busy)
    assert task.wait()
    assert ended == []
    kept = [[number] for number in range(2 * gc.get_threshold()[0])]
    qtbot.waitUntil(lambda: bool(ended))
    assert ended == [threading.get_ident()] and kept


def test_older_generations_are_looked_after_as_well(collector: garbage.Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(gc, "collect", seen.append)
    monkeypatch.setattr(gc, "get_threshold", lambda: (700, 10, 10))
    for counts in [(700, 10, 10), (701, 0, 0), (0, 11, 10), (5000, 11, 11)]:
        monkeypatch.setattr(gc, "get_count", lambda counts=counts: counts)
        collector.look()
    assert seen == [0, 1, 2]


def test_there_is_one_collector_however_often_the_application_is_prepared(qapp: QApplication, collector) -> None:
    prepare(qapp)
    assert qapp.findChildren(garbage.Collector) == [collector]
    assert not gc.isenabled()


SWITCHING = """
import gc
from PySide6.QtWidgets import QApplication, QWidget
from desktop_app.jobs import tasks
from desktop_app.ui import theme
from desktop_app.ui.app import prepare
from desktop_app.ui.widgets import Button

class Panel(QWidget):
    def __init__(self):
        super().__init__()
        self.itself = self
        for _ in range(10):
            Button("Word", icon="sparkle").setParent(self)

app = QApplication([])
prepare(app)
for _ in range(12):
    for _ in range(20):
        Panel()
    task = tasks.run(lambda reporter: len([[number] for number in range(200_000)]))
    theme.theme().toggle()
    app.processEvents()
    task.wait()
print("still here")
"""


def test_dark_and_light_change_while_a_worker_makes_garbage() -> None:
    ended = subprocess.run([sys.executable, "-c", SWITCHING], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, "still here"), ended.stderr
