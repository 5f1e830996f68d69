"""A change of the document in words, for undo and redo: "size 64 pixels" (no Qt)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.jobs import catalog
from desktop_app.project.document import Document
from desktop_app.project.steps import duration

SILENT = frozenset({"version", "step", "created", "data.encoded", "data.found", "data.used", "objective.output"})
"""Fields that follow from others, or are no decision."""
NAMES = {
    "name": "name",
    "objective.purpose": "what it makes:",
    "objective.conditioning": "drawing by kind:",
    "objective.priority": "how good against how fast:",
    "objective.device": "where it generates:",
    "data.sources": "pictures",
    "data.size": "size",
    "data.colour": "colour",
    "data.fit": "pictures that are not square:",
    "data.background": "ground",
    "data.held_out": "held out:",
    "data.left_out": "left out",
    "data.kept": "kept in spite of a finding",
    "data.licence": "licence:",
    "architecture.family": "kind of model:",
    "architecture.network": "size of the network:",
    "training.minutes": "time to train",
    "training.items": "length in pictures:",
    "training.seed": "seed",
    "training.start": "where it starts:",
    "evaluation.run": "the training that is judged:",
    "deployment.run": "the training that draws:",
    "deployment.variant": "the variant that draws:",
    "deployment.favourites": "favourites",
    "deployment.target": "packed for:",
}
"""What a field is called within a sentence; one that is not here is called by its own name."""
_LEADS = ("objective", "architecture", "name", "data", "training", "deployment", "evaluation")
"""Sections in the order in which a change of several is told: what the person did before what followed from it."""


def in_words(before: Document, after: Document) -> str:
    """What became of ``before``, in a few words: the first decision, and how many others followed from it."""
    old, new = _flat(before.model_dump()), _flat(after.model_dump())
    changed = [path for path in {**old, **new} if old.get(path) != new.get(path) and path not in SILENT]
    if not changed:
        return "what it shall make" if old.get("objective.output") != new.get("objective.output") else "a change"
    changed.sort(key=lambda path: _LEADS.index(path.partition(".")[0]))
    more = len(changed) - 1
    return _one(changed[0], old.get(changed[0]), new.get(changed[0])) + (f", and {more} more" if more else "")


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Every leaf by its path; settings by ``training.settings.family.name``."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        nested = isinstance(value, dict)
        found |= _flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return found


def _one(path: str, old: Any, new: Any) -> str:
    if path.startswith("training.settings."):
        return _setting(*path.split(".")[2:4], new)
    name = NAMES.get(path, path.rpartition(".")[2].replace("_", " "))
    if isinstance(new, list):
        return f"{name}: {_difference(old or [], new)}"
    return f"{name} {_value(path, new)}"


def _setting(family: str, name: str, value: Any) -> str:
    known = catalog.get(family) if family in catalog.titles() else None
    if known is None or name not in known.settings.model_fields:
        return name.replace("_", " ")
    title = known.settings.model_fields[name].title or name
    said = "the recommended value" if value is None else catalog.value_in_words(known, name, value)
    return f"{title[0].lower()}{title[1:]}: {said}"


def _difference(old: list[Any], new: list[Any]) -> str:
    """ "holiday added", "3 taken away"."""
    added, gone = [item for item in new if item not in old], [item for item in old if item not in new]
    told = [f"{_few(items)} {what}" for items, what in ((added, "added"), (gone, "taken away")) if items]
    return ", ".join(told) or "another order"


def _few(items: list[Any]) -> str:
    return Path(str(items[0])).name if len(items) == 1 else f"{len(items):,}"


def _value(path: str, value: Any) -> str:
    if path == "data.size":
        return f"{value} pixels" if value else "that suits the pictures"
    if path == "training.minutes":
        return duration(60 * value) if value else "by number of pictures"
    if path == "architecture.family":
        return catalog.titles().get(value, "not chosen") if value else "not chosen"
    if path == "data.held_out":
        return f"{100 * value:g} %"
    if value is None or value == "":
        return "left open"
    return (
        f"{value:,}"
        if isinstance(value, int) and path != "training.seed"
        else f"“{value}”"
        if " " in str(value)
        else str(value)
    )
