"""Step 5: is it good, and is it new?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from shiboken6 import isValid

from desktop_app.jobs import journey, tasks
from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Task
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Phase, Run
from desktop_app.project.steps import next_missing
from desktop_app.ui import places
from desktop_app.ui.page import Action, Page
from desktop_app.ui.pages.evaluation_panel import Panel
from desktop_app.ui.pages.evaluation_report import SaveReport
from desktop_app.ui.pages.evaluation_results import Loaded, load
from desktop_app.ui.pages.evaluation_words import RUN_WORDS, parted, shortened
from desktop_app.ui.widgets import Banner, ComboBox, ProgressLine
from desktop_app.ui.widgets.blank import Blank

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Advice, Report


class EvaluationPage(Page):
    """The verdict on a run: dials, pictures, copies, what to do next."""

    number: ClassVar[int] = 5

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.run: Run | None = None
        self.loaded: Loaded | None = None
        self._key: object = None
        self._task: Task | None = None
        self._asked = False
        self._copying: Task | None = None
        self.blank = Blank()
        self.notice = Banner()
        self.progress = ProgressLine("Judging")
        self.results = Panel()
        self.runs = ComboBox((), "Training run to look at")
        self.report_button = SaveReport(session)
        self._reported: Path | None = None
        self._build()
        self._listen()

    def _build(self) -> None:
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.runs.setMinimumContentsLength(12)
        self.runs.setMaximumWidth(340)
        self.results.bar.addWidget(self.runs)
        self.results.advice.head.addWidget(self.report_button)
        self.body.setSpacing(12)
        for widget in (self.progress, self.notice, self.blank, self.results):
            self.body.addWidget(widget, int(widget in (self.blank, self.results)))
            widget.hide()

    def _listen(self) -> None:
        self.runs.currentIndexChanged.connect(lambda _: self._choose_run())
        self.progress.cancel.clicked.connect(self._cancel)
        self.blank.progress.cancel.clicked.connect(self._cancel)
        self.results.go_to.connect(self.go_to)
        self.results.judge.clicked.connect(self.judge)
        self.report_button.saved.connect(self._report_saved)
        self.report_button.failed.connect(self._report_failed)
        self.notice.dismissed.connect(self._forget_report)
        self.results.advice.taken.connect(self._take_advice)
        self.results.course.wanted.connect(self._make_model)
        self.session.run_events.connect(self._events)
        self.session.run_state_changed.connect(self._state_changed)

    # ------------------------------------------------------------ what is true

    @property
    def judging(self) -> bool:
        """Whether the run that is looked at is being judged now."""
        session = self.session
        if self.run is None or self.run != session.run or not session.working:
            return False
        return self._asked or (session.story.phase is not None and session.story.phase.name == "evaluating")

    @property
    def report(self) -> Report | None:
        """The evaluation that is shown."""
        return self.loaded.results.report if self.loaded and self.loaded.results else None

    def subtitle(self) -> str:
        return parted(self.report.verdict.sentence)[0] if self.report else self.step.question

    def note(self) -> str:
        if self.judging:
            return "Judging the model; you can go on elsewhere meanwhile"
        if self.report is None:
            return ""
        return f"{self.report.generated:,} generated pictures judged against {self.report.held_out:,} kept aside"

    def main_action(self) -> Action | None:
        if self.session.project is None or self.report is not None or self.judging or self.exporting:
            return None
        if self.run is not None and self.run.bundle_folder.is_dir():
            return Action("Judge the model", self.judge, self._in_the_way())
        if self.run is not None and self._busy():
            return Action("See the training", lambda: self.go_to.emit(4))
        missing = next_missing(self.session.document, self.session.facts())
        if missing is None:
            return Action("To the training", lambda: self.go_to.emit(4))
        return Action(missing[1].missing, lambda: self.go_to.emit(missing[0].number))

    def _in_the_way(self) -> str:
        """What keeps the engine from being started."""
        return self._in_the_queue_s_way() or ("A training is at work. Wait for it, or pause it." if self._busy() else "")

    def _in_the_queue_s_way(self) -> str:
        """What keeps a training from being started or put into the queue."""
        if self.session.read_only:
            return self.session.read_only_reason or "This project is open for reading only."
        return "A model is being made." if self._copying is not None else ""

    def _busy(self) -> bool:
        return self.session.working and not self.judging

    # ------------------------------------------------------------ doing

    def judge(self) -> None:
        """Judge the run's model, in the engine's process."""
        if reason := self._in_the_way():
            self.message.emit("care", reason, "")
            return
        self._asked = self.session.evaluate(self.run)
        if self._asked:
            for line in (self.progress, self.blank.progress):
                line.begin("Getting ready")
        self.refresh()
        self.changed.emit()

    def _take_advice(self, advice: Advice) -> None:
        """Start the run that an advice prepares, and go where it can be watched; one that has to wait is only put in line."""
        waits = self.session.would_wait
        if self.run is not None and self.session.take_advice(self.run, advice) and not waits:
            self.go_to.emit(4)

    def _make_model(self, step: int) -> None:
        """Make a model of an earlier state of the run: it is a run of its own, and is looked at next."""
        if self.run is not None and (task := self.session.make_model_of(self.run, step)) is not None:
            self._copying = task
            self.progress.begin(f"Copying the state of step {step:,}")
            task.progressed.connect(lambda share, _: self.progress.advance(share))
            task.ended.connect(self._copied)
            self._show()

    def _copied(self) -> None:
        self._copying = None
        self._show()

    def _cancel(self) -> None:
        """End what is shown to go on: a judging, or a model that is being made."""
        for line in (self.progress, self.blank.progress):
            line.cancel.setEnabled(False)
            line.words.setText("Cancelling …")
        if self._copying is not None:
            self._copying.cancel()
        elif self.session.making_model:
            self.session.cancel_model()
        else:
            self.session.stop()

    def _report_saved(self, path: Path) -> None:
        self._reported = path
        self._show()

    def _report_failed(self, error: GensmithError) -> None:
        self.message.emit("bad", str(error), getattr(error, "details", ""))

    def _forget_report(self) -> None:
        self._reported = None

    def _show_file(self, path: Path) -> None:
        if not places.show(path):
            self.message.emit("care", f"No program here shows it. It is {path}.", "")

    @property
    def exporting(self) -> bool:
        """Whether a model is being made of the run that is looked at."""
        session = self.session
        phase = session.story.phase.name if session.story.phase else ""
        told = phase in ("exporting", "checking") or session.making_model
        return self.run is not None and self.run == session.run and session.working and told

    def _choose_run(self) -> None:
        name = self.runs.value()
        if isinstance(name, str) and (self.run is None or name != self.run.name):
            self.session.change("evaluation", run=name)
            self.refresh()
            self.changed.emit()

    # ------------------------------------------------------------ following

    def _events(self, events: list[object]) -> None:
        told = ("evaluating", "exporting", "checking")
        phases = [event for event in events if isinstance(event, Phase) and event.name in told]
        if not phases or self.run != self.session.run:
            return
        judging = phases[-1].name == "evaluating"
        words = judging_words(phases[-1].fraction) if judging else "Writing the model"
        for line in (self.progress, self.blank.progress):
            line.advance(phases[-1].fraction, words)
        if self.isVisible() and not self.progress.isVisible() and not self.blank.progress.isVisible():
            self.refresh()
            self.changed.emit()

    def _state_changed(self, _: str) -> None:
        if not self.session.working:
            self._asked = False

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        project = self.session.project
        if project is None:
            return
        runs = project.runs()
        self.run = journey.run_to_judge(project, runs)
        self._show_runs([run for run in runs if run == self.run or not run.queued])
        self._load_if_changed()
        self._show()

    def _load_if_changed(self) -> None:
        """Read what is on the disk when another run is looked at, or something new was written."""
        key = None if self.run is None else (self.run, _stamp(self.run), self.judging)
        if key == self._key:
            return
        same = isinstance(self._key, tuple) and isinstance(key, tuple) and self._key[0] == key[0]
        self._key = key
        if not same:
            self.loaded = self._reported = None
        if self._task is not None:
            self._task.cancel()
        self._task = None
        if self.run is not None:
            task = self._task = tasks.run(load, self.run, parent=self.session)
            task.succeeded.connect(lambda loaded: self._take(task, loaded))
            task.failed.connect(lambda error: self._take(task, Loaded(error=error)))
            task.ended.connect(task.deleteLater)

    def _take(self, task: Task, loaded: Loaded) -> None:
        """Latest request wins."""
        if task is not self._task or not isValid(self):
            return
        self._task, self.loaded = None, loaded
        if loaded.results is not None:
            self.results.show_results(loaded.results)
        self._show()
        self.changed.emit()

    def _show_runs(self, runs: list[Run]) -> None:
        """The runs to choose from, newest first, each with its state."""
        options = [(run.name, self._run_words(run)) for run in reversed(runs)]
        shown = [(self.runs.itemData(row), self.runs.itemText(row)) for row in range(self.runs.count())]
        if options != shown:
            blocked = self.runs.blockSignals(True)
            self.runs.clear()
            for key, words in options:
                self.runs.addItem(words, key)
                self.runs.setItemData(self.runs.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
            self.runs.blockSignals(blocked)
        self.runs.set_value(self.run.name if self.run else None)
        self.runs.setToolTip(self.runs.currentText())
        self.runs.setVisible(len(runs) > 1)

    def _run_words(self, run: Run) -> str:
        try:
            name, when = run.spec.name, run.spec.created.astimezone()
        except GensmithError:
            return f"{run.name} · damaged"
        state = self.session.run_state if run == self.session.run else run.state()
        words = "judged" if run.report_file.is_file() else RUN_WORDS.get(state, "not judged")
        return f"{shortened(name)} · {when:%d %b %H:%M} · {words}"

    def _show(self) -> None:
        judged = self.report is not None
        self.results.setVisible(judged)
        self.blank.setVisible(not judged)
        self.progress.setVisible(judged and (self.judging or self._copying is not None))
        self._place_runs(judged)
        self.results.advice.set_in_the_way(self._in_the_queue_s_way())
        self.results.course.set_in_the_way(self._in_the_way())
        self.report_button.run = self.run if judged else None
        if judged:
            self._show_notice()
        else:
            self.notice.hide()
            self._show_blank()

    def _place_runs(self, judged: bool) -> None:
        """The choice of runs stands in the results' bar, or above the message while there are none."""
        place = self.results if judged else self.blank
        if self.runs.parentWidget() is not place:
            (self.results.bar if judged else self.blank.corner).addWidget(self.runs)

    def _show_notice(self) -> None:
        assert self.loaded is not None and self.loaded.results is not None
        if self.loaded.problem:
            self.notice.say(self.loaded.problem, "care", ("Try again", self.judge))
        elif self.loaded.results.missing:
            self.notice.say(self.loaded.results.missing, "care", ("Judge again", self.judge))
        elif (path := self._reported) is not None:
            shown = ("Open it", lambda: self._show_file(path)), ("Show in folder", lambda: self._show_file(path.parent))
            self.notice.say(f"{path.name} saved.", "good", *shown)
        else:
            self.notice.hide()

    def _show_blank(self) -> None:
        if self.judging:
            self._show_judging()
        elif self.exporting:
            self._show_exporting()
        elif self.run is None:
            self.blank.say("sparkle", "Nothing to judge yet", "Train a model first. It is judged here when it is done.")
        elif self.loaded is None:
            self.blank.say("pictures", "", "Opening the evaluation …")
        elif self.loaded.error is not None:
            self.blank.say_error("The evaluation cannot be read", self.loaded.error)
        elif self.run.bundle_folder.is_dir():
            self._show_unjudged(self.loaded.problem)
        else:
            self._show_no_model()

    def _show_judging(self) -> None:
        if not self.blank.progress.isVisibleTo(self.blank):
            words = "Gensmith draws new pictures and compares them with those that were kept aside. It takes a minute or two."
            self.blank.say("search", "Judging the model", words)
            self.blank.progress.cancel.show()
            self.blank.progress.show()

    def _show_exporting(self) -> None:
        if not self.blank.progress.isVisibleTo(self.blank):
            words = "It is written down and checked against what was trained. Then it can be judged and drawn with."
            self.blank.say("sparkle", "Making the model", words)
            self.blank.progress.begin("Writing the model")
            self.blank.progress.cancel.setVisible(self.session.making_model)
            self.blank.progress.show()

    def _show_unjudged(self, problem: str) -> None:
        if problem:
            self.blank.say("warning", "The model could not be judged", problem, state="care")
        elif self._busy():
            self.blank.say("sparkle", "It is still learning", "It is judged when the training has ended.")
        else:
            words = (
                "Gensmith draws new pictures, compares them with those that were kept aside, and looks for copies of yours. "
                "It takes a minute or two."
            )
            self.blank.say("search", "Not judged yet", words)

    def _show_no_model(self) -> None:
        state = self.session.run_state if self.run == self.session.run else (self.run.state() if self.run else "")
        if state in ("starting", "running"):
            self.blank.say("sparkle", "It is still learning", "It is judged by itself when the training has ended.")
        elif state == "queued":
            self.blank.say("pause", "Waits for its turn", "It is trained and judged by itself when its turn comes.")
        elif state == "failed":
            error = self.session.run_error if self.run == self.session.run else None
            words = error or GensmithError("The training ended before there was a model to judge.", "Train again.", code=5)
            self.blank.say_error("This training did not finish", words, ("To the training", lambda: self.go_to.emit(4)))
        elif state == "stopped":
            self.blank.say("stop", "Nothing was learned", "This training was stopped before it had begun to learn.")
        else:
            words = "This training was paused or interrupted. Go on with it, or stop and keep what it has learned."
            self.blank.say("pause", "Not finished yet", words)


def _stamp(run: Run) -> tuple[int, bool]:
    """Changes when the report or the model is written."""
    try:
        written = run.report_file.stat().st_mtime_ns
    except OSError:
        written = 0
    return written, run.bundle_folder.is_dir()


def judging_words(fraction: float) -> str:
    """What the engine does at this share of the judging, in words."""
    if fraction < 0.4:
        return "Getting to know your pictures"
    return "Drawing new pictures" if fraction < 0.8 else "Comparing them with yours"
