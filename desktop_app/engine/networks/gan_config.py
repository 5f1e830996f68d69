"""The shape of a generator and its discriminator, and what they cost: no torch here."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class GANConfig:
    """Shape of both networks, which mirror each other.

    Attributes
    ----------
    size
        Side of the pictures.
    extent
        Side that the networks work with: ``size`` rounded up, so that it can be halved often enough.
    patch
        Side of the blocks folded into channels, so that no convolution runs at full resolution.
    widths
        Channels of each level, fine to coarse; every level halves the grid.
    blocks
        Residual blocks of each level.
    latent
        Numbers that a picture is drawn from.
    """

    channels: int
    size: int
    extent: int
    patch: int
    widths: tuple[int, ...]
    blocks: int
    latent: int
    classes: int = 0
    embedding: int = 128

    @property
    def folded(self) -> int:
        """Channels after folding."""
        return self.channels * self.patch**2

    def grid(self, level: int) -> int:
        """Side of the grid of a level, 0 being the finest."""
        return self.extent // self.patch >> level

    @property
    def coarsest(self) -> int:
        return self.grid(len(self.widths) - 1)


def cost(c: GANConfig, rank: int, pool: int) -> tuple[tuple[int, float], tuple[int, float]]:
    """Weights and 10⁹ operations of one forward pass for one item, of the generator and of the discriminator.

    Parameters
    ----------
    rank, pool
        Directions of the Gaussian that the generator starts from, and how much coarser than the pictures it is.
    """
    return _generator(c, rank, pool), _discriminator(c)


def _generator(c: GANConfig, rank: int, pool: int) -> tuple[int, float]:
    start = c.widths[-1] * c.coarsest**2
    weights = (c.latent + c.classes + 1) * c.embedding + (c.embedding + 1) * start
    work = (c.latent + c.classes + start) * c.embedding
    work += rank * c.channels * (c.size // pool) ** 2 + c.classes * c.channels * c.size**2
    for level, width in enumerate(c.widths):
        places = c.grid(level) ** 2
        weights += c.folded * width + c.blocks * (18 * width**2 + 2 * width + (c.embedding + 1) * 2 * width)
        work += places * (c.folded * width + c.blocks * 18 * width**2) + c.blocks * 2 * c.embedding * width
    for level, (fine, coarse) in enumerate(pairwise(c.widths)):
        weights += coarse * fine
        work += coarse * fine * c.grid(level + 1) ** 2
    weights += (9 * c.widths[0] + 1) * c.folded
    work += 9 * c.widths[0] * c.folded * c.grid(0) ** 2
    return weights, 2 * work / 1e9


def _discriminator(c: GANConfig) -> tuple[int, float]:
    last, places = c.widths[-1], c.coarsest**2
    weights = (9 * c.folded + 1) * c.widths[0] + places * last + last + 1 + c.classes * last
    work = 9 * c.folded * c.widths[0] * c.grid(0) ** 2 + last + c.classes * last
    for level, width in enumerate(c.widths):
        weights += c.blocks * (18 * width**2 + 2 * width)
        work += c.blocks * 18 * width**2 * c.grid(level) ** 2
    for level, (fine, coarse) in enumerate(pairwise(c.widths)):
        weights += fine * coarse
        work += fine * coarse * c.grid(level + 1) ** 2
    return weights, 2 * work / 1e9
