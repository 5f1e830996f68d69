"""The run that the window looks at: its story, its state, and why it ended."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.jobs import launch
from desktop_app.jobs.story import Story
from desktop_app.jobs.watcher import RunWatcher
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run

WORKING = frozenset({"starting", "running"})


class Follower(QObject):
    """Follows one run at a time, whoever works on it.

    Attributes
    ----------
    state
        Of the run: "none" without one, "" until it is known, "starting", or one of the run's own states.
    complete
        Whether the whole past has been read into the story.
    """

    changed = Signal()  # another run, its story starts anew
    events = Signal(list)  # already taken into the story
    state_changed = Signal(str)
    ticked = Signal()  # once a second while it works

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.run: Run | None = None
        self.state = "none"
        self.error: GensmithError | None = None
        self.story = Story()
        self.complete = False
        self._watcher: RunWatcher | None = None
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self.ticked)

    @property
    def working(self) -> bool:
        """Whether an engine works on it."""
        return self.state in WORKING

    def follow(self, run: Run | None, *, started: bool = False) -> None:
        """Look at another run, from its first event on; ``started`` when an engine was just started on it."""
        self._end_watcher()
        self.run, self.story, self.complete = run, Story(), False
        self.state, self.error = ("none" if run is None else ""), None
        self._tick.stop()
        self.changed.emit()
        if run is not None:
            self._watcher = watcher = RunWatcher(run, self)
            watcher.events.connect(self._take)
            watcher.caught_up.connect(self._caught_up)
            watcher.state.connect(self._state)
            if started:
                self.expect()
            watcher.start()

    def expect(self) -> None:
        """An engine was just started on the run."""
        if self._watcher is not None:
            self._watcher.expect()
            self._take_state("starting")

    def _end_watcher(self) -> None:
        if self._watcher is not None:
            self._watcher.end()
            self._watcher.deleteLater()
            self._watcher = None

    # Signals of a watcher that was let go may still be under way: they are told apart by their sender.

    @Slot(list)
    def _take(self, events: list[Any]) -> None:
        if self.sender() is self._watcher:
            self.story.take(events)
            self.events.emit(events)

    @Slot()
    def _caught_up(self) -> None:
        if self.sender() is self._watcher:
            self.complete = True
            self.events.emit([])

    @Slot(str)
    def _state(self, state: str) -> None:
        if self.sender() is self._watcher:
            self._take_state(state)

    def _take_state(self, state: str) -> None:
        self.state = state
        self.error = self._why(state)
        if state in WORKING:
            self._tick.start()
        else:
            self._tick.stop()
        self.state_changed.emit(state)

    def _why(self, state: str) -> GensmithError | None:
        """What to say about a run that ended badly."""
        assert self.run is not None
        if state == "failed":
            return self._failure(self.run)
        return launch.explain_death(self.run) if state in ("interrupted", "ready") else None

    def _failure(self, run: Run) -> GensmithError:
        ending = self.story.ending
        message = getattr(ending, "message", "The training did not finish.")
        remedy, details = getattr(ending, "remedy", ""), getattr(ending, "details", "")
        return GensmithError(message, remedy, code=5, details=details or launch.log_tail(run))
