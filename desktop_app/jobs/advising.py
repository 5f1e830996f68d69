"""Taking an advice: the new run with only those settings changed, and whether it helped (no Qt, no torch)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from desktop_app.engine.families import get as get_family
from desktop_app.engine.families.declaration import Family, resolve
from desktop_app.evaluation.advice import COPIES
from desktop_app.evaluation.intervals import Estimate, proportion
from desktop_app.evaluation.report import Advice, Change, Report, read_report
from desktop_app.jobs import catalog, origins
from desktop_app.jobs.best import judged
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.runs import Run, RunSpec, create_run, list_runs
from desktop_app.project.store import Project

FILE = "advice.json"
"""In the folder of a run that takes an advice: which one, from which run, and what was measured there."""
State = Literal["helped", "worse", "alike", "open"]


class Taken(BaseModel):
    """What a run was made to try.

    Attributes
    ----------
    run
        The judged run that the advice is from.
    before
        The dial there: value, low, high; None where it was not measured.
    copied
        The share of copies there; None where it was not looked for, or in an earlier version.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    advice: Advice
    before: Estimate | None = None
    copied: Estimate | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of an advice.

    Attributes
    ----------
    run
        Name of the run that took it.
    state
        Helped, made it worse, no difference that can be told, or not known yet. What it gained by copying is no help.
    copied
        The share of copies now.
    sentence
        The same in words, with the figures.
    """

    taken: Taken
    run: str
    state: State
    after: Estimate | None
    sentence: str
    copied: Estimate | None = None


# ---------------------------------------------------------------- the new run


def follow(project: Project, run: Run, advice: Advice) -> Run:
    """Make the run that takes an advice about ``run``; nothing differs but what the advice says.

    Raises
    ------
    GensmithError
        There is nothing that a new run could change, a setting is out of bounds, or the disk refuses.
    """
    if advice.change is None:
        raise GensmithError(f"“{advice.title}” is no matter of settings.", advice.remedy)
    new = create_run(project.runs_folder, _spec(project, run, advice.change))
    report = read_report(run.report_file) if run.report_file.is_file() else None
    before, copied = (figure(report, dial) if report else None for dial in (advice.dial, COPIES))
    write_json(new.folder / FILE, Taken(run=run.name, advice=advice, before=before, copied=copied).model_dump(mode="json"))
    return new


def _spec(project: Project, run: Run, change: Change) -> RunSpec:
    old = run.spec
    family = get_family(change.family or old.family)
    fields: dict[str, Any] = {
        "family": family.name,
        "settings": _settings(project, run, family, change),
        "minutes": old.minutes and old.minutes * change.longer,
        "items": old.items and max(1, round(old.items * change.longer)),
        "created": RunSpec.model_fields["created"].get_default(call_default_factory=True),
    }
    if change.family:
        fields |= {"start": "", "network": old.network if old.network in family.networks else "auto"}
    elif not change.fresh:
        origins.check(run.folder, family.name)
        fields["start"] = origins.seen_from_run(project, run.folder)
    if not change.family:
        fields["network"] = origins.network_of(run.folder) or old.network  # of one size, so that the two can be compared
    return old.model_copy(update=fields)


def _settings(project: Project, run: Run, family: Family, change: Change) -> dict[str, Any]:
    known = catalog.overrides(project.document, family) if change.family else run.spec.settings
    mine = {name: value for name, value in known.items() if name in family.settings.model_fields}
    return resolve(family.settings, {**mine, **change.settings}).model_dump(mode="json")


def in_words(family: str, change: Change) -> str:
    """What a new run would do differently: "Forget a little: 0.2, 3 times as long"."""
    parts = [catalog.changes_in_words(get_family(change.family or family), change.settings)]
    if change.family:
        parts.insert(0, f"Kind of model: {get_family(change.family).title_in_words}")
    if change.longer != 1:
        parts.append(f"{change.longer:g} times as long" if change.longer > 1 else f"{change.longer:g} of the time")
    return ", ".join(part for part in parts if part)


# ---------------------------------------------------------------- did it help?


def taken(run: Run) -> Taken | None:
    """What a run was made to try; None for every other run."""
    return _read(run.folder / FILE)


def _read(path: Path) -> Taken | None:
    try:
        return Taken.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def outcome(run: Run) -> Outcome | None:
    """What came of the advice that a run took; None where it took none."""
    tried = taken(run)
    if tried is None:
        return None
    report = judged(run)
    after, copied = (figure(report, dial) if report else None for dial in (tried.advice.dial, COPIES))
    state = compared(tried.before, after, lower=tried.advice.dial == COPIES)
    copying = report is not None and report.copies.count > report.copies.tolerated
    if copying and compared(tried.copied, copied, lower=True) == "worse":
        return Outcome(tried, run.name, "worse", after, _copying(tried, after, copied), copied)
    return Outcome(tried, run.name, state, after, _sentence(tried, state, after), copied)


def outcomes(run: Run) -> dict[str, Outcome]:
    """What came of the advice about a run, by the advice's code; of several attempts the newest."""
    others = list_runs(run.folder.parent)
    found = [each for other in others if (each := outcome(other)) is not None and each.taken.run == run.name]
    return {each.taken.advice.code: each for each in found}


def figure(report: Report, dial: str) -> Estimate | None:
    """A dial of a report with its interval; the share of copies for "copies"; None where it was not measured."""
    if dial == COPIES:
        return proportion(report.copies.count, report.copies.of) if report.copies.of else None
    measure = report.measures.get(dial)
    if measure is None or measure.value is None:
        return None
    low, high = (measure.value if end is None else end for end in (measure.low, measure.high))
    return Estimate(measure.value, low, high)


def compared(before: Estimate | None, after: Estimate | None, *, lower: bool) -> State:
    """Whether a figure has changed by more than the uncertainty of both allows (95 %); ``lower`` is better where so."""
    if before is None or after is None:
        return "open"
    change = after.value - before.value
    if abs(change) <= math.hypot((before.high - before.low) / 2, (after.high - after.low) / 2):
        return "alike"
    return "helped" if (change < 0) == lower else "worse"


_WORDS: dict[State, str] = {
    "helped": "It helped", "worse": "It made it worse", "alike": "No difference that can be told", "open": "Not known yet",
}  # fmt: skip


def _sentence(tried: Taken, state: State, after: Estimate | None) -> str:
    if tried.before is None or after is None:
        return f"{_WORDS[state]}: the new run has not been judged."
    return f"{_WORDS[state]}: {_change(tried, after)}."


def _change(tried: Taken, after: Estimate | None) -> str:
    if tried.before is None or after is None:
        return "what it was taken for was not measured"
    dial = "share of copies" if tried.advice.dial == COPIES else tried.advice.dial
    return f"{dial} {100 * tried.before.value:.0f} % before, {100 * after.value:.0f} % now"


def _copying(tried: Taken, after: Estimate | None, copied: Estimate | None) -> str:
    """A gain by copying is told as what it is."""
    assert tried.copied is not None and copied is not None
    shares = f"{100 * copied.value:.0f} % of its pictures look copied, {100 * tried.copied.value:.0f} % before"
    if tried.advice.dial == COPIES:
        return f"{_WORDS['worse']}: {shares}."
    return f"It copies more: {shares}; {_change(tried, after)}."
