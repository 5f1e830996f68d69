"""Decoding: every format, every colour mode, upright; damage told apart; and the square that the model sees."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from desktop_app.data import images
from desktop_app.data.images import PictureError, block_side, decode, fit_square, on_ground
from tests.data.pictures import scene

FORMATS = {
    "png": {}, "bmp": {}, "gif": {}, "tiff": {}, "tga": {}, "ppm": {}, "pcx": {}, "ico": {"sizes": [(96, 96)]}, "sgi": {},
    "dds": {}, "qoi": {}, "webp": {"lossless": True}, "jpg": {"quality": 95}, "jp2": {}, "avif": {"quality": 95},
}  # fmt: skip


HERE = Path(__file__).parent
"""With the HEIC files that ``draw_heic.py`` drew."""


def rgb(path: Path) -> np.ndarray:
    return np.asarray(on_ground(decode(path).image, "white"))


def reason(path: Path) -> str:
    with pytest.raises(PictureError) as caught:
        decode(path)
    assert caught.value.message.endswith(".")
    return caught.value.reason


@pytest.mark.parametrize("suffix", FORMATS)
def test_formats(tmp_path: Path, suffix: str) -> None:
    picture = scene(1)
    path = tmp_path / f"picture.{suffix}"
    picture.save(path, **FORMATS[suffix])
    assert np.abs(rgb(path).astype(int) - np.asarray(picture)).mean() < (12 if suffix == "gif" else 4)


def test_avif_is_read_by_pillow_itself(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "picture.avif")
    assert decode(tmp_path / "picture.avif").width == 96
    assert Image.OPEN["AVIF"][0].__module__ == "PIL.AvifImagePlugin"


def test_what_a_phone_took_is_read_upright() -> None:
    decoded = decode(HERE / "phone.heic")
    assert (decoded.width, decoded.height, decoded.several) == (96, 64, False)
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(scene(1, 96, 64))).mean() < 4


@pytest.mark.parametrize(("frame", "drawn"), [(None, 3), (0, 2), (1, 3)])
def test_each_picture_of_a_burst(frame: int | None, drawn: int) -> None:
    path = HERE / "burst.heic"
    assert images.frames(path) == 2
    decoded = decode(path, frame=frame)
    assert decoded.several == (frame is None)
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(scene(drawn, 64, 64))).mean() < 5


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("suffix", ["heic", "avif"])
def test_pictures_in_boxes_that_end_early(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "avif":
        scene(1).save(path)
    content = path.read_bytes() if path.exists() else (HERE / "phone.heic").read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert reason(path) == "truncated"


@pytest.mark.parametrize(("side", "expected"), [(12_000, "too large"), (60_000, "too large"), (8, "unreadable")])
def test_a_heic_file_that_lies_about_its_size(tmp_path: Path, side: int, expected: str) -> None:
    content = (HERE / "phone.heic").read_bytes()
    place = content.index(b"ispe") + 8  # the item's extent, in pixels
    (tmp_path / "a.heic").write_bytes(content[:place] + struct.pack(">II", side, side) + content[place + 8 :])
    assert reason(tmp_path / "a.heic") == expected


def test_a_picture_is_a_picture_whatever_its_name(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "picture.txt", "PNG")
    assert decode(tmp_path / "picture.txt").width == 96


# ---------------------------------------------------------------- modes


def test_modes_that_mean_the_same_look_the_same(tmp_path: Path) -> None:
    gray = scene(1).convert("L")
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    variants = {
        "l.png": gray, "rgb.png": gray.convert("RGB"), "la.png": gray.convert("LA"), "p.png": gray.convert("P"),
        "i16.png": deep, "rgba.png": gray.convert("RGBA"), "i.tiff": deep.convert("I"),
        "f.tiff": Image.fromarray(np.asarray(gray, dtype=np.float32) / 255), "f255.tiff": gray.convert("F"),
    }  # fmt: skip
    for name, picture in variants.items():
        picture.save(tmp_path / name)
        assert np.abs(rgb(tmp_path / name).astype(int) - np.asarray(gray.convert("RGB"))).max() <= 1, name


def test_twelve_bits_in_sixteen(tmp_path: Path) -> None:
    gray = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(gray).save(tmp_path / "scan.png")
    assert rgb(tmp_path / "scan.png").max() == 255


def test_fractions_with_holes(tmp_path: Path) -> None:
    values = np.linspace(-3, 9, 64 * 64, dtype=np.float32).reshape(64, 64)
    values[0, 0], values[0, 1] = np.nan, np.inf
    Image.fromarray(values).save(tmp_path / "field.tiff")
    assert np.ptp(rgb(tmp_path / "field.tiff")) == 255


def test_cmyk(tmp_path: Path) -> None:
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(tmp_path / "red.jpg")
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(tmp_path / "red.tiff")
    for name in ("red.jpg", "red.tiff"):
        red, green, blue = rgb(tmp_path / name)[20, 20]
        assert red > 200
        assert max(green, blue) < 60


def test_lab_and_one_bit(tmp_path: Path) -> None:
    Image.new("LAB", (40, 40), (200, 128, 128)).save(tmp_path / "lab.tiff")
    pixel = rgb(tmp_path / "lab.tiff")[20, 20]
    assert np.ptp(pixel) < 30
    assert pixel.min() > 150
    Image.new("1", (40, 40), 1).save(tmp_path / "bit.png")
    assert (rgb(tmp_path / "bit.png") == 255).all()


def test_colour_profiles_are_brought_to_srgb(tmp_path: Path) -> None:
    """A profile with red and blue exchanged makes red pixels blue once it is honoured."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", srgb[128:132])[0]
    tags = {bytes(srgb[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    a, b = tags[b"rXYZ"], tags[b"bXYZ"]
    srgb[a + 4 : a + 12], srgb[b + 4 : b + 12] = srgb[b + 4 : b + 12], srgb[a + 4 : a + 12]
    swapped = bytes(srgb).replace("sRGB".encode("utf-16-be"), "odd!".encode("utf-16-be")).replace(b"sRGB built", b"odd! built")
    assert "srgb" not in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(swapped))).lower()
    for mode in ("RGB", "RGBA"):
        Image.new(mode, (20, 20), "red").save(tmp_path / "odd.png", icc_profile=swapped)
        red, _, blue = rgb(tmp_path / "odd.png")[10, 10]
        assert blue > 200
        assert red < 60


def test_a_broken_profile_is_no_reason_to_lose_a_picture(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.png", icc_profile=b"not a profile at all")
    assert (rgb(tmp_path / "a.png") == np.asarray(scene(1))).all()


@pytest.mark.parametrize("background", ["white", "black", "gray"])
def test_transparency_lies_on_the_ground(tmp_path: Path, background: str) -> None:
    picture = Image.new("RGBA", (20, 20), (200, 10, 10, 0))
    picture.paste((0, 255, 0, 255), (0, 0, 10, 20))
    picture.save(tmp_path / "a.png")
    pixels = np.asarray(on_ground(decode(tmp_path / "a.png").image, background))  # type: ignore[arg-type]
    assert tuple(pixels[5, 15]) == images.GROUNDS[background]  # type: ignore[index]
    assert tuple(pixels[5, 5]) == (0, 255, 0)


def test_transparency_of_palettes_and_colour_keys(tmp_path: Path) -> None:
    picture = Image.new("P", (20, 20), 1)
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.paste(0, (0, 0, 10, 20))
    picture.save(tmp_path / "bytes.png", transparency=bytes([255, 0, 255]))
    picture.save(tmp_path / "index.gif", transparency=1)
    Image.new("RGB", (20, 20), (9, 9, 9)).save(tmp_path / "key.png", transparency=(9, 9, 9))
    for name in ("bytes.png", "index.gif", "key.png"):
        assert tuple(rgb(tmp_path / name)[5, 15]) == (255, 255, 255), name


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff"])
def test_exif_turns_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = Image.new("RGB", (80, 48), "white")
    upright.paste((255, 0, 0), (0, 0, 40, 24))
    turns = images._TURNS
    back = {6: turns[8], 8: turns[6]}.get(orientation, turns.get(orientation))
    stored = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"a.{suffix}", exif=exif.tobytes() if suffix != "tiff" else exif, quality=95)
    decoded = decode(tmp_path / f"a.{suffix}")
    assert (decoded.width, decoded.height) == decoded.image.size == (80, 48)
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(upright)).mean() < 4


def test_a_damaged_exif_block_is_no_reason_to_lose_a_picture(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage", quality=95)
    assert decode(tmp_path / "a.jpg").width == 96


def test_the_first_frame_of_a_film(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    for name in ("a.gif", "a.png", "a.webp", "a.tiff"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        decoded = decode(tmp_path / name)
        assert decoded.several, name
        assert tuple(np.asarray(decoded.image)[5, 5]) == (255, 0, 0), name


def test_large_photographs_are_decoded_as_drafts(tmp_path: Path) -> None:
    scene(1, 2600, 1300).save(tmp_path / "a.jpg")
    scene(1, 2600, 1300).save(tmp_path / "a.mpo", save_all=True, append_images=[scene(2)])
    for name in ("a.jpg", "a.mpo"):
        decoded = decode(tmp_path / name)
        assert (decoded.width, decoded.height) == (2600, 1300)
        assert decoded.image.size == (1300, 650)


def test_very_large_pictures_shrink_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "LARGE_PIXELS", 10_000)
    scene(1, 400, 200).save(tmp_path / "a.png")
    decoded = decode(tmp_path / "a.png")
    assert (decoded.width, decoded.height) == (400, 200)
    assert decoded.image.width * decoded.image.height <= 10_000


# ---------------------------------------------------------------- damage


def bomb(width: int, height: int) -> bytes:
    """A tiny PNG that announces a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [12_000, 60_000, 2**31 - 1])
def test_bombs_are_refused_before_they_are_decoded(tmp_path: Path, side: int) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(side, side))
    assert reason(tmp_path / "bomb.png") == "too large"


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "bmp"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_truncated_files(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"a.{suffix}"
    scene(1, 200, 200).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert reason(path) == "truncated"


def test_what_is_no_picture(tmp_path: Path) -> None:
    cases = {
        "notes.txt": (b"a text file", "not a picture"),
        "data": (bytes(range(256)), "not a picture"),
        "empty": (b"", "not a picture"),
        "empty.png": (b"", "unreadable"),
        "text.png": (b"<html>404</html>", "unreadable"),
        "noise.jpg": (np.random.default_rng(0).bytes(5000), "unreadable"),
        "drawing.svg": (b"<svg/>", "unreadable"),
        "photo.heic": (b"\0\0\0\x18ftypheic", "truncated"),
        "none.heic": (b"<html>404</html>", "unreadable"),
        "page.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "unreadable"),
    }
    for name, (content, expected) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert reason(tmp_path / name) == expected, name


def test_a_damaged_middle_is_unreadable(tmp_path: Path) -> None:
    scene(1, 200, 200).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[60:200] = bytes(140)
    (tmp_path / "a.png").write_bytes(content)
    assert reason(tmp_path / "a.png") == "unreadable"


def test_a_file_that_vanished(tmp_path: Path) -> None:
    assert reason(tmp_path / "gone.png") == "unreadable"


# ---------------------------------------------------------------- shape


def sprite(width: int = 16, height: int = 16) -> Image.Image:
    rng = np.random.default_rng(width * 100 + height)
    colours = rng.integers(0, 256, (5, 3), dtype=np.uint8)
    return Image.fromarray(colours[rng.integers(0, 5, (height, width))])


@pytest.mark.parametrize("times", [1, 2, 3, 7, 20])
def test_enlarged_pixel_art_is_taken_back_exactly(times: int) -> None:
    small = sprite()
    large = small.resize((16 * times, 16 * times), Image.Resampling.NEAREST)
    assert block_side(np.asarray(large)) == times
    for size, repeat in ((16, 1), (32, 2), (64, 4)):
        expected = np.asarray(small).repeat(repeat, axis=0).repeat(repeat, axis=1)
        assert (np.asarray(fit_square(large, size, "crop", "white")) == expected).all()


def test_photographs_have_no_blocks() -> None:
    assert block_side(np.asarray(scene(1, 256, 256))) == 1
    assert block_side(np.asarray(scene(1, 256, 256).resize((512, 512), Image.Resampling.BICUBIC))) == 1


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_small_art_is_never_blurred_to_fill(fit: str) -> None:
    small = sprite(10, 7)
    pixels = np.asarray(fit_square(small, 24, fit, "white"))  # type: ignore[arg-type]
    top, left = (24 - 14) // 2, (24 - 20) // 2
    assert (pixels[top : top + 14, left : left + 20] == np.asarray(small).repeat(2, 0).repeat(2, 1)).all()
    assert {tuple(colour) for colour in pixels.reshape(-1, 3)} <= {tuple(c) for c in np.asarray(small).reshape(-1, 3)} | {
        (255,) * 3
    }


def test_fits() -> None:
    wide = scene(3, 300, 100)
    wide.paste((255, 0, 0), (0, 0, 100, 100))
    wide.paste((0, 0, 255), (200, 0, 300, 100))
    crop = np.asarray(fit_square(wide, 50, "crop", "black"))
    assert (crop == np.asarray(wide.crop((100, 0, 200, 100)).reduce(2))).all()
    pad = np.asarray(fit_square(wide, 60, "pad", "black"))
    assert (pad[0] == 0).all()
    assert tuple(pad[30, 5]) == (255, 0, 0)
    stretch = np.asarray(fit_square(wide, 60, "stretch", "black"))
    assert tuple(stretch[2, 2]) == (255, 0, 0)
    assert tuple(stretch[57, 57]) == (0, 0, 255)


def test_padding_goes_on_with_a_plain_border() -> None:
    picture = Image.new("RGB", (60, 40), (20, 40, 80))
    picture.paste(scene(1, 40, 20), (10, 10))
    assert tuple(np.asarray(fit_square(picture, 40, "pad", "white"))[0, 0]) == (20, 40, 80)


@pytest.mark.parametrize("size", [8, 12, 16, 24, 32, 48, 64, 512])
@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (9, 31), (96, 96), (100, 37), (33, 200), (640, 480)])
def test_the_square_is_a_square(size: int, shape: tuple[int, int]) -> None:
    for fit in ("crop", "pad", "stretch"):
        assert fit_square(scene(1, *shape), size, fit, "white").size == (size, size)
