"""``report.json``: what the evaluation found, validated."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained, write_json
from desktop_app.runtime.manifest import Metric

VERSION: Final = 1

Better = Literal["higher", "lower"]
State = Literal["good", "care", "bad"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measure(_Part):
    """One figure with its uncertainty, beside what real pictures reach.

    Attributes
    ----------
    value
        None where it could not be measured honestly; ``not_measured`` then says why.
    low, high
        Interval that holds the true value with 95 % confidence.
    floor
        The same figure for real pictures: the training set against the held-out set, in the same numbers.
    noise, repeated
        The same figure for pictures of pure noise, and for a set that is one ordinary training picture over and over: what
        the measure gives to drawing nothing and to drawing one thing. None where it was not measured, as before 2026-11.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    noise: float | None = None
    repeated: float | None = None
    better: Better
    title: str
    help: str
    not_measured: str = ""


class Verdict(_Part):
    """The evaluation in a sentence."""

    state: State
    sentence: str


class Copies(_Part):
    """How many of the generated pictures look copied from the training set.

    Attributes
    ----------
    count, of
        So many of so many.
    baseline
        How many of ``of`` real held-out pictures would look copied by the same rule.
    threshold
        Relative distance below which a picture looks copied, whether mirrored, moved a little or slightly re-coloured.
    tolerated
        The most that chance makes of a model that copies no more than real pictures resemble each other.
    copying_score
        C_T: about 0 where generated pictures keep the distance of real ones, far below 0 where they come closer.
    authenticity, authenticity_real
        Share of generated, and of held-out, pictures that are farther from their nearest training picture than that is
        from the next.
    """

    count: int
    of: int
    baseline: float
    threshold: float
    tolerated: float = 0.0
    copying_score: float | None = None
    authenticity: float | None = None
    authenticity_real: float | None = None
    not_measured: str = ""


class Nearest(_Part):
    """The training picture that a generated one resembles most.

    Attributes
    ----------
    generated, training
        Positions in the generated and in the training array.
    distance
        To that picture, relative to the mean distance to the next ones: 0 is the same picture, about 1 an ordinary one.
    key
        Which item of the data it is.
    copied
        Whether it looks copied.
    """

    generated: int
    training: int
    distance: float
    key: str
    copied: bool = False


class Change(_Part):
    """What a new run does differently from the one that was judged; all else stays.

    Attributes
    ----------
    settings
        Settings of its family.
    family
        Another kind of model, with that kind's own settings; empty keeps it.
    longer
        Length of the training, beside that of the judged run.
    fresh
        Begins anew; else it goes on from what the judged run has learned.
    """

    settings: dict[str, Any] = Field(default_factory=dict)
    family: str = ""
    longer: Annotated[float, Field(gt=0)] = 1.0
    fresh: bool = True


class Advice(_Part):
    """What to do next, and why.

    Attributes
    ----------
    code
        The symptom, as :mod:`desktop_app.evaluation.advice` names it.
    reason
        The figures that it follows from.
    remedy
        What to do, in a sentence.
    dial
        The measure that should improve, or "copies": a run that takes the advice is held to it.
    change
        What a new run would do differently; None where nothing that Gensmith can do by itself would help.
    step
        Step of the journey (1 to 6) where it is done or, with 5, looked into; None where there is no one place.
    """

    title: str
    reason: str
    code: str = ""
    remedy: str = ""
    dial: str = ""
    change: Change | None = None
    step: Annotated[int, Field(ge=1, le=6)] | None = None


class Gap(_Part):
    """The loss on held-out items beside the training's own, over time.

    Attributes
    ----------
    step
        Where the loss on held-out items was lowest.
    best, last
        That loss, and the one at the end.
    training_then, training_last
        The training's own loss at these two moments.
    opened
        Whether the two have parted: the one rose while the other fell.
    checkpoint
        The checkpoint nearest before ``step``; empty when there was none.
    """

    step: int
    best: float
    last: float
    training_then: float
    training_last: float
    opened: bool
    checkpoint: str = ""


class Report(_Part):
    """The whole evaluation of a run.

    Attributes
    ----------
    generated, held_out, training
        Numbers of pictures.
    nearest
        One entry for each generated picture, the closest to a training picture first.
    realism
        For each generated picture, the share of real held-out pictures that are less at home among the training pictures:
        the highest are the best, the lowest the worst.
    class_accuracy
        Share of the pictures asked for as this class that the judge takes for it.
    missed
        Positions of held-out pictures near which hardly anything was generated, those farthest off first.
    missed_by_chance
        Share of the held-out pictures that as many real ones would miss; None where that was not measured.
    gap
        None where the family's figure on held-out items is no loss of its own, or too little was measured.
    """

    version: Literal[1] = VERSION
    run: str
    generated: int
    held_out: int
    training: int
    seed: int
    measures: dict[str, Measure]
    verdict: Verdict
    copies: Copies
    nearest: list[Nearest]
    realism: list[float] = Field(default_factory=list)
    class_accuracy: dict[str, float] = Field(default_factory=dict)
    missed: list[int] = Field(default_factory=list)
    missed_by_chance: float | None = None
    advice: list[Advice]
    gap: Gap | None = None

    def save(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        write_json(path, self.model_dump(mode="json"))

    def metrics(self) -> dict[str, Metric]:
        """What was measured, for the bundle's model card."""
        return {
            name: Metric(value=measure.value, floor=measure.floor, title=measure.title, better=measure.better)
            for name, measure in self.measures.items()
            if measure.value is not None
        }


def read_report(path: Path) -> Report:
    """Read a ``report.json``.

    Raises
    ------
    GensmithError
        It is missing or damaged.
    """
    with explained(path):
        content = path.read_bytes()
    try:
        return Report.model_validate_json(content)
    except ValidationError as error:
        raise GensmithError(f"The evaluation {path} is damaged.", "Evaluate the run again.", code=3) from error
