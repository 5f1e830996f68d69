"""Arithmetic and conditions that the benchmarks share."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil

from desktop_app.jobs.launch import engine_environment

ROOT = Path(__file__).resolve().parents[2]
SCREEN = "1600x1000x24"


def use_processors(count: int) -> int:
    """Keep this process and its children to so many processors, where the system can; returns how many there are."""
    here = psutil.Process()
    if hasattr(here, "cpu_affinity"):
        here.cpu_affinity(here.cpu_affinity()[:count])
        return len(here.cpu_affinity())
    return min(count, psutil.cpu_count() or 1)


def alternate(first: Callable[[], float], second: Callable[[], float], times: int) -> tuple[list[float], list[float]]:
    """Measure two things in turn, so that what else the machine does falls on both; the order changes every time."""
    a: list[float] = []
    b: list[float] = []
    for turn in range(times):
        pair: list[tuple[Callable[[], float], list[float]]] = [(first, a), (second, b)]
        for measure, values in pair if turn % 2 == 0 else reversed(pair):
            values.append(measure())
    return a, b


def ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """Ratio of the medians."""
    return statistics.median(a) / statistics.median(b)


def interval(a: Sequence[float], b: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """95 % interval of :func:`ratio`, by resampling both."""
    rng = np.random.default_rng(seed)
    draws = [ratio(rng.choice(a, len(a)).tolist(), rng.choice(b, len(b)).tolist()) for _ in range(2000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class PeakMemory:
    """The most memory that a process and its children held at the same time, looked at twice a second.

    Pages that several share are shared out among them where the system tells (Linux).
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="peak memory")
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(self._pid)
                family = [process, *process.children(recursive=True)]
                self.peak = max(self.peak, sum(map(_held, family)))

    def end(self) -> int:
        """Stop looking; returns the peak in bytes."""
        self._stop.set()
        self._thread.join()
        return self.peak


def _held(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return int(getattr(full, "pss", 0) or full.rss)


# ---------------------------------------------------------------- processes


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment with the project on the path and a home of its own."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PYTHONPATH": path, "GENSMITH_HOME": str(home), "PYTHONUTF8": "1"} | more


def python(*words: str, env: dict[str, str], timeout: float = 600) -> str:
    """Run a Python of its own with these words; returns what it printed."""
    done = subprocess.run([sys.executable, *words], env=env, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(f"the measured process failed ({done.returncode}):\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def as_the_engine(module: str, main: Callable[[], int]) -> int:
    """Run ``main`` with the engine's variables, in a new process where this one lacks them: OpenMP reads them once.

    Threads that spin while they wait would be measured in the place of the work.
    """
    if os.environ.get("OMP_WAIT_POLICY") == "PASSIVE":
        return main()
    return subprocess.run([sys.executable, "-m", module, *sys.argv[1:]], env=engine_environment()).returncode


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """Variables that lead Qt to an X server of our own, or into memory where there is none; says which by ``SCREEN_KIND``."""
    if shutil.which("Xvfb") is None or not sys.platform.startswith("linux"):
        yield {"QT_QPA_PLATFORM": "offscreen", "SCREEN_KIND": "in memory"}
        return
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            screen = answer.readline().strip()
        yield {"DISPLAY": f":{screen}", "QT_QPA_PLATFORM": "xcb", "SCREEN_KIND": "on a virtual X server"}
    finally:
        server.terminate()
        server.wait()
