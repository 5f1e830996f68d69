"""Opening the window."""

from __future__ import annotations

import locale
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from desktop_app.ui import preferences

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from desktop_app.ui.window import MainWindow

_SCREENLESS = """Gensmith has no display to open its window on.
Everything works without one too: gensmith --help, or gensmith make FOLDER --out PROJECT.
"""


def main(argv: Sequence[str] = ()) -> int:
    """Open the window and return when it is closed.

    ``argv`` may name a project's folder to open.
    """
    if not _has_display():
        sys.stderr.write(_SCREENLESS)
        return 4
    _set_scale()
    code = _run([str(word) for word in argv])
    from desktop_app.ui.window import RESTART

    if code == RESTART:
        from desktop_app.project.processes import self_command

        environment = {key: value for key, value in os.environ.items() if key != "QT_SCALE_FACTOR"}
        subprocess.Popen(self_command(), env=environment)
        return 0
    return code


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _set_scale() -> None:
    """The size of everything that the person chose; Qt reads it once, before the application is made."""
    percent = preferences.get("scale", 100)
    if percent != 100 and 80 <= percent <= 200:
        os.environ.setdefault("QT_SCALE_FACTOR", str(percent / 100))


def _run(words: list[str]) -> int:
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication(["gensmith"])
    locale.setlocale(locale.LC_NUMERIC, "C")  # Qt sets the person's; a decimal comma breaks parsers in libraries
    prepare(app)
    from desktop_app.jobs.tasks import end_all
    from desktop_app.ui.window import MainWindow

    window = MainWindow()
    window.show()
    window.start(_first_project(words))
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    catch_faults(window)
    code = app.exec()
    end_all()  # work that began between the window's end and the loop's
    sys.excepthook = sys.__excepthook__
    window.deleteLater()
    return code


def catch_faults(window: MainWindow) -> None:
    """Say a fault of ours on the page, with details to copy; it also goes to stderr as ever."""
    from desktop_app.jobs.tasks import as_gensmith_error

    def say(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, traceback)
        if isinstance(error, Exception):
            window.show_error(as_gensmith_error(error))

    sys.excepthook = say


SWITCH = 0.0005
"""Seconds after which a thread that keeps Python's lock must let others have it. A frame asks for it many times, and
each time a thread in the background may keep it so long: at the usual five milliseconds that adds up."""


def prepare(app: QApplication) -> None:
    """Name and dress the application, and keep what ends widgets to its thread."""
    from desktop_app.ui.garbage import keep_to_this_thread
    from desktop_app.ui.theme import theme
    from desktop_app.ui.widgets.icons import app_icon

    app.setApplicationName("Gensmith")
    app.setApplicationDisplayName("Gensmith")
    app.setDesktopFileName("gensmith")
    keep_to_this_thread(app)
    sys.setswitchinterval(SWITCH)
    theme().install(app)
    app.setWindowIcon(app_icon())


def _first_project(words: list[str]) -> Path | None:
    """The project named, else the one that was open when the window closed last, if it is still there."""
    if words:
        return Path(words[0])
    last = preferences.get("project", "")
    return Path(last) if last and (Path(last) / "project.json").is_file() else None
