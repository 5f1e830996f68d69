"""Pictures being drawn on the deployment page: they come one by one, and the latest request wins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Task
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.ui.pages import deployment_work as work
from desktop_app.ui.pages.deployment_gallery import Gallery
from desktop_app.ui.pages.deployment_targets import speed_words

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Picture, Request

_MEASURED = 4
"""Pictures from which on the time that they took says how fast the model draws."""


class Drawing(QObject):
    """Draws one request at a time into the gallery.

    Attributes
    ----------
    shown
        What the gallery's pictures were asked for with; None when they are not all that was asked for.
    rate
        Pictures a second, measured; None before.
    """

    changed = Signal()
    drawn = Signal()
    failed = Signal(object)  # GensmithError

    def __init__(self, page: QWidget, session: Session, gallery: Gallery) -> None:
        super().__init__(page)
        self.shown: tuple[Run, Request] | None = None
        self.rate: float | None = None
        self._session, self._gallery = session, gallery
        self._task: Task | None = None
        self._begun = 0.0

    @property
    def active(self) -> bool:
        """Whether pictures are being drawn now."""
        return self._task is not None

    def draw(self, request: Request, run: Run) -> None:
        """Draw with a run's model; an earlier request is dropped."""
        self.cancel()
        task = self._session.generate(request, run)
        if task is None:
            return
        self._task, self.shown, self._begun = task, (run, request), 0.0
        self._gallery.begin(request.count)
        task.progressed.connect(lambda fraction, _: self._advanced(task, fraction))
        task.partial.connect(lambda picture: self._arrived(task, picture))
        task.succeeded.connect(lambda _: self._all_drawn(task, request.count))
        task.failed.connect(lambda error: self._failed(task, error))
        task.ended.connect(task.deleteLater)
        task.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop drawing; what has come stays."""
        if self._task is not None:
            self._task.cancel()
            self._end(f"{len(self._gallery.new.all()):,} pictures, then cancelled")
            self.shown = None
            self.changed.emit()

    def _current(self, task: Task) -> bool:
        """Latest request wins, and only on a page that is still there."""
        return task is self._task and isValid(self)

    def _advanced(self, task: Task, fraction: float) -> None:
        if self._current(task):
            self._begun = self._begun or time.perf_counter()
            there, total = len(self._gallery.new.all()), len(self._gallery.new.pictures)
            self._gallery.progress.advance(fraction, f"{there:,} of {total:,}")

    def _arrived(self, task: Task, picture: Picture) -> None:
        if self._current(task):
            self._begun = self._begun or time.perf_counter()
            self._gallery.arrived(picture.number, work.drawn(picture))

    def _all_drawn(self, task: Task, count: int) -> None:
        if not self._current(task):
            return
        seconds = time.perf_counter() - self._begun if self._begun else 0.0
        if measured := count >= _MEASURED and seconds > 0:
            self.rate = count / seconds
        speed = f" · {speed_words(self.rate)}" if measured and self.rate else ""
        self._end(f"{count:,} {'picture' if count == 1 else 'pictures'}{speed}")
        self.drawn.emit()
        self.changed.emit()

    def _failed(self, task: Task, error: GensmithError) -> None:
        if self._current(task):
            self._end("")
            self.shown = None
            self.failed.emit(error)
            self.changed.emit()

    def _end(self, words: str) -> None:
        self._task = None
        self._gallery.end(words)
