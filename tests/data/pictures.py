"""Pictures to test with."""

from __future__ import annotations

import numpy as np
from PIL import Image


def scene(number: int, width: int = 96, height: int = 96) -> Image.Image:
    """A busy colour picture: soft waves with hard-edged shapes; another one for each number."""
    rng = np.random.default_rng(number)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    waves = [np.sin(rng.uniform(2, 14) * x + rng.uniform(2, 14) * y + rng.uniform(0, 6)) for _ in range(3)]
    pixels = np.stack(waves, axis=2) * 60 + rng.uniform(70, 180, 3)
    for _ in range(6):
        left, top = rng.integers(0, width), rng.integers(0, height)
        pixels[top : top + rng.integers(1, height + 1), left : left + rng.integers(1, width + 1)] = rng.uniform(0, 255, 3)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
