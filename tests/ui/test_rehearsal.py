"""The rehearsal on the training page, with a real process in the engine's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.jobs.rehearsal import FOLDER
from desktop_app.project.store import Project
from desktop_app.ui.pages.training import TrainingPage
from desktop_app.ui.pages.training_rehearsal import RehearsalCard
from desktop_app.ui.window import MainWindow
from tests.jobs import conftest as jobs

from .helpers import words_on

OpenWindow = Callable[[Path, int], MainWindow]
small_engine = jobs.small_engine


@pytest.fixture
def page(small_project: Path, small_engine: None, open_window: OpenWindow, qtbot: QtBot) -> TrainingPage:
    with Project.open(small_project) as project:
        project.change("architecture", family="diffusion", network="tiny")
    window = open_window(small_project, 4)
    found = window.stack.currentWidget().widget()
    assert isinstance(found, TrainingPage)
    window.session.look_at_machine()
    qtbot.waitUntil(lambda: window.session.machine is not None and not window.session.importing)
    return found


@pytest.fixture
def card(page: TrainingPage) -> RehearsalCard:
    return page.setup.rehearsal


def rehearse(page: TrainingPage, qtbot: QtBot, name: str) -> RehearsalCard:
    """As a person does, to the end; the project's name tells the small engine what to do."""
    begin(page, qtbot, name)
    card = page.setup.rehearsal
    qtbot.waitUntil(card.button.isVisible)
    return card


def begin(page: TrainingPage, qtbot: QtBot, name: str) -> None:
    page.session.change("", name=name)
    qtbot.mouseClick(page.setup.rehearsal.button, Qt.MouseButton.LeftButton)
    assert page.session.rehearser.busy


def test_it_says_what_it_is_before(card: RehearsalCard) -> None:
    assert "What would go wrong at the end goes wrong now" in words_on(card)
    assert card.button.text() == "Rehearse"
    assert not card.progress.isVisible()


def test_it_shows_what_it_does_and_what_it_found(page: TrainingPage, card: RehearsalCard, qtbot: QtBot) -> None:
    begin(page, qtbot, "long")
    qtbot.waitUntil(lambda: card.progress.words.text() == "Training for a moment")
    assert [finding.accessibleName() for finding in card.findings] == ["All 200 pictures were read."]
    assert not card.button.isVisible()
    qtbot.mouseClick(card.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.button.isVisible)
    assert card.findings == []
    rehearse(page, qtbot, "finish")
    assert card.words.text().startswith("Everything works. The training takes 5 min")
    assert len(card.findings) == 5
    assert not (page.session.project.folder / FOLDER).exists()  # type: ignore[union-attr]


def test_the_estimate_takes_what_was_measured(page: TrainingPage, qtbot: QtBot) -> None:
    rehearse(page, qtbot, "finish")
    qtbot.waitUntil(lambda: "about 510" in words_on(page.setup.estimate))
    assert "From a rehearsal on this machine." in words_on(page.setup.estimate)


def test_another_length_asks_for_no_other_rehearsal_other_settings_do(page: TrainingPage, qtbot: QtBot) -> None:
    card = rehearse(page, qtbot, "finish")
    qtbot.mouseClick(page.setup.length.choice.part("60"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "The training takes 1 h" in card.words.text())
    page.session.change_setting("learning_rate", 0.003)
    qtbot.waitUntil(lambda: card.words.text() == "The settings have changed since the last rehearsal.")
    assert card.findings == []
    assert card.button.text() == "Rehearse again"
    page.session.undo()
    qtbot.waitUntil(lambda: card.words.text().startswith("Everything works."))


def test_what_went_wrong_stays_on_the_card_with_what_to_do(page: TrainingPage, qtbot: QtBot) -> None:
    card = rehearse(page, qtbot, "fail")
    assert card.words.text() == "It did not work. There was not enough memory. Choose a smaller network."
    assert [finding.accessibleName() for finding in card.findings] == ["All 200 pictures were read."]
    window = page.window()
    assert isinstance(window, MainWindow)
    assert "not enough memory" in window.banner.text(), "with details to copy"


def test_a_training_does_not_wait_for_it(page: TrainingPage, qtbot: QtBot) -> None:
    begin(page, qtbot, "long")
    window = page.window()
    assert isinstance(window, MainWindow)
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.session.run_state == "running" and not page.session.rehearser.busy)
    page.session.pause()
    qtbot.waitUntil(lambda: page.session.run_state == "paused")


def test_while_a_training_works_the_reason_is_said(page: TrainingPage, qtbot: QtBot) -> None:
    page.session.change("", name="long")
    page.session.start_training()
    qtbot.waitUntil(lambda: page.session.run_state == "running")
    page.show_setup()
    qtbot.mouseClick(page.setup.rehearsal.button, Qt.MouseButton.LeftButton)
    window = page.window()
    assert isinstance(window, MainWindow)
    assert "still at work" in window.banner.text()
    assert not page.session.rehearser.busy
    page.session.pause()
    qtbot.waitUntil(lambda: page.session.run_state == "paused")


def test_a_project_that_is_closed_leaves_nothing_of_it(page: TrainingPage, small_project: Path, qtbot: QtBot) -> None:
    begin(page, qtbot, "long")
    session = page.session
    session.close_project()
    qtbot.waitUntil(lambda: not session.rehearser.busy)
    assert not (small_project / FOLDER).exists()


def test_unprepared_it_says_what_comes_first(small_project: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(small_project, 4)
    qtbot.waitUntil(lambda: not window.session.importing)
    page = window.stack.currentWidget().widget()
    assert isinstance(page, TrainingPage)
    qtbot.mouseClick(page.setup.rehearsal.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "No kind of model is chosen yet" in page.setup.rehearsal.words.text())
