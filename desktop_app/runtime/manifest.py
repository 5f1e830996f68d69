"""``bundle.json``: what a bundle says of itself, validated."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

import desktop_app
from desktop_app.project.errors import GensmithError
from desktop_app.runtime.sampling import Sampler
from desktop_app.runtime.variants import Variant

FORMAT_VERSION: Final = 1
MANIFEST = "bundle.json"
CARD = "README.md"
CONTACT_SHEET = "contact_sheet.png"
SUFFIXES = frozenset({".onnx", ".png", ".md", ".json", ".txt"})
"""Kinds of file that a bundle may hold: nothing executable, no pickle."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")


def _safe_name(name: str) -> str:
    if not (len(name) <= 100 and _NAME.fullmatch(name) and any(name.endswith(suffix) for suffix in SUFFIXES)):
        raise ValueError(f"{name[:60]!r} is not a name that a bundle may hold")
    return name


def is_safe_name(name: str) -> bool:
    """Whether ``name`` is a plain file name of an allowed kind: no folders, no way out of the bundle."""
    try:
        return bool(_safe_name(name))
    except ValueError:
        return False


FileName = Annotated[str, AfterValidator(_safe_name)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Side = Annotated[int, Field(ge=1, le=2048)]
Role = Literal["denoiser", "guide", "structure", "decoder", "generator", "prior", "encoder"]
"""What a graph is for. A model that draws in strokes has a ``denoiser`` (a weaker ``guide``, if it is led away from one, the
``structure`` of the pictures, if that draws under strong noise, and a ``decoder``, if it draws latents). A model that draws
in one pass has a ``generator``, a ``prior`` where noise is not its latent as it stands, and an ``encoder`` where pictures
can be turned into latents."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Metric(_Part):
    """A measure of the evaluation, for the card. ``floor`` is what real pictures reach against real ones."""

    value: Annotated[float, Field(allow_inf_nan=False)]
    floor: Annotated[float, Field(allow_inf_nan=False)] | None = None
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    better: Literal["higher", "lower"] = "higher"


class Parity(_Part):
    """The exported graph beside the model that was trained, on the same noise."""

    seed: int = 0
    batch_sizes: list[int] = Field(default_factory=list, max_length=100)
    max_abs_error: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Manifest(_Part):
    """Everything that is needed to generate, and where it comes from.

    Attributes
    ----------
    shape
        (channels, height, width) of a picture.
    value_range
        Model values that mean black and white.
    sampler
        How the ``denoiser`` is used; None for a model that draws in one pass.
    noise
        Numbers that a picture is drawn from, for a model that draws in one pass; 0 for a denoiser.
    latent
        Numbers that its ``generator`` takes: those of the noise, or what a ``prior`` makes of them.
    latent_shape
        Of what the denoiser draws, where a ``decoder`` makes pictures of it; None where it draws pictures.
    graphs
        File name of each graph by its role: :data:`ROLES`.
    training_items
        Pictures that it learned from; 0 when not known.
    variant
        How it compares with the bundle that it was made from, if it was made smaller.
    files
        SHA-256 of every file of the bundle but this one.
    """

    format_version: Literal[1] = FORMAT_VERSION
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    modality: Literal["images"] = "images"
    family: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "diffusion"
    shape: tuple[Literal[1, 3], Side, Side]
    classes: list[Label] = Field(default_factory=list, max_length=10_000)
    sampler: Sampler | None = None
    noise: Annotated[int, Field(ge=0, le=65_536)] = 0
    latent: Annotated[int, Field(ge=0, le=65_536)] = 0
    latent_shape: tuple[Annotated[int, Field(ge=1, le=64)], Side, Side] | None = None
    value_range: tuple[float, float] = (-1.0, 1.0)
    graphs: dict[Role, FileName]
    parity: Parity | None = None
    metrics: dict[Annotated[str, StringConstraints(max_length=100)], Metric] = Field(default_factory=dict, max_length=100)
    training_items: Annotated[int, Field(ge=0)] = 0
    variant: Variant | None = None
    licence: Text = Field("", description="Licence of the material, as the person stated it.")
    gensmith: Annotated[str, StringConstraints(max_length=50)] = desktop_app.__version__
    files: dict[FileName, Sha256] = Field(default_factory=dict, max_length=64)

    @model_validator(mode="after")
    def _whole(self) -> Manifest:
        if ("denoiser" in self.graphs) == ("generator" in self.graphs):
            raise ValueError("it names neither a denoiser nor a generator, or both")
        if "denoiser" in self.graphs and (self.sampler is None or self.noise or self.latent):
            raise ValueError("a denoiser needs a sampler, and draws from noise of a picture's shape")
        if ("structure" in self.graphs) != (self.sampler is not None and self.sampler.handover is not None):
            raise ValueError("the structure of the pictures and the noise level above which it leads belong together")
        if ("decoder" in self.graphs) != (self.latent_shape is not None) or {"decoder", "generator"} <= set(self.graphs):
            raise ValueError("a decoder and the shape of what it takes belong together, beside a denoiser")
        if "generator" in self.graphs and (self.sampler is not None or not (self.noise and self.latent)):
            raise ValueError("a generator needs to know how many numbers it draws from, and no sampler")
        if "generator" in self.graphs and "prior" not in self.graphs and self.noise != self.latent:
            raise ValueError("without a prior a generator takes the noise as it is")
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("two classes have the same name")
        if not self.value_range[0] < self.value_range[1] or not all(abs(v) < 1e6 for v in self.value_range):
            raise ValueError("the value range is empty")
        return self


class _Version(BaseModel):
    format_version: Annotated[int, Field(ge=1)]


def read_manifest(content: bytes, where: str) -> Manifest:
    """Parse and validate ``bundle.json``.

    Raises
    ------
    GensmithError
        It is damaged (code 3), or was written by a newer Gensmith.
    """
    try:
        version = _Version.model_validate_json(content).format_version
        if version > FORMAT_VERSION:
            raise GensmithError(
                f"The model {where} was made by a newer Gensmith (format {version}; this one reads up to {FORMAT_VERSION}).",
                "Update Gensmith to use it.",
                code=3,
            )
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in detail["loc"])[:80]
        reason = f"{place}: {detail['msg']}" if place else str(detail["msg"])
        raise damaged(where, f"{MANIFEST} says {reason[:200]}") from error


def damaged(where: str, reason: str) -> GensmithError:
    """The one sentence for a bundle that is not used, whatever is wrong with it."""
    return GensmithError(
        f"The model {where} is damaged or was tampered with ({reason}).",
        "Nothing in it was run. Export or download it again.",
        code=3,
    )
