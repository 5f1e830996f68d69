"""The levers of the GAN: games, a calm judge, few pictures, variety."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from desktop_app.engine.families.gan import differentiable
from desktop_app.engine.families.gan.losses import even_slope, slope
from tests.benchmarks.levers import lab
from tests.benchmarks.levers.lab import Trial, train
from tests.benchmarks.levers.rows import row

STEPS, LONG = 120, 1000
DISTANCE = "distance of drawn pictures from those kept aside"
BARE: dict[str, Any] = {"r1": 0.0, "r2": 0.0, "augmentation": 0.0}
"""Nothing calms the judge."""
HASTY: dict[str, Any] = BARE | {"learning_rate": 0.015, "warm_up": 0, "clip": 0.0, "average": 0.0, "schedule": "constant"}
"""Thirty times too fast, and nothing tames it."""


@lru_cache
def usual(**settings: Any) -> Trial:
    """A GAN of all the digits."""
    return train("gan", lab.many(), STEPS, looks=10, **settings)


@lru_cache
def by_heart(**settings: Any) -> Trial:
    """A GAN that sees 50 digits very often."""
    return train("gan", lab.few(), LONG, looks=8, **settings)


def late(trial: Trial) -> float:
    """The distance, the mean of the last three looks."""
    return sum(trial.held_out[-3:]) / 3


def untrained() -> float:
    """The distance before learning: that of the Gaussian of the pictures."""
    trial = train("gan", lab.many(), 0)
    return float(trial.learner.held_out_loss(*trial.data.validation()))


# ---------------------------------------------------------------- the game


@row("gan", "loss", DISTANCE, off="before learning", on="relativistic", better="lower", by=0.8)
def game_relativistic() -> tuple[float, float]:
    return untrained(), late(usual())


@row("gan", "loss", DISTANCE, off="hinge", on="relativistic", better="lower", by=0.8)
def game_hinge() -> tuple[float, float]:
    return late(usual(loss="hinge")), late(usual())


@row("gan", "loss", DISTANCE, off="non-saturating", on="relativistic", better="lower", by=0.8)
def game_non_saturating() -> tuple[float, float]:
    return late(usual(loss="non-saturating")), late(usual())


@row("gan", "loss", DISTANCE, off="before learning", on="Wasserstein", better="lower", by=0.9)
def game_wasserstein() -> tuple[float, float]:
    return untrained(), late(usual(loss="wgan-gp"))


def lead(trial: Trial) -> float:
    """How much higher the judge thinks of real pictures than of drawn ones, late in the training."""
    return float((trial.series("real_score") - trial.series("fake_score"))[-STEPS // 3 :].mean())


@row("gan", "discriminator_rate", "lead of the judge: real above drawn", off="1", on="0.25", better="lower", by=0.9)
def discriminator_rate() -> tuple[float, float]:
    return lead(usual(**BARE)), lead(usual(**BARE, discriminator_rate=0.25))


@row("gan", "latent", "how much drawn pictures differ, beside real ones", off="2", on="128", better="higher", by=1.1)
def latent_gan() -> tuple[float, float]:
    return lab.variety(usual(latent=2)), lab.variety(usual())


# ---------------------------------------------------------------- a calm judge


def _judge(trial: Trial) -> Any:
    return lambda pictures: trial.learner.discriminator(pictures, None)


def steepness(trial: Trial, pictures: Tensor) -> float:
    """Root mean square slope of the judgement around pictures."""
    return float(slope(_judge(trial), pictures).mean().sqrt().detach())


@row("gan", "r1", "slope of the judge around real pictures", off="0", on="5", better="lower", by=0.7)
def r1() -> tuple[float, float]:
    off, on = usual(**BARE), usual(**BARE | {"r1": 5.0})
    return steepness(off, lab.kept_aside(off.data)), steepness(on, lab.kept_aside(on.data))


@row("gan", "r2", "slope of the judge around drawn pictures", off="0", on="5", better="lower", by=0.7)
def r2() -> tuple[float, float]:
    off, on = usual(**BARE), usual(**BARE | {"r2": 5.0})
    return steepness(off, off.drawn()), steepness(on, on.drawn())


@row(
    "gan",
    "gradient_penalty",
    "how far the judge's slope is from one, squared; Wasserstein",
    off="0",
    on="10",
    better="lower",
    by=0.5,
)
def gradient_penalty() -> tuple[float, float]:
    def uneven(penalty: float) -> float:
        trial = usual(loss="wgan-gp", gradient_penalty=penalty)
        real = lab.kept_aside(trial.data)
        mix = torch.linspace(0, 1, len(real))[:, None, None, None]
        return float(even_slope(_judge(trial), real, trial.drawn(len(real)), mix).detach())

    return uneven(0.0), uneven(10.0)


@row("gan", "spectral_norm", "slope of the judge around real pictures; hinge", off="no", on="yes", better="lower", by=0.7)
def spectral_norm() -> tuple[float, float]:
    off, on = (usual(loss="hinge", **BARE, spectral_norm=bound) for bound in (False, True))
    return steepness(off, lab.kept_aside(off.data)), steepness(on, lab.kept_aside(on.data))


@row("gan", "clip", f"{DISTANCE}, thirty times too fast", off="no limit", on="1", better="lower", by=0.95)
def clip_gan() -> tuple[float, float]:
    return late(usual(**HASTY)), late(usual(**HASTY | {"clip": 1.0}))


# ---------------------------------------------------------------- few pictures


@row("gan", "augmentation", f"{DISTANCE}, 50 pictures", off="0", on="adapts", better="lower", by=0.95)
def augmentation_few() -> tuple[float, float]:
    return late(by_heart(**BARE)), late(by_heart(**BARE | {"augmentation": None}))


@row("gan", "r2", f"{DISTANCE}, 50 pictures", off="R1 and R2 at 0", on="both by themselves", better="lower", by=0.95)
def calming_few() -> tuple[float, float]:
    return late(by_heart(**BARE)), late(by_heart(**BARE | {"r1": None, "r2": None}))


@row("gan", "augmentation", "last distance beside the best, 50 pictures", off="0", on="adapts", better="lower", by=0.7)
def augmentation_lasts() -> tuple[float, float]:
    return by_heart(**BARE).rise, by_heart(**BARE | {"augmentation": None}).rise


def seen(**kinds: bool) -> tuple[Tensor, Tensor]:
    """Real pictures, and what the judge sees of them when only these kinds of change are on."""
    real = lab.kept_aside(lab.many())
    torch.manual_seed(0)
    off = {"colour": False, "place": False, "cutout": False}
    changes = differentiable.draw(len(real), lab.SIDE, torch.tensor(0.8), **off | kinds)
    return real, differentiable.apply(real, changes)


def brightness(pictures: Tensor) -> float:
    return float(pictures.mean(dim=(1, 2, 3)).std())


@row(
    "gan",
    "augment_colour",
    "how much the brightness of what the judge sees differs",
    off="no",
    on="yes",
    better="higher",
    by=1.5,
)
def augment_colour() -> tuple[float, float]:
    real, changed = seen(colour=True)
    return brightness(real), brightness(changed)


@row("gan", "augment_place", "share of pictures seen at another place", off="no", on="yes", better="higher", by=2.0)
def augment_place() -> tuple[float, float]:
    real, changed = seen(place=True)
    return _touched(real, seen()[1]), _touched(real, changed)


@row("gan", "augment_cutout", "share of pictures seen with a hole", off="no", on="yes", better="higher", by=2.0)
def augment_cutout() -> tuple[float, float]:
    real, changed = seen(cutout=True)
    return _touched(real, seen()[1]), _touched(real, changed)


def _touched(real: Tensor, changed: Tensor) -> float:
    return float(((real - changed).abs() > 0.01).flatten(1).any(dim=1).float().mean())


# ---------------------------------------------------------------- variety

COLLAPSING: dict[str, Any] = BARE | {"loss": "non-saturating", "learning_rate": 2e-3, "warm_up": 0, "discriminator_rate": 0.05}
"""A quick painter before a slow judge: it draws what pleases the judge at the moment."""


@row(
    "gan",
    "diversity",
    "how much drawn pictures differ, beside real ones; a game that collapses",
    off="0",
    on="1",
    better="higher",
    by=1.2,
)
def mode_seeking() -> tuple[float, float]:
    return lab.variety(usual(**COLLAPSING)), lab.variety(usual(**COLLAPSING, diversity=1.0))


@row("gan", "diversity", f"{DISTANCE}; a game that collapses", off="0", on="1", better="lower", by=0.9)
def mode_seeking_distance() -> tuple[float, float]:
    return late(usual(**COLLAPSING)), late(usual(**COLLAPSING, diversity=1.0))
