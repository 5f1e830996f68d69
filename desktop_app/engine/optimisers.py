"""The optimisers by name, and L1 as a step of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from desktop_app.engine.families.levers import OptimiserName

MUON_RATE = 10.0
"""Muon's rate over that of the AdamW beside it (0.02 beside 2e-3, as its authors use it)."""


def optimisers(
    name: OptimiserName, weights: Sequence[nn.Parameter], *, rate: float, weight_decay: float, betas: tuple[float, float]
) -> list[Optimizer]:
    """One or two optimisers that together hold every weight once.

    Parameters
    ----------
    betas
        Of the two running moments, where the optimiser has them; SGD takes the first as its momentum.
    """
    if name == "muon":
        hidden = [weight for weight in weights if weight.ndim > 1 and min(len(weight), weight[0].numel()) > 1]
        others = [weight for weight in weights if all(weight is not one for one in hidden)]
        rest = _adamw(others, rate, weight_decay, betas) if others else []
        return [*([Muon(hidden, rate * MUON_RATE, weight_decay)] if hidden else []), *rest]
    if name == "sgd":
        return [torch.optim.SGD(weights, rate, momentum=betas[0] or 0.9, nesterov=True, weight_decay=weight_decay)]
    if name == "radam":
        return [torch.optim.RAdam(weights, rate, betas, weight_decay=weight_decay, decoupled_weight_decay=True)]
    if name == "adam":
        return [torch.optim.Adam(weights, rate, betas, weight_decay=weight_decay, fused=_can_fuse(weights))]
    return _adamw(weights, rate, weight_decay, betas)


def _adamw(weights: Sequence[nn.Parameter], rate: float, weight_decay: float, betas: tuple[float, float]) -> list[Optimizer]:
    return [torch.optim.AdamW(weights, rate, betas, weight_decay=weight_decay, fused=_can_fuse(weights))]


def _can_fuse(weights: Sequence[nn.Parameter]) -> bool:
    return weights[0].device.type in ("cpu", "cuda")


class Muon(Optimizer):
    """Momentum whose update is orthogonalised, for every weight seen as a matrix (Jordan et al. 2024).

    torch.optim.Muon takes matrices only; here a convolution (O, I, k, …) counts as a matrix (O, I·k·…), as its author
    does. The update is scaled by √max(1, rows / columns), so that its size does not depend on the shape.
    """

    def __init__(self, weights: Sequence[nn.Parameter], lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step of all weights that have a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group["lr"], group["weight_decay"], group["momentum"])

    def _move(self, weight: nn.Parameter, lr: float, weight_decay: float, momentum: float) -> None:
        gradient, state = weight.grad, self.state[weight]
        assert gradient is not None
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(gradient, 1 - momentum)
        update = orthogonal(gradient.lerp(state["momentum"], momentum).flatten(1))  # Nesterov's look ahead
        scale = max(1.0, update.shape[0] / update.shape[1]) ** 0.5
        weight.mul_(1 - lr * weight_decay).sub_(update.reshape(weight.shape), alpha=lr * scale)


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """About U Vᵀ of the matrix U S Vᵀ, by a Newton-Schulz iteration of fifth order (Jordan et al. 2024).

    Every iterate is a polynomial in the matrix's own small square x xᵀ times the matrix. The polynomial alone is iterated,
    so that of a convolution's long rows there are two products and not two for every step.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    square, whole = x @ x.T, torch.eye(len(x), dtype=x.dtype, device=x.device)
    for _ in range(steps):
        factor = torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315)
        factor.diagonal().add_(3.4445)
        whole, square = factor @ whole, factor @ square @ factor
    x = whole @ x
    return x.T if tall else x


@torch.no_grad()
def shrink(weights: Sequence[nn.Parameter], by: float) -> None:
    """Bring weights of matrices and convolutions nearer to zero by ``by``, none across it: the proximal step of an L1 penalty.

    Added to the loss instead, an adaptive optimiser would rescale it and nothing would ever become exactly zero.
    """
    matrices = [weight for weight in weights if weight.ndim > 1]
    for weight in matrices:
        weight.copy_(weight.sign() * (weight.abs() - by).clamp_min_(0))
