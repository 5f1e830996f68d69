"""What this machine has and how fast it computes, found without torch (no Qt)."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from desktop_app.project import remembered
from desktop_app.project.processes import NO_CONSOLE

FILE = "machine.json"
"""What is known of the speed of machines, in the person's home."""
CONVOLUTION_SHARE = 0.48
"""Share of small matrix products' speed that a bare convolution, forward and backward, reaches on a CPU (measured: 50-57
of 2 × 50-65 GFLOP/s on two AVX2 cores)."""
SCALING = 0.9
"""Twice the cores are 2 ** SCALING times as fast."""
GPU_GUESS = 3_000.0
"""GFLOP/s assumed of a GPU on which nothing has been trained yet: what small networks reach on a modest card."""


@dataclass(frozen=True)
class Gpu:
    """A graphics card. Memory in bytes."""

    name: str
    memory: int
    memory_free: int


@dataclass(frozen=True)
class Machine:
    """This computer. Sizes in bytes; ``cores`` are physical ones.

    Attributes
    ----------
    gpus
        NVIDIA cards that the driver reports.
    trains_on
        Where training will run: "cuda", "mps" or "cpu".
    """

    system: str
    cpu: str
    cores: int
    memory: int
    memory_free: int
    disk_free: int
    gpus: tuple[Gpu, ...]
    trains_on: str

    @property
    def memory_for_training(self) -> int:
        """Bytes that a training may take where it will run."""
        return self.gpus[0].memory_free if self.trains_on == "cuda" else self.memory_free

    @property
    def device_name(self) -> str:
        """What the training runs on, for people."""
        return self.gpus[0].name if self.trains_on == "cuda" else f"{self.cpu}, {self.cores} cores"


def describe(folder: Path | None = None) -> Machine:
    """Look at the machine; ``disk_free`` is that of ``folder``'s disk (the person's home without one)."""
    gpus, memory = graphics_cards(), psutil.virtual_memory()
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        cpu=cpu_name(),
        cores=psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        memory=memory.total,
        memory_free=memory.available,
        disk_free=disk_free(folder or Path.home()),
        gpus=gpus,
        trains_on=training_device(gpus),
    )


def disk_free(folder: Path) -> int:
    """Free bytes on the disk of a folder, which need not exist yet; 0 when it cannot be said."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    try:
        return shutil.disk_usage(there).free if there else 0
    except OSError:
        return 0


@cache
def cpu_name() -> str:
    """The processor's name as its maker writes it."""
    if sys.platform == "linux":
        name = _from_cpuinfo()
    elif sys.platform == "darwin":
        name = _output(["sysctl", "-n", "machdep.cpu.brand_string"])
    else:
        name = os.environ.get("PROCESSOR_IDENTIFIER", "")
    return " ".join((name or platform.processor() or platform.machine()).replace("(R)", "").replace("(TM)", "").split())


def _from_cpuinfo() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def graphics_cards() -> tuple[Gpu, ...]:
    """NVIDIA cards as ``nvidia-smi`` reports them; empty without the driver."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    rows = [[cell.strip() for cell in line.split(",")] for line in _output(query).splitlines()]
    mebibyte = 2**20
    return tuple(
        Gpu(row[0], int(row[1]) * mebibyte, int(row[2]) * mebibyte)
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2].isdigit()
    )


def _output(command: list[str], seconds: float = 5.0) -> str:
    """What a small system tool prints; nothing when it is missing or fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
            stdin=subprocess.DEVNULL,
            creationflags=NO_CONSOLE,
        )
        return done.stdout.strip()
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""


def torch_version() -> str:
    """Version of the installed torch from its package data, without loading it; empty when there is none."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""


def training_device(gpus: tuple[Gpu, ...]) -> str:
    """Where training will run: a card counts only when the installed torch is built for it."""
    if gpus and not torch_version().endswith("+cpu"):
        return "cuda"
    return "mps" if sys.platform == "darwin" and platform.machine() == "arm64" else "cpu"


# ---------------------------------------------------------------- speed


@dataclass(frozen=True)
class Speed:
    """How fast this machine trains.

    Attributes
    ----------
    gflops
        10⁹ operations a second of a bare convolution, forward and backward: what a family's estimate starts from.
    source
        "training": seen in an earlier training here; "rehearsal": in a rehearsal of one; "measured": from a short trial;
        "assumed": nothing was measured.
    rates
        Training pictures a second by ``family/size``, where they were measured for the pictures at hand
        (:mod:`desktop_app.jobs.calibration`).
    bare
        Bytes of an engine that has loaded torch and done nothing else; 0 where that was not measured.
    """

    gflops: float
    source: str
    rates: Mapping[str, float] = field(default_factory=dict)
    bare: int = 0


def speed(machine: Machine) -> Speed:
    """The best knowledge there is: an earlier training's speed, else a short trial (about 0.3 s), kept for the next time."""
    known = remembered.recall(FILE).get(_key(machine))
    if isinstance(known, dict) and isinstance(known.get("gflops"), int | float) and known["gflops"] > 0:
        return Speed(float(known["gflops"]), str(known.get("source", "measured")))
    if machine.trains_on == "cpu":
        found = Speed(CONVOLUTION_SHARE * machine.cores**SCALING * matrix_speed(), "measured")
        _keep(machine, found)
        return found
    return Speed(GPU_GUESS, "assumed")


def gflops() -> float:
    """10⁹ operations a second, as a family's estimate takes them, on this machine."""
    return speed(describe()).gflops


def remember_speed(machine: Machine, gflops: float) -> None:
    """Keep what a real training reached: the next estimates start from it."""
    _keep(machine, Speed(gflops, "training"))


def matrix_speed(seconds: float = 0.3, side: int = 64) -> float:
    """10⁹ operations a second of one core in float32 matrix products: the best of the tries within ``seconds``.

    They are so small that they take microseconds on one core: other work on the machine hardly disturbs the best of them,
    whereas threads that wait for each other make large ones a hundred times slower on a busy machine.
    """
    import numpy as np  # here, so that the first window need not wait for it

    a = np.random.default_rng(0).random((side, side), dtype=np.float32)
    out = np.empty_like(a)
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(4):
            np.matmul(a, a, out)
        best = max(best, 4 * 2 * side**3 / 1e9 / (time.perf_counter() - start))
    return best


def _key(machine: Machine) -> str:
    return f"{machine.trains_on}: {machine.device_name}"


def _keep(machine: Machine, found: Speed) -> None:
    remembered.remember(FILE, {_key(machine): {"gflops": round(found.gflops, 2), "source": found.source}})
