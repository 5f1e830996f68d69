"""Virtual environments that are made once, know when they are out of date, and recover from a cut-off installation.

Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import system
from system import SetupError, say

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
GENSMITH = ("-e", ".")
GENSMITH_AND_TESTS = ("-e", ".[test]")
GENSMITH_TO_BUILD = ("-e", ".[build]")
MUCH_TOO_LARGE = (
    "This machine has no NVIDIA card. Should pip now fetch packages called nvidia-…, these are gigabytes that nothing here "
    "needs: press Ctrl-C and see “Start” in README.md for the small torch."
)
PYTHON = ".".join(map(str, sys.version_info[:2]))


def declared() -> dict[str, Any]:
    """The tables of ``pyproject.toml`` that decide what is installed."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {"project": tables["project"], "build-system": tables["build-system"]}


def name_of(requirement: str) -> str:
    """The distribution's name: ``torch`` of ``torch==2.13.0``."""
    return re.match(r"[\w.-]+", requirement)[0].lower()


def requirements(*, without: Sequence[str] = (), extras: Sequence[str] = ("test",)) -> tuple[str, ...]:
    """What Gensmith and the extras named require, less the distributions named."""
    project = declared()["project"]
    lines = project["dependencies"] + [line for name in extras for line in project["optional-dependencies"][name]]
    return tuple(line for line in lines if name_of(line) not in without)


@dataclass(frozen=True)
class Environment:
    """A virtual environment of ours in ``folder``."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    # ------------------------------------------------ the stamp: what is installed completely

    @property
    def _stamp(self) -> Path:
        return self.folder / "gensmith.json"

    def _read_stamp(self) -> dict[str, Any]:
        try:
            return json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _write_stamp(self, **values: object) -> None:
        temporary = self._stamp.with_suffix(".tmp")
        temporary.write_text(json.dumps(values), encoding="utf-8")
        temporary.replace(self._stamp)

    def _key(self, wanted: Sequence[str]) -> str:
        """Changes with everything that decides what must be installed, the place included: environments do not move."""
        decided_by = [declared(), CONSTRAINTS.read_text(encoding="utf-8"), wanted, PYTHON]
        place = [str(self.folder), platform.system(), platform.machine()]
        return hashlib.sha256(json.dumps([*decided_by, *place], sort_keys=True).encode()).hexdigest()

    def is_ready(self, *wishes: Sequence[str]) -> bool:
        """Whether one of the ``wishes`` is installed completely."""
        return self.python.exists() and self._read_stamp().get("done") in {self._key(wanted) for wanted in wishes}

    # ------------------------------------------------ making it

    def prepare(self, wanted: Sequence[str], *, also_good: Sequence[str] | None = None) -> None:
        """Install ``wanted`` (words for pip) unless it, or ``also_good``, is there already.

        Raises
        ------
        SetupError
            It could not be made or filled.
        """
        wishes = [wanted] if also_good is None else [wanted, also_good]
        if self.is_ready(*wishes):
            return
        with self._alone():
            if not self.is_ready(*wishes):
                self._make()
                self._install(wanted)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep a second call waiting while the first installs."""
        try:
            stream = self.folder.with_name(f"{self.folder.name}.lock").open("w")
        except OSError as error:
            remedy = "Copy Gensmith's folder to a place where you may write."
            raise SetupError(f"Nothing can be installed in {self.folder.parent}: {error.strerror}. {remedy}") from error
        with stream:
            system.wait_for_lock(stream)
            yield

    def _make(self) -> None:
        """Create the environment; afresh when an earlier installation was cut off or its Python was another."""
        stamp = self._read_stamp()
        if self.folder.exists() and not stamp:
            raise SetupError(f"{self.folder} was not made by Gensmith. Move it away, then call this again.")
        if self.python.exists() and "done" in stamp and stamp["python"] == PYTHON:
            return
        if importlib.util.find_spec("ensurepip") is None:
            system.install_venv_module(f"python{PYTHON}-venv")
        say(f"Making the environment {self.folder.name} with Python {PYTHON} …")
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        self._write_stamp(installing=True)
        self._call([sys.executable, "-m", "venv", str(self.folder)], "The environment could not be made.")

    def _install(self, wanted: Sequence[str]) -> None:
        """Run pip, torch first; the stamp says "done" only after all of it."""
        self._write_stamp(installing=True)
        torch = next(line for line in requirements() if name_of(line) == "torch")
        if torch in wanted or "-e" in wanted:
            say("Installing torch: once, and it is large; this can take some minutes …")
            if not system.may_have_use_for_cuda():
                say(MUCH_TOO_LARGE)
            self._pip(torch)
        say("Installing the rest …")
        self._pip(*wanted)
        self._write_stamp(done=self._key(wanted), python=PYTHON)

    def _pip(self, *words: str) -> None:
        """Install with the person's own pip configuration: it alone says where packages come from."""
        options = ["--disable-pip-version-check", "--no-warn-script-location", "-c", str(CONSTRAINTS)]
        self._call(
            [str(self.python), "-m", "pip", "install", *options, *words],
            "pip could not install everything; its last lines above say why (no network? no room on the disk?). "
            "Mend that and call this again.",
        )

    @staticmethod
    def _call(command: list[str], complaint: str) -> None:
        """Run a command in the checkout; what it says goes to stderr, as stdout belongs to the verb that comes after."""
        if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, env=clean_environ(), check=False).returncode:
            raise SetupError(complaint)

    # ------------------------------------------------ using it

    def provide_qt(self) -> str:
        """See to it that Qt's libraries are there, once; what is still missing and how to install it, or nothing."""
        stamp = self._read_stamp()
        if stamp.get("qt loads"):
            return ""
        missing = system.provide_qt(self.python)
        if not missing:
            self._write_stamp(**stamp, **{"qt loads": True})
        return missing

    def no_window_because(self) -> str:
        """Why no window can be opened here; empty when one can."""
        return self.provide_qt() if system.has_display() else "There is no display here."

    def environ(self) -> dict[str, str]:
        """Variables for a process of this environment.

        An editable installation is found through a .pth file, which Windows reads in the locale's encoding and so
        misses in a folder with accents: hence the path.
        """
        return clean_environ() | {"PYTHONPATH": str(ROOT)}

    def become(self, words: Sequence[str]) -> int:
        """Replace this process by the environment's Python with ``words``; where that cannot be done, run and wait."""
        command = [str(self.python), *words]
        if os.name != "nt":
            os.execve(command[0], command, self.environ())
        process = subprocess.Popen(command, env=self.environ())
        while True:
            with contextlib.suppress(KeyboardInterrupt):  # the child has heard it too, and decides
                return process.wait()


def clean_environ() -> dict[str, str]:
    """This process's variables without those that would lead another Python astray."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}}
