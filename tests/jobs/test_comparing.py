"""Runs side by side: only what differs, what is clearly ahead, curves and samples of each."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.jobs import advising, comparing, launch
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import EventLog, Metrics, Run
from desktop_app.project.store import Project
from tests.jobs.test_advising import advice, report


def judged(project: Project, run: Run, recall: float, loss: float) -> Run:
    report(run, recall)
    log = EventLog(run.events_file)
    for step in (1, 2, 3):
        log.write(Metrics(step=step, items=step, values={"loss": loss / step, "held_out_loss": loss / step + 0.1}))
    log.close()
    (run.folder / "evaluation").mkdir()
    np.save(run.folder / "evaluation" / "generated.npy", np.full((12, 8, 8, 3), int(100 * recall), np.uint8))
    return run


@pytest.fixture
def pair(project: Project) -> tuple[Run, Run]:
    first = judged(project, launch.new_run(project), 0.4, 1.0)
    second = advising.follow(project, first, advice(settings={"dropout": 0.3}))
    return first, judged(project, second, 0.8, 0.5)


def test_only_what_differs_is_listed(pair) -> None:
    found = comparing.compare(pair)
    assert [(row.key, row.values) for row in found.settings] == [("dropout", ("automatic", "0.3"))]
    assert len(set(found.names)) == 2


def test_a_dial_is_marked_where_the_difference_is_sure(pair) -> None:
    rows = {row.key: row for row in comparing.compare(pair).dials}
    assert rows["recall"].best == 1 and rows["recall"].values[1] == "80 % (75–85)"
    assert rows["copies"].best is None and rows["precision"].values == ("not measured", "not measured")
    report(pair[0], 0.78)
    assert comparing.compare(pair).dials[2].best is None


def test_curves_and_samples_are_those_of_each_run(pair) -> None:
    found = comparing.compare(pair)
    steps, values = found.curves["held_out_loss"][1]
    assert steps.tolist() == [1, 2, 3] and values[-1] == pytest.approx(0.5 / 3 + 0.1)
    assert [int(pictures[0, 0, 0, 0]) for pictures in found.samples] == [40, 80]
    assert all(len(pictures) == comparing.SAMPLES for pictures in found.samples)


def test_a_run_without_a_report_is_compared_all_the_same(project: Project, pair) -> None:
    found = comparing.compare([*pair, launch.new_run(project)])
    assert found.reports[2] is None and found.samples[2] is None and found.dials[0].values[2] == "not measured"
    with pytest.raises(GensmithError, match="two runs"):
        comparing.compare(pair[:1])
