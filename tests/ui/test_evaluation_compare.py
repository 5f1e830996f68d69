"""Runs side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt

from desktop_app.project.runs import Checkpoint, Metrics
from desktop_app.project.store import Project
from tests.ui import sprites
from tests.ui.helpers import only_run


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
    qtbot.waitUntil(lambda: compare.found is not None)
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
    qtbot.waitUntil(lambda: compare.found is not None)
    assert compare.others.chosen() == [others[-1]], "the newest stands beside it at first"
    compare.others.choose(others[:5])
    qtbot.waitUntil(lambda: compare.found is not None and len(compare.found.runs) == 6)
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
    qtbot.waitUntil(lambda: "Of this run: Step 5" in page.results.compare.words.text())
