"""Drawing many pictures on all cores, so that no picture depends on how many are drawn beside it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Protocol

import numpy as np

from desktop_app.project.errors import Cancelled
from desktop_app.runtime.painters import Painter
from desktop_app.runtime.sampling import Float32, noise, one_hot

BLOCK = 4
"""Pictures in every call of the network. The last bits of a logarithm or a product of matrices depend on how many are
computed at once and on the place in the row, so that blocks are always full and a picture always has the same place in the
same block: picture i stands at i % 4 in block i // 4. Several whole blocks may stand in one call: onnxruntime works on groups
of four values or masks the ends of longer ones, and sums each row of a product in the same order at any number of rows."""
_VALUES = 2**17
"""Values in the pictures of a call with several blocks. Small pictures gain a sixth of the time by it; large ones hardly, and
whoever waits for the first of them would wait longer."""
_POLL = 0.05


class Work(Protocol):
    """What to draw, laid out in blocks."""

    @property
    def blocks(self) -> range:
        """Numbers of the blocks in which the pictures stand."""
        ...

    def wanted(self, block: int) -> list[tuple[int, int]]:
        """Number and row of each picture of a block that was asked for."""
        ...

    def begin(self, block: int, paint: Painter) -> tuple[Float32, Float32]:
        """What a block is drawn from, (BLOCK, …), and its labels, (BLOCK, K)."""
        ...


@dataclass(frozen=True)
class Plan:
    """Pictures ``start`` to ``start + count`` of a seed.

    Attributes
    ----------
    classes
        How many there are; 0 without.
    label
        Class number of a picture by its index, -1 for none.
    """

    seed: int
    start: int
    count: int
    classes: int
    label: Callable[[int], int]

    @property
    def blocks(self) -> range:
        """Numbers of the blocks in which the pictures stand."""
        return range(self.start // BLOCK, -(-(self.start + self.count) // BLOCK))

    def wanted(self, block: int) -> list[tuple[int, int]]:
        """Index and row of the pictures of a block that were asked for."""
        first, last = max(self.start, block * BLOCK), min(self.start + self.count, (block + 1) * BLOCK)
        return [(index, index - block * BLOCK) for index in range(first, last)]

    def begin(self, block: int, paint: Painter) -> tuple[Float32, Float32]:
        """The block's noise as the painter begins with it, and its labels."""
        indices = range(block * BLOCK, (block + 1) * BLOCK)
        labels = one_hot([self.label(index) for index in indices], self.classes)
        return paint.begin(noise(self.seed, indices, paint.noise_shape), labels), labels


@dataclass(frozen=True)
class Hands:
    """Who draws how much.

    Attributes
    ----------
    workers
        Threads side by side.
    together
        Blocks in every call of the network.
    """

    workers: int
    together: int = 1

    @classmethod
    def share(cls, blocks: int, *, cores: int, batch: int, values: int) -> Hands:
        """Share so many blocks among so many cores, ``batch`` pictures of ``values`` values at once."""
        at_once = max(1, batch // BLOCK)
        workers = min(cores, blocks, at_once)
        most = max(1, min(at_once // workers, _VALUES // (BLOCK * values)))
        rounds = math.ceil(blocks / (workers * most))  # as many for every worker, as far as it goes
        return cls(workers, math.ceil(blocks / (workers * rounds)))


def draw(
    paint: Painter,
    plan: Work,
    hands: Hands,
    *,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[tuple[int, Float32]]:
    """Yield (number, picture (C, H, W)), block after block.

    ``progress`` (strokes done, strokes in all) and ``cancelled`` are asked in the caller's thread.
    """
    with closing(_Pool(paint, plan, hands)) as pool:
        for share in pool.shares:
            drawn = pool.result(share, progress, cancelled)
            for place, block in enumerate(share):
                for number, row in plan.wanted(block):
                    yield number, drawn[place * BLOCK + row]


class _Pool:
    """Shares of the blocks being drawn, no more ahead of the reader than there are threads."""

    def __init__(self, paint: Painter, plan: Work, hands: Hands) -> None:
        self._paint, self._plan, self._workers = paint, plan, hands.workers
        blocks = plan.blocks
        self.shares = [blocks[first : first + hands.together] for first in range(0, len(blocks), hands.together)]
        self._threads = ThreadPoolExecutor(hands.workers, thread_name_prefix="drawing")
        self._waiting = iter(self.shares)
        self._running: dict[range, Future[Float32]] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._strokes = 0

    def result(
        self, share: range, progress: Callable[[int, int], None] | None, cancelled: Callable[[], bool] | None
    ) -> Float32:
        """The share's pictures, (len(share) * BLOCK, C, H, W); what follows it is begun meanwhile."""
        for ahead in islice(self._waiting, self._workers - len(self._running)):
            self._running[ahead] = self._threads.submit(self._draw, ahead)
        future = self._running[share]
        total = len(self._plan.blocks) * self._paint.strokes
        while True:
            done = wait([future], _POLL).done
            if progress:
                progress(self._strokes, total)
            if cancelled and cancelled():
                raise Cancelled
            if done:
                del self._running[share]
                return future.result()

    def _draw(self, share: range) -> Float32:
        starts, labels = zip(*(self._plan.begin(block, self._paint) for block in share), strict=True)
        return self._paint(np.concatenate(starts), np.concatenate(labels), partial(self._stroke, len(share)))

    def _stroke(self, blocks: int, done: int, total: int) -> None:
        if self._stop.is_set():
            raise Cancelled
        with self._lock:
            self._strokes += blocks

    def close(self) -> None:
        """Stop after the strokes that are being made; no thread is left behind."""
        self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
