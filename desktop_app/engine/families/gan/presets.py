"""Sizes of the two networks, and what they cost; no torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop_app.engine.families import footprint
from desktop_app.engine.families.declaration import Estimate, Milestones, Shape, expectation
from desktop_app.engine.networks.gan_config import GANConfig, cost

if TYPE_CHECKING:
    from desktop_app.engine.families.gan import GANSettings

LATENT = 128
PENALTY_EVERY = 4
"""Penalties are taken at every so many steps, that much stronger (Karras et al. 2020, arXiv:1912.04958, appendix B)."""
EFFICIENCY = 0.45
"""Share of a bare convolution's speed that the whole training step reaches on a CPU."""
PASSES = 100.0
"""As the largest network is chosen that sees every picture this often."""
MILESTONES = Milestones(look=10, recognisable=60, good=300)
BASE_SIDE = 32
"""Side of the coarser grid on which the Gaussian is measured."""


@dataclass(frozen=True)
class Size:
    """Channels at the coarsest grid of 4 (half as many whenever the grid doubles), blocks of a level, finest grid."""

    widest: int
    blocks: int
    grid: int


# fmt: off
SIZES: dict[str, Size] = {
    "tiny":   Size(96,  1, 16),
    "small":  Size(128, 1, 16),
    "medium": Size(192, 1, 16),
    "large":  Size(256, 2, 32),
}
# fmt: on


@dataclass(frozen=True)
class Plan:
    """What a training uses, once everything that may be left to Gensmith has been decided."""

    network: GANConfig
    batch_size: int
    r1: float
    r2: float


def network(shape: Shape, name: str, latent: int = LATENT) -> GANConfig:
    """Both networks of that size for these pictures."""
    size = SIZES[name]
    patch = next(side for side in (1, 2, 4, 8, 16, 32) if shape.size / side <= size.grid)
    grid = -(-shape.size // patch)
    levels = max(1, (grid // 4).bit_length())
    multiple = patch * 2 ** (levels - 1)
    extent = -(-shape.size // multiple) * multiple
    widths = tuple(max(16, size.widest >> (levels - 1 - level)) for level in range(levels))
    return GANConfig(shape.channels, shape.size, extent, patch, widths, size.blocks, latent, shape.classes)


def rank(config: GANConfig) -> tuple[int, int]:
    """Directions of the Gaussian that are drawn, and how much coarser than the pictures it is."""
    pool = next(f for f in range(max(1, -(-config.size // BASE_SIDE)), config.size + 1) if config.size % f == 0)
    return min(config.latent, config.channels * (config.size // pool) ** 2), pool


def plan(shape: Shape, name: str, settings: GANSettings) -> Plan:
    """Decide what the settings leave open."""
    batch = settings.batch_size or min(32, max(1, shape.items))
    held = settings.loss == "wgan-gp" or settings.spectral_norm
    usual = 0.0 if held else gamma(shape.size)
    r1, r2 = (usual if value is None else value for value in (settings.r1, settings.r2))
    return Plan(network(shape, name, settings.latent), batch, r1, r2)


def gamma(size: int) -> float:
    """Weight of the penalties R1 and R2 for pictures of that side.

    With a hundredth of it the distance to kept-aside sprites rose again after six passes; with this it went on falling.
    """
    return 5.0 * (size / 32) ** 2


def estimate(shape: Shape, name: str, minutes: float, gflops: float) -> Estimate:
    """What a training of that size costs and brings, for a machine of ``gflops`` 10⁹ operations a second."""
    config = network(shape, name)
    (drawing, drawing_work), (judging, judging_work) = cost(config, *rank(config))
    # Discriminator's step: one picture drawn, two judged and gone back through, two penalties of about six passes each,
    # now and then; generator's step: one drawn and gone back through, two judged, one gone back through.
    work = (1 + 3) * drawing_work + (6 + 12 / PENALTY_EVERY + 3) * judging_work
    speed = EFFICIENCY * gflops / work
    passes = speed * minutes * 60 / max(1, shape.items)
    total, start = drawing + judging, footprint.linear(shape, rank(config)[0])
    memory = footprint.memory(total, start, stored(config), min(32, max(1, shape.items)), shape)
    expected, disk = expectation(passes, MILESTONES), footprint.disk(total, start, shape)
    return Estimate(name, total, work, speed, passes, memory, expected, drawing_work, disk)


def stored(config: GANConfig) -> footprint.Stored:
    """What a step keeps of an item, the penalties' second way back included; the factors are fitted to measured peaks."""
    folded = sum(4 * width * config.blocks * config.grid(level) ** 2 for level, width in enumerate(config.widths))
    return footprint.Stored(7.8 * folded, 8.4 * 4 * config.channels * config.size**2)
