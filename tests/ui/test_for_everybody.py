"""Without a mouse, with a screen reader, with weak eyes, on a small screen: every page, empty and with a judged model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.project.steps import STEPS
from desktop_app.project.store import Project
from desktop_app.ui.widgets import Button, ElidedLabel, Label
from tests.ui import audit


def looked_at(home: Path, size: tuple[int, int], scale: int, looks: str, *projects: Path) -> dict[str, audit.Faults]:
    """What is wrong with every page, in a process of its own: Qt reads the scale once."""
    command = [sys.executable, "-m", "tests.ui.audit", *map(str, size), looks, *map(str, projects)]
    environment = os.environ | {"GENSMITH_HOME": str(home), "QT_SCALE_FACTOR": str(scale)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, audit.Faults] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "Empty", "Empty"):
        return tmp_path / "Empty"


def test_every_page_at_1024_by_640(judged, empty, gensmith_home) -> None:
    found = looked_at(gensmith_home, (1024, 640), 1, "in use,light,dark", empty, judged)
    assert len(found) == 1 + 2 * len(STEPS)
    assert {page: faults for page, faults in found.items() if faults} == {}


def test_every_page_on_a_screen_of_full_hd_at_200_percent(judged, gensmith_home) -> None:
    found = looked_at(gensmith_home, (960, 520), 2, "room", judged)
    assert len(found) == 1 + len(STEPS)
    assert {page: faults for page, faults in found.items() if faults} == {}


# ---------------------------------------------------------------- the order


def test_tab_goes_from_the_rail_over_the_page_to_the_bar_also_after_the_page_has_grown(qtbot, open_window, judged) -> None:
    window = open_window(judged, 6)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    late = Button("Came last")
    page = window.stack.currentWidget().widget()
    page.layout().insertWidget(0, late)
    late.show()
    window.setFocus()
    stops = audit.walk(window)
    assert stops[0] is window.rail.project
    assert stops[1] is window.rail.steps[5]  # of the steps the one that is shown; arrows lead to the others
    assert stops[stops.index(window.header.menu) + 1] is late
    assert stops[-2:] == [window.bar.back, window.bar.main]
    assert audit.walk(window, audit.Qt.Key.Key_Backtab)[::-1] == stops


# ---------------------------------------------------------------- the audit can fail


@pytest.fixture
def poor(qtbot) -> QWidget:
    """A window in which everything is wrong that can be."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    nameless, mute, deaf = QPushButton(""), Button("Never by Tab"), QPushButton("No Enter")
    mute.setFocusPolicy(audit.Qt.FocusPolicy.NoFocus)
    cut, pale, unit = QLabel("A sentence that has no room"), QLabel("Pale on white"), ElidedLabel("learning rate")
    cut.setFixedWidth(30)
    unit.setFixedWidth(30)
    pale.setStyleSheet("color: #B0B0B0; background: #FFFFFF")
    deaf.setStyleSheet("QPushButton { border: none; outline: none; background: #EEEEEE; color: #000000 }")
    for widget in (nameless, mute, deaf, cut, pale, unit, Label("Good on white")):
        column.addWidget(widget)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    return window


def test_what_is_poor_is_found(qtbot, poor) -> None:
    qtbot.waitUntil(lambda: poor.isActiveWindow())
    controls = {audit.name(control): control for control in audit.controls(poor)}
    assert "" in controls
    assert controls["Never by Tab"] not in audit.walk(poor)
    assert audit.presses(controls["No Enter"]) == ["Key_Return"]
    assert not audit.marks_focus(controls["No Enter"])
    assert len(audit.clipped(poor)) == 2
    assert [line for line in audit.hard_to_read(poor) if "Pale" in line]
    assert not [line for line in audit.hard_to_read(poor) if "Good" in line]
