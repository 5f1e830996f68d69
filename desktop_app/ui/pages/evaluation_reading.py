"""What the views have in common that read a run themselves: they wait until they are seen, and say what they found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.jobs import tasks
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.runs import Run
from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.widgets import Dot, Label


class RunView(QWidget):
    """Nothing is read before the view is seen; of several requests the latest wins.

    Parameters
    ----------
    read
        Reads the run, in the background.
    waiting
        What is said meanwhile.

    ``said`` is the row with what was found in words and its dot; ``found`` is None until something was read. ``parts`` are
    hidden while there is nothing to show; a view shows those that it fills when ``arrived`` is sent.
    """

    arrived = Signal(object)  # what was read

    def __init__(self, read: Callable[[Reporter, Run], Any], waiting: str) -> None:
        super().__init__()
        self.found: Any = None
        self.parts: Sequence[QWidget] = ()
        self.dot, self.words = Dot(height=18), Label("", wrap=True)
        self.said = QHBoxLayout()
        self.said.setSpacing(8)
        self.said.addWidget(self.dot, 0, Qt.AlignmentFlag.AlignTop)
        self.said.addWidget(self.words, 1)
        self._read, self._waiting = read, waiting
        self._results: Results | None = None
        self._shown: Run | None = None
        self._task: Task | None = None

    # ------------------------------------------------------------ reading

    def show_results(self, results: Results) -> None:
        """Look at another evaluation."""
        self._results, self._shown = results, None
        self._load()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._load()

    def _load(self) -> None:
        run = self._results.run if self._results else None
        if run is None or run == self._shown or not self.isVisible():
            return
        self._shown, self.found = run, None
        self.say(self._waiting)
        task = self._task = tasks.run(self._read, run, parent=self)
        task.succeeded.connect(lambda found: self._take(task, found))
        task.failed.connect(lambda error: self.say(str(error)) if task is self._task else None)
        task.ended.connect(task.deleteLater)

    def _take(self, task: Task, found: Any) -> None:
        if task is not self._task or not isValid(self):
            return
        self._task, self.found = None, found
        self.say("")
        self.arrived.emit(found)

    def say(self, words: str) -> None:
        """Words alone."""
        self.words.setText(words)
        self.words.show()
        for part in (self.dot, *self.parts):
            part.hide()


def emptied(layout: QBoxLayout) -> None:
    """Take everything out of a layout."""
    while layout.count():
        if (part := layout.takeAt(0).widget()) is not None:
            part.hide()
            part.deleteLater()
