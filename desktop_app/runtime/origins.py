"""Where a picture comes from: noise of a seed, a picture of one's own, or a mixture of two of these.

An origin names a picture completely, so that whoever knows the origin, the model and its settings makes the same picture
again. Variations, ways between two pictures and closed walks are lists of mixtures.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from desktop_app.project.errors import GensmithError
from desktop_app.runtime.sampling import Float32, Float64

DEEPEST = 12
"""Mixtures of mixtures of … that are followed; a record that goes deeper was not written by Gensmith."""

Name = Annotated[str, Field(max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spot(_Part):
    """Picture ``index`` of the series of ``seed``; ``class_name`` None is the class whose turn it is."""

    kind: Literal["spot"] = "spot"
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    index: Annotated[int, Field(ge=0, lt=2**63)] = 0
    class_name: Name | None = None


class Own(_Part):
    """A picture of the person's own as the encoder sees it: its latent, so that the file is not needed again."""

    kind: Literal["own"] = "own"
    name: Name
    latent: Annotated[str, Field(max_length=400_000)]
    """float32, little-endian, base64."""
    class_name: Name | None = None

    @classmethod
    def of(cls, name: str, latent: Float32, class_name: str | None) -> Own:
        """From the latent (L,)."""
        packed = base64.b64encode(latent.astype("<f4").tobytes()).decode()
        return cls(name=name[:500], latent=packed, class_name=class_name)

    def values(self) -> Float32:
        """The latent (L,)."""
        return np.frombuffer(base64.b64decode(self.latent, validate=True), "<f4").astype(np.float32)

    @model_validator(mode="after")
    def _readable(self) -> Own:
        try:
            finite = bool(np.isfinite(self.values()).all())
        except (binascii.Error, ValueError) as error:
            raise ValueError("its latent cannot be read") from error
        if not finite:
            raise ValueError("its latent holds what is not a number")
        return self


class Blend(_Part):
    """On the way from ``a`` (share 0) to ``b`` (share 1)."""

    kind: Literal["blend"] = "blend"
    a: Origin
    b: Origin
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


Origin = Annotated[Spot | Own | Blend, Field(discriminator="kind")]
Blend.model_rebuild()
_ORIGIN: TypeAdapter[Spot | Own | Blend] = TypeAdapter(Origin)


def depth(origin: Origin) -> int:
    """How many mixtures lie inside each other."""
    return 1 + max(depth(origin.a), depth(origin.b)) if isinstance(origin, Blend) else 0


def to_json(origin: Origin) -> str:
    """An origin as text."""
    return origin.model_dump_json(exclude_none=True)


def from_json(text: str) -> Origin:
    """The origin that a text names.

    Raises
    ------
    GensmithError
        It names none.
    """
    try:
        origin = _ORIGIN.validate_json(text)
        if depth(origin) <= DEEPEST:
            return origin
        reason = "it goes too deep"
    except (ValidationError, RecursionError) as error:
        reason = str(error).splitlines()[0][:100]
    raise GensmithError(f"The record of this picture is damaged ({reason}).", "Choose a picture as Gensmith saved it.", code=3)


def place(origin: Origin, block: int) -> int:
    """Row of a block in which a picture is always drawn, so that its last bits never depend on what is drawn beside it."""
    return (origin.index if isinstance(origin, Spot) else zlib.crc32(to_json(origin).encode())) % block


def spherical(a: Float32, b: Float32, share: float) -> Float32:
    """From ``a`` to ``b`` on the sphere on which unit noise lies (Shoemake 1985; White 2016, arXiv:1609.04468).

    The straight way between two noises leads through a middle with half the variance, which no model has ever seen.
    """
    if share in (0.0, 1.0):
        return b if share else a
    first, second = a.astype(np.float64).ravel(), b.astype(np.float64).ravel()
    near, far = _weights(first, second, share)
    return (near * first + far * second).astype(np.float32).reshape(a.shape)


def _weights(a: Float64, b: Float64, share: float) -> tuple[float, float]:
    lengths = float(np.sqrt((a * a).sum() * (b * b).sum()))
    cosine = float((a * b).sum()) / lengths if lengths > 0 else 1.0
    angle = float(np.arccos(np.clip(cosine, -1, 1)))
    if angle < 1e-4 or np.pi - angle < 1e-4:  # the same or opposite: the sphere knows no way of its own
        return 1 - share, share
    return float(np.sin((1 - share) * angle) / np.sin(angle)), float(np.sin(share * angle) / np.sin(angle))


def in_words(origin: Origin) -> str:
    """What a picture comes from, in words."""
    if isinstance(origin, Spot):
        return f"seed {origin.seed}, item {origin.index}"
    if isinstance(origin, Own):
        return f"your picture {origin.name}"
    return f"{origin.share:.0%} of the way from ({in_words(origin.a)}) to ({in_words(origin.b)})"


# ---------------------------------------------------------------- series of them


def blend(a: Origin, b: Origin, share: float) -> Origin:
    """The mixture, or one of both where it is nothing else."""
    if share <= 0 or a == b:
        return a
    return b if share >= 1 else _shallow(Blend(a=a, b=b, share=round(share, 6)))


def _shallow(origin: Blend) -> Blend:
    if depth(origin) > DEEPEST:
        raise too_deep()
    return origin


def too_deep() -> GensmithError:
    """Nothing can be made of a picture that is a mixture of mixtures of … already."""
    return GensmithError(f"This picture is a variation of a variation, {DEEPEST} deep already.", "Begin from an earlier one.")


def variations(of: Origin, class_name: str | None, *, count: int, strength: float, seed: int, start: int = 0) -> list[Origin]:
    """``count`` pictures near one: its noise turned by ``strength`` of a right angle towards pictures of ``seed``.

    Parameters
    ----------
    class_name
        Class of the picture, which they keep; None without classes.
    strength
        0 changes nothing, 1 leaves nothing of it.
    """
    if not 0 <= strength <= 1:
        raise GensmithError(f"The strength {strength:g} is not between 0 and 1.", "0.3 is a good start.")
    _at_least_one(count)
    others = (Spot(seed=seed, index=start + number, class_name=class_name) for number in range(count))
    return [blend(of, other, strength) for other in others]


def between(a: Origin, b: Origin, frames: int) -> list[Origin]:
    """``frames`` pictures from ``a`` to ``b``, both included, in even steps."""
    if frames < 2:
        raise GensmithError("From one picture to another takes at least two frames.", "Ask for more frames.")
    return [blend(a, b, number / (frames - 1)) for number in range(frames)]


def walk(stops: Sequence[Origin], frames: int) -> list[Origin]:
    """A closed way through ``stops``, ``frames`` pictures in all: the last one leads back to the first."""
    if len(stops) < 2:
        raise GensmithError("A walk needs at least two pictures to pass.", "Name more of them.")
    if frames < len(stops):
        raise GensmithError(f"A walk past {len(stops):,} pictures needs as many frames.", "Ask for more frames.")
    way: list[Origin] = []
    for leg, (a, b) in enumerate(zip(stops, [*stops[1:], stops[0]], strict=True)):
        first, last = leg * frames // len(stops), (leg + 1) * frames // len(stops)
        way += [blend(a, b, number / (last - first)) for number in range(last - first)]
    return way


def _at_least_one(count: int) -> None:
    if count < 1:
        raise GensmithError("Ask for at least one picture.", "Choose a count of 1 or more.")
