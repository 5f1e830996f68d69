"""The run folder: events with torn lines, who works on it, what is wanted, what state it is in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.project import runs
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.runs import EventLog, Run, RunSpec, create_run, list_runs, read_events, slug

WORK = """
import sys
from pathlib import Path
from desktop_app.project.runs import Run
claim = Run(Path(sys.argv[1])).claim()
print("claimed", flush=True)
sys.stdin.read()
"""

STARTED = runs.Started(
    pid=1, device="cpu", threads=2, parameters=10, batch_size=4, resumed_step=None, held_out_items=1, training_items=9
)
PROGRESS = runs.Progress(
    step=5, items=20, total_items=40, epoch=2.0, elapsed=1.0, seconds_left=1.0, items_per_second=20.0, memory=1_000
)
TRAINING, EXPORTING = runs.Phase(name="training"), runs.Phase(name="exporting")
EVALUATING = runs.Phase(name="evaluating", fraction=0.5)
FINISHED, STOPPED, PAUSED = runs.Finished(step=9), runs.Stopped(step=9), runs.Paused(step=9)
FAILED = runs.Failed(message="It broke.", remedy="Mend it.", details="line 1\nline 2")
EVERY = [
    STARTED,
    runs.Planned(total_items=40, network="tiny", reason="because"),
    TRAINING,
    PROGRESS,
    runs.Metrics(step=5, items=20, values={"loss": 0.5}),
    runs.Preview(step=5, items=20, file="previews/5.png", count=4, columns=2, labels=["a", "b", "a", "b"]),
    runs.Checkpoint(step=5, items=20, folder="checkpoints/5", held_out_loss=0.4, best=True),
    runs.Warned(code="slow", message="It is slow.", remedy="Wait."),
    PAUSED,
    runs.Evaluated(),
    FINISHED,
    STOPPED,
    FAILED,
]


@pytest.fixture
def run(tmp_path):
    return create_run(tmp_path / "runs", RunSpec(name="Été 東京", data="../../data/x", family="diffusion"))


def log(run: Run, *events: runs.Event) -> None:
    written = EventLog(run.events_file)
    for event in events:
        written.write(event)
    written.close()


# ---------------------------------------------------------------- events


def test_every_event_is_read_back(run) -> None:
    log(run, *EVERY)
    assert run.events() == EVERY


@given(cut=st.integers(0, 10_000))
def test_a_reader_at_any_moment_sees_whole_events_and_misses_none(tmp_path_factory, cut) -> None:
    whole = b"".join(event.model_dump_json().encode() + b"\n" for event in EVERY)
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_bytes(whole[:cut])
    first, offset = read_events(path)
    assert offset <= cut
    path.write_bytes(whole)
    second, end = read_events(path, offset)
    assert first + second == EVERY
    assert end == len(whole)


@given(cut=st.integers(1, 2_000), garbage=st.binary(max_size=20))
def test_a_log_goes_on_after_a_torn_write(tmp_path_factory, cut, garbage) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    whole = b"".join(event.model_dump_json().encode() + b"\n" for event in EVERY[:6])
    path.write_bytes(whole[: min(cut, len(whole))] + garbage.replace(b"\n", b""))
    before = len(read_events(path)[0])
    resumed = EventLog(path)
    resumed.write(FINISHED)
    resumed.close()
    events = read_events(path)[0]
    assert events[-1] == FINISHED
    assert len(events) in (before + 1, before + 2)  # the torn line may have lacked nothing but its end


def test_events_of_a_newer_gensmith_are_passed_over(run) -> None:
    log(run, STARTED)
    with run.events_file.open("ab") as stream:
        stream.write(b'{"kind": "teleported", "time": 1.0}\n[]\n\x00\xff\n\n')
    log(run, FINISHED)
    assert run.events() == [STARTED, FINISHED]


def test_no_events_yet(run) -> None:
    assert read_events(run.events_file, 7) == ([], 7)


# ---------------------------------------------------------------- state


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "ready"),
        ([STARTED, PROGRESS], "interrupted"),
        ([STARTED, PAUSED], "paused"),
        ([STARTED, PAUSED, STARTED, PROGRESS], "interrupted"),
        ([STARTED, FAILED], "failed"),
        ([STARTED, FAILED, STARTED, FINISHED], "finished"),
        ([STARTED, TRAINING, EXPORTING], "interrupted"),
        ([STARTED, FINISHED, EVALUATING], "finished"),
        ([STARTED, FINISHED, EXPORTING, runs.Phase(name="checking", fraction=1.0)], "finished"),
        ([STARTED, STOPPED, EVALUATING, runs.Evaluated()], "stopped"),
    ],
)
def test_the_state_follows_from_events_when_nobody_works(run, events, state) -> None:
    if events:
        log(run, *events)
    assert run.state() == state


def test_who_works_is_told_and_a_kill_is_noticed(run) -> None:
    log(run, STARTED, PROGRESS)
    engine = subprocess.Popen([sys.executable, "-c", WORK, str(run.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with engine:
        assert engine.stdout
        engine.stdout.readline()
        assert run.state() == "running"
        assert run.process() == psutil.Process(engine.pid)
        with pytest.raises(GensmithError, match="already being worked on"):
            run.claim()
        with pytest.raises(GensmithError, match="still being trained"):
            run.delete()
        engine.kill()
    assert run.state() == "interrupted"
    run.claim().release()  # the dead process left no lock behind


def test_another_process_with_the_same_number_is_not_ours(run) -> None:
    write_json(run.folder / "process.json", {"pid": os.getpid(), "created": psutil.Process().create_time() - 3_600})
    assert run.process() is None
    write_json(run.folder / "process.json", {"pid": os.getpid(), "created": psutil.Process().create_time()})
    assert run.process() == psutil.Process()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}', '{"pid": -4, "created": 1}', '{"pid": 1}'])
def test_a_damaged_claim_is_no_claim(run, content) -> None:
    (run.folder / "process.json").write_text(content)
    assert run.process() is None


def test_a_run_can_be_deleted_when_nobody_works(run) -> None:
    run.delete()
    assert not run.folder.exists()


# ---------------------------------------------------------------- wishes


def test_wishes_are_counted_and_never_lost(run) -> None:
    assert run.control().want == "run"
    run.ask(sample=True)
    run.ask(sample=True, save=True)
    run.ask("pause")
    wish = run.control()
    assert (wish.want, wish.sample_now, wish.save_now, wish.sequence) == ("pause", 2, 1, 3)
    run.ask("run")
    assert run.control().sample_now == 2


@pytest.mark.parametrize("content", ["", "{", '{"want": "fly"}', "null"])
def test_a_damaged_wish_means_go_on(run, content) -> None:
    (run.folder / "control.json").write_text(content)
    assert run.control().want == "run"


# ---------------------------------------------------------------- folders


def test_the_request_is_read_back_and_its_data_found(run) -> None:
    again = Run(run.folder)
    assert again.spec == run.spec
    assert again.spec.name == "Été 東京"
    assert again.data_folder == run.folder.parent.parent / "data" / "x"


def test_a_damaged_request_is_said(run) -> None:
    (run.folder / "spec.json").write_text("{}")
    with pytest.raises(GensmithError, match=r"spec\.json is damaged") as caught:
        _ = Run(run.folder).spec
    assert caught.value.code == 3


def test_runs_of_one_second_have_names_of_their_own(tmp_path) -> None:
    spec = RunSpec(name="a", data="x", family="diffusion")
    made = [create_run(tmp_path, spec) for _ in range(3)]
    (tmp_path / ".tmp-half").mkdir()
    (tmp_path / ".tmp-half" / "spec.json").write_text("{}")
    (tmp_path / "no spec").mkdir()
    assert set(list_runs(tmp_path)) == set(made)
    assert len({run.name for run in made}) == 3
    assert list_runs(tmp_path / "missing") == []


@given(st.text(max_size=200))
def test_a_slug_is_a_file_name_on_every_system(name) -> None:
    piece = slug(name)
    assert 1 <= len(piece) <= 80
    assert not set(piece) & set('<>:"/\\|?* .\n\0')
    assert Path(piece).name == piece


@pytest.mark.parametrize(
    ("name", "piece"), [("Été à Paris!", "été-à-paris"), ("東京", "東京"), ("../..", "run"), ("  ", "run")]
)
def test_slugs_keep_letters_of_every_script(name, piece) -> None:
    assert slug(name) == piece


def test_events_are_one_line_of_json_each(run) -> None:
    log(run, *EVERY)
    lines = run.events_file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [event.kind for event in EVERY]
