"""The levers that every family has, mostly on the autoencoder, which learns quickest."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from desktop_app.engine.batches import Dataset
from desktop_app.engine.symmetry import mirror_is_safe
from tests.benchmarks.levers import lab
from tests.benchmarks.levers.lab import Trial, train
from tests.benchmarks.levers.rows import row

LOSS = "loss on pictures kept aside"
STEPS, LONG = 100, 300


@lru_cache
def usual(**settings: Any) -> Trial:
    """An autoencoder on all the digits; order is asked for at once, as the loss on pictures kept aside does."""
    return train("vae", lab.many(), STEPS, **{"beta_warm_up": 0, "latent": 16} | settings)


@lru_cache
def by_heart(**settings: Any) -> Trial:
    """An autoencoder that sees 50 digits very often."""
    return train("vae", lab.few(), LONG, looks=3, **{"learning_rate": 5e-3, "beta_warm_up": 0, "latent": 16} | settings)


@row("vae", "learning_rate", f"{LOSS} after {STEPS} steps", off="0.0001", on="0.001", better="lower", by=0.97)
def learning_rate() -> tuple[float, float]:
    return usual(learning_rate=1e-4).last, usual().last


def jumps(trial: Trial) -> float:
    """The highest loss in the training, beside that of the first step."""
    losses = trial.series("loss")
    return float(losses.max() / losses[0])


@row("vae", "learning_rate", f"{LOSS} after {STEPS} steps", off="0.001", on="0.1", better="higher", by=1.05)
def learning_rate_too_high() -> tuple[float, float]:
    return usual().last, usual(learning_rate=0.1).last


@row(
    "vae",
    "batch_size",
    "how much the loss differs from step to step, as a share of it",
    off="4",
    on="64",
    better="lower",
    by=0.6,
)
def batch_size() -> tuple[float, float]:
    def unrest(size: int) -> float:
        losses = usual(batch_size=size).series("loss")[STEPS // 2 :]
        return float(np.abs(np.diff(losses)).mean() / losses.mean())

    return unrest(4), unrest(64)


@row("vae", "optimiser", f"{LOSS} after {STEPS} steps", off="SGD", on="AdamW, at the same rate", better="lower", by=0.97)
def optimiser_adamw() -> tuple[float, float]:
    return usual(optimiser="sgd").last, usual().last


@row("vae", "optimiser", f"{LOSS} after {STEPS} steps", off="SGD at 0.001", on="SGD at 0.1", better="lower", by=0.97)
def optimiser_sgd() -> tuple[float, float]:
    return usual(optimiser="sgd").last, usual(optimiser="sgd", learning_rate=0.1).last


@row("vae", "optimiser", f"{LOSS} after {STEPS} steps", off="AdamW", on="Muon", better="lower")
def optimiser_muon() -> tuple[float, float]:
    return usual().last, usual(optimiser="muon").last


@row("vae", "optimiser", f"{LOSS} after {STEPS} steps", off="AdamW", on="Adam", better="same", by=0.02)
def optimiser_adam() -> tuple[float, float]:
    return usual().last, usual(optimiser="adam").last


@row("vae", "optimiser", f"{LOSS} after {STEPS} steps", off="AdamW", on="RAdam", better="same", by=0.1)
def optimiser_radam() -> tuple[float, float]:
    return usual().last, usual(optimiser="radam").last


@lru_cache
def restless(**settings: Any) -> float:
    """The loss on pictures kept aside after learning from two pictures at a time, which throws the weights about."""
    small: dict[str, Any] = {"batch_size": 2, "latent": 16, "beta_warm_up": 0}
    return train("vae", lab.many(), 150, **small | settings).last


def _scheduled(schedule: str) -> float:
    return restless(schedule=schedule, average=0.0)


@row(
    "vae",
    "schedule",
    f"{LOSS}, two pictures at a time, no averaging",
    off="constant",
    on="late, in a line",
    better="lower",
    by=0.99,
)
def schedule_linear() -> tuple[float, float]:
    return _scheduled("constant"), _scheduled("linear")


@row(
    "vae",
    "schedule",
    f"{LOSS}, two pictures at a time, no averaging",
    off="constant",
    on="gently, all along",
    better="lower",
    by=0.99,
)
def schedule_cosine() -> tuple[float, float]:
    return _scheduled("constant"), _scheduled("cosine")


@row("vae", "warm_up", "highest loss, beside the first, at a rate of 0.01", off="0", on="100", better="lower", by=0.9)
def warm_up() -> tuple[float, float]:
    return jumps(usual(learning_rate=1e-2, warm_up=0)), jumps(usual(learning_rate=1e-2, warm_up=100))


def _either_way() -> tuple[np.ndarray, np.ndarray]:
    """The digits, half of them mirrored, so that the mirror image is as good."""
    items, _ = lab.digits()
    flip = np.random.default_rng(1).random(len(items)) < 0.5
    return np.where(flip[:, None, None, None], items[:, :, ::-1], items), flip


@row("vae", "mirror", f"{LOSS}; 50 digits, half of all mirrored", off="no", on="yes", better="lower", by=0.97)
def mirror() -> tuple[float, float]:
    items, _ = _either_way()
    data = lab.dataset(items[:300], None, np.arange(300) >= 50)
    return train("vae", data, STEPS, mirror=False).last, train("vae", data, STEPS, mirror=True).last


@row("vae", "mirror", "left open: is it used?", off="0 for digits", on="1 for mirrored ones", better="higher")
def mirror_left_open() -> tuple[float, float]:
    items, _ = _either_way()
    mixed = lab.dataset(items, None, np.arange(len(items)) >= 1500)
    return float(mirror_is_safe(lab.many().sample()[0])), float(mirror_is_safe(mixed.sample()[0]))


def _weights(trial: Trial) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in trial.learner.network.parameters() if weight.ndim > 1])


@row("vae", "weight_decay", f"{LOSS}, 50 pictures learned by heart", off="0", on="1", better="lower", by=1.0)
def weight_decay() -> tuple[float, float]:
    return by_heart().last, by_heart(weight_decay=1.0).last


@row("vae", "weight_decay", "size of the weights (root mean square)", off="0", on="1", better="lower", by=0.9)
def weight_decay_size() -> tuple[float, float]:
    return tuple(float(_weights(one).square().mean().sqrt()) for one in (by_heart(), by_heart(weight_decay=1.0)))  # type: ignore[return-value]


@row("vae", "l1", f"{LOSS}, 50 pictures learned by heart", off="0", on="0.1", better="lower", by=0.97)
def l1() -> tuple[float, float]:
    return by_heart().last, by_heart(l1=0.1).last


@row("vae", "l1", "share of the weights that are exactly zero", off="0", on="0.1", better="higher", by=2.0)
def l1_zeros() -> tuple[float, float]:
    off, on = (float((_weights(one) == 0).float().mean()) for one in (by_heart(), by_heart(l1=0.1)))
    return off, on


@dataclasses.dataclass
class Surprising(Dataset):
    """Digits, and noise in their place at one step."""

    at: int = 30

    def batch(self, step: int, size: int, seed: int) -> tuple[Tensor, Tensor | None]:
        pictures, labels = super().batch(step, size, seed)
        return (20 * torch.randn_like(pictures) if step == self.at else pictures), labels


@row("vae", "clip", f"{LOSS} four steps after a batch of noise, SGD", off="no limit", on="1", better="lower", by=0.9)
def clip() -> tuple[float, float]:
    data = Surprising(**{field.name: getattr(lab.many(), field.name) for field in dataclasses.fields(Dataset)})

    def after(limit: float) -> float:
        settings: dict[str, Any] = {"optimiser": "sgd", "learning_rate": 0.1, "average": 0.0, "schedule": "constant"}
        return train("vae", data, data.at + 5, clip=limit, latent=16, beta_warm_up=0, **settings).last

    return after(0.0), after(1.0)


@row("vae", "average", f"{LOSS}, two pictures at a time, constant rate", off="0", on="16.97", better="lower", by=0.995)
def average() -> tuple[float, float]:
    return restless(schedule="constant", average=0.0), restless(schedule="constant")


@row("vae", "precision", f"{LOSS} after 30 steps", off="32 bits", on="bfloat16", better="same", by=0.02)
def precision() -> tuple[float, float]:
    return tuple(train("vae", lab.many(), 30, precision=kind).last for kind in ("float32", "bfloat16"))  # type: ignore[return-value]


@row("vae", "micro_batch", "VAE: " + LOSS + " after 20 steps", off="whole", on="parts of 5", better="same", by=1e-3)
def micro_batch_vae() -> tuple[float, float]:
    return in_parts("vae")


@row("diffusion", "micro_batch", "diffusion: " + LOSS + " after 20 steps", off="whole", on="parts of 5", better="same", by=1e-4)
def micro_batch_diffusion() -> tuple[float, float]:
    return in_parts("diffusion")


@row(
    "gan",
    "micro_batch",
    "GAN: distance to pictures kept aside after 20 steps",
    off="whole",
    on="parts of 5",
    better="same",
    by=1e-3,
)
def micro_batch_gan() -> tuple[float, float]:
    return in_parts("gan")


def in_parts(family: str) -> tuple[float, float]:
    """The last figure of 20 steps with whole batches, and with parts."""
    return train(family, lab.many(), 20).last, train(family, lab.many(), 20, micro_batch=5).last
