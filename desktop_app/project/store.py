"""A project on the disk: one folder that is created, opened, locked, saved at every change and migrated."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout
from platformdirs import user_data_path, user_documents_path
from pydantic import ValidationError

from desktop_app.project.document import VERSION, Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained, write_json
from desktop_app.project.runs import Run, list_runs

DOCUMENT = "project.json"
RECENT_LIMIT = 12
UNDO_LIMIT = 200


def _settings_by_family(old: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew one family and kept its settings without its name."""
    training = dict(old.get("training", {}))
    if settings := training.get("settings"):
        family = old.get("architecture", {}).get("family") or "diffusion"
        training["settings"] = {family: settings}
    return {**old, "training": training}


_MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _settings_by_family,
    2: dict,  # version 3 added what is noticed, mended and named by hand to the data: all of it may be absent
}
"""From a version to the next one: ``{1: lambda old: {**old, "new_field": …}}``."""


def home() -> Path:
    """Folder of what belongs to the person and not to a project; ``GENSMITH_HOME`` moves it (portable use, tests)."""
    return Path(os.environ["GENSMITH_HOME"]) if "GENSMITH_HOME" in os.environ else user_data_path("gensmith", appauthor=False)


def projects_folder() -> Path:
    """Where new projects are proposed: a folder of ours in the person's documents, or under ``GENSMITH_HOME``."""
    return home() / "projects" if "GENSMITH_HOME" in os.environ else user_documents_path() / "Gensmith"


def migrate(raw: dict[str, Any]) -> dict[str, Any]:
    """Bring the content of a ``project.json`` to this version.

    Raises
    ------
    GensmithError
        It was written by a newer Gensmith, or holds no version.
    """
    version = raw.get("version")
    if not isinstance(version, int) or version < 1:
        raise GensmithError("This is not a Gensmith project: it names no version.", "Choose another folder.")
    if version > VERSION:
        raise GensmithError(
            f"This project was saved by a newer Gensmith (format {version}; this one reads up to {VERSION}).",
            "Update Gensmith to open it; nothing was changed.",
        )
    for step in range(version, VERSION):
        raw = _MIGRATIONS[step](raw) | {"version": step + 1}
    return raw


def read_document(folder: Path) -> Document:
    """Read and validate ``folder/project.json`` without opening the project for writing."""
    path = folder / DOCUMENT
    if not path.is_file():
        raise GensmithError(f"There is no project in {folder}.", "Choose a folder that Gensmith made, or start a new project.")
    with explained(path):
        text = path.read_text(encoding="utf-8")
    try:
        return Document.model_validate(migrate(json.loads(text)))
    except (json.JSONDecodeError, ValidationError, AttributeError) as error:
        raise GensmithError(
            f"The project file {path} is damaged ({str(error).splitlines()[0]}).",
            f"Restore it from {DOCUMENT}.bak beside it, or from a backup.",
            code=3,
        ) from error


class Project:
    """An open project: its document, its folder, its runs; one window or command at a time may write.

    Use :meth:`create` or :meth:`open`, and as a context manager or with :meth:`close`.
    """

    def __init__(self, folder: Path, document: Document, lock: FileLock | None) -> None:
        self.folder = folder
        self.document = document
        self._lock = lock
        self._undo: list[str] = []
        self._redo: list[str] = []

    @classmethod
    def create(cls, folder: Path, name: str | None = None) -> Self:
        """Make a new project in ``folder``, which must be missing or empty."""
        folder = folder.absolute()
        if (folder / DOCUMENT).exists():
            raise GensmithError(f"There is already a project in {folder}.", "Open it, or choose another folder.")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise GensmithError(f"{folder} is not empty.", "Choose a new or an empty folder for the project.")
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        project = cls(folder, Document(name=(name or folder.name)[:120]), _lock(folder))
        project.save()
        remember(folder)
        return project

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False) -> Self:
        """Open the project in ``folder``.

        Raises
        ------
        GensmithError
            It is missing, damaged, newer than this Gensmith, or open elsewhere.
        """
        folder = folder.absolute()
        document = read_document(folder)
        project = cls(folder, document, None if read_only else _lock(folder))
        if not read_only:
            remember(folder)
        return project

    def close(self) -> None:
        """Let others open the project."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def read_only(self) -> bool:
        """Whether another window or the disk keeps this one from writing."""
        return self._lock is None

    def save(self) -> None:
        """Write the document; the version before stays beside it as ``project.json.bak``."""
        if self._lock is None:
            raise GensmithError("This project is open for reading only.", "Close the other window first.", code=4)
        path = self.folder / DOCUMENT
        with explained(path):
            if path.exists():
                shutil.copyfile(path, path.with_suffix(".json.bak"))
        write_json(path, self.document.model_dump(mode="json"))

    def change(self, section: str, **values: object) -> None:
        """Set fields of a section (or of the document itself with section ``""``), save, and remember for undo.

        Nothing is changed when a value is refused or the disk refuses to write.
        """
        self.change_together({section: values})

    def change_together(self, changes: Mapping[str, Mapping[str, object]]) -> None:
        """Set fields of several sections as one change: one save, one step of undo."""
        before = self.document.model_dump_json()
        try:
            for section, values in changes.items():
                target = getattr(self.document, section) if section else self.document
                for name, value in values.items():
                    setattr(target, name, value)
            if self.document.model_dump_json() != before:
                self.save()
                self._undo = [*self._undo, before][-UNDO_LIMIT:]
                self._redo = []
        except ValidationError as error:
            self.document = Document.model_validate_json(before)
            detail = error.errors()[0]
            raise GensmithError(f"{detail['loc'][0]}: {detail['msg']}.", "Choose another value.") from error
        except GensmithError:
            self.document = Document.model_validate_json(before)
            raise

    def amend(self, section: str, **values: object) -> None:
        """Set fields that follow from a change made before, and save: no step of its own for undo."""
        undo, redo = self._undo, self._redo
        self.change(section, **values)
        self._undo, self._redo = undo, redo

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    @property
    def last_change(self) -> tuple[Document, Document] | None:
        """The document before and after the change that :meth:`undo` takes back."""
        return (Document.model_validate_json(self._undo[-1]), self.document) if self._undo else None

    @property
    def next_change(self) -> tuple[Document, Document] | None:
        """The document before and after the change that :meth:`redo` makes again."""
        return (self.document, Document.model_validate_json(self._redo[-1])) if self._redo else None

    def undo(self) -> None:
        """Take the last change back; does nothing when there is none."""
        self._step(self._undo, self._redo)

    def redo(self) -> None:
        """Make the change taken back last again."""
        self._step(self._redo, self._undo)

    def _step(self, source: list[str], target: list[str]) -> None:
        """The page that is open stays open; a disk that refuses leaves everything as it was."""
        if not source:
            return
        now, then = self.document, Document.model_validate_json(source[-1])
        then.step = now.step
        self.document = then
        try:
            self.save()
        except GensmithError:
            self.document = now
            raise
        source.pop()
        target.append(now.model_dump_json())

    @property
    def data_folder(self) -> Path:
        """Folder of the encoded arrays, thumbnails and the import's findings."""
        return self.folder / "data"

    @property
    def encoded_folder(self) -> Path | None:
        """Folder of the arrays that the current choices made, if they were made and are still there."""
        name = self.document.data.encoded
        folder = self.data_folder / name if name else None
        return folder if folder and folder.is_dir() else None

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    def runs(self) -> list[Run]:
        """All runs, oldest first."""
        return list_runs(self.runs_folder)


def _lock(folder: Path) -> FileLock:
    """Take the project's lock, or say that another window has it."""
    lock = FileLock(folder / ".lock", timeout=0)
    with explained(folder):
        try:
            lock.acquire()
        except Timeout as error:
            raise GensmithError(
                f"The project {folder.name} is open in another window or command.", "Close it there first.", code=4
            ) from error
    return lock


def recent() -> list[Path]:
    """Folders of the projects opened last that are still there, newest first."""
    try:
        names = json.loads((home() / "recent.json").read_text(encoding="utf-8"))
        return [Path(name) for name in names if (Path(name) / DOCUMENT).is_file()]
    except (OSError, ValueError, TypeError):
        return []


def remember(folder: Path) -> None:
    """Put a project first among the recent ones; a home that cannot be written is no reason to fail."""
    names = [str(folder), *(str(path) for path in recent() if path != folder)][:RECENT_LIMIT]
    try:
        write_json(home() / "recent.json", names)
    except GensmithError:
        return


def forget(folder: Path) -> None:
    """Take a project off the list of recent ones; its folder stays."""
    write_json(home() / "recent.json", [str(path) for path in recent() if path != folder])
