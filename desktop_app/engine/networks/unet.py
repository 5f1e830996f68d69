"""A U-Net over grids of one to three dimensions, made to be quick on a CPU.

The layout follows DDPM++ as EDM uses it (Karras et al. 2022, table 1): residual blocks with group normalisation, the
noise level and the class entering as scale and shift, self-attention where the grid is coarse. Three things differ,
because arithmetic is scarce on a CPU: the grid is folded into channels first (``patch``), so that no convolution runs at
full resolution; most of the width sits at the coarse levels; a learned map says where on the grid a place is, because
small sets of icons or digits are centred and a small network has no other way to know.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.networks.config import UNetConfig

_CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def _norm(width: int) -> nn.GroupNorm:
    return nn.GroupNorm(max(1, min(32, width // 8)), width, eps=1e-5)


def _zero(module: nn.Module) -> nn.Module:
    """Start a residual branch at nothing, so that a deep network begins as the identity."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


class FourierFeatures(nn.Module):
    """Cosines of random frequencies of a scalar: (B,) to (B, width). Fixed, not learned (Tancik et al. 2020)."""

    frequencies: Tensor
    phases: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("frequencies", 2 * math.pi * torch.randn(width))
        self.register_buffer("phases", 2 * math.pi * torch.rand(width))

    def forward(self, value: Tensor) -> Tensor:
        return math.sqrt(2) * torch.cos(value[:, None] * self.frequencies + self.phases)


class Block(nn.Module):
    """Residual block: norm, convolution, scale and shift by the embedding, norm, dropout, convolution."""

    def __init__(self, dims: int, inside: int, outside: int, embedding: int, dropout: float) -> None:
        super().__init__()
        conv = _CONV[dims]
        self.norm1 = _norm(inside)
        self.conv1 = conv(inside, outside, 3, padding=1)
        self.affine = nn.Linear(embedding, 2 * outside)
        self.norm2 = _norm(outside)
        self.dropout = dropout
        self.conv2 = _zero(conv(outside, outside, 3, padding=1))
        self.skip = conv(inside, outside, 1) if inside != outside else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.affine(embedding).reshape(*embedding.shape[:1], -1, *[1] * (x.ndim - 2)).chunk(2, dim=1)
        h = F.silu(torch.addcmul(shift, self.norm2(h), scale + 1))
        h = self.conv2(F.dropout(h, self.dropout, self.training))
        return self.skip(x) + h


class Attention(nn.Module):
    """Self-attention among all places of the grid, with a residual connection.

    Channels stay before places all the way, and the projections are convolutions of one place: nothing is turned round,
    which on a small grid takes as long as the arithmetic, and 8 bits serve them as they serve the other convolutions.
    """

    def __init__(self, dims: int, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // 64)
        self.norm = _norm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = _zero(nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        count, width, *grid = x.shape
        parts = _at_each_place(self.qkv, self.norm(x)).reshape(count, 3 * self.heads, width // self.heads, -1)
        q, k, v = parts.split(self.heads, dim=1)  # (B, heads, D, places)
        weights = torch.softmax(q.transpose(2, 3) @ k / math.sqrt(q.shape[2]), dim=3)  # (B, heads, places, places)
        return x + _at_each_place(self.out, (v @ weights.transpose(2, 3)).reshape(count, width, *grid))


def _at_each_place(linear: nn.Linear, x: Tensor) -> Tensor:
    """The layer applied to the channels of ``x`` (B, C, *grid) at every place."""
    convolve = (F.conv1d, F.conv2d, F.conv3d)[x.ndim - 3]
    found: Tensor = convolve(x, linear.weight.reshape(*linear.weight.shape, *[1] * (x.ndim - 2)), linear.bias)
    return found


class Fold(nn.Module):
    """Move blocks of ``patch`` along every dimension into channels, or back. Exact, without weights."""

    def __init__(self, dims: int, patch: int, *, inverse: bool = False) -> None:
        super().__init__()
        self.dims, self.patch, self.inverse = dims, patch, inverse

    def forward(self, x: Tensor) -> Tensor:
        if self.patch == 1:
            return x
        if self.dims == 2:
            return F.pixel_shuffle(x, self.patch) if self.inverse else F.pixel_unshuffle(x, self.patch)
        return self._unfold(x) if self.inverse else self._fold(x)

    def _fold(self, x: Tensor) -> Tensor:
        count, channels, *size = x.shape
        split = [part for extent in size for part in (extent // self.patch, self.patch)]
        x = x.reshape(count, channels, *split)
        coarse, fine = range(2, 2 + 2 * self.dims, 2), range(3, 3 + 2 * self.dims, 2)
        return x.permute(0, 1, *fine, *coarse).reshape(count, -1, *(extent // self.patch for extent in size))

    def _unfold(self, x: Tensor) -> Tensor:
        count, channels, *size = x.shape
        x = x.reshape(count, channels // self.patch**self.dims, *[self.patch] * self.dims, *size)
        pairs = [axis for d in range(self.dims) for axis in (2 + self.dims + d, 2 + d)]
        return x.permute(0, 1, *pairs).reshape(count, -1, *(extent * self.patch for extent in size))


class Resample(nn.Module):
    """Halve the grid by averaging or double it by repeating; parameter-free, so that it costs nothing to learn."""

    def __init__(self, dims: int, *, up: bool) -> None:
        super().__init__()
        self.dims, self.up = dims, up

    def forward(self, x: Tensor) -> Tensor:
        if self.up:
            return F.interpolate(x, scale_factor=2.0, mode="nearest")
        pool = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[self.dims]
        return pool(x, 2)


class Polish(nn.Module):
    """Two small convolutions at full resolution, beside the input: without them the folded grid shows as a weave."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        conv, width = _CONV[config.dims], config.refine
        self.first = conv(width + config.channels, width, 3, padding=1)
        self.last = _zero(conv(width, config.outputs, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.silu(self.first(x)))


class UNet(nn.Module):
    """Maps noisy data, a noise level and labels to an estimate on the same grid."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        dims, conv, widths, wide = config.dims, _CONV[config.dims], config.widths, config.embedding
        folded = config.patch**dims
        self.fold, self.unfold = Fold(dims, config.patch), Fold(dims, config.patch, inverse=True)
        self.fourier = FourierFeatures(wide)
        self.embed1, self.embed2 = nn.Linear(wide, wide), nn.Linear(wide, wide)
        self.label = nn.Linear(config.classes, wide, bias=False) if config.classes else None
        self.augment = nn.Linear(config.augmentations, wide, bias=False) if config.augmentations else None
        self.stem = conv(config.channels * folded, widths[0], 3, padding=1)
        self.place = nn.Parameter(0.1 * torch.randn(1, widths[0], *config.grid))
        self.shrink, self.grow = Resample(dims, up=False), Resample(dims, up=True)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self._build()
        self.middle = Block(dims, widths[-1], widths[-1], wide, config.dropout)
        self.norm = _norm(widths[0])
        fine = config.refine or config.outputs
        self.head = conv(widths[0], fine * folded, 3, padding=1)
        self.polish = Polish(config) if config.refine else _zero(self.head) and nn.Identity()

    def _build(self) -> None:
        c = self.config
        for level, width in enumerate(c.widths):
            before = c.widths[max(0, level - 1)]
            self.down.append(self._level(level, before))
            below = c.widths[min(level + 1, len(c.widths) - 1)]
            self.up.append(self._level(level, below + width))

    def _level(self, level: int, inside: int) -> nn.ModuleList:
        c = self.config
        widths = [inside] + [c.widths[level]] * c.blocks[level]
        blocks = [Block(c.dims, a, b, c.embedding, c.dropout) for a, b in pairwise(widths)]
        return nn.ModuleList([*blocks, *([Attention(c.dims, c.widths[level])] if level in c.attention else [])])

    def embed(self, noise: Tensor, labels: Tensor | None, augmentation: Tensor | None) -> Tensor:
        """Embedding of what conditions the network: (B,), (B, K), (B, A) to (B, E)."""
        h = self.embed1(self.fourier(noise))
        if self.label is not None and labels is not None:
            # One-hot rows are as small as noise beside the features; the factor gives them the same size (EDM).
            h = h + self.label(labels * math.sqrt(self.config.classes))
        if self.augment is not None and augmentation is not None:
            h = h + self.augment(augmentation)
        return F.silu(self.embed2(F.silu(h)))

    @staticmethod
    def _through(blocks: nn.Module, h: Tensor, embedding: Tensor) -> Tensor:
        for block in blocks.children():
            h = block(h, embedding) if isinstance(block, Block) else block(h)
        return h

    def forward(self, x: Tensor, noise: Tensor, labels: Tensor | None = None, augmentation: Tensor | None = None) -> Tensor:
        """``x`` (B, C, *size), ``noise`` (B,) = ln(σ)/4, ``labels`` (B, K); returns (B, outputs, *size)."""
        embedding = self.embed(noise, labels, augmentation)
        h = self.stem(self.fold(x)) + self.place
        skips = []
        for level, blocks in enumerate(self.down):
            h = self.shrink(h) if level else h
            h = self._through(blocks, h, embedding)
            skips.append(h)
        h = self.middle(h, embedding)
        for level in reversed(range(len(skips))):
            h = self._through(self.up[level], torch.cat([h, skips[level]], dim=1), embedding)
            h = self.grow(h) if level else h
        fine = self.unfold(self.head(F.silu(self.norm(h))))
        return self.polish(torch.cat([fine, x], dim=1)) if self.config.refine else fine
