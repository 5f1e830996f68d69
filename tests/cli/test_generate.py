"""Drawing: the files that appear, their names, and what is refused."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from desktop_app.cli.generate import folder_names
from tests.cli.conftest import outside
from tests.runtime.small_bundles import write_one_pass


def files(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pixels(path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_a_folder_for_each_class_when_none_is_named(gensmith, bundle, tmp_path) -> None:
    answer = gensmith("generate", bundle, "--count", 5, "--out", tmp_path / "out", "--seed", 3, "--json")
    assert answer.code == 0
    assert answer.json["count"] == 5
    assert files(tmp_path / "out") == [
        "kind 0/3-00000.png", "kind 0/3-00003.png", "kind 1/3-00001.png", "kind 1/3-00004.png", "kind 2/3-00002.png",
    ]  # fmt: skip


@pytest.mark.parametrize(("word", "value", "named"), [("--steps", 4, "steps"), ("--guidance", 2.0, "guidance")])
def test_a_model_that_draws_in_one_pass_takes_no_strokes(gensmith, tmp_path, word, value, named) -> None:
    bundle = write_one_pass(tmp_path / "gan", classes=2)
    refused = gensmith("generate", bundle, "--count", 2, "--out", tmp_path / "out", word, value)
    assert refused.code == 2
    assert f"draws in one pass: it knows no {named}" in refused.err
    assert not (tmp_path / "out").exists()
    assert gensmith("generate", bundle, "--count", 2, "--out", tmp_path / "out").code == 0
    assert files(tmp_path / "out") == ["kind 0/0-00000.png", "kind 1/0-00001.png"]


def test_one_class_and_its_own_seeds(gensmith, bundle, tmp_path) -> None:
    words = ["generate", bundle, "--count", 2, "--class", "kind 1"]
    assert gensmith(*words, "--out", tmp_path / "a").code == 0
    assert gensmith(*words, "--out", tmp_path / "b").code == 0
    assert gensmith(*words, "--out", tmp_path / "c", "--seed", 1).code == 0
    assert files(tmp_path / "a") == ["0-00000.png", "0-00001.png"]
    assert np.array_equal(pixels(tmp_path / "a" / "0-00000.png"), pixels(tmp_path / "b" / "0-00000.png"))
    assert not np.array_equal(pixels(tmp_path / "a" / "0-00000.png"), pixels(tmp_path / "c" / "1-00000.png"))


def test_a_series_can_be_gone_on_with(gensmith, bundle, tmp_path) -> None:
    gensmith("generate", bundle, "--count", 4, "--out", tmp_path / "whole")
    gensmith("generate", bundle, "--count", 2, "--start", 2, "--out", tmp_path / "rest")
    for name in files(tmp_path / "rest"):
        assert (tmp_path / "rest" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_pictures_that_are_there_are_not_lost_by_accident(gensmith, bundle, tmp_path) -> None:
    words = ["generate", bundle, "--count", 2, "--out", tmp_path / "out"]
    assert gensmith(*words).code == 0
    mine = tmp_path / "out" / "kind 1" / "0-00001.png"
    mine.write_bytes(b"mine")
    refused = gensmith(*words)
    assert refused.code == 2
    assert "there already" in refused.err
    assert mine.read_bytes() == b"mine"
    assert gensmith(*words, "--overwrite").code == 0
    assert mine.read_bytes() != b"mine"


def test_all_on_one_sheet(gensmith, bundle, tmp_path) -> None:
    gensmith("generate", bundle, "--count", 4, "--out", tmp_path / "out", "--sheet", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width >= 2 * 64


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--class", "cat"], 2), (["--steps", "0"], 2), (["--guidance", "-3"], 2), (["--count", "0"], 2), (["--run", "x"], 0)],
)
def test_what_cannot_be_drawn_is_refused_before_anything_appears(gensmith, bundle, tmp_path, words, code) -> None:
    answer = gensmith("generate", bundle, "--out", tmp_path / "out", *words)
    assert answer.code == code
    assert (tmp_path / "out").exists() == (code == 0)


def test_a_damaged_model_is_bad_material(gensmith, bundle, tmp_path) -> None:
    (bundle / "denoiser.onnx").write_bytes(b"other")
    assert gensmith("generate", bundle, "--out", tmp_path / "out").code == 3
    (tmp_path / "noise.gensmith").write_bytes(os.urandom(1000))
    assert gensmith("generate", tmp_path / "noise.gensmith", "--out", tmp_path / "out").code == 3
    assert not (tmp_path / "out").exists()


def test_a_disk_that_refuses_is_the_machines_fault(gensmith, bundle, tmp_path) -> None:
    (tmp_path / "out").write_text("a file is in the way")
    assert gensmith("generate", bundle, "--out", tmp_path / "out").code == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_it_between_strokes(bundle, tmp_path) -> None:
    verb = outside("generate", bundle, "--count", 100_000, "--out", tmp_path / "out")
    assert verb.stderr
    while not any((tmp_path / "out").rglob("*.png")):
        assert verb.poll() is None, verb.stderr.read()
    verb.send_signal(signal.SIGINT)
    out, err = verb.communicate(timeout=60)
    assert verb.returncode == 130
    assert out == ""
    assert err.splitlines()[-1].startswith("gensmith: Interrupted")


@given(st.lists(st.text(min_size=1, max_size=120), unique=True, max_size=8))
def test_class_names_become_folders_that_lead_nowhere_else(tmp_path_factory, classes) -> None:
    names = folder_names(classes)
    root = tmp_path_factory.getbasetemp()
    assert list(names) == classes
    assert len({name.casefold() for name in names.values()}) == len(classes)
    assert all((root / name).parent == root and (root / name) != root for name in names.values())
    assert not any(set(name) & set('\\/:*?"<>|\0\n') or name.startswith(".") for name in names.values())


@pytest.mark.parametrize("hostile", ["../../escape", "/etc", "..", "CON", "a\\b", "."])
def test_a_hostile_class_name_stays_inside(tmp_path, hostile) -> None:
    names = folder_names([hostile, "good"])
    assert (tmp_path / "out" / names[hostile]).resolve().parent == tmp_path / "out"
