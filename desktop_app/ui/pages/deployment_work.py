"""What the deployment page does in the background: looking into a model, saving, keeping, packing.

The packages behind it load in the background too, so that the page opens at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from desktop_app.jobs.tasks import Reporter
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.files import explained, write_bytes
from desktop_app.project.runs import Run, slug
from desktop_app.ui.pages.deployment_sources import Source
from desktop_app.ui.pages.evaluation_words import shortened
from desktop_app.ui.widgets.pictures import to_image

if TYPE_CHECKING:
    from desktop_app.runtime.manifest import Manifest
    from desktop_app.runtime.origins import Origin
    from desktop_app.runtime.pictures import Picture

FAVOURITES = "favourites"
_WRITERS = 8
_UNSAFE = re.compile(r"[^\w-]+")


@dataclass(frozen=True)
class Model:
    """A run's exported model, opened and checked.

    Attributes
    ----------
    size
        Bytes of all its files.
    """

    folder: Path
    manifest: Manifest
    size: int


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture on the page: just drawn, or kept earlier.

    Attributes
    ----------
    name
        What it is called, for people.
    file
        Name of its file: the same picture always has the same.
    png
        The file's content, metadata included.
    """

    name: str
    file: str
    image: QImage
    png: bytes


def look_into(_: Reporter, folder: Path) -> Model:
    """Open a bundle and check all of it."""
    from desktop_app.runtime.bundle import open_bundle

    bundle = open_bundle(folder)
    return Model(folder, bundle.manifest, bundle.size)


def drawn(picture: Picture) -> Drawn:
    """A picture that was just generated."""
    digest = hashlib.blake2b(picture.array.tobytes(), digest_size=4).hexdigest()
    kind = f"{_UNSAFE.sub('-', picture.label)[:40].strip('-')}-" if picture.label else ""
    series = f"seed-{picture.seed}-{picture.index + 1:04}" if picture.seed is not None else f"way-{picture.number + 1:04}"
    name = f"{picture.label or 'Picture'}, {origin_words(picture.origin)}"
    file = f"{kind}{series}-{digest}.png".lstrip("-")
    return Drawn(name, file, to_image(picture.array), picture.png())


def save(reporter: Reporter, pictures: Sequence[Drawn], folder: Path) -> list[Path]:
    """Write PNG files into a folder; a file that is there with other content is never replaced.

    Several at a time, because most of the time is spent waiting for the disk to say that a file is safe.
    """

    def write(picture: Drawn) -> Path:
        if reporter.cancelled():
            raise Cancelled
        path = _free(folder / picture.file, picture.png)
        write_bytes(path, picture.png)
        return path

    paths = []
    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="saving") as pool:
        for path in pool.map(write, pictures):
            paths.append(path)
            reporter.progress(len(paths), len(pictures))
    return paths


def save_as(_: Reporter, picture: Drawn, path: Path) -> list[Path]:
    """Write one PNG file where the person said."""
    write_bytes(path, picture.png)
    return [path]


def _free(path: Path, content: bytes) -> Path:
    """``path``, or the next name that is free or holds the same."""
    names = (path, *(path.with_stem(f"{path.stem}-{number}") for number in range(2, 10_000)))
    with explained(path):
        return next(each for each in names if not each.exists() or each.read_bytes() == content)


def read_favourites(_: Reporter, folder: Path, names: Sequence[str]) -> list[Drawn]:
    """The pictures kept in a project; those whose files are gone or no pictures any more are passed over."""
    from PIL import Image

    kept = []
    for name in names:
        path = folder / name
        try:
            content = path.read_bytes()
            with Image.open(path) as image:
                array = np.asarray(image.convert("L" if image.mode == "L" else "RGB"))
                words = described(image.info)
        except (OSError, ValueError, SyntaxError):
            continue
        kept.append(Drawn(words or path.stem, path.name, to_image(array), content))
    return kept


def described(info: dict[object, object]) -> str:
    """What a PNG's own record says of it, in words; empty when it says nothing that can be read."""
    from desktop_app.runtime.records import parse

    try:
        record = parse({"Model": "", **{str(key): str(value) for key, value in info.items()}})
    except GensmithError:
        return ""
    return f"{record.class_name or 'Picture'}, {origin_words(record.origin)}"


def origin_words(origin: Origin) -> str:
    """Where a picture comes from, as the page says it: the first of a seed has number 1."""
    if origin.kind == "spot":
        return f"seed {origin.seed}, number {origin.index + 1}"
    if origin.kind == "own":
        return f"your picture {origin.name}"
    return f"{origin.share:.0%} from ({origin_words(origin.a)}) to ({origin_words(origin.b)})"


def source_of(picture: Drawn, manifest: Manifest) -> Source:
    """A picture on the page as one to begin with.

    Raises
    ------
    GensmithError
        Another model drew it, it does not say how it was drawn, or it is a mixture of too many mixtures.
    """
    from desktop_app.runtime.mixing import check
    from desktop_app.runtime.origins import DEEPEST, depth, too_deep
    from desktop_app.runtime.records import fingerprint, read_record

    record = read_record(picture.png)
    if record.fingerprint and record.fingerprint != fingerprint(manifest):
        raise GensmithError(
            f"{picture.name} was drawn by another model.", "Begin with a picture of this one, or choose that model above."
        )
    check(manifest, record.origin)
    if depth(record.origin) >= DEEPEST:
        raise too_deep()
    return Source(picture.name, picture.image, record.origin)


def look_at(_: Reporter, folder: Path, path: Path) -> Source:
    """A picture of the person's own, as the model takes it and as it sees it."""
    from desktop_app.runtime.bundle import open_bundle
    from desktop_app.runtime.encoding import read_picture

    bundle = open_bundle(folder)
    origin = bundle.origin(path)
    return Source(path.name, to_image(read_picture(path, bundle.manifest.shape)), origin)


def sheet(pictures: Sequence[Drawn]) -> QImage:
    """One picture, or several of one size on one sheet, for the clipboard."""
    from desktop_app.runtime.pictures import contact_sheet

    if len(pictures) == 1:
        return pictures[0].image
    first = pictures[0].image
    same = [each.image for each in pictures if each.image.size() == first.size()]
    arrays = [_array(image) for image in same]
    return to_image(np.asarray(contact_sheet(np.stack(arrays), gap=max(1, first.width() // 16))))


def _array(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3)


def file_name(manifest: Manifest) -> str:
    """What a model's file is called; a smaller variant says so."""
    kind = f".{manifest.variant.kind}" if manifest.variant else ""
    return f"{slug(manifest.name)}{kind}.gensmith"


def pack_file(_: Reporter, folder: Path, target: Path) -> Path:
    """The model as one file."""
    from desktop_app.runtime.bundle import pack

    return pack(folder, target)


def has_program() -> bool:
    """Whether there is a program to hand on with a model."""
    from desktop_app.deployment.generator import generator_folder

    try:
        return generator_folder().is_dir()
    except GensmithError:
        return False


def hand_on(reporter: Reporter, folder: Path, out: Path) -> Path:
    """The model beside the program that draws with it, in ``out``; the zip of both."""
    from desktop_app.deployment.generator import hand_on

    return hand_on(folder, out, progress=reporter.progress, cancelled=reporter.cancelled).archive


def written(bundle: Path) -> int:
    """When a bundle, folder or file, was written; 0 where there is none."""
    try:
        return (bundle / "bundle.json" if bundle.is_dir() else bundle).stat().st_mtime_ns
    except OSError:
        return 0


def size_words(count: int) -> str:
    """A number of bytes in words."""
    if count < 1_000_000:
        return f"{max(1, round(count / 1_000)):,} KB"
    return f"{count / 1_000_000:,.1f} MB"


def run_words(run: Run) -> str:
    """A training as it is offered to choose from."""
    try:
        return f"{shortened(run.spec.name)} · {run.spec.created.astimezone():%d %b %H:%M}"
    except GensmithError:
        return run.name
