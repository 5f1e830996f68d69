"""What the operating system must bring: the libraries under Qt, a display, Python's venv module. Standard library only."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from desktop_app.cli import qt_libraries


class SetupError(Exception):
    """What went wrong and what to do, in a sentence or two."""


def say(text: str) -> None:
    """Tell the person, on stderr."""
    print(text, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- packages of the system


def may_install() -> bool:
    """Whether this process may install Debian packages without asking anyone."""
    return sys.platform.startswith("linux") and shutil.which("apt-get") is not None and os.geteuid() == 0


def apt_install(packages: Sequence[str]) -> bool:
    """Install Debian packages; whether that went well."""
    say(f"Installing from this system's packages: {' '.join(packages)} …")
    patient = ["-o", "DPkg::Lock::Timeout=300"]  # another part, or the system's own updates, may be installing
    install = ["apt-get", *patient, "install", "-y", "-q", "--no-install-recommends", *packages]
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environ, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def install_venv_module(package: str) -> None:
    """Debian ships Python without the part that makes environments: install it, or say how."""
    if not (may_install() and apt_install([package])):
        raise SetupError(f"This Python cannot make environments. Install what is missing: sudo apt-get install {package}")


# ---------------------------------------------------------------- devices


def may_have_use_for_cuda() -> bool:
    """Whether a torch for NVIDIA cards makes sense; only on Linux does pip fetch that one without being asked."""
    driver = Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None
    return driver or not sys.platform.startswith("linux")


# ---------------------------------------------------------------- Qt and the display


def provide_qt(python: Path) -> str:
    """Install the libraries that Qt lacks, where that can be done; else say what is missing and how to install it."""
    missing = qt_libraries.missing_library(python)
    if missing and may_install():
        apt_install(qt_libraries.PACKAGES["apt-get"].split())
        missing = qt_libraries.missing_library(python)
    return (
        f"The window cannot open: this system lacks {missing}. To install it: {qt_libraries.install_command()}"
        if missing
        else ""
    )


def has_display() -> bool:
    """Whether a window could be shown: always on Windows and macOS, elsewhere when a display server answers."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    display = os.environ.get("DISPLAY", "")
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if not local:
        return bool(display)
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(f"/tmp/.X11-unix/X{local[1]}") == 0


# ---------------------------------------------------------------- files


def wait_for_lock(stream: IO[str]) -> None:
    """Wait until no other process holds ``stream``'s file; closing it lets go."""
    if os.name == "nt":
        import msvcrt

        taken = False
        while not taken:
            with contextlib.suppress(OSError):  # it gives up after ten seconds
                msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)
                taken = True
    else:
        import fcntl

        fcntl.flock(stream, fcntl.LOCK_EX)
