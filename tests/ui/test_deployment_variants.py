"""Smaller variants on the deployment page, made and chosen as a person would."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from desktop_app.jobs import variants
from desktop_app.project.errors import GensmithError
from desktop_app.runtime.bundle import Request, open_bundle
from desktop_app.ui.pages import deployment_variants
from desktop_app.ui.pages.deployment import DeploymentPage


@pytest.fixture
def page(qtbot, open_window, judged) -> DeploymentPage:
    page = open_window(judged, 6).stack.currentWidget().widget()
    qtbot.waitUntil(lambda: page.model is not None)
    return page


def press(qtbot, button) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_half_the_size_is_made_shown_beside_the_model_and_drawn_with(qtbot, page):
    row, trained = page.smaller.rows["fp16"], page.smaller.rows["fp32"]
    assert row.button.text() == "Make it" and not trained.state.isHidden()
    press(qtbot, row.button)
    assert not page.smaller.progress.isHidden() and not row.button.isEnabled()
    qtbot.waitUntil(lambda: page.smaller.making is None and "fp16" in page.smaller.found, timeout=90_000)
    assert "times smaller" in row.words.text() and "Precision" in row.dials.text()
    assert not row.beside.pixmap().isNull() and page.smaller.refused.isHidden()
    press(qtbot, row.button)
    assert page.session.document.deployment.variant == "fp16"
    qtbot.waitUntil(lambda: page.model is not None and page.model.folder.suffix == ".gensmith")
    assert not row.state.isHidden() and trained.button.text() == "Draw with it"
    page.controls.count.setValue(2)
    page.generate()
    qtbot.waitUntil(lambda: not page.drawing)
    bundle = open_bundle(variants.place(page.run.bundle_folder, "fp16"))
    asked = Request(count=2, seed=page.controls.seed.value(), steps=10, guidance=1.0)
    assert [one.png for one in page.gallery.new.all()] == [one.png() for one in bundle.generate(asked)]
    page.session.undo()
    page.refresh()
    qtbot.waitUntil(lambda: page.model is not None and page.model.folder == page.run.bundle_folder)


def test_a_refusal_is_said_with_its_reason(qtbot, page, monkeypatch):
    def refuse(*_: object) -> None:
        raise GensmithError("Its pictures are farther from real ones.", "Nothing was written.", code=3)

    monkeypatch.setattr(deployment_variants, "make", refuse)
    press(qtbot, page.smaller.rows["int8"].button)
    qtbot.waitUntil(lambda: not page.smaller.refused.isHidden())
    said = page.smaller.refused.text()
    assert said == "“Small and fast” was not made. Its pictures are farther from real ones. Nothing was written."
    assert page.smaller.progress.isHidden() and page.smaller.rows["int8"].button.isEnabled()


def test_cancelled_nothing_is_left(qtbot, page):
    press(qtbot, page.smaller.rows["fp16"].button)
    press(qtbot, page.smaller.progress.cancel)
    qtbot.waitUntil(lambda: page.smaller.making is None)
    assert not list(Path(page.run.folder).glob("*.gensmith")) and page.smaller.progress.isHidden()
