"""What to do next: a table of rules from measured symptoms to remedies. The rules are ordered, causes before effects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from desktop_app.evaluation.course import Course, Kind
from desktop_app.evaluation.report import Advice, Change, Copies, Measure
from desktop_app.evaluation.verdict import FAIR, GOOD, OBEYS_GOOD, WEAK_CLASS, share_of

COPIES = "copies"
"""The dial of an advice against copying; all others are keys of the glossary."""
FEW, FEW_OF_A_KIND = 200, 30
"""Training items, of all and of one kind, below which every one more helps much."""
ENOUGH = 400.0
"""Times that a model which draws finely should see each of few pictures. Of 50 sprites a diffusion model copies 1 in 1,000
of its drawings after so many, and 180 after three times as many, with the same brakes."""
KEPT_ASIDE = 50
"""Held-out items below which the figures are so unsure that runs can hardly be told apart."""
SLOW = 3.0
"""Seconds for one picture."""
_FAST = 3.0
"""Times the usual learning rate that are far too many."""
_EARLY = 0.25
"""Share of a training after which its best state stands where the rest of it did harm."""
_STEADY = (
    *("loss", "learning_rate", "discriminator_rate", "optimiser", "schedule", "warm_up", "clip", "average", "latent"),
    *("r1", "r2", "gradient_penalty", "spectral_norm", "augmentation"),
)
"""Settings that keep a contest on its way at their usual values."""
_ADDITIVE = frozenset({"dropout", "augmentation", "weight_decay", "l1", "diversity", "free_bits", "label_dropout"})
"""Levers of which a remedy never takes back what is already set higher."""
_STRONGER: Mapping[str, Any] = {"weight_decay": 0.05, "l1": 1e-5}
"""What is left against learning by heart when the family's own remedy is in force already."""


@dataclass(frozen=True)
class Case:
    """Everything that advice follows from."""

    measures: dict[str, Measure]
    copies: Copies
    class_accuracy: dict[str, float]
    training: int
    held_out: int
    course: Course | None = None

    def share(self, *keys: str) -> float:
        """The lowest of these measures beside what real pictures reach; 1 where none was measured, so that no rule fires."""
        found = share_of(self.measures, *keys)
        return 1.0 if found is None else found

    @property
    def rough(self) -> bool:
        """Whether single pictures lack something."""
        return self.share("precision", "naturalness") < GOOD

    @property
    def copying(self) -> bool:
        return not self.copies.not_measured and self.copies.count > self.copies.tolerated

    def effective(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the settings that the family has and that would change something."""
        now = self.course.settings if self.course else {}
        return {name: value for name, value in settings.items() if name in now and _changes(name, now[name], value)}


def _changes(name: str, now: Any, value: Any) -> bool:
    kept = name in _ADDITIVE and now is not None and value is not None and now >= value
    return bool(now != value and not kept)


class Remedy(NamedTuple):
    """What to do: a sentence, and what a new run would do differently or where it is done by hand."""

    sentence: str
    change: Change | None = None
    step: int | None = 4


class Rule(NamedTuple):
    """One line of the table: ``seen`` says the figures that show the symptom, or nothing."""

    code: str
    dial: str
    title: Callable[[Case], str]
    seen: Callable[[Case], str]
    remedy: Callable[[Case], Remedy]


def advise(case: Case) -> list[Advice]:
    """A card for each symptom that was found, the most pressing first."""
    cards = [_card(rule, case, reason) for rule in RULES if (reason := rule.seen(case))]
    return [card for place, card in enumerate(cards) if card.change is None or card.change not in _changes_of(cards[:place])]


def _changes_of(cards: list[Advice]) -> list[Change]:
    return [card.change for card in cards if card.change is not None]


def _card(rule: Rule, case: Case, reason: str) -> Advice:
    sentence, change, step = rule.remedy(case)
    title = rule.title(case)
    return Advice(code=rule.code, title=title, reason=reason, remedy=sentence, dial=rule.dial, change=change, step=step)


def percent(share: float) -> str:
    """A share in words."""
    return f"{100 * share:.0f} %"


# ---------------------------------------------------------------- symptoms


def _unsteady(case: Case) -> str:
    course = case.course
    if course is None:
        return ""
    if course.setbacks:
        return f"The training lost its way and was rolled back {_times(course.setbacks)}."
    rate, usual = (float(values.get("learning_rate") or 0) for values in (course.settings, course.usual))
    if usual and rate > _FAST * usual and (case.rough or case.share("recall", "coverage") < GOOD):
        return f"It learned at {rate:g}, {rate / usual:.0f} times the usual {usual:g}, and its pictures lack something."
    if course.jumps >= 2:
        return f"The loss on pictures kept aside leapt up and came down again {_times(course.jumps)}."
    return ""


def _copying(case: Case) -> str:
    if not case.copying:
        return ""
    copies = case.copies
    among = f"among as many real pictures it would be about {copies.baseline:.0f}"
    return (
        f"{copies.count:,} of {copies.of:,} look copied; {among}. It begins to learn your {case.training:,} pictures by heart."
    )


def _overfitting(case: Case) -> str:
    gap = case.course.gap if case.course else None
    if gap is None or not gap.opened:
        return ""
    return (
        f"Since step {gap.step:,} it gets worse on pictures kept aside ({gap.best:.3g}, then {gap.last:.3g}) while it gets "
        f"better on those that it learns from ({gap.training_then:.3g}, then {gap.training_last:.3g})."
    )


def _collapsed(case: Case) -> str:
    varied = case.share("diversity")
    said = case.course is not None and "collapse" in case.course.warnings
    precise = case.share("precision") >= FAIR
    if not (varied < GOOD and said) and not (case.share("diversity", "recall") < FAIR and precise):
        return ""
    return f"It reaches {percent(varied)} of the diversity of real pictures: it draws the same few over and over."


def _astray(case: Case) -> str:
    peak = case.course.peak if case.course else None
    if peak is None or peak > _EARLY or not case.rough:
        return ""
    when = f"after {percent(peak)} of the training" if peak else "before it had learned anything"
    return f"It was best {when}: all that came later made its pictures worse. That early state is kept. {_reached(case)}"


def _noticed(code: str, reason: str) -> Callable[[Case], str]:
    """A symptom that the family itself notices while it learns; it counts where the pictures lack something."""

    def seen(case: Case) -> str:
        noticed = case.course is not None and code in case.course.warnings
        return reason if noticed and (case.rough or case.share("recall", "coverage", "diversity") < GOOD) else ""

    return seen


def _disobedient(case: Case) -> str:
    weak = _weak(case)
    if weak:
        named = ", ".join(f"“{name}” {percent(value)}" for value, name in weak[:3])
        return f"Too little of what it draws is taken for what was asked: {named}."
    share = case.share("accuracy")
    return f"It draws the kind asked for {percent(share)} as often as real pictures show theirs." if share < OBEYS_GOOD else ""


def _weak(case: Case) -> list[tuple[float, str]]:
    return sorted((value, name) for name, value in case.class_accuracy.items() if value < WEAK_CLASS)


def _little_data(case: Case) -> str:
    scarce = _scarce(case)
    if case.training < FEW:
        return f"There are only {case.training:,} pictures to learn from; with {FEW} or more it learns rules and not pictures."
    if scarce:
        return f"Some kinds have few pictures to learn from: {', '.join(f'“{name}” {count}' for count, name in scarce[:3])}."
    return ""


def _scarce(case: Case) -> list[tuple[int, str]]:
    classes = case.course.classes if case.course else {}
    return sorted((count, name) for name, count in classes.items() if 0 < count < FEW_OF_A_KIND)


def _hurried(case: Case) -> str:
    course = case.course
    lacking = case.rough or case.share("recall", "coverage") < GOOD
    if course is None or not lacking or not 0 < course.passes < course.good or _parted(case) or _astray(case):
        return ""
    return (
        f"It saw each picture {course.passes:,.0f} times; good pictures usually need about {course.good:,.0f}. {_reached(case)}"
    )


def _parted(case: Case) -> bool:
    return bool(case.course and case.course.gap and case.course.gap.opened)


def _reached(case: Case) -> str:
    weaker = min(("precision", "naturalness"), key=case.share)
    return f"In {weaker} it reaches {percent(case.share(weaker))} of what real pictures reach."


def _rough(case: Case) -> str:
    return _reached(case) if case.rough and not _hurried(case) else ""


def _narrow(case: Case) -> str:
    share = case.share("recall", "coverage", "diversity")
    if share >= GOOD or _collapsed(case):
        return ""
    return f"It reaches {percent(share)} of the variety of real pictures."


def _unsure(case: Case) -> str:
    if case.held_out >= KEPT_ASIDE:
        return ""
    missing = [
        measure.title for measure in case.measures.values() if measure.value is None and "kept aside" in measure.not_measured
    ]
    cost = f"; not measured because of it: {', '.join(missing)}" if missing else ""
    return f"Only {case.held_out:,} pictures were kept aside, so that every figure is rough{cost}."


def _slow(case: Case) -> str:
    seconds = case.course.seconds if case.course else None
    return f"Drawing one picture takes {seconds:.1f} seconds on this machine." if seconds and seconds > SLOW else ""


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


# ---------------------------------------------------------------- remedies


def _slower(case: Case) -> Remedy:
    settings = case.course.settings if case.course else {}
    usual = float((case.course.usual if case.course else {}).get("learning_rate") or 1e-3)
    rate = float(settings.get("learning_rate") or usual)
    calmer = usual if rate > _FAST * usual else rate / 3
    clip = float(settings.get("clip") or 0)
    change: dict[str, Any] = {"learning_rate": float(f"{calmer:.2g}"), "clip": min(clip, 1.0) if clip else 1.0, "warm_up": 200}
    if settings.get("optimiser") == "sgd":
        change = {"learning_rate": usual, "optimiser": "adamw"}
    return Remedy("Learn more slowly, begin gently and limit every step.", Change(settings=case.effective(change)))


def _declared(code: str, *, more: Mapping[str, Any] | None = None) -> Callable[[Case], Remedy]:
    """What the family declares for a symptom; what it declares already in force, ``more``."""

    def remedy(case: Case) -> Remedy:
        sentence, settings = (case.course.remedies if case.course else {}).get(code, ("", {}))
        if changed := case.effective(settings):
            return Remedy(sentence, Change(settings=changed))
        if changed := case.effective(more or {}):
            return Remedy(
                "Prefer few and small weights (L1 and L2), so that it has less room to remember.", Change(settings=changed)
            )
        return Remedy("Add pictures that differ from those that are there.", step=2)

    return remedy


def _by_heart(case: Case) -> Remedy:
    """Of few pictures another kind of model makes more than any brake on this one; else what the family declares.

    50 sprites, an autoencoder's naturalness 0.61: a diffusion model reached 0.93 with 245 of 1,000 copied, with its own
    brakes on 0.88 with 62, where chance allows 134.
    """
    finer = case.course.finer if case.course else None
    if finer and case.training < FEW and case.share("naturalness") < GOOD:
        return _another(case, finer, "it learns more from few pictures")
    return _declared("overfitting", more=_STRONGER)(case)


def _usual(case: Case) -> Remedy:
    """The usual settings; where they are in force already, what the family declares against collapse, or another kind."""
    usual = case.course.usual if case.course else {}
    if changed := case.effective({name: usual[name] for name in _STEADY if name in usual}):
        return Remedy("Take the usual settings, which keep painter and judge in step.", Change(settings=changed))
    sentence, settings = (case.course.remedies if case.course else {}).get("collapse", ("", {}))
    if changed := case.effective(settings):
        return Remedy(sentence, Change(settings=changed))
    return _finer(case)


def _obey(case: Case) -> Remedy:
    guidance = case.course.settings.get("guidance") if case.course else None
    if guidance is not None and case.share("diversity") >= GOOD and guidance < 2:
        return Remedy(
            "Keep more strictly to the kind when drawing.",
            Change(settings={"guidance": guidance + 0.5}, longer=0.25, fresh=False),
        )
    names = ", ".join(f"“{name}”" for _, name in _weak(case)[:3])
    return Remedy(
        f"Add pictures of {names}, or look whether some lie in the wrong folder." if names else "Train longer.", step=2
    )


def _more_data(case: Case) -> Remedy:
    scarce = _scarce(case)
    if case.training >= FEW and scarce:
        wanted = ", ".join(f"{FEW_OF_A_KIND - count} of “{name}”" for count, name in scarce[:3])
        return Remedy(f"Add at least {wanted}.", step=2)
    return Remedy(f"Add {FEW - case.training:,} or more, as different from each other as those that it should draw.", step=2)


def _longer(case: Case) -> Remedy:
    course = case.course
    factor = 2.0 if course is None or course.passes <= 0 else min(10.0, max(2.0, math.ceil(course.good / course.passes)))
    return Remedy(f"Go on for {factor:g} times as long.", Change(longer=factor, fresh=False))


def _finer(case: Case) -> Remedy:
    course = case.course
    sentence, settings = (course.remedies if course else {}).get("rough", ("", {}))
    if course and (changed := case.effective(settings)):
        return Remedy(sentence, Change(settings=changed))
    if course and course.finer:
        return _another(case, course.finer, "it draws finer pictures when it is given time")
    return _longer(case)


def _another(case: Case, kind: Kind, why: str) -> Remedy:
    """Another kind of model; of few pictures briefly and with its brakes on, for what draws finely would copy them."""
    if case.training < FEW and kind.careful:
        sentence = f"Try a {kind.title}: {why}. It is kept from copying them."
        passes = case.course.passes if case.course else 0.0
        briefly = round(min(1.0, ENOUGH / max(ENOUGH, passes)), 2)
        return Remedy(sentence, Change(family=kind.name, settings=dict(kind.careful), longer=briefly))
    return Remedy(f"Try a {kind.title}: {why}.", Change(family=kind.name))


def _wider(case: Case) -> Remedy:
    collapse = (case.course.remedies if case.course else {}).get("collapse", ("", {}))
    if case.share("diversity") < GOOD and (changed := case.effective(collapse[1])):
        return Remedy(collapse[0], Change(settings=changed))
    return _longer(case)


def _quicker(case: Case) -> Remedy:
    strokes = case.course.settings.get("sampling_steps") if case.course else None
    if strokes and strokes > 10:
        return Remedy(
            "Draw in fewer strokes.", Change(settings={"sampling_steps": max(10, strokes // 2)}, longer=0.25, fresh=False)
        )
    if case.course and case.course.quicker:
        return _another(case, case.course.quicker, "it draws in one pass")
    return Remedy("Choose a smaller network.", step=3)


def _keep_more(case: Case) -> Remedy:
    return Remedy(
        "The model can only be judged on pictures that it never saw. Add pictures, or keep a larger share aside.", step=2
    )


def _named(title: str) -> Callable[[Case], str]:
    return lambda case: title


def _copies_title(case: Case) -> str:
    return f"{case.copies.count:,} of {case.copies.of:,} look copied"


def _weak_title(case: Case) -> str:
    names = ", ".join(f"“{name}”" for _, name in _weak(case)[:3])
    return f"It is unsure of {names}" if names else "It often draws another kind"


RULES: tuple[Rule, ...] = (
    Rule("instability", "naturalness", _named("It learned unsteadily"), _unsteady, _slower),
    Rule("copies", COPIES, _copies_title, _copying, _declared("copies", more=_STRONGER)),
    Rule("overfitting", "naturalness", _named("It learns by heart"), _overfitting, _by_heart),
    Rule("collapse", "diversity", _named("It repeats itself"), _collapsed, _declared("collapse")),
    Rule("astray", "naturalness", _named("Learning made it worse"), _astray, _usual),
    Rule("saturation", "naturalness", _named("The judge has won the game"),
         _noticed("saturation", "The judge became so sure that the painter could learn nothing from it."),
         _declared("saturation")),
    Rule("unused", "diversity", _named("Some numbers tell nothing"),
         _noticed("unused", "Most of the numbers behind a picture carry nothing."), _declared("unused")),
    Rule("few", "recall", _named("Add pictures"), _little_data, _more_data),
    Rule("hurried", "naturalness", _named("Train longer"), _hurried, _longer),
    Rule("rough", "naturalness", _named("Its pictures are rough"), _rough, _finer),
    Rule("narrow", "recall", _named("It misses some of their variety"), _narrow, _wider),
    Rule("disobedient", "accuracy", _weak_title, _disobedient, _obey),
    Rule("unsure", "", _named("Keep more pictures aside"), _unsure, _keep_more),
    Rule("slow", "", _named("It draws slowly"), _slow, _quicker),
)  # fmt: skip
"""Symptom, the dial that the remedy should move, title, reason, remedy."""
