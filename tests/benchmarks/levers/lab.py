"""Small pictures, small networks and short trainings in memory, by the engine's own learners, batches and schedules."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from desktop_app.engine import families
from desktop_app.engine.batches import Dataset, mix
from desktop_app.engine.budget import Budget
from desktop_app.engine.families.declaration import Shape, resolve
from desktop_app.engine.families.gan.distance import energy_distance, features
from desktop_app.engine.families.learner import Context, Learner, Moment
from desktop_app.engine.families.levers import Levers
from desktop_app.project.resources import resource

SIDE = 8
BATCH = 16
SEED = 7
CPU = torch.device("cpu")


@dataclass
class Trial:
    """A training and what it left.

    Attributes
    ----------
    figures
        Of every step.
    held_out
        Loss on kept-aside pictures, measured ``looks`` times.
    """

    learner: Any
    data: Dataset
    figures: list[dict[str, float]] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)

    def series(self, name: str) -> np.ndarray:
        """A figure at every step."""
        return np.array([row[name] for row in self.figures])

    @property
    def last(self) -> float:
        """The last loss on kept-aside pictures."""
        return self.held_out[-1]

    @property
    def rise(self) -> float:
        """The last loss on kept-aside pictures beside the best."""
        return self.held_out[-1] / min(self.held_out)

    def drawn(self, count: int = 256, seed: int = 1) -> Tensor:
        """Pictures (N, C, H, W) in [-1, 1], as a preview draws them."""
        pictures = self.learner.sample(count, seed, len(self.data.classes))
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1

    def distance(self, count: int = 256) -> float:
        """Energy distance of drawn pictures from those kept aside."""
        return energy_distance(features(self.drawn(count)), features(kept_aside(self.data)))


def train(
    family: str,
    data: Dataset,
    steps: int,
    *,
    looks: int = 1,
    watch: Callable[[Any], Mapping[str, float]] | None = None,
    **settings: Any,
) -> Trial:
    """Train with these settings, the family's own for the rest.

    Parameters
    ----------
    looks
        Times that the loss on kept-aside pictures is measured.
    watch
        Further figures of the learner, after every step.
    """
    declared = families.get(family)
    chosen = cast(Levers, resolve(declared.settings, {"mirror": False, "batch_size": BATCH, "warm_up": 10} | settings))
    learner = _learner(declared.learner, data, chosen, steps)
    batch = learner.batch_size
    budget = Budget(steps * batch, settled=True, schedule=chosen.schedule, warm_up=chosen.warm_up)
    trial = Trial(learner, data)
    marks = {steps * (look + 1) // looks for look in range(looks)}
    for step in range(steps):
        torch.manual_seed(mix(SEED, 2, step))
        moment = Moment(step, budget.rate(step, batch), budget.progress(step, batch))
        figures = learner.train_step(*data.batch(step, batch, SEED), moment)
        trial.figures.append({name: float(value) for name, value in figures.items()} | dict(watch(learner) if watch else {}))
        if step + 1 in marks:
            trial.held_out.append(learner.held_out_loss(*data.validation()))
    return trial


def _learner(name: str, data: Dataset, settings: Levers, steps: int) -> Learner:
    module, _, attribute = name.partition(":")
    shape = Shape(data.size, data.channels, len(data.classes), len(data))
    passes = steps * (settings.batch_size or BATCH) / len(data)
    layout, mirror = torch.contiguous_format, bool(settings.mirror)
    torch.manual_seed(mix(SEED, 0))
    made = getattr(importlib.import_module(module), attribute)(
        Context(shape, "tiny", settings, passes, *data.statistics(), CPU, layout, mirror, data.sample)
    )
    made.begin()
    return cast(Learner, made)


# ---------------------------------------------------------------- pictures


def dataset(items: np.ndarray, labels: np.ndarray | None, aside: np.ndarray) -> Dataset:
    """Pictures uint8 (N, H, W, C), their classes and which are kept aside."""
    classes = [] if labels is None else [str(number) for number in range(int(labels.max()) + 1)]
    told = torch.full((len(items),), -1) if labels is None else torch.from_numpy(labels.astype(np.int64))
    found = Dataset(items, told, np.flatnonzero(~aside), np.flatnonzero(aside), classes, CPU)
    found.layout = torch.contiguous_format
    return found


@lru_cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """The sample of handwritten digits as it is: uint8 (1797, 8, 8, 1), and which digit each is."""
    with np.load(resource("samples/digits.npz"), allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"]
    order = np.random.default_rng(0).permutation(len(images))
    return np.rint(255 - images[order] * (255 / 16)).astype(np.uint8)[..., None], labels[order]


def few(count: int = 50) -> Dataset:
    """So few digits to learn from that they can be learned by heart; 250 others are kept aside."""
    items, _ = digits()
    return dataset(items[: count + 250], None, np.arange(count + 250) >= count)


def many(*, told: bool = False) -> Dataset:
    """All the digits, 250 kept aside, with their classes or without."""
    items, labels = digits()
    return dataset(items, labels if told else None, np.arange(len(items)) >= len(items) - 250)


def spoilt(share: float = 0.2) -> Dataset:
    """All the digits, of which so many to learn from are replaced by black and white noise; those kept aside are not."""
    data, rng = many(), np.random.default_rng(0)
    items = data.items.copy()
    odd = rng.random(len(items)) < share
    odd[data.held_out] = False
    items[odd] = rng.integers(0, 2, (int(odd.sum()), *items.shape[1:])) * 255
    data.items = items
    return data


def spotted(share: float = 0.15) -> Dataset:
    """All the digits, with so many pixels of those to learn from turned black or white; those kept aside are clean."""
    data, rng = many(), np.random.default_rng(0)
    odd = rng.random(data.items.shape) < share
    odd[data.held_out] = False
    data.items = np.where(odd, rng.integers(0, 2, odd.shape) * 255, data.items).astype(np.uint8)
    return data


def kept_aside(data: Dataset) -> Tensor:
    """Pictures kept aside (N, C, H, W)."""
    return data.validation()[0]


# ---------------------------------------------------------------- measures


def spread(pictures: Tensor) -> float:
    """Mean distance between two of them."""
    flat = pictures.flatten(1)
    return float(torch.pdist(flat).mean())


def variety(trial: Trial) -> float:
    """How much drawn pictures differ among themselves, beside real ones; 1 is as much."""
    return spread(trial.drawn(128)) / spread(kept_aside(trial.data)[:128])
