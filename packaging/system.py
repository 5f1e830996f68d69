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

QT_PACKAGES = {
    "apt-get": "libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-sync1 libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1 fonts-dejavu-core",
    "dnf": "mesa-libEGL mesa-libGL libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms "
    "xcb-util-renderutil dejavu-sans-fonts",
    "pacman": "libglvnd libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil "
    "ttf-dejavu",
    "zypper": "Mesa-libEGL1 Mesa-libGL1 libxkbcommon-x11-0 libxcb-cursor0 dejavu-fonts",
}
"""What Qt needs beside itself, by the tool that installs it."""
_TRY_QT = (
    "import ctypes, pathlib, PySide6.QtWidgets as q; "
    "ctypes.CDLL(str(pathlib.Path(q.__file__).parent / 'Qt/plugins/platforms/libqxcb.so'))"
)


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
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environ, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def install_venv_module(package: str) -> None:
    """Debian ships Python without the part that makes environments: install it, or say how."""
    if not (may_install() and apt_install([package])):
        raise SetupError(f"This Python cannot make environments. Install what is missing: sudo apt-get install {package}")


# ---------------------------------------------------------------- Qt and the display


def missing_library(python: Path) -> str:
    """Name of the first library that Qt misses here, or what it complains of; empty when Qt loads."""
    if not sys.platform.startswith("linux"):
        return ""
    done = subprocess.run([str(python), "-c", _TRY_QT], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    named = re.search(r"(\S+\.so[.\d]*): cannot open", done.stderr)
    return named[1] if named else (done.stderr.strip().splitlines() or ["a library"])[-1]


def provide_qt(python: Path) -> str:
    """Install the libraries that Qt lacks, where that can be done; else say what is missing and how to install it."""
    missing = missing_library(python)
    if missing and may_install():
        apt_install(QT_PACKAGES["apt-get"].split())
        missing = missing_library(python)
    return f"The window cannot open: this system lacks {missing}. To install it: {_qt_command()}" if missing else ""


def _qt_command() -> str:
    for tool, packages in QT_PACKAGES.items():
        if shutil.which(tool):
            return f"sudo {tool} {'-S' if tool == 'pacman' else 'install'} {packages}"
    return f"the packages that Debian calls {QT_PACKAGES['apt-get']}"


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
