"""Step 3 as a person uses it: read the card, take the recommendation, choose a size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.jobs import catalog, machine
from desktop_app.project.store import Project
from desktop_app.ui.pages.architecture import ArchitecturePage
from desktop_app.ui.widgets.family_card import FamilyCard
from desktop_app.ui.widgets.how_it_works import FRAMES, denoising, example
from desktop_app.ui.window import MainWindow

from .helpers import words_on

OpenWindow = Callable[[Path, int], MainWindow]


@pytest.fixture
def page(small_project: Path, open_window: OpenWindow) -> ArchitecturePage:
    window = open_window(small_project, 3)
    page = window.stack.currentWidget().widget()
    assert isinstance(page, ArchitecturePage)
    return page


def test_the_recommended_one_says_why_and_is_taken_with_the_main_button(page: ArchitecturePage, qtbot: QtBot) -> None:
    window = page.window()
    assert isinstance(window, MainWindow)
    assert "Recommended, because" in words_on(page.cards["diffusion"])
    assert window.bar.main.text() == "Take the diffusion model"
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert page.session.document.architecture.family == "diffusion"
    assert page.cards["diffusion"].isChecked()
    assert window.bar.main.text() == "Set up training"


def test_a_click_anywhere_on_the_card_takes_it(page: ArchitecturePage, qtbot: QtBot) -> None:
    card = page.cards["diffusion"]
    qtbot.mouseClick(card.film, Qt.MouseButton.LeftButton)
    assert page.session.document.architecture.family == "diffusion"


def test_the_keyboard_reaches_card_and_sizes(page: ArchitecturePage, qtbot: QtBot) -> None:
    page.cards["diffusion"].setFocus()
    qtbot.keyClick(page.cards["diffusion"], Qt.Key.Key_Space)
    page.sizes["small"].setFocus()
    qtbot.keyClick(page.sizes["small"], Qt.Key.Key_Space)
    assert (page.session.document.architecture.family, page.session.document.architecture.network) == ("diffusion", "small")


def test_a_size_is_chosen_saved_and_undone(page: ArchitecturePage, small_project: Path, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.sizes["medium"], Qt.MouseButton.LeftButton)
    assert [key for key, card in page.sizes.items() if card.isChecked()] == ["medium"]
    page.session.undo()
    qtbot.waitUntil(lambda: page.sizes["auto"].isChecked())
    page.session.redo()
    page.session.close_project()
    with Project.open(small_project) as project:
        assert project.document.architecture.network == "medium"


def test_sizes_show_what_they_cost_here(page: ArchitecturePage) -> None:
    for key in ("tiny", "small", "medium", "large"):
        words = words_on(page.sizes[key])
        assert "million weights" in words
        assert "looks at each picture" in words
        assert "GB of memory" in words


def test_a_size_that_does_not_fit_says_so(page: ArchitecturePage) -> None:
    page.session.machine = replace(machine.describe(), memory_free=450_000_000, gpus=(), trains_on="cpu")
    page.refresh()
    assert "too much here" in words_on(page.sizes["large"])
    assert "too much here" not in words_on(page.sizes["tiny"])


def test_estimates_follow_the_measured_speed(page: ArchitecturePage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.session.machine_changed, timeout=15_000):
        page.session.look_at_machine()
    assert "measured on this machine" in page.explanation.text()
    slow = words_on(page.cards["diffusion"].meters)
    page.session.speed = machine.Speed(100 * page.session.speed.gflops, "training")
    page.refresh()
    assert "from your last training" in page.explanation.text()
    assert words_on(page.cards["diffusion"].meters) != slow


def test_the_drawing_uses_the_person_s_pictures_and_rests_while_hidden(page: ArchitecturePage, qtbot: QtBot) -> None:
    film = page.cards["diffusion"].film
    encoded = page.session.encoded()
    assert encoded is not None
    last = film._films[0][-1]
    shown = np.array([[last.pixelColor(x, y).getRgb()[:3] for x in range(last.width())] for y in range(last.height())])
    assert np.array_equal(shown, encoded.items[0])
    before = film._moment
    qtbot.waitUntil(lambda: film._moment != before)
    window = page.window()
    assert isinstance(window, MainWindow)
    window.go_to(1)
    assert not film._timer.isActive()


def test_noise_turns_into_the_picture_step_by_step() -> None:
    frames = denoising(example())
    assert len(frames) == FRAMES
    distances = [float(np.abs(frame.astype(float) - example()).mean()) for frame in frames]
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 50
    assert distances[-1] <= 1


def test_three_cards_stand_side_by_side(qtbot: QtBot, page: ArchitecturePage) -> None:
    family = catalog.get("diffusion")
    cards = [FamilyCard(replace(family, name=name), wide=False) for name in ("one", "two", "three")]
    for card in cards:
        qtbot.addWidget(card)
        card.resize(320, 620)
        card.recommend("")
        card.show()
        assert card.minimumSizeHint().width() <= 325, "three of them must fit beside the rail"
        assert not card.badge.isVisible()


def test_a_kind_of_model_that_this_gensmith_does_not_know_is_said(page: ArchitecturePage) -> None:
    page.session.change("architecture", family="of the future")
    page.refresh()
    assert "of the future" in page.warning.text()
    page.choose("diffusion")
    assert not page.warning.isVisible()
