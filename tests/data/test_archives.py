"""Archives, captions and films: every entry accounted for, nothing outside, nothing twice."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from desktop_app.data import Cancelled, archives, encode, inspect, open_encoded
from desktop_app.project.document import Data
from tests.data.conftest import Import
from tests.data.pictures import scene


def png(number: int, side: int = 40) -> bytes:
    stream = io.BytesIO()
    scene(number, side, side).save(stream, "PNG")
    return stream.getvalue()


FILES = {"cats/a.png": png(1), "cats/b.png": png(2), "dogs/東京 📷.png": png(3), "dogs/readme.md": b"hello"}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(mode: str) -> Callable[[Path, dict[str, bytes]], Path]:
    def pack(path: Path, files: dict[str, bytes]) -> Path:
        with tarfile.open(path, mode) as archive:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return path

    return pack


PACKERS = {
    "a.zip": zipped,
    "a.tar": tarred("w"),
    "a.tgz": tarred("w:gz"),
    "a.tar.bz2": tarred("w:bz2"),
    "a.tar.xz": tarred("w:xz"),
}


@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_is_like_its_folder(look: Import, tmp_path: Path, data_folder: Path, name: str) -> None:
    path = PACKERS[name](tmp_path / name, FILES)
    before = path.read_bytes()
    inventory = look(path)
    assert (inventory.found, inventory.used, inventory.left_out) == (4, 3, {"not a picture": 1})
    assert {item.key: item.class_name for item in inventory.items if item.used} == {
        f"{name}/cats/a.png": "cats", f"{name}/cats/b.png": "cats", f"{name}/dogs/東京 📷.png": "dogs",
    }  # fmt: skip
    assert [item.name for item in inventory.items][2] == "東京 📷.png"
    assert path.read_bytes() == before
    unpacked = list((data_folder / "unpacked").iterdir())
    look(path)
    assert list((data_folder / "unpacked").iterdir()) == unpacked
    (tmp_path / "other").mkdir()
    look(tmp_path / "other")
    assert not list((data_folder / "unpacked").iterdir())


def test_archives_in_a_folder_are_entered_once(look: Import, folder: Path) -> None:
    (folder / "more").mkdir()
    inner = zipped(folder / "inner.zip", {"hidden.png": png(5)})
    zipped(folder / "more" / "all.ZIP", FILES | {"deep/inner.zip": inner.read_bytes()})
    inner.unlink()
    items = {item.key.removeprefix(f"{folder.name}/"): item for item in look().items}
    assert set(items) == {f"more/all.ZIP/{name}" for name in (*FILES, "deep/inner.zip")}
    assert items["more/all.ZIP/cats/a.png"].class_name == "cats"
    assert sum(item.used for item in items.values()) == 3
    closed = items["more/all.ZIP/deep/inner.zip"]
    assert closed.reason == "unreadable"
    assert "Unpack it" in closed.findings[0].message


def test_entries_that_lead_outside_or_are_no_files(look: Import, tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in {"../../up.png": png(1), "/abs.png": png(2), "ok.png": png(3), "C:\\x.png": png(4)}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for kind, target in ((tarfile.SYMTYPE, "/etc"), (tarfile.LNKTYPE, "ok.png"), (tarfile.CHRTYPE, "")):
            info = tarfile.TarInfo(f"odd {kind!r}")
            info.type, info.linkname = kind, target
            archive.addfile(info)
    inventory = look(path)
    assert (inventory.found, inventory.used, inventory.left_out) == (7, 1, {"unreadable": 6})
    assert not list(tmp_path.parent.rglob("up.png"))
    assert {finding.message for item in inventory.items for finding in item.findings} == {archives.OUTSIDE, archives.NO_FILE}


def test_a_bomb_is_refused(look: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 3 * 2**20)
    files = {"a.png": png(1), "zeros": bytes(8 * 2**20), "b.png": png(2)}
    path = tarred("w:gz")(tmp_path / "bomb.tgz", files)
    assert path.stat().st_size < 2**17
    inventory = look(path)
    assert (inventory.found, inventory.used) == (2, 1)
    assert inventory.items[1].findings[0].message == archives.TOO_MUCH


def test_what_says_itself_that_it_is_too_large_is_left_closed(
    look: Import, folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.png": png(1), "zeros": bytes(8 * 2**20), "b.png": png(2)}
    path = zipped(folder / "large.zip", files)
    scene(9).save(folder / "c.png")
    monkeypatch.setattr(archives, "MOST_UNASKED", 3 * 2**20)
    inventory = look()
    assert (inventory.found, inventory.used, inventory.left_out) == (2, 1, {"unreadable": 1})
    assert inventory.items[1].findings[0].message == archives.UNASKED.format(size="0.0 GB")
    assert not list(data_folder.rglob("*.png"))
    assert look(path).used == 2  # the archive itself was asked for
    monkeypatch.setattr(archives, "MOST_BYTES", 3 * 2**20)
    copy = path.rename(folder / "other.zip")
    refused = look(copy)
    assert (refused.found, refused.used) == (1, 0)
    assert refused.items[0].findings[0].message == archives.TOO_LARGE.format(size="0.0 GB")


def test_an_archive_without_pictures_in_a_folder_stays_closed(
    look: Import, folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene(1).save(folder / "a.png")
    zipped(folder / "source.zip", {f"src/{number}.py": b"pass" for number in range(40)})
    tarred("w:gz")(folder / "texts.tgz", {"a.txt": b"hello", "b/notes": b"milk"})
    inventory = look()
    assert (inventory.found, inventory.used, inventory.left_out) == (3, 1, {"not a picture": 2})
    assert [item.key for item in inventory.items] == ["pictures/a.png", "pictures/source.zip", "pictures/texts.tgz"]
    assert not [path for path in (data_folder / "unpacked").iterdir() if path.is_dir()]
    monkeypatch.setattr(archives._Reading, "members", None)  # it is not even looked through again
    assert look().found == 3


def test_a_picture_in_an_archive_needs_no_name(look: Import, folder: Path) -> None:
    zipped(folder / "a.zip", {"readme": b"hello", "blob": png(1)})
    tarred("w:xz")(folder / "b.tar.xz", {"readme": b"hello", "blob": png(2)})
    inventory = look()
    assert (inventory.found, inventory.used) == (4, 2)


def test_damage_to_one_entry_costs_that_entry(look: Import, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.png": png(1), "b.png": png(2), "c.png": png(3)})
    content = bytearray(path.read_bytes())
    place = content.find(b"b.png") + 200
    content[place : place + 40] = bytes(40)
    path.write_bytes(content)
    inventory = look(path)
    assert (inventory.found, inventory.used, inventory.left_out) == (3, 2, {"unreadable": 1})


@pytest.mark.parametrize("name", ["cut.tgz", "cut.zip", "none.zip", "text.tar"])
def test_an_archive_that_cannot_be_read_is_an_item_itself(look: Import, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    (zipped if name.endswith("zip") else tarred("w:gz"))(path, {f"{n}.png": png(n) for n in range(6)})
    content = path.read_bytes()
    path.write_bytes({"cut": content[: len(content) // 2], "non": b"", "tex": b"hello" * 900}[name[:3]])
    inventory = look(path)
    assert inventory.found > inventory.used
    assert inventory.items[-1].path.name.endswith(name) or inventory.items[-1].key == name
    assert "archive" in inventory.items[-1].findings[0].message.lower()


def test_unpacking_can_be_cancelled_and_leaves_nothing(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.png": png(1), "big": os.urandom(4 * 2**20), "b.png": png(2)})
    calls: list[int] = []
    with pytest.raises(Cancelled):
        inspect(Data(sources=[str(path)]), tmp_path / "data", cancelled=lambda: calls.append(1) or len(calls) > 2)
    assert not [found for found in (tmp_path / "data" / "unpacked").iterdir() if found.is_file() or any(found.iterdir())]


# ---------------------------------------------------------------- captions and classes


def test_captions_beside_pictures_are_no_pictures(look: Import, folder: Path, data_folder: Path) -> None:
    for number in range(4):
        scene(number).save(folder / f"{number}.png")
    (folder / "0.txt").write_text("  a red\nboat ", encoding="utf-8-sig")
    (folder / "1.txt").write_bytes("ein schöner Tag".encode("utf-16"))
    (folder / "9.txt").write_text("belongs to nobody")
    inventory = look()
    assert (inventory.found, inventory.left_out) == (5, {"not a picture": 1})
    assert {item.name: item.caption for item in inventory.items if item.caption} == {
        "0.png": "a red boat",
        "1.png": "ein schöner Tag",
    }
    data = Data(sources=[str(folder)], captions={inventory.items[3].key: "by hand"})
    encoded = open_encoded(data_folder / encode(look(captions=data.captions), data, data_folder))
    assert encoded.captions == ["a red boat", "ein schöner Tag", "", "by hand"]


TABLES = {
    "metadata.csv": 'file_name,text,label\n0.png,"a boat, red",boat\nsub/1.png,a tree,tree\nnowhere.png,x,y\n',
    "list.tsv": "filename\tcaption\tclass\n0.png\ta boat, red\tboat\nsub/1.png\ta tree\ttree\n",
    "data.jsonl": '{"file_name":"0.png","text":"a boat, red","label":"boat"}\nbroken{\n'
    '{"image":"./sub/1.png","caption":["a tree","b"],"class":"tree"}\n',
    "semicolons.csv": "Image;Caption;Class\r\n0.png;a boat, red;boat\r\nsub\\1.png;a tree;tree\r\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_tell_captions_and_classes(look: Import, folder: Path, name: str) -> None:
    (folder / "sub").mkdir()
    scene(0).save(folder / "0.png")
    scene(1).save(folder / "sub" / "1.png")
    (folder / name).write_text(TABLES[name], encoding="utf-8")
    inventory = look()
    assert inventory.found == 2
    assert {(item.caption, item.class_name) for item in inventory.items} == {("a boat, red", "boat"), ("a tree", "tree")}
    key = inventory.items[0].key
    named = look(kinds={key: "ship"})
    assert named.classes == {"ship": 1, "tree": 1}
    assert look(kinds={key: ""}).classes == {"tree": 1}


def test_a_table_without_a_head_and_one_that_says_nothing(look: Import, folder: Path) -> None:
    scene(0).save(folder / "0.png")
    (folder / "plain.csv").write_text("0.png,a boat\n")
    (folder / "prices.csv").write_text("a,b\n1,2\n")
    inventory = look()
    assert (inventory.found, inventory.left_out) == (2, {"not a picture": 1})
    assert inventory.items[0].caption == "a boat"


# ---------------------------------------------------------------- films


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff"])
def test_every_picture_of_a_film_when_asked(look: Import, folder: Path, data_folder: Path, suffix: str) -> None:
    film = [scene(number).quantize(64).convert("RGB") for number in range(3)]
    film[0].save(folder / f"film.{suffix}", save_all=True, append_images=film[1:])
    scene(5).save(folder / "still.png")
    assert (one := look()).found == 2 and [f.code for item in one.items for f in item.findings] == ["several pictures"]
    inventory = look(frames=True)
    assert [item.key for item in inventory.items if "film" in item.key] == [f"pictures/film.{suffix}#{n}" for n in (1, 2, 3)]
    assert inventory.used == 4 and len({item.digest for item in inventory.items}) == 4
    data = Data(sources=[str(folder)], frames=True, size=16)
    encoded = open_encoded(data_folder / encode(look(frames=True, size=16), data, data_folder))
    assert len(encoded.keys) == 4
    with Image.open(folder / f"film.{suffix}") as opened:
        assert opened.n_frames == 3
