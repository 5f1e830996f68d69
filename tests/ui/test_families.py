"""Every kind of model as a person uses it, with real engines: chosen, trained, gone on from, drawn with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.jobs import catalog
from desktop_app.project import runs
from desktop_app.project.store import Project
from desktop_app.ui.window import MainWindow
from tests.ui.helpers import words_on
from tests.waiting import until

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600)]
OpenWindow = Callable[[Path, int], MainWindow]
ENGINE = 240_000
"""Milliseconds that a real engine may take on a busy machine."""


@pytest.fixture
def small(small_project: Path) -> Path:
    """A project that trains for seconds only, whichever kind of model is chosen."""
    with Project.open(small_project) as project:
        settings = {family.name: {"batch_size": 8} for family in catalog.families()}
        project.change("training", items=48, settings=settings)
        project.change("architecture", network="tiny")
    return small_project


def press(qtbot: QtBot, window: MainWindow, words: str) -> None:
    qtbot.waitUntil(lambda: window.bar.main.text() == words)
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("family", catalog.families(), ids=lambda family: family.name)
def test_a_kind_of_model_from_its_card_to_its_pictures(
    family: catalog.Family, small: Path, open_window: OpenWindow, qtbot: QtBot
) -> None:
    window = open_window(small, 3)
    session = window.session
    qtbot.waitUntil(lambda: not session.importing)
    page = window._pages[3]
    qtbot.mouseClick(page.cards[family.name].film, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert session.document.architecture.family == family.name
    press(qtbot, window, "Set up training")
    training = window._pages[4]
    setup, live = training.setup, training.live  # type: ignore[attr-defined]
    assert [setup.start.box.itemText(row) for row in range(setup.start.box.count())] == [
        "Nothing: a fresh start", "A model file …",
    ]  # fmt: skip
    qtbot.mouseClick(setup.advanced, Qt.MouseButton.LeftButton)
    offered = [name for form in setup.forms for name in form.rows]
    assert sorted(offered) == sorted(family.settings.model_fields)

    press(qtbot, window, "Start training")
    qtbot.waitUntil(lambda: session.story.progress is not None, timeout=ENGINE)
    assert family.held_out_title in words_on(live.curves)
    # The rest of the run is judging: stop and keep, and go on with a remedy instead.
    first = session.run
    assert first is not None
    session.story.take([runs.Warned(code="copies", message="Copies.", remedy="Calm it.", apply={"weight_decay": 0.05})])
    live.show_figures()
    (button,) = live.findings.banners["copies"].buttons()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.run not in (None, first), timeout=ENGINE)
    second = session.run
    assert second is not None
    assert (second.folder / second.spec.start).resolve() == first.folder
    assert second.spec.settings == first.spec.settings | {"weight_decay": 0.05}
    qtbot.waitUntil(lambda: "start" in session.story.warnings, timeout=ENGINE)
    assert "all of its weights fit" in session.story.warnings["start"].message
    qtbot.waitUntil(lambda: session.story.progress is not None, timeout=ENGINE)
    session.stop()
    qtbot.waitUntil(lambda: session.run_state in ("stopped", "finished"), timeout=ENGINE)

    window.go_to(6)
    deployment = window._pages[6]
    qtbot.waitUntil(lambda: deployment.model is not None)  # type: ignore[attr-defined]
    assert ("Strokes" in words_on(deployment)) == ("sampling_steps" in family.settings.model_fields)
    deployment.controls.count.setValue(4)  # type: ignore[attr-defined]
    press(qtbot, window, "Generate")
    qtbot.waitUntil(lambda: not deployment.drawing)  # type: ignore[attr-defined]
    assert len(deployment.gallery.new.all()) == 4  # type: ignore[attr-defined]
    until(lambda: session.run is None or session.run.process() is None)
