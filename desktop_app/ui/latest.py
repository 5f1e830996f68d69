"""Work of a page in the background, of which only the latest of a sort counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.jobs import tasks
from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Task


class Latest(QObject):
    """Starts functions in the background; lives as long as the page, and no result reaches a page that is gone."""

    failed = Signal(object)  # GensmithError

    def __init__(self, page: QWidget, session: Session) -> None:
        super().__init__(page)
        self._session = session
        self._tasks: dict[str, Task] = {}

    def start(self, what: str, function: Callable[..., Any], *args: Any, done: Callable[[Any], None]) -> Task:
        """Run a function in the background; of two of one sort only the later one's result counts."""
        task = tasks.run(function, *args, parent=self._session)
        self._tasks[what] = task
        task.succeeded.connect(lambda result: self.counts(what, task) and done(result))
        task.failed.connect(lambda error: self.counts(what, task) and self.failed.emit(error))
        task.ended.connect(task.deleteLater)
        return task

    def counts(self, what: str, task: Task) -> bool:
        """Whether it is still the latest of its sort, and somebody is there to see its result."""
        return isValid(self) and self._tasks.get(what) is task

    def drop(self, what: str) -> None:
        """End the work of a sort; its result is not wanted any more."""
        task = self._tasks.pop(what, None)
        if task is not None and isValid(task):
            task.cancel()
