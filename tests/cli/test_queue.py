"""The queue from the command line, with the real keeper and real trainings."""

from __future__ import annotations

import pytest

from desktop_app.jobs import launch
from desktop_app.project.queue import Queue
from desktop_app.project.runs import Run
from desktop_app.project.store import Project
from tests.cli.conftest import TINY
from tests.waiting import until

SHORT = ["--items", 64, *TINY]


@pytest.fixture
def prepared(gensmith, pictures, tmp_path):
    """A project with its pictures imported; what was started for it ends with the test."""
    folder = tmp_path / "Projekt mit Lücke"
    assert gensmith("new", folder).code == 0
    assert gensmith("import", folder, pictures).code == 0
    with Project.open(folder) as project:
        project.change("architecture", family="diffusion")
    yield folder
    line = Queue(folder / "runs")
    for process in (line.keeper(), *(run.process() for run in Project.open(folder, read_only=True).runs())):
        if process is not None:
            process.kill()


def held(project, name: str) -> Run:
    """A run that waits although nothing is at work, as after a power cut."""
    with Project.open(project) as opened:
        run = launch.new_run(opened, name)
        Queue(opened.runs_folder).put(run)
    return run


def test_without_a_queue_it_says_so(prepared, gensmith) -> None:
    answer = gensmith("queue", prepared, "--json")
    assert answer.json == {"at_work": None, "waiting": [], "moves": False}
    refused = gensmith("queue", prepared, "--start")
    assert (refused.code, "Nothing waits" in refused.err) == (2, True)


@pytest.mark.torch
def test_trainings_that_are_put_in_are_done_one_after_the_other(prepared, gensmith) -> None:
    first = gensmith("train", prepared, "--queue", "--name", "first", *SHORT, "--json")
    second = gensmith("train", prepared, "--queue", "--name", "second", *SHORT, "--json")
    assert (first.code, second.code) == (0, 0)
    runs = [Run(Queue(prepared / "runs").folder / answer.json["run"].rpartition("/")[2]) for answer in (first, second)]
    until(lambda: all(run.state() == "finished" for run in runs))
    assert runs[1].events()[0].time >= runs[0].events()[-1].time
    assert all(run.bundle_folder.is_dir() for run in runs)


def test_the_line_is_shown_and_rearranged(prepared, gensmith) -> None:
    first, second = held(prepared, "first"), held(prepared, "second")
    said = gensmith("queue", prepared).out
    assert said.index(first.name) < said.index(second.name)
    assert "--start" in said, "nothing moves it, and how to have it moved"
    assert gensmith("queue", prepared, "--first", second.name, "--json").json["waiting"] == [second.name, first.name]
    assert gensmith("queue", prepared, "--take-out", second.name, "--json").json["waiting"] == [first.name]
    assert not second.folder.exists()
    refused = gensmith("queue", prepared, "--first", "nobody")
    assert (refused.code, first.name in refused.err) == (2, True)
    assert f"run {first.name}: queued" in gensmith("info", prepared).out


def test_what_is_put_in_behind_a_queue_that_rests_rests_too(prepared, gensmith) -> None:
    held(prepared, "first")
    answer = gensmith("train", prepared, "--queue", "--name", "second", *SHORT)
    assert answer.code == 0
    assert "waits as number 2" in answer.out and "--start" in answer.out
    assert gensmith("queue", prepared, "--json").json["moves"] is False


def test_one_that_does_not_wait_is_not_moved(prepared, gensmith) -> None:
    with Project.open(prepared) as opened:
        run = launch.new_run(opened, "here")
    refused = gensmith("queue", prepared, "--take-out", run.name)
    assert (refused.code, "does not wait" in refused.err) == (2, True)
    assert run.folder.exists()
