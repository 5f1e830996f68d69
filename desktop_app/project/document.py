"""The project document: everything a person decided, in six sections, one for each step."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

VERSION = 3
"""Version of the document's format; :mod:`desktop_app.project.store` migrates older ones."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Purpose = Literal["sprites", "icons", "drawings", "photos", "textures", "other"]
Priority = Literal["fast", "balanced", "best"]
Device = Literal["laptop", "workstation", "web", "phone"]
Precision = Literal["fp32", "fp16", "int8"]
ColourMode = Literal["auto", "colour", "gray"]
Fit = Literal["crop", "pad", "stretch"]
Background = Literal["white", "black", "gray"]
LeaveOutReason = Literal["by hand", "unreadable", "truncated", "too small", "too large", "blank", "duplicate", "not a picture"]
Notice = Literal[
    "blurred", "noisy", "overexposed", "underexposed", "border", "near duplicate", "odd shape", "small", "out of place",
    "several pictures",
]  # fmt: skip
"""What is noticed about a picture that is used all the same, unless the person says otherwise."""


class Section(BaseModel):
    """One step's decisions; assigning to a field validates it."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Objective(Section):
    """Step 1. What the model is for; later defaults follow from it."""

    output: Literal["images"] | None = Field(None, description="What comes out.")
    purpose: Purpose = "other"
    conditioning: Literal["auto", "none", "class"] = Field(
        "auto", description="What goes in: nothing, or a class; auto takes classes when the data has them."
    )
    priority: Priority = Field("balanced", description="How good against how fast.")
    device: Device = Field("laptop", description="Where it will generate.")


class Mend(Section):
    """What is changed on a picture before it is learned from; its file stays as it is."""

    turn: Literal[0, 90, 180, 270] = Field(0, description="Degrees clockwise.")
    frame: tuple[float, float, float, float] | None = Field(
        None, description="Left, top, right, bottom as shares of the turned picture; beyond 0 to 1 it is padded."
    )
    trim: bool = Field(False, description="A border or letterbox is taken off.")
    denoise: bool = False

    @field_validator("frame")
    @classmethod
    def _spans(cls, frame: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
        if frame is not None and not (-4 <= frame[0] < frame[2] <= 5 and -4 <= frame[1] < frame[3] <= 5):
            raise ValueError("the frame is empty or far outside the picture")
        return frame


class Data(Section):
    """Step 2. Where the items come from and how they become arrays."""

    sources: list[str] = Field(default_factory=list, description="Absolute paths of imported folders and files.")
    size: Annotated[int, Field(ge=8, le=512)] | None = Field(
        None, description="Side of the square that the model sees, in pixels; None until the import proposes one."
    )
    colour: ColourMode = "auto"
    fit: Fit = "crop"
    background: Background = Field("white", description="Ground under transparent pictures.")
    held_out: Annotated[float, Field(ge=0.02, le=0.5)] = Field(
        0.1, description="Share of the items kept aside to judge the model; at least one item always is."
    )
    left_out: list[str] = Field(default_factory=list, description="Keys of items that the person left out by hand.")
    kept: list[str] = Field(default_factory=list, description="Keys of items kept in spite of a finding.")
    unwanted: list[Notice] = Field(default_factory=list, description="Pictures noticed for one of these are left out.")
    mends: dict[str, Mend] = Field(default_factory=dict, description="By key of the item.")
    kinds: dict[str, str] = Field(default_factory=dict, description="Classes given by hand, by key; empty for none.")
    captions: dict[str, str] = Field(default_factory=dict, description="Captions written by hand, by key.")
    frames: bool = Field(False, description="Every picture of a file that holds several, and not only the first.")
    licence: str = Field("", max_length=500, description="Licence of the material, as the person states it.")
    encoded: str | None = Field(None, description="Folder name under `data/` of the arrays made from these choices.")
    found: int = 0
    used: int = 0


class Architecture(Section):
    """Step 3. Which family learns, and how large it is."""

    family: str | None = None
    network: Literal["auto", "tiny", "small", "medium", "large"] = Field(
        "auto", description="Size of the network; auto follows from the time and this machine's speed."
    )


class Training(Section):
    """Step 4. Only what differs from a family's own defaults is kept, for each family by itself."""

    minutes: Annotated[float, Field(gt=0, le=60 * 24 * 30)] | None = Field(5.0, description="Time to train for, in minutes.")
    items: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Training pictures to go through; when given it replaces the time."
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    settings: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Overrides of settings: by family, then by name."
    )
    start: str = Field(
        "", description="Run folder or bundle to start from, relative to the project where it is inside; empty for none."
    )


class Evaluation(Section):
    """Step 5."""

    run: str | None = Field(None, description="Folder name under `runs/` of the run looked at last.")


class Deployment(Section):
    """Step 6."""

    run: str | None = Field(None, description="Folder name under `runs/` of the run that generates; None takes the best.")
    variant: Precision = Field("fp32", description="Which variant of that run's model generates; fp32 is as it was trained.")
    favourites: list[str] = Field(default_factory=list, description="Paths under the project of pictures kept.")
    target: Device | None = Field(None, description="What the model is packed for first; None until step 1 says.")


class Document(Section):
    """The whole project. It holds decisions only: results live in the run folders."""

    version: int = VERSION
    name: Name = "Untitled"
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    step: Annotated[int, Field(ge=1, le=6)] = Field(1, description="The page that was open last.")
    objective: Objective = Field(default_factory=Objective)
    data: Data = Field(default_factory=Data)
    architecture: Architecture = Field(default_factory=Architecture)
    training: Training = Field(default_factory=Training)
    evaluation: Evaluation = Field(default_factory=Evaluation)
    deployment: Deployment = Field(default_factory=Deployment)
