"""Diffusion at work: EDM's preconditioning, loss and exporter (Karras et al. 2022, arXiv:2206.00364).

Symbols are the paper's: D denoises, F is the bare network, σ the noise level, ``sigma_data`` the spread of the data.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.augment import augment
from desktop_app.engine.families.diffusion import DiffusionSettings, boldness, presets
from desktop_app.engine.families.learner import Context, Exportable, Graph, Moment
from desktop_app.engine.families.learner import Learner as LearnerProtocol
from desktop_app.engine.networks.gaussian import RANK, GaussianDenoiser
from desktop_app.engine.networks.structure import HANDOVER, Leading, Structure
from desktop_app.engine.networks.unet import UNet
from desktop_app.engine.stepper import Average, Stepper, adopt, load_modules, module_tensors, under
from desktop_app.project.runs import Warned
from desktop_app.runtime import sampling
from desktop_app.runtime.sampling import Sampler

SIGMA_MIN, SIGMA_MAX, RHO = 0.002, 80.0, 7.0
HUBER = 0.2
"""Where Huber's error turns from squared to proportional. The weighted error of an untrained network has a spread of one and
a trained one's is smaller, so that at one it would be the squared error for nearly all."""
QUICK_STEPS = 12
"""Strokes of a preview while training: enough to judge by, and a third cheaper."""


class Denoiser(nn.Module):
    """D(x; σ) = G(x; σ) + c_out·F(c_in·(x − m), (G − m)/σd; ln σ / 4), with G the best linear denoiser.

    Equation 7 of the paper with G in the place of c_skip·x, and c_out² the error that G leaves, so that the network's
    target keeps a variance of one. With isotropic data G is c_skip·x and this is EDM to the letter.
    """

    def __init__(self, network: UNet, gaussian: GaussianDenoiser, sigma_data: float) -> None:
        super().__init__()
        self.network, self.gaussian, self.sigma_data = network, gaussian, sigma_data
        size = gaussian.mean.shape[-1]
        self.margin = -size % network.config.multiple

    def forward(self, x: Tensor, sigma: Tensor, labels: Tensor | None = None, augmentation: Tensor | None = None) -> Tensor:
        """``x`` (B, C, H, W), ``sigma`` (B,), ``labels`` (B, K) or None; returns the estimate of the clean picture."""
        guess, correction = self.parts(x, sigma, labels, augmentation)
        return guess + correction

    def parts(
        self, x: Tensor, sigma: Tensor, labels: Tensor | None = None, augmentation: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The two addends of the estimate: the linear denoiser's, and what the network has learned beyond it."""
        s, d, mean = sigma.reshape(-1, 1, 1, 1), self.sigma_data, self.gaussian.mean
        guess = self.gaussian(x, sigma, labels)
        seen = torch.cat([torch.rsqrt(s**2 + d**2) * (x - mean), (guess - mean) / d], dim=1)
        if self.margin:
            seen = F.pad(seen, [0, self.margin, 0, self.margin])
        f = self.network(seen, torch.log(sigma) / 4, labels, augmentation)
        f = f[..., : x.shape[-2], : x.shape[-1]]
        return guess, torch.sqrt(self.gaussian.variance(sigma)).reshape(-1, 1, 1, 1) * f


class Drawing(Denoiser):
    """The denoiser as it draws: bolder than it learned.

    G + b·(D − G) is guidance away from a weaker model (Karras et al. 2024, arXiv:2406.02507) with the linear denoiser G as
    the weaker one, which costs nothing: a young network's corrections are too timid, which shows as speckle.
    """

    def __init__(self, denoiser: Denoiser, boldness: float) -> None:
        super().__init__(denoiser.network, denoiser.gaussian, denoiser.sigma_data)
        self.boldness = boldness

    def forward(self, x: Tensor, sigma: Tensor, labels: Tensor | None = None, augmentation: Tensor | None = None) -> Tensor:
        """As that of the denoiser."""
        guess, correction = self.parts(x, sigma, labels, augmentation)
        return guess + self.boldness * correction


class Learner:
    """One diffusion model in training."""

    draws = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.settings = cast(DiffusionSettings, context.settings)
        self.plan = presets.plan(context.shape, context.network, self.settings, context.passes)
        self.batch_size = self.plan.batch_size
        self.learning_rate = self.settings.learning_rate
        denoiser = Denoiser(UNet(self.plan.network), self._gaussian(), context.std)
        self.denoiser = denoiser.to(context.device, memory_format=context.layout)
        self.average = copy.deepcopy(self.denoiser).eval().requires_grad_(False)
        self.structure = Structure(self.average.gaussian, context.shape.items).to(context.device)
        self.measured_boldness = boldness.USUAL
        self.younger = Younger(self.average) if self.settings.autoguidance != 1 else None
        self.stepper = Stepper(list(self.denoiser.parameters()), self.settings, device=context.device)
        self.following = Average(self.denoiser, self.average, self.settings.average)
        self.parameters_count = sum(weight.numel() for weight in self.stepper.weights)

    @property
    def micro(self) -> int:
        return self.stepper.micro

    def begin(self) -> None:
        """Fit what has a closed form to the training items; a resume finds it in the checkpoint."""
        fitted, sample = self._gaussian(), self.context.sample()  # on the CPU, where the items are
        fitted.fit(*sample, mirror=self.context.mirror)
        self.structure.cpu().fit(fitted, *sample)
        self.structure.to(self.context.device)
        for denoiser in self._networks().values():
            denoiser.gaussian.load_state_dict(fitted.state_dict())

    def adopt(self, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
        """Take over the U-Net; the linear denoiser is fitted to the pictures at hand."""
        counts = [adopt(network.network, under("average.network.", tensors)) for network in self._networks().values()]
        return counts[0]

    def _gaussian(self) -> GaussianDenoiser:
        shape = self.context.shape
        return GaussianDenoiser(shape.channels, shape.size, RANK, shape.classes)

    # ------------------------------------------------ learning

    def train_step(self, pictures: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        """One step of equation 8 with log-normal noise levels, clipping, the optimiser and the running average."""
        pictures, changes = augment(pictures, self.plan.augmentation, mirror=self.context.mirror)
        if labels is not None:
            keep = torch.rand(len(labels), 1, device=labels.device) >= self.settings.label_dropout
            labels = labels * keep
        sigma = self._noise_levels(len(pictures), torch.rand(len(pictures), device=pictures.device))
        noise = torch.randn_like(pictures)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            told = None if labels is None else labels[part]
            return self._loss(self.denoiser, pictures[part], noise[part], sigma[part], told, changes[part]), {}

        figures = self.stepper.gradient(len(pictures), loss)
        norm = self.stepper.move(moment.rate)
        self.following.follow(moment.step + 1)
        if self.younger is not None:
            self.younger.follow(moment.step + 1, self.average)
        return figures | {"gradient_norm": norm}

    def _noise_levels(self, count: int, jitter: Tensor) -> Tensor:
        """Noise levels by the path's law, one draw from each of ``count`` equal slices: the same law with less scatter.

        EDM: ln σ ~ N(P_mean, P_std²). Flow matching: σ = t / (1 − t) with a logit-normal t, that is ln σ ~ N(0, 1)
        (Esser et al. 2024, arXiv:2403.03206). Either ends where the structure of the pictures draws in the network's place.
        """
        mean, spread = (0.0, 1.0) if self.settings.path == "flow" else (self.settings.noise_mean, self.settings.noise_spread)
        practised = 0.5 * (1 + math.erf((math.log(HANDOVER * self.context.std) - mean) / spread / math.sqrt(2)))
        quantile = practised * (torch.arange(count, device=jitter.device) + jitter) / count
        normal = math.sqrt(2) * torch.erfinv((2 * quantile - 1).clamp(-0.9999, 0.9999))
        return torch.exp(mean + spread * normal)

    def _weight(self, s: Tensor) -> Tensor:
        """Weight of the squared error of the clean picture: equation 8, or that of the velocity n − x, which is 1 / t²."""
        if self.settings.path == "flow":
            return ((1 + s) / s) ** 2
        return (s**2 + self.context.std**2) / (s * self.context.std) ** 2

    def _loss(
        self, denoiser: nn.Module, clean: Tensor, noise: Tensor, sigma: Tensor, labels: Tensor | None, changes: Tensor | None
    ) -> Tensor:
        """Equation 2, weighted, the mean over the batch; or the Huber or absolute error of the same weighted difference."""
        s = sigma.reshape(-1, 1, 1, 1)
        estimate = denoiser(clean + noise * s, sigma, labels, changes)
        if self.settings.loss == "squared":
            return (self._weight(s) * (estimate.float() - clean) ** 2).mean()
        error = torch.sqrt(self._weight(s)) * (estimate.float() - clean)
        return _huber(error) if self.settings.loss == "huber" else error.abs().mean()

    # ------------------------------------------------ judging and drawing

    @torch.no_grad()
    def held_out_loss(self, pictures: Tensor, labels: Tensor | None) -> float:
        """The training loss of the averaged weights, every item under fixed noise at fixed levels."""
        if self.context.device.type == "cpu":
            few = slice(None, None, presets.every(self.plan.network))
            pictures, labels = pictures[few], None if labels is None else labels[few]
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(pictures.shape, generator=generator).to(pictures.device)
        order = torch.randperm(len(pictures), generator=generator).to(pictures.device)
        sigma = self._noise_levels(len(pictures), torch.full((len(pictures),), 0.5, device=pictures.device))[order]
        return float(self._batched_loss(pictures, noise, sigma, labels))

    def _batched_loss(self, pictures: Tensor, noise: Tensor, sigma: Tensor, labels: Tensor | None) -> Tensor:
        total = torch.zeros((), device=pictures.device)
        for start in range(0, len(pictures), 64):
            part = slice(start, start + 64)
            some = None if labels is None else labels[part]
            total += self._loss(self.average, pictures[part], noise[part], sigma[part], some, None) * len(pictures[part])
        return total / len(pictures)

    def sample(self, count: int, seed: int, classes: int, *, quick: bool = False) -> np.ndarray:
        """Pictures, drawn as the bundle will draw them."""
        return sampling.to_uint8(self.draw(count, seed, classes, quick=quick))

    @torch.no_grad()
    def draw(self, count: int, seed: int, classes: int, *, quick: bool = False) -> sampling.Float32:
        """Draw (N, C, H, W) with the sampler that the bundle will use, from the noise that the bundle will use."""
        shape = self.context.shape
        noise = sampling.noise(seed, range(count), (shape.channels, shape.size, shape.size))
        labels = np.eye(classes, dtype=np.float32)[np.arange(count) % classes] if classes else np.zeros((count, 0), np.float32)
        sampler = self.sampler()
        if quick:
            sampler = sampler.model_copy(update={"steps": min(QUICK_STEPS, sampler.steps)})
        guide = self._denoise_with(self._drawing(self.younger.guide)) if self.younger else None
        main, structure = self._denoise_with(self._drawing(self.average)), self._denoise_with(self._leading())
        return sampling.sample(main, noise, labels, sampler, guide=guide, structure=structure)

    def _drawing(self, denoiser: Denoiser) -> Drawing:
        bold = self.settings.boldness or self.measured_boldness
        return Drawing(denoiser, bold).eval()

    def _leading(self) -> Leading:
        return Leading(self.average.gaussian, self.structure, HANDOVER * self.context.std).eval()

    def _denoise_with(self, network: nn.Module) -> sampling.Denoise:
        device = self.context.device

        def denoise(x: np.ndarray, sigma: np.ndarray, labels: np.ndarray) -> np.ndarray:
            told = torch.from_numpy(labels).to(device) if labels.shape[1] else None
            clean = network(torch.from_numpy(x).to(device), torch.from_numpy(sigma).to(device), told)
            return np.asarray(clean.float().cpu().numpy())

        return denoise

    def sampler(self) -> Sampler:
        """How the bundle draws."""
        return Sampler(
            solver=self.settings.solver,
            steps=self.settings.sampling_steps,
            sigma_min=SIGMA_MIN,
            sigma_max=SIGMA_MAX,
            rho=RHO,
            sigma_data=self.context.std,
            guidance=self.settings.guidance,
            autoguidance=self.settings.autoguidance,
            handover=HANDOVER * self.context.std,
            spacing="flow" if self.settings.path == "flow" else "karras",
        )

    def findings(self, figures: Mapping[str, float]) -> list[Warned]:
        """Nothing beside what is watched in every family."""
        return []

    # ------------------------------------------------ keeping and exporting

    def _networks(self) -> dict[str, Denoiser]:
        younger = {"younger": self.younger.guide, "growing": self.younger.growing} if self.younger else {}
        return {"weights": self.denoiser, "average": self.average, **younger}

    def tensors(self) -> dict[str, Tensor]:
        """Weights, averages and the optimiser's moments."""
        return module_tensors(**self._networks(), structure=self.structure) | self.stepper.tensors("optimiser")

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave; a missing or foreign tensor is an error."""
        load_modules(tensors, **self._networks(), structure=self.structure)
        self.stepper.load_tensors("optimiser", tensors)

    def exportable(self) -> Exportable:
        """The averaged denoiser as it draws; the sampler stays outside the graph."""
        shape = self.context.shape
        self.measure_boldness()
        inputs = {"x": torch.randn(2, shape.channels, shape.size, shape.size), "sigma": torch.tensor([0.5, 2.0])}
        if shape.classes:
            inputs["labels"] = torch.eye(shape.classes)[[0, shape.classes - 1]]
        drawn: dict[str, nn.Module] = {"denoiser": self._drawing(self.average), "structure": self._leading()}
        if self.younger:
            drawn["guide"] = self._drawing(self.younger.guide)
        graphs = {role: Graph(_portable(module), inputs, ("denoised",)) for role, module in drawn.items()}
        return Exportable(graphs, self.sampler())

    def measure_boldness(self) -> float:
        """Find how boldly to draw by now, where that is left open, and draw so from here on."""
        shape = self.context.shape
        if self.settings.boldness is not None or shape.channels not in (1, 3):
            return self.measured_boldness  # asked for, or latents, which are no pictures

        def drawn(bold: float, count: int) -> np.ndarray:
            self.measured_boldness = bold
            return self.sample(count, 0, shape.classes, quick=True)

        self.measured_boldness = boldness.measured(drawn, sampling.to_uint8(self.context.sample()[0].numpy()))
        return self.measured_boldness


def _portable(module: nn.Module) -> nn.Module:
    return copy.deepcopy(module).cpu().to(memory_format=torch.contiguous_format)


def _huber(error: Tensor) -> Tensor:
    """Huber's error, the mean, scaled so that large errors count as in the absolute one."""
    return F.huber_loss(error, torch.zeros_like(error), delta=HUBER) / HUBER


def make(context: Context) -> LearnerProtocol:
    """A learner of the pictures themselves, or of a shorthand of them."""
    from desktop_app.engine.families.diffusion.latent import LatentLearner  # which is made of the class above

    wanted = cast(DiffusionSettings, context.settings).latent
    shape = context.shape
    return LatentLearner(context) if presets.is_latent(shape, wanted) else Learner(context)


class Younger:
    """The model as it was between a quarter and a half of the way, to be led away from (autoguidance)."""

    def __init__(self, average: Denoiser) -> None:
        self.guide, self.growing = copy.deepcopy(average), copy.deepcopy(average)

    def follow(self, step: int, average: Denoiser) -> None:
        """After ``step`` steps: every time their number has doubled, what was kept grows one doubling older."""
        if step & (step - 1) == 0:
            self.guide.load_state_dict(self.growing.state_dict())
            self.growing.load_state_dict(average.state_dict())
