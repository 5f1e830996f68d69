"""The last inventory, kept beside the pictures' findings: a project opens with it, and an import that finds nothing changed
ends with it.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from desktop_app.data.checks import FACTS_VERSION
from desktop_app.data.collect import Candidate
from desktop_app.data.inventory import Finding, Inventory, Item
from desktop_app.project.document import Data, Mend

KEPT = "inventory.json"
FORMAT = 1
_CHOICES = ("sources", "frames", "background")
"""Fields of the document that an inventory follows from; the others are decided upon it."""
_NAMES = [field.name for field in fields(Item)]
_MADE = ("path", "native", "findings", "mend")
"""Fields of an item that are no plain values."""


def stamp(candidates: Iterable[Candidate], names: Iterable[tuple[str | None, str]]) -> str:
    """A fingerprint of everything that an inventory is made of: files by place, time and size, and what is told of them."""
    digest = hashlib.blake2b(digest_size=16)
    for candidate, told in zip(candidates, names, strict=True):
        facts = (candidate.key, candidate.variant, candidate.modified, candidate.size, candidate.problem, told)
        digest.update(repr(facts).encode("utf-8", "backslashreplace"))
        digest.update(os.fsencode(candidate.path))
    return digest.hexdigest()


def keep(inventory: Inventory, data: Data, size: int, mark: str, data_folder: Path) -> None:
    """Keep an inventory, judged for pictures of ``size`` pixels. It is a cache: a disk that refuses is no failure."""
    path = data_folder / KEPT
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        kept = _head(data) | {"sizes": [data.size, size], "stamp": mark} | _columns(inventory)
        temporary.write_text(json.dumps(kept), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class Kept:
    """An inventory and the :func:`stamp` of what it was made of."""

    inventory: Inventory
    stamp: str


def recall(data: Data, data_folder: Path) -> Kept | None:
    """The inventory kept for these choices; what else the person chose may have changed and is to be decided again."""
    try:
        kept = json.loads((data_folder / KEPT).read_text(encoding="utf-8"))
        if not _head(data).items() <= kept.items() or data.size not in kept["sizes"]:
            return None
        with undisturbed():
            return Kept(_inventory(kept), str(kept["stamp"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _head(data: Data) -> dict[str, Any]:
    return {"format": FORMAT, "facts": FACTS_VERSION, "choices": json.loads(data.model_dump_json(include=set(_CHOICES)))}


def _columns(inventory: Inventory) -> dict[str, Any]:
    items = inventory.items
    return {
        "plain": {name: [getattr(item, name) for item in items] for name in _NAMES if name not in _MADE},
        "path": [os.fspath(item.path) for item in items],
        "native": [item.native for item in items],
        "findings": {i: [list(vars(f).values()) for f in item.findings] for i, item in enumerate(items) if item.findings},
        "mend": {i: item.mend.model_dump(mode="json") for i, item in enumerate(items) if item.mend is not None},
        "variety": inventory.variety,
    }


def _inventory(kept: dict[str, Any]) -> Inventory:
    count = len(kept["path"])
    findings = {int(i): tuple(Finding(*values) for values in listed) for i, listed in kept["findings"].items()}
    mends = {int(i): Mend(**values) for i, values in kept["mend"].items()}
    made: dict[str, Iterable[Any]] = {
        "path": map(Path, kept["path"]),
        "native": map(tuple, kept["native"]),
        "findings": (findings.get(i, ()) for i in range(count)),
        "mend": (mends.get(i) for i in range(count)),
    }
    if {len(kept["native"]), *map(len, kept["plain"].values())} != {count}:
        raise ValueError("the columns have different lengths")
    columns = [made[name] if name in _MADE else kept["plain"][name] for name in _NAMES]
    return Inventory(tuple(map(Item, *columns)), variety=kept["variety"])


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No search for garbage meanwhile: among a hundred thousand new objects that all stay it takes most of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def lost(inventory: Inventory) -> Sequence[int]:
    """Places of the items that could not be read, though there is a file: they may be readable now."""
    return [i for i, item in enumerate(inventory.items) if item.findings and item.findings[0].code == "unreadable"]
