"""A generator and a discriminator after R3GAN (Huang et al. 2025, arXiv:2501.05441), made to be quick on a CPU.

As there: residual blocks without normalisation whose last convolution starts at zero, leaky ReLU, a learned basis of the
coarsest grid at the discriminator's end. As in :mod:`desktop_app.engine.networks.unet`: the grid is folded into channels
and most of the width sits at the coarse levels. And the generator does not start from nothing: it adds to a sample of the
Gaussian fitted to the pictures in closed form, which it sees at every level, so that before the first step its pictures
have the right mean and covariance.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from desktop_app.engine.networks.gan_config import GANConfig
from desktop_app.engine.networks.gaussian import GaussianDenoiser

SLOPE = 0.2


def leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE)


class GaussianSource(GaussianDenoiser):
    """The Gaussian fitted to the pictures, to draw from."""

    def draw(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """``z`` (B, latent), of which the first R numbers move along the basis, and ``labels`` (B, K) to (B, C, H, W)."""
        channels, size = self.mean.shape[0], self.mean.shape[-1]
        mean = self.mean if labels is None or not len(self.shifts) else self.mean + self._shift(labels)
        low = (z[:, : len(self.variances)] * self.variances.sqrt()) @ self.basis.T
        grid = low.reshape(-1, channels, size // self.pool, size // self.pool)
        if self.pool > 1:
            grid = F.interpolate(grid, scale_factor=float(self.pool)) / self.pool
        return mean + grid


class Block(nn.Module):
    """Residual block without normalisation; where there is an embedding it scales and shifts what is inside."""

    def __init__(self, width: int, embedding: int = 0) -> None:
        super().__init__()
        self.conv1 = _conv(width, width, 3)
        self.conv2 = _conv(width, width, 3, gain=0.0)
        self.affine = nn.Linear(embedding, 2 * width) if embedding else None
        if self.affine is not None:
            nn.init.normal_(self.affine.weight, std=0.1 / math.sqrt(embedding))
            nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        h = self.conv1(leaky(x))
        if self.affine is not None and embedding is not None:
            scale, shift = self.affine(embedding)[:, :, None, None].chunk(2, dim=1)
            h = torch.addcmul(shift, h, scale + 1)
        return x + self.conv2(leaky(h))


class Generator(nn.Module):
    """G(z, class) = g + residual(g, z, class), with g a sample of the Gaussian fitted to the pictures."""

    def __init__(self, config: GANConfig, gaussian: GaussianSource) -> None:
        super().__init__()
        self.config, self.gaussian = config, gaussian
        widths, coarsest = config.widths, config.coarsest
        self.embed = nn.Linear(config.latent, config.embedding)
        self.label = nn.Linear(config.classes, config.embedding, bias=False) if config.classes else None
        self.start = nn.Linear(config.embedding, widths[-1] * coarsest**2)
        self.seen = nn.ModuleList(_conv(config.folded, width, 1, bias=False) for width in widths)
        self.blocks = nn.ModuleList(
            nn.ModuleList(Block(width, config.embedding) for _ in range(config.blocks)) for width in widths
        )
        self.narrow = nn.ModuleList(_conv(coarse, fine, 1, bias=False) for fine, coarse in pairwise(widths))
        self.head = _conv(widths[0], config.folded, 3, gain=0.0)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """``z`` (B, latent), ``labels`` (B, K) one-hot or zeros; returns pictures (B, C, H, W) in [-1, 1]."""
        c = self.config
        coarse = self.gaussian.draw(z, labels)
        folded = F.pixel_unshuffle(_padded(coarse - self.gaussian.mean, c.extent), c.patch)
        e = self.embed(z)
        if self.label is not None and labels is not None:
            e = e + self.label(labels * math.sqrt(c.classes))
        e = leaky(e)
        h = self.start(e).reshape(-1, c.widths[-1], c.coarsest, c.coarsest)
        for level in reversed(range(len(c.widths))):
            h = h + self.seen[level](F.avg_pool2d(folded, 2**level) if level else folded)
            for block in self.blocks[level].children():
                h = block(h, e)
            if level:
                h = F.interpolate(self.narrow[level - 1](h), scale_factor=2.0)
        fine = F.pixel_shuffle(self.head(leaky(h)), c.patch)
        drawn = coarse + fine[..., : c.size, : c.size]
        return inward(drawn) if self.training else drawn.clamp(-1, 1)


class Discriminator(nn.Module):
    """Judges how real a picture is; told the class, by projection (Miyato and Koyama 2018, arXiv:1802.05637)."""

    def __init__(self, config: GANConfig, *, spectral_norm: bool = False) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.stem = _conv(config.folded, widths[0], 3)
        self.blocks = nn.ModuleList(nn.ModuleList(Block(width) for _ in range(config.blocks)) for width in widths)
        self.widen = nn.ModuleList(_conv(fine, coarse, 1, bias=False) for fine, coarse in pairwise(widths))
        self.basis = nn.Parameter(torch.randn(widths[-1], config.coarsest, config.coarsest) / config.coarsest)
        self.judge = nn.Linear(widths[-1], 1)
        self.label = nn.Linear(config.classes, widths[-1], bias=False) if config.classes else None
        if spectral_norm:
            bound_spectra(self)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """``x`` (B, C, H, W), ``labels`` (B, K); returns (B,), higher for what looks real."""
        c = self.config
        h = self.stem(F.pixel_unshuffle(_padded(x, c.extent), c.patch))
        for level in range(len(c.widths)):
            h = self.widen[level - 1](F.avg_pool2d(h, 2)) if level else h
            for block in self.blocks[level].children():
                h = block(h)
        features = (leaky(h) * self.basis).sum(dim=(2, 3))
        judgement = self.judge(features)[:, 0]
        if self.label is not None and labels is not None:
            judgement = judgement + (self.label(labels) * features).sum(dim=1)
        return judgement.float()


class _Inward(torch.autograd.Function):
    """Clip to [-1, 1]; a gradient that would move a clipped value back inside still reaches it."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:  # type: ignore[override]
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined]
        outward = ((x > 1) & (gradient < 0)) | ((x < -1) & (gradient > 0))
        return gradient.masked_fill(outward, 0.0)


def inward(x: Tensor) -> Tensor:
    found: Tensor = _Inward.apply(x)
    return found


class _Bounded(nn.Module):
    """W / max(1, σ): spectral normalisation (Miyato et al. 2018, arXiv:1802.05957) that lets a small weight be small.

    Without the maximum a convolution that starts at zero would be divided by nothing.
    """

    u: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("u", F.normalize(torch.randn(len(weight)), dim=0))

    @torch.no_grad()
    def advance(self, weight: Tensor) -> None:
        """One step of the power iteration."""
        matrix = weight.flatten(1)
        v = F.normalize(matrix.T @ self.u, dim=0)
        self.u.copy_(F.normalize(matrix @ v, dim=0) if v.any() else self.u)

    def forward(self, weight: Tensor) -> Tensor:
        matrix = weight.flatten(1)
        v = F.normalize((matrix.T @ self.u).detach(), dim=0)
        return weight / (self.u @ (matrix @ v)).clamp_min(1.0)


def bound_spectra(module: nn.Module) -> None:
    """Keep the spectral norm of every convolution and linear layer at one or below."""
    for layer in list(module.modules()):
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            parametrize.register_parametrization(layer, "weight", _Bounded(layer.weight))


def advance_spectra(module: nn.Module) -> None:
    """One step of every power iteration: once for each step of the training, whatever its parts."""
    for layer in module.modules():
        if isinstance(layer, parametrize.ParametrizationList) and isinstance(layer[0], _Bounded):
            layer[0].advance(layer.original)


def _conv(inside: int, outside: int, kernel: int, *, bias: bool = True, gain: float = 1.0) -> nn.Conv2d:
    """A convolution whose output varies as its input does (He et al. 2015), or is nothing at first."""
    conv = nn.Conv2d(inside, outside, kernel, padding=kernel // 2, bias=bias)
    nn.init.normal_(conv.weight, std=gain * math.sqrt(2 / (1 + SLOPE**2) / (inside * kernel**2)))
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def _padded(x: Tensor, extent: int) -> Tensor:
    margin = extent - x.shape[-1]
    return F.pad(x, [0, margin, 0, margin]) if margin else x
