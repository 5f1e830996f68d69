"""Live curves: what was measured over the steps, with a legend that tells the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.jobs.story import Curve, Story
from desktop_app.jobs.tasks import Task
from desktop_app.ui import theme
from desktop_app.ui.widgets import decimate, plotting
from desktop_app.ui.widgets.buttons import Button, Chip
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.labels import Label

if TYPE_CHECKING:
    from desktop_app.ui.widgets.plot import Drawn, Plot

COLUMNS = 700
"""Points across, however long the training: about one for each pixel."""
REDRAW = 200
"""Milliseconds between two drawings while figures come in."""
SMOOTHING = (("none", "No smoothing", 0.0), ("some", "Smooth", 0.008), ("much", "Very smooth", 0.03))
"""Key, words, and width of the smoothing as a share of what is in view."""


@dataclass(frozen=True)
class Figure:
    """What can be looked at: a title and the metrics that belong together, each with its words and colour."""

    key: str
    title: str
    metrics: tuple[tuple[str, str, str], ...]


TRAINING = ("loss", "training", theme.CURVES[0])
FIGURES = (
    Figure("learning_rate", "Learning rate", (("learning_rate", "learning rate", theme.CURVES[2]),)),
    Figure("gradient_norm", "Size of the steps", (("gradient_norm", "gradient norm", theme.CURVES[3]),)),
    Figure(
        "scores",
        "What the judge says",
        (("real_score", "of yours", theme.CURVES[2]), ("fake_score", "of drawn ones", theme.CURVES[4])),
    ),
    Figure("discriminator_loss", "The judge's loss", (("discriminator_loss", "judge", theme.CURVES[3]),)),
    Figure("sign", "How sure the judge is", (("sign", "share of yours that it knows", theme.CURVES[5]),)),
    Figure("augmentation", "Pictures shown changed", (("augmentation", "share", theme.CURVES[2]),)),
    Figure("reconstruction", "Drawing again", (("reconstruction", "error", theme.CURVES[2]),)),
    Figure("kl", "What the numbers tell", (("kl", "KL divergence", theme.CURVES[3]),)),
    Figure("beta", "Order asked for", (("beta", "β", theme.CURVES[2]),)),
)
"""Beside the loss: whatever of these a run tells. Others are offered by their names."""


def loss_figures(held_out: str, *, together: bool) -> list[Figure]:
    """The figures that every kind of model has.

    Parameters
    ----------
    held_out
        What the figure on kept-aside items is called.
    together
        It is the training's own loss, so that the two share a plot.
    """
    kept_aside = ("held_out_loss", held_out, theme.CURVES[1])
    if together:
        return [Figure("loss", "Loss", (TRAINING, kept_aside))]
    return [
        Figure("held_out_loss", f"{held_out[0].upper()}{held_out[1:]}", (kept_aside,)),
        Figure("loss", "Loss", (TRAINING,)),
    ]


class _Mark(QWidget):
    """A short piece of the curve's line."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(14, 12)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._colour), 3, c=Qt.PenCapStyle.RoundCap))
        painter.drawLine(2, 6, 12, 6)


class _Entry(QWidget):
    """One line of the legend: mark, name, value."""

    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self._name = name
        self._label = Label(name, "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        row.addWidget(_Mark(colour))
        row.addWidget(self._label)

    def show_value(self, value: float | None) -> None:
        self._label.setText(self._name if value is None else f"{self._name} {value:.4g}")


class MenuButton(Button):
    """A quiet word with a menu of choices."""

    chosen = Signal(str)

    def __init__(self, name: str, *, strong: bool = False) -> None:
        super().__init__("", "menu")
        self.setProperty("strong", strong)
        self._name = name
        self._options: list[tuple[str, str]] = []
        self._value = ""
        self._menu = QMenu(self)
        self.clicked.connect(lambda _=False: self._open())

    def set_options(self, options: list[tuple[str, str]]) -> None:
        """Offer these (key, words); what is chosen stays while it is among them, else the first is."""
        self._options = options
        self.set_value(self._value if self._value in dict(options) else options[0][0])

    def value(self) -> str:
        """Key of the chosen one."""
        return self._value

    def set_value(self, key: str) -> None:
        """Choose without telling anyone."""
        self._value = key
        self.setText(f"{dict(self._options)[key]} ▾" if len(self._options) > 1 else dict(self._options)[key])
        self.setAccessibleName(f"{self._name}: {dict(self._options)[key]}")

    def _open(self) -> None:
        self._menu.clear()
        for key, words in self._options:
            action = self._menu.addAction(words, lambda key=key: self.choose(key))
            action.setCheckable(True)
            action.setChecked(key == self._value)
        if len(self._options) > 1:
            self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def choose(self, key: str) -> None:
        """Choose, as by a click in the menu."""
        self.set_value(key)
        self.chosen.emit(key)


class Curves(Card):
    """The card with the plot, its legend and its choices. The plot itself is made when it is first seen."""

    def __init__(self) -> None:
        super().__init__(padding=14, spacing=6)
        self._story = Story()
        self._first = loss_figures("kept aside", together=True)
        self._plot: Plot | None = None
        self._loading: Task | None = None
        self._metrics: tuple[tuple[str, str, str], ...] = ()
        self._entries: dict[str, _Entry] = {}
        self._hover: int | None = None
        self.setAccessibleName("Curves of what was measured during training")
        self.figure = MenuButton("What to look at", strong=True)
        self.smoothing = MenuButton("Smoothing")
        self.smoothing.set_options([(key, words) for key, words, _ in SMOOTHING])
        self.smoothing.set_value("some")
        self.log = Chip("log")
        self.log.setAccessibleName("Logarithmic scale")
        self.whole = Button("Whole run", "link", clicked=self._show_whole, help="Double click the plot for the same")
        self.words = Label("", "quiet")
        self._legend = QHBoxLayout()
        self._room = QVBoxLayout()
        self._timer = QTimer(self, singleShot=True, interval=REDRAW)
        self._timer.timeout.connect(self.redraw)
        self._build()
        self._listen()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.figure)
        top.addStretch(1)
        for widget in (self.whole, self.smoothing, self.log):
            top.addWidget(widget)
        self.whole.hide()
        self._legend.setSpacing(14)
        line = QHBoxLayout()
        line.addLayout(self._legend)
        line.addStretch(1)
        line.addWidget(self.words)
        self.body.addLayout(top)
        self.body.addLayout(line)
        self._room.addStretch(1)
        self.body.addLayout(self._room, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def _listen(self) -> None:
        self.figure.chosen.connect(lambda _: self._take_figure())
        self.smoothing.chosen.connect(lambda _: self.redraw())
        self.log.clicked.connect(lambda _=False: self._take_scale())

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 190)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._plot is None and self._loading is None:
            self._loading = Task(plotting.load, parent=self)
            self._loading.succeeded.connect(self._make_plot)
            self._loading.failed.connect(lambda error: self.words.setText(str(error)))
            self._loading.start()

    def _make_plot(self) -> None:
        from desktop_app.ui.widgets.plot import Plot

        self._plot = Plot()
        self._plot.setAccessibleName("Curves")
        self._plot.hovered.connect(self._hovered)
        self._plot.moved.connect(self._schedule)
        self._room.insertWidget(0, self._plot, 1000)
        self.redraw()

    @property
    def plot(self) -> Plot | None:
        """The plot, once there is one."""
        return self._plot

    # ------------------------------------------------------------ what it shows

    def show_story(self, story: Story, held_out: str = "", *, together: bool = True) -> None:
        """Look at another run; ``held_out`` and ``together`` as :func:`loss_figures` takes them."""
        self._story = story
        self._first = loss_figures(held_out or "kept aside", together=together)
        self._offer_figures()
        self.figure.set_value(self._first[0].key)
        if self._plot is not None:
            self._plot.whole = True
        self.redraw()

    def update_soon(self) -> None:
        """New figures came in: draw them a moment later, all together."""
        self._schedule()

    def _schedule(self) -> None:
        if not self._timer.isActive() and self.isVisible():
            self._timer.start()

    def _chosen(self) -> Figure:
        return next(figure for figure in self._figures() if figure.key == self.figure.value())

    def _figures(self) -> list[Figure]:
        """Those of which something was measured; the loss always."""
        there = {name for name, curve in self._story.curves.items() if len(curve)}
        offered = self._first + [figure for figure in FIGURES if any(name in there for name, _, _ in figure.metrics)]
        known = {metric for figure in (*self._first, *FIGURES) for metric, _, _ in figure.metrics}
        others = [Figure(name, _words(name), ((name, _words(name), theme.CURVES[4]),)) for name in sorted(there - known)]
        return offered + others

    def _offer_figures(self) -> None:
        self.figure.set_options([(figure.key, figure.title) for figure in self._figures()])

    def redraw(self) -> None:
        """Draw what there is now."""
        self._timer.stop()
        self._offer_figures()
        self._show_legend()
        if self._plot is None:
            return
        self.whole.setVisible(not self._plot.whole)
        curves = [(words, colour, self._story.curve(name)) for name, words, colour in self._chosen().metrics]
        span = _span([curve for _, _, curve in curves])
        low, high = span if self._plot.whole else self._plot.view()
        drawn = [self._drawn(words, colour, curve, low, high) for words, colour, curve in curves if len(curve)]
        self._plot.draw_curves(drawn)
        if drawn:
            blocked = self._plot.blockSignals(True)  # moving the frame itself must not ask for another drawing
            self._plot.frame(span, _extent(drawn))
            self._plot.blockSignals(blocked)

    def _drawn(self, words: str, colour: str, curve: Curve, low: float, high: float) -> Drawn:
        from desktop_app.ui.widgets.plot import Drawn

        steps, values = decimate.window(curve.steps, curve.values, low, high)
        if self.log.isChecked():
            values = np.log10(np.maximum(values, 1e-12))
        middle_steps, middle = decimate.means(steps, values, COLUMNS)
        share = next(width for key, _, width in SMOOTHING if key == self.smoothing.value())
        return Drawn(
            words, colour, decimate.thin(steps, values, COLUMNS), (middle_steps, decimate.smooth(middle, share * len(middle)))
        )

    def _take_figure(self) -> None:
        if self._plot is not None:
            self._plot.draw_curves([])
        self.redraw()

    def _take_scale(self) -> None:
        if self._plot is not None:
            self._plot.set_logarithmic(self.log.isChecked())
        self.redraw()

    def _show_whole(self) -> None:
        if self._plot is not None:
            self._plot.whole = True
        self.redraw()

    # ------------------------------------------------------------ the legend

    def _show_legend(self) -> None:
        metrics = self._chosen().metrics
        if self._metrics != metrics:
            self._metrics = metrics
            self._make_legend(metrics)
        for name, entry in self._entries.items():
            entry.show_value(value_at(self._story.curve(name), self._hover))
        self.words.setText("" if self._hover is None else f"step {self._hover:,}")

    def _make_legend(self, metrics: tuple[tuple[str, str, str], ...]) -> None:
        for entry in self._entries.values():
            self._legend.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self._entries = {name: _Entry(words, colour) for name, words, colour in metrics}
        for entry in self._entries.values():
            self._legend.addWidget(entry)

    def _hovered(self, step: float | None) -> None:
        self._hover = None if step is None else max(0, round(step))
        self._show_legend()


def value_at(curve: Curve, step: float | None) -> float | None:
    """The value measured last at or before a step; the newest without one."""
    if step is None or not len(curve):
        return curve.last
    place = int(np.searchsorted(curve.steps, step, side="right")) - 1
    return float(curve.values[place]) if place >= 0 else None


def _span(curves: list[Curve]) -> tuple[float, float]:
    ends = [float(curve.steps[-1]) for curve in curves if len(curve)]
    return 0.0, max(ends, default=1.0) or 1.0


def _extent(drawn: list[Drawn]) -> tuple[float, float]:
    """Values to show: all of the strong lines but the steep fall of the first steps, which would flatten the rest."""
    strong = np.concatenate([curve.strong[1][len(curve.strong[1]) // 50 :] for curve in drawn])
    faint = np.concatenate([curve.faint[1] for curve in drawn])
    low = min(float(strong.min()), float(np.quantile(faint, 0.02)))
    high = max(float(strong.max()), float(np.quantile(faint, 0.95)))
    return (low, high) if high > low else (low - abs(low) * 0.1 - 1e-9, high + abs(high) * 0.1 + 1e-9)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
