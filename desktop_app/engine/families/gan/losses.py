"""The games that painter and judge can play, and the penalties on the judge. D(x) are real judgements, D(g) drawn ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from desktop_app.engine.families.gan import LossName

Judge = Callable[[Tensor], Tensor]


def judge_loss(name: LossName, real: Tensor, drawn: Tensor) -> Tensor:
    """What the discriminator minimises, the mean over judgements (B,) and (B,)."""
    if name == "relativistic":  # Jolicoeur-Martineau 2018, arXiv:1807.00734; in pairs, as R3GAN
        return F.softplus(drawn - real).mean()
    if name == "hinge":  # Lim and Ye 2017, arXiv:1705.02894
        return (F.relu(1 - real) + F.relu(1 + drawn)).mean()
    if name == "non-saturating":  # Goodfellow et al. 2014, arXiv:1406.2661
        return (F.softplus(-real) + F.softplus(drawn)).mean()
    return (drawn - real).mean()  # Arjovsky et al. 2017, arXiv:1701.07875


def painter_loss(name: LossName, real: Tensor, drawn: Tensor) -> Tensor:
    """What the generator minimises."""
    if name == "relativistic":
        return F.softplus(real - drawn).mean()
    if name == "non-saturating":
        return F.softplus(-drawn).mean()
    return -drawn.mean()


def slope(judge: Judge, pictures: Tensor) -> Tensor:
    """Squared norm of the gradient of the judgement with respect to each picture: (B,). It can be differentiated."""
    pictures = pictures.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(judge(pictures).sum(), pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3))


def calming(judge: Judge, real: Tensor, drawn: Tensor, r1: Tensor | float, r2: Tensor | float) -> Tensor:
    """γ₁/2 ‖∇D(x)‖² + γ₂/2 ‖∇D(g)‖² (Mescheder et al. 2018, arXiv:1801.04406), the mean; ``judge`` takes both together."""
    both = slope(judge, torch.cat([real, drawn]))
    return (r1 * both[: len(real)].mean() + r2 * both[len(real) :].mean()) / 2


def even_slope(judge: Judge, real: Tensor, drawn: Tensor, mix: Tensor) -> Tensor:
    """(‖∇D‖ − 1)² between real and drawn pictures (Gulrajani et al. 2017, arXiv:1704.00028); ``mix`` (B, 1, 1, 1)."""
    squared = slope(judge, torch.lerp(drawn, real, mix))
    return ((squared + 1e-12).sqrt() - 1).square().mean()


def sameness(some: Tensor, others: Tensor, z_some: Tensor, z_others: Tensor) -> Tensor:
    """1 / (‖G(z) − G(z')‖₁ / ‖z − z'‖₁), norms as means (Mao et al. 2019, arXiv:1903.05628), the mean over pairs."""
    apart = (some - others).abs().mean(dim=(1, 2, 3))
    return ((z_some - z_others).abs().mean(dim=1) / (apart + 1e-5)).mean()
