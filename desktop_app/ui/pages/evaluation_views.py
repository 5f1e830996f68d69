"""The ways to look at an evaluation: side by side, closest to yours, best and worst, all figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_papers import PapersRow
from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.pages.evaluation_words import FIGURES
from desktop_app.ui.widgets import ElidedLabel, Label
from desktop_app.ui.widgets.dial import percent
from desktop_app.ui.widgets.lightbox import Lightbox
from desktop_app.ui.widgets.picture_grid import PictureGrid

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Measure, Report

LOWEST = 300
"""Least height of a view: four rows of pictures."""
SIDES = ("Generated", "Yours")
_KINDS = 168
"""Most width of the table of kinds."""


class GridColumn(QWidget):
    """A heading with a grey word, and a grid under it; a click enlarges."""

    def __init__(self, title: str, term: str, grid: PictureGrid, sides: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.title = Label(title, "strong")
        self.term = ElidedLabel(term, "quiet")
        self.grid = grid
        self._sides = sides
        grid.setMinimumHeight(LOWEST)
        grid.opened.connect(self.enlarge)
        head = self.head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.title)
        head.addWidget(self.term, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(grid, 1)

    def show_side_by_side(self, names: tuple[str, ...], term: str, side: int) -> None:
        """From now on a tile holds a picture of each of ``names``, about ``side`` wide."""
        self._sides = names
        self.term.setText(term)
        self.grid.set_side_by_side(max(1, len(names)), side)

    def enlarge(self, row: int) -> Lightbox:
        """Show one of the pictures over the whole window."""
        return Lightbox(self.window(), self.grid.tiles(), row, self._sides)


class _View(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(10)


class SideBySide(_View):
    """Real pictures that the model never saw, and generated ones."""

    def __init__(self) -> None:
        super().__init__()
        self.real = GridColumn("Yours", "kept aside, never learned from", PictureGrid("Your pictures, kept aside"))
        self.drawn = GridColumn("Generated", "", PictureGrid("Generated pictures"))
        self._results: Results | None = None
        self.row.addWidget(self.real, 1)
        self.row.addWidget(self.drawn, 1)

    def add_choice(self, choice: QWidget) -> None:
        """Put a choice above the generated pictures, at the right; both heads stay equally high."""
        self.drawn.head.addWidget(choice)
        for column in (self.real, self.drawn):
            column.head.addStrut(theme.CONTROL)

    def show_results(self, results: Results, kind: int = -1) -> None:
        """Show all pictures, or those of one kind."""
        self._results = results
        pairs = (
            (self.real, results.real, results.real_labels),
            (self.drawn, results.generated, results.generated_labels),
        )
        for column, tiles, labels in pairs:
            column.grid.set_tiles([tile for tile, label in zip(tiles, labels, strict=True) if kind in (-1, label)])
        self.drawn.term.setText(self._drawn_as_asked(results, kind))

    def _drawn_as_asked(self, results: Results, kind: int) -> str:
        name = results.classes[kind] if kind >= 0 else ""
        share = results.report.class_accuracy.get(name)
        return "" if share is None else f"{percent(share)} are taken for “{name}”"


class Pairs(_View):
    """The training picture that each generated one resembles most, the closest first."""

    def __init__(self) -> None:
        super().__init__()
        grid = PictureGrid("Generated pictures beside yours", side=76, side_by_side=2, captions=True)
        self.pairs = GridColumn("Generated beside the most similar of yours", "", grid, SIDES)
        self.explanation = Label("", "quiet", wrap=True)
        self.pairs.layout().insertWidget(1, self.explanation)
        self.row.addWidget(self.pairs, 1)

    def show_results(self, results: Results) -> None:
        """Show the pairs, the closest first."""
        self.pairs.grid.set_tiles(results.pairs)
        self.explanation.setText(
            "0 % apart is the same picture; 100 % is as far as the next most similar of yours are. Mirrored, moved by up to "
            "two pixels or slightly re-coloured counts as the same. A picture looks copied when it comes closer to one of "
            "yours than 99 of 100 of your own that were kept aside do."
        )


class Extremes(_View):
    """The generated pictures that fit best and worst among the real ones."""

    def __init__(self) -> None:
        super().__init__()
        self.best = GridColumn("Best", "most at home among yours", PictureGrid("The best generated pictures"))
        self.worst = GridColumn("Worst", "least at home among yours", PictureGrid("The worst generated pictures"))
        self.row.addWidget(self.best, 1)
        self.row.addWidget(self.worst, 1)

    def show_results(self, results: Results) -> None:
        """Show both ends."""
        self.best.grid.set_tiles(results.best)
        self.worst.grid.set_tiles(results.worst)


class Figures(_View):
    """Every measure in a table, with its interval and what known pictures reach; then every kind."""

    HEADS = ("Measure", "This model", "95 % interval", "Real", "Noise", "One repeated", "Better")

    def __init__(self) -> None:
        super().__init__()
        self.measures = make_table("All figures", self.HEADS)
        self.kinds = make_table("Drawn as asked, by kind", ("Kind", "As asked"))
        self.kinds.setMaximumWidth(_KINDS)
        self.gap = Label("", "quiet", wrap=True)
        figures = QVBoxLayout()
        figures.setSpacing(8)
        figures.addWidget(self.gap)
        figures.addWidget(self.measures, 1)
        self.papers = PapersRow()
        figures.addWidget(self.papers)
        self.row.addLayout(figures, 1)
        self.row.addWidget(self.kinds, 0)
        self.row.setSpacing(theme.GAP)

    def show_results(self, results: Results) -> None:
        """Fill the tables."""
        report = results.report
        self.gap.setText(gap_words(report))
        self.gap.setVisible(report.gap is not None)
        known = [key for key in FIGURES if key in report.measures]
        fill_table(self.measures, [_cells(key, report.measures[key]) for key in known])
        for line, key in enumerate(known):
            for place in range(len(self.HEADS)):
                self.measures.item(line, place).setToolTip(_wrapped(report.measures[key]))
        self.papers.refresh("kid_inception" in report.measures)
        shares = sorted(report.class_accuracy.items(), key=lambda pair: pair[1])
        self.kinds.setVisible(bool(shares))
        fill_table(self.kinds, [(name, percent(share)) for name, share in shares])


def make_table(name: str, heads: tuple[str, ...]) -> QTableWidget:
    table = QTableWidget(0, len(heads))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(heads))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(32)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.setWordWrap(False)
    table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    table.setMinimumHeight(LOWEST)
    return table


def fill_table(table: QTableWidget, lines: list[tuple[str, ...]]) -> None:
    table.setRowCount(len(lines))
    for row, cells in enumerate(lines):
        for place, text in enumerate(cells):
            table.setItem(row, place, QTableWidgetItem(text))


def _cells(key: str, measure: Measure) -> tuple[str, ...]:
    if measure.value is None:
        return measure.title, "not measured", "", "", "", "", measure.better
    interval = "" if measure.low is None else f"{_number(measure.low)} to {_number(measure.high)}"
    known = (_number(value) for value in (measure.floor, measure.noise, measure.repeated))
    return measure.title, _number(measure.value), interval, *known, measure.better


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return (f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.3f}").replace("-", "−")


def _wrapped(measure: Measure) -> str:
    """A tooltip that Qt wraps because it is rich text."""
    words = " ".join(part for part in (measure.help, measure.not_measured) if part)
    return f"<p>{words.replace('&', '&amp;').replace('<', '&lt;')}</p>"


def gap_words(report: Report) -> str:
    """Where the losses on the pictures learned from and on those kept aside parted."""
    gap = report.gap
    if gap is None:
        return ""
    figures = (
        f"kept aside {gap.best:.3g}, then {gap.last:.3g}; learned from {gap.training_then:.3g}, then {gap.training_last:.3g}"
    )
    if not gap.opened:
        return f"No overfitting: the losses on both kinds of pictures went together ({figures})."
    where = f" The state nearest to it that was kept: {gap.checkpoint}." if gap.checkpoint else ""
    return f"It began to learn by heart at step {gap.step:,} ({figures}).{where}"
