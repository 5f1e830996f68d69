"""How fast each kind of model learns on this machine: real steps of real learners on pictures of chance, for a minute or so.

The window and the command line start it as a process of its own and keep what it finds for the next time
(:mod:`desktop_app.jobs.calibration`).
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from itertools import zip_longest

import torch
from torch import Tensor
from torch.nn import functional as F

from desktop_app.engine import families, hardware
from desktop_app.engine.batches import to_float
from desktop_app.engine.families.declaration import Family, Shape
from desktop_app.engine.families.learner import Context, Learner, Moment, factory
from desktop_app.engine.families.levers import Levers
from desktop_app.engine.stepper import out_of_memory

PERIOD = 4
"""A GAN's penalties come at every fourth step."""
STEP_SECONDS = 1.5
"""Longest step that is timed at its full batch; of a longer one only so many pictures are taken. A few of them take far more
than their share: two of a batch of 32 a fifth of its time."""
PART = 3
"""Of what does not fit into that time, a part of so many is timed as well."""
LEAST_SECONDS = 1.2
"""Steps are timed for at least so long, once they are warm: one of half a second alone meets whatever else the machine does."""
WARM_SECONDS, WARM_STEPS = 0.3, 2
"""Steps that are not timed: so long, and so many, at least. The first makes what the optimiser keeps, the second finds memory
cold."""
SAMPLE = 64
PASSES = 100.0


def main(words: list[str]) -> int:
    """``measure SHAPE SECONDS``: print as JSON the pictures a second of each family and size, and a bare engine's bytes."""
    shape, seconds = Shape(**json.loads(words[0])), float(words[1])
    device = hardware.device("auto")
    bare = hardware.memory(device) if device.type == "cpu" else 0
    threads = hardware.settle(device, None)
    rates = measure(shape, device, seconds)
    sys.stdout.write(json.dumps({"device": device.type, "threads": threads, "bare": bare, "rates": rates}) + "\n")
    return 0


def measure(shape: Shape, device: torch.device, seconds: float) -> dict[str, float]:
    """Pictures a second, by ``family/size``, as many as ``seconds`` allow: the smallest and the largest of each first.

    What time is left measures them again, the quick ones first, and the better rate counts: what else a machine does for a
    moment slows one of them down, nothing makes one faster than it is.
    """
    gflops, end = hardware.gflops(device, 0.2), time.perf_counter() + seconds

    def predicted(family: Family, network: str) -> float:
        return family.estimate(shape, network, 1.0, gflops).items_per_second

    found: dict[str, float] = {}
    for family, network in _order() + sorted(_order(), key=lambda pair: -predicted(*pair)):
        if time.perf_counter() < end:
            name = f"{family.name}/{network}"
            reached = rate(family, network, shape, usual(family), device, predicted(family, network))
            found |= {name: max(reached, found.get(name, 0.0))} if reached is not None else {}
    return found


def _order() -> list[tuple[Family, str]]:
    """The smallest of each family, then the largest of each, then those between."""
    ranked = {family.name: [*family.networks[:1], *family.networks[:0:-1]] for family in families.FAMILIES.values()}
    rounds = zip_longest(*([(families.get(name), network) for network in ranked[name]] for name in ranked))
    return [pair for pairs in rounds for pair in pairs if pair is not None]


def usual(family: Family) -> Levers:
    """A family's settings as they are when nobody changed them."""
    settings = family.settings()
    assert isinstance(settings, Levers)
    return settings


def rate(family: Family, network: str, shape: Shape, settings: Levers, device: torch.device, predicted: float) -> float | None:
    """Pictures a second of a training; None where the memory does not allow it, or one phase is not the whole.

    A long step is timed with few pictures and with fewer: what does not grow with their number (the optimiser, the
    averages) is told apart from what does.
    """
    try:
        learner = factory(family.learner)(context(network, shape, settings, device))
        if not learner.draws:  # it has something else to learn first, which says nothing of the rest
            return None
        whole = learner.batch_size
        few = min(whole, max(2, round(STEP_SECONDS * predicted)))
        took = _step_seconds(learner, shape, few, device)
        if few < whole:
            fewer = max(1, few // PART)
            each = max(0.0, (took - _step_seconds(learner, shape, fewer, device)) / (few - fewer))
            took += (whole - few) * each
        return whole / took
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            return None
        raise


def context(network: str, shape: Shape, settings: Levers, device: torch.device) -> Context:
    """What a learner is made for that learns nothing, but pictures of chance."""
    layout, mean = hardware.memory_format(device, 0.05), (0.0,) * shape.channels
    passes = PASSES
    return Context(
        shape, network, settings, passes, mean, 0.5, device, layout, mirror=False, sample=lambda: _batch(shape, SAMPLE, device)
    )


def _batch(shape: Shape, count: int, device: torch.device) -> tuple[Tensor, Tensor | None]:
    labels = F.one_hot(torch.arange(count, device=device) % shape.classes, shape.classes).float() if shape.classes else None
    return _read(_stored(shape, count), device), labels


def _stored(shape: Shape, count: int) -> Tensor:
    """Pictures of chance as the arrays on the disk hold them."""
    return torch.randint(0, 256, (count, shape.size, shape.size, shape.channels), dtype=torch.uint8)


def _read(stored: Tensor, device: torch.device) -> Tensor:
    return to_float(stored, device).contiguous(memory_format=torch.channels_last)


def _step_seconds(learner: Learner, shape: Shape, count: int, device: torch.device) -> float:
    """Seconds of a step on ``count`` pictures: the mean over a period, of a usual step and of the one that has more to do."""
    stored, (_, labels) = _stored(shape, count), _batch(shape, count, device)

    def seconds(step: int) -> float:
        start = time.perf_counter()
        learner.train_step(_read(stored, device), labels, Moment(step, 1e-3))
        hardware.synchronise(device)
        return time.perf_counter() - start

    begun, step = time.perf_counter(), 0
    while step < WARM_STEPS or time.perf_counter() - begun < WARM_SECONDS:
        seconds(step)
        step += 1
    usual, more, begun = list[float](), list[float](), time.perf_counter()
    while not usual or time.perf_counter() - begun < LEAST_SECONDS:
        usual.append(seconds(1))
        more.append(seconds(PERIOD))
    return ((PERIOD - 1) * statistics.median_low(usual) + statistics.median_low(more)) / PERIOD
