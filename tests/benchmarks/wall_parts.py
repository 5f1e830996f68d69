"""What runs inside the measured process of the wall: the window opens a project and is scrolled.

python -m tests.benchmarks.wall_parts FOLDER SECONDS
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionSlider

from desktop_app.ui.app import prepare
from desktop_app.ui.pages.data import DataPage
from desktop_app.ui.wall import WallView
from desktop_app.ui.window import MainWindow

TICK = 16
"""Milliseconds between two turns of the wheel or moves of the mouse: sixty frames a second."""
NOTCH = 120
MOST = 300.0


def scrolled(act: Callable[[int], None], seconds: float) -> list[float]:
    """Call ``act`` with its number at every tick; milliseconds from each tick to the next, drawing included, less the tick."""
    loop, times = QEventLoop(), [time.perf_counter()]

    def tick() -> None:
        times.append(time.perf_counter())
        act(len(times))

    timer = QTimer(interval=TICK, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
    timer.stop()
    times.append(time.perf_counter())
    return [max(0.0, 1000 * (b - a)) for a, b in itertools.pairwise(times)]


def wheel(wall: WallView, step: int) -> None:
    """Three notches, down for four seconds, up for four."""
    bar = wall.verticalScrollBar()
    down = step // 250 % 2 == 0
    middle = QPointF(wall.viewport().rect().center())
    event = QWheelEvent(
        middle, wall.viewport().mapToGlobal(middle), QPoint(), QPoint(0, -3 * NOTCH if down else 3 * NOTCH),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    before = bar.value()
    QApplication.sendEvent(wall.viewport(), event)
    assert bar.value() != before or bar.value() in (bar.minimum(), bar.maximum()), "the wheel did not scroll"


class Drag:
    """The handle of the scroll bar held by the mouse, and moved up and down the whole bar."""

    def __init__(self, wall: WallView) -> None:
        self._bar = wall.verticalScrollBar()
        self._bar.setValue(0)
        option = QStyleOptionSlider()
        self._bar.initStyleOption(option)
        complex_, handle = QStyle.ComplexControl.CC_ScrollBar, QStyle.SubControl.SC_ScrollBarSlider
        box = self._bar.style().subControlRect(complex_, option, handle, self._bar)
        self._x, self._top, self._room = box.center().x(), box.center().y(), self._bar.height() - box.height() - 8
        QTest.mousePress(self._bar, Qt.MouseButton.LeftButton, pos=QPoint(self._x, self._top))
        self.values: set[int] = set()

    def move(self, step: int) -> None:
        way = step % 400 / 200  # there and back in six seconds
        QTest.mouseMove(self._bar, QPoint(self._x, self._top + round(self._room * min(way, 2 - way))))
        self.values.add(self._bar.value())

    def end(self) -> None:
        QTest.mouseRelease(self._bar, Qt.MouseButton.LeftButton, pos=QPoint(self._x, self._top))


def _wait(until: Callable[[], bool]) -> None:
    end = time.perf_counter() + MOST
    while not until():
        if time.perf_counter() > end:
            raise TimeoutError("the window did not come to where it was expected")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)
        time.sleep(0.002)  # the thread that reads wants the interpreter too


def main(words: list[str]) -> int:
    folder, seconds = Path(words[0]), float(words[1])
    app = QApplication(["gensmith"])
    prepare(app)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    _wait(lambda: window.isVisible())
    begun = time.perf_counter()
    window.start(folder)
    window.go_to(2)
    page = window.findChild(DataPage)
    assert page is not None
    _wait(lambda: page.wall.isVisible() and page.model.rowCount() > 0)
    page.wall.viewport().repaint()
    stands = time.perf_counter() - begun
    _wait(lambda: all(page.wall.thumbnail(page.model.item(row)) is not None for row in range(20)))
    pictures = time.perf_counter() - begun
    beside = scrolled(lambda step: wheel(page.wall, step), seconds)
    _wait(lambda: not window.session.importing)
    looked = time.perf_counter() - begun
    turned = scrolled(lambda step: wheel(page.wall, step), seconds)
    drag = Drag(page.wall)
    dragged = scrolled(drag.move, seconds)
    drag.end()
    assert len(drag.values) > 20, "the bar was not dragged"
    found = {"open": stands, "pictures": pictures, "looked": looked, "beside": beside, "wheel": turned, "drag": dragged}
    window.close()
    print("MEASURED " + json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
