"""The engine's process: what it is asked, how it is started, and why it died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop_app.jobs import launch, origins
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.runs import EventLog, Planned, Run
from desktop_app.project.store import Project
from tests.runtime.small_bundles import write
from tests.waiting import until


def test_the_request_is_resolved_and_frozen(project: Project) -> None:
    project.change("training", minutes=2.0, seed=7, settings={"diffusion": {"dropout": 0.2}})
    spec = launch.new_run(project, "first").spec
    assert (spec.name, spec.minutes, spec.items, spec.seed, spec.licence) == ("first", 2.0, None, 7, "CC0")
    assert spec.settings["dropout"] == 0.2
    assert spec.settings["sampling_steps"] == 18, "defaults are written down too"
    assert spec.conditioning == "class", "two classes are there, so it learns them by itself"


def test_the_data_is_found_from_the_run_folder_even_after_the_project_moved(project: Project, tmp_path: Path) -> None:
    run = launch.new_run(project)
    assert not Path(run.spec.data).is_absolute()
    assert run.data_folder == project.encoded_folder
    project.close()
    moved = project.folder.rename(tmp_path / "elsewhere")
    assert (Run(moved / "runs" / run.name).data_folder / "items.npy").is_file()


def test_pictures_to_go_through_replace_the_time(project: Project) -> None:
    project.change("training", items=4_000)
    spec = launch.new_run(project).spec
    assert (spec.minutes, spec.items) == (None, 4_000)


def test_no_class_is_told_when_that_was_chosen(project: Project) -> None:
    project.change("objective", conditioning="none")
    assert launch.new_run(project).spec.conditioning == "none"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with Project.create(tmp_path / "empty") as project, pytest.raises(GensmithError, match=r"not prepared yet.*step 2"):
        launch.new_run(project)


def test_a_setting_out_of_bounds_is_refused_before_a_folder_is_made(project: Project) -> None:
    project.change("training", settings={"diffusion": {"dropout": 7}})
    with pytest.raises(GensmithError, match="dropout"):
        launch.new_run(project)
    assert project.runs() == []


def test_settings_of_another_kind_of_model_never_break_a_training(project: Project) -> None:
    own = {"dropout": 0.2, "of the future": 1}
    project.change("training", settings={"another": {"layers": 3}, "diffusion": own})
    assert launch.new_run(project).spec.settings["dropout"] == 0.2
    assert launch.forget_strangers(project) == ["of the future"]
    assert project.document.training.settings == {"another": {"layers": 3}, "diffusion": {"dropout": 0.2}}
    assert launch.forget_strangers(project) == [], "it is said once"


# ---------------------------------------------------------------- where it starts


def learned(project: Project, name: str = "first") -> Run:
    """A run that has saved something, as an engine leaves it."""
    run = launch.new_run(project, name)
    (run.checkpoints_folder / "step-000000010").mkdir()
    log = EventLog(run.events_file)
    log.write(Planned(total_items=10, network="small"))
    log.close()
    return run


def test_a_training_starts_from_an_earlier_run_and_the_project_may_move(project: Project, tmp_path: Path) -> None:
    first = learned(project)
    project.change("training", start=origins.stored(project, first.folder))
    assert project.document.training.start == f"runs/{first.name}"
    run = launch.new_run(project, "second")
    assert run.spec.start == f"../{first.name}"
    assert run.spec.network == "small", "of automatic size it takes that of the run, so that its weights fit"
    project.close()
    moved = project.folder.rename(tmp_path / "elsewhere")
    again = Run(moved / "runs" / run.name)
    assert (again.folder / again.spec.start).resolve() == moved / "runs" / first.name


def test_a_bundle_outside_is_named_by_its_path(project: Project, tmp_path: Path) -> None:
    bundle = write(tmp_path / "from a friend", classes=2)
    run = launch.new_run(project, start=bundle)
    assert run.spec.start == str(bundle)
    assert project.document.training.start == "", "only this run was meant"


@pytest.mark.parametrize("family", ["gan", "of the future"])
def test_a_model_of_another_kind_is_refused_when_it_is_asked_for_and_waits_when_it_was_kept(
    project: Project, family: str
) -> None:
    first = learned(project)
    spec = first.spec.model_copy(update={"family": family})
    write_json(first.folder / "spec.json", spec.model_dump(mode="json"))
    with pytest.raises(GensmithError, match=r"this training makes a diffusion model.*same kind"):
        launch.new_run(project, start=first.folder)
    project.change("training", start=f"runs/{first.name}")
    assert launch.new_run(project).spec.start == ""


def test_what_cannot_be_started_from_is_said(project: Project, tmp_path: Path) -> None:
    empty = launch.new_run(project)
    with pytest.raises(GensmithError, match="learned nothing yet"):
        launch.new_run(project, start=empty.folder)
    with pytest.raises(GensmithError, match="no longer there"):
        launch.new_run(project, start=tmp_path / "gone.gensmith")
    (tmp_path / "broken.gensmith").write_bytes(b"PK")
    with pytest.raises(GensmithError, match="damaged"):
        launch.new_run(project, start=tmp_path / "broken.gensmith")
    assert project.runs() == [empty]


def test_a_run_that_goes_on_is_the_old_one_but_for_what_was_asked(project: Project) -> None:
    project.change("training", items=640, settings={"diffusion": {"clip": 3.0}})
    first = learned(project)
    project.change("training", items=None, settings={})
    new = launch.continued(project, first, {"dropout": 0.2})
    kept = {"name", "items", "minutes", "seed", "data", "conditioning", "family", "project", "licence"}
    assert new.spec.model_dump(include=kept) == first.spec.model_dump(include=kept)
    assert new.spec.settings == first.spec.settings | {"dropout": 0.2}
    assert new.spec.settings["clip"] == 3.0
    assert (new.spec.start, new.spec.network) == (f"../{first.name}", "small")
    assert new.spec.created > first.spec.created
    with pytest.raises(GensmithError, match="no setting"):
        launch.continued(project, first, {"layers": 3})


def test_runs_to_start_from_are_those_of_the_same_kind_that_learned(project: Project) -> None:
    launch.new_run(project, "nothing learned")
    first, second = learned(project), learned(project, "second")
    assert set(origins.runs_of(project, "diffusion")) == {first, second}
    assert origins.runs_of(project, "gan") == []


def test_classes_asked_for_but_not_there(project: Project) -> None:
    project.change("objective", conditioning="class")
    with pytest.raises(GensmithError, match="sub-folder"):
        launch.conditioning(project.document, ["only one"])


def test_it_works_in_its_own_session_without_a_terminal(project: Project, small_engine: None) -> None:
    run = launch.new_run(project, "long")
    child = launch.start_engine(run)
    until(lambda: run.process() is not None)
    if sys.platform == "linux":
        assert os.getsid(child.pid) == child.pid, "a closed terminal would take it along"
        assert str(Path(f"/proc/{child.pid}/fd/0").readlink()) == os.devnull
        environment = psutil.Process(child.pid).environ()
        assert environment["OMP_WAIT_POLICY"] == "PASSIVE" and int(environment["GOMP_SPINCOUNT"]) > 0
        assert environment["PYTHONSAFEPATH"] == "1"
    assert launch.child_of(run) is child
    with pytest.raises(GensmithError, match="already being worked on"):
        launch.start_engine(run)


def test_it_never_imports_from_the_folder_that_it_stands_in(project: Project) -> None:
    run = launch.new_run(project)
    (run.folder / "json.py").write_text("raise SystemExit('a file of the project was run')")
    child = launch.spawn([sys.executable, "-c", "import json, desktop_app; print(json.__file__)"], run)
    assert child.wait(30) == 0, launch.log_tail(run)
    assert str(run.folder) not in launch.log_tail(run)
    assert launch.child_of(run) is None


@pytest.mark.skipif(os.name == "nt", reason="POSIX sessions")
def test_the_engine_outlives_the_process_that_started_it(project: Project) -> None:
    run = launch.new_run(project, "long")
    engine = Path(__file__).parent / "small_engine.py"
    script = (
        "import os, sys; from pathlib import Path\n"
        "from desktop_app.jobs import launch; from desktop_app.project.runs import Run\n"
        "launch.self_command = lambda: [sys.executable, sys.argv[2]]\n"
        "launch.start_engine(Run(Path(sys.argv[1]))); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(run.folder), str(engine)], check=True, timeout=60)
    until(lambda: run.process() is not None)
    before = len(run.events())
    until(lambda: len(run.events()) > before)
    run.ask("stop")
    until(lambda: run.process() is None)
    assert run.state() == "stopped"


def test_a_paused_run_is_kept_without_further_training(project: Project, small_engine: None) -> None:
    run = launch.new_run(project, "long")
    child = launch.start_engine(run)
    until(lambda: run.process() is not None)
    run.ask("pause")
    child.wait(15)
    assert run.state() == "paused"
    launch.start_engine(run, "train", "stop").wait(15)
    assert run.state() == "stopped"
    assert run.bundle_folder.is_dir()


# ---------------------------------------------------------------- deaths


def test_an_engine_that_dies_before_its_first_word_is_explained(project: Project, small_engine: None) -> None:
    run = launch.new_run(project, "silent")
    launch.start_engine(run).wait(15)
    until(lambda: launch.child_of(run) is None)
    error = launch.explain_death(run)
    assert "a part of Gensmith is missing" in error.message
    assert "No module named 'torch'" in error.details
    assert error.code == 5


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_kill_is_taken_for_what_it_mostly_is(project: Project, small_engine: None) -> None:
    run = launch.new_run(project, "die")
    assert launch.start_engine(run).wait(15) == -signal.SIGKILL
    until(lambda: launch.child_of(run) is None)
    assert run.state() == "interrupted"
    assert "memory ran out" in launch.explain_death(run).message


@pytest.mark.parametrize(
    ("log", "code", "said"),
    [
        ("OSError: [Errno 28] No space left on device", 1, "disk is full"),
        ("", 1, "exit code 1"),
        ("", None, "ended before it began"),
        ("", -15, "signal 15"),
    ],
)
def test_other_deaths(project: Project, log: str, code: int | None, said: str) -> None:
    run = launch.new_run(project)
    run.log_file.write_text(log)
    assert said in launch.explain_death(run, code).message


def test_only_the_end_of_a_long_log_is_shown(project: Project) -> None:
    run = launch.new_run(project)
    run.log_file.write_text("x" * 100_000 + "the end")
    assert launch.log_tail(run).endswith("the end")
    assert len(launch.log_tail(run)) <= launch.LOG_TAIL


def test_frozen_the_executable_itself_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert launch.self_command() == [sys.executable]
    assert launch.engine_environment()["PYINSTALLER_RESET_ENVIRONMENT"] == "1"
    assert "PYTHONPATH" not in launch.engine_environment() or launch.engine_environment()["PYTHONPATH"] == os.environ.get(
        "PYTHONPATH"
    )
