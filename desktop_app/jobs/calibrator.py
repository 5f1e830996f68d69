"""Measures this machine for the pictures at hand, in the background and once; the window asks as often as it likes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.engine.families.declaration import Shape
from desktop_app.jobs import calibration
from desktop_app.jobs.machine import Machine, Speed
from desktop_app.jobs.tasks import Reporter, Task

Key = tuple[int, int, int, bool]
"""What a speed depends on: side, squares that it consists of, channels, whether there are classes."""


class Calibrator(QObject):
    """At most one measurement at a time; the newest wish wins."""

    found = Signal(object)  # Speed
    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._key: Key | None = None
        self._task: Task | None = None

    @property
    def busy(self) -> bool:
        """Whether it measures now."""
        return self._task is not None

    def want(self, machine: Machine, shape: Shape) -> None:
        """Find out the speed for pictures of that shape, unless that is known or under way."""
        key = (shape.size, shape.repeat, shape.channels, shape.classes > 0)
        if key != self._key:
            self.forget()
            self._key = key
            task = self._task = Task(_find, machine, shape, parent=self)
            task.succeeded.connect(self.found)
            task.ended.connect(lambda: self._ended(task))
            task.start()

    def forget(self) -> None:
        """Give up what is under way, for the processor is needed elsewhere; it is measured when it is wanted again."""
        self._key = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @Slot()
    def _ended(self, task: Task) -> None:
        if task is self._task:
            self._task = None
            self.ended.emit()
        task.deleteLater()


def _find(reporter: Reporter, machine: Machine, shape: Shape) -> Speed:
    if calibration.measured(machine, shape):
        return calibration.of(machine, shape)
    return calibration.measure(machine, shape, cancelled=reporter.cancelled)
