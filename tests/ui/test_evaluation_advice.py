"""What to do next: cards that start a run, and what came of those that were taken."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt

from desktop_app.evaluation import read_report
from desktop_app.evaluation.report import Advice, Change, Measure
from desktop_app.jobs import advising, launch
from desktop_app.project.store import Project
from tests.jobs import conftest as jobs
from tests.ui.helpers import only_run, words_on

small_engine = jobs.small_engine


def advise(judged):
    """Put an advice that a run can take into the report of the project's run; the run."""
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
    return run


def test_a_card_starts_the_run_that_takes_its_advice(qtbot, shown, judged, monkeypatch):
    """Up to the engine's process, which the tests of the engine start."""
    run, started = advise(judged), []
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


def test_while_a_training_is_at_work_its_run_waits_in_the_queue(qtbot, shown, judged, small_engine):
    advise(judged)
    window, page = shown(judged)
    window.session.start_training("long")
    qtbot.waitUntil(lambda: window.session.run_state == "running")
    button = page.results.advice.takers[0]
    qtbot.waitUntil(button.isEnabled)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    (new,) = window.session.waiting_runs()
    assert new.spec.settings["dropout"] == 0.2
    assert window.number == 5, "there is nothing to watch yet"


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
