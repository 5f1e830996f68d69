"""What the training loop asks of a family: nothing here knows which family it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from desktop_app.engine.families.declaration import Settings, Shape
from desktop_app.runtime.bundle import Sampler


@dataclass(frozen=True)
class Context:
    """What a learner is made for.

    Attributes
    ----------
    network
        Name of the size, one of the family's.
    passes
        How often each item will be seen, as far as is known at the start.
    mean, std
        Of the training data scaled to [-1, 1], per channel and overall.
    sample
        Up to a few thousand training items, float32 (N, C, H, W), and their labels, for statistics of the data.
    """

    shape: Shape
    network: str
    settings: Settings
    passes: float
    mean: tuple[float, ...]
    std: float
    device: torch.device
    sample: Callable[[], tuple[Tensor, Tensor | None]]


@dataclass(frozen=True)
class Moment:
    """Where in the training a step stands: all that a schedule may depend on, so that a resumed run repeats it.

    Attributes
    ----------
    step
        Steps done before this one.
    rate
        Factor on the learning rate: warm-up, constant, decay to nothing.
    """

    step: int
    rate: float


@dataclass(frozen=True)
class Graph:
    """A network ready to become ONNX: a module, example inputs by name, the outputs' names."""

    module: torch.nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Exportable:
    """The parts of a bundle that a family brings."""

    graphs: dict[str, Graph]
    sampler: Sampler
    extra: dict[str, Any] = field(default_factory=dict)


class Learner(Protocol):
    """A family at work. Pictures are float32 (B, C, H, W) in [-1, 1], labels (B, K) one-hot."""

    parameters_count: int
    batch_size: int
    learning_rate: float

    def begin(self) -> None:
        """Look at the training items once, before the first step of a run; a resume loads what came of it instead."""
        ...

    def train_step(self, pictures: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        """One optimiser step; returns named scalars that stay on the device (`loss` among them)."""
        ...

    def held_out_loss(self, pictures: Tensor, labels: Tensor | None) -> float:
        """The loss on items never trained on, with fixed noise, so that two moments can be compared."""
        ...

    def sample(self, count: int, seed: int, classes: int, *, quick: bool = False) -> np.ndarray:
        """Pictures uint8 (N, H, W, C) from fixed seeds with the averaged weights; ``quick`` may be a little coarser."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a resume needs, by name (weights, averages, the optimiser's moments)."""
        ...

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave."""
        ...

    def exportable(self) -> Exportable:
        """The averaged networks, to be exported."""
        ...


LearnerFactory = Callable[[Context], Learner]
