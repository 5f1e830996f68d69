"""Which device to use, how fast it is, and being a good neighbour on it."""

from __future__ import annotations

import contextlib
import os
import time

import psutil
import torch
from torch import nn

from desktop_app.project.errors import GensmithError

NICENESS = 10


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
    """Give way to the window: lower priority on the CPU, one thread for each core; returns the threads."""
    count = threads or psutil.cpu_count(logical=False) or 1
    torch.set_num_threads(count)
    torch.backends.cudnn.benchmark = True
    if on.type == "cpu":
        with contextlib.suppress(OSError, psutil.Error):
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else NICENESS)
    return count


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


def synchronise(on: torch.device) -> None:
    """Wait for a GPU; a CPU is never behind."""
    if on.type == "cuda":
        torch.cuda.synchronize(on)


def memory(on: torch.device) -> int:
    """Bytes that this process holds: on the GPU where there is one, else in main memory."""
    return int(torch.cuda.memory_reserved(on)) if on.type == "cuda" else int(psutil.Process().memory_info().rss)
