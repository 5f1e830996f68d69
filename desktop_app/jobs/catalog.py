"""The kinds of model as the window shows them: cards, cost on this machine, meters, recommendation (no Qt, no torch)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desktop_app.engine.budget import choose_network
from desktop_app.engine.families import FAMILIES
from desktop_app.engine.families import get as get
from desktop_app.engine.families.declaration import GROUP_TITLES, LOOK, RECOGNISABLE, Estimate, Family, Settings, Shape, resolve
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.steps import duration

if TYPE_CHECKING:
    from desktop_app.data import Encoded

__all__ = [
    "GROUP_TITLES",
    "Estimate",
    "Family",
    "Meter",
    "Recommendation",
    "Settings",
    "Shape",
    "count",
    "estimate",
    "families",
    "get",
    "meters",
    "minutes_of",
    "plan",
    "recommend",
    "resolve",
    "resolve_or_default",
    "shape_of",
    "strokes",
]

SIZE_TITLES = {"auto": "Automatic", "tiny": "Tiny", "small": "Small", "medium": "Medium", "large": "Large"}


USUAL_ITEMS = 1_000
"""Pictures assumed for an estimate while there are none."""


def families() -> list[Family]:
    """All kinds of model, in the order in which they are shown."""
    return list(FAMILIES.values())


@dataclass(frozen=True)
class Meter:
    """One bar on a card.

    Attributes
    ----------
    level
        0 to 1, longer is more.
    value
        The figure behind it ("620 looks at each picture").
    help
        What it means and how it is reckoned.
    """

    key: str
    title: str
    level: float
    value: str
    help: str


@dataclass(frozen=True)
class Recommendation:
    """The family to take, and why in a sentence ("Recommended, because …")."""

    family: str
    reason: str


def shape_of(document: Document, encoded: Encoded | None = None) -> Shape:
    """What a model of this project would have to learn; usual values where nothing is known yet."""
    if encoded is None:
        channels = 1 if document.data.colour == "gray" else 3
        return Shape(document.data.size or 32, channels, 0, document.data.used or USUAL_ITEMS)
    told = document.objective.conditioning != "none" and len(encoded.classes) >= 2
    _, size, _, channels = encoded.items.shape
    learned = len(encoded.held_out) - int(encoded.held_out.sum())
    return Shape(size, channels, len(encoded.classes) if told else 0, max(1, learned))


def estimate(family: Family, shape: Shape, network: str, minutes: float, gflops: float) -> Estimate:
    """Cost of a training; "auto" comes to the network that the engine would choose."""
    if network == "auto":
        return choose_network(family, shape, minutes, gflops, family.passes)
    return family.estimate(shape, network, minutes, gflops)


def minutes_of(document: Document) -> float:
    """Time that estimates reckon with, also where the length was asked for in pictures."""
    return document.training.minutes or 5.0


def resolve_or_default(family: Family, values: dict[str, Any]) -> Settings:
    """The settings for showing: those that this family takes; a project of another one may hold more."""
    known = {name: value for name, value in values.items() if name in family.settings.model_fields}
    try:
        return resolve(family.settings, known)
    except GensmithError:
        return family.settings()


def plan(family: Family, shape: Shape, document: Document, gflops: float) -> tuple[Estimate, float]:
    """Estimate of the training that the document asks for, and how many seconds it takes."""
    network, items = document.architecture.network, document.training.items
    cost = estimate(family, shape, network, minutes_of(document), gflops)
    if items is None:
        return cost, 60 * minutes_of(document)
    # Asked for in pictures: the time follows, and with it everything that depends on the time.
    seconds = items / max(cost.items_per_second, 1e-9)
    return estimate(family, shape, cost.network, seconds / 60, gflops), seconds


def strokes(family: Family, document: Document) -> int:
    """Times that the network is asked for one picture, with the project's settings."""
    return family.evaluations(resolve_or_default(family, document.training.settings))


# ---------------------------------------------------------------- meters


def meters(cost: Estimate, shape: Shape, strokes: int) -> list[Meter]:
    """Four honest bars for this machine and these pictures, each from the formula that its help states.

    Parameters
    ----------
    strokes
        Times that the network is asked for one picture.
    """
    return [_quality(cost), _speed_to_train(cost, shape), _speed_to_generate(cost, strokes), _appetite(cost, shape)]


def _level(value: float, empty: float, full: float) -> float:
    """Where ``value`` stands between ``empty`` and ``full`` on a scale of ratios, kept within 0.03 and 1."""
    share = math.log(max(value, 1e-9) / empty) / math.log(full / empty)
    return min(1.0, max(0.03, share))


def _quality(cost: Estimate) -> Meter:
    return Meter(
        "quality", "Quality", _level(cost.passes, 1, 1_000), f"{count(cost.passes)} looks at each picture",
        f"How often it sees each picture in the time given: about {LOOK} give the overall look, {RECOGNISABLE} "
        "recognisable pictures; 1,000 fill the bar.",
    )  # fmt: skip


def _speed_to_train(cost: Estimate, shape: Shape) -> Meter:
    seconds = RECOGNISABLE * shape.items / max(cost.items_per_second, 1e-9)
    return Meter(
        "train", "Speed to train", _level(1 / seconds, 1 / 86_400, 1 / 60), f"{_duration(seconds)} to recognisable",
        f"Time for {RECOGNISABLE} looks at each of your pictures on this machine: a minute fills the bar, a day empties it.",
    )  # fmt: skip


def _speed_to_generate(cost: Estimate, strokes: int) -> Meter:
    # A training item costs about three forward passes; a picture costs one for each stroke.
    speed = 3 * cost.items_per_second / max(1, strokes)
    rate = f"{count(speed)} pictures a second" if speed >= 1 else f"{_duration(1 / max(speed, 1e-9))} a picture"
    return Meter(
        "generate", "Speed to generate", _level(speed, 0.02, 200), rate,
        f"Pictures a second on this machine with {strokes} strokes each: 200 fill the bar, one in 50 s empties it.",
    )  # fmt: skip


def _appetite(cost: Estimate, shape: Shape) -> Meter:
    wanted = cost.parameters / (shape.size**2 * shape.channels)
    return Meter(
        "appetite", "Appetite for data", _level(wanted, 10, 20_000), f"likes {count(wanted)} pictures or more",
        "Pictures that hold as many values as the network has weights; with far fewer it could learn yours by heart.",
    )  # fmt: skip


def count(value: float) -> str:
    """A rough count with two significant digits: 1,300."""
    if value <= 0 or not math.isfinite(value):
        return "0"
    digits = 1 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _duration(seconds: float) -> str:
    return duration(seconds) if seconds >= 1 else f"{seconds:.1g} s"


# ---------------------------------------------------------------- recommendation


def recommend(document: Document, items: int) -> Recommendation:
    """The family that suits the objective and the pictures."""
    reasons = {
        "fast": "it reaches recognisable pictures within minutes and rarely fails",
        "balanced": "it gives the best pictures for the time and rarely fails",
        "best": "nothing else draws as well when it is given time",
    }
    few = f", and {items:,} pictures are enough for it when each is varied while it learns" if 0 < items < 1_000 else ""
    return Recommendation("diffusion", f"{reasons[document.objective.priority]}{few}.")
