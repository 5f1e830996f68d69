"""Real files to inspect: drawn pictures, whole folders, and every kind of damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.data import SAMPLES, Inventory, inspect, write_sample
from desktop_app.project.document import Data

Import = Callable[..., Inventory]


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped samples, written once for all tests; not to be changed."""
    return {name: write_sample(name, tmp_path_factory.mktemp("samples") / name) for name in SAMPLES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for pictures."""
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """Where a project keeps its arrays; not made yet."""
    return tmp_path / "project" / "data"


@pytest.fixture
def look(folder: Path, data_folder: Path) -> Import:
    """Inspect the folder (or the given sources) and hold the promise on counts against the outcome."""

    def run(*sources: Path, **choices: object) -> Inventory:
        names = [str(source) for source in sources or (folder,)]
        inventory = inspect(Data.model_validate({"sources": names, **choices}), data_folder)
        assert inventory.found == len(inventory.items) == inventory.used + sum(inventory.left_out.values())
        assert inventory.used == sum(item.used for item in inventory.items)
        assert len({item.key for item in inventory.items}) == inventory.found
        assert all((item.reason is None) == item.used for item in inventory.items)
        return inventory

    return run
