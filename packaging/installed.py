"""Proves the executable: built, installed from its package into an empty folder, tried there without any Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import debian
import executable
from system import say


def passes(display: Mapping[str, str]) -> bool:
    """Build it, install it, let it test itself; ``display`` holds the variables that lead Qt to a screen."""
    folder = executable.gensmith()
    say(f"{folder.name}: {executable.size_words(folder)}")
    with tempfile.TemporaryDirectory(prefix="gensmith-installed-", dir=executable.WORK) as name:
        return tests_itself(_install(folder, Path(name)), Path(name), display)


def _install(folder: Path, root: Path) -> Path:
    """Unpack the package into ``root``, where the system has that kind; the program."""
    if shutil.which("dpkg-deb") is None:
        return folder / "gensmith"
    package = debian.build(folder, executable.DIST, executable.WORK / "deb", executable.ICONS)
    say(f"{package.name}: {executable.size_words(package)}")
    subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
    return root / "usr/bin/gensmith"


def tests_itself(program: Path, root: Path, display: Mapping[str, str]) -> bool:
    """Whether the program's selftest passes in an environment that knows no Python, every page of the window included."""
    (root / "home").mkdir(parents=True)
    (root / "nothing").mkdir()
    variables = {"PATH": str(root / "nothing"), "HOME": str(root / "home"), "LANG": "C.UTF-8", **display}
    variables |= {name: value for name, value in os.environ.items() if name.endswith("_NUM_THREADS")}
    done = subprocess.run([str(program), "selftest", "--json"], env=variables, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return False
    absent = [step["step"] for step in json.loads(done.stdout.splitlines()[-1])["steps"] if step["state"] != "passed"]
    if absent:
        say(f"The executable could not try everything: {', '.join(absent)}.")
    return not absent
