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
from desktop_app.runtime.bundle import Request, open_bundle
from desktop_app.runtime.origins import Spot, variations
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


# ---------------------------------------------------------------- variations, ways, own pictures


@pytest.fixture
def seeing(tmp_path):
    """A model that can look at pictures."""
    return write_one_pass(tmp_path / "seeing", latent=16, encoder=True, shape=(3, 8, 8))


def test_variations_of_one_with_a_seed_of_their_own(gensmith, bundle, tmp_path) -> None:
    words = ["generate", bundle, "--vary", "7:4", "--count", 3]
    answer = gensmith(*words, "--strength", 0.2, "--seed", 5, "--out", tmp_path / "a", "--json")
    assert answer.code == 0 and answer.json["count"] == 3
    assert files(tmp_path / "a") == ["variation-00000.png", "variation-00001.png", "variation-00002.png"]
    told = gensmith("info", tmp_path / "a" / "variation-00001.png", "--json").json
    assert told["class"] == "kind 1", "that of the picture"
    assert told["origin"]["a"] == {"kind": "spot", "seed": 7, "index": 4}
    assert (told["origin"]["b"]["seed"], told["origin"]["b"]["index"], told["origin"]["share"]) == (5, 1, 0.2)
    drawn = open_bundle(bundle).generate(Request.of(variations(Spot(seed=7, index=4), "kind 1", count=3, strength=0.2, seed=5)))
    for picture in drawn:
        path = tmp_path / "a" / f"variation-{picture.number:05d}.png"
        assert path.read_bytes() == picture.png(), "the command line draws what the interface draws"


def test_a_file_stands_for_the_picture_that_it_holds(gensmith, bundle, tmp_path) -> None:
    assert gensmith("generate", bundle, "--count", 5, "--seed", 7, "--class", "kind 2", "--out", tmp_path / "a").code == 0
    by_file = ["generate", bundle, "--vary", tmp_path / "a" / "7-00004.png", "--count", 2]
    by_name = ["generate", bundle, "--vary", "7:4", "--class", "kind 2", "--count", 2]
    assert gensmith(*by_file, "--out", tmp_path / "b").code == 0
    assert gensmith(*by_name, "--out", tmp_path / "c").code == 0
    for name in files(tmp_path / "b"):
        assert (tmp_path / "b" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()


def test_from_one_to_another_and_round_a_walk(gensmith, bundle, tmp_path) -> None:
    words = ["generate", bundle, "--frames", 6, "--sheet", tmp_path / "sheet.png"]
    assert gensmith(*words, "--between", "0:1", "3:2", "--out", tmp_path / "way").code == 0
    assert files(tmp_path / "way") == [f"between-{number:05d}.png" for number in range(6)]
    assert gensmith("generate", bundle, "--count", 2, "--out", tmp_path / "series").code == 0
    assert (tmp_path / "way" / "between-00000.png").read_bytes() == (
        tmp_path / "series" / "kind 1" / "0-00001.png"
    ).read_bytes()
    assert (tmp_path / "sheet.png").exists()
    stops = ["--walk", "0:1", "--walk", "3:2", "--walk", tmp_path / "way" / "between-00003.png"]
    assert gensmith(*words, *stops, "--out", tmp_path / "walk").code == 0
    assert len(files(tmp_path / "walk")) == 6
    halfway = tmp_path / "way" / "between-00003.png"
    assert (tmp_path / "walk" / "walk-00004.png").read_bytes() == halfway.read_bytes()


def test_ones_own_picture(gensmith, seeing, pictures, tmp_path) -> None:
    mine = next(pictures.rglob("*.png"))
    assert gensmith("generate", seeing, "--picture", mine, "--out", tmp_path / "a").code == 0
    assert files(tmp_path / "a") == ["seen-00000.png"]
    told = gensmith("info", tmp_path / "a" / "seen-00000.png")
    assert told.code == 0 and f"your picture {mine.name}" in told.out
    for words in (["--vary", mine, "--count", 2], ["--between", mine, "4:2", "--frames", 3]):
        assert gensmith("generate", seeing, *words, "--out", tmp_path / words[0]).code == 0
    assert (tmp_path / "--between" / "between-00000.png").read_bytes() == (tmp_path / "a" / "seen-00000.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["--vary", "0:0", "--between", "0:0", "0:1"], "exclude each other", 2),
        (["--vary", "nowhere.png"], "nowhere.png is no picture", 2),
        (["--vary", "0:0", "--strength", 2], "strength", 2),
        (["--walk", "0:0"], "at least two", 2),
        (["--between", "0:0", "0:1", "--frames", 1], "frames", 2),
        (["--picture", __file__], "not look at one", 2),
    ],
)
def test_what_is_no_way_is_refused_before_anything_appears(gensmith, bundle, tmp_path, words, said, code) -> None:
    answer = gensmith("generate", bundle, "--out", tmp_path / "out", *words)
    assert answer.code == code and said in answer.err
    assert not (tmp_path / "out").exists()


def test_a_picture_that_does_not_say_how_it_was_drawn(gensmith, pictures) -> None:
    answer = gensmith("info", next(pictures.rglob("*.png")))
    assert answer.code == 3 and "does not say how it was drawn" in answer.err


@pytest.mark.parametrize("words", [["--class", "kind 2"], ["--steps", 5, "--guidance", 2.0], ["--vary", "3:1", "--steps", 4]])
def test_a_picture_is_drawn_again_from_its_file_alone(gensmith, bundle, tmp_path, words) -> None:
    assert gensmith("generate", bundle, "--count", 4, "--seed", 3, *words, "--out", tmp_path / "a").code == 0
    path = next((tmp_path / "a").rglob("*3.png"))
    assert gensmith("generate", bundle, "--picture", path, "--out", tmp_path / "b").code == 0
    assert (tmp_path / "b" / "seen-00000.png").read_bytes() == path.read_bytes()
