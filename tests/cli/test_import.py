"""Importing messy folders: found = used + left out, said in words and to machines."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from PIL import Image

from desktop_app.project.store import Project, read_document
from tests.benchmarks import defects
from tests.cli.conftest import draw


@pytest.fixture
def project(tmp_path, gensmith):
    folder = tmp_path / "Projekt"
    assert gensmith("new", folder).code == 0
    return folder


@pytest.fixture
def mess(pictures):
    """Good pictures beside a broken one, a text, a copy, a name in another script and an empty folder."""
    first = next((pictures / "ring").iterdir())
    (pictures / "ring" / "cut.png").write_bytes(first.read_bytes()[:40])
    (pictures / "cross" / "notes.txt").write_text("not a picture")
    (pictures / "ring" / "copy.png").write_bytes(first.read_bytes())
    with Image.open(first) as picture:
        picture.rotate(90).save(pictures / "ring" / "東京 📷.JPG", quality=95)
    (pictures / "empty").mkdir()
    return pictures


def test_the_last_line_adds_up(gensmith, project, mess) -> None:
    answer = gensmith("import", project, mess, "--json")
    assert answer.code == 0
    told = answer.json
    assert told["found"] == 52 == told["used"] + sum(told["left_out"].values())
    assert told["left_out"]["truncated"] + told["left_out"].get("unreadable", 0) == 1
    assert told["left_out"]["not a picture"] == 1
    assert told["left_out"]["duplicate"] == 1
    assert set(told["classes"]) == {"cross", "ring"}
    assert sum(told["classes"].values()) == told["used"]


def test_people_are_told_what_was_left_out_and_why(gensmith, project, mess) -> None:
    said = gensmith("import", project, mess).err
    assert "52 found = 49 used + 3 left out" in said
    assert "notes.txt: not a picture" in said
    assert "cut.png" in said


def test_the_document_holds_the_same(gensmith, project, mess) -> None:
    told = gensmith("import", project, mess, "--json", "--size", 16, "--licence", "CC0").json
    data = read_document(project).data
    assert (data.found, data.used, data.size, data.licence) == (told["found"], told["used"], 16, "CC0")
    assert data.sources == [str(mess)]
    assert Project.open(project, read_only=True).encoded_folder is not None


def test_a_second_folder_is_added_and_a_first_not_twice(gensmith, project, pictures, tmp_path) -> None:
    more = draw(tmp_path / "more", count=10, seed=5)
    assert gensmith("import", project, pictures, "--json").json["found"] == 48
    assert gensmith("import", project, more, pictures, "--json").json["found"] == 58
    assert gensmith("import", project, "--json").json["found"] == 58


def test_a_folder_without_pictures_is_bad_material(gensmith, project, tmp_path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a")
    answer = gensmith("import", project, tmp_path / "texts")
    assert answer.code == 3
    assert read_document(project).data.encoded is None


def test_what_is_not_there_is_said(gensmith, project, tmp_path) -> None:
    assert gensmith("import", project, tmp_path / "nothing").code == 3
    assert gensmith("import", project).code == 2
    assert gensmith("import", tmp_path / "no project", tmp_path).code == 2


def test_a_project_that_is_open_elsewhere_is_left_alone(gensmith, project, pictures) -> None:
    with Project.open(project):
        answer = gensmith("import", project, pictures)
    assert answer.code == 4
    assert "open in another window" in answer.err


def test_samples_are_written_and_never_over_something(gensmith, tmp_path) -> None:
    answer = gensmith("sample", "digits", "--out", tmp_path / "digits", "--json")
    assert answer.json["count"] == 1797 == len(list((tmp_path / "digits").rglob("*.png")))
    assert answer.json["licence"] == "CC BY 4.0"
    assert gensmith("sample", "digits", "--out", tmp_path / "digits").code == 2
    assert gensmith("sample", "cats", "--out", tmp_path / "cats").code == 2
    assert not (tmp_path / "cats").exists()


# ---------------------------------------------------------------- what was noticed


@pytest.fixture(scope="session")
def spoiled(tmp_path_factory):
    """Photographs, two of them blurred, one with bars, one twice, with captions; in an archive."""
    folder = tmp_path_factory.mktemp("spoiled")
    photos, rng = defects.landscapes(14, seed=3), np.random.default_rng(2)
    photos[12] = defects.blur(6)(photos[12], rng)
    photos[13] = defects.letterbox("letterbox")(photos[13], rng)
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        for number, photo in enumerate([*photos, photos[0].resize((128, 128))]):
            photo.save(folder / "one.jpg", quality=92)
            archive.write(folder / "one.jpg", f"{number:02}.jpg")
        archive.writestr("03.txt", "a hill in fog")
    return folder / "photos.zip"


def test_findings_are_said_with_what_to_do(gensmith, project, spoiled) -> None:
    answer = gensmith("import", project, spoiled, "--json")
    assert answer.json["found"] == 15 == answer.json["used"]
    assert answer.json["noticed"] == {"near duplicate": 1, "blurred": 1, "border": 1}
    assert answer.json["captions"] == 1
    assert "--leave-out" in answer.err and "--mend border" in answer.err


def test_findings_are_left_out_and_mended_and_taken_back(gensmith, project, spoiled) -> None:
    told = gensmith("import", project, spoiled, "--leave-out", "blurred,near-duplicate", "--mend", "border", "--json").json
    assert told["left_out"] == {"near duplicate": 1, "blurred": 1}
    assert (told["used"], told["mended"]) == (13, 1)
    assert "border" not in told["noticed"]
    again = gensmith("import", project, "--json").json
    assert (again["used"], again["mended"]) == (13, 1)
    back = gensmith("import", project, "--leave-out", "none", "--mend", "none", "--json").json
    assert (back["used"], back["left_out"], back["mended"]) == (15, {}, 0)


def test_a_finding_that_there_is_not(gensmith, project, spoiled) -> None:
    answer = gensmith("import", project, spoiled, "--leave-out", "ugly")
    assert answer.code == 2
    assert "near-duplicate" in answer.err
    assert gensmith("import", project, spoiled, "--mend", "blurred").code == 2
