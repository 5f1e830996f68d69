"""What the evaluation page shows of a run, read in the background: report, pictures, pairs.

The packages behind it load in the background too, so that the page opens at once.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from desktop_app.jobs.tasks import Reporter
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import TERMINAL, Evaluated, Phase, Run, Warned, list_runs
from desktop_app.ui.pages.evaluation_words import DIALS, reading, shortened
from desktop_app.ui.widgets.dial import Reading
from desktop_app.ui.widgets.picture_grid import Tile
from desktop_app.ui.widgets.pictures import to_image

if TYPE_CHECKING:
    from desktop_app.evaluation.report import Nearest, Report
    from desktop_app.jobs.advising import Outcome
    from desktop_app.jobs.exhibits import Exhibits

UInt8 = NDArray[np.uint8]
MOST = 1500
"""Pictures shown of a kind."""


@dataclass(frozen=True)
class Results:
    """Everything that the page shows of one evaluation.

    Attributes
    ----------
    readings
        What the dials show.
    real, generated
        Pictures kept aside and pictures drawn; the same kind in the same places where there are kinds.
    real_labels, generated_labels
        Kind of each, -1 without.
    pairs
        A generated picture and the training picture that it resembles most, the closest first.
    best, worst
        Generated pictures that are most and least at home among the real ones.
    missing
        Why there are no pictures, when the figures are all that is left.
    changes
        By the code of an advice: what a new run would do differently, in words.
    outcomes
        By the code of an advice: what came of it, where it was taken.
    came
        What came of the advice that this run itself took.
    run, others
        The run itself, and those that it can be compared with, newest first, each in words.
    """

    report: Report
    readings: dict[str, Reading] = field(default_factory=dict)
    classes: list[str] = field(default_factory=list)
    real: list[Tile] = field(default_factory=list)
    real_labels: list[int] = field(default_factory=list)
    generated: list[Tile] = field(default_factory=list)
    generated_labels: list[int] = field(default_factory=list)
    pairs: list[Tile] = field(default_factory=list)
    best: list[Tile] = field(default_factory=list)
    worst: list[Tile] = field(default_factory=list)
    missing: str = ""
    changes: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    came: Outcome | None = None
    run: Run | None = None
    others: list[tuple[Run, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Loaded:
    """What is known of a run's evaluation.

    Attributes
    ----------
    results
        None while it is not judged.
    problem
        Why the last attempt to judge it came to nothing.
    error
        The report cannot be read.
    """

    results: Results | None = None
    problem: str = ""
    error: GensmithError | None = None


def load(reporter: Reporter, run: Run) -> Loaded:
    """Read a run's report and what belongs to it."""
    problem = last_problem(run)
    if not run.report_file.is_file():
        return Loaded(problem=problem)
    try:
        return Loaded(_with_advice(_results(run), run), problem)
    except GensmithError as error:
        return Loaded(error=error)


def _with_advice(results: Results, run: Run) -> Results:
    """What each advice would change, and what came of those that were taken."""
    from desktop_app.jobs import advising

    advice = [each for each in results.report.advice if each.change is not None]
    changes = {each.code: advising.in_words(run.spec.family, each.change) for each in advice if each.change}
    came, outcomes = advising.outcome(run), advising.outcomes(run)
    return replace(results, changes=changes, outcomes=outcomes, came=came, run=run, others=_others(run))


def _others(run: Run) -> list[tuple[Run, str]]:
    """Runs of the same project that can be read, newest first."""
    found = []
    for other in reversed(list_runs(run.folder.parent)):
        with contextlib.suppress(GensmithError):
            words = f"{shortened(other.spec.name)} · {other.spec.created.astimezone():%d %b %H:%M}"
            found += [(other, words)] if other != run else []
    return found


def last_problem(run: Run) -> str:
    """Why the last attempt to judge the run came to nothing; empty when it succeeded, or there was none."""
    words, open_ended = "", False
    for event in run.events():
        if isinstance(event, Phase):
            open_ended = event.name == "evaluating"
        elif isinstance(event, Evaluated):
            words, open_ended = "", False
        elif isinstance(event, Warned) and event.code == "not evaluated":
            words, open_ended = f"{event.message} {event.remedy}".strip(), False
        elif isinstance(event, TERMINAL):
            open_ended = False
    return "The last judging was broken off before it was done." if open_ended else words


def _results(run: Run) -> Results:
    """A damaged report is an error; pictures that are gone are not."""
    from desktop_app.evaluation import read_report
    from desktop_app.jobs.exhibits import exhibits

    report = read_report(run.report_file)
    readings = {key: reading(key, report.measures[key]) for key in DIALS}
    try:
        shown = exhibits(run, report)
    except GensmithError as error:
        return Results(report, readings, missing=f"The pictures of this evaluation cannot be shown. {error}")
    return _arranged(report, readings, shown)


def _arranged(report: Report, readings: dict[str, Reading], shown: Exhibits) -> Results:
    encoded, beside, drawn = shown.encoded, shown.aside[:MOST], range(min(len(shown.generated), MOST))
    return Results(
        report, readings, shown.classes,
        [Tile((to_image(encoded.items[i]),), _named("Yours, kept aside", encoded.keys[i])) for i in beside],
        [int(encoded.labels[i]) for i in beside],
        [_drawn(shown, i) for i in drawn],
        [int(shown.labels[i]) if shown.classes else -1 for i in drawn],
        [_pair(pair.near, shown.generated[pair.near.generated], encoded.items[pair.row]) for pair in shown.pairs[:MOST]],
        [_drawn(shown, int(i)) for i in shown.best],
        [_drawn(shown, int(i)) for i in shown.worst],
    )  # fmt: skip


def _named(what: str, key: str) -> str:
    return f"{what} · {Path(key).name}"


def _drawn(shown: Exhibits, i: int) -> Tile:
    asked = f" · {kind}" if (kind := shown.kind(i)) else ""
    return Tile((to_image(shown.generated[i]),), f"Generated picture {i + 1:,}{asked}")


def _pair(near: Nearest, drawn: UInt8, own: UInt8) -> Tile:
    says = "looks copied" if near.copied else f"{100 * near.distance:.0f} % apart"
    name = f"Generated picture {near.generated + 1:,} beside {Path(near.key).name}: {says}"
    caption = f"Looks copied, {100 * near.distance:.0f} % apart" if near.copied else f"{100 * near.distance:.0f} % apart"
    return Tile((to_image(drawn), to_image(own)), name, caption, "bad" if near.copied else "")
