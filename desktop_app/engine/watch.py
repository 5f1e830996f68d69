"""Looks over a training's shoulder: learning by heart, copies, lack of variety. Each is said once, with a remedy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from desktop_app.engine.families.declaration import Family
from desktop_app.project.runs import Warned

SIDE = 16
"""Pictures are compared at this size at most."""
RISE, PATIENCE = 1.1, 3
"""The loss on kept-aside pictures has stood above its best by this factor for so many measurements in a row."""
NARROW = 0.35
"""Pictures drawn from different noise differ by less than this share of what real ones differ by."""
NEAR, MANY = 1 / 3, 0.2
"""A picture is a copy when its nearest training item is nearer than this share of what kept-aside pictures have for a
median; it is said when more than this share of a preview are copies."""


class Watch:
    """Symptoms of one training.

    Parameters
    ----------
    training, held_out
        Items float32 (N, C, H, W) in [-1, 1], for comparison.
    """

    def __init__(self, family: Family, training: Tensor, held_out: Tensor) -> None:
        self._family = family
        self._training, self._held_out = _small(training), _small(held_out)
        self._usual = _spread(self._training)
        self._near = float(_nearest(self._held_out, self._training).median())
        self._best, self._above, self._loss_then = float("inf"), 0, float("inf")
        self._narrow = 0
        self._said: set[str] = set()

    def losses(self, loss: float | None, held_out: float) -> Iterator[Warned]:
        """After a measurement of the loss on kept-aside items; ``loss`` is the training's own of late."""
        if held_out < self._best:
            self._best, self._above, self._loss_then = held_out, 0, float("inf") if loss is None else loss
            return
        learning = loss is None or loss <= self._loss_then
        self._above = self._above + 1 if held_out > RISE * self._best and learning else 0
        if self._above >= PATIENCE:
            yield from self._say("overfitting", "It has begun to learn your pictures by heart: on the ones kept aside it "
                                 f"gets worse ({held_out:.3g}, at best {self._best:.3g}). The best state is kept.")  # fmt: skip

    def pictures(self, drawn: np.ndarray) -> Iterator[Warned]:
        """After a preview: uint8 (N, H, W, C)."""
        small = _small(torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 127.5 - 1)
        self._narrow = self._narrow + 1 if _spread(small) < NARROW * self._usual else 0
        if self._narrow >= 2:
            yield from self._say("collapse", "Its pictures have become too much alike, whatever noise they are drawn from.")
        copies = int((_nearest(small, self._training) < NEAR * self._near).sum())
        if copies > MANY * len(drawn):
            yield from self._say("copies", f"{copies} of {len(drawn)} pictures of the preview are almost copies of yours.")

    def _say(self, code: str, message: str) -> Iterator[Warned]:
        if code in self._said:
            return
        self._said.add(code)
        remedy = self._family.remedies.get(code)
        if remedy is None:
            yield Warned(code=code, message=message, remedy="Add pictures that differ from those that are there.")
        else:
            yield Warned(code=code, message=message, remedy=remedy.sentence, apply=remedy.settings)


def _small(pictures: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(pictures.cpu().float(), min(SIDE, pictures.shape[-1])).flatten(1)


def _nearest(some: Tensor, others: Tensor) -> Tensor:
    return torch.cdist(some, others).amin(dim=1)


def _spread(rows: Tensor) -> float:
    """Median distance between two of them."""
    chosen = rows[:: max(1, len(rows) // 200)]
    distances = torch.cdist(chosen, chosen)
    return float(distances[torch.triu(torch.ones_like(distances), diagonal=1) > 0].median()) if len(chosen) > 1 else 0.0
