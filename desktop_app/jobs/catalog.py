"""The kinds of model as the window shows them: cards, cost on this machine, meters, recommendation (no Qt, no torch)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desktop_app.engine.budget import choose_network
from desktop_app.engine.families import FAMILIES
from desktop_app.engine.families import get as get
from desktop_app.engine.families.declaration import GROUP_TITLES, Estimate, Family, Settings, Shape, resolve
from desktop_app.project.document import Document, Objective
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
    "changes_in_words",
    "count",
    "estimate",
    "families",
    "family_of",
    "get",
    "meters",
    "minutes_of",
    "overrides",
    "plan",
    "recommend",
    "resolve",
    "resolve_or_default",
    "shape_of",
    "strangers",
    "strokes",
    "suited",
    "title_in_words",
    "titles",
    "value_in_words",
]

SIZE_TITLES = {"auto": "Automatic", "tiny": "Tiny", "small": "Small", "medium": "Medium", "large": "Large"}


USUAL_ITEMS = 1_000
"""Pictures assumed for an estimate while there are none."""


def families() -> list[Family]:
    """All kinds of model, in the order in which they are shown."""
    return list(FAMILIES.values())


def titles() -> dict[str, str]:
    """What each kind of model is called, by its name."""
    return {family.name: family.title for family in families()}


def title_in_words(family: Family) -> str:
    """Its title within a sentence: "diffusion model", "GAN"."""
    first = family.title.split()[0]
    return family.title if first.isupper() else family.title[0].lower() + family.title[1:]


def family_of(document: Document) -> Family:
    """The kind of model that is chosen, else the one that suits the objective."""
    chosen = document.architecture.family
    return FAMILIES[chosen if chosen in FAMILIES else suited(document.objective)[0]]


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
    """Cost of a training; "auto", or a size that the family does not have, comes to what the engine would choose."""
    if network not in family.networks:
        return choose_network(family, shape, minutes, gflops, family.passes)
    return family.estimate(shape, network, minutes, gflops)


def minutes_of(document: Document) -> float:
    """Time that estimates reckon with, also where the length was asked for in pictures."""
    return document.training.minutes or 5.0


# ---------------------------------------------------------------- settings


def overrides(document: Document, family: Family) -> dict[str, Any]:
    """What the project sets differently from the family's defaults; names that the family does not know are passed over."""
    kept = document.training.settings.get(family.name, {})
    return {name: value for name, value in kept.items() if name in family.settings.model_fields}


def strangers(document: Document, family: Family) -> list[str]:
    """Settings kept for a family that it does not know (another Gensmith wrote them)."""
    return [name for name in document.training.settings.get(family.name, {}) if name not in family.settings.model_fields]


def resolve_or_default(family: Family, document: Document) -> Settings:
    """The project's settings of a family, for showing; its defaults where they are out of bounds."""
    try:
        return resolve(family.settings, overrides(document, family))
    except GensmithError:
        return family.settings()


def value_in_words(family: Family, name: str, value: Any) -> str:
    """A setting's value as people say it, with its unit."""
    field = family.settings.model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "yes" if value else "no"
    choices, zero = extra.get("choices") or {}, str(extra.get("zero") or "")
    if isinstance(choices, dict) and value in choices:
        return str(choices[value])
    if zero and value == 0:
        return zero.lower()
    unit = str(extra.get("unit") or "")
    return f"{value:g} {unit}".strip() if isinstance(value, (int, float)) else str(value)


def changes_in_words(family: Family, changes: Mapping[str, Any]) -> str:
    """Settings and their new values in a sentence's part: "Forget a little: 0.2, Limit every step: 2"."""
    fields = family.settings.model_fields
    return ", ".join(
        f"{fields[name].title}: {value_in_words(family, name, value)}" for name, value in changes.items() if name in fields
    )


# ---------------------------------------------------------------- what it costs


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
    return family.evaluations(resolve_or_default(family, document))


# ---------------------------------------------------------------- meters


def meters(family: Family, cost: Estimate, shape: Shape, strokes: int) -> list[Meter]:
    """Four honest bars for this machine and these pictures, each from the formula that its help states.

    Parameters
    ----------
    strokes
        Times that the network is asked for one picture.
    """
    return [
        _quality(family, cost),
        _speed_to_train(family, cost, shape),
        _speed_to_generate(cost, strokes),
        _appetite(cost, shape),
    ]


LEAST = 0.03
"""A bar is never quite empty."""


def _level(value: float, empty: float, full: float) -> float:
    """Where ``value`` stands between ``empty`` and ``full`` on a scale of ratios, kept within :data:`LEAST` and 1."""
    share = math.log(max(value, 1e-9) / empty) / math.log(full / empty)
    return min(1.0, max(LEAST, share))


FULL = 3.0
"""The quality bar is full at so many times the passes of good pictures."""


def _quality(family: Family, cost: Estimate) -> Meter:
    stones = family.milestones
    level = family.ceiling * _level(cost.passes, stones.look / 8, FULL * stones.good)
    at_best = f" At its best it fills {family.ceiling:.0%} of the bar, beside the best kind of model."
    return Meter(
        "quality", "Quality", max(LEAST, level), f"{count(cost.passes)} looks at each picture",
        f"How often it sees each picture in the time given: about {stones.look:g} give the overall look, "
        f"{stones.recognisable:g} recognisable pictures, {stones.good:g} good ones." + (at_best if family.ceiling < 1 else ""),
    )  # fmt: skip


def _speed_to_train(family: Family, cost: Estimate, shape: Shape) -> Meter:
    looks = family.milestones.recognisable
    seconds = looks * shape.items / max(cost.items_per_second, 1e-9)
    return Meter(
        "train", "Speed to train", _level(1 / seconds, 1 / 86_400, 1 / 60), f"{_duration(seconds)} to recognisable",
        f"Time for {looks:g} looks at each of your pictures on this machine: a minute fills the bar, a day empties it.",
    )  # fmt: skip


def _speed_to_generate(cost: Estimate, strokes: int) -> Meter:
    once = cost.gflop_per_picture or cost.gflop_per_item / 3  # of an item's work a third goes forward
    speed = cost.items_per_second * cost.gflop_per_item / (once * max(1, strokes))
    rate = f"{count(speed)} pictures a second" if speed >= 1 else f"{_duration(1 / max(speed, 1e-9))} a picture"
    how = f"asked {strokes} times for each" if strokes > 1 else "in one pass each"
    return Meter(
        "generate", "Speed to generate", _level(speed, 0.02, 2_000), rate,
        f"Pictures a second on this machine, the network {how}: 2,000 fill the bar, one in 50 s empties it.",
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


ONE_PASS = frozenset({"phone", "web"})
"""Devices on which each stroke is dear."""
FEW = 300
"""Pictures below which a kind of model is taken that does well with few."""


def suited(objective: Objective, items: int = 0) -> tuple[str, str]:
    """The family that suits an objective, and why; ``items`` to learn from, 0 where that is not known."""
    name, reason = _suited(objective, items)
    return (name, reason) if name in FAMILIES else ("diffusion", "it gives the best pictures for the time and rarely fails")


def _suited(objective: Objective, items: int) -> tuple[str, str]:
    place = {"phone": "a phone", "web": "a browser"}.get(objective.device, "")
    if objective.priority == "best":
        return "diffusion", "nothing else draws as well when it is given time"
    if 0 < items < FEW:
        return "diffusion", "it does best with few pictures and rarely fails"
    if place and objective.priority == "fast":
        return "vae", f"it learns within minutes and draws in one pass, quick enough for {place}"
    if place:
        return "gan", f"it draws crisp pictures in one pass, quick enough for {place}"
    if objective.priority == "fast":
        return "diffusion", "it reaches recognisable pictures within minutes and rarely fails"
    return "diffusion", "it gives the best pictures for the time and rarely fails"


def recommend(document: Document, items: int) -> Recommendation:
    """The family that suits the objective and the pictures."""
    name, reason = suited(document.objective, items)
    few = f", and {items:,} pictures are enough for it when each is varied while it learns" if 0 < items < 1_000 else ""
    return Recommendation(name, f"{reason}{few}.")
