"""A row of the ablations: a lever off and on, a figure of each, and which of them its help text says is the better one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from desktop_app.engine import families

Measure = Callable[[], tuple[float, float]]


@dataclass(frozen=True)
class Row:
    """A lever, measured.

    Attributes
    ----------
    family, setting
        Where it is declared, and its help.
    figure
        What is measured, in words.
    off, on
        The two values of the lever, in words.
    better
        What its help promises of the figure with the lever on, beside that with it off.
    by
        It must be lower (higher) than this many times the figure without; for "same": how far it may differ, as a share.
    """

    name: str
    family: str
    setting: str
    figure: str
    off: str
    on: str
    better: Literal["lower", "higher", "same"]
    by: float
    measure: Measure

    @property
    def help(self) -> str:
        """What the person reads."""
        return families.get(self.family).settings.model_fields[self.setting].description or ""

    @property
    def title(self) -> str:
        """The lever in the person's words, and its standard term."""
        field = families.get(self.family).settings.model_fields[self.setting]
        extra = field.json_schema_extra
        term = extra.get("term") if isinstance(extra, dict) else ""
        return f"{field.title} ({term})" if term else f"{field.title}"

    def keeps(self, off: float, on: float) -> bool:
        """Whether the lever does what its help says. What is no number any more is worse than any number."""
        if self.better == "same":
            return abs(on - off) <= self.by * abs(off)
        if not math.isfinite(on):
            return False
        off = off if math.isfinite(off) else math.inf if self.better == "lower" else -math.inf
        return on < self.by * off if self.better == "lower" else on > self.by * off


ROWS: dict[str, Row] = {}


def row(
    family: str, setting: str, figure: str, *, off: str, on: str, better: Literal["lower", "higher", "same"], by: float = 1.0
) -> Callable[[Measure], Measure]:
    """Register a function that returns the figure with the lever off and on; its name is the row's."""

    def keep(measure: Measure) -> Measure:
        name = measure.__name__
        ROWS[name] = Row(name, family, setting, figure, off, on, better, by, measure)
        return measure

    return keep
