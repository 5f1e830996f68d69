"""The objective in words: the sentence that writes itself, and what follows from it (no Qt)."""

from __future__ import annotations

from typing import Any

from desktop_app.jobs import catalog, journey
from desktop_app.project.document import Document
from desktop_app.project.steps import duration

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
THINGS = {
    "sprites": "sprites",
    "icons": "icons",
    "drawings": "drawings",
    "photos": "photos",
    "textures": "textures",
    "other": "pictures",
}
_PRIORITIES = {
    "fast": "as quickly as it can",
    "balanced": "well and without a long wait",
    "best": "as well as it can",
}
_DEVICES = {
    "laptop": "on laptops without a graphics card",
    "workstation": "on workstations with a graphics card",
    "web": "in a web browser",
    "phone": "on phones",
}
_TARGETS = {"laptop": "A laptop", "workstation": "A workstation", "web": "A web page", "phone": "A phone"}
_FITS = {"crop": "Cut square", "pad": "Shown whole", "stretch": "Stretched"}


def count_in_words(count: int) -> str:
    """Small numbers as words, large ones as figures."""
    return NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"


def sentence(document: Document, kinds: int) -> str:
    """What Gensmith will do, in one sentence.

    Parameters
    ----------
    kinds
        Classes found in the pictures; 0 when there are none, or none yet.
    """
    objective = document.objective
    if objective.output is None:
        return "Choose what it shall make, and this sentence writes itself."
    size = f"{document.data.size}-pixel " if document.data.size else ""
    what = f"{size}{THINGS[objective.purpose]}{_kinds(objective.conditioning, kinds)}"
    how = _PRIORITIES[objective.priority]
    return f"Gensmith will learn to draw {what}, {how}, to be generated {_DEVICES[objective.device]}."


def _kinds(conditioning: str, kinds: int) -> str:
    if conditioning == "none":
        return ""
    if kinds > 1:
        return f" of {count_in_words(kinds)} kinds"
    return " of the kinds you name" if conditioning == "class" else ""


def because(document: Document, field: str) -> str:
    """The reason of a later step's default, from step 1, for where that default stands: "32 pixels, because …".

    Empty when step 1 says nothing of it, has left it open and something was chosen, or is not answered.
    """
    default = journey.reason(document, field)
    if default is None or (default.value is None and journey.current(document, default) is not None):
        return ""
    value, why = value_in_words(field, default.value), f"{default.reason[0].lower()}{default.reason[1:]}"
    if journey.followed(document, default):
        return f"{value}, because {why}"
    return f"Step 1 suggests {value[0].lower()}{value[1:]}, because {why}"


def value_in_words(field: str, value: Any) -> str:
    """A default's value as people say it."""
    if field == "size":
        return f"{value} pixels" if value else "As they are"
    if field == "target":
        return _TARGETS.get(value, str(value))
    if field == "sampling_steps":
        return f"{value} strokes"
    if field == "minutes":
        return duration(60 * value) if value else "By number of pictures"
    if field == "fit":
        return _FITS.get(value, str(value))
    if field == "family":
        return catalog.titles().get(value, str(value))
    if value in (None, "auto"):
        return "Automatic"
    return str(value).capitalize()
