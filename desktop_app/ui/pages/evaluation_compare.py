"""This run beside up to five others: what differs, the dials, the curves over one another, pictures from the same seeds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
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
from desktop_app.ui.pages.evaluation_runs import OtherRuns
from desktop_app.ui.pages.evaluation_views import GridColumn, fill_table, make_table
from desktop_app.ui.widgets import Label, plotting
from desktop_app.ui.widgets.picture_grid import PictureGrid, Tile
from desktop_app.ui.widgets.pictures import to_image

if TYPE_CHECKING:
    from desktop_app.evaluation.ranking import Choice
    from desktop_app.jobs.comparing import Comparison
    from desktop_app.ui.widgets.plot import Plot

ALONE = "There is no other run yet. An advice at the right makes one."
_PLOT_HEIGHT = 170
_TITLES, _VALUES = 104, 58
"""Width of the column of titles, and least width of the others where there are many."""
_SIDE = 64
"""Side of a picture where two stand side by side."""


def called(count: int) -> tuple[str, ...]:
    """What the runs are called on the page: the others have letters where there are several."""
    return ("This run", "The other") if count == 2 else ("This run", *"BCDEFG"[: count - 1])


class Compare(QWidget):
    """Runs side by side. Nothing is read before the view is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.others = OtherRuns()
        self.words = Label("", wrap=True)
        self.legend = Label("", "quiet", wrap=True)
        self.table = make_table("The runs", ("", *called(2)))
        grid = PictureGrid("Pictures from the same seeds", side=_SIDE, side_by_side=2)
        self.samples = GridColumn("From the same seeds", "", grid, called(2))
        self.found: Comparison | None = None
        self._results: Results | None = None
        self._task: Task | None = None
        self._shown: list[Run] | None = None
        self._plot: Plot | None = None
        self._build()
        self.others.chosen_changed.connect(self._load)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Label("Compare with", "strong"))
        top.addWidget(self.others)
        top.addStretch(1)
        self.others.setMaximumWidth(320)
        self._right = QVBoxLayout()
        self._right.setSpacing(8)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self._room = QWidget()
        self._room.setFixedHeight(_PLOT_HEIGHT)
        self._room.hide()
        QVBoxLayout(self._room).setContentsMargins(0, 0, 0, 0)
        for part, stretch in ((self.legend, 0), (self._room, 0), (self.samples, 1)):
            self._right.addWidget(part, stretch)
        halves = QHBoxLayout()
        halves.setSpacing(theme.GAP)
        halves.addWidget(self.table, 1)
        halves.addLayout(self._right, 1)
        self._halves = halves
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addLayout(halves, 1)

    # ------------------------------------------------------------ reading

    def show_results(self, results: Results) -> None:
        """Another run is looked at: offer those that it can be compared with."""
        self._results, self._shown, self.found = results, None, None
        self.others.offer(results.others)
        for part in (self.others, self.table, self.samples, self.legend):
            part.setVisible(bool(results.others))
        self.words.setText("" if results.others else ALONE)
        self._load()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._load()

    def _load(self) -> None:
        """Read them in the background; latest request wins."""
        results = self._results
        if results is None or results.run is None or not self.isVisible():
            return
        if not results.others:
            self._load_alone(results.run)
            return
        runs = [results.run, *self.others.chosen()]
        if self._shown == runs:
            return
        self._shown = runs
        self.words.setText("Reading the runs …")
        task = self._task = tasks.run(_side_by_side, runs, parent=self)
        task.succeeded.connect(lambda found: self._take(task, found))
        task.failed.connect(lambda error: self.words.setText(str(error)))
        task.ended.connect(task.deleteLater)

    def _load_alone(self, run: Run) -> None:
        """Nothing to compare with: say at least which of its states is the best."""
        if self._shown == [run]:
            return
        self._shown = [run]
        task = self._task = tasks.run(_state, run, parent=self)
        task.succeeded.connect(lambda state: self._take_alone(task, state))
        task.ended.connect(task.deleteLater)

    def _take_alone(self, task: Task, state: Choice | None) -> None:
        if task is self._task and isValid(self) and state is not None:
            self.words.setText(f"{ALONE} Of this run: {state.reason}")

    def _take(self, task: Task, found: Comparison) -> None:
        if task is not self._task or not isValid(self):
            return
        self._task, self.found = None, found
        self.words.setText(recommendation(found))
        self._show_table(found)
        self._show_samples(found)
        self._show_curves(found)

    # ------------------------------------------------------------ showing

    def _show_table(self, found: Comparison) -> None:
        heads = ("", *called(len(found.runs)))
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(list(heads))
        head = self.table.horizontalHeader()
        self._halves.setStretch(0, 1 if len(heads) == 3 else 2)  # a third of the room for the pictures of many
        head.setMinimumSectionSize(_VALUES)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        head.resizeSection(0, _TITLES)
        for place in range(1, len(heads)):
            self.table.horizontalHeaderItem(place).setToolTip(found.names[place - 1])
        lines = table_lines(found)
        fill_table(self.table, lines if len(heads) == 3 else [tuple(map(_short, line)) for line in lines])
        for row, line in enumerate(lines):
            for place, text in enumerate(line):
                self.table.item(row, place).setToolTip(text)

    def _show_samples(self, found: Comparison) -> None:
        """A tile for each seed, in it a picture of every run; a run that was not judged has none."""
        shown = [
            (name, pictures)
            for name, pictures in zip(called(len(found.runs)), found.samples, strict=True)
            if pictures is not None
        ]
        names = tuple(name for name, _ in shown)
        seeds = list(zip(*(pictures for _, pictures in shown), strict=False)) if len(shown) > 1 else []
        said = ", ".join(names)
        self.samples.show_side_by_side(
            names, said if seeds else "not there: judge the runs first", max(32, 2 * _SIDE // max(2, len(names)))
        )
        self.samples.grid.set_tiles(
            [Tile(tuple(map(to_image, row)), f"Seed {number}: {said}") for number, row in enumerate(seeds, 1)]
        )

    def _show_curves(self, found: Comparison) -> None:
        """The loss on held-out pictures of all, over one another; the training's own where that was not measured."""
        from desktop_app.ui.widgets.plot import Drawn, Plot

        if self._plot is None:
            self._plot = Plot()
            self._plot.setAccessibleName("Curves of the runs")
            self._room.layout().addWidget(self._plot)
        kept = found.curves["held_out_loss"]
        curves = kept if all(len(steps) > 1 for steps, _ in kept) else found.curves["loss"]
        names = called(len(found.runs))
        drawn = [
            Drawn(name, colour, curve, curve)
            for name, colour, curve in zip(names, theme.CURVES, curves, strict=False)
            if len(curve[0]) > 1
        ]
        self._room.setVisible(bool(drawn))
        self._plot.draw_curves(drawn)
        self.legend.setText(_legend("On pictures kept aside" if curves is kept else "Loss of the training", names, found.names))
        if drawn:
            steps, values = (np.concatenate([each.strong[axis] for each in drawn]) for axis in (0, 1))
            self._plot.frame((float(steps.min()), float(steps.max())), (float(values.min()), float(values.max())))


def _legend(what: str, names: Sequence[str], runs: Sequence[str]) -> str:
    """The colours, as rich text; with more than two runs also what each letter stands for."""
    runs = [run.split(" · ")[0] for run in runs] if len({run.split(" · ")[0] for run in runs}) == len(runs) else runs
    words = names if len(names) == 2 else [names[0], *(f"{name}: {run}" for name, run in zip(names[1:], runs[1:], strict=True))]
    whole = [escape(each).replace(" ", "&nbsp;") for each in words]
    marks = (f"<span style='color:{colour}'>━</span>&nbsp;{each}" for each, colour in zip(whole, theme.CURVES, strict=False))
    return f"{what}: &nbsp; {' &nbsp; '.join(marks)}"


def _short(cell: str) -> str:
    """A figure without its interval, which the tooltip keeps."""
    return re.sub(r" \(\d+–\d+\)", "", cell)


def _side_by_side(reporter: Reporter, runs: list[Run]) -> Comparison:
    plotting.load(reporter)
    from desktop_app.jobs.comparing import compare

    return compare(runs)


def _state(reporter: Reporter, run: Run) -> Choice | None:
    from desktop_app.jobs.comparing import best_state

    return best_state(run)


def recommendation(found: Comparison) -> str:
    """Which of them is best so far, and which state of this run."""
    parts = []
    if found.choice is not None:
        name = called(len(found.runs))[found.choice.place]
        parts.append(f"Best so far: {name if len(name) == 1 else name.lower()}. {found.choice.reason}")
    if (state := found.moments[0]) is not None:
        parts.append(f"Of this run: {state.reason}")
    return " ".join(parts) or "None of them was judged."


def table_lines(found: Comparison) -> list[tuple[str, ...]]:
    """The dials, the clearly better marked, then the settings that differ."""
    dials = [
        (row.title, *(f"{value} ✓" if place == row.best else value for place, value in enumerate(row.values)))
        for row in found.dials
    ]
    return dials + [(row.title, *row.values) for row in found.settings]
