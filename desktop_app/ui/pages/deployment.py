"""Step 6: put it to use."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.jobs import tasks, variants
from desktop_app.jobs.best import best_run
from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Task
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.steps import next_missing
from desktop_app.ui import theme
from desktop_app.ui.page import Action, Page
from desktop_app.ui.pages import deployment_work as work
from desktop_app.ui.pages.because import Because
from desktop_app.ui.pages.deployment_controls import WIDTH, Controls
from desktop_app.ui.pages.deployment_gallery import Gallery
from desktop_app.ui.pages.deployment_sources import BETWEEN, LEAST, MODES, MOST, NEW, OWN, VARY, WALK, Source
from desktop_app.ui.pages.deployment_targets import FileForOthers, ProgramForOthers, ThisComputer, speed_words
from desktop_app.ui.pages.deployment_variants import SmallerAndFaster
from desktop_app.ui.pages.deployment_work import FAVOURITES, Drawn, Model
from desktop_app.ui.widgets import Segmented
from desktop_app.ui.widgets.blank import Blank
from desktop_app.ui.widgets.columns import ColumnsLayout

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Picture, Request

_NARROW = 720
_SUFFIX = ".gensmith"
_MEASURED = 4
"""Pictures from which on the time that they took says how fast the model draws."""


class DeploymentPage(Page):
    """Drawing in the window, favourites, and the model's destinations."""

    number: ClassVar[int] = 6

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.run: Run | None = None
        self.model: Model | None = None
        self.error: GensmithError | None = None
        self.rate: float | None = None
        self._drawing: Task | None = None
        self._begun = 0.0
        self._shown: tuple[Run | None, Request] | None = None
        self._model_key: object = None
        self._favourites: list[str] | None = None
        self._latest: dict[str, Task] = {}
        self._saved: Path | None = None
        self._exported: Path | None = None
        self._handed: Path | None = None
        self.blank = Blank()
        self.modes = Segmented(MODES, "What to draw")
        self.controls, self.gallery = Controls(), Gallery()
        self.here, self.file, self.program = ThisComputer(), FileForOthers(), ProgramForOthers()
        self.smaller = SmallerAndFaster(session)
        self.program.hide()
        self.because = Because("target")
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
        self.gallery.keep.connect(self._keep)
        self.gallery.drop.connect(self._drop)
        self.gallery.save.connect(self._save)
        self.gallery.show_folder.connect(lambda: self._show_folder(self._saved))
        self.here.show_folder.connect(lambda: self._show_folder(self.model.folder if self.model else None))
        self.file.export.connect(self._export)
        self.file.show_folder.connect(lambda: self._show_folder(self._exported))
        self.smaller.chosen.connect(self._variant_chosen)
        self.program.build.connect(self._hand_on)
        self.program.show_folder.connect(lambda: self._show_folder(self._handed))

    # ------------------------------------------------------------ what is true

    @property
    def drawing(self) -> bool:
        """Whether pictures are being drawn now."""
        return self._drawing is not None

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
        if self.drawing or self._shown != (self.run, self.controls.request()):
            return Action("Generate", self.generate)
        return self._what_follows()

    def _what_follows(self) -> Action:
        """What is shown is what was asked for: the same again would be the same pictures."""
        if self.controls.mode in (NEW, VARY):
            return Action("Generate others", self.generate_others)
        if self.controls.mode == OWN:
            return Action("Draw variations", lambda: self._draw_in(VARY))
        return Action("Save all …", lambda: self._save(self.gallery.new.all()))

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
            task = self._start("look", work.look_at, self.model.folder, path, done=self._seen)
            task.failed.connect(lambda _: self._counts("look", task) and self.gallery.say(""))

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
        request = self.controls.request()
        self.cancel()
        task = self.session.generate(request, self.run)
        if task is None:
            return
        self._drawing, self._shown, self._begun = task, (self.run, request), 0.0
        self.gallery.begin(request.count)
        task.progressed.connect(lambda fraction, _: self._advanced(task, fraction))
        task.partial.connect(lambda picture: self._arrived(task, picture))
        task.succeeded.connect(lambda _: self._drawn(task, request.count))
        task.failed.connect(lambda error: self._failed(task, error))
        task.ended.connect(task.deleteLater)
        task.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Stop drawing; what has come stays."""
        if self._drawing is not None:
            self._drawing.cancel()
            self._end_drawing(f"{len(self.gallery.new.all()):,} pictures, then cancelled")
            self._shown = None
            self.changed.emit()

    def _current(self, task: Task) -> bool:
        """Latest request wins, and only a page that is still there."""
        return task is self._drawing and isValid(self)

    def _advanced(self, task: Task, fraction: float) -> None:
        if self._current(task):
            self._begun = self._begun or time.perf_counter()
            there, total = len(self.gallery.new.all()), len(self.gallery.new.pictures)
            self.gallery.progress.advance(fraction, f"{there:,} of {total:,}")

    def _arrived(self, task: Task, picture: Picture) -> None:
        if self._current(task):
            self._begun = self._begun or time.perf_counter()
            self.gallery.arrived(picture.number, work.drawn(picture))

    def _drawn(self, task: Task, count: int) -> None:
        if not self._current(task):
            return
        seconds = time.perf_counter() - self._begun if self._begun else 0.0
        if measured := count >= _MEASURED and seconds > 0:
            self.rate = count / seconds
        speed = f" · {speed_words(self.rate)}" if measured and self.rate else ""
        self._end_drawing(f"{count:,} {'picture' if count == 1 else 'pictures'}{speed}")
        self._show_model()
        self.changed.emit()

    def _failed(self, task: Task, error: GensmithError) -> None:
        if self._current(task):
            self._end_drawing("")
            self._shown = None
            self._say_error(error)
            self.changed.emit()

    def _end_drawing(self, words: str) -> None:
        self._drawing = None
        self.gallery.end(words)

    # ------------------------------------------------------------ keeping and saving

    def _keep(self, pictures: list[Drawn]) -> None:
        project = self.session.project
        if project is None or self.session.read_only:
            words = "This project is open for reading only, so nothing can be kept in it. Save the pictures instead."
            self.message.emit("care", words, "")
            return
        self._start("keep", work.save, pictures, project.folder / FAVOURITES, done=self._kept)

    def _kept(self, paths: list[Path]) -> None:
        known = self.session.document.deployment.favourites
        new = [name for path in paths if (name := f"{FAVOURITES}/{path.name}") not in known]
        if self.session.change("deployment", favourites=[*known, *new]):
            self.gallery.say(f"{_count(len(paths))} kept as {'a favourite' if len(paths) == 1 else 'favourites'}.")
        self.refresh()

    def _drop(self, pictures: list[Drawn]) -> None:
        """Only the list changes, so that undo brings them back."""
        gone = {f"{FAVOURITES}/{picture.file}" for picture in pictures}
        left = [name for name in self.session.document.deployment.favourites if name not in gone]
        if self.session.change("deployment", favourites=left):
            self.gallery.say(
                f"{_count(len(pictures))} no longer kept. Ctrl+Z brings {'it' if len(gone) == 1 else 'them'} back."
            )
        self.refresh()

    def _save(self, pictures: list[Drawn]) -> None:
        if len(pictures) == 1:
            name, _ = QFileDialog.getSaveFileName(
                self, "Save the picture", str(work.pictures_folder() / pictures[0].file), "PNG (*.png)"
            )
            if name:
                self._start("save", work.save_as, pictures[0], Path(name).with_suffix(".png"), done=self._files_saved)
        elif pictures:
            folder = QFileDialog.getExistingDirectory(
                self, f"A folder for {len(pictures):,} pictures", str(work.pictures_folder())
            )
            if folder:
                task = self._start("save", work.save, pictures, Path(folder), done=self._files_saved)
                task.progressed.connect(lambda share, _: self._saving(task, round(share * len(pictures)), len(pictures)))

    def _saving(self, task: Task, done: int, total: int) -> None:
        if self._counts("save", task):
            self.gallery.say(f"Saving: {done:,} of {total:,}")

    def _files_saved(self, paths: list[Path]) -> None:
        self._saved = paths[0].parent
        what = f"{paths[0].name} saved" if len(paths) == 1 else f"{len(paths):,} pictures saved in {self._saved.name}"
        self.gallery.say(f"{what}.", folder=True)

    def _export(self) -> None:
        if self.model is None:
            return
        proposed = work.documents_folder() / work.file_name(self.model.manifest)
        name, _ = QFileDialog.getSaveFileName(self, "Save the model", str(proposed), f"Gensmith model (*{_SUFFIX})")
        if name:
            self.file.button.setEnabled(False)
            target = Path(name if name.endswith(_SUFFIX) else name + _SUFFIX)
            task = self._start("export", work.pack_file, self.model.folder, target, done=self._file_written)
            task.ended.connect(lambda: isValid(self) and self.file.button.setEnabled(True))

    def _file_written(self, path: Path) -> None:
        self._exported = path.parent
        self.file.show_result(path)
        self.file.show_command(path)

    def _hand_on(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Where the folder and the zip go", str(work.documents_folder()))
        if self.model is None or not folder:
            return
        self.program.begin()
        task = self._start("program", work.hand_on, self.model.folder, Path(folder), done=self._handed_on)
        task.progressed.connect(lambda share, _: self._counts("program", task) and self.program.progress.advance(share))
        self.program.progress.cancel.clicked.connect(task.cancel)
        for otherwise in (task.failed, task.cancelled):
            otherwise.connect(lambda *_: self._counts("program", task) and self.program.rest())

    def _stop_handing_on(self) -> None:
        """Another model: what is being made is not of this one."""
        task = self._latest.pop("program", None)
        if task is not None and isValid(task):
            task.cancel()
        self.program.rest()

    def _handed_on(self, archive: Path) -> None:
        self._handed = archive.parent
        self.program.show_result(archive)

    def _show_folder(self, folder: Path | None) -> None:
        if folder is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.message.emit("care", f"No program here shows folders. It is {folder}.", "")

    # ------------------------------------------------------------ in the background

    def _start(self, what: str, function: Any, *args: Any, done: Callable[[Any], None]) -> Task:
        """Run a function in the background; of two of one sort only the later one's result counts."""
        task = tasks.run(function, *args, parent=self.session)
        self._latest[what] = task
        task.succeeded.connect(lambda result: self._counts(what, task) and done(result))
        task.failed.connect(lambda error: self._counts(what, task) and self._say_error(error))
        task.ended.connect(task.deleteLater)
        return task

    def _counts(self, what: str, task: Task) -> bool:
        return isValid(self) and self._latest.get(what) is task

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
        self._shown = None
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
            self.model, self.rate = None, None
            self.file.clear_result()
            self._stop_handing_on()
        if folder is not None:
            task = self._start("model", work.look_into, folder, done=lambda model: self._opened(model, other))
            task.failed.connect(lambda error: self._counts("model", task) and self._refused(error))

    def _opened(self, model: Model, other: bool) -> None:
        self.model = model
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
            self._start("favourites", work.read_favourites, folder, names, done=self.gallery.show_favourites)

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


def _count(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"
