"""Step 6: put it to use."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs import variants
from desktop_app.jobs.best import best_run
from desktop_app.jobs.session import Session
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.steps import next_missing
from desktop_app.ui import theme
from desktop_app.ui.latest import Latest
from desktop_app.ui.page import Action, Page
from desktop_app.ui.pages import deployment_work as work
from desktop_app.ui.pages.because import Because
from desktop_app.ui.pages.deployment_controls import WIDTH, Controls
from desktop_app.ui.pages.deployment_drawing import Drawing
from desktop_app.ui.pages.deployment_files import Files
from desktop_app.ui.pages.deployment_gallery import Gallery
from desktop_app.ui.pages.deployment_sources import BETWEEN, LEAST, MODES, MOST, NEW, OWN, VARY, WALK, Source
from desktop_app.ui.pages.deployment_targets import FileForOthers, ProgramForOthers, ThisComputer
from desktop_app.ui.pages.deployment_variants import SmallerAndFaster
from desktop_app.ui.pages.deployment_work import Drawn, Model
from desktop_app.ui.widgets import Segmented
from desktop_app.ui.widgets.blank import Blank
from desktop_app.ui.widgets.columns import ColumnsLayout

_NARROW = 720


class DeploymentPage(Page):
    """Drawing in the window, favourites, and the model's destinations."""

    number: ClassVar[int] = 6

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.run: Run | None = None
        self.model: Model | None = None
        self.error: GensmithError | None = None
        self._model_key: object = None
        self._favourites: list[str] | None = None
        self.blank = Blank()
        self.modes = Segmented(MODES, "What to draw")
        self.controls, self.gallery = Controls(), Gallery()
        self.here, self.file, self.program = ThisComputer(), FileForOthers(), ProgramForOthers()
        self.smaller = SmallerAndFaster(session)
        self.program.hide()
        self.because = Because("target")
        self._latest = Latest(self, session)
        self._drawing = Drawing(self, session, self.gallery)
        self._files = Files(self, session, self._latest, self.gallery, self.file, self.program)
        self._build()
        self._listen()

    def _build(self) -> None:
        self.content = QWidget()
        column = QVBoxLayout(self.content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addWidget(self.modes)
        self._centre = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._centre.setSpacing(theme.GAP)
        self._centre.addWidget(self.controls)
        self._centre.addWidget(self.gallery, 1)
        column.addLayout(self._centre, 1)
        places = QWidget()
        row = ColumnsLayout(360, theme.GAP, places)
        row.addWidget(self.here)
        row.addWidget(self.file)
        row.addWidget(self.program)
        column.addWidget(self.because)
        column.addWidget(places)
        column.addWidget(self.smaller)
        self.body.addWidget(self.blank, 1)
        self.body.addWidget(self.content, 1)

    def _listen(self) -> None:
        self.controls.changed.connect(self.changed)
        self.controls.wanted.connect(self.generate)
        self.controls.run_chosen.connect(self._choose_run)
        self.modes.chosen.connect(self.choose_mode)
        self.controls.sources.take.connect(self._take_selected)
        self.controls.sources.picked.connect(self._look_at)
        self.gallery.go_on.connect(self._go_on)
        self.gallery.progress.cancel.clicked.connect(self.cancel)
        self.here.show_folder.connect(lambda: self._files.show_folder(self.model.folder if self.model else None))
        self.smaller.chosen.connect(self._variant_chosen)
        self._latest.failed.connect(self._say_error)
        self._drawing.changed.connect(self.changed)
        self._drawing.drawn.connect(self._show_model)
        self._drawing.failed.connect(self._say_error)
        self._files.message.connect(self.message)
        self._files.favourites_changed.connect(self.refresh)

    # ------------------------------------------------------------ what is true

    @property
    def drawing(self) -> bool:
        """Whether pictures are being drawn now."""
        return self._drawing.active

    @property
    def rate(self) -> float | None:
        """Pictures a second that the model draws, as far as that was measured."""
        return self._drawing.rate

    def note(self) -> str:
        if self.model is None:
            return ""
        return f"Nothing leaves this computer · {self.model.manifest.name}"

    def main_action(self) -> Action | None:
        if self.session.project is None or self.error is not None:
            return None
        if self.run is None:
            return self._way_there()
        if self.model is not None and not self.controls.sources.enough:
            return self._way_to_sources()
        if self.drawing or self._drawing.shown != (self.run, self.controls.request()):
            return Action("Generate", self.generate)
        return self._what_follows()

    def _what_follows(self) -> Action:
        """What is shown is what was asked for: the same again would be the same pictures."""
        if self.controls.mode in (NEW, VARY):
            return Action("Generate others", self.generate_others)
        if self.controls.mode == OWN:
            return Action("Draw variations", lambda: self._draw_in(VARY))
        return Action("Save all …", lambda: self._files.save(self.gallery.new.all()))

    def _way_to_sources(self) -> Action:
        if self.controls.mode == OWN:
            return Action("Choose a picture …", self.controls.sources.file.click)
        if self.gallery.shelf.all():
            return Action("Take the selected", self._take_selected)
        return Action("Generate pictures first", lambda: self._draw_in(NEW))

    # ------------------------------------------------------------ what to draw

    def choose_mode(self, mode: str) -> None:
        """New pictures, variations, a way, a walk, or a picture of the person's own."""
        self.modes.set_value(mode)
        self.controls.set_mode(mode)
        if not self.controls.sources.enough and mode != OWN:
            self._take(self.gallery.shelf.chosen())

    def _draw_in(self, mode: str) -> None:
        self.choose_mode(mode)
        self.generate()

    def _take_selected(self) -> None:
        if not self._take(self.gallery.shelf.chosen()):
            few = LEAST[self.controls.mode]
            self.gallery.say(f"Select {'a picture' if few == 1 else f'{few} pictures or more'} first.")

    def _take(self, pictures: list[Drawn]) -> bool:
        """Begin with these pictures; whether there are enough of them."""
        mode = self.controls.mode
        if self.model is None or len(pictures) < LEAST[mode]:
            return False
        try:
            sources = [work.source_of(picture, self.model.manifest) for picture in pictures[: MOST[mode]]]
        except GensmithError as error:
            self.message.emit("care", str(error), "")
            return False
        self.controls.sources.put(sources)
        self.changed.emit()
        return True

    def _go_on(self, pictures: list[Drawn]) -> None:
        """Begin with the selected pictures, at once."""
        mode = {1: VARY, 2: BETWEEN}.get(len(pictures), WALK)
        self.modes.set_value(mode)
        self.controls.set_mode(mode)
        if self._take(pictures):
            self.generate()

    def _look_at(self, path: Path) -> None:
        """Let the model look at a picture of the person's own."""
        if self.model is not None:
            self.gallery.say(f"Looking at {path.name} …")
            task = self._latest.start("look", work.look_at, self.model.folder, path, done=self._seen)
            task.failed.connect(lambda _: self._latest.counts("look", task) and self.gallery.say(""))

    def _seen(self, source: Source) -> None:
        self.gallery.say("")
        self.controls.sources.add(source)
        if self.controls.sources.enough:
            self.generate()
        self.changed.emit()

    def _way_there(self) -> Action:
        missing = next_missing(self.session.document, self.session.facts())
        if missing is None:
            return Action("To the training", lambda: self.go_to.emit(4))
        return Action(missing[1].missing, lambda: self.go_to.emit(missing[0].number))

    # ------------------------------------------------------------ drawing

    def generate_others(self) -> None:
        """Draw with another seed."""
        self.controls.roll()
        self.generate()

    def generate(self) -> None:
        """Draw what the form asks for; an earlier request is dropped."""
        if self.run is None or self.model is None or not self.controls.sources.enough:
            return
        self._drawing.draw(self.controls.request(), self.run)

    def cancel(self) -> None:
        """Stop drawing; what has come stays."""
        self._drawing.cancel()

    def _say_error(self, error: GensmithError) -> None:
        self.message.emit("bad", str(error), error.details)

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        project = self.session.project
        if project is None:
            return
        best = best_run(project)
        self.run = best.run if best else None
        self._offer_runs(best.reason if best else "")
        self._load_model()
        self._load_favourites(project.folder)
        self.smaller.show_run(self.run)
        self.because.show_reasons(project.document)
        self._show()

    def _offer_runs(self, why: str) -> None:
        usable = [run for run in self.session.runs() if run.bundle_folder.is_dir()]
        options: list[tuple[str | None, str]] = [(None, "The best so far")]
        options += [(run.name, work.run_words(run)) for run in reversed(usable)]
        chosen = self.session.document.deployment.run
        self.controls.offer_runs(options, chosen if chosen in [key for key, _ in options] else None)
        if chosen is None:
            self.controls.runs.setToolTip(why)

    def _choose_run(self, name: object) -> None:
        self.session.change("deployment", run=name if isinstance(name, str) else None)
        self.refresh()
        self.changed.emit()

    def _variant_chosen(self) -> None:
        self._drawing.shown = None
        self.refresh()
        self.changed.emit()

    def _load_model(self) -> None:
        folder = variants.chosen(self.session.project, self.run) if self.session.project and self.run else None
        key = None if folder is None else (folder, work.written(folder))
        if key == self._model_key:
            return
        other = not isinstance(self._model_key, tuple) or key is None or self._model_key[0] != key[0]
        self._model_key, self.error = key, None
        if other:
            self.model = self._drawing.rate = None
            self._files.forget()
        if folder is not None:
            task = self._latest.start("model", work.look_into, folder, done=lambda model: self._opened(model, other))
            task.failed.connect(lambda error: self._latest.counts("model", task) and self._refused(error))

    def _opened(self, model: Model, other: bool) -> None:
        self.model = self._files.model = model
        self.program.setVisible(work.has_program())  # not before: what it imports takes time, and was loaded with the model
        if other:
            self.controls.show_model(model.manifest)
            self.modes.part(OWN).setVisible(self.controls.sees)
            self.modes.set_value(self.controls.mode)
        self._show_model()
        if other:
            self.file.show_command(Path(work.file_name(model.manifest)))
        self._show()
        self.changed.emit()

    def _refused(self, error: GensmithError) -> None:
        self.error = error
        self._show()
        self.changed.emit()

    def _show_model(self) -> None:
        if self.model is not None:
            self.here.show_model(self.model, self.rate)

    def _load_favourites(self, folder: Path) -> None:
        names = list(self.session.document.deployment.favourites)
        if names != self._favourites:
            self._favourites = names
            self._latest.start("favourites", work.read_favourites, folder, names, done=self.gallery.show_favourites)

    def _show(self) -> None:
        self.content.setVisible(self.model is not None)
        self.blank.setVisible(self.model is None)
        if self.error is not None:
            self.blank.say_error("The model cannot be used", self.error, ("To the training", lambda: self.go_to.emit(4)))
        elif self.run is None:
            self.blank.say("sparkle", "Nothing to generate with yet", "When a training has ended, its model draws here.")
        elif self.model is None:
            self.blank.say("pictures", "", "Opening the model …")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape stops the drawing."""
        if event.key() == Qt.Key.Key_Escape and self.drawing:
            self.cancel()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the form goes above the pictures."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        directions = QBoxLayout.Direction
        self._centre.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self.controls.setMinimumWidth(0 if narrow else WIDTH)
        self.controls.setMaximumWidth(16777215 if narrow else WIDTH)
