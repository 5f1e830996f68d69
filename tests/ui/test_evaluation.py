"""The evaluation page, used as a person would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_app.evaluation import inception, read_report
from desktop_app.evaluation.report import Advice, Change, Gap, Measure
from desktop_app.jobs import advising, launch
from desktop_app.project.runs import (
    Checkpoint,
    Evaluated,
    Failed,
    Finished,
    Metrics,
    Paused,
    Phase,
    Run,
    Started,
    Stopped,
    Warned,
)
from desktop_app.project.store import Project
from desktop_app.ui.pages.evaluation import EvaluationPage, judging_words
from desktop_app.ui.pages.evaluation_advice import SHOWN
from desktop_app.ui.pages.evaluation_quiz import Quiz
from desktop_app.ui.pages.evaluation_results import Results, in_step, last_problem
from desktop_app.ui.pages.evaluation_words import reading
from desktop_app.ui.widgets.dial import percent
from desktop_app.ui.widgets.lightbox import Lightbox
from desktop_app.ui.window import MainWindow
from tests.ui import sprites
from tests.ui.helpers import words_on

OpenWindow = Callable[[Path, int], MainWindow]


@pytest.fixture
def shown(qtbot: QtBot, open_window: OpenWindow) -> Callable[[Path], tuple[MainWindow, EvaluationPage]]:
    """Opens a project at step 5 and waits until what is on the disk is shown."""

    def show(folder: Path) -> tuple[MainWindow, EvaluationPage]:
        window = open_window(folder, 5)
        page = window.stack.currentWidget().widget()
        assert isinstance(page, EvaluationPage)
        qtbot.waitUntil(lambda: page.run is None or page.loaded is not None)
        qtbot.waitUntil(lambda: page.run is None or window.session.run_state not in ("", "none"))
        return window, page

    return show


def only_run(folder: Path) -> Run:
    with Project.open(folder, read_only=True) as project:
        return project.runs()[-1]


# ---------------------------------------------------------------- judged


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


def test_real_and_generated_stand_in_step():
    order = in_step(np.array([0, 0, 1, 1, 2]), np.array([2, 1, 0, 1, 1, 0]))
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert [int(np.array([0, 0, 1, 1, 2])[i]) for i in order] == [2, 1, 0, 1, 0]


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


def test_what_is_never_drawn_is_said_by_kind_and_shown(qtbot, shown, judged):
    _, page = shown(judged)
    view = page.results.missing
    assert view.found is None, "nothing is read before it is looked at"
    qtbot.mouseClick(page.results.views.part("missing"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.found is not None, timeout=20_000)
    kinds = view.found.found.kinds
    assert [row.text() for row in view.rows] == [kind.name for kind in kinds] and len(kinds) > 2
    assert [kind.share for kind in kinds] == sorted((kind.share for kind in kinds), reverse=True)
    assert sum(len(kind.missed) for kind in kinds) == len(page.report.missed)
    qtbot.mouseClick(view.rows[1], Qt.MouseButton.LeftButton)
    assert len(view.missed.grid.tiles()) == min(60, len(kinds[1].missed)) and view.rows[1].isChecked()
    assert all("not drawn" in tile.name for tile in view.missed.grid.tiles())


def test_all_figures_stand_in_a_table_with_their_floors(qtbot, shown, judged):
    _, page = shown(judged)
    qtbot.mouseClick(page.results.views.part("figures"), Qt.MouseButton.LeftButton)
    table = page.results.figures.measures
    assert table.isVisible()
    rows = [[table.item(row, place).text() for place in range(5)] for row in range(table.rowCount())]
    assert len(rows) == len(page.report.measures) == 11
    kid = next(row for row in rows if row[0] == "Distance (KID)")
    assert kid[1] and " to " in kid[2] and kid[3] not in ("", "–") and kid[4] == "lower"


def test_a_question_mark_explains_plainly_and_precisely_on_demand(qtbot, shown, judged):
    _, page = shown(judged)
    mark = page.results.dials["recall"].ask
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    sheet = mark.sheet
    assert sheet is not None and sheet.isVisible()
    assert page.report.measures["recall"].help in mark.accessibleDescription()
    assert not sheet._precise.isVisible()
    qtbot.mouseClick(sheet.more, Qt.MouseButton.LeftButton)
    assert sheet._precise.isVisible() and "Kynkäänniemi" in sheet._precise.text()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: mark.sheet is None)


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
    for _ in range(14):
        widget = QApplication.focusWidget()
        names.append(widget.accessibleName())
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert all(names), names
    for wanted in ("What is accuracy?", "What to look at: Pictures", "Generated pictures", "See the pairs", "Judge again"):
        assert wanted in names, names


# ---------------------------------------------------------------- what to do next


def test_a_card_starts_the_run_that_takes_its_advice(qtbot, shown, judged, monkeypatch):
    """Up to the engine's process, which the tests of the engine start."""
    run = only_run(judged)
    report = json.loads(run.report_file.read_text(encoding="utf-8"))
    change = {"settings": {"dropout": 0.2}, "family": "", "longer": 1.0, "fresh": True}
    advice = {
        "code": "overfitting",
        "title": "It learns by heart",
        "reason": "0.2, then 0.4",
        "dial": "recall",
        "change": change,
    }
    run.report_file.write_text(json.dumps(report | {"advice": [advice]}), encoding="utf-8")
    started = []
    monkeypatch.setattr(launch, "start_engine", lambda run, verb, want="run": started.append((run, verb)) or object())
    window, page = shown(judged)
    button = page.results.advice.takers[0]
    assert "Forget a little: 0.2" in button.toolTip() and button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    new, verb = started[0]
    assert verb == "train" and new.spec.settings["dropout"] == 0.2 and new.spec.start == ""
    assert window.number == 4
    now = advising.outcome(new)
    assert now.taken.run == run.name and now.state == "open"


def test_an_advice_that_was_taken_is_marked(shown, judged):
    run = only_run(judged)
    with Project.open(judged) as project:
        advice = Advice(code="narrow", title="It misses some", reason="why", dial="recall", change=Change(longer=2))
        new = advising.follow(project, run, advice)
    report = read_report(run.report_file)
    better = Measure(value=0.99, low=0.98, high=1, better="higher", title="Recall", help="")
    report.model_copy(update={"measures": report.measures | {"recall": better}}).save(new.report_file)
    report.model_copy(update={"advice": [advice], "measures": report.measures}).save(run.report_file)
    with Project.open(judged) as project:
        project.change("evaluation", run=run.name)
    _, page = shown(judged)
    said = words_on(page.results.advice)
    assert "Tried. " in said and "99 % now" in said
    page.session.change("evaluation", run=new.name)
    assert not page.results.came.isVisible()


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


def test_the_map_shows_the_picture_under_the_mouse(qtbot, shown, judged):
    _, page = shown(judged)
    view = page.results.map
    assert view.field.places is None, "nothing is reckoned before it is looked at"
    qtbot.mouseClick(page.results.views.part("map"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.field.places is not None, timeout=20_000)
    places = view.field.places
    assert len(places.real) == len(page.results.results.real) and len(places.drawn) == len(page.results.results.generated)
    view.field.look_at(view.field.point(places.real[0]))
    shown_there = view.field.under
    apart = [np.hypot(*(place - places.real[0])) for place in (*places.real, *places.drawn)]
    assert shown_there is [*places.real_tiles, *places.drawn_tiles][int(np.argmin(apart))]
    assert view.field.toolTip() == shown_there.name
    view.field.look_at(QPointF(-50, -50))
    assert view.field.under is None


def test_guessing_tells_nothing():
    quiz = Quiz(Results(None))
    assert quiz.question() is None
    quiz.right, quiz.asked = 6, 12
    assert "cannot surely" in quiz.words()


def test_where_it_began_to_learn_by_heart_is_said(shown, judged):
    run = only_run(judged)
    gap = Gap(step=40, best=0.2, last=0.4, training_then=0.3, training_last=0.1, opened=True, checkpoint="checkpoints/step-40")
    read_report(run.report_file).model_copy(update={"gap": gap}).save(run.report_file)
    _, page = shown(judged)
    page.results.look_at("figures")
    assert page.results.figures.gap.isVisible() and "at step 40" in page.results.figures.gap.text()


def course(run: Run, held_out: list[float], own: list[float]) -> None:
    """Tell a training of so many losses, ten steps apart, with a checkpoint at every fourth."""
    for number, (kept, learned) in enumerate(zip(held_out, own, strict=True), 1):
        step = 10 * number
        sprites.tell(run, [Metrics(step=step, items=step, values={"held_out_loss": kept, "loss": learned})])
        if number % 4 == 0:
            place = run.checkpoints_folder / f"step-{step:09d}"
            place.mkdir()
            sprites.tell(run, [Checkpoint(step=step, items=step, folder=f"checkpoints/{place.name}", held_out_loss=kept)])


def over_time(qtbot, page: EvaluationPage):
    qtbot.mouseClick(page.results.views.part("course"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.results.course.found is not None, timeout=20_000)
    return page.results.course


def test_where_the_losses_part_is_marked_and_the_state_before_it_named(qtbot, shown, judged):
    run = only_run(judged)
    course(run, [1.0 - 0.06 * min(n, 10) + 0.04 * max(0, n - 10) for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert view.losses.plot.marked() == view.gap.plot.marked() == 90, "smoothed, the lowest of those around step 100"
    assert "From step 90 on it learned by heart" in view.words.text() and "is step 80; it is still kept" in view.words.text()
    assert "The model is the best of them. Step 120" in view.states.reason.text() and len(view.states.buttons) == 4


def test_losses_that_never_part_are_said_to_be_together(qtbot, shown, judged):
    course(only_run(judged), [1 - 0.03 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert view.words.text().startswith("The losses show no learning by heart") and view.losses.plot.marked() is None
    assert view.gap.plot.isVisible()


def test_too_short_a_training_says_that_nothing_can_be_told(qtbot, shown, judged):
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert view.words.text().startswith("Too little was measured") and not view.losses.isVisible()


def test_a_kind_without_such_a_loss_shows_no_gap(qtbot, shown, judged):
    run = only_run(judged)
    spec = json.loads((run.folder / "spec.json").read_text())
    (run.folder / "spec.json").write_text(json.dumps(spec | {"family": "gan"}))
    course(run, [1 - 0.03 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert not view.words.isVisible() and not view.gap.isVisible() and view.losses.plot.isVisible()
    assert "Distance to pictures kept aside" in view.losses.legend.text()


def test_a_button_makes_a_model_of_another_state_in_a_run_of_its_own(qtbot, shown, judged, monkeypatch):
    run, started = only_run(judged), []
    course(run, [1 - 0.04 * min(n, 16) + 0.1 * max(0, n - 16) for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    monkeypatch.setattr(launch, "start_engine", lambda run, verb="train", want="run": started.append((run, verb)) or True)
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert 160 not in view.states.buttons and view.found.model == 160, "that is the model already"
    qtbot.mouseClick(view.states.buttons[80], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(started), timeout=20_000)
    new, verb = started[0]
    assert verb == "export" and new != run and new.spec.name.startswith("Step 80 of ")
    assert [path.name for path in new.checkpoints_folder.iterdir()] == ["step-000000080"]
    assert (run.bundle_folder / "bundle.json").is_file() and len(list(run.checkpoints_folder.iterdir())) == 5
    qtbot.waitUntil(lambda: page.run == new)


def test_a_file_of_weights_for_figures_as_papers_give_them(qtbot, shown, judged, tmp_path, monkeypatch):
    known = tmp_path / "weights.pth"
    known.write_bytes(b"weights")
    monkeypatch.setitem(inception.KNOWN, hashlib.sha256(b"weights").hexdigest(), known.name)
    _, page = shown(judged)
    page.results.look_at("figures")
    papers = page.results.figures.papers
    assert papers.choose.isVisible() and not papers.drop.isVisible()
    (tmp_path / "other.pth").write_bytes(b"others")
    with qtbot.waitSignal(papers.take(tmp_path / "other.pth").ended):
        pass
    assert "not the file" in papers.words.text() and "pytorch-fid" in papers.words.text() and papers.choose.isEnabled()
    with qtbot.waitSignal(papers.take(known).ended):
        pass
    assert "Judge again" in papers.words.text() and not papers.choose.isVisible()
    qtbot.mouseClick(papers.drop, Qt.MouseButton.LeftButton)
    assert papers.choose.isVisible() and inception.chosen() is None


def test_two_runs_are_put_side_by_side(qtbot, shown, judged):
    run = only_run(judged)
    with Project.open(judged) as project:
        other = sprites.train(project, "Other")
        sprites.assess(other, 64)
        project.change("evaluation", run=run.name)
    for each, loss in ((run, 1.0), (other, 0.5)):
        sprites.tell(each, [Metrics(step=step, items=step, values={"held_out_loss": loss / step}) for step in (1, 2, 3)])
    _, page = shown(judged)
    compare = page.results.compare
    assert compare.found is None, "nothing is read before it is looked at"
    qtbot.mouseClick(page.results.views.part("compare"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: compare.found is not None, timeout=20_000)
    assert [each.name for each in compare.found.runs] == [run.name, other.name]
    assert compare.words.text().startswith("Best so far: ")
    titles = [compare.table.item(row, 0).text() for row in range(compare.table.rowCount())]
    assert titles[:6] == ["Accuracy", "Precision", "Recall", "Diversity", "Naturalness", "Copies"]
    assert len(compare.samples.grid.tiles()) == 8 and all(len(tile.images) == 2 for tile in compare.samples.grid.tiles())
    assert "On pictures kept aside" in compare.legend.text() and compare._plot.isVisible()


def test_up_to_six_runs_stand_side_by_side(qtbot, shown, judged):
    run = only_run(judged)
    with Project.open(judged) as project:
        others = [sprites.train(project, f"Run {number}") for number in range(6)]
        for other in others[:2]:
            sprites.assess(other, 64)
        project.change("evaluation", run=run.name)
    _, page = shown(judged)
    page.results.look_at("compare")
    compare = page.results.compare
    qtbot.waitUntil(lambda: compare.found is not None, timeout=20_000)
    assert compare.others.chosen() == [others[-1]], "the newest stands beside it at first"
    compare.others.choose(others[:5])
    qtbot.waitUntil(lambda: compare.found is not None and len(compare.found.runs) == 6, timeout=20_000)
    heads = [compare.table.horizontalHeaderItem(place).text() for place in range(compare.table.columnCount())]
    assert heads == ["", "This run", "B", "C", "D", "E", "F"]
    assert "Run 0" in compare.table.horizontalHeaderItem(6).toolTip()
    tiles = compare.samples.grid.tiles()
    assert len(tiles) == 8 and all(len(tile.images) == 3 for tile in tiles), "those that were judged"
    assert "This run, E, F" in compare.samples.term.text()
    unticked = [action for action in compare.others.menu().actions() if not action.isChecked()]
    assert len(unticked) == 1 and not unticked[0].isEnabled(), "a seventh has no room"
    for action in compare.others.menu().actions():
        action.setChecked(False)
    assert len(compare.others.chosen()) == 1, "to compare takes two"


def test_without_another_run_there_is_nothing_to_compare(qtbot, shown, judged):
    _, page = shown(judged)
    page.results.look_at("compare")
    assert "no other run yet" in page.results.compare.words.text() and not page.results.compare.table.isVisible()


def test_the_best_state_of_a_single_run_is_said_all_the_same(qtbot, shown, judged):
    run = only_run(judged)
    for step, loss in ((5, 0.2), (10, 0.4)):
        (run.checkpoints_folder / f"s{step}").mkdir()
        sprites.tell(
            run, [Checkpoint(step=step, items=step, folder=f"checkpoints/s{step}", held_out_loss=loss, best=step == 5)]
        )
    _, page = shown(judged)
    page.results.look_at("compare")
    qtbot.waitUntil(lambda: "Of this run: Step 5" in page.results.compare.words.text(), timeout=20_000)


# ---------------------------------------------------------------- the other states


def test_without_a_run_the_next_missing_thing_is_offered(qtbot, shown, untrained):
    window, page = shown(untrained)
    assert page.blank.isVisible() and page.blank.heading.text() == "Nothing to judge yet"
    assert window.bar.main.text() == "Start training"
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert window.number == 4


def test_an_unjudged_model_can_be_judged(shown, plain):
    window, page = shown(plain)
    assert page.blank.heading.text() == "Not judged yet"
    assert window.bar.main.text() == "Judge the model"


def test_too_few_kept_aside_is_said_with_the_reason(qtbot, shown, plain):
    sprites.assess(only_run(plain), 64)
    window, page = shown(plain)
    dial = page.results.dials["precision"]
    assert dial.value.text() == "Not measured"
    assert "20 are needed" in dial.foot.text() and not dial.bar.isVisible()
    assert window.header.subtitle.full_text().startswith("Not judged")
    assert not page.results.kinds.isVisible(), "there are no kinds"
    assert page.results.dials["accuracy"].foot.text() == "The pictures have no classes."
    assert any("Keep more pictures aside" in card.accessibleName() for card in page.results.advice.cards)


@pytest.mark.parametrize(
    ("ending", "heading"),
    [
        ([Failed(message="There was not enough memory.", remedy="Choose a smaller network.")], "This training did not finish"),
        ([Paused(step=3)], "Not finished yet"),
        ([Stopped(step=0, bundle=None)], "Nothing was learned"),
        ([Phase(name="training")], "Not finished yet"),
    ],
)
def test_a_run_without_a_model_says_why(shown, untrained, ending, heading):
    with Project.open(untrained) as project:
        run = launch.new_run(project)
    started = Started(pid=1, device="cpu", threads=1, parameters=1, batch_size=1, held_out_items=1, training_items=1)
    sprites.tell(run, [started, Checkpoint(step=1, items=1, folder="checkpoints/1"), *ending])
    _, page = shown(untrained)
    assert page.blank.heading.text() == heading
    if isinstance(ending[0], Failed):
        assert "There was not enough memory. Choose a smaller network." in page.blank.words.text()


def test_a_damaged_report_can_be_judged_again(shown, judged):
    run = only_run(judged)
    run.report_file.write_text('{"version": 1, "run": "x"', encoding="utf-8")
    window, page = shown(judged)
    assert page.blank.heading.text() == "The evaluation cannot be read"
    assert "damaged" in page.blank.words.text()
    assert window.bar.main.text() == "Judge the model"


def test_figures_stay_when_the_pictures_are_gone(shown, judged):
    (only_run(judged).folder / "evaluation" / "generated.npy").write_bytes(b"no array")
    _, page = shown(judged)
    assert page.results.isVisible() and page.results.dials["recall"].value.text() != "Not measured"
    assert page.notice.isVisible() and "cannot be shown" in page.notice.text()
    assert page.results.beside.drawn.grid.tiles() == []


def test_what_went_wrong_with_the_last_judging_is_said(plain):
    run = only_run(plain)
    assert last_problem(run) == ""
    judging = Phase(name="evaluating", fraction=0.3)
    sprites.tell(run, [judging])
    assert "broken off" in last_problem(run)
    sprites.tell(run, [Warned(code="not evaluated", message="The disk is full.", remedy="Free some space.")])
    assert last_problem(run) == "The disk is full. Free some space."
    sprites.tell(run, [judging, Evaluated()])
    assert last_problem(run) == ""
    sprites.tell(run, [judging, Finished(step=1)])
    assert last_problem(run) == ""


def test_a_failed_judging_is_shown(shown, plain):
    sprites.tell(only_run(plain), [Warned(code="not evaluated", message="The disk is full.", remedy="Free some space.")])
    window, page = shown(plain)
    assert page.blank.heading.text() == "The model could not be judged"
    assert page.blank.words.text() == "The disk is full. Free some space."
    assert window.bar.main.text() == "Judge the model"


def test_read_only_projects_say_why_they_cannot_be_judged(qtbot, open_window, plain):
    with Project.open(plain):
        window = open_window(plain, 5)
        page = window.stack.currentWidget().widget()
        qtbot.waitUntil(lambda: page.loaded is not None)
        assert window.bar.main.text() == "Judge the model"
        qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
        assert window.banner.isVisible() and "open in another window" in window.banner.text()
        assert not page.judging


def test_another_run_can_be_chosen_and_is_remembered(qtbot, shown, judged):
    with Project.open(judged) as project:
        sprites.train(project, "A second run with a name that is too long for any list")
    _, page = shown(judged)
    assert page.runs.isVisible() and page.runs.count() == 2
    assert page.blank.isVisible(), "the newest is not judged"
    assert "not judged" in page.runs.currentText() and len(page.runs.currentText()) < 50
    page.runs.setFocus()
    qtbot.keyClick(page.runs, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.results.isVisible())
    assert page.runs.currentText().endswith("· judged")
    with Project.open(judged, read_only=True) as project:
        assert project.document.evaluation.run == page.run.name
        assert project.document.evaluation.run != project.runs()[-1].name


# ---------------------------------------------------------------- judging


@pytest.mark.torch
def test_judging_shows_its_progress_and_can_be_cancelled(qtbot, shown, judged):
    """The real engine in its own process."""
    run = only_run(judged)
    run.report_file.unlink()
    window, page = shown(judged)
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert page.judging and page.blank.heading.text() == "Judging the model"
    assert page.blank.progress.isVisible()
    qtbot.waitUntil(lambda: page.blank.progress.words.text() in map(judging_words, (0.0, 0.5, 0.9)), timeout=60_000)
    qtbot.mouseClick(page.blank.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.judging and not window.session.working, timeout=60_000)
    qtbot.waitUntil(lambda: page.blank.heading.text() in ("The model could not be judged", "Not judged yet"))
    assert not run.report_file.exists()
    assert window.bar.main.text() == "Judge the model"


def test_a_judging_that_goes_on_is_found_again_and_its_result_taken(qtbot, shown, plain):
    """As when the window was closed meanwhile: an engine (here this process) holds the run and writes its events."""
    run = only_run(plain)
    with run.claim():
        sprites.tell(run, [Phase(name="evaluating", fraction=0.5)])
        window, page = shown(plain)
        qtbot.waitUntil(lambda: page.judging)
        qtbot.waitUntil(lambda: page.blank.progress.isVisible() and page.blank.progress.words.text() == judging_words(0.5))
        sprites.tell(run, [Phase(name="evaluating", fraction=0.9)])
        qtbot.waitUntil(lambda: page.blank.progress.words.text() == judging_words(0.9))
        sprites.assess(run, 64)
        sprites.tell(run, [Evaluated()])
        (run.folder / "process.json").unlink()
    qtbot.waitUntil(lambda: page.results.isVisible() and not page.judging, timeout=10_000)
    assert not page.progress.isVisible()
    assert window.bar.main.text() == "Generate"


# ---------------------------------------------------------------- dials


def test_a_reading_takes_its_state_from_what_real_pictures_reach():
    def state(key: str, value: float) -> str:
        return reading(key, Measure(value=value, low=value, high=value, floor=0.8, better="higher", title="", help="")).state

    assert (state("recall", 0.78), state("recall", 0.4), state("recall", 0.1)) == ("good", "care", "bad")
    assert state("accuracy", 0.6) == "care", "the accuracy is held to more"
    missing = reading("recall", Measure(better="higher", title="", help="", not_measured="Too few."))
    assert (missing.value, missing.reason, missing.state) == (None, "Too few.", "")
