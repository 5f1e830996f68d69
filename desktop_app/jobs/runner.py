"""The runs of the open project: one is followed, engines are started and asked, others wait for their turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.jobs import journey, launch, origins
from desktop_app.jobs.desk import MACHINE, Desk
from desktop_app.jobs.editing import Editing
from desktop_app.jobs.follower import Follower
from desktop_app.jobs.story import Story
from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import Queue, current_run
from desktop_app.project.runs import Run
from desktop_app.project.store import Project

LOOK = 1000
"""Milliseconds between two looks at the queue, which moves by itself."""


class Runner(QObject):
    """Starts, asks, follows and removes runs of the project on the desk. One engine at a time, the others queue."""

    starting = Signal()  # an engine is about to be started
    learned = Signal()  # the run that is followed was at work and has ended with something to show
    state_changed = Signal(str)

    def __init__(self, desk: Desk, editing: Editing) -> None:
        super().__init__(desk)
        self._desk, self._editing = desk, editing
        self._worked = False
        self._queue: tuple[list[Run], bool] = ([], False)
        self._begun: list[Run] = []  # runs whose turn has come, to be looked at once the one before has ended
        self._look = QTimer(self, interval=LOOK)
        self._look.timeout.connect(self._look_at_queue)
        self.follower = Follower(self)
        self.follower.state_changed.connect(self._state)

    # ------------------------------------------------------------ which there are, and the one that is followed

    def runs(self) -> list[Run]:
        """All runs of the project, oldest first."""
        return self._desk.project.runs() if self._desk.project else []

    def current(self) -> Run | None:
        """The run that stands for the project."""
        return current_run(self.runs())

    @property
    def run(self) -> Run | None:
        """The run that is followed."""
        return self.follower.run

    @property
    def working(self) -> bool:
        """Whether an engine works on it."""
        return self.follower.working

    @property
    def story(self) -> Story:
        """Everything that it has said so far."""
        return self.follower.story

    def select(self, run: Run | None) -> None:
        """Follow another run: its past is read, and its present if it works."""
        if run != self.run:
            self.follower.follow(run)
            self._desk.changed.emit()

    def forget(self) -> None:
        """The project is closed; a training goes on, and so does the queue."""
        self._look.stop()
        self._queue = ([], False)
        self.follower.follow(None)

    def follow_current(self) -> None:
        """Look at the run that stands for the project, and keep an eye on the queue."""
        self._queue, self._begun = self._state_of_queue(), []
        self._look.start()
        self.follower.follow(self.current())

    @Slot(str)
    def _state(self, state: str) -> None:
        if self._worked and state in ("finished", "stopped", "paused"):
            self.learned.emit()
        self._worked = self.working
        self.state_changed.emit(state)

    # ------------------------------------------------------------ starting

    def train(self, name: str | None = None) -> Run | None:
        """Freeze the project into a new run and start it; while another is at work it waits for its turn."""
        project = self._desk.project
        if project is None or not self.may_write():
            return None
        self._forget_strangers(project)
        run = self._desk.attempt(lambda: launch.new_run(project, name))
        if run is not None:
            self.begin(run)
        return run

    def begin(self, run: Run) -> bool:
        """Start a new run, or let it wait for its turn where another is at work."""
        busy = self.busy()
        if busy is None:
            return self.launch(run)
        done = self._arrange(lambda queue: queue.put(run))
        if done:
            self._keep_queue(busy)
            self._desk.said.emit("It waits in the queue and starts by itself, even when the window is closed.")
        return done

    def _forget_strangers(self, project: Project) -> None:
        if names := self._desk.attempt(lambda: launch.forget_strangers(project)):
            self._desk.said.emit(f"Left out, because this Gensmith does not know these settings: {', '.join(names)}.")

    def resume(self, run: Run | None = None) -> bool:
        """Go on with a run that was paused or interrupted."""
        run = run or self.run
        return run is not None and self.may_start() and self.launch(run)

    def keep(self) -> bool:
        """Make a model of a run that is paused or was interrupted, as far as it had come."""
        return self.run is not None and self.may_start() and self.launch(self.run, want="stop")

    def evaluate(self, run: Run | None = None) -> bool:
        """Judge a run's model again."""
        run = run or (journey.run_to_judge(self._desk.project) if self._desk.project else None)
        return run is not None and self.may_start() and self.launch(run, "evaluate")

    def may_start(self) -> bool:
        """Whether an engine may be started now; if not, the reason is told."""
        if not self.may_write():
            return False
        busy = self.busy()
        if busy is None:
            return True
        words = "is about to start" if busy.queued else "is still at work"
        self._desk.failed.emit(GensmithError(f"{busy.spec.name} {words}.", "Wait for it, pause it or stop it first."))
        return False

    def may_write(self) -> bool:
        """Whether the project can be changed; if not, the reason is told."""
        if self._desk.read_only:
            reason = self._desk.read_only_reason
            self._desk.failed.emit(GensmithError("This project is open for reading only.", reason, code=MACHINE))
        return not self._desk.read_only

    def busy(self) -> Run | None:
        """The run that is at work, or the next one where the queue is about to start it; None when there is none."""
        return self.at_work() or next(iter(self.waiting() if self.moving else []), None)

    def at_work(self) -> Run | None:
        """The run that an engine works on, or is about to."""
        return next((run for run in self.runs() if run.at_work() or launch.child_of(run)), None)

    def launch(self, run: Run, verb: launch.Verb = "train", want: launch.Want = "run") -> bool:
        """Start an engine on a run and follow it."""
        self.starting.emit()
        started = self._desk.attempt(lambda: launch.start_engine(run, verb, want)) is not None
        if run != self.run:
            self.follower.follow(run, started=started)
        elif started:
            self.follower.expect()
        self._desk.changed.emit()
        return started

    # ------------------------------------------------------------ the queue

    def waiting(self) -> list[Run]:
        """The runs that wait for their turn, the next one first."""
        return Queue(self._desk.project.runs_folder).waiting() if self._desk.project else []

    @property
    def moving(self) -> bool:
        """Whether the next of them starts by itself."""
        return self._desk.project is not None and launch.is_kept(self._desk.project.runs_folder)

    def put_first(self, run: Run) -> bool:
        """Let a run that waits be the next."""
        return self._arrange(lambda queue: queue.put_first(run))

    def take_out(self, run: Run) -> bool:
        """Let a run wait no longer: one that has learned something stays, any other is removed."""
        return self._arrange(lambda queue: queue.take_out(run)) if origins.has_learned(run) else self.delete(run)

    def start_queue(self) -> bool:
        """Let the queue move where nothing is at work: after a pause, or a power cut."""
        project = self._desk.project
        if project is None or not self.may_start():
            return False
        done = self._desk.attempt(lambda: launch.keep_queue(project.runs_folder) or True) is not None
        self._desk.changed.emit()
        return done

    def _arrange(self, change: Callable[[Queue], None]) -> bool:
        """Change the line of those that wait."""
        project = self._desk.project
        if project is None or not self.may_write():
            return False
        done = self._desk.attempt(lambda: change(Queue(project.runs_folder)) or True) is not None
        self._queue = self._state_of_queue()  # what is taken out here has not begun
        self._desk.changed.emit()
        return done

    def _state_of_queue(self) -> tuple[list[Run], bool]:
        waiting = self.waiting()
        return waiting, bool(waiting) and self.moving

    @Slot()
    def _look_at_queue(self) -> None:
        """Notice what was started, and look at it, once, in place of a run that has ended."""
        before, self._queue = self._queue, self._state_of_queue()
        if not before[0] and not self._queue[0] and not self._begun:
            return
        self._begun += [run for run in before[0] if run not in self._queue[0] and run.folder.is_dir()]
        if self._begun and not self.working:
            if self._begun[-1] != self.run:
                self.follower.follow(self._begun[-1])
                self._desk.said.emit("The next training has begun.")
            self._begun = []
        working = self.at_work()
        if working is not None:
            self._keep_queue(working)  # its keeper may have been killed
        if before != self._queue:
            self._desk.changed.emit()

    def _keep_queue(self, after: Run) -> None:
        project = self._desk.project
        if project is not None and not self._desk.read_only:
            self._desk.attempt(lambda: launch.keep_queue(project.runs_folder, after=after))

    # ------------------------------------------------------------ asking

    def pause(self) -> bool:
        """Ask the engine to save, end and give its memory back."""
        return self._ask(want="pause")

    def stop(self) -> bool:
        """Ask the engine to end and to make a model of what it has."""
        return self._ask(want="stop")

    def sample_now(self) -> bool:
        """Ask for a preview now."""
        return self._ask(sample=True)

    def save_now(self) -> bool:
        """Ask for a checkpoint now."""
        return self._ask(save=True)

    def _ask(self, **wish: Any) -> bool:
        if self.run is None or not self.working:
            return False
        run = self.run
        done = self._desk.attempt(lambda: run.ask(**wish) or True) is not None
        self._desk.changed.emit()
        return done

    @property
    def asked(self) -> str:
        """What the engine was asked for and has not done yet: "pause", "stop" or nothing."""
        want = self.run.control().want if self.run is not None and self.working else "run"
        return "" if want == "run" else want

    # ------------------------------------------------------------ removing

    def delete(self, run: Run) -> bool:
        """Remove a run's folder."""
        if run == self.run:
            self.follower.follow(None)
        done = self._desk.attempt(lambda: run.delete() or True) is not None
        if done and self._desk.project is not None and origins.chosen(self._desk.project) == run.folder:
            self._editing.change("training", start="")
        if self.run is None:
            self.follow_current()
        self._desk.changed.emit()
        return done
