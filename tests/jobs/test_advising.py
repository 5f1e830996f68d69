"""The run that takes an advice differs in nothing else, and is held to the dial that was named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.evaluation.intervals import Estimate
from desktop_app.evaluation.report import Advice, Change, Copies, Measure, Report, Verdict
from desktop_app.jobs import advising, launch
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.store import Project


def advice(dial: str = "recall", **change: object) -> Advice:
    return Advice(code="narrow", title="It misses some", reason="why", dial=dial, change=Change(**change))


def report(run: Run, recall: float, copies: int = 0) -> None:
    measure = Measure(value=recall, low=recall - 0.05, high=recall + 0.05, better="higher", title="Recall", help="")
    Report(
        run=run.name, generated=100, held_out=50, training=200, seed=0, measures={"recall": measure},
        verdict=Verdict(state="care", sentence="So so."), nearest=[], advice=[],
        copies=Copies(count=copies, of=100, baseline=1, threshold=0.4),
    ).save(run.report_file)  # fmt: skip


@pytest.fixture
def judged(project: Project) -> Run:
    project.change("training", settings={"diffusion": {"dropout": 0.1}}, minutes=2.0)
    run = launch.new_run(project)
    report(run, 0.5, copies=40)
    return run


def different(a: Run, b: Run) -> set[str]:
    before, after = a.spec.model_dump(), b.spec.model_dump()
    return {name for name in before if before[name] != after[name]} - {"created"}


def test_only_what_the_advice_says_differs(project: Project, judged: Run) -> None:
    new = advising.follow(project, judged, advice(settings={"dropout": 0.3}))
    assert different(judged, new) == {"settings"}
    assert {name for name, value in new.spec.settings.items() if judged.spec.settings[name] != value} == {"dropout"}
    assert new.spec.settings["dropout"] == 0.3


def test_longer_is_longer_in_time_and_in_pictures(project: Project, judged: Run) -> None:
    assert advising.follow(project, judged, advice(longer=3.0)).spec.minutes == 6.0
    project.change("training", items=1000)
    counted = launch.new_run(project)
    assert advising.follow(project, counted, advice(longer=1.5)).spec.items == 1500


def test_another_kind_of_model_takes_its_own_settings(project: Project, judged: Run) -> None:
    new = advising.follow(project, judged, advice(family="vae")).spec
    assert new.family == "vae" and "beta" in new.settings and "guidance" not in new.settings


def test_going_on_needs_something_to_go_on_from(project: Project, judged: Run) -> None:
    with pytest.raises(GensmithError, match="learned nothing"):
        advising.follow(project, judged, advice(fresh=False))
    (judged.checkpoints_folder / "1").mkdir()
    new = advising.follow(project, judged, advice(fresh=False))
    assert (new.folder / new.spec.start).resolve() == judged.folder.resolve()


def test_what_is_done_by_hand_starts_no_run(project: Project, judged: Run) -> None:
    before = len(project.runs())
    with pytest.raises(GensmithError, match="no matter of settings"):
        advising.follow(project, judged, Advice(title="Add pictures", reason="few", remedy="Add 50."))
    with pytest.raises(GensmithError, match="dropout"):
        advising.follow(project, judged, advice(settings={"dropout": 7}))
    assert len(project.runs()) == before


@pytest.mark.parametrize(("after", "state"), [(0.8, "helped"), (0.52, "alike"), (0.2, "worse")])
def test_an_advice_is_marked_by_the_dial_that_it_named(project: Project, judged: Run, after: float, state: str) -> None:
    new = advising.follow(project, judged, advice(settings={"dropout": 0.3}))
    assert advising.outcomes(judged)["narrow"].state == "open"
    report(new, after)
    came = advising.outcomes(judged)["narrow"]
    assert (came.state, came.run) == (state, new.name)
    assert f"50 % before, {100 * after:.0f} % now" in came.sentence
    assert advising.outcome(judged) is None, "it took none itself"


def test_fewer_copies_are_better(project: Project, judged: Run) -> None:
    new = advising.follow(project, judged, advice("copies", settings={"dropout": 0.3}))
    report(new, 0.5, copies=2)
    assert advising.outcome(new).state == "helped"
    assert advising.compared(Estimate(0.1, 0, 0.2), None, lower=True) == "open"


def test_what_is_gained_by_copying_is_no_help(project: Project, judged: Run) -> None:
    report(judged, 0.5, copies=2)
    new = advising.follow(project, judged, advice(settings={"dropout": 0.3}))
    report(new, 0.9, copies=40)
    came = advising.outcome(new)
    assert came.state == "worse" and came.copied.value == 0.4
    assert came.sentence == "It copies more: 40 % of its pictures look copied, 2 % before; recall 50 % before, 90 % now."
    report(new, 0.9, copies=3)
    assert advising.outcome(new).state == "helped", "as many as chance makes"


def test_a_note_of_an_earlier_version_is_still_read(project: Project, judged: Run) -> None:
    new = advising.follow(project, judged, advice(settings={"dropout": 0.3}))
    note = json.loads((new.folder / advising.FILE).read_text())
    del note["copied"]
    (new.folder / advising.FILE).write_text(json.dumps(note))
    report(new, 0.9, copies=90)
    assert advising.outcome(new).state == "helped", "it does not say how many were copied before"


def test_a_damaged_note_is_none(project: Project, judged: Run) -> None:
    Path(judged.folder / advising.FILE).write_text("{", encoding="utf-8")
    assert advising.outcome(judged) is None


def test_a_change_in_words() -> None:
    words = advising.in_words("diffusion", Change(settings={"dropout": 0.2}, longer=2))
    assert words == "Forget a little: 0.2, 2 times as long"
    assert advising.in_words("vae", Change(family="diffusion")) == "Kind of model: diffusion model"
