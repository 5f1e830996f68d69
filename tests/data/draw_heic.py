"""Draws the HEIC files beside it again. Gensmith only reads HEIC, so this needs a library that writes it too:

python -m venv heic && heic/bin/pip install pillow-heif numpy && PYTHONPATH=. heic/bin/python tests/data/draw_heic.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from pillow_heif import register_heif_opener

from tests.data.pictures import scene

HERE = Path(__file__).parent


def main() -> None:
    """One picture that a phone held upright took, and one file that holds two."""
    register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side
    lying = scene(1, 96, 64).transpose(Image.Transpose.ROTATE_90)
    lying.info["exif"] = exif.tobytes()  # from which it writes both the tag and the turn that HEIC itself knows
    lying.save(HERE / "phone.heic", quality=90)
    scene(2, 64, 64).save(HERE / "burst.heic", quality=80, save_all=True, append_images=[scene(3, 64, 64)], primary_index=1)


if __name__ == "__main__":
    main()
