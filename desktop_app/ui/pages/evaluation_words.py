"""The measures defined for those who know the field, and what a figure means for the colour of its dial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop_app.ui.widgets.dial import Reading, percent

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Measure

DIALS = ("accuracy", "precision", "recall", "diversity", "naturalness")
FIGURES = (
    *DIALS,
    "density",
    "coverage",
    "kid",
    "kid_learned",
    "frechet",
    "frechet_learned",
    "kid_inception",
    "frechet_inception",
)

FOOLED = 0.8
"""Share of what real pictures reach above which what is surely bad passes for good."""
_SPACE = (
    "Features: a fixed network with random weights (Naeem et al. 2020) and the judge's last layer, each standardised by the "
    "training pictures and given the same weight."
)
_LOW = "Low ends: pictures of uniform noise; the training picture that is most at home among the others, repeated."
_HALVES = "95 % interval from random halves of both sets."
PRECISELY = {
    "accuracy": (
        "Share of class-conditional samples that a small classifier, trained on the training pictures alone, assigns to the "
        "class asked for. Wilson's 95 % interval. Reference: its accuracy on the held-out pictures. Low ends: pictures of "
        "uniform noise; the class asked for most, whatever was asked."
    ),
    "precision": (
        "Share of generated pictures inside the union of balls around held-out pictures whose radius is the distance to the "
        f"fifth neighbour (Kynkäänniemi et al. 2019). {_SPACE} {_HALVES} Reference: training in place of generated pictures. "
        f"{_LOW}"
    ),
    "recall": (
        "Share of held-out pictures inside the union of balls around generated pictures whose radius is the distance to the "
        f"fifth neighbour (Kynkäänniemi et al. 2019). {_SPACE} {_HALVES} Reference: training in place of generated pictures. "
        f"{_LOW}"
    ),
    "diversity": (
        "Vendi score (Friedman and Dieng 2023) of generated pictures divided by that of as many held-out ones; Gaussian "
        f"similarity, a quarter of the median real distance wide. {_SPACE} {_HALVES} Reference: training in place of "
        f"generated pictures. {_LOW}"
    ),
    "naturalness": (
        "min(1, 2P), P the chance that a generated picture is at least as close to its third nearest training picture as a "
        f"held-out one is (Mann-Whitney). {_SPACE} Bootstrap interval. Reference: training pictures that were set aside. "
        f"{_LOW}"
    ),
}

RUN_WORDS = {
    "queued": "waits",
    "starting": "at work",
    "running": "at work",
    "paused": "paused",
    "interrupted": "interrupted",
    "failed": "did not finish",
}
"""State of a run that has not been judged, as the list of runs says it."""


def reading(key: str, measure: Measure) -> Reading:
    """A measure as its dial shows it."""
    from desktop_app.evaluation.verdict import state_of

    if measure.value is None:
        return Reading(None, reason=measure.not_measured or "It was not measured.")
    return Reading(
        measure.value, measure.low, measure.high, measure.floor, measure.noise, measure.repeated, state_of(key, measure) or ""
    )


def explanation(measure: Measure) -> list[str]:
    """What a measure means, in plain words, what its low marks are, and why it may be missing."""
    missing = [f"Not measured: {measure.not_measured}"] if measure.not_measured else []
    return [measure.help, *low_marks(measure), *missing]


def low_marks(measure: Measure) -> list[str]:
    """What the marks below the bar stand for, and that a dial which they fool must not be read alone; none without them."""
    if measure.noise is None or measure.repeated is None or not measure.floor:
        return []
    known = {"pure noise": measure.noise, "the same picture over and over": measure.repeated}
    fooled = [what for what, value in known.items() if value >= FOOLED * measure.floor]
    line = (
        f"The small marks below the bar show how low it can go: pure noise reaches {percent(measure.noise)} (one mark), one of "
        f"your pictures over and over {percent(measure.repeated)} (two marks)."
    )
    return [f"{line} It takes {' and '.join(fooled)} for good, so look at the other dials too." if fooled else line]


def parted(sentence: str) -> tuple[str, str]:
    """A verdict's opening ("Good enough to use.") and what it rests on."""
    opening, _, rest = sentence.partition(". ")
    return (f"{opening}.", rest) if rest else (sentence, sentence)


def shortened(name: str, longest: int = 18) -> str:
    """A name for a list in which more must be said on the same line."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"
