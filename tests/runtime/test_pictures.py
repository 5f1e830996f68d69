"""PNG files and contact sheets."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from desktop_app.runtime.pictures import contact_sheet, encode_png


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_shows_each_picture_in_its_place(channels: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 4, 6, channels), dtype=np.uint8)
    sheet = np.asarray(contact_sheet(pictures, 3, scale=2, gap=1, ground=(9, 8, 7)))
    assert sheet.shape == (2 * 9 + 1, 3 * 13 + 1, 3)
    for number in range(5):
        top, left = 1 + number // 3 * 9, 1 + number % 3 * 13
        cell = sheet[top : top + 8, left : left + 12]
        assert np.array_equal(cell[::2, ::2], np.broadcast_to(pictures[number], (4, 6, 3)))
        assert np.array_equal(cell[1::2, 1::2], cell[::2, ::2])
    assert (sheet[10:, 27:] == (9, 8, 7)).all()
    assert (sheet[0] == (9, 8, 7)).all()


@given(st.integers(0, 30), st.one_of(st.none(), st.integers(1, 40)))
def test_a_sheet_holds_all_and_wastes_no_row(count: int, columns: int | None) -> None:
    sheet = np.asarray(contact_sheet(np.zeros((count, 3, 3, 1), np.uint8), columns, gap=1, ground=(255, 255, 255)))
    assert (sheet == 0).sum() == count * 27
    rows = sheet.shape[0] // 4
    assert (rows - 1) * (sheet.shape[1] // 4) < max(count, 1)


def test_png_keeps_pixels_and_record() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    image = Image.open(io.BytesIO(encode_png(picture, {"Model": "кот", "Seed": "0"})))
    assert np.array_equal(np.asarray(image), picture)
    assert image.text == {"Model": "кот", "Seed": "0"}
