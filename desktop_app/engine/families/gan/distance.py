"""How far drawn pictures are from others, cheap enough to be measured while training."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 8
WIDTHS = (24, 48, 96)
FLOOR = 0.3
"""Least spread of a number, as a share of the usual one: what hardly varies would make faint noise look like a chasm."""


def features(pictures: Tensor) -> Tensor:
    """Numbers (N, F) that describe pictures (N, C, H, W): coarse pixels, and what fixed random filters find how often."""
    generator = torch.Generator().manual_seed(0)
    side = min(SIDE, pictures.shape[-1])
    found, h = [F.adaptive_avg_pool2d(pictures, side).flatten(1)], pictures
    for width in WIDTHS:
        weight = torch.randn(width, h.shape[1], 3, 3, generator=generator) / (9 * h.shape[1]) ** 0.5
        h = F.relu(F.conv2d(h, weight.to(h.device), padding=1)) * 2**0.5
        found += [h.mean(dim=(2, 3)), h.flatten(2).std(dim=2)]
        h = F.avg_pool2d(h, 2) if h.shape[-1] > 1 else h
    return torch.cat(found, dim=1)


def energy_distance(some: Tensor, others: Tensor) -> float:
    """Square root of 2 E|x − y| − E|x − x'| − E|y − y'| (Székely and Rizzo 2013), features scaled by those of ``others``.

    Zero only between equal distributions; between two sets of real pictures a little above, for sets are finite.
    """
    mean, spread = others.mean(dim=0), others.std(dim=0)
    spread = spread.clamp_min(FLOOR * float(spread.median()) + 1e-6)
    x, y = (some - mean) / spread, (others - mean) / spread
    width = x.shape[1] ** 0.5
    squared = 2 * torch.cdist(x, y).mean() - torch.cdist(x, x).mean() - torch.cdist(y, y).mean()
    return float((squared / width).clamp_min(0).sqrt())
