"""What was measured on each file, kept between imports so that only new and changed files are decoded."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from dataclasses import fields
from pathlib import Path

from desktop_app.data.checks import FACTS_VERSION, Facts
from desktop_app.data.collect import Candidate
from desktop_app.project.document import Background

_NAMES = [field.name for field in fields(Facts)]
_COMMIT_EVERY = 2.0
"""Seconds between commits: what a crash may cost."""


class Memory:
    """Facts by path, modification time and size. A memory that cannot be read or written is merely none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._committed = time.monotonic()
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
        if version != FACTS_VERSION:
            self.close()
            self._path.unlink(missing_ok=True)
            self._database = self._connect()
            self._database.execute(
                f"CREATE TABLE facts (path BLOB, modified, size, {', '.join(_NAMES)}, PRIMARY KEY (path, ground))"
            )
            self._database.execute(f"PRAGMA user_version = {FACTS_VERSION}")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5, check_same_thread=False)

    def recall(self, candidate: Candidate, background: Background) -> Facts | None:
        """Facts of an unchanged file, on this ground where it is transparent; None when it must be decoded."""
        if self._database is None:
            return None
        query = f"SELECT {', '.join(_NAMES)} FROM facts WHERE path = ? AND modified = ? AND size = ? AND ground IN ('', ?)"
        try:
            values = (os.fsencode(candidate.path), candidate.modified, candidate.size, background)
            row = self._database.execute(query, values).fetchone()
        except sqlite3.Error:
            return None
        return Facts(**dict(zip(_NAMES, row, strict=True))) if row else None

    def keep(self, candidate: Candidate, facts: Facts) -> None:
        """Remember facts; what could not be read is tried again next time, for it may have been mended."""
        if self._database is None or facts.problem:
            return
        marks = ", ".join("?" * (3 + len(_NAMES)))
        values = (os.fsencode(candidate.path), candidate.modified, candidate.size, *(getattr(facts, name) for name in _NAMES))
        try:
            self._database.execute(f"INSERT OR REPLACE INTO facts VALUES ({marks})", values)
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
