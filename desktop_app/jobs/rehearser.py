"""The rehearsal of the open project's training: at most one, in the background, and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.jobs import rehearsal
from desktop_app.jobs.desk import Desk
from desktop_app.jobs.rehearsal import Rehearsal
from desktop_app.jobs.story import Story
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Tried
from desktop_app.project.store import Project


@dataclass(frozen=True)
class State:
    """How far a rehearsal is: a share from 0 to 1, what is being done, and what went well so far."""

    fraction: float = 0.0
    words: str = ""
    tried: list[Tried] = field(default_factory=list)


class Rehearser(QObject):
    """Rehearses, and keeps what was found until the project or its settings are others.

    Attributes
    ----------
    state
        How far it is.
    found
        What the last one found, if it went well.
    error
        Why the last one failed.
    """

    changed = Signal()
    rehearsed = Signal(object)  # Rehearsal

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._task: Task | None = None
        self.state = State()
        self.found: Rehearsal | None = None
        self.error: GensmithError | None = None

    @property
    def busy(self) -> bool:
        """Whether one is at work."""
        return self._task is not None

    def start(self) -> bool:
        """Begin, unless one is at work or nothing may be written."""
        project = self._desk.project
        if self.busy or project is None or self._desk.read_only:
            return False
        self.state, self.found, self.error = State(words="Getting ready"), None, None
        self._task = task = Task(_rehearse, project, parent=self)
        task.partial.connect(self._reached)
        task.succeeded.connect(self._succeeded)
        task.failed.connect(self._failed)
        task.ended.connect(lambda: self._ended(task))
        task.start()
        self.changed.emit()
        return True

    def cancel(self) -> None:
        """End the one at work; nothing is left of it."""
        if self._task is not None:
            self._task.cancel()

    def forget(self) -> None:
        """The project is closed."""
        self.cancel()
        self.state, self.found, self.error = State(), None, None

    def holds(self, network: str) -> Rehearsal | None:
        """What was found of the training that would start now, with a network of that size; None where it was another."""
        project = self._desk.project
        if self.found is None or project is None:
            return None
        try:
            return self.found.of(rehearsal.request_of(project), network)
        except GensmithError:
            return None

    @Slot(object)
    def _reached(self, state: State) -> None:
        self.state = state
        self.changed.emit()

    @Slot(object)
    def _succeeded(self, found: Rehearsal) -> None:
        self.found = found
        self.rehearsed.emit(found)

    @Slot(object)
    def _failed(self, error: GensmithError) -> None:
        self.error = error
        self._desk.failed.emit(error)

    def _ended(self, task: Task) -> None:
        if task is self._task:
            self._task = None
        task.deleteLater()
        self.changed.emit()


def _rehearse(reporter: Reporter, project: Project) -> Rehearsal:
    def told(fraction: float, words: str, story: Story) -> None:
        reporter.partial(State(fraction, words, list(story.tried.values())))

    return rehearsal.rehearse(project, told=told, cancelled=reporter.cancelled)
