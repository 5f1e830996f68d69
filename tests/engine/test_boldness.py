"""How boldly a diffusion model draws, where that is left open."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.engine.families.diffusion import boldness


def pictures(count: int, contrast: float, seed: int = 0) -> np.ndarray:
    """Discs of random place on gray, the brighter the higher the contrast."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:16, :16]
    rows, columns = rng.uniform(4, 12, (2, count, 1, 1))
    discs = (y - rows) ** 2 + (x - columns) ** 2 < 12
    return np.clip(100 + 60 * contrast * discs[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("right", boldness.CHOICES)
def test_the_one_that_looks_like_the_pictures_is_taken(right: float) -> None:
    real = pictures(200, 1.0)
    assert boldness.measured(lambda bold, count: pictures(count, bold / right, seed=1), real) == right


def test_one_picture_alone_is_no_measure() -> None:
    assert boldness.measured(lambda bold, count: pictures(count, bold), pictures(1, 1.0)) == boldness.USUAL
