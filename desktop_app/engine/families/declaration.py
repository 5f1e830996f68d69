"""What a family says of itself, without torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desktop_app.project.errors import GensmithError

Group = Literal["learning", "regularising", "stability", "diversity", "sampling"]
GROUP_TITLES: dict[str, str] = {
    "learning": "How it learns",
    "regularising": "So that it does not learn by heart",
    "stability": "Keeping it stable",
    "diversity": "Keeping it diverse",
    "sampling": "How it draws",
}


def setting(
    default: Any,
    title: str,
    help: str,
    *,
    term: str = "",
    unit: str = "",
    group: Group = "learning",
    simple: bool = False,
    choices: Mapping[str, str] | None = None,
    zero: str = "",
    **bounds: Any,
) -> Any:
    """Declare a setting once: the form, the command line and the validation all read it from here.

    Parameters
    ----------
    title
        In words a shopkeeper understands.
    term
        The field's standard term, shown in grey beside the title.
    simple
        Shown in the simple view, not only under "Advanced".
    choices
        Of a Literal: each value in words.
    zero
        What 0 stands for where it is no quantity ("Automatic", "No limit"); shown in its place.
    bounds
        ``ge``, ``le``, ``gt``, ``lt`` as pydantic takes them.
    """
    extra: dict[str, Any] = {"term": term, "unit": unit, "group": group, "simple": simple, "zero": zero}
    extra["choices"] = dict(choices or {})
    return Field(default, title=title, description=help, json_schema_extra=extra, **bounds)


class Settings(BaseModel):
    """Base of every family's settings: unknown names are refused, values are bounded."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def resolve(model: type[Settings], values: dict[str, Any]) -> Settings:
    """Validate overrides against a family's settings.

    Raises
    ------
    GensmithError
        A name is unknown or a value out of bounds; the message names the setting and its bounds.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        detail = error.errors()[0]
        name = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = ", ".join(sorted(model.model_fields))
            raise GensmithError(f"There is no setting “{name}”.", f"Known settings: {known}.") from error
        raise GensmithError(f"Setting {name}: {detail['msg']}.", "Choose another value.") from error


@dataclass(frozen=True)
class Shape:
    """What a model of this run would have to learn.

    Attributes
    ----------
    size
        Side of the picture in pixels, as it is learned.
    channels
        1 for gray, 3 for colour.
    classes
        Number of classes that it is told; 0 without conditioning.
    items
        Items to learn from.
    repeat
        Side of the square that each of those pixels is drawn as: pixel art that was enlarged is learned small.
    """

    size: int
    channels: int
    classes: int
    items: int
    repeat: int = 1


@dataclass(frozen=True)
class Estimate:
    """Cost of a training, before it starts.

    Attributes
    ----------
    network
        Size that "auto" came to, or the one asked for.
    parameters
        Weights of the network.
    gflop_per_item
        Arithmetic for one training item (forward and backward), in 10⁹ operations.
    items_per_second
        With the speed given.
    passes
        How often each item is seen in the time given.
    memory
        Bytes that the training needs at its peak, those of a bare engine (`footprint.BARE`) included.
    verdict
        What to expect, in a sentence.
    gflop_per_picture
        Arithmetic of asking the network once when it draws, in 10⁹ operations; 0 takes a third of a training item's.
    disk
        Bytes that the run's folder grows to.
    """

    network: str
    parameters: int
    gflop_per_item: float
    items_per_second: float
    passes: float
    memory: int
    verdict: str
    gflop_per_picture: float = 0.0
    disk: int = 0


@dataclass(frozen=True)
class Remedy:
    """What helps against a symptom: a sentence, and settings that a run which goes on from this one can take."""

    sentence: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Milestones:
    """Passes over the data after which a kind of model usually draws the overall look, recognisable pictures, good ones."""

    look: float
    recognisable: float
    good: float


LOOK, RECOGNISABLE, GOOD = 8, 20, 300
"""Those of a diffusion model that starts from the linear denoiser: digits are plain after 20 passes, sprites after 24, most of
a thousand icons after 45."""

Drawing = Literal["noise", "contest", "code"]
"""How a kind of model works, as the card draws it: a picture emerges from noise; a draughtsman and a critic take turns; a
picture becomes a few numbers and they become a picture again."""


@dataclass(frozen=True)
class Family:
    """A learner's card. ``learner`` names the module that needs torch: ``module:Class``."""

    name: str
    title: str
    tagline: str
    how_it_works: str
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]
    settings: type[Settings]
    networks: tuple[str, ...]
    estimate: Callable[[Shape, str, float, float], Estimate]
    """``estimate(shape, network, minutes, gflops)``; ``gflops`` is this machine's speed in 10⁹ operations a second."""
    passes: float
    """How often every item should be seen at least, when the size of the network is left to Gensmith."""
    learner: str
    held_out_title: str = "kept-aside loss"
    """What the figure on held-out items is, in words, for the curve."""
    held_out_is_loss: bool = True
    """Whether that figure is the training's own loss on other items, so that the two curves belong together."""
    evaluations: Callable[[Settings], int] = lambda _: 1
    """How often the network is asked for one picture."""
    remedies: Mapping[str, Remedy] = field(default_factory=dict)
    """By symptom: overfitting, copies, collapse, and the family's own."""
    divergence: float = 3.0
    """The training has diverged when the figure on held-out items is this many times its best."""
    milestones: Milestones = Milestones(LOOK, RECOGNISABLE, GOOD)
    ceiling: float = 1.0
    """How good its pictures become when time is no object, beside the best kind of model, 0 to 1."""
    drawing: Drawing = "noise"

    @property
    def title_in_words(self) -> str:
        """Its title within a sentence: "diffusion model", "GAN"."""
        first = self.title.split()[0]
        return self.title if first.isupper() else self.title[0].lower() + self.title[1:]


def expectation(passes: float, milestones: Milestones = Milestones(LOOK, RECOGNISABLE, GOOD)) -> str:
    """What so many passes over the data usually give, in a sentence."""
    if not math.isfinite(passes) or passes < milestones.look:
        return "Expect blobs of the right colours: give it more time or smaller pictures."
    if passes < milestones.recognisable:
        return "Expect the overall look; details stay rough."
    if passes < milestones.good:
        return "Expect recognisable pictures."
    return "Expect good pictures; watch that it does not learn yours by heart."
