"""The levers of the autoencoder."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from desktop_app.engine.networks.autoencoder import divergence
from tests.benchmarks.levers import lab
from tests.benchmarks.levers.common import LOSS, by_heart, usual
from tests.benchmarks.levers.lab import Trial, train
from tests.benchmarks.levers.rows import row

ROOMY: dict[str, Any] = {"latent": 64, "beta": 1.0}
"""Numbers enough for detail, and order that counts: where both kinds show what they are for."""
USED = 0.02
"""Knowledge in nat from which on a number is used."""


@torch.no_grad()
def codes(trial: Trial) -> tuple[Tensor, Tensor]:
    """Means and logarithms of the variances (N, L) of pictures kept aside."""
    found: tuple[Tensor, Tensor] = trial.learner.average.encode(lab.kept_aside(trial.data), None)
    return found


@torch.no_grad()
def decoded(trial: Trial, z: Tensor) -> Tensor:
    """Pictures of numbers as they are drawn: what lies beyond black and white is cut."""
    found: Tensor = trial.learner.average.decode(z, None)
    return found.clamp(-1, 1)


@torch.no_grad()
def error(trial: Trial) -> float:
    """Mean squared error of pictures kept aside, put into numbers and back."""
    back = decoded(trial, codes(trial)[0])
    return float((back - lab.kept_aside(trial.data)).square().mean())


def knowledge(trial: Trial) -> Tensor:
    """What each number says of a picture on average, in nat: (L,)."""
    return divergence(*codes(trial)).mean(dim=0)


@row("vae", "kind", "error of pictures put into numbers and back", off="variational", on="regularised", better="lower", by=0.97)
def kind() -> tuple[float, float]:
    return error(usual(**ROOMY)), error(usual(**ROOMY, kind="regularised"))


@torch.no_grad()
def between(trial: Trial) -> float:
    """Distance from halfway between two pictures, in numbers, to the nearest real picture."""
    mean, real = codes(trial)[0], trial.data.sample()[0]
    middle = decoded(trial, (mean[::2][:100] + mean[1::2][:100]) / 2)
    return float(torch.cdist(middle.flatten(1), real.flatten(1)).amin(dim=1).median())


@row(
    "vae",
    "kind",
    "distance from halfway between two pictures to a real one",
    off="regularised",
    on="variational",
    better="lower",
)
def kind_passages() -> tuple[float, float]:
    return between(usual(**ROOMY, kind="regularised")), between(usual(**ROOMY))


@row("vae", "latent", "error of pictures put into numbers and back", off="4", on="16", better="lower", by=0.8)
def latent() -> tuple[float, float]:
    return error(usual(latent=4)), error(usual())


@lru_cache
def on_spotted(reconstruction: str) -> float:
    """Error on clean pictures when some pixels of those to learn from are black or white by chance."""
    return error(train("vae", lab.spotted(), 200, latent=16, reconstruction=reconstruction))


@row(
    "vae",
    "reconstruction",
    "error on clean pictures; 15 % of the pixels to learn from are black or white by chance",
    off="squared",
    on="Huber",
    better="lower",
    by=0.99,
)
def reconstruction_huber() -> tuple[float, float]:
    return on_spotted("squared"), on_spotted("huber")


@row(
    "vae",
    "reconstruction",
    "error on clean pictures; 15 % of the pixels to learn from are black or white by chance",
    off="squared",
    on="absolute",
    better="lower",
    by=0.99,
)
def reconstruction_absolute() -> tuple[float, float]:
    return on_spotted("squared"), on_spotted("absolute")


@row("vae", "beta", "knowledge in the numbers, in nat", off="0.1", on="4", better="lower", by=0.8)
def beta_order() -> tuple[float, float]:
    return tuple(float(knowledge(usual(beta=beta)).sum()) for beta in (0.1, 4.0))  # type: ignore[return-value]


@row("vae", "beta", "error of pictures put into numbers and back", off="4", on="0.1", better="lower", by=0.9)
def beta_detail() -> tuple[float, float]:
    return tuple(error(usual(beta=beta)) for beta in (4.0, 0.1))  # type: ignore[return-value]


def used(trial: Trial) -> float:
    """How many numbers are used."""
    return float((knowledge(trial) > USED).sum())


@row("vae", "beta_warm_up", "error of pictures put into numbers and back, β 3", off="0", on="100", better="lower", by=0.97)
def beta_warm_up() -> tuple[float, float]:
    return tuple(error(usual(beta=3.0, beta_warm_up=steps)) for steps in (0, 100))  # type: ignore[return-value]


@row("vae", "free_bits", "numbers of 64 that are used, β 5", off="0", on="0.1", better="higher", by=1.2)
def free_bits() -> tuple[float, float]:
    return tuple(used(usual(latent=64, beta=5.0, free_bits=bits)) for bits in (0.0, 0.1))  # type: ignore[return-value]


@row("vae", "augmentation", f"{LOSS}, 50 pictures learned by heart", off="0", on="0.3", better="lower", by=0.97)
def augmentation_vae() -> tuple[float, float]:
    return by_heart().last, by_heart(augmentation=0.3).last


@row("vae", "dropout", f"{LOSS}, 50 pictures learned by heart", off="0", on="0.3", better="lower", by=0.97)
def dropout_vae() -> tuple[float, float]:
    return by_heart().last, by_heart(dropout=0.3).last


def redrawn(trial: Trial, **settings: Any) -> Trial:
    """The same network, drawing from another density."""
    trial.learner.settings = trial.learner.settings.model_copy(update=settings)
    return trial


DRAWING = {"prior": "mixture", "components": 0, "variety": 1.0}


def from_where(*priors: str) -> tuple[float, float]:
    """Distance of what is drawn from each of two densities of the latents."""
    return tuple(redrawn(usual(), **DRAWING | {"prior": prior}).distance() for prior in priors)  # type: ignore[return-value]


@row(
    "vae", "prior", "distance of drawn pictures from those kept aside", off="bell curve", on="clusters", better="lower", by=0.9
)
def prior_mixture() -> tuple[float, float]:
    return from_where("normal", "mixture")


@row(
    "vae", "prior", "distance of drawn pictures from those kept aside", off="clusters", on="neighbours", better="lower", by=0.9
)
def prior_neighbours() -> tuple[float, float]:
    return from_where("mixture", "neighbours")


@row("vae", "components", "distance of drawn pictures from those kept aside", off="1", on="10", better="lower", by=0.97)
def components() -> tuple[float, float]:
    return tuple(redrawn(usual(), **DRAWING | {"components": count}).distance() for count in (1, 10))  # type: ignore[return-value]


@row("vae", "variety", "how much drawn pictures differ, beside real ones", off="0.5", on="1.5", better="higher", by=1.2)
def variety() -> tuple[float, float]:
    typical, unusual = (redrawn(usual(), **DRAWING | {"variety": scale}) for scale in (0.5, 1.5))
    return lab.variety(typical), lab.variety(unusual)
