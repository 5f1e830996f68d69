"""A painter and a judge at work: R3GAN's game and the older ones, adaptive augmentation, two steppers.

Symbols are the papers': G draws, D judges, x are real pictures, z the random numbers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from desktop_app.engine.families.gan import FAMILY, GANSettings, differentiable, presets
from desktop_app.engine.families.gan.adaptation import Adaptation
from desktop_app.engine.families.gan.differentiable import Changes
from desktop_app.engine.families.gan.distance import energy_distance, features
from desktop_app.engine.families.gan.losses import calming, even_slope, judge_loss, painter_loss, sameness
from desktop_app.engine.families.learner import Context, Exportable, Graph, Moment
from desktop_app.engine.networks.gan import Discriminator, GaussianSource, Generator, advance_spectra
from desktop_app.engine.stepper import Average, Stepper, adopt, load_modules, module_tensors, under
from desktop_app.project.runs import Warned
from desktop_app.runtime import sampling

BETAS = (0.0, 0.99)
FADE = 0.1
"""What is left of R1 and R2 when the training ends."""
DRAWN = 128
"""Pictures drawn to measure the distance."""
SURE, LONG = 12.0, 40
"""The judge is too sure when its judgements of real and drawn pictures lie so far apart for so many reports in a row."""


class Learner:
    """One GAN in training."""

    draws = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.settings = cast(GANSettings, context.settings)
        self.plan = presets.plan(context.shape, context.network, self.settings)
        self.batch_size, self.learning_rate = self.plan.batch_size, self.settings.learning_rate
        device, config = context.device, self.plan.network
        self.generator = Generator(config, self._gaussian()).to(device, memory_format=context.layout)
        judge = Discriminator(config, spectral_norm=self.settings.spectral_norm)
        self.discriminator = judge.to(device, memory_format=context.layout)
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.painting = Stepper(list(self.generator.parameters()), self.settings, device=device, betas=BETAS)
        self.judging = Stepper(
            list(self.discriminator.parameters()),
            self.settings,
            device=device,
            betas=BETAS,
            rate=self.settings.learning_rate * self.settings.discriminator_rate,
        )
        self.following = Average(self.generator, self.average, self.settings.average)
        self.adaptation = Adaptation(self.settings.augmentation, device)
        self.parameters_count = sum(weight.numel() for weight in [*self.painting.weights, *self.judging.weights])
        self._sure = 0

    def _gaussian(self) -> GaussianSource:
        config = self.plan.network
        return GaussianSource(config.channels, config.size, presets.rank(config)[0], config.classes)

    @property
    def micro(self) -> int:
        return min((stepper.micro for stepper in (self.painting, self.judging) if stepper.micro), default=0)

    def begin(self) -> None:
        """Fit the Gaussian that the generator starts from."""
        fitted = self._gaussian()  # on the CPU, where the items are
        fitted.fit(*self.context.sample(), mirror=self.context.mirror)
        for generator in (self.generator, self.average):
            generator.gaussian.load_state_dict(fitted.state_dict())

    # ------------------------------------------------ learning

    def train_step(self, pictures: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        """The judge's turn, then the painter's."""
        if self.context.mirror:
            flip = torch.rand(len(pictures), device=pictures.device) < 0.5
            pictures = torch.where(flip[:, None, None, None], pictures.flip(-1), pictures)
        if self.settings.spectral_norm:
            advance_spectra(self.discriminator)
        judged = self._judge(pictures, labels, moment)
        painted = self._paint(pictures, labels, moment)
        self.following.follow(moment.step + 1)
        self.adaptation.follow(judged.pop("sign"), len(pictures), self.context.shape.items)
        return painted | judged | {"augmentation": self.adaptation.strength.clone()}

    def _judge(self, real: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        count = len(real)
        with torch.no_grad():
            drawn = self.generator(self._numbers(count), labels)
        changes, mix = self._changes(count), torch.rand(count, 1, 1, 1, device=real.device)
        penalty = self._penalty(moment)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            judge, told = self._judge_of(changes[part]), None if labels is None else labels[part]
            on_real, on_drawn = judge(real[part], told), judge(drawn[part], told)
            value = judge_loss(self.settings.loss, on_real, on_drawn)
            figures = {"real_score": on_real.mean(), "fake_score": on_drawn.mean(), "sign": self._sureness(on_real, on_drawn)}
            figures["discriminator_loss"] = value
            with torch.autocast(real.device.type, enabled=False):  # differentiated twice, which wants 32 bits
                return value.float() + penalty(judge, real[part], drawn[part].float(), told, mix[part]), figures

        figures = self.judging.gradient(count, loss)
        self.judging.move(moment.rate)
        figures.pop("loss")
        return figures

    def _sureness(self, on_real: Tensor, on_drawn: Tensor) -> Tensor:
        """How sure the judge is, -1 to 1; in the relativistic game only differences of judgements mean something."""
        return (on_real - on_drawn if self.settings.loss == "relativistic" else on_real).sign().mean()

    def _penalty(self, moment: Moment) -> Callable[..., Tensor]:
        """What the judge pays at this step: R1 and R2 at every few steps, or the Wasserstein penalty at every one."""
        fade = FADE**moment.progress
        r1, r2 = self.plan.r1 * fade, self.plan.r2 * fade

        def penalty(judge: Callable[..., Tensor], real: Tensor, drawn: Tensor, told: Tensor | None, mix: Tensor) -> Tensor:
            value = torch.zeros((), device=real.device)
            if self.settings.loss == "wgan-gp" and self.settings.gradient_penalty:
                value = self.settings.gradient_penalty * even_slope(lambda x: judge(x, told), real, drawn, mix)
            if (r1 or r2) and moment.step % presets.PENALTY_EVERY == 0:
                real_part = calming(lambda x: judge(x, told), real, drawn[:0], r1, 0.0)
                drawn_part = calming(lambda x: judge(x, told), drawn, real[:0], r2, 0.0)
                value = value + presets.PENALTY_EVERY * (real_part + drawn_part)
            return value

        return penalty

    def _paint(self, real: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        count = len(real)
        z, changes = self._numbers(count), self._changes(count)
        others = self._numbers(count) if self.settings.diversity else z

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            judge, told = self._judge_of(changes[part]), None if labels is None else labels[part]
            drawn = self.generator(z[part], told)
            with torch.no_grad():
                on_real = judge(real[part], told)
            value = painter_loss(self.settings.loss, on_real, judge(drawn, told))
            if self.settings.diversity:
                second = self.generator(others[part], told)
                value = value + self.settings.diversity * sameness(drawn, second, z[part], others[part])
            return value, {}

        self.discriminator.requires_grad_(False)
        try:
            figures = self.painting.gradient(count, loss)
        finally:
            self.discriminator.requires_grad_(True)
        return figures | {"gradient_norm": self.painting.move(moment.rate)}

    def _numbers(self, count: int) -> Tensor:
        return torch.randn(count, self.settings.latent, device=self.context.device)

    def _changes(self, count: int) -> Changes:
        settings, strength = self.settings, self.adaptation.strength
        return differentiable.draw(
            count,
            self.context.shape.size,
            strength,
            colour=settings.augment_colour,
            place=settings.augment_place,
            cutout=settings.augment_cutout,
        )

    def _judge_of(self, changes: Changes) -> Callable[[Tensor, Tensor | None], Tensor]:
        """D of changed pictures; gradients are taken with respect to the unchanged ones, through the change."""
        if self.adaptation.off:
            return self.discriminator
        return lambda pictures, told: self.discriminator(differentiable.apply(pictures, changes), told)

    # ------------------------------------------------ judging and drawing

    @torch.no_grad()
    def held_out_loss(self, pictures: Tensor, labels: Tensor | None) -> float:
        """How far pictures drawn from fixed numbers are from those kept aside."""
        count = min(DRAWN, len(pictures))
        z = torch.from_numpy(sampling.noise(0, range(count), (self.settings.latent,))).to(pictures.device)
        drawn = self.average(z, None if labels is None else labels[:count])
        return energy_distance(features(drawn), features(pictures))

    @torch.no_grad()
    def sample(self, count: int, seed: int, classes: int, *, quick: bool = False) -> np.ndarray:
        """Draw from the numbers that the bundle will use."""
        device = self.context.device
        z = torch.from_numpy(sampling.noise(seed, range(count), (self.settings.latent,))).to(device)
        labels = F.one_hot(torch.arange(count) % classes, classes).float().to(device) if classes else None
        return sampling.to_uint8(self.average(z, labels).float().cpu().numpy())

    def findings(self, figures: Mapping[str, float]) -> list[Warned]:
        """A judge that tells real from drawn without doubt teaches the painter nothing any more."""
        gap = figures.get("real_score", 0.0) - figures.get("fake_score", 0.0)
        self._sure = self._sure + 1 if gap > SURE else 0
        if self._sure != LONG:
            return []
        remedy = FAMILY.remedies["saturation"]
        message = (
            "The judge tells your pictures from the drawn ones without any doubt, so that the painter learns little from it."
        )
        return [Warned(code="saturation", message=message, remedy=remedy.sentence, apply=remedy.settings)]

    # ------------------------------------------------ keeping and exporting

    def tensors(self) -> dict[str, Tensor]:
        """Both networks, the average, both optimisers, the strength of the augmentation."""
        modules = module_tensors(weights=self.generator, average=self.average, judge=self.discriminator)
        return modules | self.painting.tensors("painting") | self.judging.tensors("judging") | self.adaptation.tensors()

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave."""
        load_modules(tensors, weights=self.generator, average=self.average, judge=self.discriminator)
        self.painting.load_tensors("painting", tensors)
        self.judging.load_tensors("judging", tensors)
        self.adaptation.load_tensors(tensors)

    def adopt(self, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
        """Take over the generator, and the judge where it was kept (a bundle has none)."""
        averaged = under("average.", tensors)
        counts = [adopt(network, averaged) for network in (self.generator, self.average)]
        adopt(self.discriminator, under("judge.", tensors))
        return counts[0]

    def exportable(self) -> Exportable:
        """The averaged generator."""
        shape, latent = self.context.shape, self.settings.latent
        module = copy.deepcopy(self.average).cpu().to(memory_format=torch.contiguous_format)
        inputs = {"z": torch.randn(2, latent)}
        if shape.classes:
            inputs["labels"] = torch.eye(shape.classes)[[0, shape.classes - 1]]
        return Exportable({"generator": Graph(module, inputs, ("picture",))}, noise=latent, latent=latent)
