"""A judged run on the evaluation page: its verdict, its dials and its pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from desktop_app.evaluation import read_report
from desktop_app.project.store import Project
from desktop_app.ui.pages.evaluation_advice import SHOWN
from desktop_app.ui.widgets.dial import percent
from desktop_app.ui.widgets.lightbox import Lightbox
from tests.ui.helpers import only_run


def test_the_verdict_dials_and_pictures_are_those_of_the_report(shown, judged):
    window, page = shown(judged)
    report = read_report(only_run(judged).report_file)
    assert report.verdict.sentence == f"{window.header.subtitle.full_text()} {page.results.verdict.text()}"
    for key, dial in page.results.dials.items():
        assert dial.value.text() == percent(report.measures[key].value), key
        assert dial.foot.text() == f"real pictures: {percent(report.measures[key].floor)}", key
    drawn, real = page.results.beside.drawn.grid.tiles(), page.results.beside.real.grid.tiles()
    assert (len(drawn), len(real)) == (report.generated, report.held_out)
    stored = np.load(only_run(judged).folder / "evaluation" / "generated.npy")
    shown_pixel = drawn[3].images[0].pixelColor(8, 8)
    assert (shown_pixel.red(), shown_pixel.green(), shown_pixel.blue()) == tuple(stored[3, 8, 8])
    assert window.bar.note.full_text() == f"{report.generated} generated pictures judged against {report.held_out} kept aside"
    assert window.bar.main.text() == "Generate"


def test_a_kind_can_be_looked_at_alone(qtbot, shown, judged):
    _, page = shown(judged)
    panel = page.results
    panel.kinds.setFocus()
    qtbot.keyClick(panel.kinds, Qt.Key.Key_Down)
    name = panel.kinds.currentText()
    drawn = panel.beside.drawn.grid.tiles()
    assert 0 < len(drawn) < len(panel.results.generated)
    assert all(tile.name.endswith(name) for tile in drawn)
    assert panel.beside.drawn.term.full_text() == f"{percent(panel.results.report.class_accuracy[name])} are taken for “{name}”"
    qtbot.keyClick(panel.kinds, Qt.Key.Key_Up)
    assert len(panel.beside.drawn.grid.tiles()) == len(panel.results.generated)


def test_the_wheel_changes_no_choice(shown, judged):
    _, page = shown(judged)
    box = page.results.kinds
    place = QPointF(box.rect().center())
    wheel = QWheelEvent(
        place, box.mapToGlobal(place), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, wheel)
    assert box.currentIndex() == 0 and box.count() > 2


def test_copies_are_shown_closest_first_and_marked(qtbot, shown, judged):
    _, page = shown(judged)
    report = page.report
    buttons = [card for card in page.results.advice.cards if "look copied" in card.accessibleName()]
    assert buttons, "the copy check has its card"
    assert f"{report.copies.count} of {report.copies.of} look copied" in buttons[0].accessibleName()
    assert [card.isVisibleTo(page) for card in page.results.advice.cards[:SHOWN]] == [True] * len(
        page.results.advice.cards[:SHOWN]
    )
    page.results.look_at("pairs")
    tiles = page.results.pairs.pairs.grid.tiles()
    assert len(tiles) == report.generated
    assert sum(tile.state == "bad" for tile in tiles) == report.copies.count
    apart = [near.distance for near in report.nearest]
    assert apart == sorted(apart)
    assert Path(report.nearest[0].key).name in tiles[0].name
    assert all(len(tile.images) == 2 for tile in tiles)


def test_the_pair_shows_the_training_picture_that_the_report_names(shown, judged):
    _, page = shown(judged)
    near = page.report.nearest[-1]
    with Project.open(judged, read_only=True) as project:
        items = np.load(project.encoded_folder / "items.npy")
        aside = np.load(project.encoded_folder / "held_out.npy")
        keys = json.loads((project.encoded_folder / "dataset.json").read_text(encoding="utf-8"))["keys"]
    row = np.flatnonzero(~aside)[near.training]
    assert keys[row] == near.key
    colour = page.results.pairs.pairs.grid.tiles()[-1].images[1].pixelColor(5, 9)
    assert (colour.red(), colour.green(), colour.blue()) == tuple(items[row, 9, 5])


def test_best_and_worst_are_ordered_by_realism(shown, judged):
    _, page = shown(judged)
    realism = page.report.realism
    best = page.results.extremes.best.grid.tiles()
    worst = page.results.extremes.worst.grid.tiles()
    assert len(best) == len(worst) == min(60, len(realism) // 2)
    assert f"Generated picture {int(np.argmax(realism)) + 1:,} " in best[0].name
    lowest = {i for i, value in enumerate(realism) if value == min(realism)}
    assert int(worst[0].name.split()[2]) - 1 in lowest


def test_enter_enlarges_a_picture_and_the_keys_walk_on(qtbot, shown, judged):
    window, page = shown(judged)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    grid = page.results.beside.drawn.grid
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    box = window.findChild(Lightbox)
    assert box is not None and box.isVisible() and box.row == 1
    qtbot.keyClick(box, Qt.Key.Key_Right)
    assert box.row == 2 and grid.tile(2).name in box.accessibleName()
    qtbot.keyClick(box, Qt.Key.Key_Left)
    qtbot.keyClick(box, Qt.Key.Key_Left)
    qtbot.keyClick(box, Qt.Key.Key_Left)
    assert box.row == 0, "it stops at the first"
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.findChild(Lightbox) is None)
    assert grid.hasFocus()


def test_a_click_enlarges(qtbot, shown, judged):
    window, page = shown(judged)
    grid = page.results.beside.real.grid
    place = grid.visualRect(grid.model().index(0)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    box = window.findChild(Lightbox)
    assert box is not None and "kept aside" in box.accessibleName()
    box.close()


def test_everything_can_be_reached_by_tab_and_has_a_name(qtbot, shown, judged):
    window, page = shown(judged)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    page.results.dials["accuracy"].ask.setFocus()
    names = []
    for _ in range(15):
        widget = QApplication.focusWidget()
        names.append(widget.accessibleName())
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert all(names), names
    wanted = ["What is accuracy?", "What to look at: Pictures", "Generated pictures", "Save a report", "See the pairs"]
    assert [name for name in names if name in wanted] == wanted and names[-1] == "Judge again", names
