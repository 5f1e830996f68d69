"""Whether mirrored pictures still look like the person's own; measured, where it is left open."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 12
FEWEST = 100
"""With fewer pictures the nearest one is far off either way, and tells nothing."""
FARTHER = 1.08
"""Mirrored pictures may lie so much farther from the nearest other one than the pictures themselves do."""
SAME = 0.02
"""Mean squared difference from its own mirror image, as a share of the variance, below which a picture is symmetrical."""


def mirror_is_safe(pictures: Tensor) -> bool:
    """Whether mirror images of ``pictures`` (N, C, H, W) could be among them.

    Each is compared with its nearest other one, as it is and mirrored: drawings of letters come out far from all others
    when they are mirrored, photographs of cats do not.
    """
    side = min(SIDE, pictures.shape[-1])
    small = F.adaptive_avg_pool2d(pictures, side)
    flipped = small.flip(-1)
    spread = (small - small.mean(dim=0)).square().mean()
    if (small - flipped).square().mean() < SAME * spread:
        return True
    if len(small) < FEWEST:
        return False
    distances = torch.cdist(small.flatten(1), small.flatten(1)).fill_diagonal_(float("inf"))
    mirrored = torch.cdist(flipped.flatten(1), small.flatten(1)).fill_diagonal_(float("inf"))
    return bool(mirrored.amin(dim=1).median() <= FARTHER * distances.amin(dim=1).median())
