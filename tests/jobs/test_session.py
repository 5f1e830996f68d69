"""The window's session: what pages ask for, with real projects, real pictures and a real (small) engine."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from desktop_app.jobs import launch, material
from desktop_app.jobs.session import Session
from desktop_app.project import files, store
from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import Queue
from desktop_app.project.runs import Failed, Run
from desktop_app.project.store import Project
from tests.waiting import until

from .conftest import draw_pictures


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "SHAPE_DELAY", 30)


@pytest.fixture
def here(qapp: object) -> Iterator[Session]:
    """A session; the errors that it reported are in ``here.errors``."""
    here = Session()
    here.errors = []  # type: ignore[attr-defined]
    here.failed.connect(here.errors.append)  # type: ignore[attr-defined]
    yield here
    here.close()


@pytest.fixture
def opened(here: Session, folder: Path, qtbot: QtBot) -> Session:
    """The prepared project, open and looked through."""
    assert here.open(folder)
    settled(here, qtbot)
    return here


def settled(here: Session, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not here.importing)


def state(here: Session, qtbot: QtBot, wanted: str) -> None:
    qtbot.waitUntil(lambda: here.run_state == wanted)


# ---------------------------------------------------------------- the project


def test_without_a_project_everything_answers(here: Session) -> None:
    assert here.document.objective.output is None
    assert here.facts().run == "none"
    assert here.read_only
    assert not here.change("training", seed=1)
    assert here.start_training() is None
    assert here.runs() == []


def test_a_change_is_on_the_disk_at_once_and_can_be_undone(here: Session, tmp_path: Path) -> None:
    assert here.create(tmp_path / "p", "Mine")
    assert here.change("training", minutes=12.0)
    assert json.loads((tmp_path / "p" / "project.json").read_text())["training"]["minutes"] == 12.0
    assert here.can_undo and here.undo()
    assert here.document.training.minutes == 5.0
    assert here.can_redo and here.redo()
    assert here.document.training.minutes == 12.0


def test_a_refused_value_changes_nothing_and_is_explained(here: Session, tmp_path: Path) -> None:
    here.create(tmp_path / "p")
    assert not here.change("training", minutes=-3)
    assert "minutes" in here.errors[0].message  # type: ignore[attr-defined]
    assert here.document.training.minutes == 5.0


def test_the_objective_and_its_consequences_are_one_change(here: Session, tmp_path: Path) -> None:
    here.create(tmp_path / "p")
    assert here.change_objective(priority="fast", device="phone")
    assert (here.document.training.minutes, here.document.architecture.network) == (2.0, "tiny")
    here.undo()
    assert (here.document.training.minutes, here.document.objective.priority) == (5.0, "balanced")


def test_a_setting_goes_back_to_its_default(here: Session, tmp_path: Path) -> None:
    here.create(tmp_path / "p")
    here.change_setting("dropout", 0.3)
    assert here.document.training.settings == {"diffusion": {"dropout": 0.3}}
    here.change_setting("dropout", None)
    assert here.document.training.settings == {}


def test_a_project_open_elsewhere_can_be_looked_at(here: Session, folder: Path) -> None:
    with Project.open(folder):
        assert here.open(folder)
        assert here.read_only
        assert "another window" in here.read_only_reason
        assert not here.change("training", seed=4)
        assert here.start_training() is None
    assert here.document.training.seed == 0


def test_a_read_only_folder_can_be_looked_at(here: Session, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")  # permissions would not stop root

    monkeypatch.setattr(store.FileLock, "acquire", refuse)
    assert here.open(folder)
    assert here.read_only
    assert "read-only" in here.read_only_reason
    assert here.facts().encoded


def test_a_full_disk_is_said_and_nothing_is_lost(here: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here.create(tmp_path / "p")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    assert not here.change("training", minutes=9.0)
    assert "disk is full" in here.errors[-1].message  # type: ignore[attr-defined]
    assert here.document.training.minutes == 5.0
    monkeypatch.undo()
    assert here.change("training", minutes=9.0)


def test_a_folder_that_is_no_project_is_refused(here: Session, tmp_path: Path) -> None:
    assert not here.open(tmp_path)
    assert "no project" in here.errors[0].message  # type: ignore[attr-defined]
    assert here.project is None


def test_the_page_left_is_remembered_without_a_step_of_undo(here: Session, tmp_path: Path) -> None:
    here.create(tmp_path / "p")
    here.remember_step(3)
    assert not here.can_undo
    here.close_project()
    here.open(tmp_path / "p")
    assert here.document.step == 3


# ---------------------------------------------------------------- pictures


def test_pictures_are_taken_in_and_counted(here: Session, tmp_path: Path, pictures: Path, qtbot: QtBot) -> None:
    here.create(tmp_path / "p")
    with qtbot.waitSignal(here.inventory_changed):
        assert here.add_sources([pictures])
    settled(here, qtbot)
    assert here.inventory is not None and here.inventory.used == 24
    assert here.facts().encoded
    assert here.document.data.used == 24
    assert not here.add_sources([pictures]), "twice the same is once"


def test_leaving_an_item_out_shows_at_once_and_the_arrays_follow(opened: Session, qtbot: QtBot) -> None:
    before = opened.document.data.encoded
    assert opened.inventory is not None
    key = opened.inventory.items[0].key
    opened.change("data", left_out=[key])
    assert opened.inventory.used == 23, "before anything was encoded"
    assert opened.importing
    settled(opened, qtbot)
    assert opened.document.data.encoded not in (None, before)
    assert opened.document.data.used == 23
    opened.undo()
    settled(opened, qtbot)
    assert opened.document.data.encoded == before
    assert opened.inventory.used == 24


def test_quick_changes_prepare_once_with_the_last_choice(opened: Session, qtbot: QtBot) -> None:
    for size in (12, 20, 24):
        opened.change("data", size=size)
    settled(opened, qtbot)
    encoded = opened.encoded()
    assert encoded is not None and encoded.items.shape[1] == 24


def test_cancelling_an_import_keeps_what_was_there(opened: Session, qtbot: QtBot, tmp_path: Path) -> None:
    more = draw_pictures(tmp_path / "more", 60)
    opened.add_sources([more])
    opened.cancel_import()
    assert not opened.importing
    assert not opened.facts().encoded
    opened.undo()
    settled(opened, qtbot)
    assert opened.facts().encoded


def test_taking_all_pictures_away_empties_the_wall(opened: Session, qtbot: QtBot, pictures: Path) -> None:
    opened.remove_source(str(pictures))
    assert opened.inventory is None
    assert not opened.importing
    opened.undo()
    settled(opened, qtbot)
    assert opened.inventory is not None and opened.inventory.used == 24


def test_a_source_that_is_gone_is_said_and_the_arrays_stay(here: Session, folder: Path, pictures: Path, qtbot: QtBot) -> None:
    shutil.rmtree(pictures)
    here.open(folder)
    settled(here, qtbot)
    assert here.facts().encoded
    assert launch.new_run(here.project)  # type: ignore[arg-type]


def test_closing_in_the_middle_of_an_import_leaves_no_thread(here: Session, tmp_path: Path) -> None:
    here.create(tmp_path / "p")
    here.add_sources([draw_pictures(tmp_path / "many", 200)])
    here.close()


# ---------------------------------------------------------------- training


def test_a_training_from_start_to_end(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    run = opened.start_training("finish")
    assert run is not None
    assert opened.run_state == "starting"
    assert opened.facts().run == "running"
    state(opened, qtbot, "running")
    state(opened, qtbot, "finished")
    assert opened.story.fraction == 1.0
    assert len(opened.story.curve("loss")) == 12
    assert opened.story.evaluated
    facts = opened.facts()
    assert (facts.run, facts.bundle, facts.evaluated, facts.verdict) == ("done", True, True, "It draws well.")
    assert opened.status("training").state == "done"


def test_one_training_at_a_time(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("long")
    state(opened, qtbot, "running")
    first, second = opened.run, opened.start_training("finish")
    assert first is not None and second is not None
    assert opened.waiting_runs() == [second]
    assert opened.run == first and opened.working
    assert not opened.resume(second), "not even that one"
    assert "still at work" in opened.errors[-1].message  # type: ignore[attr-defined]
    opened.stop()
    qtbot.waitUntil(lambda: opened.run == second)  # it is looked at as soon as it is at work
    state(opened, qtbot, "finished")
    assert opened.waiting_runs() == []


def test_the_queue_moves_while_no_window_is_there(folder: Path, opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("long")
    state(opened, qtbot, "running")
    first, second, third = opened.run, opened.start_training("finish"), opened.start_training("finish")
    assert first is not None and second is not None and third is not None
    opened.close_project()
    first.ask("stop")
    until(lambda: third.process() is None and third.state() == "finished")
    assert second.state() == "finished"
    assert opened.open(folder)
    assert opened.run == opened.runs()[-1], "none waits any more: the newest is looked at"


def test_a_pause_holds_the_queue_until_it_is_started(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("long")
    state(opened, qtbot, "running")
    second, third = opened.start_training("finish"), opened.start_training("finish")
    assert second is not None and third is not None
    opened.pause()
    state(opened, qtbot, "paused")
    qtbot.waitUntil(lambda: not opened.queue_moves)
    assert not opened.would_wait
    assert opened.put_first(third)
    assert opened.waiting_runs() == [third, second]
    assert not opened.queue_moves, "what is arranged does not start by that"
    assert opened.take_out(second)
    assert not second.folder.exists(), "nothing of it would be missed"
    assert opened.start_queue()
    qtbot.waitUntil(lambda: third.state() == "finished")


def test_when_a_new_one_would_start_is_reckoned_from_those_before(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    assert opened.seconds_until_turn() == 0
    opened.change("training", minutes=10)
    opened.start_training("long")
    qtbot.waitUntil(lambda: opened.story.seconds_left is not None)
    left = opened.story.seconds_left
    assert left is not None and opened.seconds_until_turn() == pytest.approx(left)
    opened.start_training("finish")
    assert (opened.seconds_until_turn() or 0) > 600
    opened.change("training", items=1000)
    opened.start_training("finish")
    assert opened.seconds_until_turn() is None


def test_the_queue_of_a_project_that_can_only_be_read_is_left_alone(folder: Path, small_engine: None) -> None:
    with Project.open(folder) as project:
        run = launch.new_run(project, "finish")
        Queue(project.runs_folder).put(run)
        looking = Session()
        assert looking.open(folder)
        assert not looking.start_queue()
        assert not looking.put_first(run)
        assert run.queued
        looking.close()


def test_pause_go_on_sample_save_stop(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("long")
    qtbot.waitUntil(lambda: opened.story.progress is not None)
    opened.sample_now()
    opened.save_now()
    qtbot.waitUntil(lambda: bool(opened.story.previews) and opened.story.checkpoint is not None)
    assert opened.pause() and opened.asked == "pause"
    state(opened, qtbot, "paused")
    step = opened.story.step
    assert opened.run is not None and opened.run.process() is None, "its memory is free"
    assert not opened.pause(), "nothing is there to pause"
    assert opened.resume()
    qtbot.waitUntil(lambda: opened.story.step > step)
    assert opened.story.started is not None and opened.story.started.resumed_step
    opened.stop()
    state(opened, qtbot, "stopped")
    assert opened.run.bundle_folder.is_dir()


def test_a_paused_run_can_be_kept_as_it_is(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("long")
    qtbot.waitUntil(lambda: opened.story.progress is not None)
    opened.pause()
    state(opened, qtbot, "paused")
    assert opened.keep()
    state(opened, qtbot, "stopped")


def test_a_failure_is_told_with_its_remedy(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("fail")
    state(opened, qtbot, "failed")
    assert isinstance(opened.story.ending, Failed)
    assert opened.run_error is not None
    assert "Halve the learning rate" in str(opened.run_error)
    assert opened.run_error.details == "step 30"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_engine_is_noticed_and_goes_on_from_its_last_save(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("die")
    state(opened, qtbot, "interrupted")
    assert opened.run_error is not None and "memory ran out" in opened.run_error.message
    assert opened.status("training").missing == "Go on training"


def test_an_engine_that_cannot_start_is_noticed(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    opened.start_training("silent")
    qtbot.waitUntil(lambda: opened.run_error is not None)
    assert not opened.working
    assert "missing" in opened.run_error.message  # type: ignore[union-attr]


def test_training_goes_on_without_the_window_and_is_found_again(
    opened: Session, folder: Path, qtbot: QtBot, small_engine: None
) -> None:
    run = opened.start_training("long")
    assert run is not None
    qtbot.waitUntil(lambda: opened.story.step > 20)
    seen = opened.story.step
    opened.close()
    assert run.process() is not None, "the window is gone, the engine is not"
    again = Session()
    assert again.open(folder)
    qtbot.waitUntil(lambda: again.run_state == "running" and again.story.step > seen)
    assert len(again.story.curve("loss")) >= seen // 5, "the whole past is there"
    again.stop()
    qtbot.waitUntil(lambda: again.run_state == "stopped")
    again.close()


def test_one_that_died_while_the_window_was_closed_is_offered(
    opened: Session, folder: Path, qtbot: QtBot, small_engine: None
) -> None:
    run = opened.start_training("long")
    assert run is not None
    qtbot.waitUntil(lambda: opened.story.checkpoint is not None)
    process = run.process()
    assert process is not None
    opened.close()
    psutil.Process(process.pid).kill()
    until(lambda: run.process() is None)
    again = Session()
    again.open(folder)
    qtbot.waitUntil(lambda: again.run_state == "interrupted")
    assert again.facts().run == "interrupted"
    assert again.resume()
    qtbot.waitUntil(lambda: again.run_state == "running")
    again.stop()
    qtbot.waitUntil(lambda: again.run_state == "stopped")
    again.close()


def test_judging_again(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    run = opened.start_training("finish")
    state(opened, qtbot, "finished")
    assert run is not None
    run.report_file.unlink()
    assert opened.evaluate()
    qtbot.waitUntil(lambda: opened.run_state == "finished" and run.report_file.is_file())
    assert opened.facts().evaluated


def test_past_runs_are_opened_and_removed(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    first = opened.start_training("finish")
    state(opened, qtbot, "finished")
    second = opened.start_training("finish")
    state(opened, qtbot, "finished")
    assert first is not None and second is not None
    opened.select_run(first)
    qtbot.waitUntil(lambda: opened.runner.follower.complete and opened.run_state == "finished")
    assert opened.run == first
    assert opened.delete_run(first)
    assert opened.runs() == [second]
    assert opened.run == second


def test_generating_without_a_model_says_so(opened: Session) -> None:
    from desktop_app.runtime.bundle import Request

    assert opened.generate(Request(count=1)) is None
    assert "no trained model" in opened.errors[-1].message  # type: ignore[attr-defined]


def test_a_damaged_model_fails_in_words(opened: Session, qtbot: QtBot, small_engine: None) -> None:
    from desktop_app.runtime.bundle import Request

    run = opened.start_training("finish")
    state(opened, qtbot, "finished")
    assert run is not None
    (run.bundle_folder / "bundle.json").write_text("{")
    task = opened.generate(Request(count=1))
    assert task is not None
    with qtbot.waitSignal(task.failed) as caught:
        task.start()
    assert isinstance(caught.args[0], GensmithError)
    assert "damaged" in caught.args[0].message
    task.wait()


def test_try_it_now(here: Session, tmp_path: Path, qtbot: QtBot, small_engine: None) -> None:
    task = here.try_sample("digits", tmp_path / "Digits")
    qtbot.waitUntil(lambda: here.working)
    task_run = here.run
    assert task_run is not None
    assert here.document.step == 4
    qtbot.waitUntil(lambda: here.run_state == "finished")
    assert task is not None


def test_the_machine_is_looked_at_in_the_background(here: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(here.machine_changed):
        here.look_at_machine()
    assert here.machine is not None
    assert here.speed.source == "measured"


def test_runs_of_another_kind_of_folder_are_passed_over(opened: Session) -> None:
    assert opened.project is not None
    (opened.project.runs_folder / ".tmp-half").mkdir(parents=True)
    (opened.project.runs_folder / "not a run").mkdir()
    assert opened.runs() == []
    assert isinstance(Run(opened.project.runs_folder), Run)
