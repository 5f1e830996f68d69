"""Which device to use, how fast it is, and being a good neighbour on it."""

from __future__ import annotations

import json
import math
import statistics
import sys
import time

import psutil
import torch
from torch import nn

from desktop_app.project.errors import GensmithError
from desktop_app.project.processes import give_way

CLEARLY = 0.7
"""Share of the usual layout's time below which another one is taken."""


def device(wish: str) -> torch.device:
    """The device for ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises
    ------
    GensmithError
        The one asked for is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if there[name]))
    if not there[wish]:
        raise GensmithError(f"This machine has no {wish.upper()} device that can be used.", "Choose “auto” or “cpu”.", code=4)
    return torch.device(wish)


def settle(on: torch.device, threads: int | None) -> int:
    """Give way to the window (lower priority on the CPU) and choose the number of threads; returns it.

    Where it is not asked for it is measured: beside other work a thread for every core can be far slower than fewer,
    because each waits for the one that was interrupted.
    """
    torch.backends.cudnn.benchmark = True
    if on.type != "cpu":
        return torch.get_num_threads()
    give_way()
    cores = psutil.cpu_count(logical=False) or 1
    tries = [threads] if threads else sorted({cores, max(1, cores - 1), max(1, cores // 2)})
    count = max(tries, key=_speed_with) if len(tries) > 1 else tries[0]
    torch.set_num_threads(count)
    return count


def _speed_with(threads: int) -> float:
    """Mean, not best: what counts is the speed beside whatever else the machine does."""
    torch.set_num_threads(threads)
    return statistics.fmean(gflops(torch.device("cpu"), 0.1) for _ in range(3))


def gflops(on: torch.device, seconds: float = 0.4) -> float:
    """10⁹ operations a second of a convolution, forward and backward: the best of the tries within ``seconds``."""
    layer = nn.Conv2d(64, 64, 3, padding=1).to(on, memory_format=torch.channels_last)
    x = torch.randn(32, 64, 16, 16, device=on).to(memory_format=torch.channels_last).requires_grad_()
    work = 3 * 2 * 32 * 16 * 16 * 64 * 64 * 9 / 1e9
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        layer(x).sum().backward()
        synchronise(on)
        best = max(best, work / (time.perf_counter() - start))
    return best


def memory_format(on: torch.device, seconds: float = 0.15) -> torch.memory_format:
    """The layout of pictures in memory in which convolutions are quicker here; measured, in turns.

    Channels last unless the other one is clearly quicker: two runs of one machine should not differ by chance.
    """
    formats = (torch.channels_last, torch.contiguous_format)
    took = dict.fromkeys(formats, math.inf)
    end = time.perf_counter() + 2 * seconds
    while time.perf_counter() < end:
        for layout in formats:
            took[layout] = min(took[layout], _residual_step(on, layout))
    return formats[took[formats[1]] < CLEARLY * took[formats[0]]]


def _residual_step(on: torch.device, layout: torch.memory_format) -> float:
    """Seconds of a step through what networks are made of: normalisation, activation, convolution."""
    block = nn.Sequential(nn.GroupNorm(8, 64), nn.SiLU(), nn.Conv2d(64, 64, 3, padding=1)).to(on, memory_format=layout)
    x = torch.randn(16, 64, 16, 16, device=on).contiguous(memory_format=layout).requires_grad_()
    synchronise(on)
    start = time.perf_counter()
    block(x).square().sum().backward()
    synchronise(on)
    return time.perf_counter() - start


def synchronise(on: torch.device) -> None:
    """Wait for a GPU; a CPU is never behind."""
    if on.type == "cuda":
        torch.cuda.synchronize(on)


def memory(on: torch.device) -> int:
    """Bytes that this process holds: on the GPU where there is one, else in main memory."""
    return int(torch.cuda.memory_reserved(on)) if on.type == "cuda" else int(psutil.Process().memory_info().rss)


def main() -> int:
    """Say in a line of JSON what this torch can use: the command line, which never loads torch, asks so."""
    devices = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    sys.stdout.write(json.dumps({"version": torch.__version__, **devices}) + "\n")
    return 0
