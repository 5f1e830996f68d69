"""Runs side by side, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.cli import targets
from desktop_app.cli.terminal import Output
from desktop_app.jobs.comparing import Comparison, Row
from desktop_app.jobs.comparing import compare as side_by_side
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_with
from desktop_app.project.runs import Run
from desktop_app.runtime.pictures import contact_sheet


def compare(paths: Sequence[Path], sheet: Path | None, output: Output) -> None:
    """Put runs side by side; a project stands for all of its runs that were judged."""
    found = side_by_side(list(dict.fromkeys(run for path in paths for run in _runs(path))))
    if sheet is not None:
        _write_samples(found, sheet)
    output.result("\n".join(lines(found)), values(found))


def _runs(path: Path) -> list[Run]:
    if not targets.is_project(path):
        return [targets.run_at(path)]
    return [run for run in targets.project_at(path).runs() if run.report_file.is_file()]


def lines(found: Comparison) -> list[str]:
    """Everything in words."""
    made = [
        f"{number}  {name}  ({run.name})" for number, (name, run) in enumerate(zip(found.names, found.runs, strict=True), 1)
    ]
    made += ["What differs:", *(map(_line, found.settings) if found.settings else ["  nothing"])]
    made += ["How good (* clearly ahead):", *map(_line, found.dials)]
    last = found.curves["held_out_loss"]
    made += [_line(Row("held_out", "On pictures kept aside, at the end", tuple(_last(values) for _, values in last)))]
    made += [f"State to take of {number}: {each.reason}" for number, each in enumerate(found.moments, 1) if each]
    if found.choice:
        made += [f"Best so far: {found.choice.place + 1}, {found.names[found.choice.place]}. {found.choice.reason}"]
    return made


def _line(row: Row) -> str:
    cells = [f"{value}{' *' if place == row.best else ''}" for place, value in enumerate(row.values)]
    return f"  {row.title}: {' | '.join(cells)}"


def _last(values: Any) -> str:
    return f"{values[-1]:.4g}" if len(values) else "not measured"


def values(found: Comparison) -> dict[str, Any]:
    """Everything for machines."""

    def table(rows: Sequence[Row]) -> dict[str, Any]:
        return {row.key: {"title": row.title, "values": row.values, "best": row.best} for row in rows}

    return {
        "runs": [str(run.folder) for run in found.runs],
        "names": found.names,
        "differs": table(found.settings),
        "dials": table(found.dials),
        "curves": {name: [[part.tolist() for part in each] for each in curves] for name, curves in found.curves.items()},
        "best": {"run": str(found.runs[found.choice.place].folder), "reason": found.choice.reason} if found.choice else None,
        "states": [each.reason if each else None for each in found.moments],
    }


def _write_samples(found: Comparison, path: Path) -> None:
    """A row of pictures for each run, from the same seeds."""
    rows = [pictures for pictures in found.samples if pictures is not None]
    if not rows or len({pictures.shape[1:] for pictures in rows}) > 1:
        raise GensmithError("There are no pictures of one size to put side by side.", "Judge the runs first.", code=3)
    image = contact_sheet(np.concatenate(rows), len(rows[0]), scale=max(1, 64 // rows[0].shape[1]))
    write_with(path, lambda temporary: image.save(temporary, "PNG"))
