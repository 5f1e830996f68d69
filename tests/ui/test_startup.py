"""What the window loads before it is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
    print([name for name in {HEAVY!r} if name in sys.modules], window.isVisible(), application.styleSheet() != "")
    window.close()
QTimer.singleShot(300, look)
code = app.main([])
print(code)
"""
    assert run(code, gensmith_home).split("\n")[:2] == ["[] True True", "0"]


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
