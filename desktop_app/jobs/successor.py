"""New runs that come from an earlier one: a remedy while it works, an advice about it, its weights as a start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Slot

from desktop_app.jobs import catalog, launch, origins
from desktop_app.jobs.desk import Desk
from desktop_app.jobs.editing import Editing
from desktop_app.jobs.runner import Runner
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.runs import Run

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Advice


class Successor(QObject):
    """Prepares and starts the run after the one that is followed."""

    def __init__(self, desk: Desk, editing: Editing, runner: Runner) -> None:
        super().__init__(desk)
        self._desk, self._editing, self._runner = desk, editing, runner
        self._planned: tuple[Run, dict[str, Any]] | None = None
        self._made: tuple[Run, Run] | None = None  # the run whose model is being made, and the one that it is a state of
        self._unwanted = False
        runner.state_changed.connect(self._state)
        runner.follower.changed.connect(self._followed)

    @property
    def planned(self) -> dict[str, Any] | None:
        """Settings with which a new run will go on as soon as the one at work is kept; None when nothing is planned."""
        return self._planned[1] if self._planned is not None else None

    def forget(self) -> None:
        """Nothing goes on: the project is closed or another run is looked at."""
        self._planned = self._made = None

    def go_on_with(self, changes: dict[str, Any]) -> bool:
        """Start a new run from the one that is followed, with some settings changed; one that works is kept first."""
        run = self._runner.run
        if self._desk.project is None or run is None or self._desk.read_only:
            return False
        self._planned = (run, dict(changes))
        return self._runner.stop() if self._runner.working else self._succeed()

    @Slot()
    def _followed(self) -> None:
        if self._planned is not None and self._runner.run != self._planned[0]:
            self._planned = None

    @Slot(str)
    def _state(self, _: str) -> None:
        if self._planned is not None and not self._runner.working and self._runner.run == self._planned[0]:
            QTimer.singleShot(0, self, self._succeed)  # after everyone has heard of the end
        if self._made is not None and not self._runner.working and self._runner.run == self._made[0]:
            QTimer.singleShot(0, self, self._model_ended)

    @Slot()
    def _succeed(self) -> bool:
        """The run that was at work has ended: start the one that goes on from it."""
        planned, project, self._planned = self._planned, self._desk.project, None
        if planned is None or project is None or not self._runner.may_start():
            return False
        old, changes = planned
        run = self._desk.attempt(lambda: launch.continued(project, old, changes))
        if run is None:
            return False
        self._keep_remedy(old, changes)
        started = self._runner.launch(run)
        family = catalog.get(old.spec.family)
        self._desk.said.emit(f"A new run goes on from the one before. {catalog.changes_in_words(family, changes)}.")
        return started

    def _keep_remedy(self, run: Run, changes: dict[str, Any]) -> None:
        """Later trainings of that kind of model have the remedy too; it can be undone."""
        whole, family = self._desk.document.training.settings, run.spec.family
        self._editing.change("training", settings=whole | {family: whole.get(family, {}) | changes})

    def take_advice(self, run: Run, advice: Advice) -> bool:
        """Start or queue the new run that an advice about ``run`` prepares: nothing differs but what it says."""
        from desktop_app.jobs import advising  # here, so that the first window need not wait for numpy

        if (project := self._desk.project) is None or not self._runner.may_write():
            return False
        new = self._desk.attempt(lambda: advising.follow(project, run, advice))
        return new is not None and self._runner.begin(new)

    def make_model_of(self, run: Run, step: int) -> Task | None:
        """Make a model of an earlier state of ``run``, in a run of its own: copied in the background, then exported."""
        if self._desk.project is None or not self._runner.may_start():
            return None
        task = Task(_take_out, run, step, parent=self)
        task.succeeded.connect(lambda new: self._export(new, run))
        task.failed.connect(self._desk.failed)
        task.ended.connect(task.deleteLater)
        return task.start()

    def _export(self, new: Run, origin: Run) -> None:
        project = self._desk.project
        if project is None or new.folder.parent != project.runs_folder:
            return  # another project is open by now; the run waits in its own
        self._made, self._unwanted = (new, origin), False
        if self._runner.may_start() and self._runner.launch(new, "export"):
            self._editing.change("evaluation", run=new.name)
        else:
            self._made = None

    @property
    def making(self) -> bool:
        """Whether the engine makes a model of an earlier state, as :meth:`make_model_of` was asked to."""
        return self._made is not None and self._runner.working and self._runner.run == self._made[0]

    def cancel_model(self) -> None:
        """End that; once the engine has ended the run that was made for it goes, and the one before is looked at again."""
        if self.making:
            self._unwanted = True
            self._runner.stop()

    @Slot()
    def _model_ended(self) -> None:
        made, self._made = self._made, None
        if made is not None and self._unwanted and not made[0].bundle_folder.is_dir():
            self._runner.delete(made[0])
            self._editing.change("evaluation", run=made[1].name)

    def start_from(self, path: Path | None) -> bool:
        """Let the next training start from a run or a model file; None for a fresh start."""
        project = self._desk.project
        return project is not None and self._editing.change("training", start=origins.stored(project, path) if path else "")

    def start_from_file(self, path: Path) -> Task:
        """The same from a model file, once all of it was checked in the background."""
        task = Task(_check_start, path, catalog.family_of(self._desk.document).name, parent=self)
        task.succeeded.connect(lambda checked: self.start_from(checked))
        task.failed.connect(self._desk.failed)
        task.ended.connect(task.deleteLater)
        return task.start()


def _take_out(reporter: Reporter, run: Run, step: int) -> Run:
    from desktop_app.jobs import states  # here, so that the first window need not wait for numpy

    return states.take_out(run, step, reporter.cancelled, reporter.progress)


def _check_start(_: Reporter, path: Path, family: str) -> Path:
    origins.check(path, family)
    return path
