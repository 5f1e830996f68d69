"""How often the judge sees pictures changed: as often as it takes to keep it in doubt (ADA, Karras et al. 2020)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from desktop_app.engine.families.gan.differentiable import LIMIT

TARGET = 0.6
"""Mean sign of the judgement of real pictures that is aimed at (arXiv:2006.06676, section 3)."""
MEMORY = 0.95
"""Share of the running mean that stays at every step."""
QUICKEST = 20_000
"""Pictures in which the strength can rise from nothing to one; with few pictures it takes as long as 50 looks at each."""


class Adaptation:
    """Strength of the augmentation and what moves it; both are part of a checkpoint.

    Parameters
    ----------
    fixed
        A strength that does not move; None lets it adapt.
    """

    def __init__(self, fixed: float | None, device: torch.device) -> None:
        self.adapts = fixed is None
        self.off = fixed == 0
        self.strength = torch.tensor(fixed or 0.0, device=device)
        self.sign = torch.zeros((), device=device)

    @torch.no_grad()
    def follow(self, sign: Tensor, count: int, items: int) -> None:
        """After a step on ``count`` pictures of a set of ``items``; ``sign`` is the mean sign of D on the real ones."""
        self.sign.lerp_(sign.to(self.sign), 1 - MEMORY)
        if self.adapts:
            pace = count / min(QUICKEST, 50 * items)
            self.strength.add_(torch.sign(self.sign - TARGET) * pace).clamp_(0.0, LIMIT)

    def tensors(self) -> dict[str, Tensor]:
        """State by name."""
        return {"adaptation.strength": self.strength.clone(), "adaptation.sign": self.sign.clone()}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave."""
        self.strength.copy_(tensors["adaptation.strength"])
        self.sign.copy_(tensors["adaptation.sign"])
