"""For the curious: figures that can be set beside those of papers, from a file of Inception's weights."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from desktop_app.jobs import tasks
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.ui.widgets import Button, Label

ABOUT = (
    "Papers measure by a network that was trained on photographs, Inception. Gensmith does not bring its weights along and "
    "fetches nothing: if you have the file, it is checked by its SHA-256, and every evaluation from then on gives FID and KID "
    "by it as well."
)


class PapersRow(QWidget):
    """A quiet line: what there is to choose, or what was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.words = Label("", "quiet", wrap=True)
        self.choose = Button("Choose its file…", "link", clicked=self._ask)
        self.drop = Button("Do without", "link", clicked=self._forget)
        self._task: Task | None = None
        self._measured = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.drop, 0, Qt.AlignmentFlag.AlignTop)

    def refresh(self, measured: bool) -> None:
        """Say how it stands; ``measured`` when the evaluation shown has these figures."""
        from desktop_app.evaluation import inception

        self._measured, there = measured, inception.chosen() is not None
        self.choose.setVisible(not there)
        self.drop.setVisible(there)
        if not there:
            self._say("For figures as papers give them: Inception's weights.", f"{ABOUT} {inception.WHERE}")
        elif measured:
            self._say("FID and KID by Inception stand at the end of the table.", ABOUT)
        else:
            self._say("Inception's weights are known. Judge again to measure by them.", ABOUT)

    def _say(self, words: str, more: str = "") -> None:
        self.words.setText(words)
        self.words.setToolTip(f"<p>{more}</p>" if more else "")
        self.choose.setAccessibleDescription(more)

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Inception's weights", "", "Weights (*.pth *.pt);;All files (*)")
        if path:
            self.take(Path(path))

    def take(self, path: Path) -> Task:
        """Check a file in the background and keep to it from then on."""
        self.choose.setEnabled(False)
        self._say("Checking the file …")
        task = self._task = tasks.run(_choose, path, parent=self)
        task.succeeded.connect(lambda _: self.refresh(self._measured))
        task.failed.connect(lambda error: self._say(str(error)))
        task.ended.connect(lambda: self.choose.setEnabled(True))
        task.ended.connect(task.deleteLater)
        return task

    def _forget(self) -> None:
        from desktop_app.evaluation import inception

        inception.forget()
        self.refresh(self._measured)


def _choose(_: Reporter, path: Path) -> str:
    from desktop_app.evaluation import inception

    return inception.choose(path)
