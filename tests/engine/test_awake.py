"""The machine is kept awake by whoever sees to that here, and only as long as somebody trains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.engine.awake import kept_awake
from tests.session_bus import COOKIE, ROOT, Desktop, desktop_with, line
from tests.waiting import until

MANAGER = "org.freedesktop.PowerManagement"
HOLD = """
import sys
from desktop_app.engine.awake import kept_awake
with kept_awake() as keeper:
    print(keeper, flush=True)
    sys.stdin.readline()
print("over", flush=True)
sys.stdin.readline()
"""


def holder(environment: dict[str, str]) -> subprocess.Popen[str]:
    """A process that keeps the machine awake until it reads a line."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-c", HOLD], text=True, env=environment, cwd=ROOT, **pipes)  # type: ignore[call-overload,no-any-return]


# ---------------------------------------------------------------- a desktop


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """One whose power manager answers."""
    with desktop_with(MANAGER, tmp_path) as found:
        yield found


def test_the_desktop_is_asked_and_told_when_it_is_over(desktop: Desktop) -> None:
    with holder(desktop.environment) as keeping:
        assert line(keeping) == MANAGER
        assert desktop.said()[0] == "Inhibit"
        keeping.communicate("\n\n")
        assert desktop.said() == ["UnInhibit", COOKIE]


def test_one_that_is_killed_keeps_nobody_awake(desktop: Desktop) -> None:
    with holder(desktop.environment) as keeping:
        line(keeping)
        assert desktop.said()[0] == "Inhibit"
        keeping.kill()
        keeping.communicate()
    assert desktop.said() == ["gone"]


# ---------------------------------------------------------------- systemd


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No desktop, and a program of systemd's that writes down what it was asked; returns where."""
    said = tmp_path / "said"
    program = tmp_path / "systemd-inhibit"
    program.write_text(
        textwrap.dedent(f"""\
        #!/bin/sh
        echo "$1" >> {said}
        shift 4
        "$@"
        echo over >> {said}
        """)
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    return said


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_without_a_desktop_systemd_is_asked(systemd: Path) -> None:
    with kept_awake() as keeper:
        assert keeper == "systemd"
        assert systemd.read_text() == "--what=sleep:idle\n"
    assert systemd.read_text().endswith("over\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_systemd_s_program_ends_with_one_that_is_killed(systemd: Path) -> None:
    with holder(dict(os.environ)) as keeping:
        assert line(keeping) == "systemd"
        os.kill(keeping.pid, signal.SIGKILL)
        keeping.communicate()
    until(lambda: systemd.read_text().endswith("over\n"))  # nobody is left who would wait for it


def test_where_nobody_sees_to_it_that_is_said_and_all_else_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with kept_awake() as keeper:
        assert keeper == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_refusal_of_systemd_is_none_of_the_training_s_business(systemd: Path) -> None:
    (systemd.parent / "systemd-inhibit").write_text("#!/bin/sh\nexit 1\n")
    with kept_awake() as keeper:
        assert keeper == ""
