"""Step 4 while a run is at work, and afterwards: what it draws, how it learns, how long it still takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop_app.jobs import catalog
from desktop_app.jobs.session import Session
from desktop_app.jobs.story import LAST_PHASES, PHASES, Story, is_note
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Warned
from desktop_app.project.steps import duration
from desktop_app.ui import theme
from desktop_app.ui.widgets import Banner, Button, Card, ElidedLabel, Label
from desktop_app.ui.widgets.columns import ColumnsLayout
from desktop_app.ui.widgets.curves import Curves
from desktop_app.ui.widgets.findings import Findings
from desktop_app.ui.widgets.previews import Previews

FIGURES_PERIOD = 100
"""Milliseconds between two looks at the figures while events come in."""


class Reading(Card):
    """A figure with its unit under it."""

    def __init__(self, unit: str) -> None:
        super().__init__(padding=12, spacing=0)
        self.value = Label("–", "strong")
        self.unit = ElidedLabel(unit, "quiet")
        self.body.addWidget(self.value)
        self.body.addWidget(self.unit)

    def show_value(self, value: str, unit: str = "") -> None:
        """Show a value, and another unit where it changes."""
        self.value.setText(value)
        if unit:
            self.unit.setText(unit)
        self.setAccessibleName(f"{value} {self.unit.full_text()}")


class ProgressHead(QWidget):
    """How far it is, in a bar and in words."""

    def __init__(self) -> None:
        super().__init__()
        self.share = Label("", "strong")
        self.words = ElidedLabel("", "subtitle")
        self.words.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.share)
        head.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        column.addLayout(head)
        column.addWidget(self.bar)

    def show_progress(self, fraction: float | None, share: str, words: str) -> None:
        """Show a fraction from 0 to 1, or None for a wait of unknown length."""
        self.bar.setRange(0, 0 if fraction is None else 1000)
        self.bar.setValue(round(1000 * (fraction or 0.0)))
        self.share.setText(share)
        self.words.setText(words)


class LiveView(QWidget):
    """One run: at work, paused, interrupted, failed or done."""

    new_training = Signal()
    judge = Signal()
    message = Signal(str, str, str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.head = ProgressHead()
        self.pause = Button("Pause", icon="pause", clicked=self.toggle, help="Space. Saves, and gives all memory back.")
        self.stop = Button(
            "Stop and keep", icon="stop", clicked=self.stop_and_keep, help="End here and keep what it has learned."
        )
        self.sample = Button("Sample now", icon="camera", clicked=self.sample_now, help="Draw pictures at this moment.")
        self.save = Button(
            "Save now",
            icon="save",
            clicked=self.save_now,
            help="Keep all that it has learned. It does so every minute by itself.",
        )
        self.again = Button("New training", icon="plus", clicked=self.new_training.emit)
        self.previews = Previews()
        self.curves = Curves()
        self.speed, self.memory = Reading("pictures/s"), Reading("memory")
        self.batch, self.rate = Reading("batch size"), Reading("learning rate")
        self.ending = Banner()
        self.findings = Findings()
        self._soon = QTimer(self, singleShot=True, interval=FIGURES_PERIOD)
        self._soon.timeout.connect(self.show_figures)
        self._sampling = self._saving = 0.0
        self._build()
        self._listen()
        self._take_run()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.head, 1)
        for button in (self.pause, self.stop, self.sample, self.save, self.again):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        readings = ColumnsLayout(100, 12)
        for reading in (self.speed, self.memory, self.batch, self.rate):
            readings.addWidget(reading)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self.curves, 1)
        right.addLayout(readings)
        middle = QHBoxLayout()
        middle.setSpacing(theme.GAP)
        middle.addWidget(self.previews, 53)
        middle.addLayout(right, 47)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(top)
        column.addWidget(self.ending)
        column.addWidget(self.findings)
        column.addLayout(middle, 1)

    def _listen(self) -> None:
        self.session.run_changed.connect(self._take_run)
        self.session.run_events.connect(self._schedule)  # bound methods: a page that is gone is told no more
        self.session.run_state_changed.connect(self.refresh)
        self.session.ticked.connect(self.show_figures)
        self.findings.applied.connect(lambda warning: self.apply(warning))

    def _take_run(self) -> None:
        if self.session.run is not None:
            self.previews.show_run(self.session.run.folder)
        family = self._family()
        self.curves.show_story(self.session.story, family.held_out_title if family else "", together=self._together(family))
        self.findings.forget()
        self._sampling = 0.0
        self.refresh()

    def _family(self) -> catalog.Family | None:
        """The run's kind of model; None without a run, or when this Gensmith does not know it."""
        run = self.session.run
        try:
            return catalog.get(run.spec.family) if run is not None else None
        except GensmithError:
            return None

    def _together(self, family: catalog.Family | None) -> bool:
        return family is None or family.held_out_is_loss

    def _schedule(self) -> None:
        self.curves.update_soon()
        if not self._soon.isActive() and self.isVisible():
            self._soon.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.show_buttons()

    # ------------------------------------------------------------ what the person wants

    def toggle(self) -> None:
        """Pause what runs, go on with what is paused or was interrupted."""
        if self.session.working:
            self.session.pause()
        elif self.can_resume:
            self.session.resume()
        self.refresh()

    def stop_and_keep(self) -> None:
        """End here; a paused or interrupted run is ended as it is."""
        if self.session.working:
            self.session.stop()
        else:
            self.session.keep()
        self.refresh()

    def sample_now(self) -> None:
        """Ask for a preview; the timeline follows it."""
        self._sampling = time.time()
        self.previews.timeline.go_to_end()
        self.session.sample_now()
        self.refresh()

    def save_now(self) -> None:
        """Ask for a checkpoint, and say when it is written."""
        self._saving = time.time()
        self.session.save_now()
        self.refresh()

    def apply(self, warning: Warned) -> None:
        """Take a finding's remedy: keep this run, and go on from it in a new one."""
        self.session.go_on_with(warning.apply)
        self.refresh()

    @property
    def can_resume(self) -> bool:
        """Whether there is something to go on with."""
        return self.session.run_state in ("paused", "interrupted", "ready", "failed") and not self.session.read_only

    def _copy_details(self, error: GensmithError) -> None:
        QGuiApplication.clipboard().setText(f"{error}\n\n{error.details}")
        self.message.emit("good", "The details are in the clipboard.", "")

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show everything that is true now."""
        self.show_buttons()
        self.show_ending()
        self.show_figures()
        self.curves.update_soon()

    def show_buttons(self) -> None:
        """Fixed places; what makes no sense now is not offered."""
        working, asked = self.session.working, self.session.asked
        learning = working and not self._in_last_phases()
        self.pause.setVisible(learning)
        self.pause.setText("Pausing …" if asked == "pause" else "Pause")
        self.stop.setVisible(learning or self.session.run_state in ("paused", "interrupted"))
        self.stop.setText("Stopping …" if asked == "stop" else "Stop and keep")
        self.sample.setText("Sampling …" if self._sampling else "Sample now")
        self.save.setText("Saving …" if self._saving else "Save now")
        self.again.setVisible(not working)
        for button in (self.pause, self.stop):
            button.setEnabled(not asked and not self.session.read_only)
        for button, waiting in ((self.sample, self._sampling), (self.save, self._saving)):
            button.setVisible(learning)
            button.setEnabled(not asked and not waiting and not self.session.read_only)
        self.again.setEnabled(not self.session.read_only)

    def _in_last_phases(self) -> bool:
        return bool(self.session.story.doing)

    def show_figures(self) -> None:
        """Progress, previews, readings, findings."""
        story, working = self.session.story, self.session.working
        newest = story.previews[-1].time if story.previews else 0.0
        if self._sampling and (newest >= self._sampling or not working):
            self._sampling = 0.0
        self._notice_saved(story)
        self.show_buttons()
        self.head.show_progress(*headline(story, self.session.run_state, self.session.asked))
        self.previews.show_previews(story.previews, working=working)
        self._show_readings(story)
        self._show_findings(story)

    def _notice_saved(self, story: Story) -> None:
        kept = story.checkpoint
        if self._saving and kept is not None and kept.time >= self._saving:
            self._saving = 0.0
            self.message.emit("good", f"Saved at step {kept.step:,}.", "")
        elif not self.session.working:
            self._saving = 0.0

    def _show_readings(self, story: Story) -> None:
        now, begun = story.progress, story.started
        if now is not None:
            self.speed.show_value(
                f"{now.items_per_second:,.0f}" if now.items_per_second >= 10 else f"{now.items_per_second:.2g}"
            )
            machine = self.session.machine
            total = (machine.gpus[0].memory if machine.trains_on == "cuda" else machine.memory) if machine else 0
            self.memory.show_value(f"{now.memory / 2**30:.1f} GB", f"of {total / 2**30:.0f} GB" if total else "memory")
        if begun is not None:
            self.batch.show_value(f"{begun.batch_size:,}")
        rate = story.curve("learning_rate").last
        if rate is not None:
            self.rate.show_value(f"{rate:.2g}")

    def _show_findings(self, story: Story) -> None:
        family, going = self._family(), self.session.succeeding is not None
        # What the engine did by itself matters while it works; afterwards the ending says what came of it.
        told = {code: said for code, said in story.warnings.items() if self.session.working or not is_note(said)}
        self.findings.show_warnings(told, lambda warning: _settings(family, warning), self._why_not(), going=going)

    def _why_not(self) -> str:
        """What is in the way of applying a remedy."""
        if self.session.read_only:
            return self.session.read_only_reason or "Open a project first."
        return "It is being stopped already." if self.session.asked else ""

    # ------------------------------------------------------------ the state that it is in

    def show_ending(self) -> None:
        """A line for every state but plain work."""
        state, error = self.session.run_state, self.session.run_error
        show = {
            "queued": self._show_queued,
            "paused": self._show_paused,
            "interrupted": self._show_interrupted,
            "ready": self._show_interrupted,
            "failed": self._show_interrupted,
            "finished": self._show_done,
            "stopped": self._show_done,
        }.get(state)
        if show is None:
            self.ending.hide()
        else:
            show(error)

    def _show_queued(self, _: GensmithError | None) -> None:
        goes_on = "starts by itself when its turn comes" if self.session.would_wait else "nothing is at work before it"
        self._end(f"It waits in the queue; {goes_on}.", "info", ("The queue", self.new_training.emit))

    def _show_paused(self, _: GensmithError | None) -> None:
        step = self.session.story.step
        text = f"Paused at step {step:,}. Its memory is free again; it goes on exactly where it was."
        self._end(text, "info", ("Go on training", self.toggle))

    def _show_interrupted(self, error: GensmithError | None) -> None:
        if error is None:
            self.ending.hide()
            return
        state = "bad" if self.session.run_state == "failed" else "care"
        words = "Go on training" if self.session.story.checkpoint else "Try again"
        actions: list[tuple[str, Callable[[], None]]] = [(words, self.toggle)] if self.can_resume else []
        if error.details:
            actions.append(("Copy details", lambda: self._copy_details(error)))
        self._end(str(error), state, *actions)

    def _show_done(self, _: GensmithError | None) -> None:
        story, run = self.session.story, self.session.run
        if run is None or not run.bundle_folder.is_dir():
            self._end("Stopped before anything was learned; there is no model.", "info")
            return
        judged = (run.report() or {}).get("verdict", {})
        verdict, state = judged.get("sentence", ""), judged.get("state", "good")
        lead = "Finished" if self.session.run_state == "finished" else "Stopped and kept"
        text = f"{lead} at step {story.step:,}. {verdict or 'The model is ready.'}"
        self._end(
            text,
            state if state in ("good", "care", "bad") else "info",
            ("Judge the model" if not verdict else "See the evaluation", self.judge.emit),
        )

    def _end(self, text: str, state: str, *actions: tuple[str, Callable[[], None]]) -> None:
        if self.ending.text() != text or self.ending.isHidden():
            self.ending.say(text, state, *actions, closable=False)


# ---------------------------------------------------------------- words


def _settings(family: catalog.Family | None, warning: Warned) -> str:
    return catalog.changes_in_words(family, warning.apply) if family else ""


def headline(story: Story, state: str, asked: str) -> tuple[float | None, str, str]:
    """Fraction for the bar (None: unknown), the bold words at the left, the grey ones at the right."""
    if not state:
        return None, "Reading the run", ""
    if state == "queued":
        return 0.0, "Waits for its turn", ""
    if state == "starting" or (state == "running" and story.started is None):
        return None, "Starting", "The engine is getting ready; this takes some seconds."
    phase = story.phase.name if story.phase and state == "running" else ""
    if phase in LAST_PHASES:
        part = f"{LAST_PHASES.index(phase) + 1} of {len(LAST_PHASES)} last things"
        fraction = story.phase.fraction if story.phase and story.phase.fraction else None
        return fraction, PHASES[phase], part
    if state == "running" and story.progress is None:
        return None, PHASES.get(phase, "Starting"), ""
    return story.fraction, f"{100 * story.fraction:.0f} %", _how_far(story, state, asked)


def _how_far(story: Story, state: str, asked: str) -> str:
    now = story.progress
    if now is None:
        return ""
    total = round(now.total_items * now.step / now.items) if now.items else 0
    seen = f"pass {now.epoch:,.0f}" if now.epoch >= 10 else f"pass {now.epoch:.1f}"
    parts = [f"step {now.step:,} of {total:,}" if total > now.step else f"step {now.step:,}", seen]
    if state == "running" and not asked:
        left = max(0.0, now.seconds_left - max(0.0, time.time() - now.time))
        parts += [f"{duration(left)} left", f"done about {time.strftime('%H:%M', time.localtime(time.time() + left))}"]
    else:
        parts.append(f"{duration(now.elapsed)} of training")
    return " · ".join(parts)


def saved_words(story: Story) -> str:
    """When it was saved last."""
    if story.checkpoint is None:
        return "Not saved yet; the first time comes within a minute."
    ago = max(0.0, time.time() - story.checkpoint.time)
    return f"Saved {duration(ago)} ago" if ago >= 2 else "Saved just now"
