"""An autoencoder for large pictures: latents on a grid eight times smaller (Rombach et al. 2022, arXiv:2112.10752).

It does not start from nothing: of all linear codes of blocks the principal components keep most (Karhunen and Loève), and
they are had in closed form. The networks learn what that leaves.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.networks.config import CodecConfig

NOISE = 0.05
"""Noise on the latents while learning, in their own spread: the decoder learns to bear what the denoiser leaves."""


def _norm(width: int) -> nn.GroupNorm:
    return nn.GroupNorm(max(1, min(16, width // 8)), width)


class Residual(nn.Module):
    """Two convolutions beside the identity, which it begins as."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = _norm(width), _norm(width)
        self.conv1, self.conv2 = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class Codec(nn.Module):
    """Pictures (B, C, H, W) to latents (B, L, H/8, W/8) of mean 0 and spread ½, and back.

    Buffers
    -------
    mean (C·64,) of the blocks, basis (C·64, L) their leading directions, centre and scale (L,) of the latents.
    """

    mean: Tensor
    basis: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        folded = config.channels * config.factor**2
        fine = config.channels * (config.factor // 2) ** 2
        self.register_buffer("mean", torch.zeros(folded))
        self.register_buffer("basis", torch.zeros(folded, config.latents))
        self.register_buffer("centre", torch.zeros(config.latents))
        self.register_buffer("scale", torch.ones(config.latents))
        self.take = nn.Conv2d(fine, config.width, 3, padding=1)
        self.coding = nn.Sequential(*[Residual(config.width) for _ in range(config.blocks)])
        self.shrink = nn.Conv2d(config.width, config.latents, 4, 2, padding=1)
        self.expand = nn.Conv2d(config.latents, config.width, 3, padding=1)
        self.coarse = nn.Sequential(*[Residual(config.width) for _ in range(config.blocks)])
        self.grow = nn.Conv2d(config.width, 4 * config.width, 1)
        self.decoding = nn.Sequential(*[Residual(config.width) for _ in range(config.blocks)])
        self.give = nn.Conv2d(config.width, config.polish * (config.factor // 2) ** 2, 3, padding=1)
        self.polish = nn.Conv2d(config.polish + config.channels, config.polish, 3, padding=1)
        self.last = nn.Conv2d(config.polish, config.channels, 3, padding=1)
        for layer in (self.shrink, self.last):
            nn.init.zeros_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    @torch.no_grad()
    def fit(self, pictures: Tensor) -> None:
        """Take the principal components of the blocks of pictures (N, C, H, W)."""
        blocks = F.pixel_unshuffle(pictures, self.config.factor).movedim(1, -1).flatten(0, -2)
        self.mean.copy_(blocks.mean(dim=0))
        centred = blocks - self.mean
        _, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
        self.basis.copy_(vectors.flip(1)[:, : self.basis.shape[1]])

    @torch.no_grad()
    def settle(self, pictures: Tensor) -> None:
        """Bring each latent to mean 0 and spread ½ over pictures (N, C, H, W), once the coder no longer moves."""
        latents = torch.cat([self.code(part) for part in pictures.split(16)])
        self.centre.copy_(latents.mean(dim=(0, 2, 3)))
        self.scale.copy_(0.5 / latents.std(dim=(0, 2, 3)).clamp_min(1e-4))

    def code(self, pictures: Tensor) -> Tensor:
        """Latents as the decoder takes them."""
        factor = self.config.factor
        centred = F.pixel_unshuffle(pictures, factor) - self.mean[:, None, None]
        linear = torch.einsum("bchw,cl->blhw", centred, self.basis)
        h = self.coding(self.take(F.pixel_unshuffle(pictures, factor // 2)))
        return linear + self.shrink(F.silu(h))

    def picture(self, latents: Tensor) -> Tensor:
        """What :meth:`code` stands for."""
        factor = self.config.factor
        blocks = torch.einsum("blhw,cl->bchw", latents, self.basis) + self.mean[:, None, None]
        linear = F.pixel_shuffle(blocks, factor)
        h = F.pixel_shuffle(self.grow(self.coarse(self.expand(latents))), 2)
        fine = F.pixel_shuffle(self.give(F.silu(self.decoding(h))), factor // 2)
        return linear + self.last(F.silu(self.polish(torch.cat([fine, linear], dim=1))))

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents of mean 0 and spread ½."""
        return (self.code(pictures) - self.centre[:, None, None]) * self.scale[:, None, None]

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures of such latents."""
        return self.picture(latents / self.scale[:, None, None] + self.centre[:, None, None])

    def loss(self, pictures: Tensor, noise: Tensor) -> Tensor:
        """Absolute error and a little of the squared one, of what comes back through noisy latents."""
        latents = self.code(pictures)
        spread = latents.detach().std(dim=(0, 2, 3), keepdim=True)
        error = self.picture(latents + NOISE * spread * noise) - pictures
        return error.abs().mean() + error.square().mean()


class Decoder(nn.Module):
    """The half of a codec that is exported."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, z: Tensor) -> Tensor:
        return self.codec.decode(z)
