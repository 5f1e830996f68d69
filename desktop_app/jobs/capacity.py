"""What this machine has and how fast it is: looked at, measured for the pictures at hand, learned from trainings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.jobs import calibration, catalog, journey, machine, rehearsal
from desktop_app.jobs.calibrator import Calibrator
from desktop_app.jobs.story import Story
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.runs import Run


class Capacity(QObject):
    """The machine and its speed, as far as they are known; what is slow to find out comes in the background.

    Attributes
    ----------
    machine
        None until it was looked at.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.machine: machine.Machine | None = None
        self.speed = machine.Speed(20.0, "assumed")
        self._calibrator = Calibrator(self)
        self._calibrator.found.connect(self._speed_found)
        self._calibrator.ended.connect(self.changed)

    def look(self, folder: Path | None, shape: catalog.Shape | None) -> None:
        """Find out what this machine has and how fast it is with pictures of that shape, in the background."""
        task = Task(_measure, folder, shape, parent=self)
        task.succeeded.connect(self._found)
        task.start()

    def calibrate(self, shape: catalog.Shape) -> None:
        """Have the speed measured for such pictures, in the background."""
        if self.machine is not None:
            self._calibrator.want(self.machine, shape)

    @property
    def calibrating(self) -> bool:
        """Whether its speed is being measured."""
        return self._calibrator.busy

    def give_way(self) -> None:
        """Stop measuring: the processor is needed."""
        self._calibrator.forget()

    def learn(self, run: Run, story: Story) -> None:
        """Let the next estimates start from what this training reached."""
        if self.machine is None:
            return
        reached = journey.reached_gflops(run, story, self.machine.trains_on)
        if reached is not None:
            machine.remember_speed(self.machine, reached)
            rates = journey.remember_rate(run, story, self.machine)
            self.speed = replace(self.speed, gflops=reached, source="training", rates={**self.speed.rates, **rates})
            self.changed.emit()

    def take_rehearsal(self, found: rehearsal.Rehearsal, shape: catalog.Shape) -> None:
        """Let estimates start from what a rehearsal reached on pictures of that shape."""
        rates = rehearsal.learn(found, self.machine, shape) if self.machine is not None else {}
        if rates:
            self.speed = replace(self.speed, source="rehearsal", rates={**self.speed.rates, **rates})
            self.changed.emit()

    @Slot(object)
    def _found(self, found: tuple[machine.Machine, machine.Speed]) -> None:
        self.machine, self.speed = found
        self.changed.emit()

    @Slot(object)
    def _speed_found(self, speed: machine.Speed) -> None:
        self.speed = speed
        self.changed.emit()


def _measure(_: Reporter, folder: Path | None, shape: catalog.Shape | None) -> tuple[machine.Machine, machine.Speed]:
    found = machine.describe(folder)
    return found, calibration.of(found, shape) if shape else machine.speed(found)
