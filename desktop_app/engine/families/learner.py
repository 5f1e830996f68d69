"""What the training loop asks of a family: nothing here knows which family it is."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.levers import Levers
from desktop_app.project.runs import Warned
from desktop_app.runtime.sampling import Sampler


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
    layout
        Of pictures and weights in memory: what is quicker here.
    mirror
        Whether mirrored items are shown too: the lever, or what was measured where it is left open.
    sample
        Up to a few thousand training items, float32 (N, C, H, W), and their labels, for statistics of the data.
    """

    shape: Shape
    network: str
    settings: Levers
    passes: float
    mean: tuple[float, ...]
    std: float
    device: torch.device
    layout: torch.memory_format
    mirror: bool
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
    progress
        How far the decay has come, 0 to 1: what else follows the length of the training follows this.
    """

    step: int
    rate: float
    progress: float = 0.0


@dataclass(frozen=True)
class Graph:
    """A network ready to become ONNX: a module, example inputs by name, the outputs' names."""

    module: torch.nn.Module
    inputs: dict[str, Tensor]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Exportable:
    """The parts of a bundle that a family brings.

    Attributes
    ----------
    graphs
        By role (:data:`desktop_app.runtime.manifest.Role`).
    sampler
        How the denoiser is used; None for a model that draws in one pass.
    noise, latent, latent_shape
        As in the bundle's manifest.
    """

    graphs: dict[str, Graph]
    sampler: Sampler | None = None
    noise: int = 0
    latent: int = 0
    latent_shape: tuple[int, int, int] | None = None


class Learner(Protocol):
    """A family at work. Pictures are float32 (B, C, H, W) in [-1, 1], labels (B, K) one-hot."""

    parameters_count: int
    batch_size: int
    learning_rate: float

    @property
    def draws(self) -> bool:
        """Whether it draws new pictures by now; a family may have something to learn before, with losses of its own."""
        ...

    @property
    def micro(self) -> int:
        """Items worked through together; 0 is the whole batch. It falls when the memory is full."""
        ...

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

    def adopt(self, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
        """Start from another model's averaged weights, by their names in the exported graphs, before :meth:`begin`.

        Returns how many of its own weights were taken over, and how many it has.
        """
        ...

    def findings(self, figures: Mapping[str, float]) -> list[Warned]:
        """What the figures of late say is going wrong in this kind of model, in plain words with a remedy."""
        ...


def factory(name: str) -> Callable[[Context], Learner]:
    """What a family's declaration names as ``module:attribute``."""
    module, _, attribute = name.partition(":")
    found: Callable[[Context], Learner] = getattr(importlib.import_module(module), attribute)
    return found
