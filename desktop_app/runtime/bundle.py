"""The bundle: one exported model as a folder or a ``.gensmith`` file, and generation from it."""

from __future__ import annotations

import hashlib
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import new_folder, write_bytes, write_with
from desktop_app.runtime import encoding
from desktop_app.runtime.archive import read_bundle
from desktop_app.runtime.card import model_card
from desktop_app.runtime.drawing import BLOCK, Hands, Plan, Work, draw
from desktop_app.runtime.graphs import check_graph
from desktop_app.runtime.manifest import CARD, CONTACT_SHEET, MANIFEST, Manifest, Metric, is_safe_name
from desktop_app.runtime.mixing import Mixture, check_class, class_number, class_of
from desktop_app.runtime.origins import Origin, Own, Spot, between
from desktop_app.runtime.painters import Network, painter, ports
from desktop_app.runtime.pictures import Picture, UInt8
from desktop_app.runtime.records import Record, fingerprint, of_model, parse, read_text
from desktop_app.runtime.sampling import Float32, Sampler, one_hot, to_uint8
from desktop_app.runtime.session import cores

SUFFIX = ".gensmith"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every member of a packed bundle, so that the same bundle always packs to the same bytes."""

__all__ = ["Bundle", "Manifest", "Metric", "Picture", "Request", "describe", "open_bundle", "pack", "write_bundle"]


@dataclass(frozen=True)
class Request:
    """Everything that a generation needs.

    Attributes
    ----------
    count
        Pictures to draw.
    seed
        Names the whole series; picture i of a seed is always the same.
    class_name
        Class of all of them; None draws the classes in turn.
    steps, guidance
        Replace those of the bundle; None keeps them.
    start
        Index of the first picture.
    origins
        Draws exactly these in place of a series: ``count``, ``seed``, ``class_name`` and ``start`` are then not looked at.
    """

    count: int
    seed: int = 0
    class_name: str | None = None
    steps: int | None = None
    guidance: float | None = None
    start: int = 0
    origins: tuple[Origin, ...] = ()

    @classmethod
    def of(cls, origins: Sequence[Origin], *, steps: int | None = None, guidance: float | None = None) -> Request:
        """A request for pictures of these origins."""
        return cls(len(origins), steps=steps, guidance=guidance, origins=tuple(origins))


class Bundle:
    """An opened model. Use :func:`open_bundle`."""

    def __init__(self, manifest: Manifest, files: dict[str, bytes], where: str) -> None:
        self.manifest = manifest
        self._files = files
        self._where = where
        self._threads = 0
        self._loaded: dict[str, Network] = {}

    def network(self, role: str, threads: int = 1) -> Network:
        """The network of a role with so many threads a call; what was used last is kept."""
        if threads != self._threads:
            self._threads, self._loaded = threads, {}
        if role not in self._loaded:
            content = self._files[{str(name): file for name, file in self.manifest.graphs.items()}[role]]
            self._loaded[role] = Network(content, self._where, ports(self.manifest)[role], threads)
        return self._loaded[role]

    @property
    def contact_sheet(self) -> bytes | None:
        """PNG of pictures that it drew, if there is one."""
        return self._files.get(CONTACT_SHEET)

    @property
    def card(self) -> str:
        """The model card (Markdown)."""
        return self._files.get(CARD, b"").decode("utf-8", "replace")

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(len(content) for content in self._files.values())

    def generate(
        self,
        request: Request,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        batch: int = 32,
    ) -> Iterator[Picture]:
        """Draw pictures one after the other.

        Parameters
        ----------
        progress
            Called with strokes done and strokes in all (a stroke is one step for four pictures), in this thread.
        cancelled
            Asked about twenty times a second, in this thread.
        batch
            Pictures drawn at the same time; it changes memory and speed, never the pictures.

        Raises
        ------
        GensmithError
            At once, when the request cannot be met.
        Cancelled
            ``cancelled`` said so.
        """
        work = Mixture(self.manifest, request.origins) if request.origins else self._plan(request)
        return self._pictures(work, self._origins(request), self._sampler(request), batch, progress, cancelled)

    def again(self, record: Record) -> Picture:
        """The picture that a record tells of, made again.

        Raises
        ------
        GensmithError
            Another model drew it.
        """
        if record.fingerprint and record.fingerprint != fingerprint(self.manifest):
            raise GensmithError(f"This picture was drawn by another model, {record.model}.", "Give that model.")
        work = Mixture(self.manifest, [record.origin])
        sampler = record.sampler if self.manifest.sampler else None
        return next(self._pictures(work, lambda _: record.origin, sampler, BLOCK, None, None))

    # ------------------------------------------------------------ pictures of the person's own

    def encode(self, pictures: UInt8, class_name: str | None = None) -> Float32:
        """Latents (N, L) of pictures uint8 (N, H, W, C), for models with an encoder."""
        classes = self.manifest.classes
        if class_name is not None:
            check_class(self.manifest, class_name)
        labels = one_hot([classes.index(class_name) if class_name else -1] * len(pictures), len(classes))
        return encoding.encode(self.manifest, self._at_once, pictures, labels)

    def decode(self, latents: Float32, class_name: str | None = None) -> UInt8:
        """Pictures uint8 (N, H, W, C) of latents (N, L)."""
        encoding.require_encoder(self.manifest)
        origins = [Own.of("", latent, class_name) for latent in latents]
        drawn = [picture.array for picture in self.generate(Request.of(origins))] if origins else []
        channels, height, width = self.manifest.shape
        return np.stack(drawn) if drawn else np.zeros((0, height, width, channels), np.uint8)

    def interpolate(self, a: Origin, b: Origin, frames: int, *, steps: int | None = None) -> Iterator[Picture]:
        """``frames`` pictures from ``a`` to ``b``, both included."""
        return self.generate(Request.of(between(a, b, frames), steps=steps))

    def own(self, path: Path, class_name: str | None = None) -> Own:
        """A picture file as an origin: what the model sees in it.

        Parameters
        ----------
        class_name
            None finds the class with which the model shows it best.

        Raises
        ------
        GensmithError
            The model has no encoder, or the file is no picture.
        """
        encoding.require_encoder(self.manifest)
        if class_name is not None:
            check_class(self.manifest, class_name)
        picture = encoding.read_picture(path, self.manifest.shape)
        label = class_name or encoding.likeliest_class(self.manifest, self._at_once, picture)
        return Own.of(path.name, self.encode(picture[None], label)[0], label)

    def origin(self, path: Path, class_name: str | None = None) -> Origin:
        """What a picture file begins with: its own record where this model drew it, else what the encoder sees in it."""
        text = read_text(path)
        if text.get("Fingerprint") == fingerprint(self.manifest):
            return parse(text).origin
        return self.own(path, class_name)

    def _at_once(self, role: str) -> Network:
        return self.network(role, cores())

    # ------------------------------------------------------------ drawing

    def _sampler(self, request: Request) -> Sampler | None:
        wanted = {"steps": request.steps, "guidance": request.guidance}
        changes = {name: value for name, value in wanted.items() if value is not None}
        if self.manifest.sampler is None:
            if changes:
                reason = f"The model {self.manifest.name} draws in one pass: it knows no {' and no '.join(changes)}."
                raise GensmithError(reason, "Leave it out.")
            return None
        values = self.manifest.sampler.model_dump() | changes
        try:
            return Sampler.model_validate(values)
        except ValidationError as error:
            detail = error.errors()[0]
            raise GensmithError(f"{detail['loc'][0]}: {detail['msg']}.", "Choose another value.") from error

    def _plan(self, request: Request) -> Plan:
        classes = self.manifest.classes
        if request.count < 1 or request.start < 0:
            raise GensmithError("Ask for at least one picture.", "Choose a count of 1 or more.")
        if request.class_name is not None:
            check_class(self.manifest, request.class_name)
        spot = _series(request)
        return Plan(request.seed, request.start, request.count, len(classes), lambda index: class_number(classes, spot(index)))

    def _origins(self, request: Request) -> Callable[[int], Origin]:
        """Origin of a picture by the number that it is drawn with."""
        return request.origins.__getitem__ if request.origins else _series(request)

    def _pictures(
        self,
        plan: Work,
        origin: Callable[[int], Origin],
        sampler: Sampler | None,
        batch: int,
        progress: Callable[[int, int], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> Iterator[Picture]:
        record = of_model(self.manifest, sampler)
        hands = Hands.share(len(plan.blocks), cores=cores(), batch=batch, values=math.prod(self.manifest.shape))
        threads = max(1, cores() // hands.workers)
        paint = painter(self.manifest, lambda role: self.network(role, threads), sampler)
        first = plan.start if isinstance(plan, Plan) else 0
        for index, values in draw(paint, plan, hands, progress=progress, cancelled=cancelled):
            label = class_of(self.manifest.classes, origin(index))
            array = to_uint8(values[None], self.manifest.value_range)[0]
            yield Picture(index - first, origin(index), label, array, record)


def _series(request: Request) -> Callable[[int], Spot]:
    return lambda index: Spot(seed=request.seed, index=index, class_name=request.class_name)


def _check_graphs(manifest: Manifest, files: dict[str, bytes], where: str) -> None:
    for role, name in manifest.graphs.items():
        check_graph(files[name], where, *ports(manifest)[role])


def open_bundle(path: Path) -> Bundle:
    """Open a bundle folder or a ``.gensmith`` file after checking all of it; nothing is unpacked to the disk.

    Raises
    ------
    GensmithError
        It is missing, damaged, hostile, or made by a newer Gensmith.
    """
    manifest, files = read_bundle(path)
    _check_graphs(manifest, files, path.name)
    return Bundle(manifest, files, path.name)


def write_bundle(folder: Path, manifest: Manifest, files: dict[str, bytes | Path]) -> Manifest:
    """Write a bundle folder whole or not at all, with its model card; an existing one is replaced.

    Parameters
    ----------
    files
        Content, or a file to copy, by name; :data:`~desktop_app.runtime.manifest.CONTACT_SHEET` is shown on the card.

    Returns the manifest as written, with the hash of every file.
    """
    contents = {name: file if isinstance(file, bytes) else file.read_bytes() for name, file in files.items()}
    if wrong := [name for name in contents if not is_safe_name(name) or name == MANIFEST]:
        raise ValueError(f"a bundle cannot hold a file called {wrong[0]!r}")
    if missing := set(manifest.graphs.values()) - set(contents):
        raise ValueError(f"the graph {missing.pop()} was not given")
    _check_graphs(manifest, contents, folder.name)
    contents[CARD] = model_card(_hashed(manifest, contents)).encode()
    final = _hashed(manifest, contents)
    with new_folder(folder) as temporary:
        for name, content in {**contents, MANIFEST: final.model_dump_json(indent=2).encode()}.items():
            write_bytes(temporary / name, content)
    return final


def _hashed(manifest: Manifest, contents: dict[str, bytes]) -> Manifest:
    """The manifest with the hashes of ``contents``, validated anew."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return Manifest.model_validate(manifest.model_dump() | {"files": hashes})


def describe(folder: Path, *, metrics: dict[str, Metric] | None = None, name: str | None = None) -> Manifest:
    """Write a bundle folder anew with other metrics or another name; its card says so, its graphs stay."""
    manifest, files = read_bundle(folder)
    changes = {"metrics": metrics, "name": name}
    updated = manifest.model_copy(update={key: value for key, value in changes.items() if value is not None})
    return write_bundle(folder, updated, dict(files))


def pack(folder: Path, target: Path) -> Path:
    """Put a bundle folder into one ``.gensmith`` file (a zip), checked before and written whole or not at all.

    What is such a file already is copied.
    """
    _, files = read_bundle(folder)
    target = target if target.suffix == SUFFIX else target.with_name(target.name + SUFFIX)
    if folder.is_file():
        write_bytes(target, folder.read_bytes())
        return target
    members = {MANIFEST: (folder / MANIFEST).read_bytes(), **files}

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                member = zipfile.ZipInfo(name, _EPOCH)
                member.external_attr = 0o100644 << 16
                member.compress_type = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
                archive.writestr(member, content)

    write_with(target, write)
    return target
