"""Smaller and faster: variants of the model with fewer bits, what each costs and brings, and which one draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.jobs import tasks, variants
from desktop_app.jobs.session import Session
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.document import Precision
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.ui.pages.deployment_work import size_words, written
from desktop_app.ui.widgets import Button, Card, HelpMark, IconLabel, Label
from desktop_app.ui.widgets.progress import ProgressLine

if TYPE_CHECKING:
    from desktop_app.runtime.manifest import Manifest
    from desktop_app.runtime.variants import Kind

STRIP = 110
"""Height of the pictures beside each other, in device-independent pixels."""
SHOWN = ("accuracy", "precision", "recall", "diversity", "naturalness", "kid")
"""Measures that stand on the page; a hint holds all."""
HELP = {
    "fp16": "Every number is stored with half the digits, which halves the file. A usual processor still computes with all "
    "32 bits, so it draws as fast as before, no faster.",
    "int8": "The convolutions, which take most of the time, compute with whole numbers from 0 to 255 in place of fractions. "
    "How to round is found by watching the model draw.",
}
OFFER = {
    "fp16": "The file is half as large, the pictures the same to the eye. As fast as before.",
    "int8": "The file is a third as large and drawing is faster. Takes a minute or two; refused if the pictures suffer.",
}


@dataclass(frozen=True)
class Found:
    """A variant beside a model: what it says of itself, its file's bytes, pictures of both from the same seeds."""

    manifest: Manifest
    size: int
    beside: QImage


def look(_: Reporter, run: Run) -> dict[Kind, Found]:
    """The variants of a run's model, all of each checked."""
    from desktop_app.runtime.archive import read_bundle
    from desktop_app.runtime.variants import BESIDE

    found: dict[Kind, Found] = {}
    for kind in variants.there(run.bundle_folder):
        path = variants.place(run.bundle_folder, kind)
        try:
            manifest, files = read_bundle(path)
        except GensmithError:
            continue  # damaged: it can be made again
        found[kind] = Found(manifest, path.stat().st_size, QImage.fromData(files.get(BESIDE, b"")))
    return found


def make(reporter: Reporter, run: Run, kind: Kind) -> None:
    """Make a variant of a run's model, in a process of its own."""
    variants.make(run.bundle_folder, kind, run=run, progress=reporter.progress, cancelled=reporter.cancelled)


def described(found: Found) -> str:
    """Size, speed and likeness in a line, and the distance to real pictures before and after."""
    variant = found.manifest.variant
    assert variant is not None
    parts = [
        f"{size_words(found.size)}, the model {variant.smaller:.1f} times smaller",
        variants.speed_words(variant.speed),
        f"pictures {variants.likeness_words(variant.mean_difference)}",
    ]
    return " · ".join(parts)


def dials(found: Found, keys: tuple[str, ...] = SHOWN) -> str:
    """The measures of the evaluation, before and after; ``keys`` without any are all."""
    variant = found.manifest.variant
    if variant is None or not variant.dials:
        return "Quality: not measured, for too few pictures were kept aside."
    shown = [dial for key, dial in variant.dials.items() if not keys or key in keys]
    told = [f"{dial.title} {dial.before:.3g} → {dial.after:.3g}" for dial in shown]
    return f"As trained → this one, {variant.count:,} pictures from the same seeds:  " + "  ·  ".join(told)


class Row(QWidget):
    """One variant: its name, what it is, and a button that makes it or draws with it."""

    wanted = Signal()

    def __init__(self, kind: Precision) -> None:
        super().__init__()
        self.kind = kind
        self.setAccessibleName(variants.TITLES[kind])
        self.button = Button("", clicked=self.wanted.emit)
        self.used = IconLabel("check", "good", 16)
        self.state = Label("Draws now", "quiet")
        self.words, self.dials = Label("", "quiet", wrap=True), Label("", "quiet", wrap=True)
        self.beside, self.caption = QLabel(), Label("Above as it was trained, below this one, from the same seeds", "quiet")
        self.beside.setAccessibleName("Above as it was trained, below this variant, from the same seeds")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._head())
        for widget in (self.words, self.dials, self.beside, self.caption):
            column.addWidget(widget)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(variants.TITLES[self.kind], "strong"))
        head.addWidget(Label(variants.TERMS[self.kind], "quiet"))
        if self.kind in HELP:
            head.addWidget(HelpMark(HELP[self.kind], variants.TITLES[self.kind]))
        head.addStretch(1)
        for widget in (self.used, self.state, self.button):
            head.addWidget(widget)
        return head

    def show_found(self, found: Found | None, *, chosen: bool, busy: bool) -> None:
        """Show what there is of it, and what the button does."""
        self.words.setText(described(found) if found else OFFER.get(self.kind, "The model as it is, with nothing rounded."))
        self.dials.setText(dials(found) if found else "")
        self.dials.setToolTip(dials(found, ()) if found else "")
        self.dials.setVisible(found is not None)
        self._show_beside(found.beside if found else QImage())
        there = found is not None or self.kind == "fp32"
        self.button.setText("Draw with it" if there else "Make it")
        self.button.setAccessibleName(f"{self.button.text()}: {variants.TITLES[self.kind]}")
        self.button.setVisible(not chosen)
        self.button.setEnabled(not busy)
        self.used.setVisible(chosen)
        self.state.setVisible(chosen)

    def _show_beside(self, image: QImage) -> None:
        for widget in (self.beside, self.caption):
            widget.setVisible(not image.isNull())
        if not image.isNull():
            ratio = self.devicePixelRatioF()
            scaled = image.scaledToHeight(round(STRIP * ratio), Qt.TransformationMode.SmoothTransformation)
            scaled.setDevicePixelRatio(ratio)
            self.beside.setPixmap(QPixmap.fromImage(scaled))


class SmallerAndFaster(Card):
    """The variants of a run's model. ``chosen`` is sent when another one is to draw."""

    chosen = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("Smaller and faster", spacing=14)
        self.setAccessibleName("Smaller and faster")
        self._session = session
        self._run: Run | None = None
        self._key: object = None
        self.found: dict[Kind, Found] = {}
        self._looking: Task | None = None
        self.making: Task | None = None
        words = "The same model with fewer digits in its numbers. What you choose draws here, and is what you hand on."
        self.body.addWidget(Label(words, "quiet", wrap=True))
        self.rows = {kind: Row(kind) for kind in variants.TITLES}
        for row in self.rows.values():
            self.body.addWidget(row)
            row.wanted.connect(lambda kind=row.kind: self.want(kind))
        self.progress = ProgressLine("Making a smaller variant")
        self.progress.cancel.clicked.connect(self.cancel)
        self.refused = Label("", tone="care", wrap=True)
        self.refused.hide()
        self.progress.hide()
        self.body.addWidget(self.progress)
        self.body.addWidget(self.refused)

    # ------------------------------------------------------------ which there are

    def show_run(self, run: Run | None) -> None:
        """Show the variants of a run's model; looked for in the background."""
        if run != self._run:
            self.cancel()
            self.refused.hide()
            self._run, self.found, self._key = run, {}, None
        if run is None:
            return
        key = [written(variants.place(run.bundle_folder, kind)) for kind in ("fp16", "int8")]
        if key != self._key:
            self._key = key
            task = self._looking = tasks.run(look, run, parent=self._session)
            task.succeeded.connect(lambda found: self._looked(task, found))
            task.ended.connect(task.deleteLater)
        self._show()

    def _looked(self, task: Task, found: dict[Kind, Found]) -> None:
        if isValid(self) and task is self._looking:
            self.found = found
            self._show()

    def _show(self) -> None:
        wish = self._session.document.deployment.variant
        draws: Precision = wish if wish in self.found else "fp32"
        for kind, row in self.rows.items():
            found = None if kind == "fp32" else self.found.get(kind)
            row.show_found(found, chosen=kind == draws, busy=self.making is not None or self._session.read_only)

    # ------------------------------------------------------------ choosing and making

    def want(self, kind: Precision) -> None:
        """Draw with a variant that is there; make one that is not."""
        if kind == "fp32" or kind in self.found:
            if self._session.change("deployment", variant=kind):
                self._show()
                self.chosen.emit()
        elif self._run is not None and self.making is None:
            self._make(self._run, kind)

    def _make(self, run: Run, kind: Kind) -> None:
        self.refused.hide()
        self.progress.begin(f"Making: {variants.TITLES[kind]}")
        self.progress.show()
        task = self.making = tasks.run(make, run, kind, parent=self._session)
        task.progressed.connect(lambda share, words: self._current(task) and self.progress.advance(share, words))
        task.failed.connect(lambda error: self._current(task) and self._refused(kind, error))
        task.ended.connect(lambda: self._made(task))
        self._show()

    def _current(self, task: Task) -> bool:
        return isValid(self) and task is self.making

    def _refused(self, kind: Kind, error: GensmithError) -> None:
        self.refused.setText(f"“{variants.TITLES[kind]}” was not made. {error}")
        self.refused.setToolTip(error.details[-2000:])
        self.refused.show()

    def _made(self, task: Task) -> None:
        if self._current(task):
            self.making = None
            self.progress.hide()
            self.show_run(self._run)
        task.deleteLater()

    def cancel(self) -> None:
        """Stop making one; nothing of it stays."""
        if self.making is not None:
            self.making.cancel()
