"""The import: findings with their reasons, counts that add up, a memory, cancelling, and any bytes at all."""

from __future__ import annotations

import os
import random
import sqlite3
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from desktop_app.data import Cancelled, Inventory, decide, inspect, inspection
from desktop_app.data.images import PictureError, decode
from desktop_app.project.document import Data
from tests.data.conftest import Import
from tests.data.mutations import mutated
from tests.data.outside import without_rights
from tests.data.pictures import scene


def codes(inventory: Inventory) -> dict[str, set[str]]:
    return {item.path.name: {finding.code for finding in item.findings} for item in inventory.items}


def reasons(inventory: Inventory) -> dict[str, str | None]:
    return {item.path.name: item.reason for item in inventory.items}


# ---------------------------------------------------------------- findings


def test_a_mixed_folder_adds_up(look: Import, folder: Path) -> None:
    for number in range(12):
        scene(number).save(folder / f"{number}.{'png' if number % 2 else 'jpg'}")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (folder / "cut.jpg").write_bytes((folder / "0.jpg").read_bytes()[:600])
    (folder / "notes.txt").write_text("hello")
    Image.new("RGB", (50, 50), "navy").save(folder / "plain.png")
    scene(50, 7, 90).save(folder / "thin.png")
    scene(1).save(folder / "again.bmp")
    inventory = look()
    assert inventory.found == 18
    left_out = {name: reason for name, reason in reasons(inventory).items() if reason}
    assert left_out == {
        "broken.png": "unreadable", "cut.jpg": "truncated", "notes.txt": "not a picture", "plain.png": "blank",
        "thin.png": "too small", "again.bmp": "duplicate",
    }  # fmt: skip
    assert inventory.left_out == dict.fromkeys(left_out.values(), 1)
    assert all(finding.message[-1] == "." for item in inventory.items for finding in item.findings)


def test_exact_duplicates_by_their_pixels(look: Import, folder: Path) -> None:
    for name in ("a.png", "b.bmp", "c.tiff", "d.webp"):
        scene(1).save(folder / name, lossless=True)
    inventory = look()
    assert reasons(inventory) == {"a.png": None, "b.bmp": "duplicate", "c.tiff": "duplicate", "d.webp": "duplicate"}
    assert "pictures/a.png" in inventory.items[1].findings[-1].message


def test_what_is_left_out_by_itself_can_be_kept_unless_it_is_lost(look: Import, folder: Path) -> None:
    scene(1).save(folder / "a.png")
    scene(1).save(folder / "b.png")
    (folder / "c.png").write_bytes(b"nothing")
    keys = [item.key for item in look().items]
    inventory = look(kept=keys)
    assert reasons(inventory) == {"a.png": None, "b.png": None, "c.png": "unreadable"}
    assert look(left_out=keys[:1], kept=keys).left_out == {"by hand": 1, "unreadable": 1}


def near(look: Import, folder: Path, change: object, **options: object) -> bool:
    scene(7, 256, 256).save(folder / "a.png")
    change(scene(7, 256, 256)).save(folder / "b.jpg", **options)  # type: ignore[operator]
    inventory = look()
    assert inventory.used == 2
    return "near duplicate" in codes(inventory)["b.jpg"]


CHANGES = {
    "compressed": (lambda picture: picture, {"quality": 30}),
    "smaller": (lambda picture: picture.resize((150, 150), Image.Resampling.LANCZOS), {"quality": 90}),
    "brighter": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.06), {"quality": 90}),
    "cropped": (lambda picture: picture.crop((2, 2, 254, 254)), {"quality": 90}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_near_duplicates_are_kept_and_shown(look: Import, folder: Path, name: str) -> None:
    change, options = CHANGES[name]
    assert near(look, folder, change, **options)


DIFFERENT = {
    "turned": lambda picture: picture.rotate(90),
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "one object more": lambda picture: picture.paste((255, 255, 255), (100, 100, 150, 150)) or picture,
    "another colour": lambda picture: Image.merge("RGB", picture.split()[::-1]),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_pictures_are_no_duplicates(look: Import, folder: Path, name: str) -> None:
    assert not near(look, folder, DIFFERENT[name], quality=90)


def test_no_false_alarm_on_sprites_enlarged_with_blur(samples: dict[str, Path], folder: Path, look: Import) -> None:
    for path in sorted(samples["sprites"].rglob("*.png"))[::6]:
        with Image.open(path) as sprite:
            sprite.resize((96, 96), Image.Resampling.BICUBIC).save(folder / path.name)
    assert not [name for name, found in codes(look()).items() if "near duplicate" in found]


def test_blur_is_seen_beside_sharp_ones(look: Import, folder: Path) -> None:
    for number in range(9):
        scene(number, 200, 200).save(folder / f"{number}.png")
    scene(20, 200, 200).filter(ImageFilter.GaussianBlur(6)).save(folder / "soft.png")
    inventory = look()
    assert [name for name, found in codes(inventory).items() if "blurred" in found] == ["soft.png"]
    assert inventory.used == 10


def test_a_set_that_is_soft_throughout_is_not_complained_about(look: Import, folder: Path) -> None:
    for number in range(9):
        scene(number, 200, 200).filter(ImageFilter.GaussianBlur(3)).save(folder / f"{number}.png")
    assert not [name for name, found in codes(look()).items() if "blurred" in found]


def test_odd_shapes_small_ones_and_films_are_shown(look: Import, folder: Path) -> None:
    for number in range(5):
        scene(number, 200, 200).save(folder / f"{number}.png")
    scene(6, 400, 100).save(folder / "wide.png")
    scene(7, 14, 14).save(folder / "small.png")
    scene(8).save(folder / "film.gif", save_all=True, append_images=[scene(9)])
    found = codes(look())
    assert found["wide.png"] == {"odd shape"}
    assert found["small.png"] == {"small"}
    assert found["film.gif"] == {"several pictures"}


@pytest.mark.parametrize(("sigma", "blank"), [(0, True), (3, True), (30, False)])
def test_blank_and_noise(look: Import, folder: Path, sigma: float, blank: bool) -> None:
    noise = np.random.default_rng(1).normal(128, sigma, (200, 200, 3))
    Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).save(folder / "a.png")
    assert (look().left_out == {"blank": 1}) == blank


def test_a_small_mark_is_not_blank(look: Import, folder: Path) -> None:
    picture = Image.new("L", (300, 300), 255)
    picture.paste(0, (150, 150, 153, 153))
    picture.save(folder / "a.png")
    assert look().used == 1


def test_white_on_nothing_is_blank_on_white_only(look: Import, folder: Path) -> None:
    picture = Image.new("RGBA", (40, 40), (255, 255, 255, 0))
    picture.paste((255, 255, 255, 255), (10, 10, 30, 30))
    picture.save(folder / "a.png")
    assert look(background="white").left_out == {"blank": 1}
    assert look(background="black").used == 1
    assert look(background="white").left_out == {"blank": 1}


def test_gray_is_seen(look: Import, folder: Path) -> None:
    for number in range(4):
        scene(number).convert("L").convert("RGB").save(folder / f"{number}.jpg")
    assert look().gray
    spot = scene(9).convert("L").convert("RGB")
    spot.paste((255, 0, 0), (0, 0, 3, 3))
    spot.save(folder / "spot.png")
    assert not look().gray


@pytest.mark.parametrize(
    ("side", "times", "size"),
    [(8, 1, 8), (8, 20, 8), (11, 1, 12), (16, 12, 16), (16, 1, 16), (28, 1, 32), (40, 1, 32), (300, 1, 32)],
)
def test_the_size_that_suits(look: Import, folder: Path, side: int, times: int, size: int) -> None:
    for number in range(6):
        picture = scene(number, side, side)
        picture.resize((side * times, side * times), Image.Resampling.NEAREST).save(folder / f"{number}.png")
    assert look().proposed_size == size


def test_an_unreadable_folder_is_accounted_for(tmp_path: Path) -> None:
    code = """
with tempfile.TemporaryDirectory() as name:
    folder = Path(name) / "pictures"
    for number, sub in enumerate(("open", "locked")):
        (folder / sub).mkdir(parents=True)
        scene(number).save(folder / sub / "a.png")
    scene(3).save(folder / "secret.png")
    (folder / "secret.png").chmod(0)
    (folder / "locked").chmod(0)
    inventory = inspect(Data(sources=[str(folder)]), Path(name) / "data")
    print(inventory.found, inventory.used, inventory.left_out, [i.key for i in inventory.items if not i.used])
    print([f.message for i in inventory.items for f in i.findings])
    (folder / "secret.png").chmod(0o600)
    print(inspect(Data(sources=[str(folder)]), Path(name) / "data").used)
    try:
        inspect(Data(sources=[str(folder / "locked")]), Path(name) / "data")
    except GensmithError as error:
        print(error.code, error)
    (folder / "locked").chmod(0o700)
"""
    done = without_rights(code)
    lines = done.stdout.splitlines()
    assert lines[:1] == ["3 1 {'unreadable': 2} ['pictures/secret.png', 'pictures/locked']"], done.stderr
    assert lines[1] == ("['It could not be opened: Permission denied.', 'This folder could not be opened: Permission denied.']")
    assert lines[2] == "2"
    assert lines[3].startswith("4 You may not")


# ---------------------------------------------------------------- memory, progress, cancelling


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are decoded from now on."""
    names: list[str] = []
    real = inspection.measured
    monkeypatch.setattr(
        inspection, "measured", lambda them, recipe: names.extend(one.name for one in them) or real(them, recipe)
    )
    return names


def test_only_what_changed_is_decoded_again(look: Import, folder: Path, decoded: list[str]) -> None:
    for number in range(4):
        scene(number).save(folder / f"{number}.png")
    before = look()
    assert sorted(decoded) == ["0.png", "1.png", "2.png", "3.png"]
    decoded.clear()
    assert look() == before
    assert decoded == []
    scene(9).save(folder / "1.png")
    scene(10).save(folder / "new.png")
    os.utime(folder / "3.png", (1, 1))
    look()
    assert sorted(decoded) == ["1.png", "3.png", "new.png"]


def test_another_ground_decodes_transparent_ones_only(look: Import, folder: Path, decoded: list[str]) -> None:
    scene(1).save(folder / "opaque.png")
    Image.new("RGBA", (30, 30), (9, 9, 9, 128)).save(folder / "glass.png")
    look(background="white")
    decoded.clear()
    look(background="black")
    look(background="white")
    assert decoded == ["glass.png"]


@pytest.mark.parametrize("damage", [b"", b"garbage" * 100])
def test_a_damaged_memory_is_forgotten(look: Import, folder: Path, data_folder: Path, damage: bytes) -> None:
    scene(1).save(folder / "1.png")
    before = look()
    (data_folder / "findings.sqlite").write_bytes(damage)
    (data_folder / "inventory.jsonl").unlink()
    assert look() == before
    with sqlite3.connect(data_folder / "findings.sqlite") as database:
        database.execute("DROP TABLE facts")
    database.close()
    assert look() == before


def test_cancelling_keeps_what_is_done(folder: Path, data_folder: Path, decoded: list[str], look: Import) -> None:
    for number in range(60):
        scene(number, 40, 40).save(folder / f"{number:02}.png")
    seen: list[int] = []
    with pytest.raises(Cancelled):
        inspect(
            Data(sources=[str(folder)]),
            data_folder,
            progress=lambda done, _: seen.append(done),
            cancelled=lambda: len(decoded) > 20,
        )
    first = len(decoded)
    assert first < 60
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
    look()
    assert len(decoded) < 60 + first


def test_progress_ends_at_the_total_and_never_goes_back(folder: Path, data_folder: Path) -> None:
    for number in range(20):
        scene(number, 40, 40).save(folder / f"{number:02}.png")
    seen: list[tuple[int, int]] = []
    inspect(Data(sources=[str(folder)]), data_folder, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (20, 20)
    assert seen == sorted(seen)
    assert seen.count((20, 20)) == 1


def test_an_empty_folder(look: Import) -> None:
    inventory = look()
    assert (inventory.found, inventory.used, inventory.left_out, inventory.variety) == (0, 0, {}, None)


# ---------------------------------------------------------------- any bytes at all


def seeds() -> list[bytes]:
    made = []
    with tempfile.TemporaryDirectory() as name:
        for suffix in ("png", "jpg", "gif", "bmp", "tiff", "webp", "ico", "tga", "pcx", "jp2", "avif", "dds", "qoi", "psd"):
            path = Path(name) / f"a.{suffix}"
            if suffix == "psd":
                path.write_bytes(b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\x08\0\0\0\x08\0\x08\0\3" + bytes(14) + bytes(192))
            else:
                scene(1, 24, 24).save(path)
            made.append(path.read_bytes())
    return made


SEEDS = seeds()


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), which=st.sampled_from(range(len(SEEDS))))
def test_any_damage_is_a_picture_or_a_reason(tmp_path_factory: pytest.TempPathFactory, seed: int, which: int) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    path.write_bytes(mutated(SEEDS[which], random.Random(seed)))
    try:
        decoded = decode(path)
    except PictureError as error:
        assert error.message.endswith(".")
        assert error.reason in {"unreadable", "truncated", "too large", "not a picture"}
    else:
        assert decoded.image.mode in {"RGB", "RGBA"}
        assert min(decoded.image.size) > 0


@settings(max_examples=8)
@given(contents=st.lists(st.binary(max_size=300), max_size=6), seed=st.integers(0, 2**32))
def test_any_folder_adds_up(contents: list[bytes], seed: int) -> None:
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        for number, content in enumerate([*contents, *(mutated(rng.choice(SEEDS), rng) for _ in range(8)), *SEEDS[:4]]):
            sub = folder / rng.choice(("", "a", "b", "a/c"))
            sub.mkdir(parents=True, exist_ok=True)
            (sub / f"{number}.{rng.choice(('png', 'jpg', 'txt'))}").write_bytes(content)
        inventory = inspect(Data(sources=[str(folder)]), Path(name) / "data")
        files = sum(path.is_file() for path in folder.rglob("*"))
        assert inventory.found == files == inventory.used + sum(inventory.left_out.values())
        assert decide(inventory, Data()).used == inventory.used
