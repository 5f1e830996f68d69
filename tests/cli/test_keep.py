"""A model of an earlier state, from the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from desktop_app.jobs.states import history
from desktop_app.project.runs import Run

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600)]


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    """The only run of a copy of the trained project."""
    project = Path(shutil.copytree(trained, tmp_path / "project"))
    return Run(next(path.parent for path in project.glob("runs/*/spec.json")))


def test_states_are_listed_and_any_of_them_becomes_a_model_of_its_own(gensmith, run: Run) -> None:
    project, states = run.folder.parent.parent, history(run)
    told = gensmith("keep", project, "--list", "--json").json
    assert told["steps"] == [state.step for state in states.states] and len(told["steps"]) > 1
    assert (told["model"], told["recommended"]) == (states.model, states.recommended)
    other = next(step for step in told["steps"] if step != told["model"])
    made = gensmith("keep", project, "--step", other, "--json").json
    assert Path(made["run"]) != run.folder and Run(Path(made["run"])).state() == "stopped"
    assert gensmith("generate", made["bundle"], "--count", 1, "--out", project / "drawn").code == 0
    assert run.state() == "finished" and history(run).model == told["model"]


def test_what_is_not_kept_and_what_is_the_model_already_are_refused(gensmith, run: Run) -> None:
    gone = gensmith("keep", run.folder, "--step", 987_654)
    assert gone.code == 3 and "no longer kept" in gone.err and "These are:" in gone.err
    if history(run).recommended == history(run).model:
        again = gensmith("keep", run.folder)
        assert again.code == 2 and "made of the state to take" in again.err
    assert len(list(run.folder.parent.iterdir())) == 1
