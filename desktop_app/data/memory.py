"""What was measured on each file, kept between imports so that only new and changed files are decoded."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

import numpy as np

from desktop_app.data.checks import ENDED, FACTS_VERSION, Facts
from desktop_app.data.collect import Candidate
from desktop_app.data.images import Pixels, Recipe
from desktop_app.project.document import Background

_NAMES = [field.name for field in fields(Facts)]
_values = attrgetter(*_NAMES)
_KEEP = f"INSERT OR REPLACE INTO facts VALUES ({', '.join('?' * (4 + len(_NAMES)))})"
_RECALL = (
    f"SELECT {', '.join(_NAMES)} FROM facts WHERE path = ? AND variant = ? AND modified = ? AND size = ? AND ground IN ('', ?)"
)
_COMMIT_EVERY = 2.0
"""Seconds between commits: what a crash may cost."""


class Memory:
    """Facts by path, modification time and size; views by what they show. One that cannot be read or written is merely none.

    Views are the pictures as the model will see them. They are kept from the decoding to the making of the arrays, so
    that nothing is decoded twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._committed = time.monotonic()
        self._new = False
        with contextlib.suppress(OSError, sqlite3.Error):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()

    def _open(self) -> None:
        """Open the database; one that is damaged or of another version is started afresh."""
        try:
            self._database = self._connect()
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError:
            version = None
        self._new = version != FACTS_VERSION
        if self._new:
            self.close()
            self._path.unlink(missing_ok=True)
            self._database = self._connect()
            self._database.execute(
                f"CREATE TABLE facts (path BLOB, variant, modified, size, {', '.join(_NAMES)}, "
                "PRIMARY KEY (path, variant, ground))"
            )
            self._database.execute("CREATE TABLE views (digest, recipe, pixels BLOB, PRIMARY KEY (digest, recipe))")
            self._database.execute(f"PRAGMA user_version = {FACTS_VERSION}")

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=5, check_same_thread=False)
        database.execute("PRAGMA synchronous = OFF")  # what a power cut spoils is measured again
        return database

    def recall(self, candidate: Candidate, background: Background) -> Facts | None:
        """Facts of an unchanged file, on this ground where it is transparent; None when it must be decoded."""
        if self._database is None or self._new:
            return None
        try:
            row = self._database.execute(_RECALL, (*_identity(candidate), background)).fetchone()
        except sqlite3.Error:
            return None
        return Facts(**dict(zip(_NAMES, row, strict=True))) if row else None

    def keep(self, candidate: Candidate, facts: Facts) -> None:
        """Remember facts; what could not be read is merely tried again next time, unless trying is dangerous."""
        if self._database is None or (facts.problem and facts.message != ENDED):
            return
        self._new = False
        self._write(_KEEP, (*_identity(candidate), *_values(facts)))

    def keep_view(self, digest: str, recipe: Recipe, pixels: Pixels) -> None:
        """Remember a picture as the model will see it, uint8 (S, S, 3), until the arrays are made."""
        self._write("INSERT OR REPLACE INTO views VALUES (?, ?, ?)", (digest, str(recipe), np.ascontiguousarray(pixels).data))

    def has_view(self, digest: str, recipe: Recipe) -> bool:
        """Whether a view was kept."""
        if self._database is None:
            return False
        try:
            query = "SELECT 1 FROM views WHERE digest = ? AND recipe = ?"
            return self._database.execute(query, (digest, str(recipe))).fetchone() is not None
        except sqlite3.Error:
            return False

    def view(self, digest: str, recipe: Recipe) -> Pixels | None:
        """A picture as the model will see it, if it was kept."""
        if self._database is None:
            return None
        try:
            query = "SELECT pixels FROM views WHERE digest = ? AND recipe = ?"
            row = self._database.execute(query, (digest, str(recipe))).fetchone()
        except sqlite3.Error:
            return None
        count = recipe.size**2 * 3
        return np.frombuffer(row[0], np.uint8).reshape(recipe.size, recipe.size, 3) if row and len(row[0]) == count else None

    def forget_views(self) -> None:
        """The arrays are made: they hold the same."""
        self._write("DELETE FROM views", ())

    def _write(self, order: str, values: Iterable[object]) -> None:
        if self._database is None:
            return
        try:
            self._database.execute(order, tuple(values))
            if time.monotonic() - self._committed > _COMMIT_EVERY:
                self._database.commit()
                self._committed = time.monotonic()
        except sqlite3.Error:  # a full or read-only disk costs time at the next import, nothing else
            self.close()

    def close(self) -> None:
        """Write what is open and let go of the file."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.commit()
            self._database.close()
            self._database = None


def _identity(candidate: Candidate) -> tuple[bytes, str, int, int]:
    return os.fsencode(candidate.file), candidate.variant, candidate.modified, candidate.size
