"""The system's libraries under Qt: what is missing, and how to install it. Standard library only: set-up uses it too."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {
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
_TRY = (
    "import ctypes, pathlib, PySide6.QtWidgets as q; "
    "ctypes.CDLL(str(pathlib.Path(q.__file__).parent / 'Qt/plugins/platforms/libqxcb.so'))"
)


def missing_library(python: str | Path) -> str:
    """Name of the first library that Qt misses for this Python, or what it complains of; empty when Qt loads."""
    if getattr(sys, "frozen", False):
        return _missing_in_executable()
    code = _TRY if sys.platform.startswith("linux") else "import PySide6.QtWidgets"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return _named(done.stderr)


def _named(complaint: str) -> str:
    """The library that a failed import or load names."""
    named = re.search(r"(\S+\.so[.\d]*): cannot open", complaint)
    return named[1] if named else (complaint.strip().splitlines() or ["a library"])[-1]


def _missing_in_executable() -> str:
    """The same for the installed executable, which has no Python to ask but carries Qt with it."""
    plugins = (Path(sys.prefix) / "PySide6").glob("Qt/plugins/platforms/libqxcb.so")
    try:
        for plugin in plugins:
            ctypes.CDLL(str(plugin))
    except OSError as error:
        return _named(str(error))
    return ""


def install_command() -> str:
    """What the person types to install Qt's libraries on this system."""
    for tool, packages in PACKAGES.items():
        if shutil.which(tool):
            return f"sudo {tool} {'-S' if tool == 'pacman' else 'install'} {packages}"
    return f"the packages that Debian calls {PACKAGES['apt-get']}"
