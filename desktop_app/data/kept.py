"""The last inventory, kept beside the pictures' findings: a project opens with it, and an import that finds nothing changed
ends with it.

A line of JSON says what it was made of; then follow the items, some thousand on a line, so that nobody waits for the whole to
be taken apart. Of a line, each field of the items is a column, or one value where all are alike.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.data.checks import ENDED, FACTS_VERSION
from desktop_app.data.collect import Candidate
from desktop_app.data.inventory import Finding, Inventory, Item
from desktop_app.project.document import Data, Mend

KEPT = "inventory.jsonl"
FORMAT = 2
_CHOICES = ("sources", "frames", "background")
"""Fields of the document that an inventory follows from."""
_DECISIONS = ("left_out", "kept", "held_out", "unwanted", "kinds", "captions")
"""Fields that are decided upon it (:func:`~desktop_app.data.split.decide`)."""
_SUMMARY = ("classes", "found", "used", "left_out", "proposed_size", "gray", "variety")
"""Fields of an inventory beside its items."""
_LINE = 2_000
"""Items on a line."""


def stamp(candidates: Iterable[Candidate], names: Iterable[tuple[str | None, str]]) -> str:
    """A fingerprint of everything that an inventory is made of: files by place, time and size, and what is told of them."""
    digest = hashlib.blake2b(digest_size=16)
    for candidate, told in zip(candidates, names, strict=True):
        facts = (candidate.key, candidate.file, candidate.variant, *candidate[4:7], told)
        digest.update(repr(facts).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def keep(inventory: Inventory, data: Data, size: int, mark: str, data_folder: Path) -> None:
    """Keep a decided inventory, judged for pictures of ``size`` pixels. It is a cache: a disk that refuses is no failure."""
    path = data_folder / KEPT
    temporary = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    whole = _head(data) | {"size": size, "chosen": data.size, "stamp": mark, "decisions": _decisions(data)}
    whole |= {"count": len(inventory.items), "summary": {name: getattr(inventory, name) for name in _SUMMARY}}
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(line)}\n" for line in (whole, *_lines(inventory.items)))
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@dataclass(frozen=True)
class Kept:
    """What was found the last time.

    Attributes
    ----------
    stamp
        The :func:`stamp` of what it was made of.
    size
        Side in pixels of the pictures that it was judged for.
    decided
        Whether the person decided nothing else since; otherwise it is to be decided again.
    """

    inventory: Inventory
    stamp: str
    size: int
    decided: bool


def recall(data: Data, data_folder: Path) -> Kept | None:
    """The inventory kept for these choices; None where it would be another one."""
    try:
        with (data_folder / KEPT).open(encoding="utf-8") as file, undisturbed():
            head = json.loads(file.readline())
            if not _head(data).items() <= head.items() or data.size not in (head["size"], head["chosen"]):
                return None
            items = tuple(item for line in file for item in _items(json.loads(line)))
            if len(items) != head["count"]:
                return None
            inventory = Inventory(items, **head["summary"])
            return Kept(inventory, str(head["stamp"]), int(head["size"]), head["decisions"] == _decisions(data))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _head(data: Data) -> dict[str, Any]:
    return {"format": FORMAT, "facts": FACTS_VERSION, "choices": json.loads(data.model_dump_json(include=set(_CHOICES)))}


def _decisions(data: Data) -> str:
    """A fingerprint of what the person decided about single pictures: there may be thousands."""
    said = data.model_dump_json(include=set(_DECISIONS))
    return hashlib.blake2b(said.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()


def _lines(items: Sequence[Item]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(items), _LINE):
        part = items[start : start + _LINE]
        columns = dict(zip(Item._fields, map(list, zip(*part, strict=True)), strict=True))
        columns["group"] = [None if item.group == item.digest else item.group for item in part]
        columns["findings"] = [[tuple(vars(finding).values()) for finding in item.findings] for item in part]
        columns["mend"] = [item.mend and item.mend.model_dump(mode="json") for item in part]
        alike = {name: values[0] for name, values in columns.items() if values.count(values[0]) == len(values)}
        yield {"count": len(part), "alike": alike, "columns": {n: v for n, v in columns.items() if n not in alike}}


def _items(line: dict[str, Any]) -> Iterator[Item]:
    found = {name: [value] * line["count"] for name, value in line["alike"].items()} | line["columns"]
    found["group"] = [digest if group is None else group for group, digest in zip(found["group"], found["digest"], strict=True)]
    found["native"] = map(tuple, found["native"])
    found["findings"] = [tuple(Finding(*values) for values in listed) for listed in found["findings"]]
    found["mend"] = [mend and Mend(**mend) for mend in found["mend"]]
    return (Item(*values) for values in zip(*(found[name] for name in Item._fields), strict=True))


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
    """Places of the items that could not be read, though there is a file: they may be readable now.

    Those that took a process along are apart: whether their file has changed is seen without opening it.
    """
    first = ((i, item.findings[0]) for i, item in enumerate(inventory.items) if item.findings)
    return [i for i, finding in first if finding.code == "unreadable" and finding.message != ENDED]
