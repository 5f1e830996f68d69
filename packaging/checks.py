"""The parts of ``packaging/test.py``: what is checked, in which environment, and how it is reported."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence

import environment
import installed
import system
from environment import ROOT, Environment, requirements
from system import SetupError, say

HEADLESS_TESTS = [f"tests/{package}" for package in ("project", "data", "runtime", "evaluation", "deployment", "cli")]
QT = ("pyside6-essentials", "pyqtgraph", "pytest-qt")
TORCH = ("torch",)
BESIDE = ("without-qt", "without-torch", "executable")
"""Parts that run beside the others, each test with one thread."""
SCREEN = "1600x1200x24"

MAIN = Environment(ROOT / ".venv")
WITHOUT_QT = Environment(ROOT / ".venv-without-qt")
WITHOUT_TORCH = Environment(ROOT / ".venv-without-torch")


def call(where: Environment, tool: str, *words: str, **variables: str) -> bool:
    """Run a tool of an environment in the checkout; whether it ended well."""
    command = [str(where.python.with_name(tool)), *words]
    code = subprocess.run(command, cwd=ROOT, env=where.environ() | variables, check=False).returncode
    if code < 0:
        say(f"{tool} was ended by {signal.Signals(-code).name}.")
    return code == 0


# ---------------------------------------------------------------- the parts


def without_qt() -> bool:
    """The window-free packages, trained model included, on a machine that has never seen Qt."""
    WITHOUT_QT.prepare(requirements(without=QT))
    return is_absent(WITHOUT_QT, "PySide6") and call(WITHOUT_QT, "pytest", "-q", *HEADLESS_TESTS)


def without_torch() -> bool:
    """The same where torch is not installed: all but training must work."""
    WITHOUT_TORCH.prepare(requirements(without=(*TORCH, *QT)))
    return is_absent(WITHOUT_TORCH, "torch") and call(WITHOUT_TORCH, "pytest", "-q", "-m", "not torch", *HEADLESS_TESTS)


def is_absent(where: Environment, module: str) -> bool:
    """Whether the environment truly lacks a module, so that the part proves what it says."""
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is not None)"
    return subprocess.run([str(where.python), "-c", code], check=False).returncode == 0


def all_tests(words: Sequence[str]) -> bool:
    """Every test, the window's under a virtual display."""
    with virtual_display() as variables:
        return call(MAIN, "pytest", *words, **variables)


def executable() -> bool:
    """The executable, built, installed and tried under a virtual display."""
    with virtual_display() as variables:
        return installed.passes(variables)


def parts(words: Sequence[str]) -> dict[str, Callable[[], bool]]:
    """Quick ones first; pytest's closing line is the last of the long outputs."""
    return {
        "style": lambda: call(MAIN, "ruff", "check", "."),
        "format": lambda: call(MAIN, "ruff", "format", "--check", "."),
        "types": lambda: call(MAIN, "mypy"),
        "contracts": lambda: call(MAIN, "lint-imports"),
        "without-qt": without_qt,
        "without-torch": without_torch,
        "executable": executable,
        "pytest": lambda: all_tests(words),
    }


# ---------------------------------------------------------------- the display


@contextlib.contextmanager
def virtual_display() -> Iterator[dict[str, str]]:
    """Variables that lead Qt to an X server of our own, or to none where Xvfb cannot be had."""
    if not sys.platform.startswith("linux"):
        yield {}
        return
    if shutil.which("Xvfb") is None and not (system.may_install() and system.apt_install(["xvfb"])):
        say("Xvfb is not installed; the window's tests draw into memory instead (sudo apt-get install xvfb).")
        yield {"QT_QPA_PLATFORM": "offscreen"}
        return
    with xvfb() as display:
        yield {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}


@contextlib.contextmanager
def xvfb() -> Iterator[str]:
    """Start a virtual X server that chooses a free number, yield its name, and end it."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()  # comes when it is ready; empty when it died
        if not number:
            raise SetupError("Xvfb does not start. Run it by hand to see why.")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


# ---------------------------------------------------------------- all of it


@contextlib.contextmanager
def beside(names: Sequence[str]) -> Iterator[Callable[[], bool]]:
    """Run parts in a process of their own at the same time; the function waits, prints what they said, and tells whether
    they passed. Left early, it ends them."""
    command = [sys.executable, str(ROOT / "packaging" / "test.py"), *(word for name in names for word in ("--only", name))]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)

        def passed() -> bool:
            code = process.wait()
            said.seek(0)
            say(said.read())
            return code == 0

        try:
            yield passed
        finally:
            process.terminate()
            process.wait()


def everything(words: Sequence[str]) -> dict[str, tuple[bool, float]]:
    """All parts: those that need an environment of their own work beside the others, for most machines have two cores."""
    table = parts(words)
    with beside(BESIDE) as others:
        results = run(table, [name for name in table if name not in BESIDE])
        return results | run({"beside": others}, None)


def main(words: Sequence[str]) -> int:
    """Run the parts; 0 when every one passed."""
    parser = argparse.ArgumentParser(prog="test.py", description="Test Gensmith; other words go to pytest.")
    parser.add_argument("--only", action="append", choices=list(parts([])), help="run this part only; may be repeated")
    chosen, rest = parser.parse_known_args(words)
    try:
        MAIN.prepare(environment.GENSMITH_AND_TESTS)
        if missing := MAIN.provide_qt():
            say(missing)
        return report(run(parts(rest), chosen.only) if chosen.only else everything(rest))
    except SetupError as error:
        say(str(error))
        return 4
    except KeyboardInterrupt:
        return 130


def run(table: dict[str, Callable[[], bool]], only: Sequence[str] | None) -> dict[str, tuple[bool, float]]:
    """Run each part, all of them even if one fails; whether it passed and how many seconds it took."""
    results = {}
    for name in only or table:
        say(f"\n──── {name}")
        start = time.monotonic()
        passed = table[name]()
        results[name] = (passed, time.monotonic() - start)
    return results


def report(results: dict[str, tuple[bool, float]]) -> int:
    """Print a line for each part; the exit code."""
    say("")
    for name, (passed, seconds) in results.items():
        say(f"{'ok  ' if passed else 'FAIL'} {name:14} {seconds:7.1f} s")
    return 0 if all(passed for passed, _ in results.values()) else 1
