"""A variational autoencoder at work, and the density of its latents that makes its samples good.

The loss is the negative ELBO divided by the number of values in a picture, so that β means the same at every size:
½ · mean error² / σ² + β · KL / values, with σ a fixed share of the data's spread.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from desktop_app.engine.augment import augment
from desktop_app.engine.families.learner import Context, Exportable, Graph, Moment
from desktop_app.engine.families.vae import FAMILY, VAESettings, presets
from desktop_app.engine.networks import mixture
from desktop_app.engine.networks.autoencoder import Autoencoder, EncoderGraph, GeneratorGraph, divergence, telling
from desktop_app.engine.networks.mixture import Prior
from desktop_app.engine.networks.neighbourhood import Neighbourhood
from desktop_app.engine.stepper import Average, Stepper, adopt, load_modules, module_tensors, under
from desktop_app.project.runs import Warned
from desktop_app.runtime import sampling

FINENESS = 0.2
"""σ, in the data's spread: differences below it hardly count."""
TOLD = 0.9
"""Share of the pictures' variance that as many directions hold as there are numbers behind a picture, where that is left
open: the networks tell the rest by what they learn, and with more numbers drawn ones are less precise."""
OWN = 20
"""Items from which on a class has a density of its own."""
QUICK_ITEMS, QUICK_ROUNDS = 1024, 4
"""Of the density that a preview draws from."""
UNUSED, LONG = 0.5, 20
"""Knowledge in all latents, in nat, below which for so many reports in a row they are not used."""


class Learner:
    """One autoencoder in training."""

    draws = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.settings = cast(VAESettings, context.settings)
        self.noise = (FINENESS * context.std) ** 2
        self.pixels = context.shape.repeat**2
        """Of a square that is drawn of one value: what the value is told wrong, all of them show."""
        self.values = context.shape.channels * context.shape.size**2 * self.pixels
        self._idle = 0
        self._make(self._telling())

    def _make(self, latent: int) -> None:
        """Networks with so many numbers behind a picture, and what moves and follows them."""
        context = self.context
        self.plan = presets.plan(context.shape, context.network, self.settings, latent)
        self.batch_size, self.learning_rate = self.plan.batch_size, self.settings.learning_rate
        self.network = Autoencoder(self.plan.network, context.std).to(context.device, memory_format=context.layout)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.stepper = Stepper(list(self.network.parameters()), self.settings, device=context.device)
        self.following = Average(self.network, self.average, self.settings.average)
        self.parameters_count = sum(weight.numel() for weight in self.stepper.weights)

    def _telling(self) -> int:
        """How many numbers the pictures are worth, where that is left open."""
        if self.settings.latent:
            return self.settings.latent
        return telling(*self.context.sample(), share=TOLD)

    @property
    def micro(self) -> int:
        return self.stepper.micro

    def begin(self) -> None:
        """Begin as the best linear autoencoder of the pictures."""
        linear = copy.deepcopy(self.network.linear).cpu()
        linear.fit(*self.context.sample(), mirror=self.context.mirror)
        linear.settle(self.settings.beta * self.noise / self.pixels if self.settings.kind == "beta" else 0.0)
        for network in (self.network, self.average):
            network.linear.load_state_dict(linear.state_dict())

    # ------------------------------------------------ learning

    def train_step(self, pictures: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        """One step on the negative ELBO, or on the regularised reconstruction."""
        pictures, changes = augment(pictures, self.settings.augmentation, mirror=self.context.mirror)
        noise = torch.randn(len(pictures), self.plan.network.latent, device=pictures.device)
        warm = self.settings.beta_warm_up
        beta = self.settings.beta * (min(1.0, (moment.step + 1) / warm) if warm else 1.0)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            told = None if labels is None else labels[part]
            return self._loss(self.network, pictures[part], told, noise[part], beta, changes[part])

        figures = self.stepper.gradient(len(pictures), loss)
        norm = self.stepper.move(moment.rate)
        self.following.follow(moment.step + 1)
        return figures | {"gradient_norm": norm, "beta": torch.tensor(beta)}

    def _loss(
        self,
        network: Autoencoder,
        pictures: Tensor,
        labels: Tensor | None,
        noise: Tensor,
        beta: float,
        changes: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        mean, log_variance = network.encode(pictures, labels, changes)
        if self.settings.kind == "beta":
            z = mean + torch.exp(0.5 * log_variance) * noise
            knowledge = divergence(mean, log_variance)
        else:
            z, knowledge = mean, 0.5 * mean.square()  # Ghosh et al. 2020, arXiv:1903.12436
        error = self._error(visible(network.decode(z, labels, changes).float(), pictures))
        price = knowledge.mean(dim=0).clamp_min(self.settings.free_bits).sum() / self.values
        return error + beta * price, {"reconstruction": error, "kl": knowledge.mean(dim=0).sum()}

    def _error(self, difference: Tensor) -> Tensor:
        """−ln p(x | z) a value, up to a constant; the other kinds have the same size at one σ."""
        scaled = difference / self.noise**0.5
        if self.settings.reconstruction == "absolute":
            return 0.5 * scaled.abs().mean()
        if self.settings.reconstruction == "huber":
            return F.huber_loss(scaled, torch.zeros_like(scaled))
        return 0.5 * scaled.square().mean()

    # ------------------------------------------------ judging and drawing

    @torch.no_grad()
    def held_out_loss(self, pictures: Tensor, labels: Tensor | None) -> float:
        """The loss at full β of the averaged network, every item under fixed noise."""
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(len(pictures), self.plan.network.latent, generator=generator).to(pictures.device)
        total = 0.0
        for start in range(0, len(pictures), 64):
            part = slice(start, start + 64)
            told = None if labels is None else labels[part]
            loss, _ = self._loss(self.average, pictures[part], told, noise[part], self.settings.beta)
            total += float(loss) * len(pictures[part])
        return total / len(pictures)

    @torch.no_grad()
    def sample(self, count: int, seed: int, classes: int, *, quick: bool = False) -> np.ndarray:
        """Draw from the noise that the bundle will use, through the density of the latents as they are now."""
        device, latent = self.context.device, self.plan.network.latent
        noise = torch.from_numpy(sampling.noise(seed, range(count), (latent + 1,)))
        labels = F.one_hot(torch.arange(count) % classes, classes).float() if classes else None
        z = self.prior(quick=quick)(noise, labels).to(device)
        pictures = self.average.decode(z, None if labels is None else labels.to(device))
        return sampling.to_uint8(pictures.float().cpu().numpy())

    @torch.no_grad()
    def prior(self, *, quick: bool = False) -> Prior | Neighbourhood:
        """Where new latents come from: a density of those of the training items, for each class that has enough."""
        settings, classes = self.settings, self.context.shape.classes
        if settings.prior == "normal":
            return Prior.normal(self.plan.network.latent, classes, settings.variety)
        pictures, labels = self.context.sample()
        chosen = slice(None, None, max(1, len(pictures) // QUICK_ITEMS) if quick else 1)
        pictures, labels = pictures[chosen], None if labels is None else labels[chosen]
        latents = self._latents(pictures, labels)
        groups, owners = _groups(labels, classes, len(latents))
        if settings.prior == "neighbours":
            return Neighbourhood.of([latents[rows] for rows in groups], owners, settings.variety)
        rounds = QUICK_ROUNDS if quick else 40
        fitted = [
            mixture.fit(latents[rows], presets.components(len(rows), settings.components), rounds=rounds) for rows in groups
        ]
        return Prior.of(fitted, owners, settings.variety)

    def _latents(self, pictures: Tensor, labels: Tensor | None) -> Tensor:
        """Most likely latents (N, L), on the CPU."""
        found = []
        for start in range(0, len(pictures), 64):
            part = slice(start, start + 64)
            told = None if labels is None else labels[part].to(self.context.device)
            found.append(self.average.encode(pictures[part].to(self.context.device), told)[0].cpu())
        return torch.cat(found)

    def findings(self, figures: Mapping[str, float]) -> list[Warned]:
        """Latents that say nothing of the picture: the decoder has learned to do without them."""
        self._idle = self._idle + 1 if figures.get("kl", UNUSED) < UNUSED else 0
        if self._idle != LONG:
            return []
        remedy = FAMILY.remedies["unused"]
        message = "The numbers behind the pictures say almost nothing of them, so that all drawn pictures look alike."
        return [Warned(code="unused", message=message, remedy=remedy.sentence, apply=remedy.settings)]

    # ------------------------------------------------ keeping and exporting

    def tensors(self) -> dict[str, Tensor]:
        """Weights, averages and the optimiser's moments."""
        return module_tensors(weights=self.network, average=self.average) | self.stepper.tensors("optimiser")

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave.

        How many numbers are behind a picture was decided when the run began: where it was left open, the tensors say it, for
        another machine may round to another number, and an earlier version took a fixed one.
        """
        kept = len(tensors["weights.linear.spread"])
        if not self.settings.latent and kept != self.plan.network.latent:
            self._make(kept)
        load_modules(tensors, weights=self.network, average=self.average)
        self.stepper.load_tensors("optimiser", tensors)

    def adopt(self, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
        """Take over both networks; the linear part is fitted to the pictures at hand."""
        known = under("average.", tensors) | under("encoder.", tensors)
        adopt(self.average, known)
        return adopt(self.network, known)

    def exportable(self) -> Exportable:
        """The averaged decoder and encoder, and the density of the latents."""
        shape, latent = self.context.shape, self.plan.network.latent
        network = copy.deepcopy(self.average).cpu().to(memory_format=torch.contiguous_format)
        labels = {"labels": torch.eye(shape.classes)[[0, shape.classes - 1]]} if shape.classes else {}
        picture = torch.rand(2, shape.channels, shape.size, shape.size) * 2 - 1
        graphs = {
            "generator": Graph(GeneratorGraph(network), {"z": torch.randn(2, latent)} | labels, ("picture",)),
            "prior": Graph(self.prior(), {"noise": torch.randn(2, latent + 1)} | labels, ("z",)),
            "encoder": Graph(EncoderGraph(network), {"picture": picture} | labels, ("z",)),
        }
        return Exportable(graphs, noise=latent + 1, latent=latent)


def visible(drawn: Tensor, pictures: Tensor) -> Tensor:
    """Difference of drawn values from pictures in [-1, 1], but nothing where it cannot be seen.

    What lies beyond the range is drawn as its end. A white ground stays white under any value above it, so that a decoder
    which is free to go there draws it flat also between the pictures it knows, where its values are less exact.
    """
    difference = drawn - pictures
    beyond = ((pictures >= 1) & (difference > 0)) | ((pictures <= -1) & (difference < 0))
    return difference.masked_fill(beyond, 0.0)


def _groups(labels: Tensor | None, classes: int, count: int) -> tuple[list[Tensor], Tensor]:
    """Rows that each density is fitted to, and the share of each for each class, the last row without a class."""
    everything = torch.arange(count)
    if labels is None or not classes:
        return [everything], torch.ones(classes + 1, 1)
    rows = [torch.nonzero(labels[:, number] > 0)[:, 0] for number in range(classes)]
    own = [number for number in range(classes) if len(rows[number]) >= OWN]
    if len(own) == classes:
        sizes = torch.tensor([float(len(one)) for one in rows])
        return rows, torch.cat([torch.eye(classes), sizes[None] / sizes.sum()])
    owners = torch.zeros(classes + 1, len(own) + 1)
    owners[:, -1] = 1.0  # the density of all serves classes with few items, and where no class is told
    for place, number in enumerate(own):
        owners[number] = 0.0
        owners[number, place] = 1.0
    return [*[rows[number] for number in own], everything], owners
