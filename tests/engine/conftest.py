"""A small real project's arrays and runs on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from desktop_app import data
from desktop_app.engine import hardware
from desktop_app.project import document
from desktop_app.project.runs import Run, RunSpec, create_run

SIDE = 8
COUNT = 48
KEPT_ASIDE = (2, 3, 5, 13, 22, 28, 31, 33, 39, 45)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _one_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layout in memory is measured, and on a busy machine two runs that are compared might get different ones."""
    monkeypatch.setattr(hardware, "memory_format", lambda device, seconds=0.0: torch.channels_last)


def draw(folder: Path, count: int = COUNT, side: int = SIDE) -> None:
    """Crosses and rings with a little chance in them, in two sub-folders."""
    rng = np.random.default_rng(0)
    for index in range(count):
        picture = np.full((side, side, 3), 240, np.uint8)
        colour, shift = rng.integers(0, 200, 3), int(rng.integers(-1, 2))
        if index % 2:
            picture[side // 2 + shift, 1:-1] = colour
            picture[1:-1, side // 2 + shift] = colour
        else:
            picture[1:-1, 1:-1] = colour
            picture[2 : -2 + min(shift, 0), 2:-2] = 240
        picture[0, :3] = rng.integers(0, 255, (3, 3))
        target = folder / ("cross" if index % 2 else "ring") / f"{index:03d}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(target)


@pytest.fixture(scope="session")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of encoded arrays, made by the real import."""
    root = tmp_path_factory.mktemp("material")
    draw(root / "pictures")
    choices = document.Data(sources=[str(root / "pictures")], size=SIDE, colour="colour", held_out=0.2)
    inventory = data.decide(data.inspect(choices, root / "data"), choices)
    encoded = root / "data" / data.encode(inventory, choices, root / "data")
    # Golden curves are the engine's alone: which items are kept aside must not follow the import's ideas of similarity.
    aside = np.isin(np.arange(COUNT), KEPT_ASIDE)
    np.save(encoded / "held_out.npy", aside, allow_pickle=False)
    return encoded


MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(tmp_path: Path, arrays: Path) -> MakeRun:
    """``make_run(items=…, **spec)`` makes a run folder on the arrays."""

    def make(**values: Any) -> Run:
        defaults: dict[str, Any] = {
            "name": "test",
            "data": str(arrays),
            "family": "diffusion",
            "network": "tiny",
            "items": 320,
            "seed": 1,
            "conditioning": "class",
            "device": "cpu",
            "threads": 1,
            "evaluate": False,
            "settings": {"batch_size": 8, "sampling_steps": 4},
        }
        return create_run(tmp_path / "runs", RunSpec(**(defaults | values)))

    return make
