"""Pictures drawn with a run's model in the background; a model is opened once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from desktop_app.jobs.best import best_run
from desktop_app.jobs.desk import Desk
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Bundle, Request


class Painter(QObject):
    """Draws with the models of the project on the desk."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._bundles: dict[tuple[str, int], Bundle] = {}

    def generate(self, request: Request, run: Run | None = None) -> Task | None:
        """Draw pictures with a run's model (the best without one).

        Returns a task that waits for its ``start``: ``partial`` hands over each picture, ``succeeded`` the list of all.
        """
        from desktop_app.jobs import variants  # which knows bundles: the first window need not wait for that

        project, run = self._desk.project, run or self._best()
        if run is None or project is None:
            self._desk.failed.emit(GensmithError("There is no trained model yet.", "Train one in step 4."))
            return None
        return Task(_generate, self._bundles, variants.chosen(project, run), request, parent=self)

    def _best(self) -> Run | None:
        found = best_run(self._desk.project) if self._desk.project else None
        return found.run if found else None

    def forget(self) -> None:
        """The project is closed."""
        self._bundles.clear()


def _generate(reporter: Reporter, opened: dict[tuple[str, int], Bundle], folder: Path, request: Request) -> list[Any]:
    from desktop_app.runtime.bundle import open_bundle

    key = (str(folder), (folder / "bundle.json" if folder.is_dir() else folder).stat().st_mtime_ns)
    bundle = opened.get(key) or opened.setdefault(key, open_bundle(folder))
    pictures = []
    for picture in bundle.generate(request, progress=reporter.progress, cancelled=reporter.cancelled):
        pictures.append(picture)
        reporter.partial(picture)
    return pictures
