"""This run beside another: what differs, the dials, the curves over one another, pictures from the same seeds."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.jobs import tasks
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.runs import Run
from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.pages.evaluation_views import GridColumn, fill_table, make_table
from desktop_app.ui.widgets import ComboBox, Label
from desktop_app.ui.widgets.picture_grid import PictureGrid, Tile
from desktop_app.ui.widgets.pictures import to_image

if TYPE_CHECKING:
    from desktop_app.jobs.comparing import Comparison
    from desktop_app.ui.widgets.plot import Plot

HEADS = ("", "This run", "The other")
_PLOT_HEIGHT = 170
_TITLES = 124
"""Width of the column of titles."""


class Compare(QWidget):
    """Two runs side by side. Nothing is read before the view is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.other = ComboBox((), "Run to compare with")
        self.words = Label("", wrap=True)
        self.legend = Label("", "quiet")
        self.table = make_table("Both runs", HEADS)
        self.samples = GridColumn(
            "From the same seeds", "this run, the other", PictureGrid("Pictures from the same seeds", side=64, side_by_side=2),
            ("This run", "The other"),
        )  # fmt: skip
        self.found: Comparison | None = None
        self._results: Results | None = None
        self._task: Task | None = None
        self._shown: tuple[Run, Run] | None = None
        self._plot: Plot | None = None
        self._build()
        self.other.currentIndexChanged.connect(lambda _: self._load())

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Label("Compare with", "strong"))
        top.addWidget(self.other)
        top.addStretch(1)
        self.other.setMaximumWidth(320)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        head.resizeSection(0, _TITLES)
        self._left = QVBoxLayout()
        self._left.setSpacing(8)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self._room = QWidget()
        self._room.setFixedHeight(_PLOT_HEIGHT)
        self._room.hide()
        QVBoxLayout(self._room).setContentsMargins(0, 0, 0, 0)
        self._left.addWidget(self.legend)
        self._left.addWidget(self._room)
        self._left.addWidget(self.samples, 1)
        halves = QHBoxLayout()
        halves.setSpacing(theme.GAP)
        halves.addWidget(self.table, 1)
        halves.addLayout(self._left, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addLayout(halves, 1)

    def show_results(self, results: Results) -> None:
        """Another run is looked at: offer those that it can be compared with."""
        self._results, self._shown, self.found = results, None, None
        blocked = self.other.blockSignals(True)
        self.other.clear()
        for run, words in results.others:
            self.other.addItem(words, run.name)
        self.other.blockSignals(blocked)
        for part in (self.other, self.table, self.samples, self.legend):
            part.setVisible(bool(results.others))
        self.words.setText("" if results.others else "There is no other run yet. An advice at the right makes one.")
        self._load()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._load()

    def _load(self) -> None:
        """Read both in the background; latest request wins."""
        results = self._results
        if results is None or results.run is None or not results.others or not self.isVisible():
            return
        other = results.others[max(0, self.other.currentIndex())][0]
        if self._shown == (results.run, other):
            return
        self._shown = (results.run, other)
        self.words.setText("Reading both runs …")
        task = self._task = tasks.run(_side_by_side, [results.run, other], parent=self)
        task.succeeded.connect(lambda found: self._take(task, found))
        task.failed.connect(lambda error: self.words.setText(str(error)))
        task.ended.connect(task.deleteLater)

    def _take(self, task: Task, found: Comparison) -> None:
        if task is not self._task or not isValid(self):
            return
        self._task, self.found = None, found
        self.words.setText(recommendation(found))
        fill_table(self.table, table_lines(found))
        for row in range(self.table.rowCount()):
            for place in range(len(HEADS)):
                self.table.item(row, place).setToolTip(self.table.item(row, place).text())
        self._show_samples(found)
        self._show_curves(found)

    def _show_samples(self, found: Comparison) -> None:
        mine, theirs = found.samples
        pairs = [] if mine is None or theirs is None else list(zip(mine, theirs, strict=False))
        tiles = [
            Tile((to_image(a), to_image(b)), f"Seed {number}: this run, the other") for number, (a, b) in enumerate(pairs, 1)
        ]
        self.samples.grid.set_tiles(tiles)

    def _show_curves(self, found: Comparison) -> None:
        """The loss on held-out pictures of both, over one another; the training's own where that was not measured."""
        from desktop_app.ui.widgets.plot import Drawn, Plot

        if self._plot is None:
            self._plot = Plot()
            self._plot.setAccessibleName("Curves of both runs")
            self._room.layout().addWidget(self._plot)
        kept = found.curves["held_out_loss"]
        curves = kept if all(len(steps) > 1 for steps, _ in kept) else found.curves["loss"]
        drawn = [
            Drawn(name, colour, curve, curve)
            for name, colour, curve in zip(("This run", "The other"), theme.CURVES, curves, strict=False)
            if len(curve[0]) > 1
        ]
        self._room.setVisible(bool(drawn))
        self._plot.draw_curves(drawn)
        marks = " &nbsp; ".join(f"<span style='color:{each.colour}'>━</span> {each.name}" for each in drawn)
        what = "On pictures kept aside" if curves is kept else "Loss of the training"
        self.legend.setText(f"{what}: &nbsp; {marks}" if drawn else "")
        if drawn:
            steps, values = (np.concatenate([each.strong[axis] for each in drawn]) for axis in (0, 1))
            self._plot.frame((float(steps.min()), float(steps.max())), (float(values.min()), float(values.max())))


def _side_by_side(reporter: Reporter, runs: list[Run]) -> Comparison:
    import_module("pyqtgraph")  # here, so that the window does not wait for it
    from desktop_app.jobs.comparing import compare

    return compare(runs)


def recommendation(found: Comparison) -> str:
    """Which of the two is best so far, and which state of this run."""
    parts = []
    if found.choice is not None:
        parts.append(f"Best so far: {('this run', 'the other')[found.choice.place]}. {found.choice.reason}")
    if (state := found.moments[0]) is not None:
        parts.append(f"Of this run: {state.reason}")
    return " ".join(parts) or "Neither was judged."


def table_lines(found: Comparison) -> list[tuple[str, ...]]:
    """The dials, the clearly better marked, then the settings that differ."""
    dials = [
        (row.title, *(f"{value} ✓" if place == row.best else value for place, value in enumerate(row.values)))
        for row in found.dials
    ]
    return dials + [(row.title, *row.values) for row in found.settings]
