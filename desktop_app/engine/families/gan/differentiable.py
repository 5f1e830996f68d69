"""Augmentation of everything that the discriminator sees, real and generated, through which gradients pass.

DiffAugment (Zhao et al. 2020, arXiv:2006.10738): colour, translation, cutout. Each happens with a probability that may
follow how far the discriminator is ahead (ADA, Karras et al. 2020, arXiv:2006.06676).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SHIFT = 0.125
"""Farthest translation, as a share of the side."""
HOLE = 0.5
"""Side of the square that is cut out, as a share of the side."""
LIMIT = 0.8
"""Above this probability the generator would begin to draw the changes themselves."""


@dataclass(frozen=True)
class Changes:
    """What is done to each picture of a batch.

    Attributes
    ----------
    colour
        (B, 3): added brightness, factors on saturation and contrast.
    shift
        (B, 2): whole pixels downwards and to the right; what comes in is grey.
    hole
        (B, 2): middle of the square that is cut out, far outside where there is none.
    """

    colour: Tensor
    shift: Tensor
    hole: Tensor

    def __getitem__(self, part: slice) -> Changes:
        return Changes(self.colour[part], self.shift[part], self.hole[part])


def draw(count: int, size: int, strength: Tensor, *, colour: bool, place: bool, cutout: bool) -> Changes:
    """Changes for ``count`` pictures, each kind with probability ``strength`` ()."""
    device = strength.device
    chance = torch.rand(count, 10, device=device)
    used = (chance[:, :3] < strength) & torch.tensor([colour, place, cutout], device=device)
    bright = torch.stack([chance[:, 3] - 0.5, 2 * chance[:, 4], 0.5 + chance[:, 5]], dim=1)
    usual = torch.tensor([0.0, 1.0, 1.0], device=device)
    most = int(size * SHIFT + 0.5)
    shift = (chance[:, 6:8] * (2 * most + 1)).floor() - most
    hole = (chance[:, 8:] * size).floor()
    return Changes(
        torch.where(used[:, :1], bright, usual),
        torch.where(used[:, 1:2], shift, 0.0).long(),
        torch.where(used[:, 2:], hole, -2.0 * size).long(),
    )


def apply(pictures: Tensor, changes: Changes) -> Tensor:
    """Pictures (B, C, H, W) changed; differentiable twice."""
    bright, saturation, contrast = (column[:, None, None, None] for column in changes.colour.unbind(1))
    pictures = pictures + bright
    if pictures.shape[1] > 1:
        grey = pictures.mean(dim=1, keepdim=True)
        pictures = grey + (pictures - grey) * saturation
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    pictures = mean + (pictures - mean) * contrast
    return _cut(_moved(pictures, changes.shift), changes.hole)


def _moved(pictures: Tensor, shift: Tensor) -> Tensor:
    count, _, height, width = pictures.shape
    rows = torch.arange(height, device=pictures.device) - shift[:, :1]  # (B, H)
    columns = torch.arange(width, device=pictures.device) - shift[:, 1:]
    inside = ((rows >= 0) & (rows < height))[:, None, :, None] & ((columns >= 0) & (columns < width))[:, None, None, :]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    item = torch.arange(count, device=pictures.device)[:, None, None]
    found = pictures.permute(0, 2, 3, 1)[item, rows[:, :, None], columns[:, None, :]]
    return found.permute(0, 3, 1, 2) * inside


def _cut(pictures: Tensor, hole: Tensor) -> Tensor:
    height, width = pictures.shape[2:]
    half = HOLE * height / 2
    rows = (torch.arange(height, device=pictures.device) - hole[:, :1]).abs() <= half
    columns = (torch.arange(width, device=pictures.device) - hole[:, 1:]).abs() <= half
    return pictures * ~(rows[:, None, :, None] & columns[:, None, None, :])
