"""Long curves made short, smoothed without delay, drawn fluently."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF
from pytestqt.qtbot import QtBot

from desktop_app.jobs.story import Story
from desktop_app.project import runs
from desktop_app.ui.widgets import decimate
from desktop_app.ui.widgets.curves import Curves, value_at

LONG = 1_000_000


def column(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.float64)


@given(st.integers(1, 5_000), st.integers(1, 300))
def test_no_peak_is_lost(count: int, columns: int) -> None:
    rng = np.random.default_rng(count)
    values = rng.normal(size=count)
    x, y = decimate.thin(column(count), values, columns)
    assert len(x) == len(y) <= 2 * columns
    assert (y.min(), y.max()) == (values.min(), values.max())
    assert np.all(np.diff(x) >= 0)


@given(st.integers(1, 5_000), st.integers(1, 300))
def test_means_keep_the_mean(count: int, columns: int) -> None:
    values = np.random.default_rng(count).normal(size=count)
    x, y = decimate.means(column(count), values, columns)
    assert len(x) == len(y) == min(count, columns)
    if count % columns == 0 or count <= columns:
        assert y.mean() == pytest.approx(values.mean(), abs=1e-9)


def test_smoothing_moves_nothing() -> None:
    step = np.where(column(400) < 200, 1.0, 0.0)
    smoothed = decimate.smooth(step, 8.0)
    crossing = int(np.argmin(np.abs(smoothed - 0.5)))
    assert abs(crossing - 199.5) <= 1, "a filter with a delay would draw the fall later"
    assert np.allclose(decimate.smooth(np.full(50, 3.0), 10.0), 3.0), "the ends are not pulled down"
    assert decimate.smooth(step, 0.0) is step


def test_a_smoothed_straight_line_stays_straight() -> None:
    line = column(200)
    assert np.allclose(decimate.smooth(line, 5.0)[20:-20], line[20:-20])


def test_the_window_takes_one_point_on_each_side_and_leaves_gaps_out() -> None:
    values = column(100)
    values[50] = np.nan
    x, y = decimate.window(column(100), values, 40, 60)
    assert (x[0], x[-1], len(x)) == (39, 61, 22)
    assert np.isfinite(y).all()
    assert len(decimate.window(column(0), column(0), 0, 1)[0]) == 0


# ---------------------------------------------------------------- on the screen


def metrics(step: int, loss: float, **more: float) -> runs.Metrics:
    return runs.Metrics(step=step, items=step, values={"loss": loss, **more})


@pytest.fixture
def curves(qtbot: QtBot) -> Curves:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.resize(480, 400)
    curves.show()
    qtbot.waitUntil(lambda: curves.plot is not None)
    return curves


def story(count: int = 200) -> Story:
    told = Story()
    told.take(metrics(step, 1 / (1 + step / 20), learning_rate=1e-3) for step in range(1, count + 1))
    told.take(runs.Metrics(step=step, items=step, values={"held_out_loss": 0.5}) for step in range(10, count, 10))
    return told


def drawn(curves: Curves, name: str, line: int = 1) -> tuple[np.ndarray, np.ndarray]:
    assert curves.plot is not None
    return curves.plot._lines[name][line].getData()


def test_training_and_held_out_are_drawn_over_the_whole_history(curves: Curves) -> None:
    curves.show_story(story())
    assert set(curves.plot._lines) == {"training", "kept aside"}  # type: ignore[union-attr]
    steps, _ = drawn(curves, "training", 0)
    assert (steps[0], steps[-1]) == (1, 200)
    low, high = curves.plot.view()  # type: ignore[union-attr]
    assert low <= 1 and high >= 200


def test_a_figure_in_another_unit_than_the_loss_stands_alone_and_first(curves: Curves) -> None:
    told = story()
    told.take([metrics(201, 1.0, real_score=2.0, fake_score=-1.0, kl=3.0, of_its_own=4.0)])
    curves.show_story(told, "distance to pictures kept aside", together=False)
    assert curves.figure.text().startswith("Distance to pictures kept aside")
    assert set(curves.plot._lines) == {"distance to pictures kept aside"}  # type: ignore[union-attr]
    offered = [words for _, words in curves.figure._options]
    assert offered == [
        "Distance to pictures kept aside", "Loss", "Learning rate", "What the judge says", "What the numbers tell",
        "Of its own",
    ]  # fmt: skip
    curves.figure.choose("scores")
    assert set(curves.plot._lines) == {"of yours", "of drawn ones"}  # type: ignore[union-attr]
    curves.show_story(story(), "kept-aside loss")
    assert set(curves.plot._lines) == {"training", "kept-aside loss"}  # type: ignore[union-attr]


def test_new_figures_are_drawn_soon_and_together(curves: Curves, qtbot: QtBot) -> None:
    told = story(50)
    curves.show_story(told)
    for step in range(51, 101):
        told.take([metrics(step, 0.1)])
        curves.update_soon()
    assert drawn(curves, "training", 0)[0][-1] == 50, "not one drawing for each"
    qtbot.waitUntil(lambda: drawn(curves, "training", 0)[0][-1] == 100)


def test_other_figures_can_be_looked_at(curves: Curves) -> None:
    told = story()
    told.take([metrics(201, 0.1, something_new=3.0)])
    curves.show_story(told)
    assert [key for key, _ in curves.figure._options] == ["loss", "learning_rate", "something_new"]
    curves.figure.choose("learning_rate")
    assert set(curves.plot._lines) == {"learning rate"}  # type: ignore[union-attr]


def test_a_logarithmic_scale_and_smoothing(curves: Curves) -> None:
    curves.show_story(story())
    plain = drawn(curves, "training")[1].copy()
    curves.log.click()
    assert drawn(curves, "training", 0)[1] == pytest.approx(np.log10([1 / (1 + step / 20) for step in range(1, 201)]))
    curves.log.click()
    curves.smoothing.choose("much")
    assert not np.allclose(drawn(curves, "training")[1], plain)
    curves.smoothing.choose("none")
    assert drawn(curves, "training")[1] == pytest.approx([1 / (1 + step / 20) for step in range(1, 201)])


def test_hovering_tells_the_values_there(curves: Curves, qtbot: QtBot) -> None:
    told = story()
    curves.show_story(told)
    plot = curves.plot
    assert plot is not None
    middle = plot.mapFromScene(plot.getViewBox().mapViewToScene(plot.getViewBox().viewRect().center()))
    qtbot.mouseMove(plot.viewport(), QPoint(5, 5))
    plot._hover(QPointF(middle))
    step = round(plot.getViewBox().viewRect().center().x())
    assert curves.words.text() == f"step {step:,}"
    assert f"{value_at(told.curve('loss'), step):.4g}" in curves._entries["loss"]._label.text()
    plot._leave()
    assert curves.words.text() == ""


def test_looking_closer_and_back(curves: Curves, qtbot: QtBot) -> None:
    curves.show_story(story(5_000))
    plot = curves.plot
    assert plot is not None
    plot.whole = False
    plot.getViewBox().setXRange(100, 200, padding=0)
    qtbot.waitUntil(lambda: drawn(curves, "training", 0)[0][-1] <= 202)
    assert curves.whole.isVisible()
    curves.whole.click()
    assert drawn(curves, "training", 0)[0][-1] > 4_900
    assert not curves.whole.isVisible()


def test_a_million_points_are_fluid(curves: Curves) -> None:
    told = Story()
    rng = np.random.default_rng(0)
    for name in ("loss", "held_out_loss"):
        curve = told.curve(name)
        curve._points = np.stack([np.arange(1.0, LONG + 1), 1 / np.sqrt(np.arange(1.0, LONG + 1)) + rng.normal(0, 0.01, LONG)])
        curve._count = LONG
    curves.show_story(told)
    took = []
    for _ in range(5):
        start = time.thread_time()  # what other work on the machine takes does not count
        curves.redraw()
        curves.grab()
        took.append(time.thread_time() - start)
    assert min(took) < 0.1
    assert len(drawn(curves, "training", 0)[0]) <= 1_400
    assert drawn(curves, "training", 0)[0][-1] > 0.99 * LONG, "the end of the history is there"


def test_an_empty_run_and_a_single_point_draw(curves: Curves) -> None:
    curves.show_story(Story())
    curves.grab()
    told = Story()
    told.take([metrics(1, 0.5)])
    curves.show_story(told)
    curves.grab()
    told.take([metrics(2, float("nan"))])
    curves.show_story(told)
    curves.grab()
