"""What this machine has, and how fast it is, without torch."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.jobs import machine


def test_this_machine_is_described(tmp_path: Path) -> None:
    found = machine.describe(tmp_path / "not" / "there" / "yet")
    assert found.cores >= 1
    assert found.memory > found.memory_free > 0
    assert found.disk_free > 0
    assert found.cpu
    assert found.memory_for_training > 0


def test_nothing_here_loads_torch_or_qt() -> None:
    code = (
        "import sys; from desktop_app.jobs import catalog, journey, launch, machine, story; machine.describe();"
        "print([name for name in ('torch', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def graphics_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver's tool that reports a card."""
    if os.name == "nt":
        pytest.skip("a shell script stands for the tool")
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'NVIDIA RTX 4070, 12282, 9000'\necho 'a line, that is broken'\n")
    tool.chmod(tool.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")


def test_cards_are_read_from_the_driver(graphics_card: None) -> None:
    assert machine.graphics_cards() == (machine.Gpu("NVIDIA RTX 4070", 12282 * 2**20, 9000 * 2**20),)


def test_a_card_counts_only_with_a_torch_for_it(graphics_card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "torch_version", lambda: "2.13.0")
    found = machine.describe()
    assert (found.trains_on, found.device_name, found.memory_for_training) == ("cuda", "NVIDIA RTX 4070", 9000 * 2**20)
    monkeypatch.setattr(machine, "torch_version", lambda: "2.13.0+cpu")
    assert machine.describe().trains_on != "cuda"


def test_without_a_driver_there_is_no_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.graphics_cards() == ()


def test_speed_is_measured_once_and_kept(gensmith_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine.describe()
    first = machine.speed(here)
    assert first.gflops > 0.5
    monkeypatch.setattr(machine, "matrix_speed", lambda: pytest.fail("measured again"))
    again = machine.speed(here)
    assert (again.source, again.gflops) == ("measured", pytest.approx(first.gflops, abs=0.01))


def test_what_a_training_reached_is_better_knowledge(gensmith_home: Path) -> None:
    here = machine.describe()
    machine.remember_speed(here, 41.5)
    assert machine.speed(here) == machine.Speed(41.5, "training")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"cpu": 3}', json.dumps({"x": {"gflops": "fast"}})])
def test_a_damaged_memory_is_measured_again(gensmith_home: Path, content: str) -> None:
    (gensmith_home / "machine.json").write_text(content)
    assert machine.speed(machine.describe()).gflops > 0.5


def test_an_unmeasured_card_is_only_assumed(graphics_card: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "torch_version", lambda: "2.13.0")
    assert machine.speed(machine.describe()) == machine.Speed(machine.GPU_GUESS, "assumed")
