"""Which items the wall shows, and in which order (no Qt)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desktop_app.data import Inventory, Item

_PLURALS = {
    "near duplicate": "Near duplicates",
    "duplicate": "Duplicates",
    "by hand": "Left out by hand",
    "not a picture": "Not pictures",
    "several pictures": "Several in one",
    "border": "With a border",
    "odd shape": "Odd shapes",
    "alike": "Alike",
    "mended": "Mended",
}
SORTS = (("found", "As found"), ("look", "Faults first"), ("name", "By name"), ("small", "Small first"))


@dataclass(frozen=True)
class Filter:
    """A chip: key, words, number of items behind it, and whether they can be left out or kept as a whole."""

    key: str
    title: str
    count: int


@dataclass(frozen=True)
class Choice:
    """What the person wants to see: a chip, words in the name, a class (empty for all), an order."""

    key: str = "all"
    words: str = ""
    kind: str = ""
    sort: str = "found"


def title_of(code: str) -> str:
    """A finding or a reason as a chip's words."""
    return _PLURALS.get(code, code.capitalize())


def filters(inventory: Inventory) -> list[Filter]:
    """All, ready, held out, then everything that was noticed, most frequent first, then what was left out by hand."""
    noticed = Counter(finding.code for item in inventory.items for finding in item.findings)
    by_hand = sum(item.reason == "by hand" for item in inventory.items)
    chips = [Filter("all", "All", inventory.found), Filter("ready", "Ready", inventory.used)]
    chips += [Filter(HELD_OUT, "Held out", inventory.held_out)] if inventory.held_out else []
    chips += [Filter(code, title_of(code), count) for code, count in noticed.most_common()]
    mended = sum(item.mend is not None for item in inventory.items)
    more = (("mended", mended), ("by hand", by_hand))
    return [*chips, *(Filter(key, title_of(key), count) for key, count in more if count)]


HELD_OUT = "held out"
"""A chip's key: what is kept aside to judge the model by."""

ALIKE = "alike "
"""A chip's key that goes on with a group: all pictures that are the same or nearly so."""


def alike(inventory: Inventory, item: Item) -> list[Item]:
    """The pictures that are the same as an item, or nearly so, itself included."""
    return [other for other in inventory.items if other.group == item.group] if item.group else [item]


def matches(key: str) -> Callable[[Item], bool]:
    """The test behind a chip."""
    if key == "all":
        return lambda item: True
    if key == "ready":
        return lambda item: item.used
    if key == HELD_OUT:
        return lambda item: item.held_out
    if key == "mended":
        return lambda item: item.mend is not None
    if key.startswith(ALIKE):
        return lambda item: item.group == key.removeprefix(ALIKE)
    if key == "by hand":
        return lambda item: item.reason == "by hand"
    return lambda item: any(finding.code == key for finding in item.findings)


def select(inventory: Inventory, choice: Choice) -> list[Item]:
    """The items to show, in order."""
    fits, words = matches(choice.key), choice.words.casefold().split()
    items = [item for item in inventory.items if fits(item)]
    if choice.kind:
        items = [item for item in items if item.class_name == choice.kind]
    if words:
        items = [item for item in items if _says(item, words)]
    order = _ORDERS.get(choice.sort)
    return sorted(items, key=order) if order else items


def _says(item: Item, words: list[str]) -> bool:
    """Whether all words stand in its name, its place, its class or its caption."""
    text = f"{item.key} {item.class_name or ''} {item.caption}".casefold()
    return all(word in text for word in words)


_ORDERS: dict[str, Callable[[Any], Any]] = {
    "look": lambda item: (item.used, not item.findings),
    "name": lambda item: (item.name or item.path.name).casefold(),
    "small": lambda item: item.width * item.height,
}
