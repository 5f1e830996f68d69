"""Loading pyqtgraph in the background, which takes a third of a second, without bringing the window down.

pyqtgraph asks for every name of QtCore, QtGui and QtWidgets. PySide makes a class when it is first asked for; where two
threads do so at once the program may end. So all classes are made in the window's thread first, a few milliseconds at a time.
"""

from __future__ import annotations

import threading
import time
from importlib import import_module

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

from desktop_app.jobs.tasks import Reporter
from desktop_app.project.errors import Cancelled

SLICE = 0.004
"""Seconds for which the window is held up at a time; the longest of the classes takes four times as long."""

PATIENCE = 10.0
"""Seconds after which it is loaded as it is: a window that does not answer so long is closing."""

_made = threading.Event()
_guard = threading.Lock()
_makers: list[_Maker] = []


class _Maker(QObject):
    """Makes the classes in the thread of the window, whichever thread asks for it."""

    go_on = Signal()

    def __init__(self, window: QCoreApplication) -> None:
        super().__init__()
        self._names = ((module, name) for module in (QtCore, QtGui, QtWidgets) for name in dir(module))
        self.moveToThread(window.thread())
        self.go_on.connect(self._make, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def _make(self) -> None:
        end = time.perf_counter() + SLICE
        for module, name in self._names:
            getattr(module, name, None)
            if time.perf_counter() > end:
                self.go_on.emit()
                return
        _made.set()


def load(reporter: Reporter) -> None:
    """Load pyqtgraph; called by a task's function, in its thread.

    Raises
    ------
    Cancelled
        Nobody wants it any more.
    """
    window = QCoreApplication.instance()
    assert window is not None, "a window draws curves"
    with _guard:
        if not _makers:
            _makers.append(_Maker(window))
            _makers[0].go_on.emit()
    patience = time.monotonic() + PATIENCE
    while not _made.wait(0.05) and time.monotonic() < patience:
        if reporter.cancelled():
            raise Cancelled
    import_module("pyqtgraph")
