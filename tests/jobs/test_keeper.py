"""Runs that wait are started one after the other, whatever becomes of those before them."""

from __future__ import annotations

import pytest

from desktop_app.jobs import keeper, launch, requests
from desktop_app.project.queue import Queue
from desktop_app.project.runs import Failed, Run, Started
from desktop_app.project.store import Project
from tests.waiting import until


@pytest.fixture(autouse=True)
def _small(small_engine: None) -> None:
    """The real keeper, and engines that learn nothing."""


@pytest.fixture
def queue(project: Project) -> Queue:
    return Queue(project.runs_folder)


def wait(project: Project, *names: str) -> list[Run]:
    """New runs that wait; a name tells the small engine how to end."""
    runs = [launch.new_run(project, name) for name in names]
    for run in runs:
        Queue(project.runs_folder).put(run)
    return runs


def begun(run: Run) -> float:
    """When a process took the run up last."""
    return next(event.time for event in reversed(run.events()) if isinstance(event, Started))


def ended(*runs: Run) -> bool:
    return all(run.process() is None and not run.queued and run.events() for run in runs)


def test_one_after_the_other(project: Project, queue: Queue) -> None:
    runs = wait(project, "finish", "finish", "finish")
    launch.keep_queue(queue.folder)
    assert launch.is_kept(queue.folder)
    until(lambda: ended(*runs))
    assert [run.state() for run in runs] == ["finished"] * 3
    ends = [run.events()[-1].time for run in runs]
    assert begun(runs[1]) >= ends[0] and begun(runs[2]) >= ends[1], "no two at a time"
    until(lambda: not launch.is_kept(queue.folder))


def test_what_fails_dies_or_cannot_start_does_not_hold_up_the_others(project: Project, queue: Queue) -> None:
    runs = wait(project, "fail", "die", "silent", "finish")
    launch.keep_queue(queue.folder)
    until(lambda: ended(*runs))
    assert [run.state() for run in runs] == ["failed", "interrupted", "failed", "finished"]
    last = runs[2].events()[-1]
    assert isinstance(last, Failed)
    assert "a part of Gensmith is missing" in last.message


@pytest.fixture
def two(project: Project, queue: Queue) -> tuple[Run, Run]:
    """One at work until it is told otherwise, one behind it, and the keeper."""
    first = launch.new_run(project, "long")
    launch.start_engine(first)
    until(lambda: any(isinstance(event, Started) for event in first.events()))
    (second,) = wait(project, "finish")
    launch.keep_queue(queue.folder)
    until(lambda: queue.keeper() is not None)
    return first, second


def test_they_wait_for_the_training_that_is_at_work(two: tuple[Run, Run]) -> None:
    first, second = two
    assert second.state() == "queued"
    first.ask("stop")
    until(lambda: ended(*two))
    assert begun(second) >= first.events()[-1].time


def test_a_pause_holds_the_queue_and_going_on_has_it_move_again(two: tuple[Run, Run], queue: Queue) -> None:
    first, second = two
    first.ask("pause")
    until(lambda: first.process() is None and not launch.is_kept(queue.folder))
    assert (first.state(), second.state()) == ("paused", "queued")
    launch.start_engine(first)
    until(lambda: queue.keeper() is not None)
    first.ask("stop")
    until(lambda: ended(*two))


def test_a_pause_while_the_keeper_starts_holds_the_queue_too(project: Project, queue: Queue) -> None:
    first = launch.new_run(project, "long")
    launch.start_engine(first)
    until(lambda: any(isinstance(event, Started) for event in first.events()))
    first.ask("pause")
    until(lambda: first.process() is None)
    (second,) = wait(project, "finish")
    launch.keep_queue(queue.folder, after=first)
    until(lambda: not launch.is_kept(queue.folder))
    assert second.state() == "queued"


def test_a_keeper_that_was_killed_is_replaced_by_whoever_notices(two: tuple[Run, Run], queue: Queue) -> None:
    first, found = two[0], queue.keeper()
    assert found is not None
    found.kill()
    until(lambda: not launch.is_kept(queue.folder))
    assert first.process() is not None, "the training goes on"
    launch.keep_queue(queue.folder)
    first.ask("stop")
    until(lambda: ended(*two))


def test_when_none_waits_any_more_it_leaves(two: tuple[Run, Run], queue: Queue) -> None:
    first, second = two
    second.delete()
    until(lambda: not launch.is_kept(queue.folder))
    assert first.process() is not None


def test_a_full_disk_at_the_start_of_one_is_said_on_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = wait(project, "finish")

    def full(run: Run) -> None:
        raise launch.GensmithError("The disk is full.", "Free some space.", code=4)

    monkeypatch.setattr(launch, "start_engine", full)
    keeper.begin(run)
    assert run.state() == "failed"
    last = run.events()[-1]
    assert isinstance(last, Failed) and last.remedy == "Free some space."


def test_what_waits_is_told_apart_in_words(project: Project) -> None:
    project.change("training", minutes=30, settings={"diffusion": {"dropout": 0.2}})
    run = launch.new_run(project)
    assert requests.in_words(run).startswith("30 min, Diffusion model, ")
    assert ": 0.2" in requests.in_words(run)
    project.change("training", items=5000, settings={})
    project.change("architecture", network="small")
    assert requests.in_words(launch.new_run(project)) == "5,000 pictures, Diffusion model, small"
