"""The open project and everything that works on it: what the window's pages talk to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from desktop_app.jobs import calibration, catalog, changes, journey, launch, machine, origins, tasks, variants
from desktop_app.jobs.calibrator import Calibrator
from desktop_app.jobs.follower import Follower
from desktop_app.jobs.importer import Importer
from desktop_app.jobs.story import Story
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.document import Data, Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import free_folder
from desktop_app.project.runs import Run, RunState
from desktop_app.project.steps import STEPS, Facts, Status
from desktop_app.project.store import Project, projects_folder

if TYPE_CHECKING:
    from desktop_app.data import Encoded, Inventory
    from desktop_app.evaluation.report import Advice
    from desktop_app.runtime.bundle import Bundle, Request

MACHINE = 4
"""Code of a :class:`GensmithError` for the disk, a permission, another window's lock."""
SHAPE_DELAY = 500
"""Milliseconds without a further change of the data choices before the arrays are made again."""
SINGLE = frozenset({"left_out", "kept", "held_out", "unwanted", "kinds", "captions"})
"""Data choices whose effect is known without looking at the pictures again."""


class Session(QObject):
    """One window's work. Lives in the window's thread; nothing in it blocks.

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
        self.project: Project | None = None
        self.machine: machine.Machine | None = None
        self.speed = machine.Speed(20.0, "assumed")
        self._reason = ""
        self._worked = False
        self._facts: Facts | None = None
        self._successor: tuple[Run, dict[str, Any]] | None = None
        self._encoded: tuple[Path, Encoded | None] | None = None
        self._bundles: dict[tuple[str, int], Bundle] = {}
        self._importer = Importer(self)
        self._calibrator = Calibrator(self)
        self._follower = Follower(self)
        self._reshape = QTimer(self, singleShot=True, interval=SHAPE_DELAY)
        self._reshape.timeout.connect(self.prepare)
        self._listen()

    def _listen(self) -> None:
        importer, follower = self._importer, self._follower
        importer.changed.connect(self.import_changed)
        importer.ended.connect(self.changed)
        importer.inventory_changed.connect(self.inventory_changed)
        importer.prepared.connect(self._prepared)
        importer.failed.connect(self.failed)
        follower.changed.connect(self.run_changed)
        follower.events.connect(self.run_events)
        follower.state_changed.connect(self._run_state)
        follower.ticked.connect(self._ticked)
        self._calibrator.found.connect(self._speed_found)
        self._calibrator.ended.connect(self.machine_changed)
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
        self._follower.follow(self.newest_run())
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
        self._successor = None
        self._calibrator.forget()
        self._importer.forget()
        self._follower.follow(None)
        self._bundles.clear()
        self._encoded = None
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
        """Set one of the settings of the chosen kind of model; None takes its default again."""
        return self._keep_settings(self._without(name) if value is None else self._without(name) | {name: value})

    def default_settings(self) -> bool:
        """Take the defaults of the chosen kind of model again; those of the others stay."""
        return self._keep_settings({}, seed=0)

    def _without(self, name: str) -> dict[str, Any]:
        family = catalog.family_of(self.document).name
        return {key: old for key, old in self.document.training.settings.get(family, {}).items() if key != name}

    def _keep_settings(self, own: dict[str, Any], **others: object) -> bool:
        family, whole = catalog.family_of(self.document).name, dict(self.document.training.settings)
        whole.pop(family, None)
        return self.change("training", settings=whole | ({family: own} if own else {}), **others)

    def change_objective(self, **values: object) -> bool:
        """Change step 1, and with it what the person never touched in the later steps."""
        return self._edit(lambda project: journey.answer(project, **values))

    @property
    def can_undo(self) -> bool:
        return not self.read_only and self.project is not None and self.project.can_undo

    @property
    def can_redo(self) -> bool:
        return not self.read_only and self.project is not None and self.project.can_redo

    @property
    def undo_words(self) -> str:
        """What :meth:`undo` would take back: "size 64 pixels"."""
        change = self.project.last_change if self.project is not None else None
        return changes.in_words(*change) if change else ""

    @property
    def redo_words(self) -> str:
        """What :meth:`redo` would make again."""
        change = self.project.next_change if self.project is not None else None
        return changes.in_words(*change) if change else ""

    def undo(self) -> bool:
        """Take the last change back."""
        return self._edit(lambda project: project.undo())

    def redo(self) -> bool:
        """Make the change taken back last again."""
        return self._edit(lambda project: project.redo())

    def _edit(self, edit: Any) -> bool:
        if self.project is None:
            return False
        before = self.document.data.model_copy(deep=True)
        try:
            edit(self.project)
        except GensmithError as error:
            self.failed.emit(error)
            self.changed.emit()  # whoever shows the refused value takes the old one back
            return False
        self._data_changed(before)
        self.changed.emit()
        return True

    def _data_changed(self, before: Data) -> None:
        """Bring the arrays and the inventory after the choices, wherever those came from (undo included)."""
        data = self.document.data
        differing = {name for name in (*journey.SHAPING, "encoded") if getattr(data, name) != getattr(before, name)}
        if not differing:
            return
        self._importer.drop()
        if not data.sources:
            self._reshape.stop()
            self._importer.forget()
        elif data.encoded is None:
            if differing <= SINGLE | {"encoded"}:
                self._importer.decide(data)
            self._reshape.start()
        else:
            self._look()

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
        newest = self.run is not None and self.run == self.newest_run()  # the state is known without reading its events
        state = "running" if self.run_state == "starting" else self.run_state
        known = cast("RunState", state) if newest and state in get_args(RunState) else None
        left, doing = (self.story.seconds_left, self.story.doing) if newest else (None, "")
        return journey.facts(self.project, known, left, doing)

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
        encoded = self.encoded()
        shape = catalog.shape_of(self.document, encoded) if encoded is not None else None
        task = Task(_measure, folder, shape, parent=self)
        task.succeeded.connect(self._machine_found)
        task.start()

    @Slot(object)
    def _machine_found(self, found: tuple[machine.Machine, machine.Speed]) -> None:
        self.machine, self.speed = found
        self.machine_changed.emit()

    def calibrate(self) -> None:
        """Have the speed measured for the project's pictures, in the background; a training is not disturbed."""
        encoded = self.encoded()
        if self.machine is not None and encoded is not None and not self.working and not self.importing:
            self._calibrator.want(self.machine, catalog.shape_of(self.document, encoded))

    @property
    def calibrating(self) -> bool:
        """Whether this machine's speed is being measured for the project's pictures."""
        return self._calibrator.busy

    @Slot(object)
    def _speed_found(self, speed: machine.Speed) -> None:
        self.speed = speed
        self.machine_changed.emit()

    # ------------------------------------------------------------ step 2

    @property
    def inventory(self) -> Inventory | None:
        """What is known of the pictures; None until they were inspected."""
        return self._importer.inventory

    @property
    def import_error(self) -> GensmithError | None:
        """Why the last inspection or preparation failed."""
        return self._importer.error

    @property
    def importing(self) -> bool:
        """Whether pictures are being inspected or prepared, or are about to be."""
        return self._importer.task is not None or self._reshape.isActive()

    @property
    def import_fraction(self) -> float:
        return self._importer.task.fraction if self._importer.task else 0.0

    @property
    def import_message(self) -> str:
        return self._importer.task.message if self._importer.task else ""

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
        if sources:
            self.prepare()
        return True

    @Slot()
    def prepare(self) -> None:
        """Inspect the pictures and make the arrays, in the background; a preparation under way starts anew."""
        self._reshape.stop()
        if self.project is not None and not self.read_only and self.document.data.sources:
            self._importer.prepare(self.document.data, self.project.data_folder)

    def _look(self) -> None:
        """After opening: make the arrays where they are missing, else inspect only, so that the pictures can be shown."""
        assert self.project is not None
        if self.project.encoded_folder is None and not self.read_only:
            self.prepare()
        else:
            self._importer.look(self.document.data, self.project.data_folder)

    def cancel_import(self) -> None:
        """Stop inspecting and preparing; what was there before stays."""
        self._reshape.stop()
        self._importer.drop()
        self.changed.emit()

    @Slot(object)
    def _prepared(self, done: journey.Prepared) -> None:
        project = self.project
        if project is not None:
            self._try(lambda: project.amend("data", **done.changes))
            self.changed.emit()

    # ------------------------------------------------------------ runs

    def runs(self) -> list[Run]:
        """All runs of the project, oldest first."""
        return self.project.runs() if self.project else []

    def newest_run(self) -> Run | None:
        return (self.runs() or [None])[-1]

    @property
    def run(self) -> Run | None:
        """The run that is followed."""
        return self._follower.run

    @property
    def run_state(self) -> str:
        """Its state: "none", "" (not known yet), "starting", or one of :data:`~desktop_app.project.runs.RunState`."""
        return self._follower.state

    @property
    def run_error(self) -> GensmithError | None:
        """Why it failed or was interrupted."""
        return self._follower.error

    @property
    def story(self) -> Story:
        """Everything that it has said so far."""
        return self._follower.story

    @property
    def story_complete(self) -> bool:
        """Whether its past has been read."""
        return self._follower.complete

    @property
    def working(self) -> bool:
        """Whether an engine works on the run that is followed."""
        return self._follower.working

    def select_run(self, run: Run | None) -> None:
        """Follow another run: its past is read, and its present if it works."""
        if run != self.run:
            self._successor = None
            self._follower.follow(run)
            self.changed.emit()

    @Slot(str)
    def _run_state(self, state: str) -> None:
        if self._worked and state in ("finished", "stopped", "paused"):
            self._learn_speed()
        self._worked = self.working
        self._facts = None
        if self._successor is not None and not self.working and self.run == self._successor[0]:
            QTimer.singleShot(0, self, self._succeed)  # after everyone has heard of the end
        self.run_state_changed.emit(state)
        self.changed.emit()

    def _learn_speed(self) -> None:
        """Let the next estimates start from what this training reached."""
        if self.run is None or self.machine is None:
            return
        reached = journey.reached_gflops(self.run, self.story, self.machine.trains_on)
        if reached is not None:
            machine.remember_speed(self.machine, reached)
            rates = journey.remember_rate(self.run, self.story, self.machine)
            self.speed = replace(self.speed, gflops=reached, source="training", rates={**self.speed.rates, **rates})
            self.machine_changed.emit()

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
        self._forget_strangers(project)
        run = self._try(lambda: launch.new_run(project, name))
        if run is not None:
            self._launch(run, "train")
        return run

    def _forget_strangers(self, project: Project) -> None:
        if names := self._try(lambda: launch.forget_strangers(project)):
            self.said.emit(f"Left out, because this Gensmith does not know these settings: {', '.join(names)}.")

    # ------------------------------------------------------------ going on with other settings

    def go_on_with(self, changes: dict[str, Any]) -> bool:
        """Start a new run from the one that is followed, with some settings changed; one that works is kept first."""
        run = self.run
        if self.project is None or run is None or self.read_only:
            return False
        self._successor = (run, dict(changes))
        if self.working:
            return self.stop()
        return self._succeed()

    @property
    def succeeding(self) -> dict[str, Any] | None:
        """Settings with which a new run will go on as soon as the one at work is kept; None when nothing is planned."""
        return self._successor[1] if self._successor is not None else None

    @Slot()
    def _succeed(self) -> bool:
        """The run that was at work has ended: start the one that goes on from it."""
        if self._successor is None or self.project is None or not self._may_start():
            self._successor = None
            return False
        (old, changes), project, self._successor = self._successor, self.project, None
        run = self._try(lambda: launch.continued(project, old, changes))
        if run is None:
            return False
        self._keep_remedy(old, changes)
        started = self._launch(run, "train")
        family = catalog.get(old.spec.family)
        self.said.emit(f"A new run goes on from the one before. {catalog.changes_in_words(family, changes)}.")
        return started

    def _keep_remedy(self, run: Run, changes: dict[str, Any]) -> None:
        """Later trainings of that kind of model have the remedy too; it can be undone."""
        whole, family = self.document.training.settings, run.spec.family
        self.change("training", settings=whole | {family: whole.get(family, {}) | changes})

    def take_advice(self, run: Run, advice: Advice) -> bool:
        """Start the new run that an advice about ``run`` prepares: nothing differs but what it says."""
        from desktop_app.jobs import advising  # here, so that the first window need not wait for numpy

        if (project := self.project) is None or not self._may_start():
            return False
        new = self._try(lambda: advising.follow(project, run, advice))
        return new is not None and self._launch(new, "train")

    # ------------------------------------------------------------ where it starts

    def start_from(self, path: Path | None) -> bool:
        """Let the next training start from a run or a model file; None for a fresh start."""
        project = self.project
        return project is not None and self.change("training", start=origins.stored(project, path) if path else "")

    def start_from_file(self, path: Path) -> Task:
        """The same from a model file, once all of it was checked in the background."""
        task = Task(_check_start, path, catalog.family_of(self.document).name, parent=self)
        task.succeeded.connect(lambda checked: self.start_from(checked))
        task.failed.connect(self.failed)
        task.ended.connect(task.deleteLater)
        return task.start()

    # ------------------------------------------------------------ the engine at work

    def resume(self, run: Run | None = None) -> bool:
        """Go on with a run that was paused or interrupted."""
        run = run or self.run
        if run is None or not self._may_start():
            return False
        return self._launch(run, "train")

    def keep(self) -> bool:
        """Make a model of a run that is paused or was interrupted, as far as it had come."""
        return self.run is not None and self._may_start() and self._launch(self.run, "train", "stop")

    def evaluate(self, run: Run | None = None) -> bool:
        """Judge a run's model again."""
        run = run or (journey.run_to_judge(self.project) if self.project else None)
        if run is None or not self._may_start():
            return False
        return self._launch(run, "evaluate")

    def _may_start(self) -> bool:
        if self.read_only:
            self.failed.emit(GensmithError("This project is open for reading only.", self.read_only_reason, code=MACHINE))
            return False
        busy = next((run for run in self.runs() if run.process() is not None or launch.child_of(run)), None)
        if busy is None:
            return True
        self.failed.emit(GensmithError(f"{busy.spec.name} is still at work.", "Wait for it, pause it or stop it first."))
        return False

    def _launch(self, run: Run, verb: launch.Verb, want: launch.Want = "run") -> bool:
        self._calibrator.forget()
        started = self._try(lambda: launch.start_engine(run, verb, want)) is not None
        if run != self.run:
            self._follower.follow(run, started=started)
        elif started:
            self._follower.expect()
        self.changed.emit()
        return started

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
            self._follower.follow(None)
        done = self._try(lambda: run.delete() or True) is not None
        if done and self.project is not None and origins.chosen(self.project) == run.folder:
            self.change("training", start="")
        if self.run is None:
            self._follower.follow(self.newest_run())
        self.changed.emit()
        return done

    # ------------------------------------------------------------ step 6: generate

    def generate(self, request: Request, run: Run | None = None) -> Task | None:
        """Draw pictures in the background with a run's model (the best without one).

        Returns a task that waits for its ``start``: ``partial`` hands over each picture, ``succeeded`` the list of all.
        """
        run = run or (self.project.best_run() if self.project else None)
        if run is None or self.project is None:
            self.failed.emit(GensmithError("There is no trained model yet.", "Train one in step 4."))
            return None
        return Task(_generate, self._bundles, variants.chosen(self.project, run), request, parent=self)

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


def _measure(_: Reporter, folder: Path | None, shape: catalog.Shape | None) -> tuple[machine.Machine, machine.Speed]:
    found = machine.describe(folder)
    return found, calibration.of(found, shape) if shape else machine.speed(found)


def _check_start(_: Reporter, path: Path, family: str) -> Path:
    origins.check(path, family)
    return path


def _generate(reporter: Reporter, opened: dict[tuple[str, int], Bundle], folder: Path, request: Request) -> list[Any]:
    from desktop_app.runtime.bundle import open_bundle

    key = (str(folder), (folder / "bundle.json" if folder.is_dir() else folder).stat().st_mtime_ns)
    bundle = opened.get(key) or opened.setdefault(key, open_bundle(folder))
    pictures = []
    for picture in bundle.generate(request, progress=reporter.progress, cancelled=reporter.cancelled):
        pictures.append(picture)
        reporter.partial(picture)
    return pictures


def _write_sample(reporter: Reporter, name: str, folder: Path) -> Path:
    return journey.make_sample_project(name, folder, progress=reporter.progress, cancelled=reporter.cancelled)
