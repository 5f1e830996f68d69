"""Step 2 of the open project: what it learns from, inspected and made into arrays whenever a choice asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.jobs import journey
from desktop_app.jobs.desk import Desk
from desktop_app.jobs.editing import Editing
from desktop_app.jobs.importer import Importer
from desktop_app.project.document import Data

if TYPE_CHECKING:
    from desktop_app.data import Arrays, Inventory
    from desktop_app.project.errors import GensmithError

SHAPE_DELAY = 500
"""Milliseconds without a further change of the data choices before the arrays are made again."""
SINGLE = frozenset({"left_out", "kept", "held_out", "unwanted", "kinds", "captions"})
"""Data choices whose effect is known without looking at the pictures again."""


class Material(QObject):
    """The sources of the project on the desk, their inspection and their arrays."""

    changed = Signal()  # the import began, went on, ended
    inventory_changed = Signal()

    def __init__(self, desk: Desk, editing: Editing) -> None:
        super().__init__(desk)
        self._desk, self._editing = desk, editing
        self._encoded: tuple[Path, Arrays | None] | None = None
        self._importer = importer = Importer(self)
        self._reshape = QTimer(self, singleShot=True, interval=SHAPE_DELAY)
        self._reshape.timeout.connect(self.prepare)
        editing.data_changed.connect(self._follow)
        importer.changed.connect(self.changed)
        importer.ended.connect(desk.changed)
        importer.inventory_changed.connect(self.inventory_changed)
        importer.prepared.connect(self._prepared)
        importer.failed.connect(desk.failed)

    @property
    def inventory(self) -> Inventory | None:
        """What is known of the pictures; None until they were inspected."""
        return self._importer.inventory

    @property
    def error(self) -> GensmithError | None:
        """Why the last inspection or preparation failed."""
        return self._importer.error

    @property
    def importing(self) -> bool:
        """Whether pictures are being inspected or prepared, or are about to be."""
        return self._importer.task is not None or self._reshape.isActive()

    @property
    def fraction(self) -> float:
        """How much of that is done, 0 to 1."""
        return self._importer.task.fraction if self._importer.task else 0.0

    @property
    def message(self) -> str:
        """What is being done."""
        return self._importer.task.message if self._importer.task else ""

    def add_sources(self, paths: Iterable[Path]) -> bool:
        """Take further folders and files; their preparation starts at once."""
        known = self._desk.document.data.sources
        new = [path for path in (str(Path(path).absolute()) for path in paths) if path not in known]
        return bool(new) and self._set_sources([*known, *new])

    def remove_source(self, source: str) -> bool:
        """Take a folder or file out again; nothing on the disk is touched."""
        return self._set_sources([path for path in self._desk.document.data.sources if path != source])

    def _set_sources(self, sources: list[str]) -> bool:
        if not self._editing.change("data", sources=sources):
            return False
        if sources:
            self.prepare()
        return True

    @Slot()
    def prepare(self) -> None:
        """Inspect the pictures and make the arrays, in the background; a preparation under way starts anew."""
        self._reshape.stop()
        project = self._desk.project
        if project is not None and not project.read_only and project.document.data.sources:
            self._importer.prepare(project.document.data, project.data_folder)

    def look(self) -> None:
        """After opening: make the arrays where they are missing, else inspect only, so that the pictures can be shown."""
        project = self._desk.project
        assert project is not None
        if project.encoded_folder is None and not project.read_only:
            self.prepare()
        else:
            self._importer.look(project.document.data, project.data_folder)

    def cancel(self) -> None:
        """Stop inspecting and preparing; what was there before stays."""
        self._reshape.stop()
        self._importer.drop()
        self._desk.changed.emit()

    def forget(self) -> None:
        """The project is closed, or has no sources any more."""
        self._reshape.stop()
        self._importer.forget()
        self._encoded = None

    def encoded(self) -> Arrays | None:
        """The arrays of the current data choices, opened (memory-mapped); None while there are none."""
        folder = self._desk.project.encoded_folder if self._desk.project else None
        if folder is None:
            return None
        if self._encoded is None or self._encoded[0] != folder:
            from desktop_app.data import open_arrays

            opened = self._desk.attempt(lambda: open_arrays(folder))
            self._encoded = (folder, opened)
        return self._encoded[1]

    @Slot(object)
    def _follow(self, before: Data) -> None:
        """Bring the arrays and the inventory after the choices, wherever those came from (undo included)."""
        data = self._desk.document.data
        differing = {name for name in (*journey.SHAPING, "encoded") if getattr(data, name) != getattr(before, name)}
        if not differing:
            return
        self._importer.drop()
        if not data.sources:
            self._reshape.stop()
            self._importer.forget()
        elif data.encoded is None:
            if differing <= SINGLE | {"encoded"}:
                self._importer.decide(data)
            self._reshape.start()
        else:
            self.look()

    @Slot(object)
    def _prepared(self, done: journey.Prepared) -> None:
        project = self._desk.project
        if project is not None:
            self._desk.attempt(lambda: project.amend("data", **done.changes))
            self._desk.changed.emit()
