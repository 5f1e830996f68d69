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
from desktop_app.runtime.mixing import class_of
from desktop_app.runtime.origins import Origin, Spot, between, variations, walk
from desktop_app.runtime.pictures import contact_sheet
from desktop_app.runtime.records import fingerprint, parse, read_text

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_SPOT = re.compile(r"(\d{1,19}):(\d{1,18})")
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


@dataclass(frozen=True)
class Wish:
    """What to draw in place of a series; one of the first four at most.

    Each picture is a word: ``SEED:ITEM``, or the path of a picture.

    Attributes
    ----------
    vary
        A picture to vary.
    between
        Two pictures to lead from one to the other.
    walk
        Two pictures or more to pass and come back from.
    picture
        A picture to show as the model sees it.
    strength
        Of the variations, 0 to 1.
    frames
        Pictures on the way.
    """

    vary: str | None = None
    between: tuple[str, str] | None = None
    walk: Sequence[str] = ()
    picture: Path | None = None
    strength: float = 0.3
    frames: int = 16

    def kind(self) -> str:
        """What is wished for, as the file's names say it; empty for a series."""
        wished = {"variation": self.vary, "between": self.between, "walk": self.walk, "seen": self.picture}
        kinds = [kind for kind, value in wished.items() if value]
        if len(kinds) > 1:
            raise GensmithError("--vary, --between, --walk and --picture exclude each other.", "Take one of them.")
        return kinds[0] if kinds else ""

    def origins(self, bundle: Bundle, request: Request) -> list[Origin]:
        """What the pictures are drawn from, in order; ``request`` gives count, seed, start and class."""
        name = request.class_name
        if self.vary:
            of = origin_at(bundle, self.vary, name)
            kind = class_of(bundle.manifest.classes, of)
            return variations(of, kind, count=request.count, strength=self.strength, seed=request.seed, start=request.start)
        if self.picture:
            return [origin_at(bundle, str(self.picture), name)]
        stops = [origin_at(bundle, word, name) for word in self.between or self.walk]
        return between(stops[0], stops[1], self.frames) if self.between else walk(stops, self.frames)

    def settings(self, bundle: Bundle, request: Request) -> tuple[int | None, float | None]:
        """Steps and guidance as asked for; to show a picture that the model drew, those that it was drawn with."""
        asked = request.steps, request.guidance
        text = read_text(self.picture) if self.picture and asked == (None, None) else {}
        if text.get("Fingerprint") != fingerprint(bundle.manifest):
            return asked
        sampler = parse(text).sampler
        return (sampler.steps, sampler.guidance) if sampler else asked


def origin_at(bundle: Bundle, word: str, class_name: str | None) -> Origin:
    """The picture that ``SEED:ITEM`` or a path means."""
    if match := _SPOT.fullmatch(word):
        return Spot(seed=int(match[1]), index=int(match[2]), class_name=class_name)
    path = Path(word)
    if not path.is_file():
        remedy = "Write SEED:ITEM, as in 7:3 for the picture 7-00003.png, or the path of a picture."
        raise GensmithError(f"{word} is no picture.", remedy)
    return bundle.origin(path, class_name)


def generate(source: Path, place: Place, request: Request, output: Output, wish: Wish | None = None) -> None:
    """Draw the pictures and say where they are."""
    paths = draw(source, place, request, output, wish or Wish())
    values = {"out": str(place.folder.absolute()), "count": len(paths), "files": [str(path.absolute()) for path in paths]}
    what = "1 picture" if len(paths) == 1 else f"{len(paths):,} pictures"
    output.result(f"{what} in {place.folder}", values)


def draw(source: Path, place: Place, request: Request, output: Output, wish: Wish = Wish()) -> list[Path]:
    """Draw the pictures; the files written, in order.

    Raises
    ------
    GensmithError
        The bundle or the request is wrong, or a file is there that would be lost.
    """
    kind = wish.kind()
    bundle = open_bundle(source)
    if kind:
        origins = wish.origins(bundle, request)
        steps, guidance = wish.settings(bundle, request)
        request = Request.of(origins, steps=steps, guidance=guidance)
    with Interrupt().listening() as interrupt, output.bar() as bar:
        pictures = bundle.generate(
            request, progress=lambda done, total: bar.show("Drawing", done / total), cancelled=interrupt
        )  # a wrong request is refused here, before the first picture
        planned = _numbered(place, kind, request.count) if kind else _named(bundle, place, request)
        _refuse_loss(planned, place)
        drawn = {picture.number: _saved(picture, planned[picture.number]).array for picture in pictures}
    if place.sheet is not None:
        whole = contact_sheet(np.stack([drawn[number] for number in sorted(drawn)]), scale=_scale(bundle))
        write_with(place.sheet, lambda path: whole.save(path, "PNG"))
    return planned


def _numbered(place: Place, kind: str, count: int) -> list[Path]:
    """Where each picture of a way goes: in order."""
    return [place.folder / f"{kind}-{number:05d}.png" for number in range(count)]


def _named(bundle: Bundle, place: Place, request: Request) -> list[Path]:
    """Where each picture goes; named by seed and index, which together say which picture it is."""
    classes = bundle.manifest.classes
    names = folder_names(classes) if request.class_name is None else {}
    indices = range(request.start, request.start + request.count)
    folders = [place.folder / names[classes[index % len(classes)]] if names else place.folder for index in indices]
    return [folder / f"{request.seed}-{index:05d}.png" for folder, index in zip(folders, indices, strict=True)]


def _refuse_loss(paths: Sequence[Path], place: Place) -> None:
    there = [path for path in paths if path.exists()]
    if there and not place.overwrite:
        remedy = "Choose another folder or seed, or replace them with --overwrite."
        raise GensmithError(f"{len(there):,} of these pictures are there already, the first is {there[0]}.", remedy)


def _saved(picture: Picture, path: Path) -> Picture:
    picture.save(path)
    return picture


def _scale(bundle: Bundle) -> int:
    """Whole number that brings a small picture to about 64 pixels on the sheet."""
    return max(1, round(64 / bundle.manifest.shape[1]))
