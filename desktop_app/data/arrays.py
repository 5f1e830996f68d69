"""From pictures to the arrays that a model learns from: one folder, named by its content, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from desktop_app.data import images
from desktop_app.data.inspection import in_threads
from desktop_app.data.inventory import Inventory, IsCancelled, Item, Pace, Progress
from desktop_app.project.document import Data
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained, new_folder

FORMAT = 1
_SPARE = 32 * 2**20
"""Bytes of the disk that stay free beside the arrays."""


@dataclass
class Encoded:
    """Arrays on the disk.

    Attributes
    ----------
    items
        uint8 (N, H, W, C), memory-mapped for reading.
    labels
        int64 (N,): index into ``classes``, -1 for none.
    held_out
        bool (N,): never learned from.
    keys, paths
        Name in the project and file of each item.
    """

    items: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.bool_]
    classes: list[str]
    keys: list[str]
    paths: list[str]


def picture(path: Path, data: Data, size: int, *, gray: bool = False) -> images.Pixels:
    """One picture as the model will see it: uint8 (size, size, C).

    Parameters
    ----------
    gray
        Whether all used pictures are gray (:attr:`Inventory.gray`), which decides when the colour is chosen by itself.

    Raises
    ------
    GensmithError
        It cannot be decoded (code 3).
    """
    try:
        image = images.on_ground(images.decode(path, side=max(2 * size, 64)).image, data.background)
    except images.PictureError as error:
        raise GensmithError(f"{path.name}: {error.message}", "Check the pictures again.", code=3) from error
    fitted = images.fit_square(image, size, data.fit, data.background)
    if channels_of(data, gray) == 1:
        return np.asarray(fitted.convert("L"))[..., None]
    return np.asarray(fitted)


def channels_of(data: Data, gray: bool) -> int:
    """1 for gray, 3 for colour."""
    return 1 if data.colour == "gray" or (data.colour == "auto" and gray) else 3


def encode(
    inventory: Inventory,
    data: Data,
    data_folder: Path,
    *,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> str:
    """Write the arrays of all used items; returns the name of their folder under ``data_folder``.

    The name follows from the content: the same pictures and choices are written once.

    Raises
    ------
    GensmithError
        Nothing is usable, a picture has changed meanwhile (code 3), or the disk is full (code 4).
    Cancelled
        The person asked to stop; nothing is left behind.
    """
    used = [item for item in inventory.items if item.used]
    if not used:
        raise GensmithError(
            f"None of the {inventory.found:,} files can be used.", "Add pictures, or keep some that were left out.", code=3
        )
    size = data.size or inventory.proposed_size
    channels = channels_of(data, inventory.gray)
    description = _describe(inventory, used, data, size, channels)
    name = hashlib.blake2b(json.dumps(description).encode(), digest_size=10).hexdigest()
    folder = data_folder / name
    if _is_sound(folder):
        return name
    _clear_leftovers(data_folder)
    _check_room(data_folder, len(used) * size * size * channels)
    pace = Pace(len(used), progress, cancelled)
    with new_folder(folder) as temporary:
        _write(temporary, used, data, inventory.gray, description, pace)
    return name


def _describe(inventory: Inventory, used: Sequence[Item], data: Data, size: int, channels: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "size": size,
        "channels": channels,
        "classes": list(inventory.classes),
        "settings": {"fit": data.fit, "background": data.background, "held_out": data.held_out},
        "keys": [item.key for item in used],
        "paths": [os.fsencode(item.path).decode("utf-8", "backslashreplace") for item in used],
        "digests": [item.digest for item in used],
        "held_out": [i for i, item in enumerate(used) if item.held_out],
    }


def _write(folder: Path, used: Sequence[Item], data: Data, gray: bool, description: dict[str, Any], pace: Pace) -> None:
    size, channels = description["size"], description["channels"]
    numbers = {name: number for number, name in enumerate(description["classes"])}
    labels = np.array([numbers.get(item.class_name or "", -1) for item in used], dtype=np.int64)
    with (folder / "items.npy").open("wb") as stream:
        _write_header(stream, (len(used), size, size, channels))
        with contextlib.closing(in_threads(lambda item: picture(item.path, data, size, gray=gray), used)) as pictures:
            for number, pixels in enumerate(pictures):
                stream.write(np.ascontiguousarray(pixels).data)
                pace.step(number + 1)
    np.save(folder / "labels.npy", labels, allow_pickle=False)
    np.save(folder / "held_out.npy", np.array([item.held_out for item in used]), allow_pickle=False)
    (folder / "dataset.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")


def _write_header(stream: BinaryIO, shape: tuple[int, ...]) -> None:
    """The head of a ``.npy`` file. The body follows by plain writes: a full disk is then an error, not a crash as in a map."""
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _check_room(data_folder: Path, needed: int) -> None:
    with explained(data_folder):
        data_folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(data_folder).free
    if free < needed + _SPARE:
        raise GensmithError(
            f"The pictures need {needed / 2**20:,.0f} MB on the disk, and {free / 2**20:,.0f} MB are free: {data_folder}.",
            "Free some space, or choose a smaller size.",
            code=4,
        )


def _clear_leftovers(data_folder: Path) -> None:
    """Remove what an encoding that was killed left behind."""
    for path in data_folder.glob(".tmp-*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


def _is_sound(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        open_encoded(folder)
    except GensmithError:
        return False
    return True


# ---------------------------------------------------------------- reading


def open_encoded(folder: Path) -> Encoded:
    """Open the arrays in ``folder`` for reading.

    Raises
    ------
    GensmithError
        They are missing, damaged, or written by a newer Gensmith (code 3).
    """
    try:
        description = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        if description["format"] > FORMAT:
            raise GensmithError("These arrays were written by a newer Gensmith.", "Update Gensmith.", code=3)
        items = np.load(folder / "items.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / "labels.npy", allow_pickle=False)
        held_out = np.load(folder / "held_out.npy", allow_pickle=False)
        encoded = Encoded(
            items, labels, held_out, *(list(map(str, description[name])) for name in ("classes", "keys", "paths"))
        )
        problem = _problem(encoded, description["size"], description["channels"])
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
    if problem:
        raise GensmithError(f"The prepared pictures in {folder} are damaged ({problem}).", "Prepare them again.", code=3)
    return encoded


def _problem(encoded: Encoded, size: int, channels: int) -> str:
    count = len(encoded.keys)
    if encoded.items.dtype != np.uint8 or encoded.items.shape != (count, size, size, channels) or count == 0:
        return "the items do not have the shape that was announced"
    if encoded.labels.dtype != np.int64 or encoded.labels.shape != (count,):
        return "there is not one class for each item"
    if encoded.labels.min() < -1 or encoded.labels.max() >= len(encoded.classes):
        return "a class has no name"
    if encoded.held_out.dtype != np.bool_ or encoded.held_out.shape != (count,) or len(encoded.paths) != count:
        return "the lists have different lengths"
    return ""
