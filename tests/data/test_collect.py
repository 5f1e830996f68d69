"""From sources to files and classes: nothing skipped by its name, nothing counted twice, nothing endless."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desktop_app.data.collect import collect
from desktop_app.project.errors import GensmithError
from desktop_app.project.store import Project
from tests.data.conftest import Import
from tests.data.pictures import scene

NAMES = [
    "猫の写真.png",
    "кошка.png",
    "قطة.png",
    "गिनती.png",
    "ñandú è ß.png",
    "🙂.png",
    "a b'c\"d;$(e).png",
    ".hidden.png",
    "no suffix",
]


def save(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    scene(number).save(path, "PNG")


def classes(inventory_items: object, folder: Path) -> dict[str, str | None]:
    return {item.path.relative_to(folder).as_posix(): item.class_name for item in inventory_items}  # type: ignore[attr-defined]


def test_any_name_is_a_name(look: Import, folder: Path) -> None:
    for number, name in enumerate(NAMES):
        save(folder / name, number)
    inventory = look()
    assert inventory.used == len(NAMES)
    assert {item.path.name for item in inventory.items} == set(NAMES)


def test_names_as_long_as_the_disk_allows(look: Import, folder: Path) -> None:
    save(folder / ("x" * 251 + ".png"), 1)
    save(folder / ("d" * 255) / ("é" * 125 + ".png"), 2)
    assert look().used == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are no text")
def test_a_name_that_is_no_text_has_a_key_that_is(look: Import, folder: Path) -> None:
    save(folder / os.fsdecode(b"caf\xe9.png"), 1)
    (item,) = look().items
    assert item.used
    assert item.key == "pictures/caf\\xe9.png"
    item.key.encode()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems compose file names themselves")
def test_names_that_read_alike_have_different_keys(look: Import, folder: Path) -> None:
    save(folder / "\u00e9.png", 1)
    save(folder / "e\u0301.png", 2)
    assert look().used == 2


def test_everything_below_is_found_and_counted(look: Import, folder: Path) -> None:
    save(folder / "a" / "b" / "c" / "deep.png", 1)
    save(folder / ".config" / "hidden.png", 2)
    (folder / "empty").mkdir()
    (folder / "notes.txt").write_text("no picture")
    inventory = look()
    assert inventory.found == 3
    assert inventory.left_out == {"not a picture": 1}


def test_links_are_followed_and_loops_end(look: Import, folder: Path, tmp_path: Path) -> None:
    save(folder / "a" / "one.png", 1)
    save(tmp_path / "elsewhere" / "two.png", 2)
    (folder / "a" / "back").symlink_to(folder, target_is_directory=True)
    (folder / "self").symlink_to(folder / "self")
    (folder / "out").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    (tmp_path / "elsewhere" / "again").symlink_to(folder / "a", target_is_directory=True)
    inventory = look()
    assert sorted(item.path.name for item in inventory.items if item.used) == ["one.png", "two.png"]
    assert inventory.left_out == {"unreadable": 2}
    assert {item.class_name for item in inventory.items if item.used} == {"a", "out"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_opened(look: Import, folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    assert look().left_out == {"unreadable": 1}


def test_a_file_is_counted_once_whatever_way_it_came(look: Import, folder: Path) -> None:
    save(folder / "sub" / "one.png", 1)
    save(folder / "two.png", 2)
    inventory = look(folder, folder / "sub", folder / "two.png", folder)
    assert inventory.found == inventory.used == 2


def test_single_files_are_sources(look: Import, folder: Path) -> None:
    save(folder / "one.png", 1)
    save(folder / "two.png", 2)
    inventory = look(folder / "one.png")
    assert [item.key for item in inventory.items] == ["one.png"]


def test_namesakes_from_two_places_have_different_keys(look: Import, tmp_path: Path) -> None:
    save(tmp_path / "x" / "cats" / "1.png", 1)
    save(tmp_path / "y" / "cats" / "1.png", 2)
    inventory = look(tmp_path / "x" / "cats", tmp_path / "y" / "cats")
    assert [item.key for item in inventory.items] == ["cats/1.png", "cats (2)/1.png"]


def test_keys_stay_when_pictures_are_added(look: Import, folder: Path) -> None:
    save(folder / "b.png", 1)
    before = {item.key for item in look().items}
    save(folder / "a.png", 2)
    assert before < {item.key for item in look().items}


def test_a_source_that_is_gone_is_named(look: Import, folder: Path) -> None:
    with pytest.raises(GensmithError, match=r"missing .* not there any more") as caught:
        look(folder / "missing 你")
    assert caught.value.remedy
    assert caught.value.code == 3


def test_the_project_itself_is_no_material(folder: Path, look: Import) -> None:
    save(folder / "one.png", 1)
    with Project.create(folder / "My project") as project:
        save(project.data_folder / "thumbnails" / "x.png", 2)
        save(project.runs_folder / "previews" / "y.png", 3)
        assert [c.path.name for c in collect([str(folder)])] == ["one.png"]
    assert look().found == 1


def test_a_folder_inside_the_project_may_be_a_source(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        save(project.folder / "pictures" / "one.png", 1)
        assert len(collect([str(project.folder / "pictures")], [project.folder])) == 1


# ---------------------------------------------------------------- classes


def test_sub_folders_are_classes(look: Import, folder: Path) -> None:
    for number, name in enumerate(["cat/1", "cat/2", "dog/deeper/3", "4"]):
        save(folder / f"{name}.png", number)
    inventory = look()
    assert inventory.classes == {"cat": 2, "dog": 1}
    assert classes(inventory.items, folder)["dog/deeper/3.png"] == "dog"
    assert classes(inventory.items, folder)["4.png"] is None


def test_one_sub_folder_is_no_class(look: Import, folder: Path) -> None:
    save(folder / "cat" / "1.png", 1)
    (folder / "texts").mkdir()
    (folder / "texts" / "readme.txt").write_text("hello")
    assert look().classes == {}


def test_lone_folders_around_are_looked_through(look: Import, folder: Path) -> None:
    save(folder / "download" / "set" / "cat" / "1.png", 1)
    save(folder / "download" / "set" / "dog" / "2.png", 2)
    assert look().classes == {"cat": 1, "dog": 1}


def test_divided_sets_have_the_inner_folders_as_classes(look: Import, folder: Path) -> None:
    for number, name in enumerate(["train/cat", "train/dog", "test/cat", "test/dog"]):
        save(folder / name / "1.png", number)
    assert look().classes == {"cat": 2, "dog": 2}


def test_many_outer_folders_are_the_classes(look: Import, folder: Path) -> None:
    for number in range(8):
        save(folder / "abcd"[number // 2] / ("day", "night")[number % 2] / "1.png", number)
    assert set(look().classes) == set("abcd")


def test_folders_dropped_together_are_classes(look: Import, folder: Path) -> None:
    save(folder / "cat" / "1.png", 1)
    save(folder / "dog" / "2.png", 2)
    assert look(folder / "cat", folder / "dog").classes == {"cat": 1, "dog": 1}
    assert look(folder / "cat").classes == {}
