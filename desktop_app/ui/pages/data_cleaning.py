"""What the line above the wall offers: to clean up everything at once, or to act on all that a filter shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from desktop_app.ui.pages.data_inspector import can_be_used
from desktop_app.ui.wall.choice import ALIKE, HELD_OUT, title_of

if TYPE_CHECKING:
    from desktop_app.data import Item
    from desktop_app.data.cleaning import Cleaning

WHOLE = ("all", "ready")
"""Filters for nothing in particular."""
MENDS = {
    "noisy": ("denoise", "Less noise on all", "with less noise"),
    "border": ("trim", "Border off all", "cut free of the border"),
}
"""What can be mended in bulk: by finding, the field of the mend, the button's words, what was done."""
HINT = "Select with the mouse or the arrow keys. Delete leaves out, Enter uses again."
ASIDE = "Kept aside to judge the model by: it never learns from them, nor from anything nearly the same."
_WORDS = {"border": "with a border", "overexposed": "too light", "underexposed": "too dark"}


class Offer(NamedTuple):
    """Words, and those on the two buttons; an empty one is not there."""

    words: str
    act: str = ""
    mend: str = ""


def offer(key: str, items: list[Item], cleaning: Cleaning | None) -> Offer:
    """What to offer for the items that the filter ``key`` shows; without a cleaning, for reading only, nothing."""
    if not items:
        return Offer("")
    if key == HELD_OUT:
        return Offer(ASIDE)
    if cleaning is None:
        return Offer(HINT)
    return _clean_up(cleaning) if key in WHOLE else _all_of(key, items)


def _clean_up(cleaning: Cleaning) -> Offer:
    if not cleaning.noticed:
        return Offer(HINT)
    said = ", ".join(_counted(code, count) for code, count in cleaning.noticed.items())
    return Offer(f"Noticed: {said}.", f"Clean up: {_deeds(cleaning, 'mend', 'leave out')}")


def cleaned(cleaning: Cleaning) -> str:
    """What was done, as a sentence."""
    words = _deeds(cleaning, "mended", "left out")
    return f"Cleaned up: {words}."


def _deeds(cleaning: Cleaning, mend: str, leave: str) -> str:
    deeds = ((mend, len(cleaning.mends)), (leave, len(cleaning.left_out)))
    return ", ".join(f"{deed} {count:,}" for deed, count in deeds if count)


def _counted(code: str, count: int) -> str:
    plural = "s" if code == "near duplicate" and count > 1 else ""
    return f"{count:,} {_WORDS.get(code, code)}{plural}"


def _all_of(key: str, items: list[Item]) -> Offer:
    """With a filter for something noticed, what can be done about all of them."""
    used = together(key, items)
    usable = [item for item in items if not item.used and can_be_used(item)]
    if not used and not usable:
        return Offer(HINT)
    title = title_of(key.split(" ")[0] if key.startswith(ALIKE) else key)
    in_use = sum(item.used for item in items)
    mend = f"{MENDS[key][1]} {len(used):,}" if used and key in MENDS else ""
    act = f"Leave out all {len(used):,}" if used else f"Use all {len(usable):,} after all"
    if used and key.startswith(ALIKE):
        act = f"Keep one, leave out {len(used):,}"
    return Offer(f"{title}: {len(items) - in_use:,} left out, {in_use:,} used.", act, mend)


def together(key: str, items: list[Item]) -> list[Item]:
    """Which of these are left out together: all that are used, but for the best one of a group of copies."""
    if not key.startswith(ALIKE):
        return [item for item in items if item.used]
    return [item for item in items if item.used and any("duplicate" in finding.code for finding in item.findings)]
