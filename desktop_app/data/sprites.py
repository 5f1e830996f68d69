"""Pixel sprites drawn by rule and chance: five kinds, 16 × 16 pixels, symmetrical; the same ones every time."""

from __future__ import annotations

import hashlib

import numpy as np

from desktop_app.data.images import Pixels

KINDS = ("alien", "flower", "ghost", "robot", "ship")
SIDE = 16
GROUND = (255, 255, 255)


def draw(kind: str, number: int) -> Pixels:
    """Draw a sprite: uint8 (16, 16, 3)."""
    seed = int.from_bytes(hashlib.blake2b(f"{kind}/{number}".encode(), digest_size=8).digest(), "big")
    rng = np.random.default_rng(seed)
    half = np.zeros((SIDE, SIDE // 2), dtype=np.uint8)
    half[3:13, 2:] = rng.integers(0, 3, size=(10, 6))
    colours = np.array([GROUND, rng.integers(40, 230, 3), rng.integers(40, 230, 3)], dtype=np.uint8)
    pixels: Pixels = colours[np.concatenate([half, half[:, ::-1]], axis=1)]
    return pixels
