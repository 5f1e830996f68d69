"""The line of runs that wait, as it stands in their folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import Queue, current_run
from desktop_app.project.runs import EventLog, Run, RunSpec, Started, Stopped, create_run


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    (tmp_path / "runs").mkdir()
    return Queue(tmp_path / "runs")


def new(queue: Queue, name: str) -> Run:
    return create_run(queue.folder, RunSpec(name=name, data="data", family="diffusion"))


def names(queue: Queue) -> list[str]:
    return [run.spec.name for run in queue.waiting()]


def test_who_comes_first_is_first_and_may_be_passed(queue: Queue) -> None:
    runs = [new(queue, name) for name in "abc"]
    for run in reversed(runs):
        queue.put(run)
    assert names(queue) == ["c", "b", "a"]
    assert {run.state() for run in runs} == {"queued"}
    queue.put_first(runs[0])
    assert names(queue) == ["a", "c", "b"]
    queue.put_first(runs[1])
    assert names(queue) == ["b", "a", "c"]
    queue.take_out(runs[0])
    assert names(queue) == ["b", "c"]
    assert runs[0].state() == "ready"


def test_it_is_the_same_for_everyone_and_a_damaged_mark_harms_nobody(queue: Queue) -> None:
    first, second = new(queue, "first"), new(queue, "second")
    queue.put(first)
    queue.put(second)
    first.queue_file.write_text("torn")
    assert names(Queue(queue.folder)) == ["first", "second"]


def test_without_a_folder_nothing_waits(tmp_path: Path) -> None:
    assert Queue(tmp_path / "none").waiting() == []
    assert Queue(tmp_path / "none").keeper() is None


def test_a_run_that_is_taken_up_waits_no_more(queue: Queue) -> None:
    run = new(queue, "a")
    queue.put(run)
    with run.claim():
        assert names(queue) == []
        assert run.state() == "running"
        assert queue.at_work() == run
        run.release()
    assert queue.at_work() is None


def test_there_is_one_keeper(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.project.queue.PATIENCE", 0.05)
    with queue.kept() as mine:
        assert mine
        assert queue.keeper() is not None
        with Queue(queue.folder).kept() as second:
            assert not second
        assert queue.keeper() is not None, "the second one leaves the first's name alone"
    assert queue.keeper() is None


def test_on_a_full_disk_there_is_one_keeper_all_the_same(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise GensmithError("The disk is full.")

    monkeypatch.setattr("desktop_app.project.queue.PATIENCE", 0.05)
    monkeypatch.setattr("desktop_app.project.queue.sign", full)
    with queue.kept() as mine, Queue(queue.folder).kept() as second:
        assert (mine, second) == (True, False)


def test_a_run_that_is_being_started_is_at_work_and_not_removed(queue: Queue) -> None:
    run = new(queue, "a")
    run.expect(os.getpid())
    assert queue.at_work() == run
    assert run.process() is None
    with pytest.raises(GensmithError, match="still being trained"):
        run.delete()
    with run.claim():
        run.release()
    assert queue.at_work() is None
    run.expect(2**22 + 1)  # no process has that number: it is gone before that could be written down
    assert queue.at_work() is None


def test_a_project_is_stood_for_by_what_is_at_work_or_has_had_its_turn(queue: Queue) -> None:
    assert current_run([]) is None
    old, done, later = (new(queue, name) for name in ("old", "done", "later"))
    queue.put(later)
    assert current_run([old, done, later]) == done
    assert current_run([later]) == later
    with old.claim():
        assert current_run([old, done, later]) == old
        old.release()


def test_one_that_has_learned_and_waits_is_told_as_waiting(queue: Queue) -> None:
    run = new(queue, "a")
    log = EventLog(run.events_file)
    log.write(
        Started(pid=1, device="cpu", threads=1, parameters=1, batch_size=1, held_out_items=1, training_items=1),
    )
    log.write(Stopped(step=1))
    log.close()
    queue.put(run)
    assert run.state() == "queued"
    queue.take_out(run)
    assert run.state() == "stopped"
