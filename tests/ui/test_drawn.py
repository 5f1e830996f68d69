"""What waits until a widget has drawn itself."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop_app.ui.drawn import once_drawn


class Painted(QWidget):
    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self.said = said

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        self.said.append("painted")


def test_it_is_called_once_and_after_the_first_picture(qtbot: QtBot) -> None:
    said: list[str] = []
    widget = Painted(said)
    qtbot.addWidget(widget)
    once_drawn(widget, lambda: said.append("called"))
    assert said == []
    widget.show()
    qtbot.waitUntil(lambda: "called" in said)
    widget.repaint()
    qtbot.wait(20)
    assert said[0] == "painted"
    assert said.count("called") == 1


def test_what_was_drawn_before_is_drawn_again_for_it(qtbot: QtBot) -> None:
    said: list[str] = []
    widget = Painted(said)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitUntil(lambda: said != [])
    once_drawn(widget, lambda: said.append("called"))
    qtbot.waitUntil(lambda: "called" in said)


def test_what_is_gone_by_then_is_left_alone(qtbot: QtBot) -> None:
    said: list[str] = []
    widget = Painted(said)
    qtbot.addWidget(widget)
    once_drawn(widget, lambda: said.append("called"))
    QCoreApplication.sendEvent(widget, QPaintEvent(widget.rect()))  # and it is not, or no longer, visible
    qtbot.wait(20)
    assert said == ["painted"]
