"""Step 4: settings before the start, then the run itself."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QStackedLayout, QWidget

from desktop_app.jobs.session import Session
from desktop_app.project.runs import Run
from desktop_app.project.steps import STEPS
from desktop_app.ui.page import Action, Page
from desktop_app.ui.pages.training_live import LiveView, saved_words
from desktop_app.ui.pages.training_setup import SetupView

_LOOK_BACK = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


class OneOfTwo(QStackedLayout):
    """As high as the view that is shown: Qt's own counts the wrapped texts of the hidden one too, and the page scrolls."""

    def heightForWidth(self, width: int) -> int:
        shown = self.currentWidget()
        return shown.heightForWidth(width) if shown is not None else -1


class TrainingPage(Page):
    """Shows a run where there is one, else (or when a new one is wanted) the settings."""

    number: ClassVar[int] = 4

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.setup = SetupView(session)
        self.live = LiveView(session)
        self._wants_setup = False
        self._stack = OneOfTwo()
        self._stack.addWidget(self.setup)
        self._stack.addWidget(self.live)
        self.body.addLayout(self._stack, 1)
        self._listen()

    def _listen(self) -> None:
        self.setup.changed.connect(self.changed)
        self.setup.open_run.connect(self.show_run)
        self.live.new_training.connect(self.show_setup)
        self.live.judge.connect(lambda: self.go_to.emit(5))
        self.live.message.connect(self.message)
        self.session.opened.connect(self._forget)
        self.session.run_state_changed.connect(self._show)
        self.session.ticked.connect(self.changed)

    def _forget(self) -> None:
        self._wants_setup = False

    # ------------------------------------------------------------ which of the two

    @property
    def shows_run(self) -> bool:
        """Whether the run is shown, not the settings."""
        return self._stack.currentWidget() is self.live

    def show_run(self, run: Run) -> None:
        """Show a past run, or the one at work."""
        self._wants_setup = False
        self.session.select_run(run)
        self._show()

    def show_setup(self) -> None:
        """Show the settings for another training; a run at work goes on."""
        self._wants_setup = True
        self._show()

    def _show(self) -> None:
        live = self.session.run is not None and not self._wants_setup
        self._put(self.live if live else self.setup)
        (self.live if live else self.setup).refresh()
        self.changed.emit()

    def _put(self, view: QWidget) -> None:
        """Show one of the two; the hidden one takes no part in the page's size."""
        fits, ignored = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored
        for each in (self.setup, self.live):
            each.setSizePolicy(*((fits, fits) if each is view else (ignored, ignored)))
        self._stack.setCurrentWidget(view)

    def refresh(self) -> None:
        self._show()

    # ------------------------------------------------------------ what the person wants

    def start(self) -> None:
        """Start a new run with the settings as they are; while one is at work it goes into the queue."""
        self._wants_setup = False
        self.session.start_training()
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space pauses and goes on, the arrows look back, unless what has the focus needs them."""
        if event.key() == Qt.Key.Key_Space and self.shows_run and not event.isAutoRepeat():
            self.live.toggle()
        elif event.key() in _LOOK_BACK and self.shows_run:
            QApplication.sendEvent(self.live.previews.timeline.slider, event)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ for the frame

    def subtitle(self) -> str:
        if not self.shows_run:
            waits = self.session.would_wait
            return "Another one is at work; this one starts when its turn comes." if waits else STEPS[3].question
        name = self.session.document.name
        if self.session.working:
            begun = self.session.story.started
            awake = ", and the machine stays awake" if begun is not None and begun.awake else ""
            return f"{name} is learning. You can close the window; training goes on{awake}."
        return f"{name}, run {self.session.run.name}" if self.session.run else STEPS[3].question

    def note(self) -> str:
        if self.shows_run and self.session.working:
            return " · ".join(filter(None, [saved_words(self.session.story), self._queue_words()]))
        if self.session.read_only:
            return self.session.read_only_reason
        return ""

    def _queue_words(self) -> str:
        count = len(self.session.waiting_runs())
        return f"{count} more in the queue" if count else ""

    def main_action(self) -> Action | None:
        if not self.shows_run:
            words = "Put it in the queue" if self.session.would_wait else "Start training"
            return Action(words, self.start, self._in_the_way())
        if self.session.working:
            return Action("Plan another training", self.show_setup, self.session.read_only_reason)
        if self.session.run_state == "queued":
            return None
        if self.session.run_state in ("paused", "interrupted") and self.live.can_resume:
            return Action("Go on training", self.live.toggle)
        if self.session.run_state in ("failed", "ready") and self.live.can_resume:
            return Action("Try again", self.live.toggle)
        return Action("See the evaluation", lambda: self.go_to.emit(5)) if self.session.facts().evaluated else None

    def _in_the_way(self) -> str:
        """What keeps a training from starting, in a sentence."""
        session = self.session
        if session.read_only:
            return session.read_only_reason or "Open a project first."
        if session.importing:
            return "The pictures are still being prepared."
        missing = next((now.missing for step in STEPS[:3] if (now := session.status(step.key)).missing), "")
        return f"First: {missing[0].lower()}{missing[1:]}." if missing else ""
