"""The U-Net and the linear denoiser."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from desktop_app.engine.augment import LABELS, augment
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.diffusion import presets
from desktop_app.engine.networks.config import UNetConfig, cost
from desktop_app.engine.networks.gaussian import FLOOR, GaussianDenoiser, pool_of
from desktop_app.engine.networks.unet import UNet

CONFIGS = [
    UNetConfig(2, 6, 3, (32, 32), 2, (16, 32, 64), (1, 2, 1), (2,), classes=5, augmentations=6, refine=8),
    UNetConfig(2, 1, 1, (8, 8), 1, (16, 32), (2, 1), (1,)),
    UNetConfig(3, 3, 3, (4, 8, 8), 2, (16, 32), (1, 2), (1,)),
    UNetConfig(1, 2, 2, (64,), 4, (16, 32), (1, 2)),
]


def inputs(config: UNetConfig) -> list[torch.Tensor | None]:
    labels = torch.eye(config.classes)[:2] if config.classes else None
    changes = torch.zeros(2, config.augmentations) if config.augmentations else None
    return [torch.randn(2, config.channels, *config.size), torch.zeros(2), labels, changes]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.dims}d-{config.channels}")
def test_cost_agrees_with_torch(config: UNetConfig) -> None:
    network = UNet(config)
    with FlopCounterMode(display=False) as counter:
        output = network(*inputs(config))
    weights, gflop = cost(config)
    assert output.shape == (2, config.outputs, *config.size)
    assert weights == sum(weight.numel() for weight in network.parameters())
    assert gflop == pytest.approx(counter.get_total_flops() / 2e9, rel=0.03)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.dims}d-{config.channels}")
def test_folding_is_exact(config: UNetConfig) -> None:
    network = UNet(config)
    x = torch.randn(2, config.channels, *config.size)
    assert torch.equal(network.unfold(network.fold(x)), x)


def test_every_weight_learns() -> None:
    torch.manual_seed(0)
    network = UNet(CONFIGS[0])
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(6):  # zero-initialised branches let their insides learn only after a step or two
        optimiser.zero_grad()
        x, noise, labels, changes = inputs(CONFIGS[0])
        (network(x, noise, labels, torch.ones_like(changes)) - x[:, :3]).square().mean().backward()
        optimiser.step()
    dead = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert dead == []


@pytest.mark.parametrize("name", presets.SIZES)
@pytest.mark.parametrize("size", [8, 12, 16, 20, 28, 32, 33, 64, 100, 128, 256, 512])
def test_every_size_has_a_network(name: str, size: int) -> None:
    config = presets.network(Shape(size, 3, 2, 100), name)
    assert all(extent % config.multiple == 0 and extent >= size for extent in config.size)
    assert len(config.widths) == len(config.blocks)
    assert max(config.attention, default=0) < len(config.widths)


def gaussian_data(count: int, size: int) -> torch.Tensor:
    """Smooth Gaussian pictures with a mean that is not zero."""
    torch.manual_seed(0)
    coarse = torch.randn(count, 1, 4, 4)
    return 0.2 + 0.3 * torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")


def test_gaussian_denoiser_is_the_posterior_mean() -> None:
    x = gaussian_data(4000, 8)
    denoiser = GaussianDenoiser(1, 8, 768)
    denoiser.fit(x, mirror=False)
    flat = x.flatten(1)
    mean, covariance = flat.mean(0), torch.cov(flat.T, correction=0)
    noisy, sigma = flat[:5] + 0.3 * torch.randn(5, 64), 0.3
    exact = mean + (noisy - mean) @ torch.linalg.solve(covariance + sigma**2 * torch.eye(64), covariance)
    found = denoiser(noisy.reshape(5, 1, 8, 8), torch.full((5,), sigma)).flatten(1)
    assert (found - exact).abs().max() < 0.02  # a few shifted copies steady the covariance
    assert (found - exact).square().mean() < 0.02 * (noisy - exact).square().mean()


def test_gaussian_denoiser_knows_its_own_error() -> None:
    x = gaussian_data(4000, 8)
    denoiser = GaussianDenoiser(1, 8, 768)
    denoiser.fit(x, mirror=False)
    for sigma in (0.05, 0.5, 5.0):
        left = (denoiser(x + sigma * torch.randn_like(x), torch.full((len(x),), sigma)) - x).square().mean()
        assert float(left) == pytest.approx(float(denoiser.variance(torch.tensor([sigma]))), rel=0.15)


@pytest.mark.parametrize("size", [16, 32, 33, 40, 64, 96])
def test_gaussian_denoiser_at_the_ends(size: int) -> None:
    """Without noise the picture stays; under endless noise only the mean is left."""
    x = gaussian_data(50, size)
    denoiser = GaussianDenoiser(1, size, 64)
    denoiser.fit(x, mirror=True)
    assert size % pool_of(size) == 0
    assert (denoiser(x, torch.full((50,), FLOOR)) - x).abs().max() < 0.01
    assert (denoiser(x, torch.full((50,), 1e4)) - denoiser.mean).abs().max() < 0.01


def test_augmentation_tells_what_it_did() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(200, 3, 12, 12)
    same, told = augment(pictures, 0.0, mirror=False)
    assert torch.equal(same, pictures)
    assert told.shape == (200, LABELS)
    assert not told.any()
    changed, told = augment(pictures, 0.3, mirror=False)
    untouched = ~told.any(dim=1)
    assert 0 < untouched.sum() < 200
    assert torch.equal(changed[untouched], pictures[untouched])
    assert ((changed - pictures)[~untouched].abs().amax(dim=(1, 2, 3)) > 0).all()


def test_mirror_is_not_told() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(100, 1, 8, 8)
    mirrored, told = augment(pictures, 0.0, mirror=True)
    flipped = (mirrored == pictures.flip(-1)).all(dim=(1, 2, 3))
    assert 20 < flipped.sum() < 80
    assert not told.any()


def test_gaussian_denoiser_knows_the_classes() -> None:
    """Under endless noise what is left is the mean of the class that was told, or of all where none was."""
    x = gaussian_data(400, 8)
    labels = torch.nn.functional.one_hot(torch.arange(400) % 2, 2).float()
    x = x + labels[:, 1, None, None, None]
    denoiser = GaussianDenoiser(1, 8, 64, classes=2)
    denoiser.fit(x, labels, mirror=False)
    told = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    found = denoiser(torch.zeros(3, 1, 8, 8), torch.full((3,), 1e4), told)
    expected = torch.stack([x[0::2].mean(0), x[1::2].mean(0), x.mean(0)])
    assert (found - expected).abs().max() < 0.02
    alone = GaussianDenoiser(1, 8, 64)
    alone.fit(x, mirror=False)
    assert float(denoiser.variance(torch.tensor([1.0]))) < float(alone.variance(torch.tensor([1.0])))
