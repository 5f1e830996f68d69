"""Set-up with nothing but Python: environments, constraints, displays, old Pythons."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux")


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


@pytest.fixture
def environment() -> ModuleType:
    return importlib.import_module("environment")


@pytest.fixture
def system() -> ModuleType:
    return importlib.import_module("system")


@pytest.fixture
def wheel(tmp_path) -> Path:
    """The smallest distribution there is."""
    path = tmp_path / "probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("probe.py", "answer = 42\n")
        archive.writestr("probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n")
        archive.writestr("probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("probe-1.0.dist-info/RECORD", "")
    return path


# ---------------------------------------------------------------- what is installed


def constraints() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_the_tested_set_is_within_what_is_declared(environment) -> None:
    pinned = constraints()
    for line in environment.requirements(extras=("test", "build")):
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[requirement.name]), line


def test_the_tested_set_is_what_is_tested() -> None:
    for name, version in constraints().items():
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # another system's, or absent on purpose
        assert installed.split("+")[0] == version, name


def test_torch_is_exactly_the_one_that_is_tested(environment) -> None:
    assert "torch==2.13.0" in environment.requirements()
    assert not [line for line in environment.requirements(without=("torch",)) if environment.name_of(line) == "torch"]


def test_every_bound_has_two_ends(environment) -> None:
    for line in environment.requirements(extras=("test", "build")):
        assert re.search(r"==|>=.*,<", line), line


# ---------------------------------------------------------------- environments


def test_an_environment_is_made_once_and_survives_what_goes_wrong(environment, wheel, tmp_path, monkeypatch, capfd) -> None:
    made = environment.Environment(tmp_path / "avec é espace" / ".venv")
    made.folder.parent.mkdir()
    wanted, impossible = ["--no-index", str(wheel)], ["--no-index", "there-is-no-such-thing"]
    made.prepare(wanted)
    assert subprocess.run([made.python, "-c", "import probe; print(probe.answer)"], capture_output=True).stdout.strip() == b"42"
    assert capfd.readouterr().out == ""  # the standard output belongs to the verb that comes after

    with monkeypatch.context() as patch:
        patch.setattr(environment.subprocess, "run", None)  # the second time nothing is called
        made.prepare(wanted)
        made.prepare(["something else"], also_good=wanted)

    with pytest.raises(environment.SetupError, match="pip could not install"):
        made.prepare(impossible)
    assert not made.is_ready(wanted, impossible)

    next(made.folder.rglob("probe.py")).write_text("torn")  # the installation was cut off: nothing in it is trusted
    made.prepare(wanted)
    assert made.is_ready(wanted)
    assert "42" in next(made.folder.rglob("probe.py")).read_text()


def test_an_environment_of_someone_else_is_left_alone(environment, tmp_path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "mine.txt").write_text("mine")
    with pytest.raises(environment.SetupError, match="not made by Gensmith"):
        environment.Environment(tmp_path / ".venv").prepare(["x"])
    assert (tmp_path / ".venv" / "mine.txt").read_text() == "mine"


def test_a_changed_declaration_or_another_python_installs_again(environment, tmp_path, monkeypatch) -> None:
    made = environment.Environment(tmp_path / ".venv")
    key = made._key(["a"])
    assert made._key(["b"]) != key
    assert environment.Environment(tmp_path / "moved")._key(["a"]) != key
    monkeypatch.setattr(environment, "PYTHON", "3.99")
    assert made._key(["a"]) != key


def test_two_calls_at_once_install_once(environment, tmp_path) -> None:
    made = environment.Environment(tmp_path / ".venv")
    order: list[str] = []

    def second() -> None:
        with made._alone():
            order.append("second")

    with made._alone():
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


# ---------------------------------------------------------------- the system


@linux
@pytest.mark.parametrize(
    ("variables", "there"),
    [
        ({}, False),
        ({"DISPLAY": ":9734"}, False),
        ({"DISPLAY": "localhost:10.0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"QT_QPA_PLATFORM": "offscreen"}, True),
    ],
)
def test_a_display_is_only_there_when_it_answers(system, monkeypatch, variables, there) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert system.has_display() is there


@linux
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_the_virtual_display_answers_and_ends(monkeypatch) -> None:
    checks = importlib.import_module("checks")
    with checks.xvfb() as display, socket.socket(socket.AF_UNIX) as probe:
        assert probe.connect_ex(f"/tmp/.X11-unix/X{display[1:]}") == 0
    with socket.socket(socket.AF_UNIX) as probe:
        assert probe.connect_ex(f"/tmp/.X11-unix/X{display[1:]}") != 0


@linux
def test_a_missing_part_of_qt_is_named_with_the_command(system, monkeypatch, tmp_path) -> None:
    lacking = tmp_path / "python"
    lacking.write_text("#!/bin/sh\necho 'ImportError: libEGL.so.1: cannot open shared object file: No such file' >&2\nexit 1\n")
    lacking.chmod(0o755)
    monkeypatch.setattr(system, "may_install", lambda: False)
    said = system.provide_qt(lacking)
    assert "lacks libEGL.so.1" in said
    assert "libxcb-cursor0" in said or "xcb-util-cursor" in said


# ---------------------------------------------------------------- old Pythons


@pytest.mark.parametrize("name", ["start.py", "test.py", "build.py", "supported_python.py"])
def test_old_pythons_can_read_what_turns_them_away(name) -> None:
    ast.parse((ROOT / "packaging" / name).read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 9), (3, 10), (3, 14)])
def test_another_python_is_a_sentence(monkeypatch, version) -> None:
    supported = importlib.import_module("supported_python")
    monkeypatch.setattr(supported.sys, "version_info", (*version, 0, "final", 0))
    monkeypatch.setattr(supported.shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match=r"Gensmith needs Python 3\.11") as caught:
        supported.ensure()
    assert ".".join(map(str, version)) in str(caught.value)


@linux
def test_a_newer_python_beside_an_old_one_takes_over(tmp_path) -> None:
    code = (
        "import os, shutil, sys; sys.path.insert(0, sys.argv[1]); import supported_python as s; "
        "sys.version_info = (3, 9, 0); shutil.which = lambda name: '/bin/echo' if name == 'python3.12' else None; s.ensure()"
    )
    words = [sys.executable, "-c", code, str(ROOT / "packaging"), "made"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "made"
