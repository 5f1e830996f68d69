"""Nothing leaves the machine: no verb and no page opens a socket, in any process, in Python or below it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import sealed
from tests.cli import every_verb
from tests.cli.conftest import draw

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows reports in another way")
filtering = pytest.mark.skipif(not sealed.supported(), reason="this system's kernel has no such filter")
LOAD = "InferenceSession(gaussian().SerializeToString(), providers=['CPUExecutionProvider'])"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "tries.log"


def tries(log: Path) -> list[str]:
    """What was tried, a line each."""
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def program(folder: Path) -> None:
    """What stands for the frozen generator: copied, never started."""
    file = folder / "dist" / "gensmith-generator" / "gensmith-generator"
    file.parent.mkdir(parents=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)


# ---------------------------------------------------------------- the proof can fail


def test_pythons_own_sockets_are_noticed_in_a_child(tmp_path: Path, log: Path) -> None:
    child = "import socket; socket.getaddrinfo('localhost', 80)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], stderr=subprocess.DEVNULL)"
    done = sealed.run(log, [sys.executable, "-c", parent], tmp_path)
    assert done.returncode == 0, done.stderr
    assert any("socket.getaddrinfo" in line and "localhost" in line for line in tries(log))


@filtering
def test_sockets_below_python_are_noticed_and_refused(tmp_path: Path, log: Path) -> None:
    child = "import ctypes; libc = ctypes.CDLL(None); print([libc.socket(family, 2, 0) for family in (2, 10, 16, 17)])"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); import socket; socket.socket(1)"
    done = sealed.run(log, [sys.executable, "-c", parent], tmp_path)
    assert done.stdout.strip() == "[-1, -1, -1, -1]"
    assert len(tries(log)) == 4  # and the local one is no matter
    assert "family 10" in tries(log)[1]


# ---------------------------------------------------------------- libraries


def left_by(home: Path, first: str) -> list[str]:
    """What a process that loads a model leaves in its home."""
    home.mkdir()
    code = f"{first}\nfrom onnxruntime import InferenceSession\nfrom tests.runtime.small_bundles import gaussian\n{LOAD}"
    environment = sealed.as_a_person_has_it(home)
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
    return sorted(path.name for path in home.rglob("*"))


@posix
def test_onnxruntime_is_kept_from_reporting_to_its_maker(tmp_path: Path) -> None:
    """Left alone it gives the machine a number, keeps a database in the home, and sends from it some seconds later."""
    assert left_by(tmp_path / "with Gensmith", "import desktop_app") == []
    if left_by(tmp_path / "alone", "") == []:
        pytest.skip("this onnxruntime does not report")


# ---------------------------------------------------------------- every verb and every page


@pytest.mark.torch
@pytest.mark.timeout(600)
def test_no_verb_and_no_page_opens_a_connection(tmp_path: Path, log: Path) -> None:
    draw(tmp_path / "pictures", count=120)
    program(tmp_path)
    words = [sys.executable, "-m", "tests.cli.every_verb", str(tmp_path)]
    done = sealed.run(log, words, tmp_path, GENSMITH_HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout.splitlines()[-1])
    assert {name: said for name, (code, _, said) in ended.items() if code} == {}
    assert every_verb.verbs() == set(ended) | set(every_verb.NOT_TAKEN)
    assert tries(log) == []
    if importlib.util.find_spec("PySide6"):
        words = [sys.executable, "-m", "desktop_app", "pages", str(tmp_path / "project")]
        done = sealed.run(log, words, tmp_path, GENSMITH_HOME=str(tmp_path / "home"), QT_QPA_PLATFORM="offscreen")
        assert done.returncode == 0, done.stderr
        assert len(json.loads(done.stdout)["pages"]) == 7
        assert tries(log) == []
