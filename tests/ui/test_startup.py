"""What the window loads before it is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "onnxruntime", "onnx", "pyqtgraph", "desktop_app.engine.training", "desktop_app.evaluation", "rich", "typer")


def run(code: str, home: Path) -> str:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "GENSMITH_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_window_loads_nothing_heavy(gensmith_home: Path) -> None:
    code = f"""
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop_app.ui import app
application = QApplication(["gensmith"])
def look():
    window = next(widget for widget in application.topLevelWidgets() if widget.windowTitle() == "Gensmith")
    if window.session.machine is None or not all(card.title.text() for card in window.findChildren(SampleCard)):
        QTimer.singleShot(10, look)
        return
    print([name for name in {HEAVY!r} if name in sys.modules], window.isVisible(), application.styleSheet() != "")
    window.close()
QTimer.singleShot(0, lambda: print([name for name in ("numpy", "PIL", "desktop_app.runtime") if name in sys.modules]))
QTimer.singleShot(0, look)
from desktop_app.ui.pages.welcome import SampleCard
code = app.main([])
print(code)
"""
    assert run(code, gensmith_home).split("\n")[:3] == ["[]", "[] True True", "0"], "at first not even what fills it"


@pytest.mark.parametrize("moment", ["at once", "once drawn", "while it is filled"])
def test_a_window_may_be_closed_as_soon_as_it_opens(gensmith_home: Path, moment: str) -> None:
    code = f"""
import time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop_app.ui import app
from desktop_app.ui.drawn import once_drawn
from desktop_app.ui.window import MainWindow
application, moment = QApplication(["gensmith"]), {moment!r}
def close(window):
    window.close()
    time.sleep(0.2)  # so that whatever waits for its time does not wait longer than the loop runs on
class Window(MainWindow):
    def start(self, folder=None):
        super().start(folder)
        if moment == "at once":
            QTimer.singleShot(0, lambda: close(self))
        elif moment == "once drawn":
            once_drawn(self, lambda: close(self))
        else:
            self.session.machine_changed.connect(lambda: close(self))
import desktop_app.ui.window
desktop_app.ui.window.MainWindow = Window
print(app.main([]))
"""
    assert run(code, gensmith_home).strip() == "0"


def test_numbers_are_read_with_a_point_whatever_the_system_says(gensmith_home: Path) -> None:
    code = """
import locale
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from desktop_app.ui import app
application = QApplication(["gensmith"])
QTimer.singleShot(100, lambda: (print(locale.localeconv()["decimal_point"]), application.closeAllWindows()))
app.main([])
"""
    assert run(code, gensmith_home).strip() == "."


def test_without_a_display_it_says_so_and_how_to_go_on(gensmith_home: Path) -> None:
    code = """
import os, sys
for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
    os.environ.pop(name, None)
from desktop_app.ui import app
sys.platform = "linux"
sys.stderr = sys.stdout
print(app.main([]))
"""
    said = run(code, gensmith_home)
    assert "no display" in said
    assert "gensmith make" in said
    assert said.strip().endswith("4")


def test_the_size_chosen_is_the_size_of_the_next_start(gensmith_home: Path) -> None:
    code = """
from PySide6.QtCore import QTimer
from desktop_app.ui import app, preferences
preferences.put(scale=150)
app._set_scale()
from PySide6.QtWidgets import QApplication
application = QApplication(["gensmith"])
print(application.primaryScreen().devicePixelRatio())
"""
    assert run(code, gensmith_home).strip() == "1.5"


def test_qt_s_classes_are_made_in_the_window_s_thread_before_pyqtgraph_asks_for_them(gensmith_home: Path) -> None:
    code = """
import threading
from PySide6 import QtCore, QtGui, QtWidgets
from desktop_app.ui.widgets import plotting
application, made_in, left = QtWidgets.QApplication(["gensmith"]), set(), []
class Watched:
    def __init__(self, module): self.module = module
    def __dir__(self): return dir(self.module)
    def __getattr__(self, name):
        made_in.add(threading.current_thread())
        return getattr(self.module, name)
modules = (QtCore, QtGui, QtWidgets)
plotting.QtCore, plotting.QtGui, plotting.QtWidgets = map(Watched, modules)
def load(name):
    left.extend(name for module in modules for name in dir(module) if name[0] == "Q" and name not in vars(module))
plotting.import_module = load
class Reporter:
    def cancelled(self): return False
assert any("QLCDNumber" not in vars(module) for module in modules), "nothing has asked for it before"
loading = threading.Thread(target=plotting.load, args=(Reporter(),))
loading.start()
while loading.is_alive():
    application.processEvents()
print(left, made_in == {threading.main_thread()})
"""
    assert run(code, gensmith_home).strip() == "[] True"


def test_pyqtgraph_is_not_waited_for_by_who_no_longer_wants_it(gensmith_home: Path) -> None:
    code = """
import sys
from PySide6.QtWidgets import QApplication
from desktop_app.project.errors import Cancelled
from desktop_app.ui.widgets import plotting
application = QApplication(["gensmith"])  # whose loop does not run: it never answers
class Reporter:
    def cancelled(self): return True
try:
    plotting.load(Reporter())
except Cancelled:
    print("gave up", "pyqtgraph" in sys.modules)
"""
    assert run(code, gensmith_home).strip() == "gave up False"
