"""A run over time: where its two losses parted, which of its states to take, and a model made of another state."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs.tasks import Reporter
from desktop_app.project.runs import Run
from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_reading import RunView, emptied
from desktop_app.ui.widgets import Button, Card, Label, plotting
from desktop_app.ui.widgets.scrolling import scrolling

if TYPE_CHECKING:
    from desktop_app.evaluation.course import Parting
    from desktop_app.evaluation.ranking import Moment
    from desktop_app.jobs.states import History
    from desktop_app.ui.widgets.plot import Plot

Float64 = NDArray[np.float64]
_PLOT_HEIGHT = 180
_STATES = 268
"""Width of the column of states."""
TOO_LITTLE = "Too little was measured during this training to tell whether it learned by heart."


class OverTime(RunView):
    """The losses with the moment when they parted, and the states beside them."""

    wanted = Signal(int)  # step: make a model of the state at it

    def __init__(self) -> None:
        super().__init__(_history, "Reading the training …")
        self.losses, self.gap = _PlotColumn(), _PlotColumn()
        self.states = States()
        self.states.wanted.connect(self.wanted)
        self._build()
        self.parts = (self.losses, self.gap, self.states)
        self.arrived.connect(self._show)

    def _build(self) -> None:
        curves = QVBoxLayout()
        curves.setSpacing(8)
        curves.addLayout(self.said)
        curves.addWidget(self.losses, 1)
        curves.addWidget(self.gap, 1)
        curves.addStretch(0)
        self.states.setFixedWidth(_STATES)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addLayout(curves, 1)
        row.addWidget(self.states)

    def set_in_the_way(self, reason: str) -> None:
        """Why no model can be made now; empty when one can."""
        self.states.set_in_the_way(reason)

    # ------------------------------------------------------------ showing

    def _show(self, found: History) -> None:
        parting = found.parting
        self.words.setText(parting_words(found))
        self.words.setVisible(found.held_out is None)
        self.dot.set_state("" if parting is None else "care" if parting.gap.opened else "good")
        for part in (self.dot, self.losses, self.gap):
            part.setVisible(parting is not None)
        if parting is not None:
            self._draw(parting)
        elif found.held_out is not None and len(found.held_out[0]) > 1:
            self._draw_alone(found)
        self.states.show_states(found)
        self.states.show()

    def _draw(self, parting: Parting) -> None:
        step = parting.gap.step if parting.gap.opened else None
        first, second, third = theme.CURVES[:3]
        both = [("learned from", first, parting.own), ("kept aside", second, parting.held_out)]
        self.losses.draw("Loss on pictures", parting.steps, both, step)
        self.gap.draw("How far apart", parting.steps, [("kept aside less learned from", third, parting.apart)], step, zero=True)

    def _draw_alone(self, found: History) -> None:
        """For a kind of model without such a loss: what is measured in its place."""
        assert found.held_out is not None
        steps, values = found.held_out
        title = f"{found.held_out_title[0].upper()}{found.held_out_title[1:]}"
        self.losses.draw(title, steps, [("less is better", theme.CURVES[1], values)], None)
        self.losses.show()


class _PlotColumn(QWidget):
    """A title with the legend, and a plot that is made when there is something to draw."""

    def __init__(self) -> None:
        super().__init__()
        self.legend = Label("", "quiet", wrap=True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.plot: Plot | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self.legend)
        self.setFixedHeight(_PLOT_HEIGHT)

    def draw(
        self, title: str, steps: Float64, curves: list[tuple[str, str, Float64]], mark: float | None, *, zero: bool = False
    ) -> None:
        """Show curves (name, colour, values) over ``steps``, and mark a moment; ``zero`` is in view where it says so."""
        from desktop_app.ui.widgets.plot import Drawn, Plot

        if self.plot is None:
            self.plot = Plot()
            self._column.addWidget(self.plot, 1)
            self.plot.show()
        self.plot.setAccessibleName(title)
        self.plot.draw_curves([Drawn(name, colour, (steps, values), (steps, values)) for name, colour, values in curves])
        self.plot.frame((0.0, float(steps[-1])), _extent([values for _, _, values in curves], zero=zero))
        self.plot.mark(mark)
        self.legend.setText(_legend(title, [(name, colour) for name, colour, _ in curves], mark))


def _extent(curves: list[Float64], *, zero: bool) -> tuple[float, float]:
    """The values to show: all but the steep fall of the first ones, which would flatten the rest."""
    kept = np.concatenate([values[len(values) // 20 :] for values in curves])
    low, high = (float(kept.min(initial=0.0)), float(kept.max(initial=0.0))) if zero else (float(kept.min()), float(kept.max()))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _legend(title: str, names: list[tuple[str, str]], mark: float | None) -> str:
    marks = [f"<span style='color:{colour}'>━</span>&nbsp;{escape(name).replace(' ', '&nbsp;')}" for name, colour in names]
    if mark is not None:
        marks += [
            f"<span style='color:{theme.tokens().care}'>┃</span>&nbsp;step&nbsp;{mark:,.0f}:&nbsp;here&nbsp;it&nbsp;opened"
        ]
    return f"<b>{escape(title)}</b> &nbsp; {' &nbsp; '.join(marks)}"


class States(QWidget):
    """The states that are kept: which one the model is, which one to take, and a button for a model of another."""

    wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.reason = Label("", "quiet", wrap=True)
        self.buttons: dict[int, Button] = {}
        self._in_the_way = ""
        self._cards = QWidget()
        self._column = QVBoxLayout(self._cards)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label("Kept on the way", "strong"))
        column.addWidget(self.reason)
        column.addWidget(scrolling(self._cards), 1)

    def show_states(self, found: History) -> None:
        """Fill the column: the one to take, then the newest first."""
        emptied(self._column)
        self.buttons = {}
        self.reason.setText(state_words(found))
        for state in sorted(found.states, key=lambda state: (state.step != found.recommended, -state.step)):
            self._column.addWidget(self._card(state, found))
        self._column.addStretch(1)
        self.set_in_the_way(self._in_the_way)

    def _card(self, state: Moment, found: History) -> Card:
        card = Card(padding=12, spacing=4)
        roles = found.roles(state.step)
        head = f"Step {state.step:,}"
        card.body.addWidget(Label(f"{head} · {', '.join(roles)}" if roles else head, "strong", wrap=True))
        card.body.addWidget(Label(" · ".join(figures_of(state, found.held_out_title)), "quiet", wrap=True))
        if state.step != found.model:
            button = self.buttons[state.step] = Button("Make a model of it", clicked=lambda: self.wanted.emit(state.step))
            button.setAccessibleName(f"Make a model of step {state.step:,}")
            card.body.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return card

    def set_in_the_way(self, reason: str) -> None:
        """Why no model can be made now; empty when one can."""
        self._in_the_way = reason
        usual = "A run of its own beside this one; nothing is replaced or removed"
        for button in self.buttons.values():
            button.setEnabled(not reason)
            button.setToolTip(reason or usual)


def figures_of(state: Moment, held_out: str) -> list[str]:
    """What is known of a state."""
    said = [] if state.held_out is None else [f"{held_out} {state.held_out:.4g}"]
    said += [] if state.variety is None else [f"variety {100 * state.variety:.0f} % of yours"]
    said += [f"{state.copied} of {state.of} look copied"] if state.of else []
    return said + (["learned by heart"] if state.by_heart else [])


def state_words(found: History) -> str:
    """Which of the states to take, and why."""
    if not found.states:
        return "No state of this training is kept any more beside the model itself."
    if found.choice is None:
        return "Nothing was measured by which to choose among them."
    if not found.choice.sound:
        return found.choice.reason
    if found.model is not None and found.recommended == found.model:
        return f"The model is the best of them. {found.choice.reason}"
    return f"Another state than the model’s would be better. {found.choice.reason}"


def parting_words(found: History) -> str:
    """Whether, when and how far the two losses parted, in plain sentences; empty where a model has no such losses."""
    if found.held_out is not None:
        return ""
    if found.parting is None:
        return TOO_LITTLE
    gap = found.parting.gap
    if not gap.opened:
        return (
            "The losses show no learning by heart: the one on pictures kept aside never turned upwards while the one on "
            f"pictures learned from went on falling. At the end they are {_figure(gap.last)} and {_figure(gap.training_last)}."
        )
    return (
        f"From step {gap.step:,} on it learned by heart: the loss on pictures kept aside rose from {_figure(gap.best)} to "
        f"{_figure(gap.last)}, while that on pictures learned from fell from {_figure(gap.training_then)} to "
        f"{_figure(gap.training_last)}. {_before(found)}"
    )


def _before(found: History) -> str:
    """The state saved last before that moment."""
    assert found.parting is not None
    folder = found.parting.gap.checkpoint
    if not folder:
        return "No state was saved before that."
    digits = folder.rpartition("-")[2]
    name = f"step {int(digits):,}" if digits.isdigit() else folder
    kept = "it is still kept" if found.keeps(folder) else "it is no longer kept"
    return f"The state saved last before that is {name}; {kept}."


def _figure(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _history(reporter: Reporter, run: Run) -> History:
    plotting.load(reporter)
    from desktop_app.jobs.states import history

    return history(run)
