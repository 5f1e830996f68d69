"""Pictures of the person's own, as a model with an encoder sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained
from desktop_app.runtime.drawing import BLOCK
from desktop_app.runtime.manifest import Manifest
from desktop_app.runtime.pictures import UInt8
from desktop_app.runtime.sampling import Float32, from_uint8, one_hot

Networks = Callable[[str], Callable[..., Float32]]
MOST_TRIED = 200
"""Classes that are tried for a picture whose class was not said."""


def require_encoder(manifest: Manifest) -> None:
    """Say plainly why a model cannot look at a picture.

    Raises
    ------
    GensmithError
        It has no encoder.
    """
    if "encoder" not in manifest.graphs:
        raise GensmithError(
            f"The model {manifest.name} can draw pictures but not look at one: its kind learns no way back from a picture.",
            "Train a variational autoencoder for that, or begin from a picture that the model drew.",
        )


def read_picture(path: Path, shape: tuple[int, int, int]) -> UInt8:
    """A picture file as the model takes it, (H, W, C): turned as its camera says, cut to the middle, on white.

    Raises
    ------
    GensmithError
        It is no picture that can be read (code 3).
    """
    with explained(path):
        path.open("rb").close()
    try:
        with Image.open(path) as image:
            return fitted(ImageOps.exif_transpose(image), shape)
    except Exception as error:  # whatever Pillow raises for what is no sound picture
        raise GensmithError(f"{path.name} cannot be read as a picture.", "Choose a PNG or JPEG file.", code=3) from error


def fitted(image: Image.Image, shape: tuple[int, int, int]) -> UInt8:
    """A Pillow image in the size and colour of a model, (H, W, C)."""
    channels, height, width = shape
    rgba = image.convert("RGBA")
    ground = Image.new("RGBA", rgba.size, "white")
    flat = Image.alpha_composite(ground, rgba).convert("L" if channels == 1 else "RGB")
    smaller = flat.width < width or flat.height < height
    method = Image.Resampling.NEAREST if smaller else Image.Resampling.LANCZOS  # enlarged pixels stay pixels
    array = np.asarray(ImageOps.fit(flat, (width, height), method))
    return array.reshape(height, width, channels)


def encode(manifest: Manifest, networks: Networks, pictures: UInt8, labels: Float32) -> Float32:
    """Latents (N, L) of pictures (N, H, W, C) with labels (N, K).

    Each goes through the network in a block of its own, so that it never depends on its neighbours.
    """
    require_encoder(manifest)
    network = networks("encoder")
    values = from_uint8(pictures, manifest.value_range)
    rows = [network(_block(value), _block(label))[0] for value, label in zip(values, labels, strict=True)]
    return np.stack(rows) if rows else np.zeros((0, manifest.latent), np.float32)


def _block(row: Float32) -> Float32:
    return np.repeat(row[None], BLOCK, axis=0)


def likeliest_class(manifest: Manifest, networks: Networks, picture: UInt8) -> str | None:
    """The class with which the model shows a picture (H, W, C) best; None without classes."""
    classes = manifest.classes
    if len(classes) > MOST_TRIED:
        raise GensmithError(f"The model {manifest.name} knows {len(classes):,} classes.", "Say which one the picture is.")
    if not classes:
        return None
    value = from_uint8(picture[None], manifest.value_range)[0]
    labels = one_hot(np.arange(len(classes)), len(classes))
    errors = [_error(networks, _block(value), _block(label)) for label in labels]
    return classes[int(np.argmin(errors))]


def _error(networks: Networks, block: Float32, labels: Float32) -> float:
    """Mean squared difference between a picture and what the model makes of it."""
    shown = networks("generator")(networks("encoder")(block, labels), labels)
    return float(np.square(shown[0].astype(np.float64) - block[0]).mean())
