"""Cleaning up at once: what is offered for everything that was noticed, to be taken or left by the person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.data.inventory import Inventory, Item
from desktop_app.project.document import Data, Mend

MENDS: dict[str, str] = {"noisy": "denoise", "border": "trim"}
"""What can be mended: by finding, the field of the mend."""

LEAVES = frozenset({"near duplicate", "blurred", "overexposed", "underexposed"})
"""What cannot, and is worth leaving out. A shape, a size or a stranger may be meant: that is for the person to say."""


@dataclass(frozen=True)
class Cleaning:
    """What is offered for the pictures in use.

    Attributes
    ----------
    mends
        Everything that is mended on an item once it is taken, by key; items that it changes nothing on are not in it.
    left_out
        Keys of those that are better left out.
    noticed
        How many pictures it is for, by finding; a picture counts for each of its own.
    """

    mends: dict[str, Mend]
    left_out: tuple[str, ...]
    noticed: dict[str, int]


def cleaning(inventory: Inventory, data: Data) -> Cleaning:
    """What is offered now; what the person used again by hand, or mended already, is not offered a second time."""
    kept = set(data.kept)
    asked = [item for item in inventory.items if item.used and item.findings and item.key not in kept]
    leaving = _leaving(asked, inventory.items)
    mends: dict[str, Mend] = {}
    noticed: Counter[str] = Counter()
    for item in asked:
        codes = {finding.code for finding in item.findings}
        if item.key in leaving:
            noticed.update(codes & LEAVES)
            continue
        before = data.mends.get(item.key, Mend())
        new = {code: MENDS[code] for code in sorted(codes & set(MENDS)) if not getattr(before, MENDS[code])}
        if new:
            mends[item.key] = before.model_copy(update=dict.fromkeys(new.values(), True))
            noticed.update(new.keys())
    return Cleaning(mends, tuple(sorted(leaving)), dict(noticed.most_common()))


def _leaving(asked: Sequence[Item], everything: Sequence[Item]) -> set[str]:
    """Keys of what is better left out; of pictures that are alike the best one stays, unless it is a bad one itself."""
    reasons = {item.key: {finding.code for finding in item.findings} & LEAVES for item in asked}
    leaving = {key for key, codes in reasons.items() if codes}
    groups = {item.group for item in asked if item.group and item.key in leaving}
    together: defaultdict[str, list[Item]] = defaultdict(list)
    for item in everything:
        if item.used and item.group in groups:
            together[item.group].append(item)
    for alike in together.values():
        if all(item.key in leaving for item in alike):
            good = [item for item in alike if reasons[item.key] == {"near duplicate"}]
            leaving -= {max(good, key=lambda item: item.width * item.height).key} if good else set()
    return leaving
