"""The figures of the evaluation page: what dials and the table say, and what their marks mean."""

from __future__ import annotations

import hashlib
import json

import pytest
from PySide6.QtCore import Qt

from desktop_app.evaluation import inception, read_report
from desktop_app.evaluation.report import Gap, Measure
from desktop_app.ui.pages.evaluation_words import reading
from desktop_app.ui.widgets.dial import DialBar, Reading, percent
from tests.ui.helpers import only_run


def test_a_reading_takes_its_state_from_what_real_pictures_reach():
    def state(key: str, value: float) -> str:
        return reading(key, Measure(value=value, low=value, high=value, floor=0.8, better="higher", title="", help="")).state

    assert (state("recall", 0.78), state("recall", 0.4), state("recall", 0.1)) == ("good", "care", "bad")
    assert state("accuracy", 0.6) == "care", "the accuracy is held to more"
    missing = reading("recall", Measure(better="higher", title="", help="", not_measured="Too few."))
    assert (missing.value, missing.reason, missing.state) == (None, "Too few.", "")


def test_a_question_mark_explains_plainly_and_precisely_on_demand(qtbot, shown, judged):
    _, page = shown(judged)
    mark = page.results.dials["recall"].ask
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    sheet = mark.sheet
    assert sheet is not None and sheet.isVisible()
    assert page.report.measures["recall"].help in mark.accessibleDescription()
    assert not sheet._precise.isVisible()
    assert sheet.height() == sheet.layout().totalHeightForWidth(sheet.width()), "no gap"
    qtbot.mouseClick(sheet.more, Qt.MouseButton.LeftButton)
    assert sheet._precise.isVisible() and "Kynkäänniemi" in sheet._precise.text()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: mark.sheet is None)


def test_all_figures_stand_in_a_table_with_their_floors(qtbot, shown, judged):
    _, page = shown(judged)
    qtbot.mouseClick(page.results.views.part("figures"), Qt.MouseButton.LeftButton)
    table = page.results.figures.measures
    assert table.isVisible()
    rows = [[table.item(row, place).text() for place in range(table.columnCount())] for row in range(table.rowCount())]
    assert len(rows) == len(page.report.measures) == 11
    kid = next(row for row in rows if row[0] == "Distance (KID)")
    assert kid[1] and " to " in kid[2] and kid[3] not in ("", "–") and kid[6] == "lower"
    assert kid[4:6] == ["–", "–"], "a distance has no low end"
    assert next(row for row in rows if row[0] == "Precision")[4:] == ["0.00", "1.00", "higher"]


def test_where_it_began_to_learn_by_heart_is_said(shown, judged):
    run = only_run(judged)
    gap = Gap(step=40, best=0.2, last=0.4, training_then=0.3, training_last=0.1, opened=True, checkpoint="checkpoints/step-40")
    read_report(run.report_file).model_copy(update={"gap": gap}).save(run.report_file)
    _, page = shown(judged)
    page.results.look_at("figures")
    assert page.results.figures.gap.isVisible() and "at step 40" in page.results.figures.gap.text()


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


def test_marks_below_the_bar_show_how_low_a_dial_can_go(shown, judged):
    _, page = shown(judged)
    known, dial = page.report.measures["precision"], page.results.dials["precision"]
    assert dial.bar.toolTip().splitlines() == [
        f"Tall mark: real pictures, {percent(known.floor)}", f"Short mark below: pure noise, {percent(known.noise)}",
        f"Double mark below: one picture repeated, {percent(known.repeated)}",
    ]  # fmt: skip
    said = dial.ask.accessibleDescription()
    assert f"one of your pictures over and over {percent(known.repeated)}" in said
    assert "It takes the same picture over and over for good" in said, "precision alone does not see repetition"
    assert "for good" not in page.results.dials["recall"].ask.accessibleDescription()


def test_a_report_from_before_there_were_low_ends_shows_none(shown, judged):
    report = json.loads(only_run(judged).report_file.read_text(encoding="utf-8"))
    for measure in report["measures"].values():
        del measure["noise"], measure["repeated"]
    only_run(judged).report_file.write_text(json.dumps(report), encoding="utf-8")
    _, page = shown(judged)
    dial = page.results.dials["recall"]
    assert dial.bar.low_ticks() == [] and dial.bar.toolTip().startswith("Tall mark") and dial.value.text().endswith("%")
    assert "small marks" not in dial.ask.accessibleDescription()


@pytest.mark.parametrize(("noise", "repeated"), [(0.0, 0.0), (0.0, 0.02), (1.0, 1.0), (1.03, 0.005), (0.5, 0.51), (0.99, 0.3)])
def test_low_marks_stay_apart_and_inside(qtbot, noise, repeated):
    bar = DialBar()
    qtbot.addWidget(bar)
    for width in (110, 300):
        bar.resize(width, bar.height())
        bar.show_reading(Reading(0.5, 0.4, 0.6, 0.9, noise, repeated))
        single, first, second = bar.low_ticks()
        assert min(single, first, second) >= 0 and max(single, first, second) <= width - 2
        assert second > first and min(abs(single - first), abs(single - second)) > 4
