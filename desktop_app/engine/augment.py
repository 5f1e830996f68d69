"""Non-leaky augmentation: pictures are changed, and the network is told how, so that it never draws the change.

Karras et al. 2022, appendix F.2: mirror, scale, rotation, stretch, shift; every change happens with probability ``p``
and is described to the network by numbers that are zero when nothing was changed, as they are when sampling.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

LABELS = 6
"""Numbers that describe the changes of one picture."""

_LOG2_SCALE = 0.2
_SHIFT = 0.125


def augment(pictures: Tensor, p: float, *, mirror: bool) -> tuple[Tensor, Tensor]:
    """Change pictures (B, C, H, W) at random; returns them and what was done (B, 6).

    Parameters
    ----------
    p
        Probability of each kind of change; 0 changes nothing.
    mirror
        Half of the pictures are mirrored first; this is not told, for the mirror image is as good.
    """
    count, device = len(pictures), pictures.device
    if mirror:
        flip = torch.rand(count, device=device) < 0.5
        pictures = torch.where(flip[:, None, None, None], pictures.flip(-1), pictures)
    if p <= 0:
        return pictures, torch.zeros(count, LABELS, device=device)
    chosen = (torch.rand(4, count, device=device) < p).float()
    scale = torch.randn(count, device=device) * chosen[0] * _LOG2_SCALE
    angle = (torch.rand(count, device=device) * 2 - 1) * math.pi / 6 * chosen[1]
    stretch = torch.randn(count, device=device) * chosen[2] * _LOG2_SCALE
    shift = torch.randn(2, count, device=device) * chosen[3] * _SHIFT
    labels = torch.stack([scale, torch.cos(angle) - 1, torch.sin(angle), stretch, *shift], dim=1)
    changed = _warp(pictures, scale, angle, stretch, shift)
    touched = (labels != 0).any(dim=1)
    return torch.where(touched[:, None, None, None], changed, pictures), labels


def _warp(pictures: Tensor, scale: Tensor, angle: Tensor, stretch: Tensor, shift: Tensor) -> Tensor:
    """Sample the pictures through the inverse of the change; the border is repeated outwards."""
    x, y = torch.exp2(-scale - stretch), torch.exp2(-scale + stretch)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [torch.stack([cos * x, sin * x, -shift[0] * 2], 1), torch.stack([-sin * y, cos * y, -shift[1] * 2], 1)]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
