"""A density of latents that follows wherever the items lie: each with a kernel shaped by the items most like it.

Manifold Parzen windows (Vincent and Bengio 2003, NIPS 15): the covariance of an item's kernel is the scatter of its nearest
neighbours, so that what is drawn varies as real items do there, and in no other direction. A few Gaussians with
full covariances reach across the gaps between kinds of pictures: kernel distance from real ones 4.2 against 0.13 on 1,618
digits with 64 latents, 1.2 against 0.7 on 1,350 sprites with 32 after a shorter training.

Kernels around the items themselves spread the whole wider than the items are, and where an item stands apart they draw
copies of it. So each is first moved towards the middle of its neighbours, as the smoothed bootstrap
moves all towards the middle of all to keep the variance (Silverman and Young 1987, Biometrika 74). Of 500 digits drawn
from 16 latents 10 in place of 32 then look copied, at a kernel distance of 0.15 in place of 0.12.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from desktop_app.engine.networks.mixture import ends_of, picked

NEIGHBOURS = 12
INWARD = 0.5
"""Share of its way to the middle of its neighbours by which an item's kernel is moved there."""
REACHES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0)
QUANTILES = (0.05, 0.25, 0.5)
TRIED = 512
"""Latents drawn to compare a reach by."""


class Neighbourhood(nn.Module):
    """Unit noise (B, L + 1) to latents (B, L): the first number picks an item, others move it among its neighbours.

    Buffers
    -------
    shares (K + 1, N): upper ends of the items' shares for each class, the last row where no class is told;
    latents (N, L); near (N, k), rows of each item's neighbours; reach (N,), how far it is moved.
    """

    shares: Tensor
    latents: Tensor
    near: Tensor
    reach: Tensor

    def __init__(self, shares: Tensor, latents: Tensor, near: Tensor, reach: Tensor) -> None:
        super().__init__()
        self.register_buffer("shares", shares.float())
        self.register_buffer("latents", latents.float())
        self.register_buffer("near", near)
        self.register_buffer("reach", reach.float())

    @classmethod
    def of(cls, groups: list[Tensor], owners: Tensor, scale: float = 1.0) -> Neighbourhood:
        """Groups of latents (n, L) beside one another, each with neighbours of its own.

        Parameters
        ----------
        owners
            (K + 1, number of groups): the share of each group for each class, the last row without one.
        scale
            Factor on every reach.
        """
        width = min(NEIGHBOURS, groups[0].shape[1], *(max(1, len(group) - 1) for group in groups))
        near = [neighbours(group, width) for group in groups]
        reach = [scale * farther(group, rows) * torch.ones(len(group)) for group, rows in zip(groups, near, strict=True)]
        first = [sum(len(group) for group in groups[:place]) for place in range(len(groups))]
        even = [torch.full((len(group),), 1 / len(group), dtype=torch.float64) for group in groups]
        return cls(
            ends_of(even, owners),
            torch.cat(groups),
            torch.cat([rows + start for rows, start in zip(near, first, strict=True)]),
            torch.cat(reach),
        )

    def forward(self, noise: Tensor, labels: Tensor | None = None) -> Tensor:
        """``noise`` (B, L + 1), ``labels`` (B, K) one-hot, zeros for no class."""
        item = picked(self.shares, noise[:, :1], labels)
        return moved(self.latents, self.near, item, self.reach[item], noise[:, 1 : 1 + self.near.shape[1]])


def moved(latents: Tensor, near: Tensor, item: Tensor, reach: Tensor, noise: Tensor) -> Tensor:
    """Latents (B, L) from the rows ``item`` (B,): moved inward, then by ``reach`` (B,) as their neighbours are scattered."""
    start, others = latents[item], latents[near[item]]
    middle = (start + others.sum(dim=1)) / (1 + near.shape[1])
    scatter = (noise[:, :, None] * (others - middle[:, None])).sum(dim=1)
    return start + INWARD * (middle - start) + (reach / math.sqrt(near.shape[1]))[:, None] * scatter


def neighbours(latents: Tensor, count: int) -> Tensor:
    """Rows (N, ``count``) of the nearest others of each of ``latents`` (N, L); of itself where there are no others."""
    if len(latents) < 2:
        return torch.zeros(len(latents), count, dtype=torch.long)
    apart = torch.cdist(latents, latents).fill_diagonal_(math.inf)
    return apart.topk(count, largest=False).indices


def farther(latents: Tensor, near: Tensor) -> float:
    """The least of :data:`REACHES` at which drawn latents lie as far from the items as the items from one another.

    A shorter one would draw copies, a longer one less likely pictures. Nearest distances are compared at
    :data:`QUANTILES`, the close ones included.
    """
    if len(latents) < 2:
        return REACHES[0]
    generator, at = torch.Generator().manual_seed(0), torch.tensor(QUANTILES)
    usual = torch.cdist(latents, latents).fill_diagonal_(math.inf).amin(dim=1).quantile(at)
    item = torch.randint(0, len(latents), (TRIED,), generator=generator)
    noise = torch.randn(TRIED, near.shape[1], generator=generator)
    for reach in REACHES:
        drawn = moved(latents, near, item, torch.full((TRIED,), reach), noise)
        if bool((torch.cdist(drawn, latents).amin(dim=1).quantile(at) >= usual).all()):
            return reach
    return REACHES[-1]
