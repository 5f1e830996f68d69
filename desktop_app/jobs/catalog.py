"""The kinds of model as the window shows them: cards, cost on this machine, meters, recommendation (no Qt, no torch)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from desktop_app.engine.budget import largest
from desktop_app.engine.families import FAMILIES
from desktop_app.engine.families import get as get
from desktop_app.engine.families.declaration import GROUP_TITLES, Estimate, Family, Settings, Shape, resolve
from desktop_app.engine.families.footprint import BARE
from desktop_app.jobs.machine import Speed
from desktop_app.project.document import Document, Objective
from desktop_app.project.errors import GensmithError
from desktop_app.project.steps import duration

if TYPE_CHECKING:
    from desktop_app.data import Arrays

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
    "recognisable_in",
    "recommend",
    "resolve",
    "resolve_or_default",
    "shape_of",
    "squares_in_words",
    "strangers",
    "strokes",
    "suited",
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


def shape_of(document: Document, encoded: Arrays | None = None) -> Shape:
    """What a model of this project would have to learn; usual values where nothing is known yet."""
    if encoded is None:
        channels = 1 if document.data.colour == "gray" else 3
        return Shape(document.data.size or 32, channels, 0, document.data.used or USUAL_ITEMS)
    told = document.objective.conditioning != "none" and len(encoded.classes) >= 2
    _, size, _, channels = encoded.items.shape
    learned = len(encoded.held_out) - int(encoded.held_out.sum())
    return Shape(size // encoded.repeat, channels, len(encoded.classes) if told else 0, max(1, learned), encoded.repeat)


def squares_in_words(shape: Shape) -> str:
    """That pictures are learned smaller than they are, where they consist of squares of one colour."""
    if shape.repeat == 1:
        return ""
    return f"Your pictures are enlarged pixel art: learned at {shape.size} pixels, drawn at {shape.size * shape.repeat}."


def estimate(family: Family, shape: Shape, network: str, minutes: float, speed: float | Speed) -> Estimate:
    """Cost of a training; "auto", or a size that the family does not have, comes to what suits the time.

    Parameters
    ----------
    speed
        This machine's, with what was measured of single sizes, or bare 10⁹ operations a second.
    """
    speed = speed if isinstance(speed, Speed) else Speed(speed, "assumed")
    if network not in family.networks:
        return largest([_measured(family, shape, name, minutes, speed) for name in family.networks], family.passes)
    return _measured(family, shape, network, minutes, speed)


def _measured(family: Family, shape: Shape, network: str, minutes: float, speed: Speed) -> Estimate:
    """The family's formula, at the speed that this size was measured at, or the nearest one that was."""
    cost = family.estimate(shape, network, minutes, speed.gflops * _factor(family, shape, network, speed))
    return replace(cost, memory=cost.memory - BARE + speed.bare) if speed.bare else cost


def _factor(family: Family, shape: Shape, network: str, speed: Speed) -> float:
    """How much quicker than its formula a size is here; 1 where nothing of the family was measured."""
    known = [name for name in family.networks if f"{family.name}/{name}" in speed.rates]
    if not known:
        return 1.0
    place = family.networks.index
    nearest = min(known, key=lambda name: (abs(place(name) - place(network)), -place(name)))
    formula = family.estimate(shape, nearest, 1.0, speed.gflops).items_per_second
    return speed.rates[f"{family.name}/{nearest}"] / formula


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


def plan(family: Family, shape: Shape, document: Document, gflops: float | Speed) -> tuple[Estimate, float]:
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
        _quality(family, cost, shape),
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


def _quality(family: Family, cost: Estimate, shape: Shape) -> Meter:
    stones = family.milestones
    level = family.ceiling * _level(cost.passes, stones.look / 8, FULL * stones.good)
    at_best = f" At its best it fills {family.ceiling:.0%} of the bar, beside the best kind of model."
    return Meter(
        "quality", "Quality", max(LEAST, level), f"{count(cost.passes)} looks at each",
        f"How often it sees each picture: {_rate(cost)} × {_duration(cost.passes * shape.items / cost.items_per_second)} ÷ "
        f"{shape.items:,} pictures. About {stones.look:g} give the overall look, "
        f"{stones.recognisable:g} recognisable pictures, {stones.good:g} good ones." + (at_best if family.ceiling < 1 else ""),
    )  # fmt: skip


def recognisable_in(family: Family, cost: Estimate, shape: Shape) -> str:
    """Time until its pictures are usually recognisable, in words."""
    return _duration(_recognisable(family, cost, shape))


def _recognisable(family: Family, cost: Estimate, shape: Shape) -> float:
    return family.milestones.recognisable * shape.items / max(cost.items_per_second, 1e-9)


def _speed_to_train(family: Family, cost: Estimate, shape: Shape) -> Meter:
    looks, seconds = family.milestones.recognisable, _recognisable(family, cost, shape)
    return Meter(
        "train", "Speed to train", _level(1 / seconds, 1 / 86_400, 1 / 60), _duration(seconds),
        f"Time to recognisable pictures on this machine, which is {looks:g} looks at each: {looks:g} × {shape.items:,} "
        f"pictures ÷ {_rate(cost)}. A minute fills the bar, a day empties it.",
    )  # fmt: skip


def _speed_to_generate(cost: Estimate, strokes: int) -> Meter:
    once = cost.gflop_per_picture or cost.gflop_per_item / 3  # of an item's work a third goes forward
    speed = cost.items_per_second * cost.gflop_per_item / (once * max(1, strokes))
    rate = f"{count(speed)} / s" if speed >= 1 else f"{_duration(1 / max(speed, 1e-9))} a picture"
    how = f"is asked {strokes} times for each" if strokes > 1 else "draws each in one pass"
    return Meter(
        "generate", "Speed to generate", _level(speed, 0.02, 2_000), rate,
        f"The network {how}. Learning a picture takes {cost.gflop_per_item:.2g} GFLOP, asking once {once:.2g}: "
        f"{_rate(cost)} × {cost.gflop_per_item:.2g} ÷ {once * max(1, strokes):.2g}. "
        "2,000 a second fill the bar, one in 50 s empties it.",
    )  # fmt: skip


def _appetite(cost: Estimate, shape: Shape) -> Meter:
    wanted = cost.parameters / (shape.size**2 * shape.channels)
    return Meter(
        "appetite", "Appetite for data", _level(wanted, 10, 20_000), f"{count(wanted)} or more",
        f"Pictures that hold as many values as the network has weights: {cost.parameters:,} weights ÷ "
        f"{shape.size**2 * shape.channels:,} values of a picture. You have {shape.items:,}; with far fewer it could learn "
        "yours by heart.",
    )  # fmt: skip


def _rate(cost: Estimate) -> str:
    return f"{count(cost.items_per_second)} pictures a second in learning"


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


A_KIND = 30
"""Pictures of a kind below which a game of two networks is no longer steady."""


def _of_few_kinds(name: str, reason: str, items: int, shape: Shape) -> tuple[str, str]:
    """A judge that knows few pictures of a kind by heart teaches nothing."""
    if name == "gan" and shape.classes and items / shape.classes < A_KIND and "diffusion" in FAMILIES:
        return "diffusion", f"of each kind there are only about {items // shape.classes} pictures, and it stays steady with few"
    return name, reason


def _in_time(name: str, reason: str, document: Document, shape: Shape, speed: Speed) -> tuple[str, str]:
    """Another family where the time is too short for so much as the overall look, and is enough for the other."""
    minutes = minutes_of(document)
    passes = {one.name: estimate(one, shape, one.networks[0], minutes, speed).passes for one in families()}
    enough = {key: passes[key] / FAMILIES[key].milestones.look for key in passes}
    best = max(enough, key=lambda key: enough[key])
    if name not in enough or enough[name] >= 1 or enough[best] < 1:
        return name, reason
    looks = f"{count(passes[best])} times, the {FAMILIES[name].title_in_words} only {count(passes[name])} times"
    return best, f"in {duration(60 * minutes)} on this machine it looks at each of your pictures {looks}"


def recommend(document: Document, items: int, shape: Shape | None = None, speed: Speed | None = None) -> Recommendation:
    """The family that suits the objective, the pictures and their kinds, and the time on this machine.

    Parameters
    ----------
    shape, speed
        Where they are known, the time given counts too.
    """
    name, reason = suited(document.objective, items)
    if shape is not None and items:
        name, reason = _of_few_kinds(name, reason, items, shape)
    if shape is not None and speed is not None and items:
        name, reason = _in_time(name, reason, document, shape, speed)
    few = f", and {items:,} pictures are enough for it when each is varied while it learns" if 0 < items < 1_000 else ""
    return Recommendation(name, f"{reason}{few}.")
