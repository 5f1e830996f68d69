"""What is noticed: worse than the others and never like them; flat art is left in peace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from desktop_app.data import Inventory
from tests.benchmarks import defects
from tests.data.conftest import Import


def codes(inventory: Inventory) -> dict[str, set[str]]:
    return {item.path.stem: {finding.code for finding in item.findings} for item in inventory.items if item.findings}


PHOTOS = defects.landscapes(14, seed=3)
CHANGES: dict[str, tuple[str, defects.Change]] = {
    "blurred": ("blurred", defects.blur(6)),
    "noisy": ("noisy", defects.noise(40)),
    "overexposed": ("overexposed", defects.overexpose(0.6)),
    "underexposed": ("underexposed", defects.underexpose(0.12)),
    "letterbox": ("border", defects.letterbox("letterbox")),
    "frame": ("border", defects.letterbox("frame")),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_spoiled_photograph_among_good_ones(look: Import, folder: Path, name: str) -> None:
    code, change = CHANGES[name]
    for number, photo in enumerate(PHOTOS):
        photo.save(folder / f"{number}.jpg", quality=92)
    change(PHOTOS[8], np.random.default_rng(2)).save(folder / "0.jpg", quality=92)
    (folder / "8.jpg").unlink()
    inventory = look()
    assert codes(inventory) == {"0": {code}}
    finding = next(item for item in inventory.items if item.findings).findings[0]
    assert finding.severity == "care" and finding.measure is not None and finding.threshold is not None
    assert "limit" in finding.message


@pytest.mark.parametrize("name", ["blurred", "noisy", "underexposed"])
def test_what_all_have_in_common_is_not_complained_about(look: Import, folder: Path, name: str) -> None:
    change = CHANGES[name][1]
    for number, photo in enumerate(PHOTOS):
        change(photo, np.random.default_rng(number)).save(folder / f"{number}.jpg", quality=92)
    assert not codes(look())


def test_a_subject_in_focus_before_a_soft_ground_is_sharp(look: Import, folder: Path) -> None:
    for number, photo in enumerate(PHOTOS[:8]):
        photo.save(folder / f"{number}.png")
    portrait = PHOTOS[9].filter(ImageFilter.GaussianBlur(9))
    portrait.paste(PHOTOS[9].crop((70, 70, 190, 190)), (70, 70))
    portrait.save(folder / "portrait.png")
    assert "portrait" not in codes(look())


def logo(number: int) -> Image.Image:
    """Flat shapes with smooth outlines on white."""
    rng = np.random.default_rng(number)
    sheet = Image.new("RGB", (512, 512), "white")
    draw = ImageDraw.Draw(sheet)
    for _ in range(4):
        x, y, r = rng.integers(100, 400, 3).tolist()
        colour = tuple(rng.integers(0, 230, 3).tolist())
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)((x - r // 3, y - r // 3, x + r // 3, y + r // 3), fill=colour)
    return sheet.resize((160, 160), Image.Resampling.LANCZOS)


FORMS: dict[str, Callable[[Image.Image, Path], None]] = {
    "png": lambda picture, path: picture.save(path.with_suffix(".png")),
    "jpeg": lambda picture, path: picture.save(path.with_suffix(".jpg"), quality=85),
    "on black": lambda picture, path: Image.eval(picture, lambda level: 255 - level).save(path.with_suffix(".png")),
    "framed": lambda picture, path: _framed(picture).save(path.with_suffix(".png")),
}


def _framed(picture: Image.Image) -> Image.Image:
    ImageDraw.Draw(picture).rectangle((0, 0, 159, 159), outline=(30, 60, 160), width=10)
    return picture


@pytest.mark.parametrize("form", FORMS)
def test_no_false_alarm_on_logos(look: Import, folder: Path, form: str) -> None:
    for number in range(24):
        FORMS[form](logo(number), folder / f"{number}")
    found = set[str]().union(*codes(look()).values())
    assert not found & {"blurred", "noisy", "overexposed", "underexposed", "border", "blank"}


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_no_false_alarm_on_sprites(look: Import, folder: Path, samples: dict[str, Path], form: str) -> None:
    for path in sorted(samples["sprites"].rglob("*.png"))[::12]:
        with Image.open(path) as sprite:
            FORMS[form](sprite.convert("RGB").resize((128, 128), Image.Resampling.NEAREST), folder / path.stem)
    assert not codes(look())


def test_a_white_ground_is_a_border_only_where_it_is_none_of_the_set(look: Import, folder: Path) -> None:
    """Square drawings on white look like framed photographs; among round ones on white they are drawings."""
    for number, photo in enumerate(PHOTOS):
        sheet = Image.new("RGB", (200, 200), "white")
        disc = Image.new("L", (150, 150))
        ImageDraw.Draw(disc).ellipse((0, 0, 149, 149), fill=255)
        sheet.paste(photo.resize((150, 150)), (25, 25), disc if number else None)
        sheet.save(folder / f"{number}.png")
    assert codes(look()) == {}
    for number, photo in enumerate(PHOTOS[1:], 1):
        photo.resize((200, 200)).save(folder / f"{number}.png")
    assert codes(look()) == {"0": {"border"}}
    for number, photo in enumerate(PHOTOS):  # all of them framed: frames, no ground
        sheet = Image.new("RGB", (200, 200), "white")
        sheet.paste(photo.resize((150, 150)), (25, 25))
        sheet.save(folder / f"{number}.png")
    assert all(found == {"border"} for found in codes(look()).values())
    assert len(codes(look())) == len(PHOTOS)


@pytest.mark.parametrize("name", [kind for kind, *_ in defects.copies(PHOTOS[0])])
def test_copies_are_near_duplicates_of_their_original_alone(look: Import, folder: Path, name: str) -> None:
    for number, photo in enumerate(PHOTOS[:6]):
        photo.save(folder / f"{number}.png")
        copy, options = next((copy, options) for kind, copy, options in defects.copies(photo) if kind == name)
        copy.save(folder / f"{number}-copy.jpg", **options)
    inventory = look()
    groups = {item.path.stem.split("-")[0]: item.group for item in inventory.items}
    assert len(set(groups.values())) == 6  # and never two originals in one
    together = [item for item in inventory.items if item.group == groups[item.path.stem.split("-")[0]]]
    assert len(together) >= 8  # at least four of the six, in whose noise a change of colour is hard to see
    aside = {item.group for item in inventory.items if item.held_out}
    assert aside and not [item for item in inventory.items if item.group in aside and not item.held_out]


def test_a_stranger_is_out_of_place(look: Import, folder: Path, samples: dict[str, Path]) -> None:
    for path in sorted(samples["sprites"].rglob("*.png"))[::8]:
        (folder / path.name).write_bytes(path.read_bytes())
    PHOTOS[2].resize((64, 64)).save(folder / "stranger.png")
    assert [name for name, found in codes(look()).items() if "out of place" in found] == ["stranger"]


def test_what_is_unwanted_is_left_out_with_its_reason(look: Import, folder: Path) -> None:
    for number, photo in enumerate(PHOTOS[:10]):
        photo.save(folder / f"{number}.png")
    PHOTOS[11].filter(ImageFilter.GaussianBlur(7)).save(folder / "soft.png")
    inventory = look(unwanted=["blurred", "noisy"])
    assert inventory.left_out == {"blurred": 1}
    key = next(item.key for item in inventory.items if item.reason)
    assert look(unwanted=["blurred"], kept=[key]).left_out == {}
    assert look().left_out == {}


def _flag(number: int) -> Image.Image:
    """Three stripes, or a disc, enlarged as drawings are."""
    rng = np.random.default_rng(number)
    sheet = Image.new("RGB", (64, 48), tuple(rng.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(sheet)
    if number % 4:
        draw.rectangle((0, 16, 63, 31), fill=tuple(rng.integers(0, 256, 3).tolist()))
    else:
        draw.rectangle((0, 16, 63, 31), fill="white")
        draw.ellipse((28, 20, 36, 28), fill=(230, 170, 30))
    return sheet.resize((256, 192), Image.Resampling.BICUBIC)


def test_a_shaded_drawing_that_was_enlarged_is_not_blurred(look: Import, folder: Path) -> None:
    slope = np.linspace(1.0, 0.4, 120)
    for number in range(60):
        pixels = np.asarray(logo(number).resize((120, 120), Image.Resampling.LANCZOS))
        shaded = Image.fromarray((pixels * (slope[:, None] * slope)[..., None]).astype(np.uint8))
        if number % 6 == 0:
            shaded = shaded.resize((64, 64), Image.Resampling.BOX).resize((240, 240), Image.Resampling.BICUBIC)
        shaded.save(folder / f"{number}.png")
    assert not any("blurred" in seen for seen in codes(look()).values())


def test_flags_among_drawings_are_neither_blurred_nor_framed(look: Import, folder: Path) -> None:
    for number in range(60):
        small = logo(number).resize((64, 64), Image.Resampling.LANCZOS)
        drawing = _flag(number) if number % 5 == 0 else small.resize((256, 256), Image.Resampling.BICUBIC)
        drawing.save(folder / f"{number}.png")
    found = set[str]().union(*codes(look()).values())
    assert not found & {"blurred", "border"}
