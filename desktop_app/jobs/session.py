"""The open project and everything that works on it: what the window's pages talk to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.jobs import catalog, journey, tasks
from desktop_app.jobs.capacity import Capacity
from desktop_app.jobs.desk import MACHINE, Desk
from desktop_app.jobs.editing import Editing
from desktop_app.jobs.machine import Machine, Speed
from desktop_app.jobs.material import Material
from desktop_app.jobs.painter import Painter
from desktop_app.jobs.rehearsal import Rehearsal
from desktop_app.jobs.rehearser import Rehearser
from desktop_app.jobs.runner import Runner
from desktop_app.jobs.story import Story
from desktop_app.jobs.successor import Successor
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import free_folder
from desktop_app.project.runs import Run, RunState
from desktop_app.project.steps import STEPS, Facts, Status
from desktop_app.project.store import Project, projects_folder

if TYPE_CHECKING:
    from desktop_app.data import Inventory


class Session(QObject):
    """One window's work. Lives in the window's thread; nothing in it blocks.

    The work is done by parts that share a :class:`~desktop_app.jobs.desk.Desk` and know only each other's lower ones:
    editing, material (step 2), capacity (the machine), runner (the runs), successor (runs that come from others),
    rehearser and painter. The session opens and closes the project, wires the parts and answers for them.

    Methods that can fail report through ``failed`` (a :class:`GensmithError` for the message line) and return
    False or None; they never raise.
    """

    opened = Signal()  # another project is open, or none
    changed = Signal()  # the document, the facts, the runs or a state: pages refresh
    failed = Signal(object)  # GensmithError
    said = Signal(str)  # something was done, for the bottom bar

    import_changed = Signal()  # the import began, went on, ended: `importing`, `import_fraction`, `import_message`
    inventory_changed = Signal()
    machine_changed = Signal()

    run_changed = Signal()  # another run is followed, or its story starts anew
    run_events = Signal(list)  # new events of the run that is followed, already taken into `story`
    run_state_changed = Signal(str)
    ticked = Signal()  # once a second while a run works: for time left and rings

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts: Facts | None = None
        self.desk = Desk(self)
        self.editing = Editing(self.desk)
        self.material = Material(self.desk, self.editing)
        self.capacity = Capacity(self)
        self.runner = Runner(self.desk, self.editing)
        self.successor = Successor(self.desk, self.editing, self.runner)
        self.painter = Painter(self.desk)
        self.rehearser = Rehearser(self.desk)
        self._listen()
        self._lend()

    def _listen(self) -> None:
        desk, material, runner = self.desk, self.material, self.runner
        self.changed.connect(self._forget_facts)
        desk.changed.connect(self.changed)
        desk.failed.connect(self.failed)
        desk.said.connect(self.said)
        material.changed.connect(self.import_changed)
        material.inventory_changed.connect(self.inventory_changed)
        self.capacity.changed.connect(self.machine_changed)
        runner.follower.changed.connect(self.run_changed)
        runner.follower.events.connect(self.run_events)
        runner.follower.ticked.connect(self._ticked)
        runner.starting.connect(self.capacity.give_way)
        runner.starting.connect(self.rehearser.cancel)
        self.rehearser.rehearsed.connect(self._learn_rates)
        runner.learned.connect(self._learn_speed)
        runner.state_changed.connect(self._run_state)

    def _lend(self) -> None:
        """What pages ask the session to do and a part does."""
        editing, material, runner, successor = self.editing, self.material, self.runner, self.successor
        self.change, self.change_setting, self.default_settings = (
            editing.change,
            editing.change_setting,
            editing.default_settings,
        )
        self.change_objective, self.remember_step = editing.change_objective, editing.remember_step
        self.undo, self.redo = editing.undo, editing.redo
        self.add_sources, self.remove_source = material.add_sources, material.remove_source
        self.prepare, self.cancel_import, self.encoded = material.prepare, material.cancel, material.encoded
        self.runs, self.current_run, self.select_run, self.delete_run = (
            runner.runs,
            runner.current,
            runner.select,
            runner.delete,
        )
        self.start_training, self.resume, self.keep, self.evaluate = runner.train, runner.resume, runner.keep, runner.evaluate
        self.pause, self.stop, self.sample_now, self.save_now = runner.pause, runner.stop, runner.sample_now, runner.save_now
        self.waiting_runs, self.take_out, self.put_first, self.start_queue = (
            runner.waiting,
            runner.take_out,
            runner.put_first,
            runner.start_queue,
        )
        self.go_on_with, self.take_advice = successor.go_on_with, successor.take_advice
        self.make_model_of, self.cancel_model = successor.make_model_of, successor.cancel_model
        self.generate = self.painter.generate
        self.start_from, self.start_from_file = successor.start_from, successor.start_from_file

    # ------------------------------------------------------------ the project

    @property
    def project(self) -> Project | None:
        """The open project."""
        return self.desk.project

    @property
    def document(self) -> Document:
        """The open project's document; an empty one when none is open."""
        return self.desk.document

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed: no project, or one that another window or the disk keeps."""
        return self.desk.read_only

    @property
    def read_only_reason(self) -> str:
        """Why the open project can only be looked at; empty when it can be changed."""
        return self.desk.read_only_reason

    def create(self, folder: Path, name: str | None = None) -> bool:
        """Make a new project and open it."""
        return self._take(lambda: Project.create(folder, name))

    def open(self, folder: Path, *, read_only: bool = False) -> bool:
        """Open a project; one that cannot be written to is opened for looking, ``read_only_reason`` says why."""
        if self.project is not None and self.project.folder == folder.absolute() and not self.project.read_only:
            return True
        self.desk.reason = ""
        return self._take(lambda: self._open(folder, read_only))

    def _open(self, folder: Path, read_only: bool) -> Project:
        try:
            return Project.open(folder, read_only=read_only)
        except GensmithError as error:
            if error.code != MACHINE or read_only:
                raise
            project = Project.open(folder, read_only=True)
            self.desk.reason = str(error)
            return project

    def _take(self, make: Callable[[], Project]) -> bool:
        project = self.desk.attempt(make)
        if project is None:
            return False
        self.close_project()
        self.desk.project = project
        self.runner.follow_current()
        self.opened.emit()
        self.changed.emit()
        if project.document.data.sources:
            self.material.look()
        return True

    def close_project(self) -> None:
        """Close the open project; a training goes on."""
        if self.project is None:
            return
        self.successor.forget()
        self.capacity.give_way()
        self.material.forget()
        self.runner.forget()
        self.painter.forget()
        self.rehearser.forget()
        self.project.close()
        self.desk.project = None
        self.opened.emit()
        self.changed.emit()

    def close(self) -> None:
        """The window closes: end every thread of ours. The engine works on."""
        self.close_project()
        tasks.end_all()

    # ------------------------------------------------------------ facts

    def facts(self) -> Facts:
        """What is true outside the document, kept until something changes."""
        if self._facts is None:
            self._facts = self._gather()
        return self._facts

    def _gather(self) -> Facts:
        if self.project is None:
            return Facts()
        shown = self.run is not None and self.run == self.current_run()  # the state is known without reading its events
        state = "running" if self.run_state == "starting" else self.run_state
        known = cast("RunState", state) if shown and state in get_args(RunState) else None
        left, doing = (self.story.seconds_left, self.story.doing) if shown else (None, "")
        return journey.facts(self.project, known, left, doing)

    def status(self, key: str) -> Status:
        """State of the step with that key."""
        step = next(step for step in STEPS if step.key == key)
        return step.status(self.document, self.facts())

    @Slot()
    def _forget_facts(self) -> None:
        self._facts = None

    @Slot()
    def _ticked(self) -> None:
        self._facts = None
        self.ticked.emit()

    @Slot(str)
    def _run_state(self, state: str) -> None:
        self._facts = None
        self.run_state_changed.emit(state)
        self.changed.emit()

    # ------------------------------------------------------------ what the parts know

    @property
    def can_undo(self) -> bool:
        return self.editing.can_undo

    @property
    def can_redo(self) -> bool:
        return self.editing.can_redo

    @property
    def undo_words(self) -> str:
        """What :meth:`undo` would take back: "size 64 pixels"."""
        return self.editing.undo_words

    @property
    def redo_words(self) -> str:
        """What :meth:`redo` would make again."""
        return self.editing.redo_words

    @property
    def inventory(self) -> Inventory | None:
        """What is known of the pictures; None until they were inspected."""
        return self.material.inventory

    @property
    def import_error(self) -> GensmithError | None:
        """Why the last inspection or preparation failed."""
        return self.material.error

    @property
    def importing(self) -> bool:
        """Whether pictures are being inspected or prepared, or are about to be."""
        return self.material.importing

    @property
    def import_fraction(self) -> float:
        return self.material.fraction

    @property
    def import_message(self) -> str:
        return self.material.message

    @property
    def run(self) -> Run | None:
        """The run that is followed."""
        return self.runner.run

    @property
    def run_state(self) -> str:
        """Its state: "none", "" (not known yet), "starting", or one of :data:`~desktop_app.project.runs.RunState`."""
        return self.runner.follower.state

    @property
    def run_error(self) -> GensmithError | None:
        """Why it failed or was interrupted."""
        return self.runner.follower.error

    @property
    def story(self) -> Story:
        """Everything that it has said so far."""
        return self.runner.story

    @property
    def working(self) -> bool:
        """Whether an engine works on the run that is followed."""
        return self.runner.working

    @property
    def would_wait(self) -> bool:
        """Whether a new training would wait in the queue: another is at work, or about to be."""
        return self.working or self.runner.busy() is not None

    @property
    def queue_moves(self) -> bool:
        """Whether the next run in the queue starts by itself."""
        return self.runner.moving

    def seconds_until_turn(self) -> float | None:
        """When a run that is put into the queue now would start; None where that is not known."""
        if not self.would_wait:
            return 0.0
        left = self.story.seconds_left if self.working else None
        minutes = [run.spec.minutes if not run.spec.items else None for run in self.waiting_runs()]
        known = [60 * each for each in minutes if each is not None]
        return None if left is None or len(known) < len(minutes) else left + sum(known)

    @property
    def asked(self) -> str:
        """What the engine was asked for and has not done yet: "pause", "stop" or nothing."""
        return self.runner.asked

    @property
    def succeeding(self) -> dict[str, Any] | None:
        """Settings with which a new run will go on as soon as the one at work is kept; None when nothing is planned."""
        return self.successor.planned

    @property
    def making_model(self) -> bool:
        """Whether a model of an earlier state is being made, which :meth:`cancel_model` ends."""
        return self.successor.making

    # ------------------------------------------------------------ the machine

    @property
    def machine(self) -> Machine | None:
        """What this machine has; None until it was looked at."""
        return self.capacity.machine

    @property
    def speed(self) -> Speed:
        """How fast it is, as far as that is known."""
        return self.capacity.speed

    @property
    def calibrating(self) -> bool:
        """Whether this machine's speed is being measured for the project's pictures."""
        return self.capacity.calibrating

    def look_at_machine(self) -> None:
        """Find out what this machine has and how fast it is, in the background."""
        encoded = self.encoded()
        shape = catalog.shape_of(self.document, encoded) if encoded is not None else None
        self.capacity.look(self.project.folder if self.project else None, shape)

    def calibrate(self) -> None:
        """Have the speed measured for the project's pictures, in the background; a training is not disturbed."""
        encoded = self.encoded()
        if encoded is not None and not self.working and not self.importing:
            self.capacity.calibrate(catalog.shape_of(self.document, encoded))

    @Slot()
    def _learn_speed(self) -> None:
        if self.run is not None:
            self.capacity.learn(self.run, self.story)

    def rehearse(self) -> bool:
        """Try everything that the training would do, in the background: the processor is its own meanwhile."""
        if not self.runner.may_start():
            return False
        self.capacity.give_way()
        return self.rehearser.start()

    @Slot(object)
    def _learn_rates(self, found: Rehearsal) -> None:
        encoded = self.encoded()
        if encoded is not None:
            self.capacity.take_rehearsal(found, catalog.shape_of(self.document, encoded))

    # ------------------------------------------------------------ try it now

    def try_sample(self, name: str, folder: Path | None = None) -> Task:
        """Make a project of a sample with good settings and start training: about two minutes on a CPU."""
        from desktop_app.data import SAMPLES

        target = folder or free_folder(projects_folder(), SAMPLES[name].title)
        task = Task(_write_sample, name, target, parent=self)
        task.succeeded.connect(lambda made: self._open_sample(made))
        task.failed.connect(self.failed)
        task.ended.connect(task.deleteLater)
        return task.start()

    def _open_sample(self, folder: Path) -> None:
        if self.open(folder):
            self.start_training()


# ---------------------------------------------------------------- in the background


def _write_sample(reporter: Reporter, name: str, folder: Path) -> Path:
    return journey.make_sample_project(name, folder, progress=reporter.progress, cancelled=reporter.cancelled)
