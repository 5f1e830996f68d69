"""What a bundle says of itself when it was made from another by storing or computing with fewer bits."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["fp16", "int8"]
KINDS: Final[tuple[Kind, ...]] = ("fp16", "int8")
BESIDE = "beside.png"
"""Pictures from the same seeds: those of the original in the upper row, below each what the variant makes of it."""

Figure = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dial(_Part):
    """A measure of the evaluation before and after, on pictures from the same seeds.

    Attributes
    ----------
    low, high
        Interval that holds the difference, after − before, with 95 % confidence; None where it was not measured.
    """

    title: Annotated[str, StringConstraints(max_length=200)]
    better: Literal["higher", "lower"] = "higher"
    before: Figure
    after: Figure
    low: Figure | None = None
    high: Figure | None = None

    @property
    def change(self) -> float:
        """Difference in parts of what it was before; 0 where that was nothing."""
        return (self.after - self.before) / abs(self.before) if self.before else 0.0


class Variant(_Part):
    """How a variant compares with what it was made from, on the machine that made it.

    Attributes
    ----------
    of
        Fingerprint of the bundle that it was made from.
    seed, count
        Of the pictures that both drew.
    mean_difference, max_difference
        Between the pictures of both, in levels of 255.
    bytes_before, bytes_after
        Of the graphs.
    speed
        Pictures a second of processor time, in parts of the original's; measured in turn, in one process, on so many
        :attr:`processors`.
    """

    kind: Kind
    of: Annotated[str, StringConstraints(max_length=64)]
    seed: int
    count: Annotated[int, Field(ge=1)]
    mean_difference: Annotated[float, Field(ge=0, le=255)]
    max_difference: Annotated[float, Field(ge=0, le=255)]
    bytes_before: Annotated[int, Field(ge=1)]
    bytes_after: Annotated[int, Field(ge=1)]
    speed: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    processors: Annotated[int, Field(ge=1)]
    dials: dict[Annotated[str, StringConstraints(max_length=100)], Dial] = Field(default_factory=dict, max_length=100)

    @property
    def smaller(self) -> float:
        """How many times smaller it is."""
        return self.bytes_before / self.bytes_after
