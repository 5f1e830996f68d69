"""Mending: what was noticed is gone, what was not touched stays, files are as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from desktop_app.data import encode, open_encoded, picture
from desktop_app.data.images import decode
from desktop_app.data.mending import denoised, framed, load, trimmed
from desktop_app.project.document import Data, Mend
from tests.benchmarks import defects
from tests.data.conftest import Import
from tests.data.pictures import scene

PHOTOS = defects.landscapes(6, seed=9)
RNG = np.random.default_rng


def error(a: Image.Image, b: Image.Image) -> float:
    """Root of the mean squared difference in levels."""
    return float(np.sqrt(np.mean((np.asarray(a, dtype=float) - np.asarray(b, dtype=float)) ** 2)))


@pytest.mark.parametrize("sigma", [15.0, 30.0])
def test_noise_gets_less_and_the_picture_stays(sigma: float) -> None:
    for number in range(6):
        photo = scene(number, 256, 256)
        noisy = defects.noise(sigma)(photo, RNG(number))
        assert error(denoised(noisy), photo) < 0.75 * error(noisy, photo)


@pytest.mark.parametrize("kind", ["letterbox", "sides", "frame"])
def test_a_border_comes_off_and_nothing_else(kind: str) -> None:
    for number, photo in enumerate(PHOTOS):
        boxed = defects.letterbox(kind)(photo, RNG(number))
        cut = trimmed(boxed)
        assert cut.size != boxed.size
        assert trimmed(cut).size == cut.size
        assert cut.width >= 0.66 * photo.width and cut.height >= 0.66 * photo.height
    assert trimmed(PHOTOS[0]) is PHOTOS[0]


def test_a_frame_cuts_and_pads() -> None:
    inside = framed(PHOTOS[0], (0.25, 0.0, 0.75, 0.5))
    assert inside.size == (128, 128) and inside.getpixel((0, 0)) == PHOTOS[0].getpixel((64, 0))
    wider = framed(PHOTOS[0], (-0.5, 0.0, 1.5, 1.0))
    assert wider.size == (512, 256) and wider.mode == "RGBA"
    assert wider.getpixel((0, 0))[3] == 0 and wider.getpixel((128, 0))[:3] == PHOTOS[0].getpixel((0, 0))


def test_a_turn_is_clockwise(tmp_path: Path) -> None:
    sheet = Image.new("RGB", (20, 10))
    sheet.putpixel((0, 0), (255, 0, 0))
    sheet.save(tmp_path / "a.png")
    turned = load(tmp_path / "a.png", mend=Mend(turn=90))
    assert turned.image.size == (10, 20) == (turned.width, turned.height)
    assert turned.image.getpixel((9, 0)) == (255, 0, 0)


@pytest.mark.parametrize("frame", [(0.5, 0, 0.5, 1), (0.6, 0, 0.4, 1), (0, 0, 9, 1)])
def test_an_impossible_frame_is_refused(frame: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        Mend.model_validate({"frame": frame})


def test_what_is_mended_is_no_longer_noticed_and_is_what_is_learned(look: Import, folder: Path, data_folder: Path) -> None:
    for number, photo in enumerate(PHOTOS):
        photo.save(folder / f"{number}.png")
    defects.letterbox("letterbox")(PHOTOS[0], RNG(3)).save(folder / "0.png")
    before = (folder / "0.png").read_bytes()
    item = next(item for item in look().items if item.findings)
    assert [finding.code for finding in item.findings] == ["border"]
    mends = {item.key: Mend(trim=True)}
    data = Data(sources=[str(folder)], mends=mends, size=32)
    inventory = look(mends=mends, size=32)
    mended = next(other for other in inventory.items if other.key == item.key)
    assert mended.findings == () and mended.mend == Mend(trim=True) and mended.height < item.height
    encoded = open_encoded(data_folder / encode(inventory, data, data_folder))
    row = encoded.keys.index(item.key)
    assert (encoded.items[row] == picture(mended.path, data, 32, mend=mended.mend)).all()
    assert (encoded.items[row] != picture(mended.path, data, 32)).any()
    assert (folder / "0.png").read_bytes() == before


def test_only_what_is_new_is_decoded_for_the_arrays(
    look: Import, folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, photo in enumerate(PHOTOS):
        photo.save(folder / f"{number}.png")
    data = Data(sources=[str(folder)], size=32)
    calls: list[Path] = []
    monkeypatch.setattr("desktop_app.data.arrays.picture", lambda path, *_, **__: calls.append(path))
    first = open_encoded(data_folder / encode(look(size=32), data, data_folder))
    defects.landscapes(7, seed=11)[6].save(folder / "more.png")
    (folder / "1.png").unlink()
    second = open_encoded(data_folder / encode(look(size=32), data, data_folder))
    assert not calls  # inspection had them all
    for row, key in enumerate(second.keys):
        path = next(path for path in folder.iterdir() if key.endswith(path.name))
        assert (second.items[row] == picture(path, data, 32)).all()
        if key in first.keys:
            assert (second.items[row] == first.items[first.keys.index(key)]).all()
    assert decode(folder / "0.png").image.size == PHOTOS[0].size
