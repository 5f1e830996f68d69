"""The engine's own process, as the window and the command line use it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from desktop_app.engine import checkpoints
from desktop_app.engine.process import explained, follow, main
from desktop_app.evaluation import read_report
from desktop_app.jobs.launch import engine_environment, self_command
from desktop_app.jobs.states import take_out
from desktop_app.project import runs
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import TERMINAL, EventLog, Run
from desktop_app.runtime.bundle import Request, open_bundle

from .conftest import COUNT, SIDE, MakeRun

KILLS = 20


@pytest.fixture(autouse=True)
def _own_signals() -> object:
    """The engine takes over two signals in its own process; here they go back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def terminal(run: Run) -> list[runs.Event]:
    return [event for event in run.events() if isinstance(event, TERMINAL)]


def start(run: Run) -> subprocess.Popen[bytes]:
    with run.log_file.open("ab") as log:
        command = [*self_command(), "engine", "train", str(run.folder)]
        return subprocess.Popen(command, stdout=log, stderr=log, env=engine_environment())


def test_finished_means_that_it_generates_and_was_judged(make_run: MakeRun) -> None:
    run = make_run(evaluate=True, licence="CC0")
    assert main(["train", str(run.folder)]) == 0
    assert [event.kind for event in terminal(run)] == ["finished"]
    assert run.events()[-1].kind == "finished"
    assert run.state() == "finished"
    bundle = open_bundle(run.bundle_folder)
    assert bundle.manifest.parity is not None
    assert bundle.manifest.parity.batch_sizes == [1, 2, 5]
    assert bundle.manifest.parity.max_abs_error < 1e-4
    assert bundle.manifest.classes == ["cross", "ring"]
    assert bundle.manifest.licence == "CC0"
    pictures = list(bundle.generate(Request(count=3, class_name="ring")))
    assert [picture.array.shape for picture in pictures] == [(SIDE, SIDE, 3)] * 3
    report = read_report(run.report_file)
    assert report.held_out + report.training == COUNT
    assert report.measures["kid_learned"].value is not None or report.measures["kid_learned"].not_measured
    assert len(np.load(run.folder / "evaluation" / "generated.npy", allow_pickle=False)) == report.generated
    assert bundle.manifest.metrics == report.metrics()


def test_stop_and_keep_leaves_a_model(make_run: MakeRun) -> None:
    run = make_run(items=1_000_000)
    process = start(run)
    _wait_for(run, runs.Metrics)
    run.ask("stop")
    assert process.wait(180) == 0
    assert [event.kind for event in terminal(run)] == ["stopped"]
    assert run.state() == "stopped"
    assert len(list(open_bundle(run.bundle_folder).generate(Request(count=1)))) == 1


def test_an_earlier_state_becomes_a_model_of_its_own(make_run: MakeRun) -> None:
    run = make_run()
    assert main(["train", str(run.folder)]) == 0
    first, *_, last = sorted({event.step for event in run.events() if isinstance(event, runs.Checkpoint)})
    model = {path.name: path.read_bytes() for path in run.bundle_folder.iterdir()}
    new = take_out(run, first)
    assert main(["export", str(new.folder)]) == 0
    assert new.state() == "stopped" and terminal(new)[-1].step == first < last  # type: ignore[union-attr]
    bundle = open_bundle(new.bundle_folder)
    assert bundle.manifest.parity is not None and len(list(bundle.generate(Request(count=1)))) == 1
    assert {path.name: path.read_bytes() for path in run.bundle_folder.iterdir()} == model
    assert any((new.bundle_folder / name).read_bytes() != content for name, content in model.items() if name.endswith(".onnx"))
    assert main(["export", str(run.folder)]) == 0
    assert run.state() == "finished", "to export again changes nothing about how it ended"


def test_shutdown_pauses(make_run: MakeRun) -> None:
    run = make_run(items=1_000_000)
    process = start(run)
    _wait_for(run, runs.Metrics)
    process.terminate()
    assert process.wait(60) == 0
    assert run.state() == "paused"
    assert terminal(run) == []
    assert checkpoints.newest(run.checkpoints_folder) is not None


def test_failure_is_one_event_in_words(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(data=str(tmp_path / "nothing here"))
    assert main(["train", str(run.folder)]) == 5
    (event,) = terminal(run)
    assert isinstance(event, runs.Failed)
    assert "nothing here" in event.message
    assert "Traceback" in event.details
    assert run.state() == "failed"


def test_judging_what_is_not_there_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    assert main(["evaluate", str(run.folder)]) == 5
    assert "no model to judge" in terminal(run)[0].message  # type: ignore[union-attr]


def test_two_engines_on_one_run_are_refused(make_run: MakeRun) -> None:
    run = make_run()
    with run.claim(), pytest.raises(GensmithError, match="already being worked on"):
        main(["train", str(run.folder)])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(28, "No space left on device"), "No space left"),
        (KeyError("x"), "unexpected"),
        (GensmithError("The disk is full.", "Free some space."), "The disk is full."),
    ],
)
def test_failures_are_explained(error: BaseException, said: str) -> None:
    assert said in explained(error).message


@pytest.mark.skipif(sys.platform == "win32", reason="file sizes cannot be limited there")
def test_a_disk_that_refuses_checkpoints_is_said_and_training_goes_on(make_run: MakeRun) -> None:
    """The limit stands for a full disk: the small event log still fits, the checkpoint does not."""
    run = make_run(items=1_000_000)
    limited = [sys.executable, "-c", LIMITED, str(run.folder)]
    with run.log_file.open("ab") as log:
        process = subprocess.Popen(limited, stdout=log, stderr=log, env=engine_environment())
    _wait_for(run, runs.Metrics)
    run.ask(save=True)
    _wait_for(run, runs.Warned)
    (warned,) = [event for event in run.events() if isinstance(event, runs.Warned)]
    assert "could not be saved" in warned.message
    assert process.poll() is None
    run.ask("stop")
    assert process.wait(60) == 5
    (failed,) = terminal(run)
    assert isinstance(failed, runs.Failed)
    assert "File too large" in failed.message
    assert list(run.checkpoints_folder.iterdir()) == []


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
from desktop_app.engine.process import main
sys.exit(main(["train", sys.argv[1]]))
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_costs_figures_and_not_the_training() -> None:
    log = EventLog(Path("/dev/full"))
    done = []

    def work() -> Iterator[runs.Event]:
        yield runs.Phase(name="preparing")
        done.append("went on")

    assert follow(work(), log) == 0
    assert done == ["went on"]
    log.close()


def _wait_for(run: Run, kind: type, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not any(isinstance(event, kind) for event in run.events()):
        assert time.monotonic() < deadline, run.log_file.read_text()
        time.sleep(0.05)


def _kill_at_a_random_moment(run: Run, process: subprocess.Popen[bytes], rng: random.Random) -> None:
    """Ask for checkpoints without a pause, so that many a kill falls into the writing of one."""
    seen = len(run.events())
    deadline, until = time.monotonic() + 120, None
    while until is None or time.monotonic() < until:
        assert time.monotonic() < deadline, run.log_file.read_text()
        run.ask(save=True)
        working = any(isinstance(event, (runs.Metrics, runs.Checkpoint)) for event in run.events()[seen:])
        if working and until is None:
            until = time.monotonic() + rng.uniform(0, 0.8)
        if process.poll() is not None:
            return
        time.sleep(0.01)
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL has no like there")
@pytest.mark.timeout(900)
def test_killed_twenty_times_it_ends_like_the_unbroken_run(make_run: MakeRun) -> None:
    """Kills at random moments, checkpoint writes included: it always goes on, and bit for bit as if nothing had been."""
    rng = random.Random(5)
    unbroken, broken = make_run(items=12_000), make_run(items=12_000)
    assert main(["train", str(unbroken.folder)]) == 0
    kills, steps = 0, [0]
    while kills < KILLS:
        process = start(broken)
        _kill_at_a_random_moment(broken, process, rng)
        if process.returncode == 0:
            break
        kills += 1
        assert broken.state() == "interrupted"
        found = checkpoints.newest(broken.checkpoints_folder)
        steps.append(found[1].step if found else 0)
    assert steps == sorted(steps), "progress was lost"
    assert kills >= 3
    if broken.state() != "finished":
        assert start(broken).wait(300) == 0
    assert [event.kind for event in terminal(broken)] == ["finished"]
    one, other = (max(run.checkpoints_folder.glob("step-*")) / "state.safetensors" for run in (unbroken, broken))
    first, second = load_file(one), load_file(other)
    assert first.keys() == second.keys()
    assert all(first[name].equal(second[name]) for name in first)
