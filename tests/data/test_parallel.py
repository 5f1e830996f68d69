"""Many files on all cores: threads for few, processes for many, and what becomes of those that die."""

from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from desktop_app.data import encode, images, inspection, open_encoded, parallel
from desktop_app.data.checks import ENDED
from desktop_app.data.parallel import each
from desktop_app.project.document import Data
from desktop_app.project.errors import Cancelled, GensmithError
from tests.data import hostile
from tests.data.conftest import Import
from tests.data.pictures import scene


def lost(_: object) -> int:
    return -13


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_threads_work_a_little_ahead_and_no_further() -> None:
    started: list[int] = []
    results = parallel.in_threads(lambda n: started.append(n) or n, range(100_000))
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    results.close()
    assert len(started) <= 100 * parallel.workers()


def test_few_are_done_here_and_many_beside() -> None:
    assert set(parallel.in_parallel(each(hostile.whoami), range(50), lost)) == {os.getpid()}
    beside = set(parallel.in_parallel(each(hostile.whoami), range(parallel.MANY), lost))
    assert 1 <= len(beside) <= parallel.workers() and os.getpid() not in beside
    assert os.getpid() not in set(parallel.in_parallel(each(hostile.whoami), range(2), lost, apart=True))
    assert not children(), "none stays behind"


def test_one_that_dies_takes_its_own_item_along_and_no_other() -> None:
    numbers = range(250)
    expected = [-13 if number % 100 == 13 else number**2 for number in numbers]
    assert list(parallel.in_processes(each(hostile.square), numbers, lost)) == expected


def test_no_order_of_a_process_that_was_taken_over_is_obeyed(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    assert list(parallel.in_processes(each(hostile.order), [trace], lost)) == [-13]
    assert not trace.exists()


def test_what_dies_once_is_tried_again(tmp_path: Path) -> None:
    items = [(number, tmp_path / "trace") for number in range(20)]
    assert list(parallel.in_processes(each(hostile.die_once), items, lost)) == list(range(20))


def test_killed_from_outside_nothing_is_lost() -> None:
    results = parallel.in_processes(each(hostile.whoami), range(2000), lost)
    found = [next(results)]
    killed = children()
    for child in killed:
        child.kill()
    found += results
    assert len(found) == 2000 and -13 not in found
    assert len(set(found)) > 1, f"this is {os.getpid()}, and {killed} were killed"


def test_one_that_is_killed_before_it_is_there_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    command, starts = parallel.self_command(), itertools.count()
    dead = [sys.executable, "-c", "raise SystemExit(1)"]
    monkeypatch.setattr(parallel, "self_command", lambda: dead if next(starts) < parallel.STARTS - 1 else command)
    found = list(parallel.in_processes(each(hostile.whoami), range(100), lost))
    assert os.getpid() not in found and -13 not in found


def test_what_a_function_raises_is_raised_here() -> None:
    with pytest.raises(GensmithError, match="No") as caught:
        list(parallel.in_processes(each(hostile.square), [1, 2, -1, 4], lost))
    assert (caught.value.remedy, caught.value.code) == ("Take another.", 3)
    assert not children()


def test_closing_ends_it_at_once_whatever_it_is_at() -> None:
    results = parallel.in_processes(each(hostile.sleep_later), range(1000), lost)
    assert next(results) == 0
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 30 and not children()


def test_who_no_longer_wants_it_need_not_wait_for_a_result() -> None:
    def still() -> None:
        raise Cancelled

    results = parallel.in_processes(each(hostile.sleep_later), range(parallel.CHUNK, 1000), lost, still)
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        next(results)
    assert time.monotonic() - begun < 30 and not children()


def test_what_decoders_print_does_not_fall_among_the_answers() -> None:
    assert list(parallel.in_processes(each(hostile.print_much), range(40), lost)) == list(range(40))


@pytest.mark.parametrize("command", [["/nowhere/at/all"], [sys.executable, "-c", "raise SystemExit(1)"]])
def test_where_no_process_can_be_started_threads_do_it(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setattr(parallel, "self_command", lambda: command)
    assert set(parallel.in_processes(each(hostile.whoami), range(40), lost)) == {os.getpid()}


@pytest.mark.skipif(os.name == "nt", reason="a class of priority there")
def test_the_processes_give_way() -> None:
    results = parallel.in_processes(each(hostile.whoami), range(100), lost)
    assert psutil.Process(next(results)).nice() > psutil.Process().nice()
    results.close()


# ---------------------------------------------------------------- an import


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as many; a file whose name says so kills the process that measures it."""
    monkeypatch.setattr(parallel, "MANY", 0)
    monkeypatch.setattr(inspection, "measured", hostile.measured)


def test_processes_find_what_threads_find(look: Import, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number in range(30):
        scene(number, 120 + number, 90).save(folder / f"{number} 写真é.{'jpg' if number % 2 else 'png'}")
    (folder / "empty.png").touch()
    Image.new("RGBA", (40, 40), (1, 2, 3, 99)).save(folder / "glass.png")
    here = look()
    monkeypatch.setattr(parallel, "MANY", 0)
    beside = inspection.inspect(Data(sources=[str(folder)]), tmp_path / "other" / "data")
    assert beside == here
    for size in (32, 48):  # with the views that were kept, and decoded again
        data = Data(sources=[str(folder)], size=size)
        name = encode(beside, data, tmp_path / "other" / "data")
        monkeypatch.setattr(parallel, "MANY", 10**9)
        again = encode(here, data, tmp_path / "project" / "data")
        monkeypatch.setattr(parallel, "MANY", 0)
        one, other = (
            open_encoded(tmp_path / place / "data" / folder) for place, folder in (("other", name), ("project", again))
        )
        assert one.items.tobytes() == other.items.tobytes()


def test_many_files_that_did_not_change_are_looked_at_elsewhere(
    look: Import, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        scene(number).save(folder / f"{number}.png")
    (folder / "locked.png").touch()
    found = look()
    monkeypatch.setattr(parallel, "MANY", 0)
    with monkeypatch.context() as patched:
        patched.setattr(inspection, "_listed", None)  # not in this process
        assert look() == found
    scene(9).save(folder / "locked.png")
    assert look().used == 5


@pytest.mark.usefixtures("many")
def test_a_file_that_kills_is_accounted_for_and_never_read_beside_others_again(
    look: Import, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        scene(number).save(folder / f"{number}.png")
    scene(77).save(folder / f"{hostile.BOMB}.png")
    found = look()
    assert (found.found, found.used, found.left_out["unreadable"]) == (21, 20, 1)
    assert [f.message for item in found.items if not item.used for f in item.findings] == [ENDED]
    monkeypatch.setattr(parallel, "MANY", 10**9)
    assert look() == found, "nothing changed: it is not read at all"
    scene(78).save(folder / "new.png")
    assert look().found == 22, "else this very process would be gone"
    (folder / f"{hostile.BOMB}.png").rename(folder / "harmless.png")
    assert look().used == 22


def test_large_pictures_take_turns_among_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_one_large_at_a_time", None)
    images.share_large(tmp_path / "large")
    from filelock import FileLock, Timeout

    with images._one_large_at_a_time, pytest.raises(Timeout):
        FileLock(tmp_path / "large").acquire(timeout=0.05)
    with FileLock(tmp_path / "large").acquire(timeout=0.05):
        pass
