"""Ways to look at a judged run: what is never drawn, the map, the quiz."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt

from desktop_app.ui.pages.evaluation_quiz import Quiz
from desktop_app.ui.pages.evaluation_results import Results


def test_what_is_never_drawn_is_said_by_kind_and_shown(qtbot, shown, judged):
    _, page = shown(judged)
    view = page.results.missing
    assert view.found is None, "nothing is read before it is looked at"
    qtbot.mouseClick(page.results.views.part("missing"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.found is not None)
    kinds = view.found.found.kinds
    assert [row.text() for row in view.rows] == [kind.name for kind in kinds] and len(kinds) > 2
    assert [kind.share for kind in kinds] == sorted((kind.share for kind in kinds), reverse=True)
    assert sum(len(kind.missed) for kind in kinds) == len(page.report.missed)
    qtbot.mouseClick(view.rows[1], Qt.MouseButton.LeftButton)
    assert len(view.missed.grid.tiles()) == min(60, len(kinds[1].missed)) and view.rows[1].isChecked()
    assert all("not drawn" in tile.name for tile in view.missed.grid.tiles())


def test_the_map_shows_the_picture_under_the_mouse(qtbot, shown, judged):
    _, page = shown(judged)
    view = page.results.map
    assert view.field.places is None, "nothing is reckoned before it is looked at"
    qtbot.mouseClick(page.results.views.part("map"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.field.places is not None)
    places = view.field.places
    assert len(places.real) == len(page.results.results.real) and len(places.drawn) == len(page.results.results.generated)
    view.field.look_at(view.field.point(places.real[0]))
    shown_there = view.field.under
    apart = [np.hypot(*(place - places.real[0])) for place in (*places.real, *places.drawn)]
    assert shown_there is [*places.real_tiles, *places.drawn_tiles][int(np.argmin(apart))]
    assert view.field.toolTip() == shown_there.name
    view.field.look_at(QPointF(-50, -50))
    assert view.field.under is None


def test_the_quiz_counts_what_the_eye_can_tell(qtbot, shown, judged):
    _, page = shown(judged)
    qtbot.mouseClick(page.results.views.part("quiz"), Qt.MouseButton.LeftButton)
    view = page.results.quiz
    view.show_results(page.results.results, seed=1)
    sides = set()
    for number in range(1, 13):
        question = view.question
        sides.add(question.real_left)
        real, drawn = (question.left, question.right) if question.real_left else (question.right, question.left)
        assert "kept aside" in real.name and "Generated picture" in drawn.name
        qtbot.mouseClick(view.choices[0 if question.real_left else 1], Qt.MouseButton.LeftButton)
        assert view.captions[0 if question.real_left else 1].text() == "Yours"
        assert f"{number} of {number} right" in view.words.text()
        qtbot.mouseClick(view.choices[0], Qt.MouseButton.LeftButton)
        assert view.quiz.asked == number, "an answer counts once"
        qtbot.mouseClick(view.next, Qt.MouseButton.LeftButton)
    assert sides == {True, False}
    assert "You can tell them apart." in view.words.text()
    qtbot.keyClick(view, Qt.Key.Key_Right if view.question.real_left else Qt.Key.Key_Left)
    assert "No. 12 of 13 right" in view.words.text()


def test_guessing_tells_nothing():
    quiz = Quiz(Results(None))
    assert quiz.question() is None
    quiz.right, quiz.asked = 6, 12
    assert "cannot surely" in quiz.words()
