"""What every test stands on: a home of its own, one thread for arithmetic, no network, no thread left behind."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.waiting import PATIENCE

# Contended threads make small arithmetic crawl. Set before numpy, torch and onnxruntime load; engines inherit it.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"
if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

hypothesis.settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("thorough", max_examples=1000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Without Qt there is no pytest-qt to know its own settings in ``pyproject.toml``."""
    if importlib.util.find_spec("pytestqt") is None:
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "for pytest-qt, which is not installed here")


# ---------------------------------------------------------------- the person's home


@pytest.fixture(scope="session", autouse=True)
def _no_real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the person who runs the tests is read or written, fixtures of a wider scope included."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GENSMITH_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower().replace("_", "-"))))
        yield


@pytest.fixture(autouse=True)
def gensmith_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh ``GENSMITH_HOME`` for each test."""
    home = tmp_path_factory.mktemp("gensmith-home")
    monkeypatch.setenv("GENSMITH_HOME", str(home))
    return home


# ---------------------------------------------------------------- the network


def _is_local(address: Any) -> bool:
    """Unix sockets, loopback, and names that mean it."""
    host = address[0] if isinstance(address, tuple) else address
    return not isinstance(address, tuple) or str(host) in {"", "localhost", "::1"} or str(host).startswith("127.")


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Reaching for another machine fails the test: nothing leaves the person's own."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(address: Any) -> None:
        if not _is_local(address):
            raise AssertionError(f"The network was reached for: {address!r}")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse(address)
        return connect_ex(self, address)

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        refuse((host or "",))
        return lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


# ---------------------------------------------------------------- waiting


@pytest.fixture(scope="session", autouse=True)
def _patient() -> Iterator[None]:
    """What a window waits for may take as long as other work on the machine makes it take: five seconds are not enough."""
    if importlib.util.find_spec("pytestqt") is None:
        yield
        return
    from pytestqt.qtbot import QtBot

    with pytest.MonkeyPatch.context() as patch:
        for wait in (QtBot.waitUntil, QtBot.waitSignal):
            patch.setitem(wait.__kwdefaults__, "timeout", round(1000 * PATIENCE))
        yield


# ---------------------------------------------------------------- threads

GRACE = 30.0
"""Seconds that a thread may take to end after its test."""


def _starter() -> str:
    """The line of ours that starts a thread just now."""
    frames = [frame for frame in traceback.extract_stack()[:-2] if "site-packages" not in frame.filename]
    ours = [frame for frame in frames if "desktop_app" in frame.filename or f"{os.sep}tests{os.sep}" in frame.filename]
    frame = (ours or frames)[-1]
    return f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"


@pytest.fixture(autouse=True)
def _no_leaked_python_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thread that outlives its test fails it, with the line that started it."""
    started: list[tuple[threading.Thread, str]] = []
    start = threading.Thread.start

    def recording(thread: threading.Thread) -> None:
        started.append((thread, _starter()))
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", recording)
    yield
    deadline = time.monotonic() + GRACE
    for thread, _ in started:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [f"{thread.name} started at {line}" for thread, line in started if thread.is_alive()]
    if left:
        pytest.fail("Threads left running:\n" + "\n".join(left))


@pytest.fixture(autouse=True)
def _no_leaked_qt_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same for QThread, in the tests that have Qt loaded."""
    if "PySide6.QtCore" not in sys.modules:
        yield
        return
    from PySide6.QtCore import QThread
    from shiboken6 import isValid

    started: list[tuple[QThread, str]] = []
    start = QThread.start

    def recording(thread: QThread, *args: Any) -> None:
        started.append((thread, _starter()))
        start(thread, *args)

    monkeypatch.setattr(QThread, "start", recording)
    yield
    deadline = time.monotonic() + GRACE
    for thread, _ in started:
        if isValid(thread):
            thread.wait(max(0, round(1000 * (deadline - time.monotonic()))))
    left = [f"{type(thread).__name__} started at {line}" for thread, line in started if isValid(thread) and thread.isRunning()]
    if left:
        pytest.fail("QThreads left running:\n" + "\n".join(left))
