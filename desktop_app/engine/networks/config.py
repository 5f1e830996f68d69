"""The shape of a network, and what it costs: no torch here, so that the window can estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class UNetConfig:
    """Shape of the network.

    Attributes
    ----------
    dims
        Dimensions of the grid: 1 (sound), 2 (pictures), 3 (video).
    channels, outputs
        Channels of what goes in and of what comes out.
    size
        Extent of the grid along each dimension.
    patch
        Side of the blocks folded into channels before the first convolution.
    widths
        Channels of each level, fine to coarse; every level halves the grid.
    blocks
        Residual blocks of each level, at least one, on the way down and again on the way up.
    attention
        Levels that end in self-attention.
    refine
        Channels of two last convolutions at full resolution; 0 leaves them out.
    """

    dims: int
    channels: int
    outputs: int
    size: tuple[int, ...]
    patch: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    attention: tuple[int, ...] = ()
    classes: int = 0
    augmentations: int = 0
    embedding: int = 128
    dropout: float = 0.0
    refine: int = 0

    @property
    def grid(self) -> tuple[int, ...]:
        """Extent of the grid after folding."""
        return tuple(extent // self.patch for extent in self.size)

    @property
    def multiple(self) -> int:
        """Each extent of the data must be a multiple of this."""
        return self.patch * 2 ** (len(self.widths) - 1)


@dataclass(frozen=True)
class CodecConfig:
    """Shape of the autoencoder of large pictures.

    Attributes
    ----------
    factor
        Pixels of a side that become one place of the grid of latents.
    latents
        Numbers at each place.
    width, blocks
        Channels, and residual blocks of each of its three parts.
    polish
        Channels of the last convolutions at full resolution.
    """

    channels: int
    factor: int = 8
    latents: int = 8
    width: int = 48
    blocks: int = 2
    polish: int = 12


def codec_cost(c: CodecConfig, size: int) -> tuple[int, float]:
    """Weights of the autoencoder, and 10⁹ operations of coding and decoding one picture of ``size`` pixels."""
    half, fold = c.channels * (c.factor // 2) ** 2, (c.factor // 2) ** 2
    residual = 2 * 9 * c.width**2
    fine = [9 * half * c.width, 2 * c.blocks * residual, 9 * c.width * c.polish * fold]
    coarse = [16 * c.width * c.latents, 9 * c.latents * c.width, c.blocks * residual, 4 * c.width**2]
    full = [9 * (c.polish + c.channels) * c.polish, 9 * c.polish * c.channels]
    linear = 2 * 4 * half * c.latents
    places = (size // c.factor) ** 2
    work = 4 * places * sum(fine) + places * (sum(coarse) + linear) + size**2 * sum(full)
    biases = c.width * (2 + 3 * c.blocks * 6 + 4) + c.polish * (fold + 1) + c.latents + c.channels
    return sum(fine) + sum(coarse) + sum(full) + biases, 2 * work / 1e9


def _block_cost(c: UNetConfig, inside: int, outside: int) -> tuple[int, int]:
    """Weights of a residual block, and its multiplications at each place of the grid."""
    taps = 3**c.dims
    skip = (inside + 1) * outside if inside != outside else 0
    convolutions = taps * inside * outside + taps * outside * outside
    weights = convolutions + 2 * outside + 2 * (inside + outside) + (c.embedding + 1) * 2 * outside + skip
    return weights, convolutions + (inside * outside if skip else 0)


def cost(c: UNetConfig) -> tuple[int, float]:
    """Weights of the network, and 10⁹ operations of one forward pass for one item (a multiply-add counts two).

    Counted from the configuration alone, so that an estimate needs no torch; a test holds it against torch's own counter.
    """
    taps, folded, fine = 3**c.dims, c.patch**c.dims, c.refine or c.outputs
    inside, outside = c.channels * folded, fine * folded
    places = [math.prod(extent // 2**level for extent in c.grid) for level in range(len(c.widths))]
    weights = (taps * inside + 1) * c.widths[0] + places[0] * c.widths[0] + 2 * c.widths[0] + (taps * c.widths[0] + 1) * outside
    work = taps * (inside + outside) * c.widths[0] * places[0]
    if c.refine:
        polish = taps * c.refine * (c.refine + c.channels + c.outputs)
        weights, work = weights + polish + c.refine + c.outputs, work + polish * math.prod(c.size)
    told = (2 * c.embedding + c.classes + c.augmentations) * c.embedding
    weights, work = weights + told + 2 * c.embedding, work + told
    for level, a, b in residual_blocks(c):
        more, each = _block_cost(c, a, b)
        weights, work = weights + more, work + each * places[level] + 2 * c.embedding * b
    for level in c.attention:
        width, count = c.widths[level], places[level]
        weights += 2 * ((4 * width + 4) * width + 2 * width)
        work += 2 * (4 * width * width * count + 2 * width * count * count)
    return weights, 2 * work / 1e9


def residual_blocks(c: UNetConfig) -> list[tuple[int, int, int]]:
    """Level, channels in and channels out of every residual block."""
    last = len(c.widths) - 1
    found = [(last, c.widths[last], c.widths[last])]
    for level, width in enumerate(c.widths):
        for inside in (c.widths[max(0, level - 1)], c.widths[min(level + 1, last)] + width):
            found.append((level, inside, width))
            found += [(level, width, width)] * (c.blocks[level] - 1)
    return found
