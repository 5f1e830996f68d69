"""Sizes of the diffusion network, and what they cost; no torch here."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop_app.engine.families import footprint
from desktop_app.engine.families.declaration import Estimate, Shape, expectation
from desktop_app.engine.networks.config import CodecConfig, UNetConfig, codec_cost, cost, residual_blocks

if TYPE_CHECKING:
    from desktop_app.engine.families.diffusion import DiffusionSettings

AUGMENTATIONS = 6
"""Numbers by which a picture's augmentation is told to the network."""
REFINE = 12
RANK = 768
"""Directions of the linear denoiser (as `networks/gaussian.py`)."""
EFFICIENCY = 0.5
"""Share of a bare convolution's speed that the whole training step reaches on a CPU (measured: 0.45 to 0.6)."""
LATENT_FROM, SMALLEST_CODED = 256, 32
"""Side in pixels from which a codec comes first by itself, and from which on it may."""
CODEC_SHARE = 0.3
"""Share of a run in which the codec learns."""
LOOKED = 0.5
"""10⁹ operations of a network on one item, up to which all items kept aside are looked at on a processor."""
PASSES = 35.0
"""As the largest network is chosen that sees every picture this often: fewer passes are mush, more want more weights.

Of 1,000 icons a medium network knows after 35 passes, in 301 seconds, what a small one knows after 134, in 600."""


@dataclass(frozen=True)
class Size:
    """A row of the table: channels from fine to coarse, blocks, the finest grid it works on, pictures in a batch.

    What Muon takes for a step does not grow with the batch. Of the quick networks' steps it would be a fifth to a third with
    32 pictures: 64 are learned 1.2 to 1.4 times as fast. A large network's step is long enough as it is.
    """

    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    grid: int
    batch: int


# fmt: off
SIZES: dict[str, Size] = {
    "tiny":   Size((24,  48,  96),  (1, 1, 1), 16, 64),
    "small":  Size((32,  64, 128),  (1, 1, 1), 16, 64),
    "medium": Size((48,  96, 192),  (1, 2, 2), 16, 64),
    "large":  Size((96, 192, 256),  (2, 2, 2), 32, 32),
}
# fmt: on


@dataclass(frozen=True)
class Plan:
    """What a training uses, once everything that may be left to Gensmith has been decided."""

    network: UNetConfig
    batch_size: int
    augmentation: float


def network(shape: Shape, name: str, *, dropout: float = 0.0) -> UNetConfig:
    """The network of that size for these pictures; as many levels as the pictures can be halved."""
    size = SIZES[name]
    patch = next(side for side in (1, 2, 4, 8, 16, 32) if shape.size / side <= size.grid)
    grid = -(-shape.size // patch)
    levels = min(len(size.widths), max(1, grid.bit_length() - 1))
    multiple = patch * 2 ** (levels - 1)
    extent = -(-shape.size // multiple) * multiple
    widths = size.widths[-levels:] if grid <= 8 else size.widths[:levels]
    return UNetConfig(
        dims=2,
        channels=2 * shape.channels,
        outputs=shape.channels,
        size=(extent, extent),
        patch=patch,
        widths=widths,
        blocks=size.blocks[:levels],
        attention=tuple(level for level in range(levels) if extent // patch // 2**level <= 8),
        classes=shape.classes,
        augmentations=AUGMENTATIONS,
        dropout=dropout,
        refine=REFINE if patch > 1 else 0,
    )


def plan(shape: Shape, name: str, settings: DiffusionSettings, passes: float) -> Plan:
    """Decide what the settings leave open.

    Augmentation and dropout cost a short training more than they give; where items are seen more often they keep the
    network from learning them by heart (Karras et al. 2022, appendix F.2): on 875 icons a gap between the losses opens
    after some 60 passes without augmentation, and none does with a little.
    """
    batch = settings.batch_size or usual_batch(shape, name)
    automatic = 0.0 if passes < 60 else min(0.15, 0.05 * max(1.0, passes / 400))
    augmentation = automatic if settings.augmentation is None else settings.augmentation
    dropout = rising_dropout(passes) if settings.dropout is None else settings.dropout
    return Plan(network(shape, name, dropout=dropout), batch, augmentation)


def usual_batch(shape: Shape, name: str) -> int:
    """Pictures in a batch, where nobody chose."""
    return min(SIZES[name].batch, max(1, shape.items))


def rising_dropout(passes: float) -> float:
    """More dropout the more often each item is seen: none below 300 passes, 0.25 from 3,000 on."""
    return 0.0 if passes < 300 else min(0.25, 0.05 + 0.2 * math.log10(passes / 300))


def is_latent(shape: Shape, wanted: bool | None = None) -> bool:
    """Whether pictures of that shape are learned through a codec; its grid must divide their side."""
    divides = shape.size % CodecConfig(shape.channels).factor == 0 and shape.size >= SMALLEST_CODED
    return divides and (shape.size >= LATENT_FROM if wanted is None else wanted)


def codec(shape: Shape) -> CodecConfig:
    """The codec for pictures of that shape."""
    return CodecConfig(shape.channels)


def every(config: UNetConfig) -> int:
    """Of the items kept aside a processor looks at one in so many: at all of them a large network would look for minutes."""
    return max(1, min(8, round(cost(config)[1] / LOOKED)))


def estimate(shape: Shape, name: str, minutes: float, gflops: float) -> Estimate:
    """What a training of that size costs and brings, for a machine of ``gflops`` 10⁹ operations a second."""
    extra, coding, drawn = 0, 0.0, shape
    if is_latent(shape):
        config = codec(shape)
        extra, coding = codec_cost(config, shape.size)
        drawn = replace(shape, size=shape.size // config.factor, channels=config.latents)
    weights, forward = cost(network(drawn, name))
    # One forward and two backward passes; through a codec, its share of the run and then its forward half.
    work = 3 * forward if not extra else CODEC_SHARE * 3 * coding + (1 - CODEC_SHARE) * (3 * forward + coding / 2)
    speed = EFFICIENCY * gflops / work
    passes = speed * minutes * 60 / max(1, shape.items)
    total, start, kept = weights + extra, footprint.linear(drawn, RANK), stored(network(drawn, name), drawn)
    if extra:  # the codec's steps at full resolution need more than those in its latents
        kept = footprint.Stored(kept.folded, 8 * 60 * shape.channels * shape.size**2)
    memory = footprint.memory(total, start, kept, usual_batch(shape, name), drawn)
    disk = footprint.disk(total, start, shape)
    return Estimate(name, total, work, speed, passes, memory, expectation(passes), forward, disk)


def stored(config: UNetConfig, shape: Shape) -> footprint.Stored:
    """What a step keeps of an item; the factors are fitted to measured peaks."""
    places = [math.prod(extent // 2**level for extent in config.grid) for level in range(len(config.widths))]
    folded = footprint.residual((a, b, places[level]) for level, a, b in residual_blocks(config))
    folded += sum(8 * config.widths[level] * places[level] for level in config.attention)
    full = math.prod(config.size) * 4 * (config.refine + config.channels + shape.channels)
    return footprint.Stored(1.2 * folded, 1.8 * full)
