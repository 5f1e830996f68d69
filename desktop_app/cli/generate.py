"""Drawing pictures from a bundle into PNG files, with numpy and onnxruntime alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop_app.cli.terminal import Interrupt, Output
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_with
from desktop_app.runtime.bundle import Bundle, Picture, Request, open_bundle
from desktop_app.runtime.pictures import contact_sheet

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def folder_names(classes: Sequence[str]) -> dict[str, str]:
    """A folder name for each class, valid on every system, never leading elsewhere, no two alike."""
    names: dict[str, str] = {}
    for number, label in enumerate(classes, 1):
        name = _UNSAFE.sub("_", label)[:80].strip(" .")
        if not name or _RESERVED.fullmatch(name):
            name = f"class {number} {name}".strip()
        taken = {other.casefold() for other in names.values()}
        names[label] = name if name.casefold() not in taken else f"{name} ({number})"
    return names


@dataclass(frozen=True)
class Place:
    """Where the pictures go.

    Attributes
    ----------
    folder
        Gets a PNG file for each picture, in a sub-folder for each class when the request names none.
    sheet
        File for all of them on one sheet.
    overwrite
        Whether pictures that are there may be replaced.
    """

    folder: Path
    sheet: Path | None = None
    overwrite: bool = False


def generate(source: Path, place: Place, request: Request, output: Output) -> None:
    """Draw ``request.count`` pictures and say where they are."""
    paths = draw(source, place, request, output)
    values = {"out": str(place.folder.absolute()), "count": len(paths), "files": [str(path.absolute()) for path in paths]}
    output.result(f"{len(paths):,} pictures in {place.folder}", values)


def draw(source: Path, place: Place, request: Request, output: Output) -> list[Path]:
    """Draw the pictures; the files written, in order.

    Raises
    ------
    GensmithError
        The bundle or the request is wrong, or a file is there that would be lost.
    """
    bundle = open_bundle(source)
    names = folder_names(bundle.manifest.classes) if request.class_name is None else {}
    with Interrupt().listening() as interrupt, output.bar() as bar:
        pictures = bundle.generate(
            request, progress=lambda done, total: bar.show("Drawing", done / total), cancelled=interrupt
        )  # a wrong request is refused here, before the first picture
        planned = _planned(bundle, place, request, names)
        drawn = [_saved(picture, path) for picture, path in zip(pictures, planned, strict=True)]
    if place.sheet is not None:
        whole = contact_sheet(np.stack([picture.array for picture in drawn]), scale=_scale(bundle))
        write_with(place.sheet, lambda path: whole.save(path, "PNG"))
    return planned


def _planned(bundle: Bundle, place: Place, request: Request, names: dict[str, str]) -> list[Path]:
    """Where each picture goes; named by seed and index, which together say which picture it is."""
    classes = bundle.manifest.classes
    indices = range(request.start, request.start + request.count)
    folders = [place.folder / names[classes[index % len(classes)]] if names else place.folder for index in indices]
    paths = [folder / f"{request.seed}-{index:05d}.png" for folder, index in zip(folders, indices, strict=True)]
    there = [path for path in paths if path.exists()]
    if there and not place.overwrite:
        remedy = "Choose another folder or seed, or replace them with --overwrite."
        raise GensmithError(f"{len(there):,} of these pictures are there already, the first is {there[0]}.", remedy)
    return paths


def _saved(picture: Picture, path: Path) -> Picture:
    picture.save(path)
    return picture


def _scale(bundle: Bundle) -> int:
    """Whole number that brings a small picture to about 64 pixels on the sheet."""
    return max(1, round(64 / bundle.manifest.shape[1]))
