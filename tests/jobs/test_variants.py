"""Variants beside a model: found, chosen, made in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.jobs import variants
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import open_bundle
from tests.runtime.small_bundles import QUICK, network, write, write_one_pass


def test_a_variant_lies_beside_its_model():
    assert variants.place(Path("/a/bundle"), "int8") == Path("/a/bundle.int8.gensmith")
    assert variants.place(Path("/a/my cats.gensmith"), "fp16") == Path("/a/my cats.fp16.gensmith")


def test_it_is_made_found_chosen_and_passed_over_when_the_model_is_another(tmp_path: Path):
    with Project.create(tmp_path / "p") as project:
        run = Run(project.runs_folder / "one")
        write(run.bundle_folder, network(), shape=(3, 16, 16), sampler=QUICK)
        told: list[str] = []
        made = variants.make(run.bundle_folder, "fp16", progress=lambda done, total, words: told.append(words))
        assert "Drawing the same pictures with both" in told
        assert made.variant is not None and made.variant.mean_difference < 1
        assert variants.there(run.bundle_folder) == {"fp16": made}
        assert variants.chosen(project, run) == run.bundle_folder
        project.change("deployment", variant="fp16")
        path = variants.chosen(project, run)
        assert path.name == "bundle.fp16.gensmith" and open_bundle(path).manifest == made
        write(run.bundle_folder, network(width=20), shape=(3, 16, 16), sampler=QUICK)
        assert variants.there(run.bundle_folder) == {}
        assert variants.chosen(project, run) == run.bundle_folder


def test_a_refusal_comes_back_as_it_was_said(tmp_path: Path):
    source = write_one_pass(tmp_path / "model")
    with pytest.raises(GensmithError, match="no convolutions") as refused:
        variants.make(source, "int8")
    assert refused.value.code == 3 and "Nothing was written" in refused.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_cancelled_the_process_is_gone_and_nothing_is_left(tmp_path: Path):
    source = write(tmp_path / "model", network(), shape=(3, 16, 16), sampler=QUICK)
    told: list[float] = []

    def tell(done: float, total: float, words: str) -> None:
        told.append(done)

    with pytest.raises(Cancelled):
        variants.make(source, "fp16", progress=tell, cancelled=lambda: bool(told and told[-1] > 0.4))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_words():
    assert variants.speed_words(1.04) == "as fast"
    assert variants.speed_words(1.82) == "1.8 times as fast"
    assert variants.speed_words(0.5) == "slower: 0.5 times as fast"
    assert variants.likeness_words(0.03) == "0.03 of 255 levels apart, not to be seen"
    assert variants.likeness_words(3) == "3 of 255 levels apart, to be seen"
