"""A smaller variant from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Gensmith
from tests.runtime.small_bundles import QUICK, network, write, write_one_pass


def test_a_variant_is_made_told_of_and_draws(gensmith: Gensmith, tmp_path: Path):
    source = write(tmp_path / "model", network(), shape=(3, 16, 16), sampler=QUICK)
    answer = gensmith("shrink", source, "--to", "fp16", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["file"] == str(tmp_path / "model.fp16.gensmith") and answer.json["kind"] == "fp16"
    assert answer.json["bytes_after"] < 0.6 * answer.json["bytes_before"]
    drawn = gensmith("generate", answer.json["file"], "--out", tmp_path / "out", "--count", 2, "--json")
    assert drawn.code == 0 and drawn.json["count"] == 2
    again = gensmith("shrink", answer.json["file"], "--to", "int8")
    assert again.code == 2 and "smaller already" in again.err


def test_a_refusal_is_a_line_and_a_code(gensmith: Gensmith, tmp_path: Path):
    answer = gensmith("shrink", write_one_pass(tmp_path / "model"), "--to", "int8", "--out", tmp_path / "s.gensmith", "--json")
    assert answer.code == 3 and "no convolutions" in answer.json["error"]
    assert not (tmp_path / "s.gensmith").exists()


@pytest.mark.parametrize("words", [("--to", "fp32"), ("--to", "int8", "--use"), ("--to", "int4")])
def test_wrong_requests(gensmith: Gensmith, tmp_path: Path, words: tuple[str, ...]):
    source = write(tmp_path / "model", network(), shape=(3, 16, 16), sampler=QUICK)
    assert gensmith("shrink", source, *words).code == 2


def test_a_project_goes_back_to_the_model_as_it_was_trained(gensmith: Gensmith, tmp_path: Path):
    from desktop_app.project.store import Project

    with Project.create(tmp_path / "p") as project:
        project.change("deployment", variant="int8")
    assert gensmith("shrink", tmp_path / "p", "--to", "fp32", "--use", "--json").json == {"variant": "fp32"}
    assert Project.open(tmp_path / "p", read_only=True).document.deployment.variant == "fp32"
