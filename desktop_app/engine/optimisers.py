"""The optimisers by name, and L1 as a step of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from desktop_app.engine.families.levers import OptimiserName

MUON_RATE = 5.0
"""Muon's rate over that of the AdamW beside it: 0.01 beside 2e-3, half of what its authors use on far longer trainings.

On 1,000 icons 3 learns what stands under strong noise a little sooner, 10 what stands under little."""


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
            weights = [weight for weight in group["params"] if weight.grad is not None]
            updates = orthogonal([self._ahead(weight, group["momentum"]) for weight in weights])
            for weight, update in zip(weights, updates, strict=True):
                scale = max(1.0, update.shape[0] / update.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.sub_(update.reshape(weight.shape), alpha=group["lr"] * scale)

    def _ahead(self, weight: nn.Parameter, momentum: float) -> Tensor:
        """Nesterov's look ahead along the running mean of the gradient, as a matrix."""
        gradient, state = weight.grad, self.state[weight]
        assert gradient is not None
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(state["momentum"], momentum).flatten(1)


def orthogonal(matrices: Sequence[Tensor], steps: int = 5) -> list[Tensor]:
    """About U Vᵀ of each matrix U S Vᵀ, by a Newton-Schulz iteration of fifth order (Jordan et al. 2024).

    Every iterate is a polynomial in the matrix's own small square x xᵀ, times x. The polynomial alone is iterated: of a
    convolution's long rows there are two products, not two for every step, and all squares of one size go together.
    """
    wide = [matrix.T if matrix.shape[0] > matrix.shape[1] else matrix for matrix in matrices]
    wide = [x / (x.norm() + 1e-7) for x in wide]
    alike: dict[int, list[int]] = {}
    for index, x in enumerate(wide):
        alike.setdefault(len(x), []).append(index)
    for indices in alike.values():
        squares = torch.stack([wide[index] @ wide[index].T for index in indices])
        for index, polynomial in zip(indices, _inverse_roots(squares, steps), strict=True):
            wide[index] = polynomial @ wide[index]
    return [x.T if matrix.shape[0] > matrix.shape[1] else x for x, matrix in zip(wide, matrices, strict=True)]


def _inverse_roots(squares: Tensor, steps: int) -> Tensor:
    """About the squares (N, m, m) to the power of -1/2, for eigenvalues from 0 to 1: a product of polynomials in them."""
    whole = factor = _factor(squares)
    for _ in range(steps - 1):
        squares = factor @ squares @ factor
        factor = _factor(squares)
        whole = factor @ whole
    return whole


def _factor(squares: Tensor) -> Tensor:
    """3.4445 - 4.775 s + 2.0315 s², by which an iteration multiplies."""
    factor = torch.baddbmm(squares, squares, squares, beta=-4.7750, alpha=2.0315)
    factor.diagonal(dim1=1, dim2=2).add_(3.4445)
    return factor


@torch.no_grad()
def shrink(weights: Sequence[nn.Parameter], by: float) -> None:
    """Bring weights of matrices and convolutions nearer to zero by ``by``, none across it: the proximal step of an L1 penalty.

    Added to the loss instead, an adaptive optimiser would rescale it and nothing would ever become exactly zero.
    """
    matrices = [weight for weight in weights if weight.ndim > 1]
    for weight in matrices:
        weight.copy_(weight.sign() * (weight.abs() - by).clamp_min_(0))
