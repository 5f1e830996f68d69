"""The pictures of an evaluation, arranged to be looked at: real beside generated, pairs, extremes (no Qt, no torch)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.data import Encoded, open_encoded
from desktop_app.evaluation.report import Nearest, Report
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run

UInt8 = NDArray[np.uint8]
Rows = NDArray[np.int64]
EXTREMES = 60
"""Pictures that count as the best and as the worst."""


@dataclass(frozen=True)
class Pair:
    """A generated picture and the row of the training picture that it resembles most."""

    near: Nearest
    row: int


@dataclass(frozen=True)
class Exhibits:
    """What there is to look at.

    Attributes
    ----------
    encoded
        The data; ``aside`` and the pairs' rows are places in it.
    generated, labels
        uint8 (N, H, W, C) and the kind that each was asked for as, -1 without.
    classes
        Names of the kinds; empty where nothing was asked for by kind.
    aside
        Real pictures that were kept aside; the same kind in the same places where there are kinds.
    pairs
        The closest first.
    best, worst
        Generated pictures that are most and least at home among the real ones; empty where that was not measured.
    """

    encoded: Encoded
    generated: UInt8
    labels: Rows
    classes: list[str]
    aside: Rows
    pairs: list[Pair]
    best: Rows
    worst: Rows

    def kind(self, place: int) -> str:
        """What generated picture ``place`` was asked for as; empty without kinds."""
        label = int(self.labels[place])
        return self.classes[label] if 0 <= label < len(self.classes) else ""


def exhibits(run: Run, report: Report) -> Exhibits:
    """Arrange the pictures of a judged run.

    Raises
    ------
    GensmithError
        The pictures are gone or damaged.
    """
    encoded = open_encoded(run.data_folder)
    generated, labels = _generated(run.folder / "evaluation")
    classes = encoded.classes if (labels >= 0).any() else []
    aside = np.flatnonzero(encoded.held_out)
    shown = aside[in_step(encoded.labels[aside], labels if classes else None)]
    best, worst = _extremes(report, len(generated))
    return Exhibits(encoded, generated, labels, classes, shown, _pairs(report, encoded, len(generated)), best, worst)


def _generated(folder: Path) -> tuple[UInt8, Rows]:
    try:
        pictures = np.load(folder / "generated.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / "generated_labels.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise GensmithError("The generated pictures are missing or damaged.", "Judge the model again.", code=3) from error
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or labels.shape != (len(pictures),):
        raise GensmithError("The generated pictures are damaged.", "Judge the model again.", code=3)
    return pictures, labels


def in_step(real: Rows, generated: Rows | None) -> Rows:
    """Order of the real pictures in which their kinds follow those of the generated ones; by chance without kinds."""
    order = np.random.default_rng(0).permutation(len(real))
    if generated is None:
        return order
    waiting = {int(kind): [int(i) for i in order[real[order] == kind]][::-1] for kind in np.unique(real)}
    taken = [waiting[kind].pop() for kind in map(int, generated) if waiting.get(kind)]
    rest = [i for kind in sorted(waiting) for i in reversed(waiting[kind])]
    return np.array(taken + rest, np.int64)


def _extremes(report: Report, generated: int) -> tuple[Rows, Rows]:
    if len(report.realism) != generated:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.argsort(-np.asarray(report.realism), kind="stable")
    count = min(EXTREMES, generated // 2)
    return order[:count], order[::-1][:count]


def _pairs(report: Report, encoded: Encoded, generated: int) -> list[Pair]:
    training = np.flatnonzero(~encoded.held_out)
    fitting = [near for near in report.nearest if near.generated < generated and near.training < len(training)]
    return [Pair(near, int(training[near.training])) for near in fitting]
