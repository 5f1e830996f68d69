"""What this machine has, what is missing, what to do."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Literal

from desktop_app import __version__
from desktop_app.cli import qt_libraries
from desktop_app.cli.terminal import Output
from desktop_app.engine.awake import kept_awake
from desktop_app.jobs import machine
from desktop_app.jobs.launch import engine_environment, self_command
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_bytes
from desktop_app.project.store import home, projects_folder

LITTLE_DISK = 5 * 10**9
LITTLE_MEMORY = 4 * 10**9
MARKS = {"good": "✓", "care": "!", "bad": "✗"}


@dataclass(frozen=True)
class Finding:
    """One line of the examination.

    Attributes
    ----------
    state
        ``bad``: something that Gensmith needs is missing; ``care``: it works, but.
    remedy
        What to do; empty when nothing need be done.
    """

    name: str
    state: Literal["good", "care", "bad"]
    value: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at everything that matters."""
    here = machine.describe(projects_folder())
    return [
        Finding("Gensmith", "good", __version__),
        _python(),
        Finding("system", "good", here.system),
        _processor(here),
        _memory(here),
        _disk(here),
        _home(),
        *_graphics(here, _torch()),
        _library("onnxruntime", "generates without torch"),
        _qt(),
        _display(),
        _sleep(),
    ]


def doctor(output: Output) -> int:
    """Say it; the exit code is 4 when something is missing that Gensmith needs."""
    found = examine()
    lines = [f"{MARKS[one.state]} {one.name:16} {one.value}" + (f"\n    {one.remedy}" if one.remedy else "") for one in found]
    healthy = all(one.state != "bad" for one in found)
    closing = "Everything that Gensmith needs is here." if healthy else "Something is missing: see ✗."
    output.result("\n".join([*lines, closing]), {"healthy": healthy, "findings": [asdict(one) for one in found]})
    return 0 if healthy else 4


# ---------------------------------------------------------------- the parts


def _python() -> Finding:
    version = platform.python_version()
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("Python", "good" if supported else "care", version, "" if supported else "Tested with Python 3.11 to 3.13.")


def _processor(here: machine.Machine) -> Finding:
    speed = machine.speed(here)
    how = {"training": "seen in training", "measured": "measured", "assumed": "assumed"}[speed.source]
    return Finding("processor", "good", f"{here.cpu}, {here.cores} cores; trains at {speed.gflops:,.0f} GFLOP/s ({how})")


def _memory(here: machine.Machine) -> Finding:
    value = f"{here.memory_free / 1e9:.1f} of {here.memory / 1e9:.1f} GB free"
    little = here.memory_free < LITTLE_MEMORY
    return Finding("memory", "care" if little else "good", value, "Close other programs before you train." if little else "")


def _disk(here: machine.Machine) -> Finding:
    little = here.disk_free < LITTLE_DISK
    remedy = "Free some space: a training keeps checkpoints, previews and the model." if little else ""
    return Finding("disk", "care" if little else "good", f"{here.disk_free / 1e9:.1f} GB free for projects", remedy)


def _home() -> Finding:
    """Whether what belongs to the person can be written."""
    probe = home() / ".doctor"
    try:
        write_bytes(probe, b"")
        probe.unlink()
    except (GensmithError, OSError) as error:
        return Finding("own folder", "care", str(error), "Without it recent projects are not remembered.")
    return Finding("own folder", "good", str(home()))


@dataclass(frozen=True)
class Torch:
    """What a Python that loads torch says of it; ``problem`` when it does not load."""

    version: str = ""
    cuda: bool = False
    mps: bool = False
    problem: str = ""


def _torch() -> Torch:
    """Ask in another process: loading torch takes seconds and much memory."""
    done = _engine_says("hardware")
    if done.returncode:
        lines = [line for line in done.stderr.strip().splitlines() if not line.startswith("[PYI-")]  # the executable's own
        return Torch(problem=(lines or ["it does not load"])[-1])
    return Torch(**json.loads(done.stdout.splitlines()[-1]))


def _engine_says(word: str) -> subprocess.CompletedProcess[str]:
    command = [*self_command(), "engine", word]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=engine_environment()
    )


def _graphics(here: machine.Machine, torch: Torch) -> list[Finding]:
    """torch and the graphics cards, which only make sense together."""
    if torch.problem:
        remedy = "Training needs it; generating does not. Install Gensmith again, or: pip install torch==2.13.0"
        return [Finding("torch", "bad", f"does not load: {torch.problem}", remedy), _cards(here)]
    works_on = "NVIDIA GPU" if torch.cuda else "Apple GPU" if torch.mps else "CPU"
    idle = bool(here.gpus) and not torch.cuda
    remedy = "A graphics card is here, but this torch cannot use it: install the CUDA build of torch 2.13.0." if idle else ""
    return [Finding("torch", "care" if idle else "good", f"{torch.version}, trains on the {works_on}", remedy), _cards(here)]


def _cards(here: machine.Machine) -> Finding:
    cards = [f"{card.name}, {card.memory_free / 1e9:.1f} of {card.memory / 1e9:.1f} GB free" for card in here.gpus]
    return Finding("graphics card", "good", "; ".join(cards) or "no NVIDIA card: training uses the processor")


def _library(name: str, what_for: str) -> Finding:
    try:
        return Finding(name, "good", f"{importlib.metadata.version(name)}, {what_for}")
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "bad", f"missing: it {what_for}", f"Install Gensmith again, or: pip install {name}")


def _qt() -> Finding:
    """The window's libraries; without them the command line still works."""
    try:
        version = importlib.metadata.version("pyside6-essentials")
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            "Qt", "care", "not installed: there is no window, only the command line", "pip install pyside6-essentials"
        )
    missing = qt_libraries.missing_library(sys.executable)
    if missing:
        return Finding(
            "Qt", "care", f"{version}, but the window cannot open: {missing} is missing", qt_libraries.install_command()
        )
    return Finding("Qt", "good", version)


def _display() -> Finding:
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return Finding("display", "good", "there is one")
    virtual = " Xvfb is here for the tests." if shutil.which("Xvfb") else ""
    return Finding("display", "care", "none: no window can open; every verb works without one." + virtual)


def _sleep() -> Finding:
    """Whether a training of a night is safe from the machine's own rest."""
    with kept_awake() as keeper:
        if keeper:
            return Finding("sleep", "good", f"a training keeps this machine awake ({keeper})")
    remedy = "If it goes to sleep when nobody uses it, switch that off in the system's settings before a long training."
    return Finding("sleep", "care", "a training cannot keep this machine awake: nothing here answers to the wish", remedy)
