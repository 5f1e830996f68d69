"""A Gaussian mixture with full covariances: what the latents of the training items look like, to draw new ones from.

Fitted after the training ("ex-post density", Ghosh et al. 2020, arXiv:1903.12436) by expectation-maximisation from a
k-means++ start; the same latents always give the same mixture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

RIDGE = 1e-4
"""Added to the diagonal of every covariance, so that it stays positive where latents are few."""


@dataclass(frozen=True)
class Mixture:
    """Weights (M,), means (M, L) and lower Cholesky factors (M, L, L) of the covariances; float64."""

    weights: Tensor
    means: Tensor
    factors: Tensor

    def log_density(self, rows: Tensor) -> Tensor:
        """ln p(row) for rows (N, L): (N,)."""
        return torch.logsumexp(joint(self, rows.double()), dim=1)


def joint(mixture: Mixture, rows: Tensor) -> Tensor:
    """ln of weight times density of each row under each component: (N, M)."""
    width = rows.shape[1]
    columns = []
    for weight, mean, factor in zip(mixture.weights, mixture.means, mixture.factors, strict=True):
        white = torch.linalg.solve_triangular(factor, (rows - mean).T, upper=False)
        size = torch.log(torch.diagonal(factor)).sum()
        columns.append(torch.log(weight) - 0.5 * (white.square().sum(dim=0) + width * math.log(2 * math.pi)) - size)
    return torch.stack(columns, dim=1)


@torch.no_grad()
def fit(rows: Tensor, components: int, *, rounds: int = 40, share: float = 1.0) -> Mixture:
    """Fit to rows (N, L) by expectation-maximisation.

    Parameters
    ----------
    components
        At most as many as there are rows.
    rounds
        At most; it ends when the mean log-likelihood gains less than 1e-3.
    share
        Every covariance is steadied as if ``share · L`` more rows had the covariance within all components, so that a
        component of few rows does not take their chance directions for known (an inverse-Wishart prior's mode).
    """
    rows = rows.double().cpu()
    responsibilities = _start(rows, min(components, len(rows)))
    before = -math.inf
    for _ in range(rounds):
        mixture = _maximise(rows, responsibilities, share)
        logs = joint(mixture, rows)
        total = torch.logsumexp(logs, dim=1)
        responsibilities = torch.exp(logs - total[:, None])
        if total.mean() - before < 1e-3:
            break
        before = float(total.mean())
    return mixture


def _maximise(rows: Tensor, responsibilities: Tensor, share: float) -> Mixture:
    count, width = rows.shape
    sizes = responsibilities.sum(dim=0).clamp_min(1e-8)
    means = (responsibilities.T @ rows) / sizes[:, None]
    scatters = torch.stack([_scatter(rows - mean, r) for mean, r in zip(means, responsibilities.T, strict=True)])
    within = scatters.sum(dim=0) / count
    more = share * width
    covariances = (scatters + more * within) / (sizes + more).reshape(-1, 1, 1)
    factors = torch.linalg.cholesky(covariances + RIDGE * torch.eye(width, dtype=rows.dtype))
    return Mixture(sizes / sizes.sum(), means, factors)


def _scatter(centred: Tensor, weights: Tensor) -> Tensor:
    return centred.T @ (centred * weights[:, None])


def _start(rows: Tensor, components: int) -> Tensor:
    """k-means++ (Arthur and Vassilvitskii 2007) and ten rounds of k-means; each row belongs wholly to its nearest centre."""
    generator = torch.Generator().manual_seed(0)
    centres = rows[torch.randint(len(rows), (1,), generator=generator)]
    while len(centres) < components:
        nearest = torch.cdist(rows, centres).amin(dim=1).square() + 1e-12
        centres = torch.cat([centres, rows[torch.multinomial(nearest, 1, generator=generator)]])
    for _ in range(10):
        nearest_to = torch.cdist(rows, centres).argmin(dim=1)
        member = torch.nn.functional.one_hot(nearest_to, components).to(rows.dtype)
        sizes = member.sum(dim=0)
        centres = torch.where((sizes > 0)[:, None], (member.T @ rows) / sizes.clamp_min(1)[:, None], centres)
    return torch.nn.functional.one_hot(torch.cdist(rows, centres).argmin(dim=1), components).to(rows.dtype)


class Prior(nn.Module):
    """Unit noise (B, L + 1) to latents (B, L): the first number picks a component, the others become its Gaussian.

    Buffers
    -------
    shares (K + 1, M): upper ends of the components' shares for each class, the last row where no class is told;
    means (M, L); factors (M, L, L).
    """

    shares: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, shares: Tensor, means: Tensor, factors: Tensor) -> None:
        super().__init__()
        self.register_buffer("shares", shares.float())
        self.register_buffer("means", means.float())
        self.register_buffer("factors", factors.float())

    @classmethod
    def normal(cls, latent: int, classes: int, scale: float = 1.0) -> Prior:
        """The unit Gaussian, whatever the class."""
        return cls(torch.ones(classes + 1, 1), torch.zeros(1, latent), scale * torch.eye(latent)[None])

    @classmethod
    def of(cls, mixtures: list[Mixture], owners: Tensor, scale: float = 1.0) -> Prior:
        """Mixtures beside one another.

        Parameters
        ----------
        owners
            (K + 1, number of mixtures): the share of each mixture for each class, the last row without one.
        scale
            Factor on every component's spread.
        """
        factors = torch.cat([one.factors for one in mixtures])
        shares = ends_of([one.weights for one in mixtures], owners)
        return cls(shares, torch.cat([one.means for one in mixtures]), scale * factors)

    def forward(self, noise: Tensor, labels: Tensor | None = None) -> Tensor:
        """``noise`` (B, L + 1), ``labels`` (B, K) one-hot, zeros for no class."""
        chosen = picked(self.shares, noise[:, :1], labels)
        return self.means[chosen] + (self.factors[chosen] @ noise[:, 1:, None])[..., 0]


def ends_of(weights: list[Tensor], owners: Tensor) -> Tensor:
    """Upper ends (K + 1, M) of the shares of all parts, for each class and without one.

    Parameters
    ----------
    weights
        Of the parts of each group, summing to one.
    owners
        (K + 1, number of groups): the share of each group for each class, the last row without one.
    """
    shares = torch.cat([one * own[:, None] for one, own in zip(weights, owners.double().T, strict=True)], dim=1)
    return torch.cumsum(shares, dim=1) / shares.sum(dim=1, keepdim=True)


def picked(ends: Tensor, noise: Tensor, labels: Tensor | None) -> Tensor:
    """The part (B,) that a unit normal number (B, 1) falls to, told ``labels`` (B, K), zeros for no class, or nothing."""
    upper = ends[-1:]
    if labels is not None:
        upper = labels @ ends[:-1] + (1 - labels.sum(dim=1, keepdim=True)) * upper
    uniform = 0.5 * (1 + torch.erf(noise / math.sqrt(2)))
    # The last end is left out: it is 1, and rounding must not lead past it.
    return (uniform > upper[:, :-1]).sum(dim=1)
