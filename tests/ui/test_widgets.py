"""The small parts, used by mouse and keys."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from pydantic import BaseModel, Field
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.ui import theme
from desktop_app.ui.widgets import (
    Banner,
    Button,
    Chip,
    ChoiceCard,
    ComboBox,
    ContactSheet,
    DoubleSpinBox,
    ElidedLabel,
    FlowLayout,
    HelpMark,
    ProgressLine,
    Segmented,
    SettingForm,
    SpinBox,
    Switch,
    label,
    to_image,
)


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    theme.theme().install(qapp)


def show(qtbot: QtBot, widget: QWidget, width: int = 0, height: int = 0) -> QWidget:
    qtbot.addWidget(widget)
    if width:
        widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.mark.parametrize("key", (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter))
def test_buttons_and_cards_are_pressed_by_keys(qtbot: QtBot, key: Qt.Key) -> None:
    for pressed in (Button("Go"), ChoiceCard("Photos")):
        show(qtbot, pressed)
        with qtbot.waitSignal(pressed.clicked):
            qtbot.keyClick(pressed, key)


def test_the_focus_ring_is_for_the_keyboard(qtbot: QtBot) -> None:
    button = show(qtbot, Button("One"))

    def focus(kind: QEvent.Type, reason: Qt.FocusReason) -> bool:
        QApplication.sendEvent(button, QFocusEvent(kind, reason))
        return bool(button.property("ring"))

    assert not focus(QEvent.Type.FocusIn, Qt.FocusReason.MouseFocusReason)
    assert focus(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
    plain = button.grab().toImage()
    assert not focus(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason)
    assert button.grab().toImage() != plain


def test_a_chip_says_how_many(qtbot: QtBot) -> None:
    chip = show(qtbot, Chip("Blurred", key="blurred", count=1234))
    assert chip.text() == chip.accessibleName() == "Blurred 1,234"


def test_segments_choose_one(qtbot: QtBot) -> None:
    choice = show(qtbot, Segmented((("a", "Fast"), ("b", "Best")), "How good"))
    choice.set_value("a")
    with qtbot.waitSignal(choice.chosen) as caught:
        qtbot.mouseClick(choice.part("b"), Qt.MouseButton.LeftButton)
    assert caught.args == ["b"]
    assert choice.value() == "b"
    assert not choice.part("a").isChecked()
    assert choice.part("b").accessibleName() == "How good: Best"


def test_a_switch_switches(qtbot: QtBot) -> None:
    switch = show(qtbot, Switch("Mirror"))
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(20, switch.height() // 2))
    assert switch.isChecked()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert not switch.isChecked()


def test_a_banner_says_and_offers(qtbot: QtBot) -> None:
    banner, undone = Banner(), []
    show(qtbot, banner)
    banner.say("3 pictures left out.", "info", ("Undo", lambda: undone.append(1)))
    assert banner.text() == banner.accessibleName() == "3 pictures left out."
    qtbot.mouseClick(banner.buttons()[0], Qt.MouseButton.LeftButton)
    assert undone == [1]
    banner.say("Something else.", "bad")
    assert banner.buttons() == []
    banner.dismiss()
    assert not banner.isVisible()


def wheel(widget: QWidget) -> QWheelEvent:
    here = QPointF(widget.rect().center())
    event = QWheelEvent(
        here, widget.mapToGlobal(here), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)
    return event


def test_fields_leave_the_wheel_to_the_page(qtbot: QtBot) -> None:
    fields = ComboBox([("a", "A"), ("b", "B")], "Which"), SpinBox(0, 9, 5, name="Count"), DoubleSpinBox(0, 1, 0.5, name="Share")
    for field in fields:
        show(qtbot, field)
        field.setFocus()
        assert not wheel(field).isAccepted()
    assert (fields[0].value(), fields[1].value(), fields[2].value()) == ("a", 5, 0.5)


def test_small_numbers_are_written_short(qtbot: QtBot) -> None:
    field = show(qtbot, DoubleSpinBox(0, 1, 2e-4, name="Learning rate", decimals=8))
    assert field.text() == "0.0002"


def test_a_flow_wraps_and_passes_over_what_is_hidden(qtbot: QtBot) -> None:
    holder = QWidget()
    flow = FlowLayout(holder, spacing=8)
    chips = [Chip(f"Filter {number}") for number in range(6)]
    for chip in chips:
        flow.addWidget(chip)
    show(qtbot, holder, 300, 200)
    assert len({chip.y() for chip in chips}) > 1
    assert all(chip.geometry().right() <= 300 for chip in chips)
    tall = flow.heightForWidth(300)
    for chip in chips[2:]:
        chip.hide()
    assert flow.heightForWidth(300) < tall


def test_a_long_name_ends_in_dots_and_is_whole_on_hover(qtbot: QtBot) -> None:
    name = "a very long name that nobody could ever show in full.png"
    line = show(qtbot, ElidedLabel(name), 120, 20)
    assert line.text() != name
    assert line.text().endswith("…")
    assert line.toolTip() == line.accessibleName() == line.full_text() == name
    line.resize(900, 20)
    assert line.text() == name
    assert line.toolTip() == ""


def test_names_are_never_markup(qtbot: QtBot) -> None:
    shown = show(qtbot, label("<b>bold</b>.png"))
    assert shown.textFormat() == Qt.TextFormat.PlainText
    mark = HelpMark("a < b & c", "Size")
    qtbot.addWidget(mark)
    assert "a &lt; b &amp; c" in mark.toolTip()
    assert mark.accessibleDescription() == "a < b & c"


def test_a_wait_says_how_long_it_takes(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("desktop_app.ui.widgets.progress.time.monotonic", lambda: clock[0])
    line = show(qtbot, ProgressLine("Import"), 400, 60)
    line.begin("Looking")
    assert line.bar.maximum() == 0
    clock[0] = 110.0
    line.advance(0.25, "Looking at every picture")
    assert line.bar.value() == 250
    assert line.words.text() == "Looking at every picture"
    assert line.left.text() == "about 30 s left"


@pytest.mark.parametrize("channels", (1, 3, 4))
def test_arrays_become_images_that_own_their_pixels(channels: int) -> None:
    array = np.arange(3 * 5 * channels, dtype=np.uint8).reshape(3, 5, channels)
    array[..., -1] |= 128
    image = to_image(array)
    before = image.pixelColor(4, 2).red()
    array[:] = 0
    assert (image.width(), image.height()) == (5, 3)
    assert image.pixelColor(4, 2).red() == before > 0


def test_a_sheet_keeps_hard_pixels(qtbot: QtBot) -> None:
    sheet = show(qtbot, ContactSheet(2, 1, "Pictures", gap=0), 128, 64)
    image = QImage(2, 1, QImage.Format.Format_RGB32)
    image.setPixelColor(0, 0, Qt.GlobalColor.red)
    image.setPixelColor(1, 0, Qt.GlobalColor.blue)
    sheet.show_images([image])
    grabbed = sheet.grab().toImage()
    colours = {grabbed.pixelColor(x, 32).name() for x in range(8, 56)}
    assert colours == {"#ff0000", "#0000ff"}


class Settings(BaseModel):
    rate: float = Field(2e-4, ge=1e-6, le=1, title="How fast it learns", json_schema_extra={"term": "learning rate"})
    batch: int | None = Field(None, ge=1, le=512, title="Pictures at once", json_schema_extra={"unit": "pictures"})
    mirror: bool = Field(True, title="Mirror", description="Turns pictures over.")
    rule: Literal["adam", "sgd"] = Field("adam", title="Rule")


def test_a_form_is_made_from_the_settings_own_words(qtbot: QtBot) -> None:
    form = show(qtbot, SettingForm(Settings), 500, 300)
    form.set_values(Settings().model_dump())
    assert list(form.rows) == ["rate", "batch", "mirror", "rule"]
    words = [getattr(part, "full_text", part.text)() for part in form.rows["rate"].findChildren(type(label()))]
    assert words == ["How fast it learns", "learning rate"]
    marks = [row.findChild(HelpMark).accessibleName() for row in form.rows.values()]
    assert marks[2] == "What is this: Mirror"


def test_a_form_tells_what_the_person_changed_and_only_that(qtbot: QtBot) -> None:
    form = show(qtbot, SettingForm(Settings), 500, 300)
    heard: list[tuple[str, object]] = []
    form.changed.connect(lambda name, value: heard.append((name, value)))
    form.set_values({"rate": 1e-3, "batch": 8, "mirror": False, "rule": "sgd"})
    assert heard == []
    form.rows["mirror"].findChild(Switch).click()
    batch = form.rows["batch"].findChild(SpinBox)
    batch.setValue(16)
    batch.setValue(batch.minimum())
    form.rows["rule"].findChild(ComboBox).setCurrentIndex(0)
    form.rows["rate"].findChild(DoubleSpinBox).setValue(5.0)
    assert heard == [("mirror", True), ("batch", 16), ("batch", None), ("rule", "adam"), ("rate", 1.0)]
    assert batch.text() == "Automatic"


RULES = {"adamw": "AdamW", "sgd": "SGD"}


class Choices(BaseModel):
    share: float | None = Field(None, ge=0, le=0.6, title="Share")
    mirror: bool | None = Field(None, title="Mirror")
    limit: float = Field(0.0, ge=0, le=10, title="Limit", json_schema_extra={"zero": "No limit"})
    rule: Literal["adamw", "sgd"] = Field(
        "adamw", title="Rule", json_schema_extra={"choices": {"adamw": "AdamW", "sgd": "SGD"}}
    )


def test_what_may_be_left_open_can_be_left_open_again(qtbot: QtBot) -> None:
    form = show(qtbot, SettingForm(Choices), 500, 300)
    heard: list[tuple[str, object]] = []
    form.changed.connect(lambda name, value: heard.append((name, value)))
    form.set_values(Choices().model_dump())
    share, mirror = form.rows["share"].findChild(DoubleSpinBox), form.rows["mirror"].findChild(ComboBox)
    assert (share.text(), mirror.currentText()) == ("Automatic", "Automatic")
    qtbot.keyClick(share, Qt.Key.Key_Up)
    assert share.value() == 0.0, "the first step leads to the lowest value, not between"
    qtbot.keyClick(share, Qt.Key.Key_Down)
    assert share.text() == "Automatic"
    mirror.setCurrentIndex(2)
    mirror.setCurrentIndex(0)
    assert heard == [("share", 0.0), ("share", None), ("mirror", False), ("mirror", None)]


def test_choices_and_zeros_are_shown_in_words(qtbot: QtBot) -> None:
    form = show(qtbot, SettingForm(Choices), 500, 300)
    form.set_values(Choices().model_dump())
    rule, limit = form.rows["rule"].findChild(ComboBox), form.rows["limit"].findChild(DoubleSpinBox)
    assert [rule.itemText(row) for row in range(rule.count())] == ["AdamW", "SGD"]
    assert limit.text() == "No limit"
    limit.setValue(2.5)
    assert limit.text() == "2.5"


def test_the_boxes_of_a_form_stand_under_each_other(qtbot: QtBot) -> None:
    form = show(qtbot, SettingForm(Choices), 500, 300)
    boxes = [row.layout().itemAt(row.layout().count() - 1).widget() for row in form.rows.values()]
    assert len({(box.x(), box.width()) for box in boxes}) == 1
