"""What is said of projects, runs and bundles, and of the machine."""

from __future__ import annotations

import json
import subprocess

import pytest

from desktop_app.cli import doctor
from desktop_app.cli.terminal import Output
from desktop_app.evaluation.report import Copies, Measure, Report, Verdict
from desktop_app.project.runs import RunSpec, create_run
from tests.runtime.small_bundles import write_one_pass


def test_a_new_project_tells_what_comes_next(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p", "--name", "Mein Projekt")
    answer = gensmith("info", tmp_path / "p", "--json")
    assert answer.code == 0
    assert answer.json["name"] == "Mein Projekt"
    assert answer.json["steps"]["data"]["missing"] == "Choose pictures"
    assert "Next: Choose pictures" in gensmith("info", tmp_path / "p").out


def test_looking_does_not_lock(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    before = (tmp_path / "p" / "project.json").read_bytes()
    (tmp_path / "p" / ".lock").unlink(missing_ok=True)
    assert gensmith("info", tmp_path / "p").code == 0
    assert not (tmp_path / "p" / ".lock").exists()
    assert (tmp_path / "p" / "project.json").read_bytes() == before


def test_a_run_tells_its_state(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    run = create_run(tmp_path / "p" / "runs", RunSpec(name="a", data="x", family="diffusion", minutes=2))
    assert gensmith("info", run.folder, "--json").json["state"] == "ready"
    assert "2 minutes" in gensmith("info", run.folder).out
    assert run.name in gensmith("info", tmp_path / "p").out


def test_a_judged_run_tells_its_figures_beside_what_known_pictures_reach(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    run = create_run(tmp_path / "p" / "runs", RunSpec(name="a", data="x", family="diffusion", minutes=2))
    recall = Measure(
        value=0.5, low=0.4, high=0.6, floor=0.9, noise=0.01, repeated=0.02, better="higher", title="Recall", help=""
    )
    Report(
        run=run.name, generated=100, held_out=50, training=200, seed=0, measures={"recall": recall}, nearest=[], advice=[],
        verdict=Verdict(state="care", sentence="Usable with care."), copies=Copies(count=2, of=100, baseline=1, threshold=0.4),
    ).save(run.report_file)  # fmt: skip
    found = gensmith("info", run.folder, "--json").json["report"]["measures"]["recall"]
    assert found == {"value": 0.5, "low": 0.4, "high": 0.6, "floor": 0.9, "noise": 0.01, "repeated": 0.02}
    said = gensmith("info", run.folder).out
    assert "Recall: 0.5 (0.4 to 0.6), real pictures 0.9, noise 0.01, one picture repeated 0.02" in said


def test_a_bundle_tells_what_it_draws(gensmith, bundle) -> None:
    told = gensmith("info", bundle, "--json").json
    assert (told["kind"], told["shape"], told["classes"]) == ("bundle", [1, 8, 8], ["kind 0", "kind 1", "kind 2"])
    assert "8 × 8 pixels" in gensmith("info", bundle).out


@pytest.mark.parametrize("encoder", [False, True])
def test_a_bundle_tells_that_it_draws_in_one_pass(gensmith, tmp_path, encoder) -> None:
    said = gensmith("info", write_one_pass(tmp_path / "b", latent=6, encoder=encoder)).out
    assert "draws in one pass, each picture from 6 random numbers" in said
    assert ("describes pictures by 6 numbers" in said) == encoder
    assert "steps" not in said


def test_a_run_tells_what_it_started_from(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    spec = RunSpec(name="a", data="x", family="diffusion", minutes=2, start="../earlier")
    said = gensmith("info", create_run(tmp_path / "p" / "runs", spec).folder).out
    assert "Diffusion model" in said and "started from earlier" in said


def test_anything_else_is_refused(gensmith, tmp_path) -> None:
    assert gensmith("info", tmp_path).code == 2
    assert gensmith("info", tmp_path / "nothing").code == 2
    (tmp_path / "text.txt").write_text("text")
    assert gensmith("info", tmp_path / "text.txt").code == 3


def test_steps_that_need_an_earlier_one_say_so(gensmith, tmp_path) -> None:
    gensmith("new", tmp_path / "p")
    assert gensmith("train", tmp_path / "p").code == 2
    for verb in ("resume", "evaluate", "export"):
        answer = gensmith(verb, tmp_path / "p")
        assert answer.code == 2
        assert "gensmith train" in answer.err
    assert gensmith("generate", tmp_path / "p", "--out", tmp_path / "out").code == 2
    run = create_run(tmp_path / "p" / "runs", RunSpec(name="a", data="x", family="diffusion"))
    assert "gensmith resume" in gensmith("generate", tmp_path / "p", "--out", tmp_path / "out").err
    assert gensmith("resume", tmp_path / "p", "--run", "other").code == 2
    assert gensmith("generate", run.folder, "--out", tmp_path / "out").code == 2


# ---------------------------------------------------------------- doctor


def test_the_doctor_sees_this_machine(gensmith) -> None:
    answer = gensmith("doctor", "--json")
    found = {finding["name"]: finding for finding in answer.json["findings"]}
    assert {"Python", "processor", "memory", "disk", "torch", "Qt", "display", "onnxruntime"} <= set(found)
    assert answer.code == (0 if answer.json["healthy"] else 4)
    assert answer.json["healthy"] == all(finding["state"] != "bad" for finding in found.values())
    assert all(finding["remedy"] for finding in found.values() if finding["state"] == "bad")


def test_without_torch_training_is_impossible_and_the_remedy_is_named(monkeypatch, capsys) -> None:
    broken = subprocess.CompletedProcess([], 1, "", "Traceback …\nModuleNotFoundError: No module named 'torch'\n")
    monkeypatch.setattr(doctor, "_engine_says", lambda _: broken)
    assert doctor.doctor(Output(as_json=True)) == 4
    found = {finding["name"]: finding for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert found["torch"]["state"] == "bad"
    assert "torch==2.13.0" in found["torch"]["remedy"]


@pytest.mark.parametrize("display", ["", ":7"])
def test_a_missing_display_is_told(monkeypatch, display) -> None:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    assert doctor._display().state == ("good" if display else "care")
