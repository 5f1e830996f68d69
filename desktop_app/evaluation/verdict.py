"""What the figures mean, in a sentence for a shopkeeper, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.evaluation.report import Advice, Copies, Measure, State, Verdict

GOOD, FAIR = 0.8, 0.4
"""Shares of what real pictures reach, above which a model is good or usable with care: our judgement, from looking."""
OBEYS_GOOD, OBEYS_FAIR = 0.85, 0.6
"""The same for the accuracy, where chance alone reaches something."""
OFTEN = 0.2
"""Share of copies, beyond what real pictures show, that makes a model bad."""
_WEAK_CLASS = 0.6
_FEW = 200
_ORDER: dict[State, int] = {"good": 0, "care": 1, "bad": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that is true of the model: a clause of the sentence and, where something can be done, advice."""

    state: State
    clause: str
    advice: Advice | None = None


def judged(
    measures: dict[str, Measure], copies: Copies, class_accuracy: dict[str, float], training: int
) -> tuple[Verdict, list[Advice]]:
    """The verdict and the advice, the most pressing first."""
    found = [looks(measures, training), varies(measures), obeys(measures, class_accuracy), copying(copies, training)]
    findings = [finding for finding in found if finding is not None]
    if found[0] is None:
        return _not_judged(measures["precision"].not_measured, [finding for finding in findings if finding.state != "good"])
    worst = max((finding.state for finding in findings), key=_ORDER.__getitem__)
    opening = {"good": "Good enough to use.", "care": "Usable with care.", "bad": "Not good enough yet."}[worst]
    sentence = f"{opening} It {_sentence(findings)}."
    advice = [finding.advice for finding in sorted(findings, key=lambda f: -_ORDER[f.state]) if finding.advice]
    return Verdict(state=worst, sentence=sentence), advice


_MORE_KEPT_ASIDE = Advice(
    title="Keep more pictures aside",
    reason="The model can only be judged on pictures that it never saw. Add pictures, or keep a larger share aside.",
    step=2,
)


def _not_judged(reason: str, ill: list[Finding]) -> tuple[Verdict, list[Advice]]:
    """Why not, and what is plainly wrong all the same."""
    because = f"Not judged: {reason[:1].lower()}{reason[1:].rstrip('.')}."
    state = max((finding.state for finding in ill), key=_ORDER.__getitem__, default="care")
    sentence = f"{because} It {_sentence(ill)}." if ill else because
    return Verdict(state=state, sentence=sentence), [*(finding.advice for finding in ill if finding.advice), _MORE_KEPT_ASIDE]


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


def _share(measures: dict[str, Measure], *keys: str) -> float | None:
    """The lowest of the measures as a share of what real pictures reach; None where none was measured."""
    pairs = [(m.value, m.floor) for key in keys if (m := measures[key]).value is not None]
    shares = [value / floor for value, floor in pairs if value is not None and floor]
    return min(shares) if shares else None


def looks(measures: dict[str, Measure], training: int) -> Finding | None:
    """Do single pictures look like the material?"""
    share = _share(measures, "precision", "naturalness")
    if share is None:
        return None
    clauses: dict[State, str] = {
        "good": "draws pictures that could be yours",
        "care": "draws pictures that are rougher than yours",
        "bad": "draws pictures that do not look like yours",
    }
    state = _state(share)
    more = f" {training} pictures are also few to learn from; more of them would help." if training < _FEW else ""
    longer = Advice(
        title="Train longer",
        reason=f"Next to real pictures the generated ones reach {100 * share:.0f} % in precision or naturalness.{more}",
        step=4,
    )
    return Finding(state, clauses[state], None if state == "good" else longer)


def varies(measures: dict[str, Measure]) -> Finding | None:
    """Does it draw the whole variety?"""
    share = _share(measures, "recall", "coverage", "diversity")
    if share is None:
        return None
    clauses: dict[State, str] = {
        "good": "shows their whole variety",
        "care": "misses some of their variety",
        "bad": "draws only a small part of their variety",
    }
    state = _state(share)
    reason = (
        f"It reaches {100 * share:.0f} % of the variety of real pictures. Longer training usually widens it; "
        "where rare sorts are missing, add pictures of them."
    )
    advice = Advice(title="Train longer, or add pictures of what is missing", reason=reason, step=4)
    return Finding(state, clauses[state], None if state == "good" else advice)


def obeys(measures: dict[str, Measure], class_accuracy: dict[str, float]) -> Finding | None:
    """Does it draw the kind that was asked for?"""
    share = _share(measures, "accuracy")
    if share is None:
        return None
    state = _state(share, OBEYS_GOOD, OBEYS_FAIR)
    clauses: dict[State, str] = {
        "good": "draws the kind that you ask for",
        "care": "sometimes draws another kind than you ask for",
        "bad": "often draws another kind than you ask for",
    }
    weak = sorted((value, name) for name, value in class_accuracy.items() if value < _WEAK_CLASS)
    if not weak:
        return Finding(state, clauses[state])
    names = ", ".join(f"“{name}”" for _, name in weak[:3])
    reason = (
        f"Fewer than {100 * _WEAK_CLASS:.0f} % of what it draws as {names} looks like it. Train longer, add pictures of "
        "that kind, or keep more strictly to the kind when drawing."
    )
    return Finding(
        max(state, "care", key=_ORDER.__getitem__),
        clauses[state],
        Advice(title=f"It is unsure of {names}", reason=reason, step=2),
    )


def copying(copies: Copies, training: int) -> Finding | None:
    """Does it repeat training pictures more often than real pictures resemble each other?"""
    if copies.not_measured or not copies.of:
        return None
    state: State = "good"
    if copies.count > copies.tolerated:
        state = "bad" if copies.count - copies.baseline > OFTEN * copies.of else "care"
    clauses: dict[State, str] = {"good": "rarely copies", "care": "copies now and then", "bad": "often copies single pictures"}
    reason = (
        f"{copies.count:,} of {copies.of:,} look copied; among real pictures it would be about {copies.baseline:.0f}. "
        f"It begins to learn your {training:,} pictures by heart: add pictures, turn on more variation in training, "
        "or train for less time."
    )
    advice = Advice(title=f"{copies.count:,} of {copies.of:,} look copied", reason=reason, step=5)
    return Finding(state, clauses[state], None if state == "good" else advice)
