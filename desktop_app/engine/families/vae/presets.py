"""Sizes of the autoencoder, and what they cost; no torch here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop_app.engine.families import footprint
from desktop_app.engine.families.declaration import Estimate, Milestones, Shape, expectation
from desktop_app.engine.networks.autoencoder_config import AutoencoderConfig, cost

if TYPE_CHECKING:
    from desktop_app.engine.families.vae import VAESettings

AUGMENTATIONS = 6
"""Numbers by which a picture's augmentation is told to the networks."""
EFFICIENCY = 0.45
"""Share of a bare convolution's speed that the whole training step reaches on a CPU."""
PASSES = 150.0
"""As the largest network is chosen that sees every picture this often."""
MILESTONES = Milestones(look=5, recognisable=40, good=300)
COARSE_SIDE = 32
"""The linear part works on at most this many pixels a side (as `networks/gaussian.py`)."""


@dataclass(frozen=True)
class Size:
    """Channels from fine to coarse, blocks, and the most numbers behind a picture that are chosen for it."""

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    latent: int


# fmt: off
SIZES: dict[str, Size] = {
    "tiny":   Size((24,  48,  96), (1, 1, 1),  64),
    "small":  Size((32,  64, 128), (1, 1, 1),  96),
    "medium": Size((48,  96, 192), (1, 2, 2), 128),
    "large":  Size((96, 192, 256), (2, 2, 2), 192),
}
# fmt: on
GRID = 16
REFINE = 12


@dataclass(frozen=True)
class Plan:
    """What a training uses, once everything that may be left to Gensmith has been decided."""

    network: AutoencoderConfig
    batch_size: int


def small(shape: Shape) -> Shape:
    """As both networks see it: where pictures consist of squares of one colour, one value of each."""
    return replace(shape, size=shape.size // shape.repeat, repeat=1)


def network(shape: Shape, name: str, latent: int = 0, *, dropout: float = 0.0) -> AutoencoderConfig:
    """Both networks of that size for these pictures; no more numbers than a picture has values on the coarse grid."""
    size, side = SIZES[name], small(shape).size
    patch = next(fold for fold in (1, 2, 4, 8, 16, 32) if side / fold <= GRID)
    levels = min(len(size.widths), max(1, (-(-side // patch)).bit_length() - 1))
    pool = next(f for f in range(max(1, -(-side // COARSE_SIDE)), side + 1) if side % f == 0)
    most = shape.channels * (side // pool) ** 2
    return AutoencoderConfig(
        channels=shape.channels,
        side=side,
        patch=patch,
        widths=size.widths[:levels],
        blocks=size.blocks[:levels],
        latent=min(latent or size.latent, most),
        classes=shape.classes,
        augmentations=AUGMENTATIONS,
        dropout=dropout,
        refine=REFINE if patch > 1 else 0,
        repeat=shape.repeat,
    )


def plan(shape: Shape, name: str, settings: VAESettings, telling: int) -> Plan:
    """Decide what the settings leave open; ``telling`` is how many numbers these pictures are worth."""
    batch = settings.batch_size or min(64, max(1, shape.items))
    latent = settings.latent or min(telling, SIZES[name].latent)
    return Plan(network(shape, name, latent, dropout=settings.dropout), batch)


def components(items: int, wanted: int, most: int = 10) -> int:
    """Clusters of a mixture fitted to so many items: one for every hundred, if it is left open."""
    return wanted or max(1, min(most, items // 100))


def estimate(shape: Shape, name: str, minutes: float, gflops: float) -> Estimate:
    """What a training of that size costs and brings, for a machine of ``gflops`` 10⁹ operations a second."""
    config = network(shape, name)
    weights, forward = cost(config)
    work = 3 * forward  # one forward and two backward passes
    speed = EFFICIENCY * gflops / work
    passes = speed * minutes * 60 / max(1, shape.items)
    start = footprint.linear(small(shape), config.latent)
    memory = footprint.memory(weights, start, stored(config), min(64, max(1, shape.items)), small(shape))
    memory += footprint.sample(shape) - footprint.sample(small(shape))
    expected, disk = expectation(passes, MILESTONES), footprint.disk(weights, start, shape)
    return Estimate(name, weights, work, speed, passes, memory, expected, forward / 2, disk)


def stored(config: AutoencoderConfig) -> footprint.Stored:
    """What a step keeps of an item; the factors are fitted to measured peaks."""
    ways = [(up, level) for up in (False, True) for level in range(len(config.grids))]
    blocks = ((a, b, config.grids[level] ** 2) for up, level in ways for a, b in config.levels(level, up=up))
    full = (config.grids[0] * config.patch) ** 2 * (4 * config.refine + 6 * config.channels * config.repeat**2)
    return footprint.Stored(1.33 * footprint.residual(blocks), 1.8 * full)
