"""What the deployment page writes: pictures kept and saved, the model in one file, the program to hand on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget
from shiboken6 import isValid

from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Task
from desktop_app.ui import places
from desktop_app.ui.latest import Latest
from desktop_app.ui.pages import deployment_work as work
from desktop_app.ui.pages.deployment_gallery import Gallery
from desktop_app.ui.pages.deployment_targets import FileForOthers, ProgramForOthers
from desktop_app.ui.pages.deployment_work import FAVOURITES, Drawn, Model

_SUFFIX = ".gensmith"


class Files(QObject):
    """Does what the gallery and the two cards ask for, with the page's model, and remembers where it went."""

    message = Signal(str, str, str)
    favourites_changed = Signal()

    def __init__(
        self, page: QWidget, session: Session, latest: Latest, gallery: Gallery, file: FileForOthers, program: ProgramForOthers
    ) -> None:
        super().__init__(page)
        self.model: Model | None = None
        self._page, self._session, self._latest = page, session, latest
        self._gallery, self._file, self._program = gallery, file, program
        self._saved: Path | None = None
        self._exported: Path | None = None
        self._handed: Path | None = None
        gallery.keep.connect(self._keep)
        gallery.drop.connect(self._drop)
        gallery.save.connect(self.save)
        gallery.show_folder.connect(lambda: self.show_folder(self._saved))
        file.export.connect(self._export)
        file.show_folder.connect(lambda: self.show_folder(self._exported))
        program.build.connect(self._hand_on)
        program.show_folder.connect(lambda: self.show_folder(self._handed))

    # ------------------------------------------------------------ pictures

    def _keep(self, pictures: list[Drawn]) -> None:
        project = self._session.project
        if project is None or self._session.read_only:
            words = "This project is open for reading only, so nothing can be kept in it. Save the pictures instead."
            self.message.emit("care", words, "")
            return
        self._latest.start("keep", work.save, pictures, project.folder / FAVOURITES, done=self._kept)

    def _kept(self, paths: list[Path]) -> None:
        known = self._session.document.deployment.favourites
        new = [name for path in paths if (name := f"{FAVOURITES}/{path.name}") not in known]
        if self._session.change("deployment", favourites=[*known, *new]):
            self._gallery.say(f"{_count(len(paths))} kept as {'a favourite' if len(paths) == 1 else 'favourites'}.")
        self.favourites_changed.emit()

    def _drop(self, pictures: list[Drawn]) -> None:
        """Only the list changes, so that undo brings them back."""
        gone = {f"{FAVOURITES}/{picture.file}" for picture in pictures}
        left = [name for name in self._session.document.deployment.favourites if name not in gone]
        if self._session.change("deployment", favourites=left):
            back = "it" if len(gone) == 1 else "them"
            self._gallery.say(f"{_count(len(pictures))} no longer kept. Ctrl+Z brings {back} back.")
        self.favourites_changed.emit()

    def save(self, pictures: list[Drawn]) -> None:
        """Write pictures where the person says."""
        if len(pictures) == 1:
            self._save_one(pictures[0])
        elif pictures:
            self._save_many(pictures)

    def _save_one(self, picture: Drawn) -> None:
        proposed = str(places.pictures_folder() / picture.file)
        name, _ = QFileDialog.getSaveFileName(self._page, "Save the picture", proposed, "PNG (*.png)")
        if name:
            self._latest.start("save", work.save_as, picture, Path(name).with_suffix(".png"), done=self._files_saved)

    def _save_many(self, pictures: list[Drawn]) -> None:
        title, proposed = f"A folder for {len(pictures):,} pictures", str(places.pictures_folder())
        if folder := QFileDialog.getExistingDirectory(self._page, title, proposed):
            task = self._latest.start("save", work.save, pictures, Path(folder), done=self._files_saved)
            task.progressed.connect(lambda share, _: self._saving(task, round(share * len(pictures)), len(pictures)))

    def _saving(self, task: Task, done: int, total: int) -> None:
        if self._latest.counts("save", task):
            self._gallery.say(f"Saving: {done:,} of {total:,}")

    def _files_saved(self, paths: list[Path]) -> None:
        self._saved = paths[0].parent
        what = f"{paths[0].name} saved" if len(paths) == 1 else f"{len(paths):,} pictures saved in {self._saved.name}"
        self._gallery.say(f"{what}.", folder=True)

    # ------------------------------------------------------------ the model

    def _export(self) -> None:
        if self.model is None:
            return
        proposed = places.documents_folder() / work.file_name(self.model.manifest)
        kinds = f"Gensmith model (*{_SUFFIX})"
        name, _ = QFileDialog.getSaveFileName(self._page, "Save the model", str(proposed), kinds)
        if name:
            self._file.button.setEnabled(False)
            target = Path(name if name.endswith(_SUFFIX) else name + _SUFFIX)
            task = self._latest.start("export", work.pack_file, self.model.folder, target, done=self._file_written)
            task.ended.connect(lambda: isValid(self) and self._file.button.setEnabled(True))

    def _file_written(self, path: Path) -> None:
        self._exported = path.parent
        self._file.show_result(path)
        self._file.show_command(path)

    def _hand_on(self) -> None:
        title, proposed = "Where the folder and the zip go", str(places.documents_folder())
        folder = QFileDialog.getExistingDirectory(self._page, title, proposed)
        if self.model is None or not folder:
            return
        self._program.begin()
        task = self._latest.start("program", work.hand_on, self.model.folder, Path(folder), done=self._handed_on)
        progress = self._program.progress
        task.progressed.connect(lambda share, _: self._latest.counts("program", task) and progress.advance(share))
        progress.cancel.clicked.connect(task.cancel)
        for otherwise in (task.failed, task.cancelled):
            otherwise.connect(lambda *_: self._latest.counts("program", task) and self._program.rest())

    def _handed_on(self, archive: Path) -> None:
        self._handed = archive.parent
        self._program.show_result(archive)

    def forget(self) -> None:
        """Another model: what was written, and what is being made, is not of it."""
        self.model = None
        self._file.clear_result()
        self._latest.drop("program")
        self._program.rest()

    def show_folder(self, folder: Path | None) -> None:
        """Show it in the system's own program for files."""
        if folder is not None and not places.show(folder):
            self.message.emit("care", f"No program here shows folders. It is {folder}.", "")


def _count(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"
