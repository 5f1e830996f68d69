"""What each measure is called, which way is better, and what it means to someone who never heard of it."""

from __future__ import annotations

from typing import NamedTuple

from desktop_app.evaluation.intervals import Estimate
from desktop_app.evaluation.report import Better, Measure


class Known(NamedTuple):
    """What sets that are known reach in a measure: real pictures, pure noise, one picture repeated."""

    floor: float
    noise: float | None = None
    repeated: float | None = None


class Entry(NamedTuple):
    """One measure, explained."""

    title: str
    better: Better
    help: str


_BESIDE = "The tall mark shows what real pictures reach when they are measured in the same way."

GLOSSARY: dict[str, Entry] = {
    "accuracy": Entry(
        "Accuracy",
        "higher",
        "You ask for a kind, a small judge that learned from your pictures says what it sees: how often do they agree? "
        "The tall mark shows how often the judge is right about real pictures that it never saw.",
    ),
    "precision": Entry(
        "Precision",
        "higher",
        f"How many of the generated pictures could be yours: they lie among the real ones. {_BESIDE}",
    ),
    "recall": Entry(
        "Recall",
        "higher",
        f"How much of your variety it can draw: how many real pictures lie among the generated ones. {_BESIDE}",
    ),
    "density": Entry(
        "Density",
        "higher",
        "Like precision, but counts how many real pictures surround each generated one, so that a single odd real picture "
        f"does not make everything near it look good. Around 1; it can be higher. {_BESIDE}",
    ),
    "coverage": Entry(
        "Coverage",
        "higher",
        f"How many of the real pictures have a generated one close by. {_BESIDE}",
    ),
    "diversity": Entry(
        "Diversity",
        "higher",
        "How many really different pictures there are in a set of generated ones, as a share of how many there are in as many "
        "real ones (Vendi score). 1 is as varied as yours; 0.1 means that it draws the same few over and over.",
    ),
    "naturalness": Entry(
        "Naturalness",
        "higher",
        "Put a generated picture and a real one beside your material: is the generated one just as much at home there? "
        "1 means that it is so as often as chance would have it, 0 that the real one always fits better.",
    ),
    "kid": Entry(
        "Distance (KID)",
        "lower",
        "How far the generated pictures as a whole are from real ones, by texture and layout; 0 is no difference. Only for "
        f"comparing runs on the same pictures, never with published figures. {_BESIDE}",
    ),
    "frechet": Entry(
        "Distance (Fréchet)",
        "lower",
        "Another distance of the whole: between the averages and the spreads of both sets. It is above 0 even for real "
        f"pictures, the more so the fewer there are. {_BESIDE}",
    ),
    "kid_learned": Entry(
        "Distance by the judge (KID)",
        "lower",
        "The same distance by what a judge that learned from your pictures sees: shapes and things more than texture. "
        f"{_BESIDE}",
    ),
    "frechet_learned": Entry(
        "Distance by the judge (Fréchet)",
        "lower",
        f"Averages and spreads by what a judge that learned from your pictures sees. {_BESIDE}",
    ),
    "kid_inception": Entry(
        "KID by Inception",
        "lower",
        "The distance that papers give, from the pictures learned from, by the network that they use. It does not depend on "
        "how many pictures are compared. That network knows photographs: of drawings and sprites it says little.",
    ),
    "frechet_inception": Entry(
        "FID by Inception",
        "lower",
        "The other distance that papers give. They take 10,000 to 50,000 pictures; fewer, as here, make it higher, so that "
        "only figures from as many pictures can be set side by side.",
    ),
}


def measured(key: str, estimate: Estimate, known: Known) -> Measure:
    """An entry of the report with its figure."""
    return Measure(**estimate._asdict(), **known._asdict(), **GLOSSARY[key]._asdict())


def plain(key: str, value: float, floor: float) -> Measure:
    """An entry of the report whose uncertainty is not known."""
    return Measure(value=value, floor=floor, **GLOSSARY[key]._asdict())


def not_measured(key: str, reason: str) -> Measure:
    """An entry of the report without a figure, and why."""
    return Measure(not_measured=reason, **GLOSSARY[key]._asdict())
