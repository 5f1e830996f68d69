"""Run a piece of Python in a process of its own: as somebody without rights, or with a small or read-only disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


IMPORTS = """
import os, signal, sys, tempfile
from pathlib import Path
from PIL import Image
from desktop_app.data import *
from desktop_app.project.document import Data
from desktop_app.project.errors import GensmithError
from tests.data.pictures import scene
Image.init()
"""

DROP = """
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
"""


def python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``code`` with the given ``sys.argv[1:]``; what it prints comes back."""
    command = [sys.executable, "-c", IMPORTS + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)


def without_rights(code: str) -> subprocess.CompletedProcess[str]:
    """Run as a user whom permissions bind: root may read everything, so root becomes nobody once all is imported."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions work differently on this system")
    return python(DROP + code)


def on_disk(place: Path, options: str, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run with a memory disk of its own at ``place`` (mount ``options``); skips where the system forbids it."""
    if shutil.which("unshare") is None:
        pytest.skip("this system cannot give a process a disk of its own")
    place.mkdir(parents=True, exist_ok=True)
    script = f'mount -t tmpfs -o {options} tmpfs "$1" || exit 99; shift; exec "$@"'
    command = ["unshare", "-Urm", "sh", "-c", script, "sh", place, sys.executable, "-c", IMPORTS + code, place, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT, timeout=120)
    if done.returncode == 99 or "unshare failed" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip("this system does not let a test mount a disk")
    return done
