"""What a generated picture says of itself: written into its PNG file, read back from it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from pydantic import ValidationError

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained
from desktop_app.runtime.manifest import Manifest
from desktop_app.runtime.origins import Origin, Spot, from_json, to_json
from desktop_app.runtime.sampling import Sampler

MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Record:
    """Enough to make a picture again with the same model.

    Attributes
    ----------
    model, fingerprint
        Name of the model, and a short digest of its graphs that no other model has.
    origin
        What it was drawn from.
    class_name
        Class that was asked for; None without classes.
    sampler
        Settings of a model that draws in strokes; None for one that draws in one pass.
    """

    model: str
    fingerprint: str
    origin: Origin
    class_name: str | None
    sampler: Sampler | None


def fingerprint(manifest: Manifest) -> str:
    """A short digest of the graphs: two models with the same one draw the same pictures."""
    hashes = [f"{role}:{manifest.files.get(name, '')}" for role, name in sorted(manifest.graphs.items())]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:16]


def of_model(manifest: Manifest, sampler: Sampler | None) -> dict[str, str]:
    """The part of the record that all pictures of one request share."""
    settings = {"Settings": sampler.model_dump_json()} if sampler else {}
    return {"Model": manifest.name, "Fingerprint": fingerprint(manifest)} | settings


def of_origin(origin: Origin, class_name: str | None) -> dict[str, str]:
    """The part that is the picture's own."""
    kind = {"Class": class_name} if class_name else {}
    if isinstance(origin, Spot):
        return {"Seed": str(origin.seed), "Index": str(origin.index)} | kind
    return {"Origin": to_json(origin)} | kind


def parse(text: dict[str, str]) -> Record:
    """The record in a PNG file's text.

    Raises
    ------
    GensmithError
        There is none, or it is damaged (code 3).
    """
    if "Model" not in text or not ("Origin" in text or {"Seed", "Index"} <= set(text)):
        raise GensmithError("This picture does not say how it was drawn.", "Choose a PNG file as Gensmith saved it.", code=3)
    try:
        kind = text.get("Class")
        spot = "Origin" not in text
        origin = Spot(seed=int(text["Seed"]), index=int(text["Index"]), class_name=kind) if spot else from_json(text["Origin"])
        sampler = Sampler.model_validate_json(text["Settings"]) if "Settings" in text else None
    except ValueError as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        remedy = "Choose a picture as Gensmith saved it."
        raise GensmithError(f"The record of this picture is damaged ({reason[:100]}).", remedy, code=3) from error
    return Record(text["Model"], text.get("Fingerprint", ""), origin, kind, sampler)


def read_record(source: Path | bytes) -> Record:
    """How the picture in a PNG file was drawn.

    Raises
    ------
    GensmithError
        It cannot be read, or does not say so.
    """
    return parse(read_text(source))


def read_text(source: Path | bytes) -> dict[str, str]:
    """All text in a PNG file; empty for other files."""
    content = source if isinstance(source, bytes) else _content(source)
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            image.load()  # text may stand behind the pixels
            return {str(key): str(value) for key, value in getattr(image, "text", {}).items()}
    except Exception:  # whatever Pillow raises for what is no sound PNG
        return {}


def _content(path: Path) -> bytes:
    with explained(path):
        if path.stat().st_size > MAX_BYTES:
            raise GensmithError(f"{path.name} is larger than any picture that Gensmith saves.", code=3)
        return path.read_bytes()
