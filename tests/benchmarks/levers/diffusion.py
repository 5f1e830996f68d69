"""The levers of the diffusion model."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from desktop_app.evaluation.features import RandomFeatures, Standardiser
from desktop_app.evaluation.measures import kid
from desktop_app.runtime.sampling import to_uint8
from tests.benchmarks.levers import lab
from tests.benchmarks.levers.common import LOSS
from tests.benchmarks.levers.lab import Trial, train
from tests.benchmarks.levers.rows import row

STEPS, LONG = 120, 250
DRAWN = 100


@lru_cache
def usual(*, told: bool = False, **settings: Any) -> Trial:
    """A model of all the digits."""
    return train("diffusion", lab.many(told=told), STEPS, **settings)


@lru_cache
def by_heart(**settings: Any) -> Trial:
    """A model that sees a dozen digits very often; dropout and augmentation, which would come by themselves, are off."""
    base: dict[str, Any] = {"dropout": 0.0, "augmentation": 0.0, "learning_rate": 4e-3}
    return train("diffusion", lab.few(12), LONG, looks=5, **base | settings)


@torch.no_grad()
def error(trial: Trial, sigma: float, *, told: bool = False) -> float:
    """Mean squared error of the clean picture at a noise level, on pictures kept aside; no class is told."""
    clean = lab.kept_aside(trial.data)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    labels = torch.zeros(len(clean), len(trial.data.classes)) if told else None
    found: Tensor = trial.learner.average(clean + sigma * noise, torch.full((len(clean),), sigma), labels)
    return float((found - clean).square().mean())


def drawn_with(trial: Trial, **settings: Any) -> Tensor:
    """Pictures (N, C, H, W) that the same model draws from the same noise in another way."""
    kept = trial.learner.settings
    trial.learner.settings = kept.model_copy(update=settings)
    try:
        return torch.from_numpy(trial.learner.draw(DRAWN, 1, len(trial.data.classes)))
    finally:
        trial.learner.settings = kept


# ---------------------------------------------------------------- learning


def _learned(path: str) -> tuple[float, float]:
    """Its own loss on pictures kept aside, before and after learning."""
    start = train("diffusion", lab.many(), 0, path=path)
    learned = train("diffusion", lab.many(), 7 * STEPS, path=path)
    return start.learner.held_out_loss(*start.data.validation()), learned.last


@row("diffusion", "optimiser", f"{LOSS} after {STEPS} steps", off="AdamW", on="Muon", better="lower", by=0.97)
def optimiser_of_diffusion() -> tuple[float, float]:
    return usual(optimiser="adamw").last, usual().last


@row("diffusion", "path", f"its own {LOSS}", off="EDM, before learning", on="after", better="lower", by=0.97)
def path_edm() -> tuple[float, float]:
    return _learned("edm")


@row("diffusion", "path", f"its own {LOSS}", off="flow matching, before learning", on="after", better="lower", by=0.97)
def path_flow() -> tuple[float, float]:
    return _learned("flow")


def _on_spotted(loss: str) -> float:
    return error(train("diffusion", lab.spotted(), STEPS, loss=loss), 0.5)


@row(
    "diffusion",
    "loss",
    "error on clean pictures kept aside; 15 % of the pixels to learn from are black or white by chance",
    off="squared",
    on="Huber",
    better="lower",
    by=0.99,
)
def loss_huber() -> tuple[float, float]:
    return _on_spotted("squared"), _on_spotted("huber")


@row(
    "diffusion",
    "loss",
    "error on clean pictures kept aside; 15 % of the pixels to learn from are black or white by chance",
    off="squared",
    on="absolute",
    better="lower",
    by=0.99,
)
def loss_absolute() -> tuple[float, float]:
    return _on_spotted("squared"), _on_spotted("absolute")


@row(
    "diffusion",
    "noise_mean",
    "error at little noise (0.1), beside that at much (2)",
    off="0.5",
    on="-2",
    better="lower",
    by=0.97,
)
def noise_mean() -> tuple[float, float]:
    # Of fewer steps the network has learned hardly anything yet, and the linear denoiser knows no lever.
    high, low = (train("diffusion", lab.many(), 4 * STEPS, noise_mean=mean) for mean in (0.5, -2.0))
    return error(high, 0.1) / error(high, 2.0), error(low, 0.1) / error(low, 2.0)


@row(
    "diffusion",
    "noise_spread",
    "error at very fine and very coarse noise (0.03, 8), beside that between (0.4)",
    off="0.5",
    on="2",
    better="lower",
    by=0.97,
)
def noise_spread() -> tuple[float, float]:
    def outer(spread: float) -> float:
        found = usual(noise_spread=spread)
        return (error(found, 0.03) * error(found, 8.0)) ** 0.5 / error(found, 0.4)

    return outer(0.5), outer(2.0)


# ---------------------------------------------------------------- not by heart


@row("diffusion", "augmentation", f"{LOSS}, 12 pictures learned by heart", off="0", on="0.3", better="lower", by=0.97)
def augmentation_diffusion() -> tuple[float, float]:
    return by_heart().last, by_heart(augmentation=0.3).last


@row("diffusion", "dropout", f"{LOSS}, 12 pictures learned by heart", off="0", on="0.3", better="lower", by=0.97)
def dropout_diffusion() -> tuple[float, float]:
    return by_heart().last, by_heart(dropout=0.3).last


@row("diffusion", "weight_decay", f"{LOSS}, 12 pictures learned by heart", off="0", on="1", better="lower", by=0.97)
def weight_decay_diffusion() -> tuple[float, float]:
    return by_heart().last, by_heart(weight_decay=1.0).last


# ---------------------------------------------------------------- classes and drawing


@lru_cache
def guided() -> Trial:
    """A model that is told the digit, has had the time to learn what that says, and remembers its younger self."""
    return train("diffusion", lab.many(told=True), 800, autoguidance=2.0)


def obeyed(trial: Trial, pictures: Tensor) -> float:
    """Share of pictures whose nearest real one is of the class that was asked for."""
    real, labels = trial.data.sample()
    assert labels is not None
    found = labels[torch.cdist(pictures.flatten(1), real.flatten(1)).argmin(dim=1)].argmax(dim=1)
    return float((found == torch.arange(len(pictures)) % len(trial.data.classes)).float().mean())


def within(trial: Trial, pictures: Tensor) -> float:
    """How much pictures of one class differ."""
    count = len(trial.data.classes)
    return sum(lab.spread(pictures[number::count]) for number in range(count)) / count


@row("diffusion", "label_dropout", "error when no class is told", off="0", on="0.2", better="lower", by=0.97)
def label_dropout() -> tuple[float, float]:
    def untold(share: float) -> float:
        return error(train("diffusion", lab.many(told=True), 300, label_dropout=share), 0.5, told=True)

    return untold(0.0), untold(0.2)


@row("diffusion", "guidance", "share of pictures of the class that was asked for", off="1", on="3", better="higher", by=1.02)
def guidance() -> tuple[float, float]:
    found = guided()
    return tuple(obeyed(found, drawn_with(found, guidance=w, autoguidance=1.0)) for w in (1.0, 3.0))  # type: ignore[return-value]


@row("diffusion", "guidance", "how much pictures of one class differ", off="1", on="3", better="lower", by=0.95)
def guidance_variety() -> tuple[float, float]:
    found = guided()
    return tuple(within(found, drawn_with(found, guidance=w, autoguidance=1.0)) for w in (1.0, 3.0))  # type: ignore[return-value]


def _distance(trial: Trial, **settings: Any) -> float:
    """Kernel distance of random features between drawings and the pictures."""
    real = to_uint8(trial.data.sample()[0].numpy())
    features = RandomFeatures(1)
    scale = Standardiser.fit(features(real))
    return kid(scale(features(real)), scale(features(to_uint8(drawn_with(trial, **settings).numpy()))))


def _away(weight: float) -> dict[str, float]:
    """Away from the younger self alone: boldness leads in the same direction."""
    return {"boldness": 1.0, "autoguidance": weight}


@row("diffusion", "autoguidance", "kernel distance to the pictures, boldness 1", off="1", on="1.5", better="lower", by=0.7)
def autoguidance() -> tuple[float, float]:
    return tuple(_distance(guided(), **_away(weight)) for weight in (1.0, 1.5))  # type: ignore[return-value]


@row("diffusion", "autoguidance", "how much pictures of one class differ, boldness 1", off="1", on="1.5", better="same", by=0.1)
def autoguidance_variety() -> tuple[float, float]:
    found = guided()
    return tuple(within(found, drawn_with(found, **_away(weight))) for weight in (1.0, 1.5))  # type: ignore[return-value]


@row("diffusion", "boldness", "contrast: standard deviation of the drawings", off="1", on="1.5", better="higher")
def boldness() -> tuple[float, float]:
    return tuple(float(drawn_with(usual(), boldness=bold).std()) for bold in (1.0, 1.5))  # type: ignore[return-value]


@row("diffusion", "boldness", "kernel distance to the pictures", off="1", on="left open", better="lower")
def boldness_left_open() -> tuple[float, float]:
    return _distance(usual(), boldness=1.0), _distance(usual(), boldness=usual().learner.measure_boldness())


def _off_the_mark(**settings: Any) -> float:
    """How far pictures lie from those drawn from the same noise in very many strokes."""
    exact = drawn_with(usual(), solver="heun", sampling_steps=100)
    return float((drawn_with(usual(), **settings) - exact).square().mean().sqrt())


@row(
    "diffusion",
    "sampling_steps",
    "difference from a picture of 100 strokes, same noise",
    off="6",
    on="18",
    better="lower",
    by=0.8,
)
def sampling_steps() -> tuple[float, float]:
    return _off_the_mark(sampling_steps=6), _off_the_mark(sampling_steps=18)


@row(
    "diffusion",
    "solver",
    "difference from a picture of 100 strokes, same noise; 18 strokes",
    off="DPM-Solver++",
    on="Heun",
    better="lower",
)
def solver() -> tuple[float, float]:
    return _off_the_mark(), _off_the_mark(solver="heun")
