"""Places on the map: what is alike lies together, what is unlike does not."""

from __future__ import annotations

import numpy as np

from desktop_app.evaluation import Judge
from desktop_app.evaluation.cloud import lay_out
from tests.evaluation.drawn import linear_judge, shapes


def test_the_same_pictures_lie_in_the_same_places_and_others_apart() -> None:
    pictures, labels = shapes(120, 0)
    judge = Judge(linear_judge(pictures, labels, 4))
    real, drawn = lay_out(pictures, pictures[:40], judge)
    assert real.shape == (120, 2) and drawn.shape == (40, 2)
    assert np.allclose(drawn, real[:40])
    assert real.min() >= 0 and real.max() <= 1
    inverted = lay_out(pictures, 255 - pictures[:40], judge)[1]
    assert np.linalg.norm(inverted.mean(axis=0) - real.mean(axis=0)) > 2 * np.linalg.norm(
        drawn.mean(axis=0) - real.mean(axis=0)
    )


def test_without_a_judge_and_with_blank_pictures_there_is_a_map_all_the_same() -> None:
    pictures, _ = shapes(40, 0, channels=3)
    assert np.isfinite(np.vstack(lay_out(pictures, pictures[:9], None))).all()
    blank = np.zeros_like(pictures)
    assert np.isfinite(np.vstack(lay_out(blank, blank, None))).all()
