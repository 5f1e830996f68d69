"""Every page is opened, and a page that fails is not counted as opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from desktop_app.project.steps import STEPS
from desktop_app.project.store import Project


def opened(folder, home, before: str = "") -> subprocess.CompletedProcess[str]:
    """The check in a process of its own, as the selftest starts it, after some code."""
    code = f"import sys\n{before}\nfrom desktop_app.ui.every_page import main\nsys.exit(main([{str(folder)!r}]))"
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "GENSMITH_HOME": str(home)}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120)


def test_every_page_opens_and_a_broken_one_is_told(tmp_path, gensmith_home) -> None:
    with Project.create(tmp_path / "p") as project:
        project.change("objective", output="images")
    done = opened(tmp_path / "p", gensmith_home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pages"] == ["Welcome", *(step.title for step in STEPS)]

    later = "P.refresh = lambda page: QTimer.singleShot(0, lambda: 1 / 0)"  # Qt swallows what a timer raises
    broken = f"from PySide6.QtCore import QTimer\nfrom desktop_app.ui.pages.objective import ObjectivePage as P\n{later}"
    done = opened(tmp_path / "p", gensmith_home, broken)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_a_project_that_is_not_there_is_no_success(tmp_path, gensmith_home) -> None:
    done = opened(tmp_path / "missing", gensmith_home)
    assert done.returncode == 1
    assert json.loads(done.stdout)["pages"] == ["Welcome"]
