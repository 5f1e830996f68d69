"""Drawing from a diffusion model: noise, noise levels, solvers and guidance, in numpy.

One sampler for everyone: the bundle calls it with an onnxruntime session, the engine's previews with the network that
is being trained. Symbols follow Karras et al. 2022 (EDM, arXiv:2206.00364): D is the denoiser, σ the noise level, and
the data satisfies dx/dσ = (x − D(x; σ)) / σ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Denoise = Callable[[Float32, Float32, Float32], Float32]
"""``denoise(x (B, C, H, W), sigma (B,), labels (B, K) one-hot, zeros = no class)``; the estimate of the clean data."""
OnStep = Callable[[int, int], None]
"""``on_step(done, total)`` after every step; it may raise to stop the drawing."""

_MASK = 2**64 - 1


class Sampler(BaseModel):
    """How to draw: solver, noise levels and guidance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    solver: Literal["dpmpp_2m", "heun"] = "dpmpp_2m"
    steps: Annotated[int, Field(ge=1, le=1000)] = 18
    sigma_min: Annotated[float, Field(gt=0, le=1e3, allow_inf_nan=False)] = 0.002
    sigma_max: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 80.0
    rho: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] = 7.0
    sigma_data: Annotated[float, Field(gt=0, le=1e3, allow_inf_nan=False)] = 0.5
    guidance: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 1.0
    """Classifier-free guidance w: 1 keeps to the class as it is, more exaggerates it."""
    autoguidance: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 1.0
    """Guidance away from a weaker version of the model (Karras et al. 2024, arXiv:2406.02507); 1 is none."""
    handover: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] | None = None
    """Noise level above which the structure of the pictures draws in the denoiser's place; None is nowhere."""
    spacing: Literal["karras", "flow"] = "karras"
    """How the noise levels lie: dense near no noise, or even along the straight path of flow matching."""

    @model_validator(mode="after")
    def _ordered(self) -> Sampler:
        if self.sigma_min >= self.sigma_max:
            raise ValueError("sigma_min must be below sigma_max")
        return self


def noise(seed: int, indices: Sequence[int], shape: Sequence[int]) -> Float32:
    """Unit Gaussian noise of the items ``indices``, (B, *shape).

    Item i of a seed is the same whatever stands beside it, so that a picture does not depend on the batch. Philox is
    keyed by (seed, index); Box and Muller's transform is applied to its raw output, because numpy promises that the
    raw stream stays the same in later versions and does not promise it of ``standard_normal``.
    """
    count = int(np.prod(shape))
    items = [_gaussian(seed, index, count).reshape(shape) for index in indices]
    return np.stack(items) if items else np.zeros((0, *shape), np.float32)


def _gaussian(seed: int, index: int, count: int) -> Float32:
    key = np.array([seed & _MASK, index & _MASK], dtype=np.uint64)
    half = (count + 1) // 2
    raw = np.random.Philox(key=key).random_raw(2 * half)
    uniform = (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53  # [0, 1)
    radius = np.sqrt(-2 * np.log1p(-uniform[:half]))
    angle = 2 * np.pi * uniform[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count].astype(np.float32)


def karras_sigmas(steps: int, sigma_min: float, sigma_max: float, rho: float = 7.0) -> Float64:
    """Noise levels from ``sigma_max`` down to ``sigma_min``, then 0: (steps + 1,). EDM, equation 5."""
    ramp = np.linspace(0, 1, steps)
    high, low = sigma_max ** (1 / rho), sigma_min ** (1 / rho)
    return np.append((high + ramp * (low - high)) ** rho, 0.0)


def flow_sigmas(steps: int, sigma_min: float, sigma_max: float) -> Float64:
    """Noise levels σ = t / (1 − t) for even t (Lipman et al. 2023, arXiv:2210.02747), then 0: (steps + 1,)."""
    t = np.linspace(sigma_max / (1 + sigma_max), sigma_min / (1 + sigma_min), steps)
    return np.append(t / (1 - t), 0.0)


def guided(denoise: Denoise, labels: Float32, guidance: float) -> Callable[[Float64, float], Float64]:
    """D(x; σ) for fixed labels: D(∅) + w (D(class) − D(∅)) (Ho and Salimans 2022).

    With w = 1, or where no item has a class, it costs one evaluation, else two.
    """
    twice = guidance != 1 and labels.size > 0 and bool(labels.any())
    nothing = np.zeros_like(labels)

    def evaluate(x: Float64, sigma: float) -> Float64:
        level = np.full(len(x), sigma, np.float32)
        x32 = x.astype(np.float32)
        told = denoise(x32, level, labels).astype(np.float64)
        if not twice:
            return told
        free = denoise(x32, level, nothing).astype(np.float64)
        return free + guidance * (told - free)

    return evaluate


def away_from(guide: Denoise, denoise: Denoise, weight: float) -> Denoise:
    """D₀ + a (D − D₀) for a weaker model D₀, at one evaluation more (Karras et al. 2024, arXiv:2406.02507)."""

    def led(x: Float32, sigma: Float32, labels: Float32) -> Float32:
        weak = guide(x, sigma, labels)
        return weak + np.float32(weight) * (denoise(x, sigma, labels) - weak)

    return led


def handed_over(structure: Denoise, denoise: Denoise, level: float) -> Denoise:
    """``structure`` under more noise than ``level``, ``denoise`` under less; all items of a batch are under the same."""

    def either(x: Float32, sigma: Float32, labels: Float32) -> Float32:
        return (structure if sigma[0] > level else denoise)(x, sigma, labels)

    return either


def sample(
    denoise: Denoise,
    noise: Float32,
    labels: Float32,
    sampler: Sampler,
    *,
    guide: Denoise | None = None,
    structure: Denoise | None = None,
    on_step: OnStep | None = None,
) -> Float32:
    """Draw from unit ``noise`` (B, C, H, W) with ``labels`` (B, K); K may be 0. Returns (B, C, H, W).

    Away from a weaker ``guide`` where the sampler asks for autoguidance, led by the ``structure`` above its handover. The
    state is kept in float64, so that rounding is that of the network alone.
    """
    sigmas = levels(sampler)
    solve = {"heun": heun, "dpmpp_2m": dpmpp_2m}[sampler.solver]
    x = noise.astype(np.float64) * sigmas[0]
    if guide is not None and sampler.autoguidance != 1:
        denoise = away_from(guide, denoise, sampler.autoguidance)
    if structure is not None and sampler.handover is not None:
        denoise = handed_over(structure, denoise, sampler.handover)
    estimate = guided(denoise, labels, sampler.guidance)
    return solve(estimate, x, sigmas, on_step or _nothing).astype(np.float32)


def levels(sampler: Sampler) -> Float64:
    """Noise levels that the sampler goes through, the last of them 0: (steps + 1,)."""
    if sampler.spacing == "flow":
        return flow_sigmas(sampler.steps, sampler.sigma_min, sampler.sigma_max)
    return karras_sigmas(sampler.steps, sampler.sigma_min, sampler.sigma_max, sampler.rho)


def _nothing(done: int, total: int) -> None:
    """The default of ``on_step``."""


def heun(d: Callable[[Float64, float], Float64], x: Float64, sigmas: Float64, on_step: OnStep = _nothing) -> Float64:
    """Heun's method of second order: EDM, algorithm 1 (deterministic). 2·steps − 1 evaluations."""
    total = len(sigmas) - 1
    for i, (now, following) in enumerate(pairwise(sigmas)):
        slope = (x - d(x, now)) / now
        ahead = x + (following - now) * slope
        if following > 0:
            slope_ahead = (ahead - d(ahead, following)) / following
            ahead = x + (following - now) * (slope + slope_ahead) / 2
        x = ahead
        on_step(i + 1, total)
    return x


def dpmpp_2m(d: Callable[[Float64, float], Float64], x: Float64, sigmas: Float64, on_step: OnStep = _nothing) -> Float64:
    """DPM-Solver++(2M), of second order: Lu et al. 2022 (arXiv:2211.01095), algorithm 2. One evaluation a step.

    In λ = −ln σ, with h the step in λ and r = h_before / h; the last step, to σ = 0, is of first order.
    """
    total = len(sigmas) - 1
    before: Float64 | None = None
    h_before = 0.0
    for i, (now, following) in enumerate(pairwise(sigmas)):
        clean = d(x, now)
        if following == 0:
            x = clean
        else:
            h = float(np.log(now / following))
            mixed = clean if before is None else clean + (clean - before) * (h / h_before / 2)
            x = (following / now) * x - np.expm1(-h) * mixed
            before, h_before = clean, h
        on_step(i + 1, total)
    return x


def one_hot(labels: Sequence[int] | NDArray[np.int64], classes: int) -> Float32:
    """Class numbers (B,) to rows (B, ``classes``); a negative number is no class and gives zeros."""
    numbers = np.asarray(labels, np.int64).reshape(-1)
    rows = np.zeros((len(numbers), classes), np.float32)
    told = numbers >= 0
    rows[np.flatnonzero(told), numbers[told]] = 1
    return rows


def to_uint8(x: Float32, value_range: tuple[float, float] = (-1.0, 1.0)) -> NDArray[np.uint8]:
    """Model values (B, C, H, W) to pictures (B, H, W, C), rounded and clipped."""
    low, high = value_range
    levels = np.rint((x.astype(np.float64) - low) * (255 / (high - low)))
    return np.ascontiguousarray(np.clip(levels, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1))


def from_uint8(pictures: NDArray[np.uint8], value_range: tuple[float, float] = (-1.0, 1.0)) -> Float32:
    """Pictures (B, H, W, C) to model values (B, C, H, W): what :func:`to_uint8` turns back."""
    low, high = value_range
    values = pictures.astype(np.float64) * ((high - low) / 255) + low
    return np.ascontiguousarray(values.astype(np.float32).transpose(0, 3, 1, 2))
