"""Step 3 as a person uses it: read the card, take the recommendation, choose a size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.jobs import catalog, journey, machine
from desktop_app.project.store import Project
from desktop_app.ui.pages.architecture import ArchitecturePage
from desktop_app.ui.widgets.how_it_works import DRAWINGS, FRAMES, FromNoise, blurred, code_of, denoising, example
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
        assert "GB memory · " in words and "disk" in words


def test_a_size_that_does_not_fit_says_so(page: ArchitecturePage) -> None:
    page.session.capacity.machine = replace(machine.describe(), memory_free=450_000_000, gpus=(), trains_on="cpu")
    page.refresh()
    assert "too much here" in words_on(page.sizes["large"])
    assert "too much here" not in words_on(page.sizes["tiny"])


def test_estimates_follow_the_measured_speed(page: ArchitecturePage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.session.machine_changed):
        page.session.look_at_machine()
    assert "measured on this machine" in page.explanation.full_text()
    slow = words_on(page.cards["diffusion"].meters)
    page.session.capacity.speed = machine.Speed(100 * page.session.speed.gflops, "training")
    page.refresh()
    assert "from your last training" in page.explanation.full_text()
    assert words_on(page.cards["diffusion"].meters) != slow


def test_the_drawing_uses_the_person_s_pictures_and_rests_while_hidden(page: ArchitecturePage, qtbot: QtBot) -> None:
    film = page.cards["diffusion"].film
    encoded = page.session.encoded()
    assert encoded is not None
    assert isinstance(film, FromNoise)
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


def test_the_other_drawings_tell_their_stories() -> None:
    picture = example()
    softer = [float(np.abs(blurred(picture, share).astype(float) - picture).mean()) for share in (0.2, 0.5, 0.8, 1.0)]
    assert softer == sorted(softer, reverse=True)
    assert softer[-1] == 0
    code = code_of(picture)
    assert all(0 <= value <= 1 for value in code) and len(set(code)) > 1
    assert code_of(np.full((16, 16, 3), 90, np.uint8)) == [0.5] * len(code), "a plain picture has nothing to tell"


@pytest.mark.parametrize("name", list(DRAWINGS))
@pytest.mark.parametrize("shape", [(16, 16, 3), (9, 9, 1), (8, 8, 3)])
def test_every_moment_of_a_drawing_can_be_painted(qtbot: QtBot, name: str, shape: tuple[int, ...]) -> None:
    film = DRAWINGS[name]()
    qtbot.addWidget(film)
    film.show()
    rng = np.random.default_rng(0)
    film.show_pictures([rng.integers(0, 256, shape, dtype=np.uint8) for _ in range(3)])
    seen = set()
    for _ in range(2 * film.length):
        film._advance()
        seen.add(bytes(film.grab().toImage().constBits()))
    assert len(seen) > 10, "it moves"
    assert film.accessibleName().startswith("How it works: ")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three kinds of model, whichever there are."""
    others = {
        name: replace(catalog.get("diffusion"), name=name, drawing=drawing)  # type: ignore[arg-type]
        for name, drawing in (("diffusion", "noise"), ("second", "contest"), ("third", "code"))
    }
    monkeypatch.setattr(catalog, "FAMILIES", others)


def test_three_cards_stand_side_by_side_and_fit(three: None, page: ArchitecturePage, qtbot: QtBot) -> None:
    cards = list(page.cards.values())
    assert len(cards) == 3
    qtbot.waitUntil(lambda: len({card.height() for card in cards}) == 1)
    assert len({card.y() for card in cards}) == 1
    window = page.window()
    assert isinstance(window, MainWindow)
    assert (window.width(), window.height()) == (1280, 800)
    holder = window._holders[3]
    qtbot.waitUntil(lambda: holder.verticalScrollBar().maximum() == 0)
    assert holder.horizontalScrollBar().maximum() == 0
    window.resize(700, 800)
    qtbot.waitUntil(lambda: len({card.y() for card in cards}) > 1)
    assert holder.horizontalScrollBar().maximum() == 0, "in a narrow window they stand below each other"


def test_each_kind_of_model_keeps_its_own_settings(page: ArchitecturePage) -> None:
    names = [family.name for family in catalog.families()]
    for number, name in enumerate(names):
        page.choose(name)
        page.session.change_setting("clip", 2.0 + number)
    for number, name in enumerate(names):
        page.choose(name)
        assert catalog.overrides(page.session.document, page.family) == {"clip": 2.0 + number}


def test_a_kind_of_model_that_this_gensmith_does_not_know_is_said(page: ArchitecturePage) -> None:
    page.session.change("architecture", family="of the future")
    page.refresh()
    assert "of the future" in page.warning.text()
    page.choose("diffusion")
    assert not page.warning.isVisible()


def test_that_enlarged_pixel_art_is_learned_small_is_said(small_project: Path, open_window: OpenWindow) -> None:
    with Project.open(small_project) as project:
        small = project.document.data.size or 0
        project.change("data", size=2 * small, encoded=None)
        journey.prepare_data(project)
    window = open_window(small_project, 3)
    assert f"learned at {small} pixels, drawn at {2 * small}" in words_on(window.header)
