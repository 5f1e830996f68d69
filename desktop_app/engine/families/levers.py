"""The levers that every family has, declared once; a family adds its own and may have other defaults. No torch here."""

from __future__ import annotations

import copy
from typing import Any, Literal

from desktop_app.engine.families.declaration import Settings, setting

OptimiserName = Literal["adamw", "adam", "radam", "sgd", "muon"]
Schedule = Literal["linear", "cosine", "constant"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]


class Levers(Settings):
    """How a network learns, whichever it is. None or 0, where it is allowed, leaves the choice to Gensmith."""

    learning_rate: float = setting(
        2e-3, "How fast it learns", "Higher learns faster until it becomes unstable; halve it if the curve jumps.",
        term="learning rate", simple=True, gt=0, le=0.1,
    )  # fmt: skip
    batch_size: int = setting(
        0, "Pictures looked at together", "0 lets Gensmith choose. More is steadier, slower, and needs more memory.",
        term="batch size", unit="pictures", zero="Automatic", ge=0, le=4096,
    )  # fmt: skip
    optimiser: OptimiserName = setting(
        "adamw", "Way of learning", "How a mistake becomes a change. Muon treats whole layers at once and often needs far "
        "fewer steps; AdamW suits almost everything; SGD needs a far higher rate, near its limit, and more patience.",
        term="optimiser",
        choices={"adamw": "AdamW", "adam": "Adam", "radam": "RAdam", "sgd": "SGD", "muon": "Muon"},
    )  # fmt: skip
    schedule: Schedule = setting(
        "linear", "How the speed falls", "Linear: full speed, then straight down over the last 40 %. Cosine: falls gently "
        "from the start. Constant: never falls, for a training that you will go on with.",
        term="learning-rate schedule",
        choices={"linear": "Late, in a line", "cosine": "Gently, all along", "constant": "Not at all"},
    )  # fmt: skip
    warm_up: int = setting(
        100, "Slow start", "Steps in which the speed rises from nothing, so that the first pictures do not throw it off.",
        term="warm-up", unit="steps", ge=0, le=100_000,
    )  # fmt: skip
    mirror: bool | None = setting(
        None, "Mirror images are as good", "Doubles your material. Left open, it is measured whether mirrored pictures "
        "still look like yours; letters, digits and logos do not.",
        term="horizontal flip", group="regularising", simple=True,
    )  # fmt: skip
    weight_decay: float = setting(
        0.0, "Prefer small weights", "Pulls all weights towards zero, a little at every step. A mild help against "
        "learning by heart, in long trainings; dropout and changed pictures help more.",
        term="L2 / weight decay", group="regularising", ge=0, le=1,
    )  # fmt: skip
    l1: float = setting(
        0.0, "Prefer few weights", "Sets weights that matter little to exactly zero; more makes a sparser, simpler network.",
        term="L1", group="regularising", ge=0, le=0.1,
    )  # fmt: skip
    clip: float = setting(
        1.0, "Limit every step", "Caps how far one surprising batch may move the network. 0 sets no limit.",
        term="gradient clipping", group="stability", zero="No limit", ge=0, le=1000,
    )  # fmt: skip
    average: float = setting(
        16.97, "Averaging of the weights", "Pictures are drawn with a running average. Higher forgets the past sooner; "
        "0 takes the weights as they are.",
        term="power-function EMA, γ", group="stability", zero="Off", ge=0, le=1000,
    )  # fmt: skip
    precision: Precision = setting(
        "auto", "Exactness of the arithmetic", "Automatic takes 16 bits on graphics cards that are quick at it and 32 "
        "elsewhere. On a processor 16 bits are usually far slower.",
        term="precision", group="stability",
        choices={"auto": "Automatic", "float32": "32 bits", "bfloat16": "16 bits (bfloat16)", "float16": "16 bits (float16)"},
    )  # fmt: skip
    micro_batch: int = setting(
        0, "Pictures in memory together", "A batch is worked through in parts of this size, with the same result; smaller "
        "needs less memory. 0 takes it whole and halves it when the memory is full.",
        term="gradient accumulation", unit="pictures", group="stability", zero="All of a batch", ge=0, le=4096,
    )  # fmt: skip


def redeclared(name: str, default: Any) -> Any:
    """A lever of :class:`Levers` with another default, for a family whose usual value differs."""
    field = copy.copy(Levers.model_fields[name])
    field.default = default
    return field
