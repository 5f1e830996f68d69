"""The queue on the training page, with the real keeper and real processes in the engine's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.jobs.runner import LOOK
from desktop_app.project.queue import Queue
from desktop_app.project.store import Project
from desktop_app.ui.pages.training import TrainingPage
from desktop_app.ui.window import MainWindow
from tests.jobs import conftest as jobs

from .helpers import words_on

OpenWindow = Callable[[Path, int], MainWindow]
small_engine = jobs.small_engine


@pytest.fixture
def page(small_project: Path, small_engine: None, open_window: OpenWindow, qtbot: QtBot) -> TrainingPage:
    """The training page while "long" is at work."""
    with Project.open(small_project) as project:
        project.change("architecture", family="diffusion")
    window = open_window(small_project, 4)
    found = window.stack.currentWidget().widget()
    assert isinstance(found, TrainingPage)
    qtbot.waitUntil(lambda: not window.session.importing)
    press(found, qtbot, "Start training", "long")
    qtbot.waitUntil(lambda: window.session.run_state == "running")
    return found


def press(page: TrainingPage, qtbot: QtBot, words: str, name: str = "") -> None:
    """Press the main button when it says so; the project's name tells the small engine what to do."""
    window = page.window()
    assert isinstance(window, MainWindow)
    if name:
        page.session.change("", name=name)
    qtbot.waitUntil(lambda: window.bar.main.text() == words)
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)


def plan(page: TrainingPage, qtbot: QtBot, name: str = "finish") -> None:
    """Put another training in, as a person does."""
    press(page, qtbot, "Plan another training")
    assert not page.shows_run
    press(page, qtbot, "Put it in the queue", name)
    assert page.shows_run


def test_another_training_is_planned_while_one_is_at_work(page: TrainingPage, qtbot: QtBot) -> None:
    plan(page, qtbot)
    window = page.window()
    assert isinstance(window, MainWindow)
    qtbot.waitUntil(lambda: "1 more in the queue" in words_on(window))
    assert page.session.run is not None and page.session.run.spec.name == "long", "it is still the one that is looked at"
    page.session.stop()
    qtbot.waitUntil(lambda: page.session.run is not None and page.session.run.spec.name == "finish")
    qtbot.waitUntil(lambda: page.session.run_state == "finished")
    assert page.shows_run
    assert "in the queue" not in words_on(window)
    assert "The next training has begun." in words_on(window)


def test_the_line_is_shown_and_rearranged(page: TrainingPage, qtbot: QtBot) -> None:
    card = page.setup.queue
    plan(page, qtbot)
    page.session.change("training", minutes=30)
    plan(page, qtbot)
    press(page, qtbot, "Plan another training")
    assert card.isVisible()
    assert [row.run for row in card.rows] == page.session.waiting_runs()
    first, second = (row.run for row in card.rows)
    qtbot.waitUntil(lambda: "30 min" in words_on(card.rows[1]))
    assert not card.rows[0].sooner.isVisible()
    assert "starts by itself" in words_on(card)
    assert not card.start.isVisible()
    assert len(page.setup.runs.rows) == 1, "what waits is no run so far"
    qtbot.mouseClick(card.rows[1].sooner, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [row.run for row in card.rows] == [second, first])
    qtbot.mouseClick(card.rows[0].remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [row.run for row in card.rows] == [first])
    qtbot.mouseClick(card.rows[0].remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not card.isVisible())
    assert len(page.session.runs()) == 1


def test_who_looks_at_an_earlier_run_is_left_alone(page: TrainingPage, qtbot: QtBot) -> None:
    page.session.stop()
    qtbot.waitUntil(lambda: page.session.run_state == "stopped")
    earlier = page.session.run
    assert earlier is not None
    page.show_setup()
    press(page, qtbot, "Start training")
    qtbot.waitUntil(lambda: page.session.run_state == "running")
    plan(page, qtbot)
    page.show_run(earlier)
    qtbot.waitUntil(lambda: page.session.run_state == "stopped")
    qtbot.wait(2 * LOOK + 500)
    assert page.session.run == earlier


def test_a_long_page_of_settings_does_not_make_the_other_scroll(page: TrainingPage, qtbot: QtBot) -> None:
    page.window().resize(1280, 800)
    for _ in range(3):
        plan(page, qtbot)
    press(page, qtbot, "Plan another training")
    viewport = page.parentWidget()
    qtbot.waitUntil(lambda: page.height() > viewport.height())
    working = page.session.current_run()
    assert working is not None
    page.show_run(working)
    qtbot.waitUntil(lambda: page.height() <= viewport.height())


def test_the_keyboard_stays_where_it_was(page: TrainingPage, qtbot: QtBot) -> None:
    card = page.setup.queue
    for _ in range(3):
        plan(page, qtbot)
    press(page, qtbot, "Plan another training")
    qtbot.waitUntil(card.isVisible)
    last = card.rows[2].run
    card.rows[2].sooner.setFocus()
    qtbot.keyClick(card.rows[2].sooner, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: card.rows[0].run == last)
    assert page.window().focusWidget() is card.rows[0].remove, "the first has no way to be sooner"
    qtbot.keyClick(card.rows[0].remove, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(card.rows) == 2)
    assert page.window().focusWidget() is card.rows[0].remove


def test_a_queue_that_rests_says_so_and_is_started(page: TrainingPage, qtbot: QtBot) -> None:
    plan(page, qtbot)
    page.session.pause()
    qtbot.waitUntil(lambda: page.session.run_state == "paused" and not page.session.queue_moves)
    page.show_setup()
    card = page.setup.queue
    qtbot.waitUntil(card.start.isVisible)
    assert "nothing starts by itself" in words_on(card)
    qtbot.mouseClick(card.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.session.waiting_runs() == [] and page.session.run_state == "finished")
    assert page.session.run is not None and page.session.run.spec.name == "finish"


def test_the_clock_counts_those_before(page: TrainingPage, qtbot: QtBot) -> None:
    page.session.change("training", minutes=480)
    qtbot.waitUntil(lambda: page.session.story.seconds_left is not None)
    page.show_setup()
    before = page.setup.estimate.facts["Done about"].value.text()
    plan_from_setup(page, qtbot)
    page.show_setup()
    assert page.setup.estimate.facts["Done about"].value.text() != before
    page.session.change("training", items=10_000)
    plan_from_setup(page, qtbot)
    page.show_setup()
    assert ":" not in page.setup.estimate.facts["Done about"].value.text(), "who knows when that one ends"


def plan_from_setup(page: TrainingPage, qtbot: QtBot) -> None:
    press(page, qtbot, "Put it in the queue", "long")


def test_a_run_that_waits_can_be_looked_at(page: TrainingPage, qtbot: QtBot) -> None:
    plan(page, qtbot)
    (waiting,) = page.session.waiting_runs()
    page.session.pause()
    qtbot.waitUntil(lambda: page.session.run_state == "paused" and not page.session.queue_moves)
    page.show_run(waiting)
    qtbot.waitUntil(lambda: page.session.run_state == "queued")
    assert "Waits for its turn" in words_on(page)
    assert "nothing is at work before it" in words_on(page)
    assert page.status().summary == "Paused", "the project is stood for by what has had its turn"
    qtbot.mouseClick(page.live.ending.buttons()[0], Qt.MouseButton.LeftButton)
    assert not page.shows_run


def test_what_was_left_in_the_queue_is_there_when_the_project_is_opened(
    small_project: Path, small_engine: None, open_window: OpenWindow, qtbot: QtBot
) -> None:
    from desktop_app.jobs import launch

    with Project.open(small_project) as project:
        project.change("architecture", family="diffusion")
        Queue(project.runs_folder).put(launch.new_run(project, "finish"))
    window = open_window(small_project, 4)
    page = window.stack.currentWidget().widget()
    assert isinstance(page, TrainingPage)
    qtbot.waitUntil(lambda: not window.session.importing)
    page.show_setup()
    qtbot.waitUntil(page.setup.queue.start.isVisible)
    qtbot.mouseClick(page.setup.queue.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.run_state == "finished")
