"""Judging a run: draw from its bundle, compare with what was held out, write the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from desktop_app.data import open_encoded
from desktop_app.engine.batches import Dataset
from desktop_app.engine.course import course_of
from desktop_app.engine.inception import as_onnx
from desktop_app.engine.judge import RECIPE, train_judge
from desktop_app.evaluation import Judge, evaluate, inception
from desktop_app.evaluation.inception import Inception
from desktop_app.project.errors import Cancelled
from desktop_app.project.files import write_bytes, write_with
from desktop_app.project.runs import Run
from desktop_app.runtime.bundle import Bundle, Request, describe, open_bundle

COUNT = 1000
FEWEST = 64
SECONDS = 45.0
"""Drawing for the evaluation stops after this long, once there are :data:`FEWEST` pictures."""
SEED = 1_000_003
"""Away from the seeds that people try first, so that what is judged is not what was looked at."""

Report = Callable[[float, str], None]
"""Called with the share that is done and what is being done."""
JUDGE, DRAW = "Getting to know your pictures", "Drawing new pictures"


def evaluate_run(run: Run, fraction: Report = lambda *_: None, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Write ``report.json`` and what was judged; the bundle's card then says how good it is.

    Raises
    ------
    Cancelled
        ``cancelled`` said so; an earlier report is still there.
    """
    encoded = open_encoded(run.data_folder)
    data = Dataset.load(run.data_folder, conditioned=run.spec.conditioning == "class", device=torch.device("cpu"))
    bundle = open_bundle(run.bundle_folder)
    judge = _judge(run, data, lambda share, what: fraction(0.4 * share, what), cancelled)
    generated, labels, seconds = _draw(bundle, lambda share, what: fraction(0.4 + 0.4 * share, what), cancelled)
    all_labels = np.asarray(encoded.labels)
    report = evaluate(
        training=np.asarray(encoded.items[data.training]),
        training_labels=all_labels[data.training],
        held_out=np.asarray(encoded.items[data.held_out]),
        held_out_labels=all_labels[data.held_out],
        generated=generated,
        generated_labels=labels,
        classes=data.classes,
        keys=[encoded.keys[row] for row in data.training],
        run=run.name,
        judge=judge,
        inception=_inception(),
        course=course_of(run, encoded, seconds),
        progress=lambda share, what: fraction(0.8 + 0.2 * share, what),
        cancelled=cancelled,
    )
    folder = run.folder / "evaluation"
    _save(folder / "generated.npy", generated)
    _save(folder / "generated_labels.npy", labels)
    report.save(run.report_file)
    describe(run.bundle_folder, metrics=report.metrics())


def _judge(run: Run, data: Dataset, fraction: Report, cancelled: Callable[[], bool]) -> Judge:
    """The judge of these pictures: trained once for each set of arrays, kept beside them."""
    kind = "classes" if data.classes else "pictures"
    kept = run.data_folder / f"judge-{kind}-{RECIPE}.onnx"  # the folder's name follows from the content
    if not kept.is_file():
        write_bytes(kept, train_judge(data, progress=lambda share: fraction(share, JUDGE), cancelled=cancelled))
    write_bytes(run.folder / "evaluation" / "judge.onnx", kept.read_bytes())
    return Judge(kept)


def _inception() -> Inception | None:
    """Where the person chose the file of its weights: the network, made of it once."""
    choice = inception.chosen()
    if choice is None:
        return None
    path, sha256 = choice
    kept = inception.network_file(sha256)
    if not kept.is_file():
        inception.checked(path)
        write_bytes(kept, as_onnx(path))
    return Inception(kept.read_bytes())


def _draw(bundle: Bundle, fraction: Report, cancelled: Callable[[], bool]) -> tuple[np.ndarray, np.ndarray, float]:
    """Pictures uint8 (N, H, W, C), the classes asked for (N,), -1 without classes, and the seconds for one of them."""
    pictures, start = [], time.perf_counter()
    for picture in bundle.generate(Request(count=COUNT, seed=SEED), cancelled=cancelled, batch=32):
        pictures.append(picture.array)
        took = time.perf_counter() - start
        fraction(min(1.0, max(len(pictures) / COUNT, took / SECONDS)), DRAW)
        if took > SECONDS and len(pictures) >= FEWEST:
            break
    classes = len(bundle.manifest.classes)
    labels = np.arange(len(pictures)) % classes if classes else np.full(len(pictures), -1)
    if not pictures:
        raise Cancelled
    return np.stack(pictures), labels.astype(np.int64), (time.perf_counter() - start) / len(pictures)


def _save(path: Path, array: np.ndarray) -> None:
    def write(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.save(stream, array, allow_pickle=False)

    write_with(path, write)
