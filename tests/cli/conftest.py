"""Pictures to import, a bundle to draw from, and one real training for all tests that need one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from desktop_app.cli.app import main
from tests.runtime.small_bundles import write

TINY = ["--set", "batch_size=8", "--set", "sampling_steps=4", "--network", "tiny", "--threads", "1", "--device", "cpu"]
"""Choices with which a training is a matter of seconds."""


@dataclass(frozen=True)
class Answer:
    """What a verb ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of the standard output."""
        return json.loads(self.out.splitlines()[-1])


Gensmith = Callable[..., Answer]


@pytest.fixture
def gensmith(capsys: pytest.CaptureFixture[str]) -> Gensmith:
    """``gensmith("info", path)`` runs a verb in this process."""

    def call(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return call


def outside(*words: object) -> subprocess.Popen[str]:
    """A verb in a process of its own, as a person starts it."""
    command = [sys.executable, "-m", "desktop_app", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")


def draw(folder: Path, count: int = 48, side: int = 8, seed: int = 0) -> Path:
    """Crosses and rings with a little chance in them, in two sub-folders."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        pixels = np.full((side, side, 3), 240, np.uint8)
        middle = side // 2 + int(rng.integers(-1, 2))
        colour = rng.integers(0, 200, 3)
        if number % 2:
            pixels[middle, 1:-1] = pixels[1:-1, middle] = colour
        else:
            pixels[1:-1, 1:-1] = colour
            pixels[2:-2, 2:-2] = 240
        pixels[0, :3] = rng.integers(0, 255, (3, 3))
        target = folder / ("cross" if number % 2 else "ring") / f"{number:03d}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(target)
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return draw(tmp_path / "Bilder für später")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A model of three classes that draws at once."""
    return write(tmp_path / "bundle", classes=3)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project made by ``make`` from nothing to a judged model: a real training of a few steps."""
    root = tmp_path_factory.mktemp("trained")
    words = ["--out", root / "Projekt é", "--items", 160, "--held-out", 0.2, "--json", *TINY]
    made = outside("make", draw(root / "pictures", count=120), *words)
    out, err = made.communicate()
    assert made.returncode == 0, err
    (root / "answer.json").write_text(out.splitlines()[-1], encoding="utf-8")
    return root / "Projekt é"
