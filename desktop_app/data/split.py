"""Quick decisions over an inventory: what is used, what is kept aside to judge the model, which size suits."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from desktop_app.data.inventory import LOST, Inventory, Item
from desktop_app.project.document import Data, LeaveOutReason, Notice

SIZES = (8, 12, 16, 24, 32)
"""Sizes that are proposed, in pixels. Larger ones are the person's choice: they cost time."""

SMALL_CLASS = 5
"""Classes with at least this many items always give one to the held-out set."""


def decide(inventory: Inventory, data: Data) -> Inventory:
    """Apply the person's choices: what is left out or kept by hand, and the share that is held out. Decodes nothing."""
    named = [_named(item, data) for item in inventory.items]
    left_out, kept, unwanted = set(data.left_out), set(data.kept), set(data.unwanted)
    reasons = [_reason(item, left_out, kept, unwanted) for item in named]
    used = [item for item, reason in zip(named, reasons, strict=True) if reason is None]
    aside = split(used, data.held_out)
    items = tuple(_marked(item, reason, item.key in aside) for item, reason in zip(named, reasons, strict=True))
    return replace(
        inventory,
        items=items,
        classes=dict(sorted(Counter(item.class_name for item in used if item.class_name is not None).items())),
        found=len(items),
        used=len(used),
        left_out=dict(Counter(cast(str, reason) for reason in reasons if reason is not None)),
        proposed_size=proposed_size([item.native for item in used]),
        gray=bool(used) and all(item.channels == 1 for item in used),
    )


def _named(item: Item, data: Data) -> Item:
    """The item with the class and the caption that the person gave it, else with those that its files tell."""
    kind = data.kinds[item.key] or None if item.key in data.kinds else item.told_class
    caption = data.captions.get(item.key, item.told_caption)
    same = item.class_name == kind and item.caption == caption
    return item if same else item._replace(class_name=kind, caption=caption)


def _marked(item: Item, reason: LeaveOutReason | Notice | None, held_out: bool) -> Item:
    """The item with this outcome; the same object where nothing changes, which most calls are about."""
    same = item.used == (reason is None) and item.reason == reason and item.held_out == held_out
    return item if same else item._replace(used=reason is None, reason=reason, held_out=held_out)


def _reason(item: Item, left_out: set[str], kept: set[str], unwanted: set[Notice]) -> LeaveOutReason | Notice | None:
    """Why an item is left out: what cannot be read first, then the person's word, then the checks, then what is unwanted."""
    if not item.findings:
        return "by hand" if item.key in left_out else None
    reasons = [cast(LeaveOutReason, finding.code) for finding in item.findings if finding.severity == "bad"]
    lost = next((reason for reason in reasons if reason in LOST), None)
    if lost is not None:
        return lost
    if item.key in left_out:
        return "by hand"
    if item.key in kept:
        return None
    noticed = [finding.code for finding in item.findings if finding.code in unwanted]
    return reasons[0] if reasons else noticed[0] if noticed else None


def proposed_size(natives: Sequence[tuple[int, int]]) -> int:
    """Side in pixels that suits most pictures: their own where they are small drawings, else 32.

    Parameters
    ----------
    natives
        Width and height of each picture in pixels, enlarged pixel art taken back.
    """
    if not natives:
        return SIZES[-1]
    longest = sorted(max(native) for native in natives)
    most = longest[min(len(longest) - 1, int(0.95 * len(longest)))]
    return next((size for size in SIZES if size >= most), SIZES[-1])


# ---------------------------------------------------------------- held out


def split(items: Sequence[Item], share: float) -> set[str]:
    """Choose the keys to hold out: ``share`` of each class, by a fixed draw from the pictures' own content.

    Near duplicates stay together; each class keeps something to learn from; with two items or more one is held out.
    Adding items changes the side of few others, for the draw of each depends on itself alone.
    """
    together: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        together[item.group or item.key].append(item)
    groups = sorted(together.values(), key=_draw)
    strata: defaultdict[str | None, list[list[Item]]] = defaultdict(list)
    for group in groups:
        first = group[0] if len(group) == 1 else min(group, key=lambda item: (item.digest, item.key))
        strata[first.class_name].append(group)
    chosen = [group for stratum in strata.values() for group in _choose(stratum, share)]
    if not chosen and len(groups) >= 2:
        chosen = [min(groups, key=len)]
    if not chosen and len(items) >= 2:  # all pictures are near duplicates of each other: the verdict says so
        chosen = [[min(items, key=lambda item: (item.digest, item.key))]]
    return {item.key for group in chosen for item in group}


def _draw(group: Sequence[Item]) -> bytes:
    """A fixed random number that follows from what the pictures show."""
    return hashlib.blake2b((group[0].group or group[0].key).encode(), digest_size=8).digest()


def _choose(groups: list[list[Item]], share: float) -> list[list[Item]]:
    """Groups of one class, in the order of their draw, that make up its share; one group at least stays to learn from."""
    total = sum(map(len, groups))
    target = max(round(share * total), 1 if total >= SMALL_CLASS else 0)
    chosen: list[list[Item]] = []
    taken = 0
    for group in groups:
        if len(chosen) + 1 < len(groups) and taken + len(group) <= target:
            chosen.append(group)
            taken += len(group)
    if target and not chosen and len(groups) >= 2:
        chosen = [min(groups, key=len)]
    return chosen
