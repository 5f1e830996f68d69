"""Captions and classes that lie beside the pictures: a text of the same name, or a table in the folder.

Files that describe pictures are no pictures of their own, and are not counted among them.
"""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from desktop_app.data.collect import Candidate, readable

TEXT, TABLES = {".txt", ".caption"}, {".csv", ".tsv", ".jsonl"}
NAMES = ("file_name", "filename", "file", "image", "picture", "path", "name")
TEXTS = ("text", "caption", "description", "prompt", "title")
CLASSES = ("class", "label", "category", "kind", "class_name")
"""Columns that are understood, the first that is there first."""

LONGEST = 2_000
"""Characters of a caption."""
LARGEST = 64 * 2**20
"""Bytes of a table, and a thousandth of it of a text, that are read."""


@dataclass
class Described:
    """What lies beside the pictures, by position among the candidates.

    Attributes
    ----------
    sources
        The files that said it.
    """

    captions: dict[int, str] = field(default_factory=dict)
    classes: dict[int, str] = field(default_factory=dict)
    sources: set[int] = field(default_factory=set)


Place = tuple[int, tuple[str, ...], str]


def describe(candidates: Sequence[Candidate]) -> Described:
    """Read every text and table that belongs to a picture."""
    found = Described()
    others = {i for i, c in enumerate(candidates) if c.name_suffix not in TEXT | TABLES}
    texts = [i for i, c in enumerate(candidates) if c.name_suffix in TEXT and not c.problem]
    tables = [i for i, c in enumerate(candidates) if c.name_suffix in TABLES and not c.problem]
    if texts:
        _texts(candidates, texts, others, found)
    if tables:
        _tables(candidates, tables, others, found)
    return found


def _texts(candidates: Sequence[Candidate], texts: Sequence[int], others: set[int], found: Described) -> None:
    by_stem: dict[Place, list[int]] = {}
    for i in others:
        candidate = candidates[i]
        by_stem.setdefault((candidate.source, candidate.folders, PurePosixPath(candidate.name).stem), []).append(i)
    for i in texts:
        candidate = candidates[i]
        members = by_stem.get((candidate.source, candidate.folders, PurePosixPath(candidate.name).stem), [])
        text = _read(candidate.path, LARGEST // 1000) if members else None
        if text is not None:
            found.sources.add(i)
            found.captions.update(dict.fromkeys(members, _clean(text)))


def _tables(candidates: Sequence[Candidate], tables: Sequence[int], others: set[int], found: Described) -> None:
    by_name = {(c.source, (*c.folders, c.name)): i for i in others if (c := candidates[i])}
    for i in tables:
        table = candidates[i]
        for row in _rows(table.path, table.name_suffix, lambda name, t=table: (t.source, _below(t, name)) in by_name):
            member = by_name.get((table.source, _below(table, row.name)))
            if member is None:
                continue
            found.sources.add(i)
            if row.caption:
                found.captions[member] = row.caption
            if row.kind:
                found.classes[member] = row.kind


def _below(table: Candidate, name: str) -> tuple[str, ...]:
    parts = [readable(part) for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return (*table.folders, *parts)


@dataclass(frozen=True)
class _Row:
    name: str
    caption: str
    kind: str


def _rows(path: Path, suffix: str, exists: object) -> Iterator[_Row]:
    text = _read(path, LARGEST)
    if text is None:
        return
    with contextlib.suppress(csv.Error, ValueError, RecursionError):
        yield from _json_rows(text) if suffix == ".jsonl" else _csv_rows(text, "\t" if suffix == ".tsv" else "", exists)


def _json_rows(text: str) -> Iterator[_Row]:
    for line in text.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                lower = {str(key).strip().casefold(): value[key] for key in value}
                yield _Row(*(_first(lower, columns) for columns in (NAMES, TEXTS, CLASSES)))


def _csv_rows(text: str, delimiter: str, exists: object) -> Iterator[_Row]:
    """Rows under a head that is understood, or rows of a file name and a caption without one."""
    assert callable(exists)
    first = text.split("\n", 1)[0]
    delimiter = delimiter or max(",;\t", key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    head = [cell.strip().casefold() for cell in next(rows, [])]
    if any(name in head for name in NAMES):
        for row in rows:
            lower = dict(zip(head, row, strict=False))
            yield _Row(*(_first(lower, columns) for columns in (NAMES, TEXTS, CLASSES)))
    elif len(head) >= 2:
        for row in csv.reader(text.splitlines(), delimiter=delimiter):
            if len(row) >= 2 and exists(row[0].strip()):
                yield _Row(row[0].strip(), _clean(row[1]), "")


def _first(row: Mapping[str, object], columns: Sequence[str]) -> str:
    """The first of some columns that says something, as one line; a list of texts gives its first."""
    for column in columns:
        value = row.get(column)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, (str, int, float)) and str(value).strip():
            return _clean(str(value))
    return ""


def _clean(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _read(path: Path, most: int) -> str | None:
    try:
        if path.stat().st_size > most:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252", "latin-1"):
        with contextlib.suppress(UnicodeError):
            return content.decode(encoding).replace("\0", "")
    return None
