"""Events folded into what is shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.jobs.story import Curve, Story, is_note
from desktop_app.project import runs


def progress(step: int, **changes: float) -> runs.Progress:
    values = {"epoch": 1.0, "elapsed": 10.0, "seconds_left": 30.0, "items_per_second": 64.0, "memory": 1} | changes
    return runs.Progress(step=step, items=step * 32, total_items=3_200, **values)  # type: ignore[arg-type]


@given(st.lists(st.integers(0, 60), max_size=400))
def test_a_curve_keeps_the_last_word_on_every_step_and_rises(steps: list[int]) -> None:
    curve, told = Curve(), {}
    for value, step in enumerate(steps):
        curve.add(step, value)
        told = {known: old for known, old in told.items() if known < step} | {step: value}
    assert dict(zip(curve.steps.astype(int).tolist(), curve.values.astype(int).tolist(), strict=True)) == told
    assert np.all(np.diff(curve.steps) > 0)


def test_a_long_curve_is_cheap_to_grow() -> None:
    curve = Curve()
    for step in range(5_000):
        curve.add(step, step * 0.5)
    assert len(curve) == 5_000
    assert curve.last == 2_499.5


def test_a_run_from_start_to_end() -> None:
    story = Story()
    story.take([
        runs.Started(pid=1, device="cpu", threads=1, parameters=10, batch_size=32, held_out_items=2, training_items=20),
        runs.Metrics(step=5, items=160, values={"loss": 0.5}),
        progress(50),
        runs.Phase(name="exporting"),
    ])  # fmt: skip
    assert story.fraction == 0.5
    assert story.seconds_left == 30.0
    assert story.curve("loss").last == 0.5
    assert story.phase is not None
    story.take([runs.Finished(step=100)])
    assert (story.fraction, story.seconds_left, story.phase) == (1.0, None, None)


def test_going_on_after_a_crash_rewinds_what_was_lost() -> None:
    story = Story()
    preview = {"items": 0, "count": 1, "columns": 1}
    story.take([runs.Preview(step=step, file=f"{step}.png", **preview) for step in (10, 20, 30)])
    story.take([runs.Metrics(step=step, items=step, values={"loss": float(step)}) for step in (10, 20, 30)])
    story.take([runs.Paused(step=30)])
    assert isinstance(story.ending, runs.Paused)
    begun = {"pid": 2, "threads": 1, "parameters": 1, "batch_size": 1, "held_out_items": 1, "training_items": 1}
    story.take([
        runs.Started(device="cpu", resumed_step=15, **begun),  # type: ignore[arg-type]
        runs.Preview(step=20, file="again.png", **preview),
        runs.Metrics(step=16, items=16, values={"loss": 99.0}),
    ])  # fmt: skip
    assert story.ending is None
    assert [each.file for each in story.previews] == ["10.png", "again.png"]
    assert story.curve("loss").values.tolist() == [10.0, 99.0]


def test_one_finding_of_each_kind_and_the_best_checkpoint() -> None:
    story = Story()
    story.take([runs.Warned(code="copies", message="old"), runs.Warned(code="copies", message="new")])
    story.take([runs.Checkpoint(step=1, items=1, folder="a", best=True), runs.Checkpoint(step=2, items=2, folder="b")])
    assert [warning.message for warning in story.warnings.values()] == ["new"]
    assert story.best is not None and story.best.folder == "a"
    assert story.checkpoint is not None and story.checkpoint.folder == "b"


def test_what_the_engine_did_by_itself_is_a_note() -> None:
    def said(code: str, remedy: str = "", **settings: float) -> bool:
        return is_note(runs.Warned(code=code, message="m", remedy=remedy, apply=settings))

    assert said("rolled back", "Lower it.") and said("memory", "Close others.") and said("start")
    assert not said("start", "Choose the same size."), "nothing fitted: that is more than a note"
    assert not said("copies", "Add pictures.") and not said("memory", "Take it.", micro_batch=4)


def test_every_event_is_understood() -> None:
    kinds = runs.Event.__args__  # type: ignore[attr-defined]
    from desktop_app.jobs.story import _FOLDS

    assert set(kinds) == set(_FOLDS)
