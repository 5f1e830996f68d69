"""A map of two sets of pictures: their features laid out in two dimensions."""

from __future__ import annotations

import numpy as np

from desktop_app.evaluation.features import Float64, RandomFeatures, Standardiser, UInt8
from desktop_app.evaluation.judge import Judge

SEED = 20_210_607


def lay_out(real: UInt8, drawn: UInt8, judge: Judge | None) -> tuple[Float64, Float64]:
    """Places (N, 2) and (M, 2) of real and generated pictures in the square from 0 to 1.

    Principal components of the real pictures' features (the judge's, else fixed random ones), in units of their
    spread; generated ones are placed by the same two, so that what lies outside the real cloud is seen outside.
    """
    look = judge.features if judge is not None else RandomFeatures(real.shape[-1], SEED)
    features = look(real)
    scale = Standardiser.fit(features)
    a, b = scale(features), scale(look(drawn))
    axes = np.linalg.svd(a - a.mean(axis=0), full_matrices=False)[2][:2]
    places = [np.pad(rows @ axes.T, ((0, 0), (0, 2 - len(axes)))) for rows in (a, b)]
    return _in_square(places[0], places[1])


def _in_square(real: Float64, drawn: Float64) -> tuple[Float64, Float64]:
    """Bring both to the square by what most of them span; the few beyond it are set on its edge."""
    both = np.vstack([real, drawn])
    low, high = np.quantile(both, [0.005, 0.995], axis=0)
    span = np.maximum(high - low, 1e-9)
    first, second = (np.clip((rows - low) / span, 0, 1) for rows in (real, drawn))
    return first, second
