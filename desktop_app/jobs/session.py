"""The open project and everything that works on it: what the window's pages talk to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.jobs import journey, launch, machine, tasks
from desktop_app.jobs.story import Story
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.jobs.watcher import RunWatcher
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import free_folder
from desktop_app.project.runs import Run
from desktop_app.project.steps import STEPS, Facts, Status
from desktop_app.project.store import Project, projects_folder

if TYPE_CHECKING:
    from desktop_app.data import Encoded, Inventory
    from desktop_app.runtime.bundle import Bundle, Request

WORKING = frozenset({"starting", "running"})
MACHINE = 4
"""Code of a :class:`GensmithError` for the disk, a permission, another window's lock."""
SHAPE_DELAY = 500
"""Milliseconds without a further change of the data choices before the arrays are made again."""


class Session(QObject):
    """One window's work. Lives in the window's thread; nothing in it blocks.

    Methods that can fail report through ``failed`` (a :class:`GensmithError` for the message line) and return
    False or None; they never raise.
    """

    opened = Signal()  # another project is open, or none
    changed = Signal()  # the document, the facts, the runs or a state: pages refresh
    failed = Signal(object)  # GensmithError
    said = Signal(str)  # something was done, for the bottom bar
    saved = Signal()  # the document was written

    import_changed = Signal()  # the import began, went on, ended: `importing`, `import_fraction`, `import_message`
    inventory_changed = Signal()
    machine_changed = Signal()

    run_changed = Signal()  # another run is followed, or its story starts anew
    run_events = Signal(list)  # new events of the run that is followed, already taken into `story`
    run_state_changed = Signal(str)
    ticked = Signal()  # once a second while a run works: for time left and rings

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self._reason = ""
        self.inventory: Inventory | None = None
        self.import_error: GensmithError | None = None
        self.machine: machine.Machine | None = None
        self.speed = machine.Speed(20.0, "assumed")
        self.run: Run | None = None
        self.run_state = "none"
        self.run_error: GensmithError | None = None
        self.story = Story()
        self.story_complete = False
        self._watcher: RunWatcher | None = None
        self._import: Task | None = None
        self._facts: Facts | None = None
        self._encoded: tuple[Path, Encoded | None] | None = None
        self._bundles: dict[tuple[str, int], Bundle] = {}
        self._reshape = QTimer(self, singleShot=True, interval=SHAPE_DELAY)
        self._reshape.timeout.connect(self.prepare)
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._ticked)
        self.changed.connect(self._forget_facts)

    # ------------------------------------------------------------ the project

    @property
    def document(self) -> Document:
        """The open project's document; an empty one when none is open."""
        return self.project.document if self.project else Document()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed: no project, or one that another window or the disk keeps."""
        return self.project is None or self.project.read_only

    @property
    def read_only_reason(self) -> str:
        """Why the open project can only be looked at; empty when it can be changed."""
        return self._reason if self.project is not None and self.project.read_only else ""

    def create(self, folder: Path, name: str | None = None) -> bool:
        """Make a new project and open it."""
        return self._take(lambda: Project.create(folder, name))

    def open(self, folder: Path, *, read_only: bool = False) -> bool:
        """Open a project; one that cannot be written to is opened for looking, ``read_only_reason`` says why."""
        if self.project is not None and self.project.folder == folder.absolute() and not self.project.read_only:
            return True
        self._reason = ""
        return self._take(lambda: self._open(folder, read_only))

    def _open(self, folder: Path, read_only: bool) -> Project:
        try:
            return Project.open(folder, read_only=read_only)
        except GensmithError as error:
            if error.code != MACHINE or read_only:
                raise
            project = Project.open(folder, read_only=True)
            self._reason = str(error)
            return project

    def _take(self, make: Any) -> bool:
        project = self._try(make)
        if project is None:
            return False
        self.close_project()
        self.project = project
        self._follow_newest()
        self.opened.emit()
        self.changed.emit()
        if project.document.data.sources:
            self._look()
        return True

    def close_project(self) -> None:
        """Close the open project; a training goes on."""
        if self.project is None:
            return
        self._reshape.stop()
        self._drop_import()
        self._follow(None)
        self._bundles.clear()
        self._encoded = None
        self.inventory, self.import_error = None, None
        self.project.close()
        self.project = None
        self.opened.emit()
        self.changed.emit()

    def close(self) -> None:
        """The window closes: end every thread of ours. The engine works on."""
        self.close_project()
        tasks.end_all()

    def change(self, section: str, **values: object) -> bool:
        """Set fields of a section of the document (``""``: of the document itself), save, and remember for undo.

        A change that makes other arrays necessary starts their preparation a moment later.
        """
        if section == "data" and journey.SHAPING & values.keys() and "encoded" not in values:
            values["encoded"] = None
        return self._edit(lambda project: project.change(section, **values))

    def remember_step(self, number: int) -> None:
        """Keep which page is open, so that the project is reopened where it was left; no change to undo."""
        if self.project is not None and not self.project.read_only:
            with contextlib.suppress(GensmithError):
                self.project.amend("", step=number)

    def change_setting(self, name: str, value: object | None) -> bool:
        """Set one of the family's settings; None takes its default again."""
        settings = {key: old for key, old in self.document.training.settings.items() if key != name}
        return self.change("training", settings=settings if value is None else settings | {name: value})

    def change_objective(self, **values: object) -> bool:
        """Change step 1, and with it what the person never touched in the later steps."""

        def edit(project: Project) -> None:
            objective = project.document.objective.model_copy(update=values)
            later = journey.consequences(project.document, objective)
            if "data" in later:
                later["data"]["encoded"] = None
            project.change_together({"objective": values, **later})

        return self._edit(edit)

    @property
    def can_undo(self) -> bool:
        return not self.read_only and self.project is not None and self.project.can_undo

    @property
    def can_redo(self) -> bool:
        return not self.read_only and self.project is not None and self.project.can_redo

    def undo(self) -> bool:
        """Take the last change back."""
        return self._edit(lambda project: project.undo())

    def redo(self) -> bool:
        """Make the change taken back last again."""
        return self._edit(lambda project: project.redo())

    def _edit(self, edit: Any) -> bool:
        if self.project is None:
            return False
        before = self.document.data.model_dump()
        try:
            edit(self.project)
        except GensmithError as error:
            self.failed.emit(error)
            self.changed.emit()  # whoever shows the refused value takes the old one back
            return False
        self._reshape_if_needed(before)
        self.saved.emit()
        self.changed.emit()
        return True

    def _reshape_if_needed(self, before: dict[str, Any]) -> None:
        data = self.document.data
        if data.sources and data.encoded is None and data.model_dump() != before:
            self._reshape.start()

    def _try(self, function: Any) -> Any:
        try:
            return function()
        except GensmithError as error:
            self.failed.emit(error)
            return None

    # ------------------------------------------------------------ facts

    def facts(self) -> Facts:
        """What is true outside the document, kept until something changes."""
        if self._facts is None:
            self._facts = self._gather()
        return self._facts

    def _gather(self) -> Facts:
        if self.project is None:
            return Facts()
        newest = self.run is not None and self.run == self.newest_run()
        state = "running" if self.run_state == "starting" else self.run_state
        known = state if newest and state != "none" else None
        return journey.facts(self.project, known, self.story.seconds_left if newest else None)  # type: ignore[arg-type]

    def encoded(self) -> Encoded | None:
        """The arrays of the current data choices, opened (memory-mapped); None while there are none."""
        folder = self.project.encoded_folder if self.project else None
        if folder is None:
            return None
        if self._encoded is None or self._encoded[0] != folder:
            from desktop_app.data import open_encoded

            opened = self._try(lambda: open_encoded(folder))
            self._encoded = (folder, opened)
        return self._encoded[1]

    def status(self, key: str) -> Status:
        """State of the step with that key."""
        step = next(step for step in STEPS if step.key == key)
        return step.status(self.document, self.facts())

    def _forget_facts(self) -> None:
        self._facts = None

    # ------------------------------------------------------------ the machine

    def look_at_machine(self) -> None:
        """Find out what this machine has and how fast it is, in the background."""
        folder = self.project.folder if self.project else None
        task = Task(_measure, folder, parent=self)
        task.succeeded.connect(self._machine_found)
        task.start()

    @Slot(object)
    def _machine_found(self, found: tuple[machine.Machine, machine.Speed]) -> None:
        self.machine, self.speed = found
        self.machine_changed.emit()

    # ------------------------------------------------------------ step 2

    @property
    def importing(self) -> bool:
        return self._import is not None

    @property
    def import_fraction(self) -> float:
        return self._import.fraction if self._import else 0.0

    @property
    def import_message(self) -> str:
        return self._import.message if self._import else ""

    def add_sources(self, paths: Iterable[Path]) -> bool:
        """Take further folders and files; their preparation starts at once."""
        known = self.document.data.sources
        new = [path for path in (str(Path(path).absolute()) for path in paths) if path not in known]
        return bool(new) and self._set_sources([*known, *new])

    def remove_source(self, source: str) -> bool:
        """Take a folder or file out again; nothing on the disk is touched."""
        return self._set_sources([path for path in self.document.data.sources if path != source])

    def _set_sources(self, sources: list[str]) -> bool:
        if not self.change("data", sources=sources):
            return False
        self._reshape.stop()
        if sources:
            self.prepare()
        else:
            self._drop_import()
            self.inventory = None
            self.inventory_changed.emit()
        return True

    @Slot()
    def prepare(self) -> None:
        """Inspect the pictures and make the arrays, in the background; a preparation under way starts anew."""
        if self.project is None or not self.document.data.sources:
            return
        data = self.document.data.model_copy(deep=True)
        self._start_import(_prepare, data, self.project.data_folder).succeeded.connect(self._prepared)

    def _look(self) -> None:
        """Inspect only, after opening: the arrays are there already, or are made when a person asks."""
        assert self.project is not None
        if not self.document.data.encoded and not self.read_only:
            self.prepare()
            return
        data = self.document.data.model_copy(deep=True)
        self._start_import(_look, data, self.project.data_folder).succeeded.connect(self._inventory_found)

    def cancel_import(self) -> None:
        """Stop inspecting and preparing; what was there before stays."""
        self._drop_import()
        self.changed.emit()

    def _start_import(self, function: Any, *args: Any) -> Task:
        self._drop_import()
        self.import_error = None
        task = self._import = Task(function, *args, parent=self)
        task.progressed.connect(self.import_changed)
        task.partial.connect(self._inventory_found)
        task.failed.connect(self._import_failed)
        task.ended.connect(lambda: self._import_ended(task))
        self.import_changed.emit()
        return task.start()

    def _drop_import(self) -> None:
        """Latest request wins: an earlier one is cancelled and its results are not taken any more."""
        if self._import is not None:
            self._import.cancel()
            self._import = None
            self.import_changed.emit()

    @Slot(object)
    def _inventory_found(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.inventory_changed.emit()

    @Slot(object)
    def _prepared(self, done: journey.Prepared) -> None:
        self._inventory_found(done.inventory)
        self._edit(lambda project: project.amend("data", **done.changes))

    @Slot(object)
    def _import_failed(self, error: GensmithError) -> None:
        self.import_error = error
        self.failed.emit(error)

    def _import_ended(self, task: Task) -> None:
        if task is self._import:
            self._import = None
            self.import_changed.emit()
            self.changed.emit()
        task.deleteLater()

    # ------------------------------------------------------------ runs

    def runs(self) -> list[Run]:
        """All runs of the project, oldest first."""
        return self.project.runs() if self.project else []

    def newest_run(self) -> Run | None:
        return (self.runs() or [None])[-1]

    @property
    def working(self) -> bool:
        """Whether an engine works on the run that is followed."""
        return self.run_state in WORKING

    def select_run(self, run: Run | None) -> None:
        """Follow another run: its past is read, and its present if it works."""
        if run != self.run:
            self._follow(run)
            self.changed.emit()

    def _follow_newest(self) -> None:
        self._follow(self.newest_run())

    def _follow(self, run: Run | None) -> None:
        if self._watcher is not None:
            self._watcher.end()
            self._watcher.deleteLater()
            self._watcher = None
        self.run, self.story, self.story_complete = run, Story(), False
        self.run_state, self.run_error = ("none" if run is None else ""), None
        self._tick.stop()
        self.run_changed.emit()
        if run is not None:
            self._watcher = watcher = RunWatcher(run, self)
            watcher.events.connect(self._events)
            watcher.caught_up.connect(self._caught_up)
            watcher.state.connect(self._state)
            watcher.start()

    @Slot(list)
    def _events(self, events: list[Any]) -> None:
        if self.sender() is self._watcher:
            self.story.take(events)
            self.run_events.emit(events)

    @Slot()
    def _caught_up(self) -> None:
        if self.sender() is self._watcher:
            self.story_complete = True
            self.run_events.emit([])

    @Slot(str)
    def _state(self, state: str) -> None:
        if self.sender() is not self._watcher or self.run is None:
            return
        before, self.run_state = self.run_state, state
        self.run_error = self._why(before, state)
        (self._tick.start if state in WORKING else self._tick.stop)()
        self.run_state_changed.emit(state)
        self.changed.emit()

    def _why(self, before: str, state: str) -> GensmithError | None:
        """What to say about a run that ended badly."""
        assert self.run is not None
        if state == "failed":
            return self._failure()
        if state == "interrupted" or (state == "ready" and before == "starting"):
            return launch.explain_death(self.run)
        return None

    def _failure(self) -> GensmithError:
        ending = self.story.ending
        message = getattr(ending, "message", "The training did not finish.")
        remedy, details = getattr(ending, "remedy", ""), getattr(ending, "details", "")
        return GensmithError(message, remedy, code=5, details=details or launch.log_tail(self.run))  # type: ignore[arg-type]

    @Slot()
    def _ticked(self) -> None:
        self._facts = None
        self.ticked.emit()

    # ------------------------------------------------------------ steps 4 and 5: the engine

    def start_training(self, name: str | None = None) -> Run | None:
        """Freeze the project into a new run and start it."""
        if self.project is None or not self._may_start():
            return None
        project = self.project
        run = self._try(lambda: launch.new_run(project, name))
        if run is not None:
            self._follow(run)
            self._launch(run, "train")
        return run

    def resume(self, run: Run | None = None) -> bool:
        """Go on with a run that was paused or interrupted."""
        run = run or self.run
        if run is None or not self._may_start():
            return False
        if run != self.run:
            self._follow(run)
        return self._launch(run, "train")

    def keep(self) -> bool:
        """Make a model of a run that is paused or was interrupted, as far as it had come."""
        return self.run is not None and self._may_start() and self._launch(self.run, "train", "stop")

    def evaluate(self, run: Run | None = None) -> bool:
        """Judge a run's model again."""
        run = run or (journey.run_to_judge(self.project) if self.project else None)
        if run is None or not self._may_start():
            return False
        if run != self.run:
            self._follow(run)
        return self._launch(run, "evaluate")

    def _may_start(self) -> bool:
        busy = next((run for run in self.runs() if run.process() is not None or launch.child_of(run)), None)
        if busy is None:
            return True
        self.failed.emit(GensmithError(f"{busy.spec.name} is still at work.", "Wait for it, pause it or stop it first."))
        return False

    def _launch(self, run: Run, verb: launch.Verb, want: launch.Want = "run") -> bool:
        self.run_error = None
        if self._try(lambda: launch.start_engine(run, verb, want)) is None:
            self.changed.emit()
            return False
        self._look_now()
        self.changed.emit()
        return True

    def _look_now(self) -> None:
        if self._watcher is not None:
            self._watcher.look_now()

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
        done = self._try(lambda: run.ask(**wish) or True) is not None
        self.changed.emit()
        return done

    @property
    def asked(self) -> str:
        """What the engine was asked for and has not done yet: "pause", "stop" or nothing."""
        want = self.run.control().want if self.run is not None and self.working else "run"
        return "" if want == "run" else want

    def delete_run(self, run: Run) -> bool:
        """Remove a run's folder."""
        if run == self.run:
            self._follow(None)
        done = self._try(lambda: run.delete() or True) is not None
        if self.run is None:
            self._follow_newest()
        self.changed.emit()
        return done

    # ------------------------------------------------------------ step 6: generate

    def generate(self, request: Request, run: Run | None = None) -> Task | None:
        """Draw pictures in the background with a run's model (the best without one).

        Returns a task that waits for its ``start``: ``partial`` hands over each picture, ``succeeded`` the list of all.
        """
        run = run or (self.project.best_run() if self.project else None)
        if run is None:
            self.failed.emit(GensmithError("There is no trained model yet.", "Train one in step 4."))
            return None
        return Task(_generate, self._bundles, run.bundle_folder, request, parent=self)

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


def _measure(_: Reporter, folder: Path | None) -> tuple[machine.Machine, machine.Speed]:
    found = machine.describe(folder)
    return found, machine.speed(found)


def _prepare(reporter: Reporter, data: Any, folder: Path) -> journey.Prepared:
    return journey.prepare(data, folder, progress=reporter.progress, cancelled=reporter.cancelled)


def _look(reporter: Reporter, data: Any, folder: Path) -> Inventory:
    return journey.look(data, folder, progress=reporter.progress, cancelled=reporter.cancelled)


def _generate(reporter: Reporter, opened: dict[tuple[str, int], Bundle], folder: Path, request: Request) -> list[Any]:
    from desktop_app.runtime.bundle import open_bundle

    key = (str(folder), (folder / "bundle.json").stat().st_mtime_ns)
    bundle = opened.get(key) or opened.setdefault(key, open_bundle(folder))
    pictures = []
    for picture in bundle.generate(request, progress=reporter.progress, cancelled=reporter.cancelled):
        pictures.append(picture)
        reporter.partial(picture)
    return pictures


def _write_sample(reporter: Reporter, name: str, folder: Path) -> Path:
    return journey.make_sample_project(name, folder, progress=reporter.progress, cancelled=reporter.cancelled)
