"""Opens every page of the window once, for the selftest."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from desktop_app.project.steps import STEPS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from desktop_app.ui.window import MainWindow

LINGER = 0.5
"""Seconds that a page is given to load what it loads in the background."""
COLOURS = 8
"""A page that was drawn has more colours than an empty one."""


def main(words: Sequence[str]) -> int:
    """Open the project named and each of its pages; 0 when all were drawn and nothing was complained of."""
    from PySide6.QtWidgets import QApplication

    from desktop_app.ui.app import prepare

    app = QApplication.instance() or QApplication(["gensmith"])
    assert isinstance(app, QApplication)
    prepare(app)
    faults = Faults()
    opened = visit(app, Path(words[0]))
    faults.stop()
    sys.stdout.write(json.dumps({"pages": opened}) + "\n")
    sys.stderr.writelines(f"{fault}\n" for fault in faults.found)
    return 1 if faults.found or len(opened) <= len(STEPS) else 0


class Faults:
    """Exceptions that Qt would swallow, from its construction on."""

    def __init__(self) -> None:
        self.found: list[str] = []
        sys.excepthook = self._note

    def _note(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, traceback)
        self.found.append(f"{kind.__name__}: {error}")

    def stop(self) -> None:
        """Let exceptions go their usual way again."""
        sys.excepthook = sys.__excepthook__


def visit(app: QApplication, folder: Path) -> list[str]:
    """Titles of the pages that were drawn: the first one, then each step's with the project in ``folder``."""
    from desktop_app.ui.window import MainWindow

    window = MainWindow()
    window.show()
    window.start()
    opened = ["Welcome"] if _is_drawn(app, window) else []
    window.open_project(folder)
    for step in STEPS:
        window.go_to(step.number)
        if window.number == step.number and _is_drawn(app, window):
            opened.append(step.title)
    window.close()
    window.deleteLater()
    _let_work(app)
    return opened


def _let_work(app: QApplication) -> None:
    deadline = time.monotonic() + LINGER
    while time.monotonic() < deadline:
        app.processEvents()
        time.sleep(0.005)


def _is_drawn(app: QApplication, window: MainWindow) -> bool:
    """Whether the page that is shown shows something."""
    _let_work(app)
    picture = window.stack.grab().toImage()
    step = max(1, picture.width() // 200)
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), step) for y in range(0, picture.height(), step)}
    return len(colours) >= COLOURS
