"""Pictures as they are and as the model will see them, fetched in the background; the latest wish wins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs import tasks
from desktop_app.jobs.session import Session
from desktop_app.project.errors import GensmithError

if TYPE_CHECKING:
    from desktop_app.data import Item
    from desktop_app.project.document import Data

DEFAULT_SIZE = 32


class Previewer(QObject):
    """Fetches what the inspector and the settings show. ``ready`` hands over (seen, whole) per item, in order.

    ``seen`` is uint8 (size, size, C) as the model will see it; ``whole`` is encoded bytes or a path of the item as it is.
    Either is None when it cannot be shown.
    """

    ready = Signal(object)

    def __init__(self, session: Session, *, side: int = 0, parent: QObject | None = None) -> None:
        """``side``: largest side in pixels of the item as it is; 0 leaves it out."""
        super().__init__(parent)
        self._session, self._side = session, side
        self._task: tasks.Task | None = None

    def ask(self, items: list[Item]) -> None:
        """Fetch these; an earlier wish that is not fulfilled yet is dropped."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        project = self._session.project
        if project is None or not items:
            return
        data = project.document.data.model_copy(deep=True)
        inventory = self._session.inventory
        size = data.size or (inventory.proposed_size if inventory else DEFAULT_SIZE)
        gray = bool(inventory and inventory.gray)
        task = tasks.run(_fetch, list(items), data, size, gray, self._side, project.data_folder, parent=self)
        task.succeeded.connect(self.ready)
        task.ended.connect(task.deleteLater)
        task.ended.connect(lambda: self._forget(task))
        self._task = task

    def _forget(self, task: tasks.Task) -> None:
        if self._task is task:
            self._task = None


def _fetch(
    reporter: tasks.Reporter, items: list[Item], data: Data, size: int, gray: bool, side: int, folder: Any
) -> list[tuple[Any, Any]]:
    found = []
    for item in items:
        if reporter.cancelled():
            break
        found.append((_seen(item, data, size, gray), _whole(item, side, folder) if side else None))
    return found


def _seen(item: Item, data: Data, size: int, gray: bool) -> Any:
    from desktop_app.data import picture

    try:
        return picture(item.path, data, size, gray=gray, frame=item.frame, mend=data.mends.get(item.key))
    except GensmithError:
        return None


def _whole(item: Item, side: int, folder: Any) -> Any:
    from desktop_app.data import thumbnail

    whole = item if item.mend is None else replace(item, mend=None, digest="")  # as it is, and not as it was mended
    try:
        return thumbnail(whole, side, folder)
    except GensmithError:
        return None
