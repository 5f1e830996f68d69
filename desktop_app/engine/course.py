"""How a run's training went, for the advice of its evaluation; no torch."""

from __future__ import annotations

from collections import Counter
from typing import Any

from desktop_app.data import Encoded
from desktop_app.engine.families import FAMILIES, get
from desktop_app.engine.families.declaration import Family, resolve
from desktop_app.evaluation import course as courses
from desktop_app.evaluation.course import Course, Kind
from desktop_app.project.runs import Run, Warned

_FINER = 0.1
"""So much higher must the best of another kind of model be to be worth a change."""


def course_of(run: Run, encoded: Encoded, seconds: float | None = None) -> Course:
    """What the events of a run and the declaration of its family say.

    Parameters
    ----------
    seconds
        Time to draw one picture, where it was measured.
    """
    family, events = get(run.spec.family), run.events()
    known = {name: value for name, value in run.spec.settings.items() if name in family.settings.model_fields}
    return Course(
        family=family.name, title=family.title_in_words, settings=_values(family, known), usual=_values(family, {}),
        remedies={code: (remedy.sentence, remedy.settings) for code, remedy in family.remedies.items()},
        passes=courses.passes(events), good=family.milestones.good,
        gap=courses.gap(events) if family.held_out_is_loss else None,
        setbacks=courses.setbacks(events), jumps=courses.jumps(events) if family.held_out_is_loss else 0,
        peak=None if family.held_out_is_loss else courses.peak(events),
        warnings=frozenset(event.code for event in events if isinstance(event, Warned)),
        classes=_classes(encoded), seconds=seconds, finer=_finer(family), quicker=_quicker(family),
    )  # fmt: skip


def _values(family: Family, overrides: dict[str, Any]) -> dict[str, Any]:
    return resolve(family.settings, overrides).model_dump(mode="json")


def _classes(encoded: Encoded) -> dict[str, int]:
    learned = Counter(int(label) for label in encoded.labels[~encoded.held_out])
    return {name: learned[number] for number, name in enumerate(encoded.classes)}


def _finer(family: Family) -> Kind | None:
    """The kind of model that is best when time is no object, where it is clearly better."""
    best = max(FAMILIES.values(), key=lambda each: each.ceiling)
    return _kind(best) if best.ceiling > family.ceiling + _FINER else None


def _quicker(family: Family) -> Kind | None:
    """The best kind of model that draws in one pass, for one that does not."""
    once = [each for each in FAMILIES.values() if each.evaluations(each.settings()) == 1]
    if family in once or not once:
        return None
    return _kind(max(once, key=lambda each: each.ceiling))


def _kind(family: Family) -> Kind:
    brakes = family.remedies["copies"].settings if "copies" in family.remedies else {}
    return Kind(family.name, family.title_in_words, brakes)
