"""What was noticed about the pictures, on the command line: said, left out, mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast, get_args

from desktop_app.data import Inventory
from desktop_app.data.cleaning import MENDS
from desktop_app.project.document import Data, Mend, Notice
from desktop_app.project.errors import GensmithError

NONE = "none"


def word(notice: str) -> str:
    """A finding as it is typed: "near-duplicate"."""
    return notice.replace(" ", "-")


def _listed(text: str | None, known: Sequence[str], what: str) -> list[str] | None:
    """The findings in a list with commas; None where nothing was said, nothing for "none"."""
    if text is None:
        return None
    words = [part.strip().replace("-", " ").casefold() for part in text.split(",") if part.strip()]
    strangers = [each for each in words if each not in (*known, NONE)]
    if strangers:
        names = ", ".join(map(word, known))
        raise GensmithError(f"“{word(strangers[0])}” cannot be {what}.", f"Choose among {names}, or {NONE}.")
    return [each for each in dict.fromkeys(words) if each != NONE]


def notices(text: str | None) -> list[Notice] | None:
    """The findings that pictures shall be left out for."""
    return cast("list[Notice] | None", _listed(text, get_args(Notice), "left out for"))


def mends(text: str | None) -> list[str] | None:
    """The findings that shall be mended."""
    return _listed(text, list(MENDS), "mended")


def mended(data: Data, inventory: Inventory, wishes: Sequence[str]) -> dict[str, Mend]:
    """Everything that is mended once the wishes are fulfilled; without any, nothing is mended any more."""
    if not wishes:
        return {}
    result = dict(data.mends)
    for item in inventory.items:
        changes = {MENDS[f.code]: True for f in item.findings if f.code in wishes}
        if changes:
            result[item.key] = result.get(item.key, Mend()).model_copy(update=changes)
    return result


def noticed(inventory: Inventory) -> dict[str, int]:
    """How many pictures have which finding, most frequent first."""
    return dict(Counter(finding.code for item in inventory.items for finding in item.findings).most_common())


def told(inventory: Inventory) -> str:
    """What was noticed about pictures that are used, in words, and what can be done about it."""
    found = Counter(f.code for item in inventory.items if item.used for f in item.findings if f.severity == "care")
    if not found:
        return ""
    counts = ", ".join(f"{count:,} {code}" for code, count in found.most_common())
    mendable = [word(code) for code in found if code in MENDS]
    ways = [f"--leave-out {','.join(map(word, found))}", *([f"--mend {','.join(mendable)}"] if mendable else [])]
    return f"Noticed, and used all the same: {counts}. To change that: {' or '.join(ways)}."


def values(inventory: Inventory) -> dict[str, Any]:
    """For machines: what was noticed, and how many have a caption or were mended."""
    captions = sum(bool(item.caption) for item in inventory.items if item.used)
    changed = sum(item.mend is not None for item in inventory.items if item.used)
    return {"noticed": noticed(inventory), "captions": captions, "mended": changed}
