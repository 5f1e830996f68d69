"""The shape of an autoencoder for pictures, and what it costs: no torch here, so that the window can estimate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class AutoencoderConfig:
    """Shape of both networks; the decoder mirrors the encoder.

    Attributes
    ----------
    channels, side
        Of the pictures.
    patch
        Side of the blocks folded into channels before the first convolution.
    widths
        Channels of each level, fine to coarse; every level halves the grid.
    blocks
        Residual blocks of each level.
    latent
        Numbers that a picture becomes.
    classes, augmentations
        Numbers by which both are told the class, and how the picture was changed; 0 without.
    refine
        Channels of the decoder's last convolutions at full resolution; 0 leaves them out.
    """

    channels: int
    side: int
    patch: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    latent: int
    classes: int = 0
    augmentations: int = 0
    embedding: int = 128
    dropout: float = 0.0
    refine: int = 0

    @property
    def multiple(self) -> int:
        """The side is padded to a multiple of this."""
        return self.patch * 2 ** (len(self.widths) - 1)

    @property
    def grids(self) -> tuple[int, ...]:
        """Side of the grid at each level, padding included."""
        fine = -(-self.side // self.multiple) * self.multiple // self.patch
        return tuple(fine // 2**level for level in range(len(self.widths)))

    def levels(self, level: int, *, up: bool) -> list[tuple[int, int]]:
        """Channels in and out of each block of a level, on the way to the latent or back (``up``)."""
        last = len(self.widths) - 1
        before = self.widths[min(level + 1, last)] if up else self.widths[max(level - 1, 0)]
        return list(pairwise([before] + [self.widths[level]] * self.blocks[level]))


def cost(c: AutoencoderConfig) -> tuple[int, float]:
    """Weights of both networks, and 10⁹ operations of one picture through both (a multiply-add counts two).

    Counted from the configuration alone, so that an estimate needs no torch; a test holds it against torch's own counter.
    """
    folded, fine = c.patch**2, c.refine or c.channels
    wide, coarse = c.widths[0], c.widths[-1] * c.grids[-1] ** 2
    weights = (9 * c.channels * folded + 1) * wide * 2 + (9 * wide + 1) * fine * folded + 2 * wide + 2 * c.widths[-1]
    weights += wide * c.grids[0] ** 2  # the map of places
    work = 9 * folded * wide * (2 * c.channels + fine) * c.grids[0] ** 2
    weights += (coarse + 1) * 2 * c.latent + (c.latent + 1) * coarse
    work += 3 * coarse * c.latent
    told = (c.classes + c.augmentations) * c.embedding
    weights, work = weights + 2 * told + (c.latent + 2) * c.embedding, work + 2 * told + c.latent * c.embedding
    if c.refine:
        polish = 9 * c.refine * (c.refine + 2 * c.channels)
        weights, work = weights + polish + c.refine + c.channels, work + polish * (c.grids[0] * c.patch) ** 2
    for up in (False, True):
        for level, grid in enumerate(c.grids):
            for a, b in c.levels(level, up=up):
                more, each = _block(c, a, b)
                weights, work = weights + more, work + each * grid**2 + 2 * c.embedding * b
    return weights, 2 * work / 1e9


def _block(c: AutoencoderConfig, inside: int, outside: int) -> tuple[int, int]:
    """Weights of a residual block, and its multiplications at each place of the grid."""
    skip = inside * outside if inside != outside else 0
    convolutions = 9 * inside * outside + 9 * outside * outside
    weights = convolutions + 2 * outside + 2 * (inside + outside) + (c.embedding + 1) * 2 * outside
    return weights + (skip + outside if skip else 0), convolutions + skip
