"""Following a run from outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot

from desktop_app.jobs import launch, watcher
from desktop_app.jobs.watcher import RunWatcher
from desktop_app.project import runs
from desktop_app.project.runs import EventLog, Run, RunSpec, create_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return create_run(tmp_path / "runs", RunSpec(name="long", data="../../data/x", family="diffusion"))


class Heard:
    """Everything that a watcher said."""

    def __init__(self, follow: RunWatcher) -> None:
        self.events: list[runs.Event] = []
        self.batches = 0
        self.states: list[str] = []
        follow.events.connect(self._take)
        follow.state.connect(self.states.append)

    def _take(self, events: list[runs.Event]) -> None:
        self.events += events
        self.batches += 1


@pytest.fixture
def follow(run: Run, qapp: object) -> Iterator[RunWatcher]:
    follow = RunWatcher(run)
    yield follow
    assert follow.end()


def metrics(step: int) -> runs.Metrics:
    return runs.Metrics(step=step, items=step, values={"loss": 1.0})


def test_a_long_past_comes_whole_in_order_and_in_pieces(
    qtbot: QtBot, run: Run, follow: RunWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "CHUNK", 10_000)
    log = EventLog(run.events_file)
    for step in range(2_000):
        log.write(metrics(step))
    log.close()
    heard = Heard(follow)
    with qtbot.waitSignal(follow.caught_up):
        follow.start()
    qtbot.waitUntil(lambda: len(heard.events) == 2_000)
    assert [event.step for event in heard.events] == list(range(2_000))  # type: ignore[union-attr]
    assert heard.batches > 5


def test_news_comes_in_batches_not_one_signal_for_each(qtbot: QtBot, run: Run, follow: RunWatcher) -> None:
    heard = Heard(follow)
    with qtbot.waitSignal(follow.caught_up):
        follow.start()
    log = EventLog(run.events_file)
    for step in range(1_000):
        log.write(metrics(step))
    follow.expect()
    qtbot.waitUntil(lambda: len(heard.events) == 1_000)
    log.close()
    assert heard.batches < 60


def test_a_half_written_line_waits_for_its_end(qtbot: QtBot, run: Run, follow: RunWatcher) -> None:
    heard = Heard(follow)
    line = metrics(7).model_dump_json().encode() + b"\n"
    with run.events_file.open("ab", buffering=0) as stream:
        stream.write(line + line[:20])
        follow.start()
        qtbot.waitUntil(lambda: len(heard.events) == 1)
        qtbot.wait(200)
        assert len(heard.events) == 1
        stream.write(line[20:])
        qtbot.waitUntil(lambda: len(heard.events) == 2)


def test_a_run_that_works_already_is_found_and_its_death_noticed(
    qtbot: QtBot, run: Run, follow: RunWatcher, small_engine: None
) -> None:
    child = launch.start_engine(run)
    qtbot.waitUntil(lambda: run.process() is not None)
    heard = Heard(follow)
    follow.start()
    qtbot.waitUntil(lambda: heard.states == ["running"])
    psutil.Process(child.pid).kill()
    qtbot.waitUntil(lambda: heard.states == ["running", "interrupted"])


def test_the_last_words_come_before_the_news_of_the_end(qtbot: QtBot, run: Run, follow: RunWatcher, small_engine: None) -> None:
    endings: list[bool] = []
    heard = Heard(follow)
    finished = runs.Stopped
    follow.state.connect(
        lambda state: endings.append(any(isinstance(event, finished) for event in heard.events)) if state == "stopped" else None
    )
    follow.start()
    launch.start_engine(run)
    follow.expect()
    qtbot.waitUntil(lambda: "running" in heard.states)
    run.ask("stop")
    qtbot.waitUntil(lambda: "stopped" in heard.states)
    assert endings == [True]
    assert isinstance(heard.events[0], runs.Started)


def test_an_engine_that_is_gone_at_once_is_news(qtbot: QtBot, tmp_path: Path, small_engine: None) -> None:
    run = create_run(tmp_path / "runs", RunSpec(name="silent", data="x", family="diffusion"))
    follow = RunWatcher(run)
    heard = Heard(follow)
    follow.start()
    qtbot.waitUntil(lambda: heard.states == ["ready"])
    launch.start_engine(run).wait(15)
    follow.expect()
    qtbot.waitUntil(lambda: len(heard.states) > 1 and heard.states[-1] == "ready")
    assert follow.end()


def test_a_folder_that_vanishes_ends_nothing(qtbot: QtBot, run: Run, follow: RunWatcher) -> None:
    heard = Heard(follow)
    follow.start()
    qtbot.waitUntil(lambda: heard.states == ["ready"])
    run.folder.rename(run.folder.with_name("gone"))
    qtbot.wait(700)
    assert follow.isRunning()
    assert follow.thread() is QThread.currentThread()
