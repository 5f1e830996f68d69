"""Step 2 in the background: pictures inspected, decided upon, encoded; the latest request wins."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.jobs import journey
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.document import Data
from desktop_app.project.errors import GensmithError

if TYPE_CHECKING:
    from desktop_app.data import Inventory, Kept

AT_ONCE = 5_000
"""Items up to which decisions are made without a thread: a few milliseconds."""


class Importer(QObject):
    """What is known of the pictures, and the work that finds it out."""

    changed = Signal()  # work began, went on or ended
    ended = Signal()
    inventory_changed = Signal()
    prepared = Signal(object)  # journey.Prepared
    failed = Signal(object)  # GensmithError

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.inventory: Inventory | None = None
        self.error: GensmithError | None = None
        self._task: Task | None = None

    @property
    def task(self) -> Task | None:
        """The work under way."""
        return self._task

    def look(self, data: Data, folder: Path) -> None:
        """Inspect only; ``folder`` is the project's data folder."""
        self._start(_look, data.model_copy(deep=True), folder, self.inventory is None).succeeded.connect(self._found)

    def prepare(self, data: Data, folder: Path) -> None:
        """Inspect and make the arrays; ``prepared`` hands over what to keep in the document."""
        self._start(_prepare, data.model_copy(deep=True), folder, self.inventory is None).succeeded.connect(self._prepared)

    def decide(self, data: Data) -> None:
        """Choices about single items changed: show their effect now, the arrays follow."""
        if self.inventory is None:
            return
        if len(self.inventory.items) <= AT_ONCE:
            self._found(_decide(None, self.inventory, data))
        else:
            self._start(_decide, self.inventory, data.model_copy(deep=True)).succeeded.connect(self._found)

    def drop(self) -> None:
        """Cancel what is under way; nothing of it is taken any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.changed.emit()

    def forget(self) -> None:
        """There are no pictures any more."""
        gc.unfreeze()
        self.drop()
        self.error = None
        self._found(None)

    def _start(self, function: Callable[..., Any], *args: Any) -> Task:
        self.drop()
        self.error = None
        task = self._task = Task(function, *args, parent=self)
        task.progressed.connect(self.changed)
        task.partial.connect(self._found)
        task.failed.connect(self._failed)
        task.ended.connect(lambda: self._ended(task))
        self.changed.emit()
        return task.start()

    @Slot(object)
    def _found(self, inventory: Inventory | None) -> None:
        if inventory is not None and inventory == self.inventory:  # as it was kept: who shows it need not do so again
            return
        self.inventory = inventory
        self.inventory_changed.emit()

    @Slot(object)
    def _prepared(self, done: journey.Prepared) -> None:
        self._found(done.inventory)
        self.prepared.emit(done)

    @Slot(object)
    def _failed(self, error: GensmithError) -> None:
        self.error = error
        self.failed.emit(error)

    def _ended(self, task: Task) -> None:
        if task is self._task:
            self._task = None
            self.changed.emit()
            self.ended.emit()
        task.deleteLater()


def _prepare(reporter: Reporter, data: Data, folder: Path, fresh: bool) -> journey.Prepared:
    kept = _show_kept(reporter, data, folder) if fresh else None
    return journey.prepare(data, folder, kept=kept, progress=reporter.progress, cancelled=reporter.cancelled)


def _look(reporter: Reporter, data: Data, folder: Path, fresh: bool) -> Inventory:
    kept = _show_kept(reporter, data, folder) if fresh else None
    return journey.look(data, folder, kept=kept, progress=reporter.progress, cancelled=reporter.cancelled)


def _show_kept(reporter: Reporter, data: Data, folder: Path) -> Kept | None:
    """Hand over what was found last time, to be looked at until the files themselves were."""
    from desktop_app.data import decide, recall, undisturbed

    with undisturbed():
        kept = recall(data, folder)
        if kept is None:
            return None
        if not kept.decided:
            kept = replace(kept, inventory=decide(kept.inventory, data))
        gc.freeze()  # it stays until the project is closed: a search for garbage in it holds the window up for nothing
    reporter.partial(kept.inventory)
    return kept


def _decide(_: Reporter | None, inventory: Inventory, data: Data) -> Inventory:
    from desktop_app.data import decide

    return decide(inventory, data)
