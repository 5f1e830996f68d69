"""The focus ring appears with the keyboard and not with the mouse, on every kind of widget that draws it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.project.steps import STEPS
from desktop_app.ui.app import prepare
from desktop_app.ui.pages.evaluation_missing import KindRow
from desktop_app.ui.rail import StepButton
from desktop_app.ui.widgets import Button, ChoiceCard, Switch
from desktop_app.ui.widgets.focus import FocusRing
from desktop_app.ui.widgets.picture_grid import PictureGrid, Tile


def grid() -> PictureGrid:
    made = PictureGrid("Pictures")
    made.set_tiles([Tile([QImage(8, 8, QImage.Format.Format_RGB32)], "a picture")])
    return made


KINDS: dict[str, Callable[[], QWidget]] = {
    "button": lambda: Button("Press"),
    "switch": lambda: Switch("On or off"),
    "card": lambda: ChoiceCard("A choice"),
    "step": lambda: StepButton(STEPS[0]),
    "kind": lambda: KindRow("cat", [], 1, 4, "hardly ever"),
    "grid": grid,
}


@pytest.fixture(params=KINDS)
def widget(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> QWidget:
    prepare(qapp)
    made = KINDS[request.param]()
    qtbot.addWidget(made)
    made.resize(220, 120)
    made.ensurePolished()
    return made


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def focused(widget: QWidget, reason: Qt.FocusReason) -> QImage:
    QApplication.sendEvent(widget, QFocusEvent(QEvent.Type.FocusIn, reason))
    return picture(widget)


def test_the_keyboard_brings_the_ring_and_takes_it_along(widget: QWidget) -> None:
    assert isinstance(widget, FocusRing)
    before = picture(widget)
    for reason in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason):
        assert focused(widget, reason) != before
        QApplication.sendEvent(widget, QFocusEvent(QEvent.Type.FocusOut, reason))
        assert picture(widget) == before


def test_a_click_and_the_windows_coming_back_show_none(widget: QWidget) -> None:
    before = picture(widget)
    for reason in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.OtherFocusReason):
        assert focused(widget, reason) == before
