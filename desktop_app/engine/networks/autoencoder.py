"""An autoencoder for pictures that starts as the best linear one.

The best linear variational autoencoder is had in closed form: its encoder projects onto the leading directions of the
data, its decoder puts them together again (probabilistic PCA, Tipping and Bishop 1999; Lucas et al. 2019,
arXiv:1911.02469). Both networks begin as that and learn only what it leaves.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.networks.autoencoder_config import AutoencoderConfig
from desktop_app.engine.networks.gaussian import GaussianDenoiser, pool_of
from desktop_app.engine.networks.unet import Block, Fold, Resample, _norm, _zero

COUNTED = 1024
"""Pictures, at least where there are so many, that the directions worth telling are counted among."""
LEAST = 0.05
"""Share of its variance that a direction is decoded with at least, even where noise drowns it, so that it can be learned."""


class Principal(GaussianDenoiser):
    """The best linear autoencoder of the data: means per class, leading directions, and how strongly each is decoded."""

    gain: Tensor
    spread: Tensor

    def __init__(self, channels: int, size: int, latent: int, classes: int = 0) -> None:
        super().__init__(channels, size, latent, classes)
        self.register_buffer("gain", torch.ones(latent))
        self.register_buffer("spread", torch.ones(latent))

    @torch.no_grad()
    def settle(self, noise: float) -> None:
        """After :meth:`fit`: the linear model that is best when pictures are seen with variance ``noise`` a direction.

        Tipping and Bishop 1999, equations 6 to 8: with λ a direction's variance it is decoded with √(λ − σ²), encoded
        with √(λ − σ²) / λ, and known up to a variance σ² / λ; a direction below the noise is not worth telling.
        """
        kept = (self.variances - noise).clamp_min(LEAST * self.variances)
        self.gain.copy_(kept.sqrt())
        self.spread.copy_((1 - kept / self.variances).clamp_min(1e-6))

    def project(self, pictures: Tensor, labels: Tensor | None) -> Tensor:
        """Latents (B, L) of pictures (B, C, H, W), told ``labels`` (B, K) or nothing."""
        mean = self.mean if labels is None or not len(self.shifts) else self.mean + self._shift(labels)
        return (self._low(pictures - mean) @ self.basis) * (self.gain / self.variances)

    def compose(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Pictures (B, C, H, W) of latents (B, L)."""
        side = self.mean.shape[1] // self.pool
        low = ((z * self.gain) @ self.basis.T).reshape(-1, self.mean.shape[0], side, side)
        fine = F.interpolate(low, scale_factor=float(self.pool)) / self.pool if self.pool > 1 else low
        mean = self.mean if labels is None or not len(self.shifts) else self.mean + self._shift(labels)
        return mean + fine


@torch.no_grad()
def telling(pictures: Tensor, labels: Tensor | None, share: float) -> int:
    """How many leading directions of pictures (N, C, H, W) hold ``share`` of their variance, around each class's mean."""
    rows = torch.arange(0, len(pictures), max(1, len(pictures) // COUNTED))
    flat = F.avg_pool2d(pictures[rows], pool_of(pictures.shape[-1])).flatten(1)
    groups = torch.zeros(len(rows), dtype=torch.long) if labels is None else labels[rows].argmax(dim=1)
    centred = torch.cat([flat[groups == group] - flat[groups == group].mean(dim=0) for group in groups.unique()]).double()
    variances = torch.linalg.eigvalsh(centred @ centred.T).flip(0).clamp_min(0)
    return 1 + int((variances.cumsum(0) < share * variances.sum()).sum())


class _Told(nn.Module):
    """What both networks are told besides, as one embedding: the class, and how the picture was changed."""

    def __init__(self, config: AutoencoderConfig, latent: int = 0) -> None:
        super().__init__()
        wide = config.embedding
        self.classes = config.classes
        self.label = nn.Linear(config.classes, wide, bias=False) if config.classes else None
        self.change = nn.Linear(config.augmentations, wide, bias=False) if config.augmentations else None
        self.latent = nn.Linear(latent, wide, bias=False) if latent else None
        self.bias = nn.Parameter(torch.zeros(wide))

    def forward(self, count: int, labels: Tensor | None, changes: Tensor | None, z: Tensor | None = None) -> Tensor:
        h = self.bias.expand(count, -1)
        if self.label is not None and labels is not None:
            h = h + self.label(labels * math.sqrt(self.classes))
        if self.change is not None and changes is not None:
            h = h + self.change(changes)
        if self.latent is not None and z is not None:
            h = h + self.latent(z)
        return F.silu(h)


def _blocks(config: AutoencoderConfig, level: int, *, up: bool) -> nn.ModuleList:
    return nn.ModuleList(Block(2, a, b, config.embedding, config.dropout) for a, b in config.levels(level, up=up))


def _through(blocks: nn.Module, h: Tensor, embedding: Tensor) -> Tensor:
    for block in blocks.children():
        h = block(h, embedding)
    return h


class Encoder(nn.Module):
    """What the linear encoder leaves: pictures to corrections of the latent's mean and log-variance."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config, widths = config, config.widths
        self.told = _Told(config)
        self.fold, self.shrink = Fold(2, config.patch), Resample(2, up=False)
        self.stem = nn.Conv2d(config.channels * config.patch**2, widths[0], 3, padding=1)
        self.place = nn.Parameter(0.1 * torch.randn(1, widths[0], config.grids[0], config.grids[0]))
        self.levels = nn.ModuleList(_blocks(config, level, up=False) for level in range(len(widths)))
        self.norm = _norm(widths[-1])
        self.head = _zero(nn.Linear(widths[-1] * config.grids[-1] ** 2, 2 * config.latent))

    def forward(self, x: Tensor, labels: Tensor | None, changes: Tensor | None) -> tuple[Tensor, Tensor]:
        """``x`` (B, C, S, S) padded; returns two of (B, L)."""
        embedding = self.told(x.shape[0], labels, changes)
        h = self.stem(self.fold(x)) + self.place
        for level, blocks in enumerate(self.levels):
            h = _through(blocks, self.shrink(h) if level else h, embedding)
        mean, spread = self.head(F.silu(self.norm(h)).flatten(1)).chunk(2, dim=1)
        return mean, spread


class Decoder(nn.Module):
    """What the linear decoder leaves: its picture and the latent to a correction of the picture."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config, widths = config, config.widths
        folded, fine = config.patch**2, config.refine or config.channels
        self.told = _Told(config, config.latent)
        self.fold, self.unfold = Fold(2, config.patch), Fold(2, config.patch, inverse=True)
        self.grow = Resample(2, up=True)
        self.stem = nn.Linear(config.latent, widths[-1] * config.grids[-1] ** 2)
        self.guess = nn.Conv2d(config.channels * folded, widths[0], 3, padding=1)
        self.levels = nn.ModuleList(_blocks(config, level, up=True) for level in range(len(widths)))
        self.norm = _norm(widths[0])
        self.head = nn.Conv2d(widths[0], fine * folded, 3, padding=1)
        self.polish = Polish(config) if config.refine else None
        if not config.refine:
            _zero(self.head)

    def forward(self, z: Tensor, guess: Tensor, labels: Tensor | None, changes: Tensor | None) -> Tensor:
        """``z`` (B, L), ``guess`` (B, C, S, S) padded, in units of the data's spread; returns the same shape."""
        side = self.config.grids[-1]
        embedding = self.told(z.shape[0], labels, changes, z)
        h = self.stem(z).reshape(-1, self.config.widths[-1], side, side)
        for level in reversed(range(len(self.levels))):
            h = _through(self.levels[level], h, embedding)
            h = self.grow(h) if level else h + self.guess(self.fold(guess))
        fine = self.unfold(self.head(F.silu(self.norm(h))))
        return fine if self.polish is None else self.polish(torch.cat([fine, guess], dim=1))


class Polish(nn.Module):
    """Two small convolutions at full resolution: without them the folded grid shows as a weave."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.first = nn.Conv2d(config.refine + config.channels, config.refine, 3, padding=1)
        self.last = _zero(nn.Conv2d(config.refine, config.channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.silu(self.first(x)))


class Autoencoder(nn.Module):
    """Pictures float32 (B, C, H, W) in [-1, 1] to latents (B, L) of about unit spread, and back.

    Parameters
    ----------
    spread
        Of the data, around its mean.
    """

    def __init__(self, config: AutoencoderConfig, spread: float) -> None:
        super().__init__()
        self.config, self.scale = config, spread
        self.linear = Principal(config.channels, config.side, config.latent, config.classes)
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.margin = -config.side % config.multiple

    def encode(self, pictures: Tensor, labels: Tensor | None = None, changes: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance (B, L) of what a picture may be."""
        more, wider = self.encoder(self._padded((pictures - self.linear.mean) / self.scale), labels, changes)
        return self.linear.project(pictures, labels) + more, torch.log(self.linear.spread) + wider

    def decode(self, z: Tensor, labels: Tensor | None = None, changes: Tensor | None = None) -> Tensor:
        """Pictures of latents."""
        guess = self.linear.compose(z, labels)
        more = self.decoder(z, self._padded((guess - self.linear.mean) / self.scale), labels, changes)
        return guess + self.scale * more[..., : guess.shape[-2], : guess.shape[-1]]

    def _padded(self, x: Tensor) -> Tensor:
        return F.pad(x, [0, self.margin, 0, self.margin]) if self.margin else x


class EncoderGraph(nn.Module):
    """The encoder as a bundle holds it: the most likely latent."""

    def __init__(self, network: Autoencoder) -> None:
        super().__init__()
        self.linear, self.encoder = network.linear, network.encoder
        self._encode = network.encode

    def forward(self, picture: Tensor, labels: Tensor | None = None) -> Tensor:
        return self._encode(picture, labels)[0]


class GeneratorGraph(nn.Module):
    """The decoder as a bundle holds it."""

    def __init__(self, network: Autoencoder) -> None:
        super().__init__()
        self.linear, self.decoder = network.linear, network.decoder
        self._decode = network.decode

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self._decode(z, labels)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(0, 1)) of every number, in nat (Kingma and Welling 2014, appendix B)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
