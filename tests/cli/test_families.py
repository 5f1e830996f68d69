"""Every kind of model from the command line: trained, gone on from, started from; all with real engines."""

from __future__ import annotations

import shutil

import pytest

from desktop_app.jobs import catalog
from desktop_app.project.runs import Run, Warned
from desktop_app.project.store import Project
from tests.cli.conftest import draw

pytestmark = [pytest.mark.torch, pytest.mark.timeout(600)]
FAMILIES = [family.name for family in catalog.families()]
SHORT = ["--items", 48, "--set", "batch_size=8", "--network", "tiny", "--threads", 1, "--device", "cpu", "--quiet"]


@pytest.fixture(scope="module", params=FAMILIES)
def trained(request, tmp_path_factory):
    """A project with a short run of each kind of model, not judged."""
    from desktop_app.cli.app import main

    folder = tmp_path_factory.mktemp(request.param) / "Projekt é"
    words = ["make", draw(folder.parent / "pictures", 24), "--out", folder, "--family", request.param, *SHORT]
    assert main([str(word) for word in words]) == 0
    return folder


@pytest.fixture
def project(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "copy")


def runs(folder) -> list[Run]:
    return Project.open(folder, read_only=True).runs()


def started_from(run: Run) -> str:
    """What the engine said of the model that it started from."""
    return next(event.message for event in run.events() if isinstance(event, Warned) and event.code == "start")


def test_the_help_names_every_kind_of_model(gensmith) -> None:
    said = gensmith("train", "--help").out
    assert all(name in said for name in FAMILIES)


def test_a_model_of_each_kind_draws(project, gensmith, tmp_path) -> None:
    drawn = gensmith("generate", project, "--count", 4, "--out", tmp_path / "out", "--json")
    assert (drawn.code, drawn.json["count"]) == (0, 4)
    said = gensmith("info", runs(project)[0].bundle_folder).out
    assert ("one pass" in said) == (runs(project)[0].spec.family != "diffusion")


def test_a_run_starts_from_another_by_its_name_whatever_other_kinds_have_for_settings(project, gensmith) -> None:
    first = runs(project)[0]
    stranger = {"of the future": 1, "clip": 3.0}
    with Project.open(project) as opened:
        kept = opened.document.training.settings
        opened.change("training", settings={name: {**kept.get(name, {}), **stranger} for name in FAMILIES})
    answer = gensmith("train", project, "--from", first.name, *[word for word in SHORT if word != "--quiet"])
    assert answer.code == 0, answer.err
    second = runs(project)[1]
    assert second.spec.settings["clip"] == 3.0
    assert answer.err.count("has no such settings: of the future") == 1
    settings = Project.open(project, read_only=True).document.training.settings
    assert all(("of the future" in settings[name]) == (name != first.spec.family) for name in FAMILIES)
    assert second.spec.start == f"../{first.name}"
    assert "all of its weights fit" in started_from(second)
    assert "all of its weights fit" in answer.err
    assert Project.open(project, read_only=True).document.training.start == "", "only this call was meant"


def test_a_new_project_starts_from_a_packed_model(project, gensmith, tmp_path) -> None:
    assert gensmith("export", project, "--out", tmp_path / "mine.gensmith").code == 0
    family = runs(project)[0].spec.family
    pictures = draw(tmp_path / "others", 24, seed=1)
    words = ["make", pictures, "--out", tmp_path / "p", "--family", family, "--from", tmp_path / "mine.gensmith", *SHORT]
    answer = gensmith(*words)
    assert answer.code == 0, answer.err
    (run,) = runs(tmp_path / "p")
    assert run.spec.start == str(tmp_path / "mine.gensmith")
    said = started_from(run)
    assert "It goes on from mine" in said, said


@pytest.mark.parametrize("trained", FAMILIES[:1], indirect=True)
def test_a_run_is_gone_on_from_with_other_settings(project, gensmith) -> None:
    first = runs(project)[0]
    answer = gensmith("resume", first.folder, "--set", "weight_decay=0.05", "--json")
    assert answer.code == 0, answer.err
    second = runs(project)[1]
    assert answer.json["run"] == str(second.folder)
    assert second.spec.settings == first.spec.settings | {"weight_decay": 0.05}
    assert (second.spec.start, second.spec.items) == (f"../{first.name}", first.spec.items)
    refused = gensmith("resume", first.folder, "--set", "nonsense=1")
    assert refused.code == 2 and "no setting “nonsense”" in refused.err
    assert len(runs(project)) == 2


def test_a_model_of_another_kind_is_refused_before_anything_is_made(project, gensmith, tmp_path) -> None:
    first = runs(project)[0]
    other = next(name for name in FAMILIES if name != first.spec.family)
    refused = gensmith("train", project, "--family", other, "--from", first.name, *SHORT)
    assert refused.code == 2
    assert "Start from one of the same kind" in refused.err
    assert len(runs(project)) == 1
    words = ["make", tmp_path, "--out", tmp_path / "p", "--family", other, "--from", first.folder]
    assert gensmith(*words).code == 2
    assert not (tmp_path / "p").exists()


def test_wrong_settings_are_measured_by_the_chosen_kind_of_model(project, gensmith) -> None:
    for name in FAMILIES:
        family = catalog.get(name)
        foreign = sorted({each for other in catalog.families() for each in other.settings.model_fields} - set(
            family.settings.model_fields))  # fmt: skip
        refused = gensmith("train", project, "--family", name, "--set", f"{foreign[0]}=1")
        assert refused.code == 2
        assert f"no setting “{foreign[0]}”" in refused.err
    assert len(runs(project)) == 1
