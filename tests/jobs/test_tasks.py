"""Work in the background: progress, partial results, cancelling, failures with details, no thread left."""

from __future__ import annotations

import errno
import time

import pytest
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from desktop_app.jobs import tasks
from desktop_app.jobs.tasks import Reporter, Task
from desktop_app.project.errors import Cancelled, GensmithError


@pytest.fixture
def owner(qapp: object) -> QObject:
    return QObject()


def count(reporter: Reporter, total: int) -> int:
    for done in range(total):
        if reporter.cancelled():
            raise Cancelled
        reporter.progress(done + 1, total, "Counting")
        reporter.partial(done)
        time.sleep(0.001)
    return total


def test_the_result_comes_with_all_its_parts_in_the_window_s_thread(qtbot: QtBot, owner: QObject) -> None:
    parts: list[int] = []
    threads: set[QThread] = set()
    task = Task(count, 20, parent=owner)
    task.partial.connect(lambda part: (parts.append(part), threads.add(QThread.currentThread())))
    ends: list[object] = []
    task.succeeded.connect(ends.append)
    task.ended.connect(lambda: ends.append("ended"))
    task.start()
    qtbot.waitUntil(lambda: ends == [20, "ended"])
    assert parts == list(range(20))
    assert threads == {owner.thread()}
    assert (task.fraction, task.message, task.running) == (1.0, "Counting", False)


def test_progress_is_passed_on_at_a_rate_that_can_be_seen(qtbot: QtBot, owner: QObject) -> None:
    def chatter(reporter: Reporter) -> None:
        for done in range(20_000):
            reporter.progress(done, 20_000)

    seen: list[float] = []
    task = Task(chatter, parent=owner)
    task.progressed.connect(lambda fraction, _: seen.append(fraction))
    with qtbot.waitSignal(task.ended):
        task.start()
    assert len(seen) < 100


def test_cancelling_ends_it_and_takes_nothing_of_it_any_more(qtbot: QtBot, owner: QObject) -> None:
    task = Task(count, 100_000, parent=owner)
    with qtbot.waitSignal(task.partial):
        task.start()
    task.partial.connect(lambda _: pytest.fail("a part after cancelling"))
    task.succeeded.connect(lambda _: pytest.fail("a result after cancelling"))
    with qtbot.waitSignals([task.cancelled, task.ended]):
        task.cancel()


def test_cancelled_too_late_it_still_counts_as_cancelled(qtbot: QtBot, owner: QObject) -> None:
    task = Task(lambda _: "done", parent=owner)
    task.succeeded.connect(lambda _: pytest.fail("the person had cancelled"))
    with qtbot.waitSignal(task.cancelled):
        task.start()
        task.wait()
        task.cancel()


def failing(_: Reporter, error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "said", "code"),
    [
        (GensmithError("It is so.", "Do this.", code=3), "It is so.", 3),
        (OSError(errno.ENOSPC, "No space", "/somewhere/file"), "The disk is full: /somewhere/file.", 4),
        (MemoryError(), "memory is used up", 4),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero", 5),
        (RuntimeError(), "RuntimeError", 5),
    ],
)
def test_a_failure_is_said_in_words_with_details(qtbot: QtBot, owner: QObject, error: Exception, said: str, code: int) -> None:
    task = Task(failing, error, parent=owner)
    with qtbot.waitSignal(task.failed) as caught:
        task.start()
    found = caught.args[0]
    assert said in found.message
    assert found.code == code
    assert "Traceback" in found.details


def test_the_end_of_the_window_ends_every_thread(qtbot: QtBot, owner: QObject) -> None:
    workers = [Task(count, 1_000_000, parent=owner).start() for _ in range(3)]
    with qtbot.waitSignal(workers[0].partial):
        pass
    tasks.end_all()
    assert not any(task.running for task in workers)


def test_a_task_whose_owner_goes_first_does_no_harm(qtbot: QtBot) -> None:
    owner = QObject()
    task = Task(count, 200, parent=owner).start()
    worker = task._worker
    owner.deleteLater()
    del task
    qtbot.waitUntil(lambda: not worker.isRunning())
    qtbot.waitUntil(lambda: worker not in tasks._working)
