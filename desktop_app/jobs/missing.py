"""What a run's model never draws, kind by kind (no Qt, no torch)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.data import Encoded, open_encoded
from desktop_app.evaluation import Judge, read_report
from desktop_app.evaluation.cloud import SEED
from desktop_app.evaluation.features import Float64, RandomFeatures, Standardiser
from desktop_app.evaluation.missing import Missing, looked_at, missing
from desktop_app.project.runs import Run


@dataclass(frozen=True)
class NeverDrawn:
    """The kinds, and the real pictures that their positions stand for.

    Attributes
    ----------
    pictures
        All that were kept aside, uint8 (N, H, W, C).
    keys
        Which item of the data each is.
    """

    found: Missing
    pictures: NDArray[np.uint8]
    keys: tuple[str, ...]


def never_drawn(run: Run) -> NeverDrawn:
    """Kinds of a judged run's real pictures, the most missed first: its classes, else groups by likeness.

    Raises
    ------
    GensmithError
        The report or the pictures cannot be read.
    """
    report, encoded = read_report(run.report_file), open_encoded(run.data_folder)
    aside = np.flatnonzero(encoded.held_out)
    labels, classes = np.asarray(encoded.labels)[aside], encoded.classes
    places = looked_at(report)
    features = None if len(classes) > 1 or not len(places) else _features(run, encoded, aside[places])
    found = missing(report, labels, classes, features)
    return NeverDrawn(found, np.asarray(encoded.items[aside]), tuple(encoded.keys[row] for row in aside))


def _features(run: Run, encoded: Encoded, rows: NDArray[np.int64]) -> Float64:
    """By the judge of the evaluation, else fixed random ones; in units of their spread."""
    pictures, judge = np.asarray(encoded.items[rows]), run.folder / "evaluation" / "judge.onnx"
    look = Judge(judge).features if judge.is_file() else RandomFeatures(pictures.shape[-1], SEED)
    features = look(pictures)
    return Standardiser.fit(features)(features)
