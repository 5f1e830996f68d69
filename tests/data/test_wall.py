"""Thumbnails, verdicts and samples."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.data import SAMPLES, Finding, Inventory, inspect, picture, thumbnail, verdicts, write_sample
from desktop_app.data.samples import sample_pictures
from desktop_app.data.sprites import KINDS, SIDE, distinct, draw
from desktop_app.project import resources
from desktop_app.project.document import Data, Mend
from desktop_app.project.errors import GensmithError
from desktop_app.project.resources import resource
from tests.data.conftest import Import
from tests.data.pictures import scene


def opened(made: bytes | Path) -> Image.Image:
    with Image.open(io.BytesIO(made) if isinstance(made, bytes) else made) as image:
        image.load()
        return image


# ---------------------------------------------------------------- thumbnails


def test_thumbnails_show_the_item_as_it_is(look: Import, folder: Path, data_folder: Path) -> None:
    scene(1, 400, 200).save(folder / "a.jpg")
    glass = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    glass.paste((0, 0, 255, 255), (0, 0, 150, 300))
    glass.save(folder / "b.png")
    Image.fromarray(draw("ghost", 1)).save(folder / "c.png")
    wide, clear, sprite = (opened(thumbnail(item, 100, data_folder)) for item in look().items)
    assert wide.size == (100, 50)
    assert clear.mode == "RGBA"
    assert clear.getpixel((90, 50))[3] == 0
    assert sprite.size == (96, 96)
    assert (np.asarray(sprite.convert("RGB"))[::6, ::6] == draw("ghost", 1)).all()


def test_thumbnails_are_made_once(look: Import, folder: Path, data_folder: Path) -> None:
    scene(1, 400, 200).save(folder / "a.jpg")
    (item,) = look().items
    first = thumbnail(item, 100, data_folder)
    item.path.unlink()
    assert thumbnail(item, 100, data_folder) == first
    with pytest.raises(GensmithError, match=r"a\.jpg: It could not be opened"):
        thumbnail(item, 120, data_folder)


def test_thumbnails_of_what_was_mended_or_is_gone_are_cleared(folder: Path, data_folder: Path) -> None:
    for number in range(2):
        scene(number, 200, 200).save(folder / f"{number}.png")
    data = Data(sources=[str(folder)])
    kept, old = (thumbnail(item, 50, data_folder) for item in inspect(data, data_folder).items)
    mended = inspect(data.model_copy(update={"mends": {f"{folder.name}/1.png": Mend(turn=90)}}), data_folder)
    assert [isinstance(path, Path) and path.exists() for path in (kept, old)] == [True, False]
    new = thumbnail(mended.items[1], 50, data_folder)
    assert isinstance(new, Path)
    (folder / "0.png").unlink()
    inspect(data.model_copy(update={"mends": {f"{folder.name}/1.png": Mend(turn=90)}}), data_folder)
    assert [path.name for path in (data_folder / "thumbnails").glob("*/*/*")] == [new.name]


def test_threads_may_ask_for_the_same_thumbnail(look: Import, folder: Path, data_folder: Path) -> None:
    for number in range(4):
        scene(number, 200, 200).save(folder / f"{number}.png")
    items = look().items
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: opened(thumbnail(items[n % 4], 64, data_folder)).size, range(64)))
    assert set(made) == {(64, 64)}
    assert not list(data_folder.rglob(".*"))


def test_an_item_that_cannot_be_shown_says_why(look: Import, folder: Path, data_folder: Path) -> None:
    (folder / "a.png").write_bytes(b"nothing")
    (item,) = look().items
    with pytest.raises(GensmithError, match="no picture inside"):
        thumbnail(item, 64, data_folder)
    with pytest.raises(GensmithError, match="no picture inside"):
        picture(item.path, Data(), 16)


# ---------------------------------------------------------------- verdicts


def judged(**fields: object) -> dict[str, tuple[str, str, str]]:
    inventory = Inventory((), **fields)  # type: ignore[arg-type]
    return {verdict.key: (verdict.value, verdict.sentence, verdict.state) for verdict in verdicts(inventory, Data())}


@pytest.mark.parametrize(
    ("used", "state"), [(0, "bad"), (9, "bad"), (10, "care"), (499, "care"), (500, "good"), (5000, "good")]
)
def test_amount(used: int, state: str) -> None:
    value, sentence, found = judged(used=used)["amount"]
    assert (value, found) == (f"{used:,}", state)
    assert sentence.endswith(".")


def test_balance_names_the_kind_that_is_short_of() -> None:
    assert judged(used=31 + 400, classes={"ghost": 31, "robot": 200, "alien": 200})["balance"] == (
        "3 kinds", "“ghost” has only 31. Add about 169.", "care",
    )  # fmt: skip
    assert judged(used=400, classes={"ghost": 180, "robot": 220})["balance"][2] == "good"
    assert judged(used=410, classes={"ghost": 200, "robot": 200})["balance"][1].startswith("10 pictures lie outside")
    assert judged(used=400)["balance"] == (
        "One kind", "All of one kind. Put pictures into sub-folders to be able to ask for a kind later.", "good",
    )  # fmt: skip


def test_variety_and_held_out_of_real_pictures(look: Import, folder: Path) -> None:
    for number in range(30):
        scene(number).save(folder / f"{number}.png")
    found = {verdict.key: verdict for verdict in verdicts(look(), Data())}
    assert found["variety"].value == "Rich"
    assert (found["held_out"].value, found["held_out"].state) == ("3", "care")


def test_quality_names_the_most_frequent_fault(look: Import, folder: Path) -> None:
    for number in range(30):
        scene(number, 256, 256).save(folder / f"{number}.png")
    assert judged(used=0)["quality"][0] == "None yet"
    good = {verdict.key: verdict for verdict in verdicts(look(), Data())}["quality"]
    assert (good.value, good.state) == ("Good", "good")
    dark = Finding("underexposed", "Dark.", "care")
    items = [item._replace(findings=(dark,) * (i < 3)) for i, item in enumerate(look().items)]
    found = {verdict.key: verdict for verdict in verdicts(replace(look(), items=tuple(items)), Data())}["quality"]
    assert (found.value, found.state) == ("Mixed", "care")
    assert found.sentence.startswith("3 have a fault; 3 are too dark.")
    unused = tuple(item._replace(used=False) for item in items)
    assert verdicts(replace(look(), items=unused), Data())[3].value == "Good"


def test_pictures_that_are_all_nearly_the_same(look: Import, folder: Path) -> None:
    for number in range(12):
        scene(1, 200, 200).save(folder / f"{number}.jpg", quality=60 + 3 * number)
    inventory = look()
    assert inventory.used == 12
    assert inventory.held_out == 1
    found = {verdict.key: verdict for verdict in verdicts(inventory, Data())}
    assert (found["variety"].value, found["held_out"].state) == ("Repetitive", "bad")


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_ready_to_learn_from(name: str, samples: dict[str, Path], look: Import) -> None:
    sample = SAMPLES[name]
    inventory = look(samples[name])
    assert inventory.used == inventory.found == sample.count
    assert not [finding for item in inventory.items for finding in item.findings]
    assert inventory.proposed_size == sample.size
    assert inventory.gray == (name == "digits")
    assert sum(inventory.classes.values()) == sample.count
    assert sorted(inventory.classes) == ([str(n) for n in range(10)] if name == "digits" else sorted(KINDS))
    assert min(inventory.classes.values()) >= 170
    assert {verdict.state for verdict in verdicts(inventory, Data())} == {"good"}
    assert sample.credit
    assert sample.licence


def test_sprites_are_the_same_every_time(samples: dict[str, Path]) -> None:
    for kind in KINDS:
        for number, pixels in enumerate(distinct(kind, 300)):
            with Image.open(samples["sprites"] / kind / f"{kind}_{number:04d}.png") as written:
                assert (np.asarray(written) == pixels).all()


def test_writing_a_sample_says_how_far_it_is_and_replaces_an_old_one(tmp_path: Path) -> None:
    (tmp_path / "a sample").mkdir()
    (tmp_path / "a sample" / "old.png").touch()
    seen: list[tuple[int, int]] = []
    start = time.process_time()
    write_sample("digits", tmp_path / "a sample", lambda done, total: seen.append((done, total)))
    assert time.process_time() - start < 6
    assert seen[-1] == (1797, 1797)
    assert not (tmp_path / "a sample" / "old.png").exists()


def test_an_unknown_sample_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GensmithError, match="no sample called “cats”"):
        write_sample("cats", tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_few_pictures_of_a_sample(name: str) -> None:
    assert len(sample_pictures(name, 18)) == 18


@pytest.mark.parametrize("kind", KINDS)
def test_sprites_are_what_is_promised(kind: str) -> None:
    sprites = list(distinct(kind, 100))
    assert len({sprite.tobytes() for sprite in sprites}) == 100
    for sprite in sprites:
        assert sprite.shape == (SIDE, SIDE, 3)
        assert (sprite == sprite[:, ::-1]).all()
        assert (sprite[:, [0, -1]] == 255).all(axis=2).mean() > 0.4
        assert len(np.unique(sprite.reshape(-1, 3), axis=0)) <= 17
        drawn = (sprite != 255).any(axis=2)
        assert 0.25 < drawn.mean() < 0.85
        assert (sprite[drawn].astype(int).sum(axis=1) < 300).mean() > 0.15  # a dark outline


# ---------------------------------------------------------------- shipped files


def test_resources_are_found_in_an_installed_gensmith_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resource("samples/digits.npz").is_file()
    monkeypatch.setattr(resources, "_PLACES", (tmp_path / "wheel", *resources._PLACES))
    (tmp_path / "wheel" / "samples").mkdir(parents=True)
    (tmp_path / "wheel" / "samples" / "digits.npz").write_bytes(b"x")
    assert resource("samples/digits.npz").parent.parent.name == "wheel"
    with pytest.raises(GensmithError, match="missing: samples/none"):
        resource("samples/none")
