"""Anything at all as material: every input accounted for, nothing raised, nothing that hangs, nothing written outside.

``GENSMITH_FUZZ=5000`` tries so many inputs in place of a few hundred; ``GENSMITH_FUZZ_SEED`` other ones.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from desktop_app.data import Inventory, encode, inspect, open_encoded
from desktop_app.project.document import Data, Mend
from tests.data.mutations import mutated
from tests.data.pictures import scene

INPUTS = int(os.environ.get("GENSMITH_FUZZ", "360"))
SEED = int(os.environ.get("GENSMITH_FUZZ_SEED", "1"))
BATCH = 60

SUFFIXES = (
    "png", "jpg", "gif", "bmp", "tiff", "webp", "ico", "tga", "pcx", "jp2", "avif", "dds", "qoi", "ppm", "sgi", "icns",
    "mpo", "xbm", "blp",
)  # fmt: skip
NAMES = (
    "ordinary", "  spaces  ", "東京 写真", "Ünïcödé", "صورة جميلة", "תמונה", "ภาพถ่าย", "фото", "📷👩‍👩‍👧", "e\u0301 und é",
    "\u202egnp.exe", "-rf", "%s%n{0}", "a'b\"c`d", "CON", "tab\tin",
    "line\nbreak", "\u200bzero", "x" * 240, "界" * 80, "~", "#1",
)  # fmt: skip


def _seeds() -> list[tuple[str, bytes]]:
    """A small picture in every format that can be written."""
    found = []
    for suffix in SUFFIXES:
        for mode in ("RGB", "L", "P", "1", "RGBA"):
            stream = io.BytesIO()
            try:
                scene(len(found), 24, 20).convert(mode).save(stream, Image.registered_extensions()[f".{suffix}"])
            except (KeyError, OSError, ValueError):
                continue
            found.append((suffix, stream.getvalue()))
    return found + [("heic", path.read_bytes()) for path in sorted(Path(__file__).parent.glob("*.heic"))]


SEEDS = _seeds()


def material(rng: random.Random) -> tuple[str, bytes]:
    """A suffix and what the file holds: sound, damaged, cut, of another kind than it says, or noise."""
    suffix, content = rng.choice(SEEDS)
    if rng.random() < 0.15:
        suffix = rng.choice([*SUFFIXES, "txt", "csv", "jsonl", "zip", "heic", "svg", ""])
    match rng.randrange(6):
        case 0:
            return suffix, content
        case 1:
            return suffix, content[: rng.randrange(len(content))]
        case 2:
            return suffix, rng.randbytes(rng.randrange(400))
        case _:
            return suffix, mutated(content, rng)


def name(rng: random.Random, suffix: str) -> str:
    """A name in any script, at most 255 bytes long."""
    stem = rng.choice(NAMES)
    ending = f"{rng.randrange(10**6):x}.{suffix}"
    while len(f"{stem}{ending}".encode()) > 255:
        stem = stem[:-1]
    return f"{stem}{ending}".replace("/", "_")


# ---------------------------------------------------------------- containers


def in_folder(place: Path, files: list[tuple[str, bytes]], rng: random.Random) -> int:
    """Files in folders, some of them deep, with links that lead in circles."""
    for file, content in files:
        folder = place
        for _ in range(rng.choice([0, 0, 1, 2, 12])):
            folder = folder / rng.choice(("a", "b", "深い", "📁"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    place.mkdir(exist_ok=True)
    if hasattr(os, "symlink"):
        (place / "circle").symlink_to(place, target_is_directory=True)
        (place / "nowhere.png").symlink_to(place / "gone.png")
        return 1
    return 0


def in_zip(place: Path, files: list[tuple[str, bytes]], rng: random.Random) -> int:
    """A zip with names that lead outside, links and folders."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files:
            prefix = rng.choice(["", "", "a/", "a/b/", "../", "../../../tmp/", "/", "C:\\", "..\\"])
            archive.writestr(f"{prefix}{file}", content)
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.mkdir("empty")
    return 1


def in_tar(place: Path, files: list[tuple[str, bytes]], rng: random.Random) -> int:
    """A tar, packed or not, with everything that tar can hold."""
    with tarfile.open(place, rng.choice(["w", "w:gz", "w:bz2", "w:xz"])) as archive:
        for file, content in files:
            info = tarfile.TarInfo(rng.choice(["", "a/", "../", "/", "./a/"]) + file)
            info.size, info.mode = len(content), rng.choice([0, 0o644, 0o7777])
            archive.addfile(info, io.BytesIO(content))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.BLKTYPE):
            info = tarfile.TarInfo(f"odd{ord(kind)}")
            info.type, info.linkname = kind, rng.choice(["/", "..", "odd", "a"])
            archive.addfile(info)
    return 4


CONTAINERS: dict[str, Callable[[Path, list[tuple[str, bytes]], random.Random], int]] = {
    "folder": in_folder,
    "files.zip": in_zip,
    "files.tar": in_tar,
}


def accounted(inventory: Inventory) -> bool:
    """Found = used + left out, each with a reason, a sentence and a name of its own."""
    assert inventory.found == len(inventory.items) == inventory.used + sum(inventory.left_out.values())
    assert len({item.key for item in inventory.items}) == inventory.found
    assert all((item.reason is None) == item.used for item in inventory.items)
    return all(finding.message.endswith(".") for item in inventory.items for finding in item.findings)


def unchanged_around(folder: Path) -> set[Path]:
    """Everything beside the project and the sources."""
    return {path for path in folder.iterdir() if path.name not in ("project", *CONTAINERS)}


@pytest.mark.timeout(60 + INPUTS)
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("batch", range(max(1, INPUTS // BATCH // len(CONTAINERS))))
def test_everything_is_accounted_for(tmp_path: Path, container: str, batch: int) -> None:
    rng = random.Random(f"{SEED} {container} {batch}")
    contents = [material(rng) for _ in range(BATCH)]
    files = list({name(rng, suffix): content for suffix, content in contents}.items())
    around = unchanged_around(tmp_path)
    extra = CONTAINERS[container](tmp_path / container, files, rng)
    data = Data(sources=[str(tmp_path / container)], frames=bool(batch % 2), size=16)
    inventory = inspect(data, tmp_path / "project" / "data")
    assert accounted(inventory)
    described = sum(file.endswith((".txt", ".csv", ".jsonl")) for file, _ in files)
    assert inventory.found >= len(files) + extra - described
    assert batch % 2 or inventory.found <= len(files) + extra
    assert unchanged_around(tmp_path) == around
    if inventory.used:
        encoded = open_encoded(tmp_path / "project" / "data" / encode(inventory, data, tmp_path / "project" / "data"))
        assert len(encoded.items) == inventory.used


@pytest.mark.timeout(60 + INPUTS)
def test_damaged_archives_are_accounted_for(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    for number in range(max(10, INPUTS // 12)):
        container = rng.choice(["files.zip", "files.tar"])
        path = tmp_path / f"{number}.{rng.choice(['zip', 'tar', 'tgz', 'tar.xz', 'cbz'])}"
        CONTAINERS[container](path, [(f"{n}.png", SEEDS[n][1]) for n in range(3)], rng)
        content = path.read_bytes()
        path.write_bytes(mutated(content, rng) if rng.random() < 0.7 else content[: rng.randrange(len(content))])
        inventory = inspect(Data(sources=[str(path)]), tmp_path / "project" / "data")
        assert accounted(inventory)
        assert inventory.found >= 1
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"project"}


def test_headers_that_are_bombs_fill_no_memory(tmp_path: Path) -> None:
    head = tarfile.TarInfo("pax")
    head.type, head.size = tarfile.XHDTYPE, 2**33
    (tmp_path / "bomb.tar").write_bytes(head.tobuf() + bytes(4096))
    (tmp_path / "bomb.tgz").write_bytes(gzip.compress(head.tobuf() + bytes(2**26)))
    for kind in ("bomb.tar", "bomb.tgz"):
        inventory = inspect(Data(sources=[str(tmp_path / kind)]), tmp_path / "data")
        assert accounted(inventory) and inventory.used == 0 and inventory.found == 1


@pytest.mark.parametrize("text", ["0.png," * 5000, '{"file_name":' * 3000, "\0" * 999, "file_name,text\n" + '"0.png' * 999])
def test_any_table_beside_a_picture(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    scene(0).save(folder / "0.png")
    for suffix in ("csv", "tsv", "jsonl", "txt"):
        (folder / f"0.{suffix}").write_text(text)
    inventory = inspect(Data(sources=[str(folder)]), tmp_path / "data")
    assert accounted(inventory) and inventory.used == 1


def test_any_mend_of_any_picture(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    folder = tmp_path / "pictures"
    folder.mkdir()
    sides = (1, 2, 7, 8, 31, 130)
    for number in range(24):
        picture = scene(number, rng.choice(sides), rng.choice(sides)).convert(rng.choice(["RGB", "L", "RGBA", "P"]))
        picture.save(folder / f"{number}.png")
    mends = {}
    for number in range(24):
        left, top = rng.uniform(-3, 1), rng.uniform(-3, 1)
        frame = (left, top, left + rng.uniform(0.001, 3), top + rng.uniform(0.001, 3)) if number % 2 else None
        turn = rng.choice([0, 90, 180, 270])
        mends[f"pictures/{number}.png"] = Mend.model_validate(
            {"turn": turn, "frame": frame, "trim": number % 3 == 0, "denoise": number % 4 == 0}
        )
    data = Data(sources=[str(folder)], mends=mends, size=16)
    inventory = inspect(data, tmp_path / "data")
    assert accounted(inventory) and inventory.found == 24
    assert inventory.used
    assert len(open_encoded(tmp_path / "data" / encode(inventory, data, tmp_path / "data")).items) == inventory.used
