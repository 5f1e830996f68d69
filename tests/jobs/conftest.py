"""A small project with real pictures, and a small real engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.jobs import journey, launch
from desktop_app.project.runs import list_runs
from desktop_app.project.store import Project

SMALL_ENGINE = Path(__file__).parent / "small_engine.py"


def draw_pictures(folder: Path, count: int = 24) -> Path:
    """Two classes of noisy 16-pixel pictures in sub-folders, no two alike."""
    rng = np.random.default_rng(0)
    for index in range(count):
        kind = ("round", "square")[index % 2]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / kind / f"{index:03d}.png")
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return draw_pictures(tmp_path / "my pictures é")


@pytest.fixture
def folder(tmp_path: Path, pictures: Path) -> Path:
    """A project with prepared pictures and a chosen model, closed."""
    where = tmp_path / "project"
    with Project.create(where, "Shapes") as project:
        project.change("objective", output="images")
        project.change("data", sources=[str(pictures)], licence="CC0")
        journey.prepare_data(project)
        project.change("architecture", family="diffusion")
    return where


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    with Project.open(folder) as project:
        yield project


@pytest.fixture
def small_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Engines that are started are the small one; none outlives its test."""
    monkeypatch.setattr(launch, "self_command", lambda: [sys.executable, str(SMALL_ENGINE)])
    started: list[Path] = []
    detach = launch._detach

    def recording(command: list[str], folder: Path, log: Path) -> object:
        started.append(folder)
        return detach(command, folder, log)

    monkeypatch.setattr(launch, "_detach", recording)
    yield
    for folder in started:
        end_all_of(folder)


def end_all_of(folder: Path) -> None:
    """End what was started for a run, or by the keeper of a folder of runs."""
    child = launch._child(folder)
    if child is not None:
        child.kill()
        child.wait(10)
    launch._child(folder)
    for run in list_runs(folder):
        if (process := run.process()) is not None:
            process.kill()
