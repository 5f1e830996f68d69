"""The evaluation page, used as a person would: with nothing to show, with another run, while it judges."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from desktop_app.jobs import launch
from desktop_app.project.runs import Checkpoint, Evaluated, Failed, Finished, Paused, Phase, Started, Stopped, Warned
from desktop_app.project.store import Project
from desktop_app.ui.pages.evaluation import judging_words
from desktop_app.ui.pages.evaluation_results import last_problem
from tests.ui import sprites
from tests.ui.helpers import only_run


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


@pytest.mark.torch
def test_judging_shows_its_progress_and_can_be_cancelled(qtbot, shown, judged):
    """The real engine in its own process."""
    run = only_run(judged)
    run.report_file.unlink()
    window, page = shown(judged)
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    assert page.judging and page.blank.heading.text() == "Judging the model"
    assert page.blank.progress.isVisible()
    qtbot.waitUntil(lambda: page.blank.progress.words.text() in map(judging_words, (0.0, 0.5, 0.9)))
    qtbot.mouseClick(page.blank.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.judging and not window.session.working)
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
    qtbot.waitUntil(lambda: page.results.isVisible() and not page.judging)
    assert not page.progress.isVisible()
    assert window.bar.main.text() == "Generate"
