"""What one call of a verb decides about a project and its next run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class Choices:
    """What a call decides about the later steps; None leaves it as the project has it.

    Attributes
    ----------
    data, architecture, training
        Fields of the document's sections.
    answers
        Answers of step 1; what the later steps hold by default follows from them.
    settings
        Words ``name=value`` for the family's settings.
    start
        Run or model to start from: a path, or the name of one of the project's runs.
    """

    data: dict[str, Any] = field(default_factory=dict)
    architecture: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)
    conditioning: str | None = None
    device: Device = "auto"
    threads: int | None = None
    name: str | None = None
    start: str | None = None
