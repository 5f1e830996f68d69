"""What the figures mean, in a sentence for a shopkeeper."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.evaluation.report import Copies, Measure, State, Verdict

GOOD, FAIR = 0.8, 0.4
"""Shares of what real pictures reach, above which a model is good or usable with care: our judgement, from looking."""
OBEYS_GOOD, OBEYS_FAIR = 0.85, 0.6
"""The same for the accuracy, where chance alone reaches something."""
OFTEN = 0.2
"""Share of copies, beyond what real pictures show, that makes a model bad."""
WEAK_CLASS = 0.6
"""A kind of which a smaller share is drawn as asked is weak."""
_ORDER: dict[State, int] = {"good": 0, "care": 1, "bad": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that is true of the model: a clause of the sentence."""

    state: State
    clause: str


def judged(measures: dict[str, Measure], copies: Copies, class_accuracy: dict[str, float]) -> Verdict:
    """The verdict on a model."""
    found = [looks(measures), varies(measures), obeys(measures, class_accuracy), copying(copies)]
    findings = [finding for finding in found if finding is not None]
    if found[0] is None:
        return _not_judged(measures["precision"].not_measured, [finding for finding in findings if finding.state != "good"])
    worst = max((finding.state for finding in findings), key=_ORDER.__getitem__)
    opening = {"good": "Good enough to use.", "care": "Usable with care.", "bad": "Not good enough yet."}[worst]
    return Verdict(state=worst, sentence=f"{opening} It {_sentence(findings)}.")


def _not_judged(reason: str, ill: list[Finding]) -> Verdict:
    """Why not, and what is plainly wrong all the same."""
    because = f"Not judged: {reason[:1].lower()}{reason[1:].rstrip('.')}."
    state = max((finding.state for finding in ill), key=_ORDER.__getitem__, default="care")
    return Verdict(state=state, sentence=f"{because} It {_sentence(ill)}." if ill else because)


def _sentence(findings: list[Finding]) -> str:
    """What is well first, then what is not."""
    well = [finding.clause for finding in findings if finding.state == "good"]
    ill = [finding.clause for finding in findings if finding.state != "good"]
    return ", but ".join(_series(clauses) for clauses in (well, ill) if clauses)


def _series(clauses: list[str]) -> str:
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"


def _state(share: float, good: float = GOOD, fair: float = FAIR) -> State:
    return "good" if share >= good else "care" if share >= fair else "bad"


def state_of(key: str, measure: Measure) -> State | None:
    """What a single share (accuracy, precision, recall, …) means; None for distances and for what was not measured."""
    if measure.value is None or not measure.floor or measure.better == "lower":
        return None
    return _state(measure.value / measure.floor, *((OBEYS_GOOD, OBEYS_FAIR) if key == "accuracy" else (GOOD, FAIR)))


def share_of(measures: dict[str, Measure], *keys: str) -> float | None:
    """The lowest of the measures as a share of what real pictures reach; None where none was measured."""
    pairs = [(m.value, m.floor) for key in keys if (m := measures[key]).value is not None]
    shares = [value / floor for value, floor in pairs if value is not None and floor]
    return min(shares) if shares else None


def looks(measures: dict[str, Measure]) -> Finding | None:
    """Do single pictures look like the material?"""
    share = share_of(measures, "precision", "naturalness")
    if share is None:
        return None
    clauses: dict[State, str] = {
        "good": "draws pictures that could be yours",
        "care": "draws pictures that are rougher than yours",
        "bad": "draws pictures that do not look like yours",
    }
    return Finding(_state(share), clauses[_state(share)])


def varies(measures: dict[str, Measure]) -> Finding | None:
    """Does it draw the whole variety?"""
    share = share_of(measures, "recall", "coverage", "diversity")
    if share is None:
        return None
    clauses: dict[State, str] = {
        "good": "shows their whole variety",
        "care": "misses some of their variety",
        "bad": "draws only a small part of their variety",
    }
    return Finding(_state(share), clauses[_state(share)])


def obeys(measures: dict[str, Measure], class_accuracy: dict[str, float]) -> Finding | None:
    """Does it draw the kind that was asked for?"""
    share = share_of(measures, "accuracy")
    if share is None:
        return None
    state = _state(share, OBEYS_GOOD, OBEYS_FAIR)
    clauses: dict[State, str] = {
        "good": "draws the kind that you ask for",
        "care": "sometimes draws another kind than you ask for",
        "bad": "often draws another kind than you ask for",
    }
    if any(value < WEAK_CLASS for value in class_accuracy.values()):
        state = max(state, "care", key=_ORDER.__getitem__)
    return Finding(state, clauses[state])


def copying(copies: Copies) -> Finding | None:
    """Does it repeat training pictures more often than real pictures resemble each other?"""
    if copies.not_measured or not copies.of:
        return None
    state: State = "good"
    if copies.count > copies.tolerated:
        state = "bad" if copies.count - copies.baseline > OFTEN * copies.of else "care"
    clauses: dict[State, str] = {"good": "rarely copies", "care": "copies now and then", "bad": "often copies single pictures"}
    return Finding(state, clauses[state])


def copies_title(copies: Copies) -> str:
    """The copy check in a few words."""
    if copies.not_measured or not copies.of:
        return "Copies were not looked for"
    return "None looks copied" if not copies.count else f"{copies.count:,} of {copies.of:,} look copied"


def copies_words(copies: Copies) -> str:
    """The copy check in a sentence, beside what real pictures show."""
    if copies.not_measured or not copies.of:
        return copies.not_measured or "There was nothing to compare."
    return f"Of as many of your own pictures, {copies.baseline:,.0f} would look copied by the same rule."
