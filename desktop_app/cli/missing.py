"""What a model never draws, in lines and as values."""

from __future__ import annotations

from typing import Any

from desktop_app.evaluation.missing import Kind
from desktop_app.jobs.missing import never_drawn
from desktop_app.project.runs import Run


def lines(run: Run) -> tuple[list[str], dict[str, Any]]:
    """The finding with the kinds that are never or hardly drawn; and every kind for machines."""
    found = never_drawn(run).found
    told = [kind for kind in found.kinds if kind.name and kind.drawn(found.expected)]
    said = [found.sentence(), *(f"  {kind.name}: {len(kind.missed):,} of {kind.of:,} missed" for kind in told)]
    return said, {"sentence": found.sentence(), "by_chance": found.expected, "kinds": [_values(each) for each in found.kinds]}


def _values(kind: Kind) -> dict[str, Any]:
    return {"name": kind.name, "missed": len(kind.missed), "of": kind.of}
