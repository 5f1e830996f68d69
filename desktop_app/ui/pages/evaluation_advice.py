"""What to do next: a card for each advice, with its reason, and a button that starts the run that takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.widgets import Button, Card, Dot, Label
from desktop_app.ui.widgets.flow import FlowLayout

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Advice, Report
    from desktop_app.jobs.advising import Outcome

SHOWN = 3
"""Cards shown at once; the others are a click away."""
_PLACES = {2: "To the pictures", 3: "To the kinds of model", 4: "To the training"}
_STATES = {"helped": "good", "worse": "bad", "alike": "care", "open": ""}


class AdviceColumn(QWidget):
    """The cards of an evaluation, the most pressing first; the page may add to the row of their ``head``."""

    taken = Signal(object)  # Advice: start the run that takes it
    see_pairs = Signal()
    go_to = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Card] = []
        self.takers: list[Button] = []
        """Buttons that start a run."""
        self.more = Button("", "link", clicked=self._toggle)
        self.head = QHBoxLayout()
        self._all = False
        self._in_the_way = ""
        self._helps: dict[Button, str] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self.head.addWidget(Label("What to do next", "strong"))
        self.head.addStretch(1)
        self._column.addLayout(self.head)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def show_results(self, results: Results) -> None:
        """Show the advice of another evaluation."""
        for card in self.cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.takers, self._helps, self._all = [], {}, False
        self.cards = self._make(results)
        for place, card in enumerate(self.cards):
            self._column.insertWidget(place + 1, card)
        self._show()
        self.set_in_the_way(self._in_the_way)

    def set_in_the_way(self, reason: str) -> None:
        """Why no run can be started now; empty when one can."""
        self._in_the_way = reason
        for button in self.takers:
            button.setEnabled(not reason)
            button.setToolTip(reason or self._helps[button])

    def _make(self, results: Results) -> list[Card]:
        report = results.report
        cards = [self._advice_card(each, results) for each in report.advice]
        if not any(each.code == "copies" for each in report.advice):
            cards.append(self._copies_card(report))
        if not report.advice:
            cards.insert(0, _card("Put it to use", "Nothing that was measured stands in the way."))
        return cards

    def _advice_card(self, advice: Advice, results: Results) -> Card:
        card = _card(advice.title, advice.reason, advice.remedy)
        if (came := results.outcomes.get(advice.code)) is not None:
            card.body.addLayout(_outcome(came))
        buttons = []
        if advice.change is not None:
            buttons.append(self._taker(advice, results.changes.get(advice.code, "")))
        elif advice.step in _PLACES:
            step = advice.step
            buttons.append(Button(_PLACES[step], clicked=lambda: self.go_to.emit(step)))
        if advice.code == "copies" and results.report.nearest:
            buttons.append(Button("See the pairs", "plain", clicked=self.see_pairs.emit))
        _offer(card, *buttons)
        return card

    def _taker(self, advice: Advice, words: str) -> Button:
        button = Button("Train with this", clicked=lambda: self.taken.emit(advice))
        button.setAccessibleName(f"Train with this: {advice.title}")
        button.setAccessibleDescription(words)
        self._helps[button] = f"Keeps this run and starts a new one in which only this differs: {words}."
        self.takers.append(button)
        return button

    def _copies_card(self, report: Report) -> Card:
        from desktop_app.evaluation.verdict import copies_title, copies_words  # here: numpy comes with it

        card = _card(copies_title(report.copies), copies_words(report.copies))
        if report.nearest:
            _offer(card, Button("See the pairs", clicked=self.see_pairs.emit))
        return card

    def _toggle(self) -> None:
        self._all = not self._all
        self._show()

    def _show(self) -> None:
        for place, card in enumerate(self.cards):
            card.setVisible(self._all or place < SHOWN)
        hidden = len(self.cards) - SHOWN
        self.more.setText("Fewer" if self._all else f"{hidden} more")
        self.more.setVisible(hidden > 0)


def _card(title: str, *words: str) -> Card:
    card = Card(padding=16, spacing=6)
    card.body.setContentsMargins(16, 12, 16, 14)
    card.body.addWidget(Label(title, "strong", wrap=True))
    for number, text in enumerate(filter(None, words)):
        card.body.addWidget(Label(text, "" if number else "quiet", wrap=True))
    card.setAccessibleName(". ".join([title, *filter(None, words)]))
    return card


def _outcome(came: Outcome) -> QHBoxLayout:
    """A line that marks an advice as helped or not."""
    dot = Dot()
    dot.set_state(_STATES[came.state])
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(dot, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Label(f"Tried. {came.sentence}", wrap=True), 1)
    return row


def _offer(card: Card, *buttons: Button) -> None:
    if not buttons:
        return
    row = FlowLayout(spacing=8)
    row.setContentsMargins(0, 4, 0, 0)
    for button in buttons:
        row.addWidget(button)
    card.body.addLayout(row)


def came_words(results: Results) -> str:
    """What came of the advice that the run itself took."""
    came = results.came
    return "" if came is None else f"This training tried the advice “{came.taken.advice.title}”. {came.sentence}"
