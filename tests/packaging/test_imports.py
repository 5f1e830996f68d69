"""Who may load what: measured in a fresh interpreter, for import contracts cannot see what is loaded in passing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

TORCH = {"torch"}
QT = {"PySide6", "shiboken6", "pyqtgraph"}
needs_qt = pytest.mark.skipif(importlib.util.find_spec("PySide6") is None, reason="there is no window without Qt")


def loaded_by(module: str) -> set[str]:
    """Top-level modules that an import brings along."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@needs_qt
@pytest.mark.parametrize(
    "module",
    [
        "desktop_app.ui",
        "desktop_app.ui.app",
        "desktop_app.ui.every_page",
        "desktop_app.generator.window",
        "desktop_app.jobs.session",
        "desktop_app.jobs.watcher",
    ],
)
def test_the_window_is_there_before_anyone_waits_for_torch(module) -> None:
    assert not loaded_by(module) & TORCH


@pytest.mark.parametrize(
    "module",
    [
        "desktop_app.__main__",
        "desktop_app.project.store",
        "desktop_app.project.runs",
        "desktop_app.data",
        "desktop_app.data.worker",
        "desktop_app.runtime.bundle",
        "desktop_app.evaluation",
        "desktop_app.engine.families",
        "desktop_app.jobs.catalog",
        "desktop_app.jobs.journey",
        "desktop_app.jobs.launch",
        "desktop_app.jobs.machine",
        "desktop_app.jobs.story",
        "desktop_app.deployment.generator",
        "desktop_app.cli.app",
        "desktop_app.cli.doctor",
        "desktop_app.cli.journey",
        "desktop_app.cli.samples",
        "desktop_app.cli.selftest",
    ],
)
def test_what_works_without_a_window_loads_neither_qt_nor_torch(module) -> None:
    assert not loaded_by(module) & (TORCH | QT)


def test_what_reads_pictures_of_phones_comes_with_the_first_picture() -> None:
    assert "pi_heif" not in loaded_by("desktop_app.data")


@pytest.mark.torch
def test_the_engine_works_without_qt() -> None:
    assert not loaded_by("desktop_app.engine.process") & QT
