"""What leads the drawing under strong noise: a kernel density of the leading components."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from desktop_app.engine.families import get
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.diffusion import DiffusionSettings, presets
from desktop_app.engine.families.diffusion.learner import Denoiser, Drawing
from desktop_app.engine.networks.gaussian import GaussianDenoiser
from desktop_app.engine.networks.structure import BANDWIDTH, HANDOVER, Leading, Structure
from desktop_app.engine.networks.unet import UNet
from desktop_app.runtime import sampling


def blobs(count: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    """Bright or dark discs on gray of three kinds: above, below, in the middle; pictures (N, 1, 8, 8), labels (N, 3)."""
    generator = torch.Generator().manual_seed(0)
    kind = torch.arange(count) % 3
    rows = torch.tensor([1.5, 5.5, 3.5])[kind][:, None, None]
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    sign = 2 * torch.randint(0, 2, (count,), generator=generator)[:, None, None] - 1
    pictures = sign * torch.exp(-((y - rows) ** 2 + (x - 3.5) ** 2) / 3)
    noise = 0.05 * torch.randn(count, 8, 8, generator=generator)
    return (pictures + noise)[:, None], torch.nn.functional.one_hot(kind, 3).float()


def fitted(pictures: torch.Tensor, labels: torch.Tensor | None = None) -> tuple[GaussianDenoiser, Structure]:
    gaussian = GaussianDenoiser(1, 8, 64, 0 if labels is None else labels.shape[1])
    gaussian.fit(pictures, labels, mirror=False)
    structure = Structure(gaussian, len(pictures))
    structure.fit(gaussian, pictures, labels)
    return gaussian, structure


def test_of_one_kernel_it_is_the_posterior_mean_of_a_gaussian() -> None:
    pictures, _ = blobs()
    gaussian, structure = fitted(pictures)
    structure.centres.copy_(structure.centres[:1].expand_as(structure.centres).clone())
    x, sigma = pictures[:5] + torch.randn(5, 1, 8, 8), torch.full((5,), 1.0)
    found = structure(gaussian, x, sigma, None, gaussian(x, sigma))
    kernel = BANDWIDTH * gaussian.variances
    seen, centre = gaussian.coordinates(x, 64), structure.centres[:1]
    expected = gaussian.mean + gaussian.along(centre + kernel / (kernel + 1) * (seen - centre))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_it_knows_more_of_pictures_it_never_saw_than_the_linear_denoiser(sigma: float) -> None:
    pictures, _ = blobs(240)
    gaussian, structure = fitted(pictures[:180])
    fresh = pictures[180:]
    level = torch.full((len(fresh),), sigma)
    x = fresh + sigma * torch.randn(fresh.shape, generator=torch.Generator().manual_seed(1))
    linear = gaussian(x, level)
    better = structure(gaussian, x, level, None, linear)
    assert (better - fresh).square().mean() < 0.97 * (linear - fresh).square().mean()


def test_kernels_keep_mean_and_variance_within_each_class() -> None:
    pictures, labels = blobs()
    gaussian, structure = fitted(pictures, labels)
    within = structure.centres - labels @ gaussian.coordinates(gaussian.mean + gaussian.shifts, 64)
    found = pictures - gaussian.mean - gaussian._shift(labels)
    expected = gaussian._low(found) @ gaussian.basis
    torch.testing.assert_close(within.var(dim=0), (1 - BANDWIDTH) * expected.var(dim=0), rtol=0.02, atol=1e-4)


def test_a_class_is_drawn_from_its_own_pictures() -> None:
    pictures, labels = blobs()
    gaussian, structure = fitted(pictures, labels)
    x = 3.0 * torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    level = torch.full((64,), 3.0)
    told = labels[:1].expand(64, 3)  # discs above
    drawn = structure(gaussian, x, level, told, gaussian(x, level, told)).abs().mean(dim=(0, 1))
    assert drawn[:3].mean() > 1.5 * drawn[5:].mean()
    free = structure(gaussian, x, level, torch.zeros(64, 3), gaussian(x, level, torch.zeros(64, 3))).abs().mean(dim=(0, 1))
    assert math.isclose(float(free[:3].mean()), float(free[5:].mean()), rel_tol=0.5)


def test_the_drawing_is_the_denoiser_and_bolder_if_asked() -> None:
    pictures, _ = blobs()
    gaussian, _ = fitted(pictures)
    config = replace(presets.network(Shape(8, 1, 0, 120), "tiny"), augmentations=0)
    denoiser = Denoiser(UNet(config), gaussian, 0.5).eval()
    with torch.no_grad():
        for weight in denoiser.network.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(3)))
        sigma = torch.tensor([0.1, 0.5, 1.8])
        x = pictures[:3] + sigma.reshape(-1, 1, 1, 1) * torch.randn(3, 1, 8, 8)
        learned, guess = denoiser(x, sigma), gaussian(x, sigma)
        plain, bold = (Drawing(denoiser, factor).eval()(x, sigma) for factor in (1.0, 2.0))
    torch.testing.assert_close(plain, learned)
    torch.testing.assert_close(bold, guess + 2 * (learned - guess))
    assert (learned - guess).abs().max() > 1e-3


@pytest.mark.parametrize("told", [False, True])
def test_what_leads_knows_few_directions_and_answers_as_all_of_them_do(told: bool) -> None:
    pictures, kinds = blobs()
    labels = kinds if told else None
    gaussian, structure = fitted(pictures, labels)
    structure.directions, structure.centres = 16, structure.centres[:, :16]
    few = Leading(gaussian, structure, 2.0)
    few.gaussian = gaussian.leading(24)
    sigma = torch.tensor([2.0, 8.0, 40.0, 0.01])
    x = pictures[:4] + sigma.reshape(-1, 1, 1, 1) * torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(4))
    asked = None if labels is None else labels[:4]
    with torch.no_grad():
        found, level = few(x, sigma, asked), sigma.clamp_min(2.0)
        expected = structure(gaussian, x, level, asked, gaussian(x, level, asked))
    assert few.gaussian.basis.shape == (64, 24)
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, rtol=0.0, atol=0.02)


@pytest.mark.parametrize(("path", "spacing"), [("edm", "karras"), ("flow", "flow")])
@pytest.mark.parametrize("steps", [6, 18, 50])
def test_the_strokes_without_the_network_are_as_many_as_the_estimate_says(path: str, spacing: str, steps: int) -> None:
    usual = sampling.Sampler(steps=steps, spacing=spacing)  # type: ignore[arg-type]
    rests = sum(level > HANDOVER * usual.sigma_data for level in sampling.levels(usual))
    asked = get("diffusion").evaluations(DiffusionSettings(path=path, sampling_steps=steps))  # type: ignore[arg-type]
    assert asked == pytest.approx(steps - rests, abs=1)
