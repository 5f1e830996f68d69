"""Latent diffusion for large pictures (Rombach et al. 2022, arXiv:2112.10752): first a codec, then diffusion on its latents.

One run, two parts: the codec learns to put pictures into a grid eight times smaller, then it stands still and the same
learner that serves small pictures learns its latents.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import numpy as np
import torch
from torch import Tensor

from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.diffusion import DiffusionSettings, presets
from desktop_app.engine.families.diffusion.learner import Learner
from desktop_app.engine.families.learner import Context, Exportable, Graph, Moment
from desktop_app.engine.networks.codec import Codec, Decoder
from desktop_app.engine.stepper import Average, Stepper, load_modules, module_tensors
from desktop_app.project.runs import Warned
from desktop_app.runtime import sampling

SPREAD = 0.5
"""Of the latents that the denoiser learns from."""


class LatentLearner:
    """A codec and a diffusion model on its latents, in training."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.settings = cast(DiffusionSettings, context.settings)
        config = presets.codec(context.shape)
        self.codec = Codec(config).to(context.device, memory_format=context.layout)
        self.steady = copy.deepcopy(self.codec).eval().requires_grad_(False)
        self.coding = Stepper(list(self.codec.parameters()), self.settings, device=context.device)
        self.following = Average(self.codec, self.steady, self.settings.average)
        self.inner = Learner(self._inside(context, config.latents, config.factor))
        self.batch_size, self.learning_rate = self.inner.batch_size, self.inner.learning_rate
        self.parameters_count = self.inner.parameters_count + sum(weight.numel() for weight in self.coding.weights)
        steps = context.passes * context.shape.items / self.batch_size
        self.first_part = max(1, round(presets.CODEC_SHARE * steps))
        """Steps in which the codec learns; kept with the weights, for the length may change later."""
        self.done = 0

    def _inside(self, context: Context, latents: int, factor: int) -> Context:
        """What the diffusion model on the latents is made for."""
        side, shape = context.shape.size // factor, context.shape
        settings = self.settings.model_copy(update={"augmentation": 0.0})
        return replace(
            context,
            shape=Shape(side, latents, shape.classes, shape.items),
            settings=settings,
            mean=(0.0,) * latents,
            std=SPREAD,
            mirror=False,  # pictures are mirrored before they are coded
            sample=self._coded_sample,
        )

    @property
    def micro(self) -> int:
        return self.inner.micro if self.draws else self.coding.micro

    @property
    def draws(self) -> bool:
        """Whether it is the latents that are learned by now."""
        return self.done > self.first_part

    def begin(self) -> None:
        """The codec begins as the principal components of the pictures' blocks."""
        pictures, _ = self.context.sample()
        chosen = pictures[:: max(1, len(pictures) // 256)].to(self.context.device)
        for codec in (self.codec, self.steady):
            codec.fit(chosen)

    @torch.no_grad()
    def _coded_sample(self) -> tuple[Tensor, Tensor | None]:
        """Latents of the sample of training items, on the CPU."""
        pictures, labels = self.context.sample()
        both = torch.cat([pictures, pictures.flip(-1)]) if self.context.mirror else pictures
        latents = torch.cat([self._encode(part).cpu() for part in both.split(16)])
        return latents, torch.cat([labels, labels]) if labels is not None and self.context.mirror else labels

    def _encode(self, pictures: Tensor) -> Tensor:
        return self.steady.encode(pictures.to(self.context.device))

    # ------------------------------------------------ learning

    def train_step(self, pictures: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        """A step of the codec in the first part of the run, then one of the diffusion model."""
        if self.context.mirror:
            flip = torch.rand(len(pictures), device=pictures.device) < 0.5
            pictures = torch.where(flip[:, None, None, None], pictures.flip(-1), pictures)
        self.done = moment.step + 1
        if moment.step < self.first_part:
            return self._codec_step(pictures, moment)
        if moment.step == self.first_part:
            self._turn()
        with torch.no_grad():
            latents = self._encode(pictures)
        since = moment.step - self.first_part
        warm = min(1.0, (since + 1) / max(1, self.settings.warm_up))
        return self.inner.train_step(latents, labels, Moment(since, moment.rate * warm, moment.progress))

    def _codec_step(self, pictures: Tensor, moment: Moment) -> dict[str, Tensor]:
        config = self.codec.config
        side = self.context.shape.size // config.factor
        noise = torch.randn(len(pictures), config.latents, side, side, device=pictures.device)
        figures = self.coding.gradient(len(pictures), lambda part: (self.codec.loss(pictures[part], noise[part]), {}))
        left = 1 - moment.step / self.first_part
        norm = self.coding.move(moment.rate * min(1.0, 2 * left))  # falls over its second half
        self.following.follow(moment.step + 1)
        return figures | {"gradient_norm": norm}

    def _turn(self) -> None:
        """The codec stands still from here on; the latents are measured and their linear denoiser is fitted."""
        pictures, _ = self.context.sample()
        self.steady.settle(pictures[:: max(1, len(pictures) // 256)].to(self.context.device))
        self.inner.begin()

    # ------------------------------------------------ judging and drawing

    @torch.no_grad()
    def held_out_loss(self, pictures: Tensor, labels: Tensor | None) -> float:
        """The codec's error, or the loss of the diffusion model on the latents."""
        if self.draws:
            latents = torch.cat([self._encode(part) for part in pictures.split(16)])
            return self.inner.held_out_loss(latents, labels)
        errors = [(self.steady.picture(self.steady.code(part)) - part).abs().mean() * len(part) for part in pictures.split(16)]
        return float(torch.stack(errors).sum() / len(pictures))

    @torch.no_grad()
    def sample(self, count: int, seed: int, classes: int, *, quick: bool = False) -> np.ndarray:
        """New pictures; while the codec learns, training pictures as they come back from it."""
        if not self.draws:
            pictures = self.context.sample()[0][:count].to(self.context.device)
            repeated = pictures[torch.arange(count) % len(pictures)]
            latents = self.steady.code(repeated)
            return self._pictures(latents, coded=True)
        latents = torch.from_numpy(self.inner.draw(count, seed, classes, quick=quick)).to(self.context.device)
        return self._pictures(latents, coded=False)

    def _pictures(self, latents: Tensor, *, coded: bool) -> np.ndarray:
        decode = self.steady.picture if coded else self.steady.decode
        return sampling.to_uint8(torch.cat([decode(part) for part in latents.split(16)]).cpu().numpy())

    def findings(self, figures: Mapping[str, float]) -> list[Warned]:
        """Those of the diffusion model."""
        return self.inner.findings(figures) if self.draws else []

    # ------------------------------------------------ keeping and exporting

    def tensors(self) -> dict[str, Tensor]:
        """Those of the diffusion model by their own names, the codec's, and where the run stands."""
        place = {"latent.first_part": torch.tensor(self.first_part), "latent.done": torch.tensor(self.done)}
        own = module_tensors(codec=self.codec, steady=self.steady) | self.coding.tensors("coding")
        return self.inner.tensors() | own | place

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave."""
        self.inner.load_tensors(tensors)
        load_modules(tensors, codec=self.codec, steady=self.steady)
        self.coding.load_tensors("coding", tensors)
        self.first_part, self.done = int(tensors["latent.first_part"]), int(tensors["latent.done"])

    def adopt(self, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
        """Take over the diffusion model; the codec is learned from the pictures at hand."""
        return self.inner.adopt(tensors)

    def exportable(self) -> Exportable:
        """The diffusion model on latents, and the half of the codec that makes pictures of them."""
        parts, config = self.inner.exportable(), self.codec.config
        decoder = Decoder(copy.deepcopy(self.steady).cpu().to(memory_format=torch.contiguous_format))
        side = self.context.shape.size // config.factor
        graph = Graph(decoder, {"z": SPREAD * torch.randn(2, config.latents, side, side)}, ("picture",))
        return replace(parts, graphs={**parts.graphs, "decoder": graph}, latent_shape=(config.latents, side, side))
