"""The whole journey with real engines: made, gone on with, interrupted, killed, judged again, packed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from desktop_app.evaluation.advice import RULES
from desktop_app.project.runs import Checkpoint, Progress, Run
from desktop_app.project.store import Project
from tests.cli.conftest import TINY, draw, outside

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600)]
LONG = ["--items", 10_000_000, *TINY]
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")


@pytest.fixture
def prepared(gensmith, pictures, tmp_path):
    """A project with its pictures imported."""
    folder = tmp_path / "Projekt mit Lücke"
    assert gensmith("new", folder).code == 0
    assert gensmith("import", folder, pictures).code == 0
    return folder


def wait_for(kind: type, folder, verb: subprocess.Popen[str]) -> Run:
    """The newest run once it has said such a thing."""
    while verb.poll() is None:
        runs = Project.open(folder, read_only=True).runs()
        if runs and any(isinstance(event, kind) for event in runs[-1].events()):
            return runs[-1]
        time.sleep(0.05)
    assert verb.stderr
    raise AssertionError(verb.stderr.read())


def wait_for_checkpoint(folder, verb: subprocess.Popen[str]) -> Run:
    """The newest run once it has saved something."""
    wait_for(Progress, folder, verb).ask(save=True)
    return wait_for(Checkpoint, folder, verb)


# ---------------------------------------------------------------- make


def test_make_goes_from_a_folder_to_a_judged_model(trained, gensmith, tmp_path) -> None:
    told = json.loads((trained.parent / "answer.json").read_text(encoding="utf-8"))
    assert told["found"] == 120 == told["used"] + sum(told["left_out"].values())
    assert told["state"] == "finished"
    assert told["report"]["measures"]["kid"]["value"] is not None
    assert gensmith("info", trained, "--json").json["best_run"] == Run(trained).folder.joinpath(told["run"]).name
    drawn = gensmith("generate", trained, "--count", 4, "--out", tmp_path / "out", "--json")
    assert drawn.json["count"] == 4
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["cross", "ring"]


def test_weights_that_nobody_knows_are_refused_before_anything_is_judged(gensmith, tmp_path, gensmith_home) -> None:
    (tmp_path / "weights.pth").write_bytes(b"weights")
    answer = gensmith("evaluate", tmp_path / "project", "--inception", tmp_path / "weights.pth")
    assert answer.code == 3 and "not the file of Inception's weights" in answer.err and "pytorch-fid" in answer.err


def test_make_never_touches_an_existing_project(trained, gensmith, pictures) -> None:
    before = (trained / "project.json").read_bytes()
    answer = gensmith("make", pictures, "--out", trained)
    assert answer.code == 2
    assert "--add-run" in answer.err
    assert (trained / "project.json").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "nonsense=1"], "no setting “nonsense”"),
        (["--set", "dropout"], "name=value"),
        (["--set", "dropout=7"], "less than or equal to 0.6"),
        (["--family", "oracle"], "Choose one of: diffusion"),
        (["--from", "nowhere"], "nothing to start from"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_made(gensmith, pictures, tmp_path, words, says) -> None:
    answer = gensmith("make", pictures, "--out", tmp_path / "p", *words)
    assert answer.code == 2
    assert says in answer.err
    assert not (tmp_path / "p").exists()


def test_bad_material_leaves_no_half_project(gensmith, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    assert gensmith("make", tmp_path / "empty", "--out", tmp_path / "p").code == 3
    assert gensmith("make", tmp_path / "missing", "--out", tmp_path / "p").code == 3
    assert not (tmp_path / "p").exists()


def test_classes_that_are_not_there_are_said(gensmith, tmp_path) -> None:
    flat = draw(tmp_path / "pictures") / "ring"
    answer = gensmith("make", flat, "--out", tmp_path / "p", "--conditioning", "class")
    assert answer.code == 2
    assert "sub-folder" in answer.err


# ---------------------------------------------------------------- after make


def test_a_finished_run_has_nothing_to_go_on_with(trained, gensmith) -> None:
    answer = gensmith("resume", trained)
    assert answer.code == 2
    assert "finished" in answer.err


def test_a_model_is_packed_exported_again_and_judged_again(trained, gensmith, tmp_path) -> None:
    project = tmp_path / "copy"
    shutil.copytree(trained, project)  # a project may be moved
    packed = gensmith("export", project, "--out", tmp_path / "modèle.gensmith", "--json")
    assert packed.code == 0
    assert gensmith("info", tmp_path / "modèle.gensmith", "--json").json["classes"] == ["cross", "ring"]
    run = Project.open(project, read_only=True).runs()[0]
    shutil.rmtree(run.bundle_folder)
    run.report_file.unlink()
    assert gensmith("export", run.folder).code == 0
    assert (run.bundle_folder / "denoiser.onnx").is_file()
    judged = gensmith("evaluate", run.folder, "--json")
    assert judged.code == 0
    assert json.loads(run.report_file.read_text())["measures"].keys() == judged.json["measures"].keys()


def test_a_report_is_written_for_the_best_run(trained, gensmith, tmp_path) -> None:
    made = gensmith("report", trained, "--out", tmp_path / "Bericht", "--json")
    assert made.code == 0 and made.json["report"] == str(tmp_path / "Bericht.html")
    whole = (tmp_path / "Bericht.html").read_text(encoding="utf-8")
    assert made.json["bytes"] == len(whole.encode()) and 'alt="Real picture"' in whole
    bare = gensmith("report", made.json["run"], "--out", tmp_path / "bare.htm", "--without-own")
    assert bare.code == 0 and 'alt="Real picture"' not in (tmp_path / "bare.htm").read_text(encoding="utf-8")
    refused = gensmith("report", trained, "--out", tmp_path / "Bericht.html" / "r.html")
    assert refused.code == 4 and "Bericht.html" in refused.err


def test_an_advice_is_printed_with_its_reason_and_taken_in_a_run(trained, gensmith, tmp_path) -> None:
    project = tmp_path / "copy"
    shutil.copytree(trained, project)
    run = Project.open(project, read_only=True).runs()[0]
    told = gensmith("improve", project, "--advice", "nonsense")
    assert told.code == 2 and "There is: " in told.err
    report = json.loads(run.report_file.read_text())
    card = next(card for card in report["advice"] if card["change"])
    made = gensmith("improve", project, "--advice", card["code"], "--json")
    assert made.code == 0, made.err
    assert made.json["advice_taken"]["code"] == card["code"]
    assert made.json["advice_taken"]["state"] in ("helped", "alike", "worse", "open")
    assert card["title"] in made.err
    assert {card["code"] for card in made.json["report"]["advice"]} <= {rule.code for rule in RULES}
    new = Project.open(project, read_only=True).runs()[1]
    assert (new.folder / "advice.json").is_file() and (new.folder / "bundle").is_dir()
    both = gensmith("compare", project, "--sheet", tmp_path / "both.png", "--json")
    assert both.code == 0, both.err
    assert both.json["runs"] == [str(run.folder), str(new.folder)]
    assert both.json["best"]["run"] in both.json["runs"] and both.json["best"]["reason"]
    assert (tmp_path / "both.png").is_file()
    assert "Best so far" in gensmith("compare", run.folder, new.folder).out


# ---------------------------------------------------------------- interruptions


@posix
def test_ctrl_c_stops_and_keeps_and_resume_goes_on(prepared, gensmith) -> None:
    verb = outside("train", prepared, *LONG)
    run = wait_for_checkpoint(prepared, verb)
    verb.send_signal(signal.SIGINT)
    out, err = verb.communicate(timeout=300)
    assert verb.returncode == 130, err
    assert out == ""
    assert "Stopping and keeping" in err
    assert f"gensmith resume '{run.folder}'" in err.splitlines()[-1]
    assert run.state() == "stopped"
    assert gensmith("generate", prepared, "--count", 2, "--out", prepared.parent / "out").code == 0
    kept = [event for event in run.events() if isinstance(event, Checkpoint)][-1].step

    again = outside("resume", prepared)
    while (run.events()[-1].kind, run.state()) != ("progress", "running") and again.poll() is None:
        time.sleep(0.05)
    again.terminate()  # a request to end pauses: quickly, and nothing is lost
    _, err = again.communicate(timeout=300)
    assert again.returncode == 130, err
    assert run.state() == "paused"
    assert [event for event in run.events() if isinstance(event, Checkpoint)][-1].step >= kept


@posix
def test_a_second_ctrl_c_ends_at_once_and_what_was_saved_is_there(prepared) -> None:
    verb = outside("train", prepared, *LONG)
    run = wait_for_checkpoint(prepared, verb)
    verb.send_signal(signal.SIGINT)
    time.sleep(0.3)
    verb.send_signal(signal.SIGINT)
    _, err = verb.communicate(timeout=30)
    assert verb.returncode == 130, err
    assert run.process() is None
    assert any(run.checkpoints_folder.iterdir())


@posix
def test_an_engine_that_dies_is_a_failure_that_says_how_to_go_on(prepared) -> None:
    verb = outside("train", prepared, *LONG, "--json")
    run = wait_for_checkpoint(prepared, verb)
    process = run.process()
    assert process
    process.kill()
    out, err = verb.communicate(timeout=30)
    assert verb.returncode == 5
    assert json.loads(out.splitlines()[-1])["code"] == 5
    assert err.splitlines()[-1].startswith("gensmith: ")
    assert "Traceback" not in err
    assert run.state() == "interrupted"


@posix
def test_training_goes_on_without_its_terminal_and_is_found_again(prepared) -> None:
    verb = outside("train", prepared, *LONG)
    run = wait_for_checkpoint(prepared, verb)
    verb.kill()
    verb.communicate()
    assert run.state() == "running"
    follower = outside("resume", run.folder)
    assert follower.stderr
    assert "Following" in follower.stderr.readline()
    run.ask("stop")
    out, err = follower.communicate(timeout=300)
    assert follower.returncode == 0, err
    assert str(run.bundle_folder) in out
    assert run.state() == "stopped"
