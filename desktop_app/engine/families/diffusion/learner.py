"""Diffusion at work: EDM's preconditioning, loss and exporter (Karras et al. 2022, arXiv:2206.00364).

Symbols are the paper's: D denoises, F is the bare network, σ the noise level, ``sigma_data`` the spread of the data.
"""

from __future__ import annotations

import copy
import math
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.augment import augment
from desktop_app.engine.families.diffusion import DiffusionSettings, presets
from desktop_app.engine.families.learner import Context, Exportable, Graph, Moment
from desktop_app.engine.networks.gaussian import RANK, GaussianDenoiser
from desktop_app.engine.networks.unet import UNet
from desktop_app.runtime import sampling
from desktop_app.runtime.bundle import Sampler

SIGMA_MIN, SIGMA_MAX, RHO = 0.002, 80.0, 7.0
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
        s, d, mean = sigma.reshape(-1, 1, 1, 1), self.sigma_data, self.gaussian.mean
        guess = self.gaussian(x, sigma, labels)
        seen = torch.cat([torch.rsqrt(s**2 + d**2) * (x - mean), (guess - mean) / d], dim=1)
        if self.margin:
            seen = F.pad(seen, [0, self.margin, 0, self.margin])
        f = self.network(seen, torch.log(sigma) / 4, labels, augmentation)
        f = f[..., : x.shape[-2], : x.shape[-1]]
        return guess + torch.sqrt(self.gaussian.variance(sigma)).reshape(-1, 1, 1, 1) * f


class Learner:
    """One diffusion model in training."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.settings = cast(DiffusionSettings, context.settings)
        self.plan = presets.plan(context.shape, context.network, self.settings, context.passes)
        self.batch_size = self.plan.batch_size
        self.learning_rate = self.settings.learning_rate
        denoiser = Denoiser(UNet(self.plan.network), self._gaussian(), context.std)
        self.denoiser = denoiser.to(context.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.denoiser).eval().requires_grad_(False)
        self.weights = list(self.denoiser.parameters())
        self.averages = list(self.average.parameters())
        self.parameters_count = sum(weight.numel() for weight in self.weights)
        self.optimiser = torch.optim.AdamW(
            self.weights,
            lr=self.settings.learning_rate,
            betas=(0.9, 0.99),
            weight_decay=self.settings.weight_decay,
            fused=context.device.type in ("cpu", "cuda"),
        )

    def begin(self) -> None:
        """Fit the best linear denoiser to the training items; a resume finds it in the checkpoint."""
        fitted = self._gaussian()  # on the CPU, where the items are
        fitted.fit(*self.context.sample(), mirror=self.settings.mirror)
        for denoiser in (self.denoiser, self.average):
            denoiser.gaussian.load_state_dict(fitted.state_dict())

    def _gaussian(self) -> GaussianDenoiser:
        shape = self.context.shape
        return GaussianDenoiser(shape.channels, shape.size, RANK, shape.classes)

    # ------------------------------------------------ learning

    def train_step(self, pictures: Tensor, labels: Tensor | None, moment: Moment) -> dict[str, Tensor]:
        """One step of equation 8 with log-normal noise levels, clipping, AdamW and the running average."""
        pictures, changes = augment(pictures, self.plan.augmentation, mirror=self.settings.mirror)
        if labels is not None:
            keep = torch.rand(len(labels), 1, device=labels.device) >= self.settings.label_dropout
            labels = labels * keep
        sigma = self._noise_levels(len(pictures), torch.rand(len(pictures), device=pictures.device))
        loss = self._loss(self.denoiser, pictures, torch.randn_like(pictures), sigma, labels, changes)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.weights, self.settings.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * moment.rate
        self.optimiser.step()
        self._follow(moment.step + 1)
        return {"loss": loss.detach(), "gradient_norm": norm}

    def _noise_levels(self, count: int, jitter: Tensor) -> Tensor:
        """ln σ ~ N(P_mean, P_std²), one draw from each of ``count`` equal slices: the same law with less scatter."""
        quantile = (torch.arange(count, device=jitter.device) + jitter) / count
        normal = math.sqrt(2) * torch.erfinv((2 * quantile - 1).clamp(-0.9999, 0.9999))
        return torch.exp(self.settings.noise_mean + self.settings.noise_spread * normal)

    def _loss(
        self, denoiser: nn.Module, clean: Tensor, noise: Tensor, sigma: Tensor, labels: Tensor | None, changes: Tensor | None
    ) -> Tensor:
        """Equation 2 weighted by (σ² + σd²) / (σ·σd)², the mean over the batch."""
        s, d = sigma.reshape(-1, 1, 1, 1), self.context.std
        weight = (s**2 + d**2) / (s * d) ** 2
        with torch.autocast(clean.device.type, dtype=torch.bfloat16, enabled=_has_bf16(clean.device)):
            estimate = denoiser(clean + noise * s, sigma, labels, changes)
        return (weight * (estimate.float() - clean) ** 2).mean()

    def _follow(self, step: int) -> None:
        """Power-function average of the weights (Karras et al. 2024, arXiv:2312.02696, equation 122 with γ).

        Its length grows with the training, so that it suits a run of any length and needs no plan.
        """
        beta = (1 - 1 / step) ** (self.settings.average + 1)
        torch._foreach_lerp_(self.averages, self.weights, 1 - beta)

    # ------------------------------------------------ judging and drawing

    @torch.no_grad()
    def held_out_loss(self, pictures: Tensor, labels: Tensor | None) -> float:
        """The training loss of the averaged weights, every item under fixed noise at fixed levels."""
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

    @torch.no_grad()
    def sample(self, count: int, seed: int, classes: int, *, quick: bool = False) -> np.ndarray:
        """Draw with the sampler that the bundle will use, from the noise that the bundle will use."""
        shape = self.context.shape
        noise = sampling.noise(seed, range(count), (shape.channels, shape.size, shape.size))
        labels = np.eye(classes, dtype=np.float32)[np.arange(count) % classes] if classes else np.zeros((count, 0), np.float32)
        sampler = self.sampler()
        if quick:
            sampler = sampler.model_copy(update={"steps": min(QUICK_STEPS, sampler.steps)})
        return sampling.to_uint8(sampling.sample(self._denoise, noise, labels, sampler))

    def _denoise(self, x: np.ndarray, sigma: np.ndarray, labels: np.ndarray) -> np.ndarray:
        device = self.context.device
        told = torch.from_numpy(labels).to(device) if labels.shape[1] else None
        return self.average(torch.from_numpy(x).to(device), torch.from_numpy(sigma).to(device), told).float().cpu().numpy()

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
        )

    # ------------------------------------------------ keeping and exporting

    def tensors(self) -> dict[str, Tensor]:
        """Weights, averages and the optimiser's two moments."""
        found = {f"weights.{name}": value for name, value in self.denoiser.state_dict().items()}
        found |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, weight in enumerate(self.weights):
            found |= {f"optimiser.{index}.{name}": value for name, value in self.optimiser.state.get(weight, {}).items()}
        return found

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave; a missing or foreign tensor is an error."""
        self.denoiser.load_state_dict(_under("weights.", tensors))
        self.average.load_state_dict(_under("average.", tensors))
        moments = _under("optimiser.", tensors)
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in moments.items():
            index, key = name.split(".")
            like = self.weights[int(index)] if value.ndim else value
            # The fused optimiser walks memory, so a moment must lie there as its weight does (channels last).
            states.setdefault(int(index), {})[key] = torch.empty_like(like, requires_grad=False).copy_(value)
        self.optimiser.load_state_dict({"state": states, "param_groups": self.optimiser.state_dict()["param_groups"]})

    def exportable(self) -> Exportable:
        """The averaged denoiser with its preconditioning; the sampler stays outside the graph."""
        shape = self.context.shape
        module = copy.deepcopy(self.average).cpu().to(memory_format=torch.contiguous_format)
        inputs = {"x": torch.randn(2, shape.channels, shape.size, shape.size), "sigma": torch.tensor([0.5, 2.0])}
        if shape.classes:
            inputs["labels"] = torch.eye(shape.classes)[[0, shape.classes - 1]]
        return Exportable({"denoiser": Graph(module, inputs, ("denoised",))}, self.sampler())


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _has_bf16(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
