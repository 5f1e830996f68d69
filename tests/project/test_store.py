"""A project's folder: made, opened, locked, saved at every change, undone, migrated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platformdirs import user_documents_path

from desktop_app.project import store
from desktop_app.project.document import VERSION
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.store import Project, forget, projects_folder, recent

HOLD = """
import sys
from pathlib import Path
from desktop_app.project.store import Project
project = Project.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "Été 東京") as made:
        yield made


def stored(project: Project) -> dict:
    return json.loads((project.folder / "project.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- making and opening


def test_a_project_is_found_where_it_was_left(project) -> None:
    project.change("data", size=24, sources=["/somewhere"])
    project.change("", step=4)
    project.close()
    with Project.open(project.folder) as again:
        assert again.document == project.document
        assert again.document.step == 4


def test_only_an_empty_folder_becomes_a_project(tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(GensmithError, match="not empty"):
        Project.create(tmp_path)
    with pytest.raises(GensmithError, match="not empty"):
        Project.create(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_project_is_never_made_over_another(project) -> None:
    with pytest.raises(GensmithError, match="already a project"):
        Project.create(project.folder)


def test_a_long_folder_name_is_shortened_for_the_title(tmp_path) -> None:
    with Project.create(tmp_path / ("n" * 200)) as made:
        assert len(made.document.name) == 120


def test_what_is_no_project_is_said(tmp_path) -> None:
    with pytest.raises(GensmithError, match="no project"):
        Project.open(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1, "name": ""}', '{"version": 1, "surprise": 1}', "null"])
def test_a_damaged_project_is_refused_and_left_alone(project, content) -> None:
    project.close()
    (project.folder / "project.json").write_text(content)
    with pytest.raises(GensmithError) as caught:
        Project.open(project.folder)
    assert caught.value.code in (2, 3)
    assert (project.folder / "project.json").read_text() == content


def test_the_version_before_stays_beside_it(project) -> None:
    project.change("data", size=16)
    project.change("data", size=32)
    before = json.loads((project.folder / "project.json.bak").read_text(encoding="utf-8"))
    assert (before["data"]["size"], stored(project)["data"]["size"]) == (16, 32)


# ---------------------------------------------------------------- versions


def test_a_newer_project_is_refused_in_words_and_left_alone(project) -> None:
    project.close()
    newer = stored(project) | {"version": VERSION + 1, "from_the_future": True}
    write_json(project.folder / "project.json", newer)
    with pytest.raises(GensmithError, match="newer Gensmith"):
        Project.open(project.folder)
    assert stored(project) == newer


def test_an_older_project_is_brought_up_step_by_step(project, monkeypatch) -> None:
    project.close()
    old = stored(project) | {"version": 1}
    old["data"]["side"] = old["data"].pop("size")
    write_json(project.folder / "project.json", old)

    def rename(raw: dict) -> dict:
        data = dict(raw["data"])
        return raw | {"data": data | {"size": data.pop("side")} if "side" in data else data, "name": "renamed"}

    def drop_side(raw: dict) -> dict:
        raw["data"].pop("side", None)
        return raw | {"name": raw["name"] + ", then dropped"}

    monkeypatch.setattr(store, "VERSION", 3)
    monkeypatch.setattr(store, "_MIGRATIONS", {1: rename, 2: drop_side})
    with Project.open(project.folder) as migrated:
        assert migrated.document.name == "renamed, then dropped"
        assert migrated.document.version == 3


@pytest.mark.parametrize(("family", "kept_for"), [("diffusion", "diffusion"), (None, "diffusion"), ("other", "other")])
def test_settings_of_the_first_version_are_kept_for_their_family(project, family, kept_for) -> None:
    project.close()
    old = stored(project) | {"version": 1}
    del old["training"]["start"]
    old["training"]["settings"] = {"dropout": 0.2}
    old["architecture"]["family"] = family
    write_json(project.folder / "project.json", old)
    with Project.open(project.folder) as migrated:
        assert migrated.document.training.settings == {kept_for: {"dropout": 0.2}}
        assert (migrated.document.version, migrated.document.training.start) == (VERSION, "")


def test_every_older_version_has_its_migration() -> None:
    assert set(store._MIGRATIONS) == set(range(1, VERSION))


@pytest.mark.parametrize("version", [None, 0, -1, "1", 1.5])
def test_a_version_that_means_nothing_is_refused(version) -> None:
    with pytest.raises(GensmithError, match="names no version"):
        store.migrate({"version": version})


# ---------------------------------------------------------------- two windows


def test_two_windows_cannot_write_one_project(project) -> None:
    project.close()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(project.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(GensmithError, match="open in another window") as caught:
            Project.open(project.folder)
        assert caught.value.code == 4
        watching = Project.open(project.folder, read_only=True)
        with pytest.raises(GensmithError, match="reading only"):
            watching.change("data", size=64)
        assert watching.document.data.size is None
        other.kill()
    Project.open(project.folder).close()  # a killed window leaves no lock behind


# ---------------------------------------------------------------- undo


SIZES = st.lists(st.one_of(st.integers(8, 512), st.sampled_from(["undo", "redo"])), max_size=25)


@given(SIZES)
def test_undo_and_redo_walk_through_the_changes(tmp_path_factory, actions) -> None:
    past, now, future = [], None, []
    with Project.create(tmp_path_factory.mktemp("undo") / "p") as project:
        for action in actions:
            if action == "undo":
                project.undo()
                if past:
                    future.append(now)
                    now = past.pop()
            elif action == "redo":
                project.redo()
                if future:
                    past.append(now)
                    now = future.pop()
            else:
                project.change("data", size=action)
                if action != now:
                    past, now, future = [*past, now], action, []
            assert project.document.data.size == now == stored(project)["data"]["size"]
            assert (project.can_undo, project.can_redo) == (bool(past), bool(future))


def test_a_refused_value_changes_nothing(project) -> None:
    before = project.document.model_dump_json()
    with pytest.raises(GensmithError, match="size"):
        project.change("data", colour="gray", size=3)
    assert project.document.model_dump_json() == before
    assert not project.can_undo


def test_a_disk_that_refuses_changes_nothing(project, monkeypatch) -> None:
    before = project.document.model_dump_json()
    backup = project.folder / "project.json.bak"
    backup.unlink(missing_ok=True)
    backup.mkdir()  # a copy cannot be written there
    with pytest.raises(GensmithError) as caught:
        project.change("data", size=64)
    assert caught.value.code == 4
    assert project.document.model_dump_json() == before
    assert stored(project)["data"]["size"] is None


# ---------------------------------------------------------------- recent projects


def test_recent_projects_are_newest_first_and_still_there(tmp_path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        Project.create(folder).close()
    Project.open(folders[0]).close()
    (folders[1] / "project.json").unlink()
    assert recent() == [folders[0], folders[2]]
    forget(folders[0])
    assert recent() == [folders[2]]
    assert folders[0].is_dir()


@pytest.mark.parametrize("content", ["{", "5", '{"a": 1}', "[5]"])
def test_a_damaged_list_of_recent_projects_is_no_list(gensmith_home, content) -> None:
    (gensmith_home / "recent.json").write_text(content)
    assert recent() == []


def test_new_projects_go_to_the_documents_or_the_portable_home(gensmith_home, monkeypatch) -> None:
    assert projects_folder() == gensmith_home / "projects"
    monkeypatch.delenv("GENSMITH_HOME")
    assert projects_folder() == user_documents_path() / "Gensmith"


def test_a_broken_link_to_the_arrays_is_no_folder(project) -> None:
    project.change("data", encoded="abc")
    assert project.encoded_folder is None
    (project.data_folder / "abc").mkdir(parents=True)
    assert project.encoded_folder == project.folder / "data" / "abc"
    assert isinstance(project.encoded_folder, Path)
