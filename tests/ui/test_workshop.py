"""Variations, ways, walks and own pictures on the deployment page, used as a person would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.cli.app import main
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Bundle, Request, open_bundle
from desktop_app.runtime.origins import DEEPEST, Blend, Own, Spot, between, variations
from desktop_app.runtime.records import read_record
from desktop_app.ui.pages.deployment import DeploymentPage
from desktop_app.ui.pages.deployment_sources import BETWEEN, NEW, OWN, VARY, WALK
from desktop_app.ui.window import MainWindow
from tests.runtime.small_bundles import write_one_pass
from tests.ui.helpers import drop, shown, words_on

OpenWindow = Callable[[Path, int], MainWindow]
Shown = tuple[MainWindow, DeploymentPage, Bundle]


@pytest.fixture
def at_step_6(qtbot: QtBot, open_window: OpenWindow) -> Callable[[Path], Shown]:
    """Opens a project at step 6 and waits until its model is opened."""

    def show(folder: Path) -> Shown:
        window = open_window(folder, 6)
        page = window.stack.currentWidget().widget()
        assert isinstance(page, DeploymentPage)
        qtbot.waitUntil(lambda: page.model is not None)
        page.controls.count.setValue(5)
        page.controls.seed.setValue(3)
        return window, page, open_bundle(page.model.folder)

    return show


@pytest.fixture
def seeing(plain: Path) -> Path:
    """A project whose model can look at pictures."""
    with Project.open(plain) as project:
        folder = project.runs()[-1].bundle_folder
    shutil.rmtree(folder)
    write_one_pass(folder, latent=16, encoder=True, shape=(3, 8, 8))
    return plain


def generate(qtbot: QtBot, window: MainWindow, page: DeploymentPage) -> list[bytes]:
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    return drawn(qtbot, page)


def drawn(qtbot: QtBot, page: DeploymentPage) -> list[bytes]:
    qtbot.waitUntil(lambda: not page.drawing)
    return [picture.png for picture in page.gallery.new.all()]


def files(pictures) -> list[bytes]:
    return [picture.png() for picture in sorted(pictures, key=lambda picture: picture.number)]


def press(qtbot: QtBot, page: DeploymentPage, mode: str) -> None:
    qtbot.mouseClick(page.modes.part(mode), Qt.MouseButton.LeftButton)


def test_variations_of_the_selected_picture(qtbot, at_step_6, judged):
    window, page, bundle = at_step_6(judged)
    generate(qtbot, window, page)
    page.gallery.new.grid.choose([1])
    assert page.gallery.further.text() == "Vary"
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    assert page.modes.value() == VARY and page.controls.strength.isVisible()
    found = drawn(qtbot, page)
    kind = bundle.manifest.classes[1]
    origins = variations(Spot(seed=3, index=1, class_name=kind), kind, count=5, strength=0.3, seed=3)
    assert found == files(bundle.generate(Request.of(origins, steps=10, guidance=1.0))), "as the library draws them"
    assert window.bar.main.text() == "Generate others"
    others = generate(qtbot, window, page)
    assert not set(others) & set(found) and page.controls.seed.value() != 3
    page.controls.strength.slider.setValue(60)
    assert window.bar.main.text() == "Generate"
    generate(qtbot, window, page)
    record = read_record(page.gallery.new.all()[0].png)
    assert isinstance(record.origin, Blend) and record.origin.share == 0.6
    assert "60% from (seed 3, number 2)" in page.gallery.new.all()[0].name


def test_the_window_and_the_command_line_write_the_same_files(qtbot, at_step_6, judged, tmp_path):
    window, page, bundle = at_step_6(judged)
    generate(qtbot, window, page)
    page.gallery.new.grid.choose([0])
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    found = drawn(qtbot, page)
    words = ["--vary", "3:0", "--strength", "0.3", "--seed", "3", "--count", "5", "--class", bundle.manifest.classes[0]]
    folder = str(page.model.folder)
    assert main(["generate", folder, "--out", str(tmp_path / "cli"), "--steps", "10", "--guidance", "1", "-q", *words]) == 0
    assert [path.read_bytes() for path in sorted((tmp_path / "cli").iterdir())] == found
    assert [bundle.again(read_record(png)).png() for png in found] == found


def test_a_way_between_two_and_a_walk_past_three(qtbot, at_step_6, judged):
    window, page, _ = at_step_6(judged)
    series = generate(qtbot, window, page)
    page.gallery.new.grid.choose([0, 3])
    assert page.gallery.further.text() == "Blend"
    page.controls.frames.setValue(6)
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    way = drawn(qtbot, page)
    assert page.modes.value() == BETWEEN and len(way) == 6
    assert (way[0], way[-1]) == (series[0], series[3]), "the ends are the pictures themselves, to the last byte"
    assert len(page.controls.sources.views) == 2 and not page.controls.seed.isVisible()
    page.gallery.new.grid.choose([0, 2, 5])
    assert page.gallery.further.text() == "Walk"
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    assert page.modes.value() == WALK
    walked = drawn(qtbot, page)
    assert [walked[0], walked[2], walked[4]] == [way[0], way[2], way[5]]


def test_what_is_missing_is_said_and_the_main_button_leads_there(qtbot, at_step_6, judged):
    window, page, _ = at_step_6(judged)
    press(qtbot, page, WALK)
    assert "Select two pictures or more" in words_on(page.controls)
    assert window.bar.main.text() == "Generate pictures first"
    generate(qtbot, window, page)
    assert page.modes.value() == NEW and len(page.gallery.new.all()) == 5
    press(qtbot, page, BETWEEN)
    assert window.bar.main.text() == "Take the selected"
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert "2 pictures" in page.gallery.result.full_text()
    page.gallery.new.grid.choose([0, 1])
    qtbot.mouseClick(page.controls.sources.selected, Qt.MouseButton.LeftButton)
    assert window.bar.main.text() == "Generate"


def test_a_favourite_can_be_gone_on_from_after_reopening(qtbot, at_step_6, judged):
    window, page, _ = at_step_6(judged)
    generate(qtbot, window, page)
    page.gallery.new.grid.choose([2])
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    first = drawn(qtbot, page)
    page.gallery.new.grid.choose([1])
    qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 1)
    window.close()
    window, page, _ = at_step_6(judged)
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 1)
    page.gallery.look_at("favourites")
    page.gallery.favourites.grid.choose([0])
    assert "30% from" in page.gallery.favourites.all()[0].name
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    assert page.controls.sources.taken[0].origin == read_record(first[1]).origin
    assert len(drawn(qtbot, page)) == 5, "variations of a variation"


def test_a_picture_of_another_model_is_refused_in_words(qtbot, at_step_6, judged, tmp_path):
    window, page, _ = at_step_6(judged)
    other = open_bundle(write_one_pass(tmp_path / "other", classes=2, shape=(3, 8, 8)))
    picture = next(other.generate(Request(1)))
    picture.save(judged / "favourites" / "a.png")
    assert window.session.change("deployment", favourites=["favourites/a.png"])
    page.refresh()
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 1)
    page.gallery.look_at("favourites")
    page.gallery.favourites.grid.choose([0])
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    assert "drawn by another model" in window.banner.text() and not page.drawing


def test_favourites_stand_in_a_strip_beside_new_pictures(qtbot, at_step_6, judged):
    window, page, _ = at_step_6(judged)
    assert not page.gallery.strip.isVisible()
    generate(qtbot, window, page)
    page.gallery.new.grid.choose([1, 3])
    qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.gallery.strip.buttons) == 2 and page.gallery.strip.buttons[1].isVisible())
    newest = page.gallery.strip.buttons[0]
    assert newest.accessibleName().startswith("Favourite: ") and "number 4" in newest.accessibleName()
    qtbot.mouseClick(newest, Qt.MouseButton.LeftButton)
    assert page.gallery.shelves.value() == "favourites" and page.gallery.favourites.grid.chosen() == [1]
    assert not page.gallery.strip.isVisible()
    qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 1)
    window.undo()
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 2)
    page.gallery.look_at("new")
    assert len([button for button in page.gallery.strip.buttons if button.isVisible()]) == 2


def test_a_variation_of_too_many_variations_is_refused_in_words(qtbot, at_step_6, judged):
    window, page, bundle = at_step_6(judged)
    origin = Spot(seed=3)
    for number in range(DEEPEST):
        (origin,) = variations(origin, None, count=1, strength=0.2, seed=number)
    picture = next(bundle.generate(Request.of([origin], steps=2)))
    picture.save(judged / "favourites" / "a.png")
    assert window.session.change("deployment", favourites=["favourites/a.png"])
    page.refresh()
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 1)
    page.gallery.look_at("favourites")
    page.gallery.favourites.grid.choose([0])
    qtbot.mouseClick(page.gallery.further, Qt.MouseButton.LeftButton)
    assert "deep already" in window.banner.text() and not page.drawing


# ---------------------------------------------------------------- own pictures


@pytest.fixture
def own(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "mine é"
    folder.mkdir()
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.jpg")
    return sorted(folder.iterdir())


def test_a_model_that_cannot_look_at_pictures_offers_no_own_ones(qtbot, at_step_6, judged):
    _, page, _ = at_step_6(judged)
    assert not page.modes.part(OWN).isVisible()
    press(qtbot, page, VARY)
    assert not page.controls.sources.file.isVisible()


def test_own_pictures_are_seen_varied_and_led_into_each_other(qtbot, at_step_6, seeing, own, monkeypatch):
    window, page, bundle = at_step_6(seeing)
    press(qtbot, page, OWN)
    assert window.bar.main.text() == "Choose a picture …"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (str(own[0]), ""))
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.gallery.new.all()) == 1 and not page.drawing)
    mine = bundle.own(own[0])
    assert drawn(qtbot, page) == files(bundle.generate(Request.of([mine]))), "what the model sees in it"
    assert page.controls.sources.views[0].accessibleName() == own[0].name
    press(qtbot, page, VARY)
    found = generate(qtbot, window, page)
    assert found == files(bundle.generate(Request.of(variations(mine, None, count=5, strength=0.3, seed=3))))
    press(qtbot, page, BETWEEN)
    drop(page.controls.sources, [own[1]])
    way = drawn_when(qtbot, page, 16)
    assert way == files(bundle.generate(Request.of(between(mine, bundle.own(own[1]), 16))))
    assert isinstance(read_record(way[0]).origin, Own)


def drawn_when(qtbot: QtBot, page: DeploymentPage, count: int) -> list[bytes]:
    qtbot.waitUntil(lambda: len(page.gallery.new.all()) == count and not page.drawing)
    return [picture.png for picture in page.gallery.new.all()]


def test_a_file_that_is_no_picture_is_said(qtbot, at_step_6, seeing, tmp_path):
    window, page, _ = at_step_6(seeing)
    press(qtbot, page, OWN)
    (tmp_path / "bread.png").write_text("milk")
    drop(page.controls.sources, [tmp_path / "bread.png"])
    qtbot.waitUntil(lambda: "cannot be read as a picture" in window.banner.text())
    assert page.gallery.result.full_text() == ""


# ---------------------------------------------------------------- room and reach


@pytest.mark.parametrize("mode", [NEW, VARY, BETWEEN, WALK, OWN])
def test_nothing_is_cut_off_in_a_small_window(qtbot, at_step_6, seeing, own, mode):
    window, page, _ = at_step_6(seeing)
    window.resize(1024, 640)
    generate(qtbot, window, page)
    page.gallery.new.grid.choose([0, 1])
    press(qtbot, page, mode)
    if mode == OWN:
        drop(page.controls.sources, own[:1])
        qtbot.waitUntil(lambda: page.controls.sources.enough and not page.drawing)
    QApplication.processEvents()
    scroll = window.stack.currentWidget()
    assert scroll.horizontalScrollBar().maximum() == 0
    for part in shown(page):
        if part.parentWidget() is not None and part.parentWidget() in (page.controls, page.modes, page.controls.sources):
            assert part.width() >= part.minimumSizeHint().width() and part.height() >= part.minimumSizeHint().height(), part


def test_every_mode_is_reached_by_tab_and_has_a_name(qtbot, at_step_6, seeing, own):
    window, page, _ = at_step_6(seeing)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(qtbot, page, VARY)
    drop(page.controls.sources, own[:1])
    qtbot.waitUntil(lambda: page.controls.sources.enough and len(page.gallery.new.all()) == 5 and not page.drawing)
    page.modes.part(NEW).setFocus()
    names = []
    for _ in range(20):
        names.append(QApplication.focusWidget().accessibleName())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert all(names), names
    for name in ("How different", "How many", "Seed", "Take the selected", "Your own picture …", "New pictures"):
        assert name in names, names
