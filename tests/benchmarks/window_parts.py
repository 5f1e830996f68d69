"""What runs inside the measured processes: a window of ours, a bare one, a window beside a training.

python -m tests.benchmarks.window_parts ours|bare|beside …
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

TICK = 5
"""Milliseconds between two looks at the clock; what comes later than that is the event loop's delay."""
SETTLE = 1.5
"""Seconds after the first picture of the window in which it may still load things that it should not."""


def ours() -> dict[str, Any]:
    """Open Gensmith as ``gensmith`` does; when was it seen first, and is torch loaded a moment later?"""
    first = _until_seen(SETTLE)
    from desktop_app.__main__ import main

    code = main([])
    return {"seen": first[0], "cpu": first[1], "code": code, "torch": "torch" in sys.modules}


def bare() -> dict[str, Any]:
    """The least window with a plot that PySide6 and pyqtgraph make."""
    first = _until_seen(0.0)
    import pyqtgraph
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication(["bare"])
    window = QMainWindow()
    window.setCentralWidget(pyqtgraph.PlotWidget())
    window.resize(1280, 800)
    window.show()
    code = app.exec()
    return {"seen": first[0], "cpu": first[1], "code": code}


def _until_seen(settle: float) -> list[float]:
    """Let the application end by itself once its window was painted; the list then says when, after how much computing."""
    from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    first: list[float] = []

    def application() -> QCoreApplication:
        app = QApplication.instance()
        assert app is not None
        return app

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() == QEvent.Type.Paint:
                application().removeEventFilter(self)
                QTimer.singleShot(0, seen)
            return False

    def seen() -> None:
        first.extend([time.time(), time.process_time()])
        QTimer.singleShot(round(settle * 1000), lambda: application().quit())

    watch, run = Watch(), QApplication.exec

    def execute(*_: object) -> int:
        application().installEventFilter(watch)
        return run()

    QApplication.exec = execute  # type: ignore[method-assign]
    return first


# ---------------------------------------------------------------- beside a training


def beside(folder: Path, seconds: float) -> dict[str, Any]:
    """Open a prepared project on the training page, train on all cores, and watch the event loop."""
    import psutil
    from PySide6.QtWidgets import QApplication

    from desktop_app.jobs import launch
    from desktop_app.ui.app import prepare
    from desktop_app.ui.window import MainWindow

    app = QApplication(["gensmith"])
    prepare(app)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    window.start(folder)
    session = window.session
    _wait(lambda: session.project is not None and not session.importing, 60)
    window.go_to(4)
    assert session.project is not None
    idle = _delays(min(5.0, seconds))
    run = launch.new_run(session.project, threads=psutil.cpu_count(logical=False))
    session.select_run(run)
    assert session.resume(run), window.banner.text()
    _wait(lambda: session.story.fraction > 0 or session.run_state in ("failed", "interrupted"), 120)
    before = run.events()
    delays = _delays(seconds)
    happened = [event.kind for event in run.events()[len(before) :]]
    state, page = session.run_state, window.number
    session.pause()
    _wait(lambda: run.process() is None, 120)
    window.close()
    started = next(event for event in before if event.kind == "started")
    return {
        "delays": delays, "idle": idle, "state": state, "page": page, "threads": started.threads,
        "events": {kind: happened.count(kind) for kind in set(happened)},
        "torch": "torch" in sys.modules, "screen": app.platformName(),
    }  # fmt: skip


def _wait(until: Callable[[], bool], most: float) -> None:
    from PySide6.QtWidgets import QApplication

    end = time.perf_counter() + most
    while not until():
        if time.perf_counter() > end:
            raise TimeoutError("the window did not come to where it was expected")
        QApplication.processEvents()
        time.sleep(0.01)


def _delays(seconds: float) -> list[float]:
    """Milliseconds by which each tick of a 5 ms timer came late, for so long."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    loop, ticks = QEventLoop(), [time.perf_counter()]
    timer = QTimer(interval=TICK, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
    timer.stop()
    return lateness(ticks)


def lateness(ticks: Iterable[float]) -> list[float]:
    """Milliseconds beyond :data:`TICK` between each two ticks (seconds), never below 0."""
    return [max(0.0, 1000 * (b - a) - TICK) for a, b in itertools.pairwise(ticks)]


def main(words: list[str]) -> int:
    verb, *rest = words
    found = {"ours": ours, "bare": bare}[verb]() if verb != "beside" else beside(Path(rest[0]), float(rest[1]))
    print("MEASURED " + json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
