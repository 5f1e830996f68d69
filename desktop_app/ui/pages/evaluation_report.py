"""The report to keep and to share: with pictures of the person's own or without, and where it went."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu
from shiboken6 import isValid

from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Reporter
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run, slug
from desktop_app.ui import places
from desktop_app.ui.latest import Latest
from desktop_app.ui.widgets import Button

_SUFFIX = ".html"


class SaveReport(Button):
    """Asks where to, writes the report in the background, and tells."""

    saved = Signal(Path)
    failed = Signal(GensmithError)

    def __init__(self, session: Session) -> None:
        super().__init__("Save a report ▾", "link", help="One page with figures, pictures and curves, to keep or to send on")
        self.setAccessibleName("Save a report")
        self.run: Run | None = None
        self._latest = Latest(self, session)
        self._latest.failed.connect(self.failed)
        menu = QMenu(self)
        menu.addAction("With pictures of mine …", lambda: self._ask(own=True))
        menu.addAction("Without pictures of mine …", lambda: self._ask(own=False))
        self.setMenu(menu)

    def _ask(self, *, own: bool) -> None:
        run = self.run
        if run is None:
            return
        kinds = f"Page for any browser (*{_SUFFIX})"
        name, _ = QFileDialog.getSaveFileName(self, "Save the report", str(_proposed(run)), kinds)
        if name:
            self._write(run, Path(name if name.endswith(_SUFFIX) else name + _SUFFIX), own)

    def _write(self, run: Run, target: Path, own: bool) -> None:
        self.setEnabled(False)
        task = self._latest.start("report", _written, run, target, own, done=self.saved.emit)
        task.ended.connect(lambda: isValid(self) and self.setEnabled(True))


def _proposed(run: Run) -> Path:
    return places.documents_folder() / f"{slug(run.spec.project or run.spec.name)}-report{_SUFFIX}"


def _written(_: Reporter, run: Run, target: Path, own: bool) -> Path:
    from desktop_app.jobs.report_page import write_report  # here, so that the page opens at once

    return write_report(run, target, own=own)
