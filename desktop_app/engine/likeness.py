"""A model beside one that was made from it: pictures from the same seeds, how fast each draws, how good each is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.data import open_encoded
from desktop_app.evaluation import Judge, Report, evaluate
from desktop_app.evaluation.evaluate import FEATURES_SEED, FEWEST, MOST
from desktop_app.evaluation.features import Float64, RandomFeatures, Standardiser
from desktop_app.evaluation.intervals import REPLICATES, Estimate, around, halves, masks
from desktop_app.evaluation.measures import kid, kid_weighted
from desktop_app.project.runs import Run
from desktop_app.runtime.bundle import Bundle, Request
from desktop_app.runtime.pictures import UInt8
from desktop_app.runtime.variants import Dial

COUNT = 512
SECONDS = 120.0
"""Drawing stops after this long, once there are :data:`LEAST` pictures."""
LEAST = 64
CHUNK = 32
"""Pictures that one model draws before it is the other's turn."""
SEED = 2_000_003
"""Away from the seeds that people try, that models are judged with, and that scales are taken from."""

Advance = Callable[[float], None]
"""Told the share that is done; it raises to stop the work."""


@dataclass(frozen=True)
class Pair:
    """What both drew from the same seeds: uint8 (N, H, W, C) each; the classes asked for (N,); the second's speed beside 1."""

    before: UInt8
    after: UInt8
    labels: NDArray[np.int64]
    speed: float

    @property
    def difference(self) -> tuple[float, float]:
        """Mean and largest difference, in levels of 255."""
        apart = np.abs(self.before.astype(np.int16) - self.after)
        return float(apart.mean()), float(apart.max())


def drawn(before: Bundle, after: Bundle, advance: Advance, *, count: int = COUNT, seconds: float = SECONDS) -> Pair:
    """Let both draw the same pictures, in turn; their speeds are compared by processor time, which other programs do not
    lengthen."""
    both = (before, after)
    parts: tuple[list[UInt8], list[UInt8]] = ([], [])
    times: tuple[list[float], list[float]] = ([], [])
    for model in both:
        _chunk(model, 0, 4)  # graphs are loaded and memory is taken outside of what is timed
    begun, start = time.perf_counter(), 0
    while start < count and (start < LEAST or time.perf_counter() - begun < seconds):
        size = min(CHUNK, count - start)
        for which in (0, 1) if start // CHUNK % 2 == 0 else (1, 0):
            clock = time.process_time()
            parts[which].append(_chunk(both[which], start, size))
            times[which].append((time.process_time() - clock) / size)
            advance(max((start + size) / count, min(1.0, (time.perf_counter() - begun) / seconds)))
        start += size
    classes = len(before.manifest.classes)
    labels = np.arange(start) % classes if classes else np.full(start, -1)
    speed = statistics.median(times[0]) / statistics.median(times[1])
    return Pair(np.concatenate(parts[0]), np.concatenate(parts[1]), labels.astype(np.int64), speed)


def _chunk(model: Bundle, start: int, count: int) -> UInt8:
    return np.stack([picture.array for picture in model.generate(Request(count=count, seed=SEED, start=start))])


# ---------------------------------------------------------------- how good each is


@dataclass(frozen=True)
class Material:
    """The pictures of a run, and its judge if it was judged."""

    training: UInt8
    training_labels: NDArray[np.int64]
    held_out: UInt8
    held_out_labels: NDArray[np.int64]
    keys: list[str]
    judge: Judge | None


def material_of(run: Run) -> Material | None:
    """What a run learned from and what was kept aside; None where that is gone, or too little to compare with."""
    if not run.data_folder.is_dir():
        return None
    encoded = open_encoded(run.data_folder)
    aside = np.asarray(encoded.held_out, bool)
    if aside.sum() < FEWEST or (~aside).sum() < 2 * FEWEST:
        return None
    labels, items = np.asarray(encoded.labels), encoded.items
    keys = [encoded.keys[row] for row in np.flatnonzero(~aside)]
    judge = run.folder / "evaluation" / "judge.onnx"
    return Material(
        np.asarray(items[~aside]), labels[~aside], np.asarray(items[aside]), labels[aside], keys,
        Judge(judge) if judge.is_file() else None,
    )  # fmt: skip


def judged(pair: Pair, material: Material, classes: list[str], advance: Advance) -> tuple[dict[str, Dial], Report]:
    """The dials before and after, and the report of the second."""
    reports = [
        evaluate(
            training=material.training,
            training_labels=material.training_labels,
            held_out=material.held_out,
            held_out_labels=material.held_out_labels,
            generated=pictures,
            generated_labels=pair.labels,
            classes=classes,
            keys=material.keys,
            run="",
            judge=material.judge,
            progress=lambda share, _, part=part: advance((part + share) * 0.45),  # type: ignore[misc]
        )
        for part, pictures in enumerate((pair.before, pair.after))
    ]
    apart = _distances_apart(pair, material)
    advance(1.0)
    return dict(_dials(*reports, apart)), reports[1]


def _dials(before: Report, after: Report, apart: dict[str, Estimate]) -> Iterator[tuple[str, Dial]]:
    for key, measure in before.measures.items():
        other = after.measures.get(key)
        if measure.value is not None and other is not None and other.value is not None:
            interval = {"low": apart[key].low, "high": apart[key].high} if key in apart else {}
            values = {"before": measure.value, "after": other.value}
            yield key, Dial(title=measure.title, better=measure.better, **values, **interval)


def _distances_apart(pair: Pair, material: Material) -> dict[str, Estimate]:
    """How much the kernel distances differ, with an interval; the same halves are taken of both, as they share seeds."""
    spaces: dict[str, Callable[[UInt8], Float64]] = {
        "kid": RandomFeatures(material.training.shape[-1], FEATURES_SEED),
        **({"kid_learned": material.judge.features} if material.judge else {}),
    }
    return {key: _apart(look, pair, material) for key, look in spaces.items()}


def _apart(look: Callable[[UInt8], Float64], pair: Pair, material: Material) -> Estimate:
    scale = Standardiser.fit(look(material.training[:MOST]))
    real, before, after = (scale(look(rows)) for rows in (material.held_out[:MOST], pair.before, pair.after))
    rng = np.random.default_rng(0)
    in_real = masks(halves(len(real), REPLICATES, rng), len(real))
    in_fake = masks(halves(len(before), REPLICATES, rng), len(before))
    spread = kid_weighted(real, after, in_real, in_fake) - kid_weighted(real, before, in_real, in_fake)
    return around(kid(real, after) - kid(real, before), spread)
