"""The course of a run, the states that are kept, and a run of its own for one of them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from desktop_app.jobs import launch, states
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Checkpoint, EventLog, Finished, Metrics, Preview, Run
from desktop_app.project.store import Project

KEPT = {30: 0.3, 50: 0.2, 60: 0.25}


@pytest.fixture
def run(project: Project) -> Run:
    """A run with three states, the lowest of which draws always the same."""
    run = launch.new_run(project)
    run.bundle_folder.mkdir()
    log, rng = EventLog(run.events_file), np.random.default_rng(0)
    for step in range(5, 65, 5):
        log.write(Metrics(step=step, items=step, values={"loss": 1 / step, "held_out_loss": KEPT.get(step, 0.4)}))
        if step in KEPT:
            sheet = np.zeros((64, 64, 3), np.uint8) if step == 50 else rng.integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(sheet).save(run.previews_folder / f"{step}.png")
            log.write(Preview(step=step, items=step, file=f"previews/{step}.png", count=16, columns=4))
            place = run.checkpoints_folder / f"step-{step:09d}"
            place.mkdir()
            (place / "state.json").write_text(json.dumps({"step": step, "held_out_loss": KEPT[step]}))
            log.write(Checkpoint(step=step, items=step, folder=f"checkpoints/{place.name}", held_out_loss=KEPT[step]))
    log.write(Finished(step=60))
    log.close()
    return run


def test_the_model_is_the_lowest_and_another_is_recommended_where_that_one_collapsed(run: Run) -> None:
    found = states.history(run)
    assert [state.step for state in found.states] == [30, 50, 60]
    assert found.model == 50 and found.recommended == 60
    assert found.choice is not None and "too much alike" in found.choice.reason
    assert found.parting is not None and found.held_out is None and found.keeps("checkpoints/step-000000030")


def test_states_from_after_it_began_to_learn_by_heart_are_marked(run: Run) -> None:
    """The loss rises from step 30 on while the training's own falls; only what stands clearly above the best is marked."""
    log = EventLog(run.events_file)
    for step in range(5, 65, 5):
        lost = 0.2 + 0.01 * abs(step - 25) if step < 60 else 0.9
        log.write(Metrics(step=step, items=step, values={"loss": 1 / step, "held_out_loss": lost}))
    log.close()
    found = states.history(run)
    assert found.parting is not None and found.parting.gap.opened
    assert [state.by_heart for state in found.states] == [True, False, False]


def test_what_learned_before_drawing_is_no_state_to_take(run: Run) -> None:
    (run.checkpoints_folder / "step-000000060" / "state.json").write_text('{"draws": false}')
    assert states.history(run).recommended == 30


def test_a_state_becomes_a_run_of_its_own_and_the_first_stays_as_it_is(run: Run) -> None:
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    new = states.take_out(run, 50)
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert new.folder.parent == run.folder.parent and new.spec.name == f"Step 50 of {run.spec.name}"
    assert [path.name for path in new.checkpoints_folder.iterdir()] == ["step-000000050"]
    assert sorted(path.name for path in new.previews_folder.iterdir()) == ["30.png", "50.png"]
    assert isinstance(new.events()[-1], Checkpoint) and new.events()[-1].step == 50
    assert new.state() == "interrupted" and new.data_folder == run.data_folder
    again = states.take_out(run, 60)
    assert again.folder != new.folder and not any(isinstance(event, Finished) for event in again.events())


def test_what_is_no_longer_kept_is_said_with_what_is(run: Run) -> None:
    with pytest.raises(GensmithError, match="no longer kept") as refusal:
        states.take_out(run, 40)
    assert "30, 50, 60" in refusal.value.remedy


def test_cancelled_leaves_nothing(run: Run) -> None:
    with pytest.raises(Cancelled):
        states.take_out(run, 50, lambda: True)
    assert list(run.folder.parent.iterdir()) == [run.folder]
