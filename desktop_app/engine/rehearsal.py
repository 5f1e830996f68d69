"""A rehearsal: what a training will do up to its model, once beforehand. What would fail after a night fails in a minute.

It works in a run folder of its own, which is thrown away; what it measures is of the real network, settings and pictures.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import torch

from desktop_app.engine import checkpoints, hardware
from desktop_app.engine.batches import Dataset
from desktop_app.engine.training import Rhythm, Training, Unstable, figures, judge, keep, learn, planned, prepare, show, started
from desktop_app.project import runs
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Event, Run, Tried
from desktop_app.runtime.bundle import Request, open_bundle

SECONDS = 20.0
"""Steps are taken for so long."""
WARM = 0.2
"""Of them this share is not timed: what the optimiser keeps is made, memory is found, caches are filled."""
LEAST_STEPS = 3
"""Steps that are timed at least, however long each takes."""
READ = 256
"""Pictures that are read at a time."""
DRAWN = 4
"""Pictures that the exported model draws."""

Work = Callable[[], Mapping[str, float]]


def rehearse(run: Run, interrupted: Callable[[], bool], seconds: float) -> Iterator[Event]:
    """Read every picture, train for a moment, draw a preview, write a checkpoint and read it back.

    Yields
    ------
    Event
        A :class:`~desktop_app.project.runs.Tried` for each part that went well; nothing terminal.

    Raises
    ------
    Cancelled
        ``interrupted`` said so.
    GensmithError
        Something of it fails.
    """
    try:
        yield from _parts(run, interrupted, seconds)
    except Unstable as reason:
        remedy = "Lower “How fast it learns” in the advanced settings and rehearse again."
        raise GensmithError(f"The training is unstable from the start: {reason}.", remedy, code=5) from reason


def _parts(run: Run, interrupted: Callable[[], bool], seconds: float) -> Iterator[Event]:
    yield runs.Phase(name="preparing")
    training = prepare(run)
    yield started(training)
    yield planned(training)
    yield tried("pictures", lambda: read_all(training.data))
    yield from training.told()
    step_seconds = yield from _steps(training, seconds, interrupted)
    yield from figures(training)
    judged = _seconds(lambda: judge(training))
    preview = tried("preview", lambda: _drawn(training))
    checkpoint = tried("checkpoint", lambda: _kept(training))
    yield _trained(training, step_seconds, Rhythm().share(preview.seconds, judged, checkpoint.values["saving"]))
    yield from training.told()
    yield preview
    yield checkpoint


def tried(part: runs.Part, work: Work) -> Tried:
    """Do a part of the work; the event says how long it took and what it found."""
    begun = time.perf_counter()
    values = dict(work())
    return Tried(part=part, seconds=time.perf_counter() - begun, values=values)


def draw(bundle: Path) -> Tried:
    """Draw with the exported model as it will be drawn with: offline, by onnxruntime."""

    def work() -> Mapping[str, float]:
        opened, begun = open_bundle(bundle), time.perf_counter()
        drawn = len(list(opened.generate(Request(DRAWN))))
        took = (time.perf_counter() - begun) / drawn
        parity = opened.manifest.parity
        return {"bytes": _bytes(bundle), "picture": took, "difference": parity.max_abs_error if parity else 0.0}

    return tried("model", work)


# ---------------------------------------------------------------- the parts


def read_all(data: Dataset) -> Mapping[str, float]:
    """Read every picture from the disk."""
    for first in range(0, len(data.items), READ):
        data.items[first : first + READ].sum()
    return {"items": len(data.items)}


def _steps(training: Training, seconds: float, interrupted: Callable[[], bool]) -> Generator[Event, None, float]:
    """Take real steps for so many seconds; returns what one takes."""
    begun = time.perf_counter()
    timed, since, told = 0, 0.0, 0.0
    while timed < LEAST_STEPS or time.perf_counter() - begun < seconds:
        if interrupted():
            raise Cancelled
        learn(training)
        now = time.perf_counter()
        if since:
            timed += 1
        elif now - begun >= WARM * seconds:
            hardware.synchronise(training.device)
            since = time.perf_counter()
        if now - told >= 0.25:
            told = now
            yield runs.Phase(name="training", fraction=min(1.0, (now - begun) / max(seconds, 1e-9)))
    hardware.synchronise(training.device)
    return (time.perf_counter() - since) / timed


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _trained(training: Training, step: float, others: float) -> Tried:
    """What a training reaches when a step takes so many seconds and everything else that share of the time."""
    learner = training.learner
    values = {
        "items_per_second": learner.batch_size / step * (1 - others),
        "batch": learner.batch_size,
        "at_once": learner.micro or learner.batch_size,
        "memory": hardware.memory(training.device),
        "whole": float(learner.draws),
    }
    return Tried(part="training", seconds=step * training.step, values=values)


def _drawn(training: Training) -> Mapping[str, float]:
    begun = time.perf_counter()
    event = show(training)
    took = time.perf_counter() - begun
    size = (training.run.folder / event.file).stat().st_size
    return {"pictures": event.count, "bytes": size, "every": took + Rhythm().preview.pause(took)}


def _kept(training: Training) -> Mapping[str, float]:
    """Write a checkpoint and read it back.

    Raises
    ------
    GensmithError
        What comes back is not what was written (code 4), or the disk refuses.
    """
    begun = time.perf_counter()
    folder = training.run.folder / keep(training).folder
    saved = time.perf_counter() - begun
    found = checkpoints.newest(training.run.checkpoints_folder)
    tensors = training.learner.tensors()
    if found is None or found[2].keys() != tensors.keys() or not all(_same(found[2][name], tensors[name]) for name in tensors):
        raise GensmithError(
            "What was saved does not come back as it was written.", "Check the disk, or keep the project on another.", code=4
        )
    return {"bytes": _bytes(folder), "most": checkpoints.MOST, "saving": saved}


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    other = other.cpu()
    return one.dtype == other.dtype and bool(torch.equal(one.cpu(), other))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
