"""Which run of a project is best so far, and why: the one weighing that the window and the command line go by (no Qt)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.store import Project

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Report

_KEPT = 256
"""Evaluations kept in memory, without their pairs a few kilobytes each."""


class Best(NamedTuple):
    """The run to take, and the reason in a sentence or two."""

    run: Run
    reason: str


def best_run(project: Project) -> Best | None:
    """The run to generate from; None while none has a model.

    The one chosen; else the best of those judged, as :func:`desktop_app.evaluation.ranking.best` weighs them; else the
    newest.
    """
    usable = [run for run in project.runs() if run.bundle_folder.is_dir()]
    if not usable:
        return None
    chosen = [run for run in usable if run.name == project.document.deployment.run]
    if chosen:
        return Best(chosen[0], "You chose it.")
    from desktop_app.evaluation import ranking  # here, so that the first window need not wait for numpy

    choice = ranking.best([judged(run) for run in usable])
    if choice is None:
        return Best(usable[-1], "It is the newest; none could be judged yet.")
    return Best(usable[choice.place], choice.reason)


def score(run: Run) -> float | None:
    """The weight of a run's evaluation, 0 to 1, higher is better; None where it was not judged."""
    from desktop_app.evaluation import ranking

    report = judged(run)
    return None if report is None else ranking.score(report)


def judged(run: Run) -> Report | None:
    """A run's evaluation without what it says of single pictures; None where there is none that can be read."""
    try:
        written = run.report_file.stat()
    except OSError:
        return None
    return _read(run.report_file, written.st_mtime_ns, written.st_size)


@lru_cache(_KEPT)
def _read(path: Path, _written: int, _size: int) -> Report | None:
    from desktop_app.evaluation.report import read_report

    try:
        return read_report(path).model_copy(update={"nearest": [], "realism": [], "missed": []})
    except GensmithError:
        return None
