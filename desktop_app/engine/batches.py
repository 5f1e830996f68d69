"""Training items as uint8 tensors, in an order and with a randomness that follow from the seed and the step alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from desktop_app.data import open_encoded
from desktop_app.project.errors import GensmithError

RESIDENT_SHARE = 0.4
"""Share of the GPU's free memory that the data may take before it stays in main memory."""
VALIDATION_ITEMS = 256


def mix(*parts: int) -> int:
    """One well-mixed seed from several numbers."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)


def to_float(pictures: Tensor, device: torch.device) -> Tensor:
    """uint8 (B, H, W, C) to float32 (B, C, H, W) in [-1, 1] on the device, channels last in memory."""
    return pictures.to(device, non_blocking=True).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


@dataclass
class Dataset:
    """The arrays of a run.

    Attributes
    ----------
    items
        All items, uint8 (N, H, W, C), mapped from the disk; never all in main memory at once. Of pictures that consist of
        squares of one colour only one value of each, where that was asked for.
    layout
        Of batches in memory.
    resident
        The training items on the GPU, where there is one and they fit.
    training, held_out
        Rows of ``items``.
    labels
        Class of every item, -1 where there is none.
    repeat
        Side of the squares that a value of ``items`` stands for.
    """

    items: np.ndarray
    labels: Tensor
    training: np.ndarray
    held_out: np.ndarray
    classes: list[str]
    device: torch.device
    resident: Tensor | None = None
    layout: torch.memory_format = torch.channels_last
    repeat: int = 1

    @classmethod
    def load(cls, folder: Path, *, conditioned: bool, device: torch.device, repeat: int | None = 1) -> Dataset:
        """Open the encoded arrays.

        Parameters
        ----------
        repeat
            Side of the squares of which one value is taken; None for the largest that all pictures consist of.

        Raises
        ------
        GensmithError
            Nothing is there to learn from or to judge with.
        """
        encoded = open_encoded(folder)
        repeat = repeat or encoded.repeat
        aside = np.asarray(encoded.held_out, dtype=bool)
        training, held_out = np.flatnonzero(~aside), np.flatnonzero(aside)
        if not len(training) or not len(held_out):
            raise GensmithError("There are too few pictures to learn from and to judge with.", "Add pictures.", code=3)
        labels = torch.tensor(np.asarray(encoded.labels, dtype=np.int64))
        items, classes = encoded.items[:, ::repeat, ::repeat], encoded.classes if conditioned else []
        found = cls(items, labels, training, held_out, classes, device, repeat=repeat)
        if device.type == "cuda" and items.nbytes < RESIDENT_SHARE * torch.cuda.mem_get_info(device)[0]:
            found.resident = torch.from_numpy(np.array(items[training])).to(device)
        return found

    def __len__(self) -> int:
        return len(self.training)

    @property
    def size(self) -> int:
        return int(self.items.shape[1])

    @property
    def channels(self) -> int:
        return int(self.items.shape[3])

    def statistics(self) -> tuple[tuple[float, ...], float]:
        """Mean of each channel and spread around it, of the training items in [-1, 1]."""
        sample, _ = self.sample()
        mean = sample.mean(dim=(0, 2, 3))
        spread = float((sample - mean.reshape(1, -1, 1, 1)).square().mean().sqrt())
        return tuple(mean.tolist()), max(spread, 0.02)

    def sample(self, most: int = 4096) -> tuple[Tensor, Tensor | None]:
        """Up to ``most`` training items, evenly spread, as float32 (N, C, H, W) on the CPU, and their labels."""
        rows = self.training[np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).round().astype(int))]
        labels = self._told(self.labels[rows])
        pictures = to_float(torch.from_numpy(self.items[rows]), torch.device("cpu")).contiguous()
        return pictures, None if labels is None else labels.cpu()

    def batch(self, step: int, size: int, seed: int) -> tuple[Tensor, Tensor | None]:
        """The items of a step: whole epochs, each in an order of its own, going on across their border."""
        positions = np.arange(step * size, (step + 1) * size)
        chosen = np.array([_order(seed, p // len(self), len(self))[p % len(self)] for p in positions.tolist()])
        rows = self.training[chosen]
        if self.resident is not None:
            pictures = self.resident[torch.from_numpy(chosen).to(self.device)]
        else:
            pictures = torch.from_numpy(self.items[rows])
        return to_float(pictures, self.device).contiguous(memory_format=self.layout), self._told(self.labels[rows])

    def validation(self) -> tuple[Tensor, Tensor | None]:
        """Up to 256 held-out items, evenly spread."""
        count = len(self.held_out)
        rows = self.held_out[np.linspace(0, count - 1, min(VALIDATION_ITEMS, count)).round().astype(int)]
        return to_float(torch.from_numpy(self.items[rows]), self.device), self._told(self.labels[rows])

    def _told(self, labels: Tensor) -> Tensor | None:
        """One-hot rows; a row of zeros where an item has no class."""
        if not self.classes:
            return None
        rows = F.one_hot(labels.clamp_min(0), len(self.classes)).float() * (labels >= 0)[:, None]
        return rows.to(self.device, non_blocking=True)


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(mix(seed, 1, epoch))).permutation(count)
