"""The judged state of the evaluation page: dials, ways to look, what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_advice import AdviceColumn, came_words
from desktop_app.ui.pages.evaluation_compare import Compare
from desktop_app.ui.pages.evaluation_course import OverTime
from desktop_app.ui.pages.evaluation_map import MapView
from desktop_app.ui.pages.evaluation_missing import NeverDrawnView
from desktop_app.ui.pages.evaluation_quiz import QuizView
from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.pages.evaluation_views import Extremes, Figures, Pairs, SideBySide
from desktop_app.ui.pages.evaluation_words import DIALS, PRECISELY, explanation, parted
from desktop_app.ui.widgets import Button, ComboBox, Dot, Label, Segmented
from desktop_app.ui.widgets.columns import ColumnsLayout
from desktop_app.ui.widgets.dial import Dial

VIEWS = (
    ("beside", "Pictures"),
    ("pairs", "Copies"),
    ("extremes", "Extremes"),
    ("missing", "Missing"),
    ("course", "Course"),
    ("figures", "Figures"),
    ("compare", "Compare"),
    ("map", "Map"),
    ("quiz", "Quiz"),
)
_ADVICE_WIDTH = 272
_NARROW = 900


class Panel(QWidget):
    """Shows :class:`~desktop_app.ui.pages.evaluation_results.Results`.

    ``bar`` is the row of choices at the right above the pictures; the page adds the choice of runs to it.
    """

    go_to = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.dials = {key: Dial(key.capitalize()) for key in DIALS}
        self.views = Segmented(VIEWS, "What to look at")
        self.kinds = ComboBox((), "Kind to look at")
        self.bar = QHBoxLayout()
        self._bars = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.beside, self.pairs, self.extremes, self.figures = SideBySide(), Pairs(), Extremes(), Figures()
        self.compare, self.map, self.quiz = Compare(), MapView(), QuizView()
        self.missing, self.course = NeverDrawnView(), OverTime()
        self.stack = QStackedWidget()
        self.advice = AdviceColumn()
        self.judge = Button("Judge again", "plain", help="Draw new pictures and measure everything anew")
        self.results: Results | None = None
        self._build()

    def _build(self) -> None:
        dials = QWidget()
        columns = ColumnsLayout(150, 12, dials)
        for dial in self.dials.values():
            columns.addWidget(dial)
        self._bars.setSpacing(8)
        self._bars.addWidget(self.views)
        self._bars.addLayout(self.bar, 1)
        self.bar.setSpacing(8)
        self.bar.addStretch(1)
        self.beside.add_choice(self.kinds)
        self.kinds.setMaximumWidth(200)
        self.kinds.currentIndexChanged.connect(lambda _: self._show_kind())
        for key, _ in VIEWS:
            self.stack.addWidget(getattr(self, key))
        self.views.set_value("beside")
        self.views.chosen.connect(self.look_at)
        self._centre = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._centre.setSpacing(theme.GAP + 4)
        self._centre.addWidget(self.stack, 1)
        self._centre.addWidget(self._advice_column())
        self.advice.see_pairs.connect(lambda: self.look_at("pairs"))
        self.advice.go_to.connect(self.go_to)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self._verdict())
        column.addWidget(self.came)
        column.addWidget(dials)
        column.addLayout(self._bars)
        column.addLayout(self._centre, 1)

    def _verdict(self) -> QHBoxLayout:
        self.dot, self.verdict = Dot(), Label("", wrap=True)
        self.came = Label("", "quiet", wrap=True)
        self.came.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.dot)
        row.addWidget(self.verdict, 1)
        return row

    def _advice_column(self) -> QWidget:
        self._aside = QWidget()
        self._aside.setFixedWidth(_ADVICE_WIDTH)
        column = QVBoxLayout(self._aside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.advice)
        column.addWidget(self.judge, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return self._aside

    # ------------------------------------------------------------ showing

    def show_results(self, results: Results) -> None:
        """Show another evaluation."""
        self.results = results
        for key, dial in self.dials.items():
            measure = results.report.measures[key]
            dial.show_reading(results.readings[key], explanation(measure), PRECISELY[key])
        self.dot.set_state(results.report.verdict.state)
        opening, why = parted(results.report.verdict.sentence)
        self.verdict.setText(why)
        for part in (self.dot, self.verdict):
            part.setVisible(why != opening)
        self._offer_kinds(results.classes)
        for key, _ in VIEWS:
            getattr(self, key).show_results(results)
        self.advice.show_results(results)
        self.came.setText(came_words(results))
        self.came.setVisible(results.came is not None)

    def look_at(self, view: str) -> None:
        """Show one of :data:`VIEWS`."""
        self.views.set_value(view)
        self.stack.setCurrentIndex([key for key, _ in VIEWS].index(view))
        self.kinds.setVisible(self.kinds.count() > 1)

    def _offer_kinds(self, classes: list[str]) -> None:
        blocked = self.kinds.blockSignals(True)
        self.kinds.clear()
        for number, name in enumerate(["All kinds", *classes] if classes else []):
            self.kinds.addItem(name, number - 1)
        self.kinds.blockSignals(blocked)
        self.look_at(self.views.value())

    def _show_kind(self) -> None:
        kind = self.kinds.value()
        if self.results is not None and isinstance(kind, int):
            self.beside.show_results(self.results, kind)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the advice goes below the pictures."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        directions = QBoxLayout.Direction
        for row in (self._centre, self._bars):
            row.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self._aside.setMinimumWidth(0 if narrow else _ADVICE_WIDTH)
        self._aside.setMaximumWidth(16777215 if narrow else _ADVICE_WIDTH)
