"""From pictures to the arrays that a model learns from: one folder, named by its content, written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from desktop_app.data import images
from desktop_app.data.checks import ENDED
from desktop_app.data.inspection import MEMORY, recipe_of
from desktop_app.data.inventory import Inventory, IsCancelled, Item, Pace, Progress
from desktop_app.data.memory import Memory
from desktop_app.data.mending import load
from desktop_app.data.parallel import each, in_parallel
from desktop_app.data.repetition import repeated
from desktop_app.project.document import Data, Mend
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained, new_folder

DATASET, OUTLINE = "dataset.json", "outline.json"
"""All that is known of the arrays, and what their shape follows from: the first grows with the number of pictures, and no
window should wait until it is read."""

FORMAT = 1
_SPARE = 32 * 2**20
"""Bytes of the disk that stay free beside the arrays."""


@dataclass(kw_only=True)
class Arrays:
    """Arrays on the disk.

    Attributes
    ----------
    items
        uint8 (N, H, W, C), memory-mapped for reading.
    labels
        int64 (N,): index into ``classes``, -1 for none.
    held_out
        bool (N,): never learned from.
    repeat
        Side of the largest squares of one colour that all pictures consist of, as where pixel art was enlarged; else 1.
    """

    items: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    held_out: npt.NDArray[np.bool_]
    classes: list[str]
    repeat: int = 1


@dataclass(kw_only=True)
class Encoded(Arrays):
    """Arrays with all that is known of each item.

    Attributes
    ----------
    keys, paths
        Name in the project and file of each item.
    captions
        What each item shows, in words; empty when nothing was told of any.
    digests, settings
        Fingerprint of each item's decoded pixels; the choices that made them into these.
    """

    keys: list[str]
    paths: list[str]
    captions: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


def picture(
    path: Path, data: Data, size: int, *, gray: bool = False, frame: int | None = None, mend: Mend | None = None
) -> images.Pixels:
    """One picture as the model will see it: uint8 (size, size, C).

    Parameters
    ----------
    gray
        Whether all used pictures are gray (:attr:`Inventory.gray`), which decides when the colour is chosen by itself.
    frame, mend
        As in :class:`~desktop_app.data.inventory.Item`.

    Raises
    ------
    GensmithError
        It cannot be decoded (code 3).
    """
    try:
        image = images.on_ground(load(path, frame=frame, mend=mend).image, data.background)
    except images.PictureError as error:
        raise GensmithError(f"{path.name}: {error.message}", "Check the pictures again.", code=3) from error
    return _coloured(np.asarray(images.fit_square(image, size, data.fit, data.background)), channels_of(data, gray))


def _coloured(pixels: images.Pixels, channels: int) -> images.Pixels:
    """Pixels (S, S, 3) in as many channels as the model has."""
    return pixels if channels == 3 else np.asarray(Image.fromarray(pixels).convert("L"))[..., None]


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
    with contextlib.closing(Memory(data_folder / MEMORY)) as memory:
        sources = _Sources(memory, recipe_of(data, size), data, channels, _latest(data_folder, description))
        with new_folder(folder) as temporary:
            _write(temporary, used, sources, description, pace)
        memory.forget_views()
    return name


def _describe(inventory: Inventory, used: Sequence[Item], data: Data, size: int, channels: int) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "size": size,
        "channels": channels,
        "classes": list(inventory.classes),
        "settings": {"fit": data.fit, "background": data.background, "held_out": data.held_out},
        "keys": [item.key for item in used],
        "paths": [os.fsencode(item.file).decode("utf-8", "backslashreplace") for item in used],
        "digests": [item.digest for item in used],
        "captions": [item.caption for item in used] if any(item.caption for item in used) else [],
        "held_out": [i for i, item in enumerate(used) if item.held_out],
    }


class _Sources:
    """Where the pixels of an item come from: kept since its inspection, arrays made before, or its file.

    All three hold the same. A file is decoded where nothing else has it: pictures that were inspected long ago, in
    another size or shape.
    """

    def __init__(self, memory: Memory, recipe: images.Recipe, data: Data, channels: int, before: Encoded | None) -> None:
        self._memory, self._recipe, self._channels = memory, recipe, channels
        self._before = before
        self._rows = {digest: row for row, digest in enumerate(before.digests)} if before else {}
        self._decoded = partial(_decoded, data=data, size=recipe.size, gray=channels == 1)

    def pictures(self, items: Sequence[Item]) -> Iterator[images.Pixels]:
        """Pixels uint8 (S, S, C) of each item, in order."""
        there = [self._there(item) for item in items]
        missing = [item for item, has in zip(items, there, strict=True) if not has]
        with contextlib.closing(in_parallel(each(self._decoded), missing, _lost)) as decoded:
            for item, has in zip(items, there, strict=True):
                pixels = self._kept(item) if has else None
                yield next(decoded) if not has else self._decoded(item) if pixels is None else pixels

    def _there(self, item: Item) -> bool:
        return item.digest in self._rows or self._memory.has_view(item.digest, self._recipe)

    def _kept(self, item: Item) -> images.Pixels | None:
        if self._before is not None and item.digest in self._rows:
            return np.asarray(self._before.items[self._rows[item.digest]])
        view = self._memory.view(item.digest, self._recipe)
        return None if view is None else _coloured(view, self._channels)


def _decoded(item: Item, data: Data, size: int, gray: bool) -> images.Pixels:
    return picture(item.path, data, size, gray=gray, frame=item.frame, mend=item.mend)


def _lost(item: Item) -> images.Pixels:
    raise GensmithError(f"{item.path.name}: {ENDED}", "Check the pictures again.", code=3)


def _latest(data_folder: Path, description: dict[str, Any]) -> Encoded | None:
    """The newest arrays of the same size, shape and colours: most of their pictures are needed again."""
    folders = (path.parent for path in data_folder.glob(f"*/{DATASET}"))
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[:3]:
        with contextlib.suppress(GensmithError):
            found = open_encoded(folder)
            same = all(found.settings.get(name) == description["settings"][name] for name in ("fit", "background"))
            if same and found.items.shape[1:] == (description["size"],) * 2 + (description["channels"],):
                return found if len(found.digests) == len(found.keys) else None
    return None


def _write(folder: Path, used: Sequence[Item], sources: _Sources, description: dict[str, Any], pace: Pace) -> None:
    size, channels = description["size"], description["channels"]
    repeat = size
    numbers = {name: number for number, name in enumerate(description["classes"])}
    labels = np.array([numbers.get(item.class_name or "", -1) for item in used], dtype=np.int64)
    with (folder / "items.npy").open("wb") as stream:
        _write_header(stream, (len(used), size, size, channels))
        for number, pixels in enumerate(sources.pictures(used)):
            stream.write(np.ascontiguousarray(pixels).data)
            repeat = repeated(pixels, repeat)
            pace.step(number + 1)
    np.save(folder / "labels.npy", labels, allow_pickle=False)
    np.save(folder / "held_out.npy", np.array([item.held_out for item in used]), allow_pickle=False)
    outline = {name: description[name] for name in ("format", "size", "channels", "classes")} | {"repeat": repeat}
    for name, whole in ((OUTLINE, outline), (DATASET, description | outline)):
        (folder / name).write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


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
        open_arrays(folder)
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
    with _checked(folder):
        description = _description(folder / DATASET)
        texts: dict[str, Any] = {name: list(map(str, description[name])) for name in ("keys", "paths")}
        texts |= {name: list(map(str, description.get(name, []))) for name in ("captions", "digests")}
        encoded = Encoded(**_arrays(folder, description), **texts, settings=dict(description.get("settings", {})))
        if not len(encoded.keys) == len(encoded.paths) == len(encoded.items):
            raise ValueError("the lists have different lengths")
        return encoded


def open_arrays(folder: Path) -> Arrays:
    """The same without what is known of each item, which takes no time however many there are; raises the same."""
    if not (folder / OUTLINE).is_file():  # made before there were outlines
        return open_encoded(folder)
    with _checked(folder):
        return Arrays(**_arrays(folder, _description(folder / OUTLINE)))


@contextlib.contextmanager
def _checked(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"The prepared pictures in {folder} are damaged ({problem})."
        raise GensmithError(message, "Prepare them again.", code=3) from error


def _description(path: Path) -> dict[str, Any]:
    description = json.loads(path.read_text(encoding="utf-8"))
    if description["format"] > FORMAT:
        raise GensmithError("These arrays were written by a newer Gensmith.", "Update Gensmith.", code=3)
    return dict(description)


def _arrays(folder: Path, outline: dict[str, Any]) -> dict[str, Any]:
    """The fields of :class:`Arrays`; raises ValueError where they do not fit each other."""
    items = np.load(folder / "items.npy", mmap_mode="r", allow_pickle=False)
    labels = np.load(folder / "labels.npy", allow_pickle=False)
    held_out = np.load(folder / "held_out.npy", allow_pickle=False)
    classes, size, count = list(map(str, outline["classes"])), outline["size"], len(labels)
    if items.dtype != np.uint8 or items.shape != (count, size, size, outline["channels"]) or count == 0:
        raise ValueError("the items do not have the shape that was announced")
    if labels.dtype != np.int64 or labels.shape != (count,):
        raise ValueError("there is not one class for each item")
    if labels.min() < -1 or labels.max() >= len(classes):
        raise ValueError("a class has no name")
    if held_out.dtype != np.bool_ or held_out.shape != (count,):
        raise ValueError("the lists have different lengths")
    repeat = int(outline.get("repeat", 1))
    return {"items": items, "labels": labels, "held_out": held_out, "classes": classes, "repeat": repeat}
