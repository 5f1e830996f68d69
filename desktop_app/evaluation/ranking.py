"""Which is best so far: judged runs, and the states of one run, weighed into a recommendation with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from desktop_app.evaluation.alignment import small
from desktop_app.evaluation.copies import closeness, threshold
from desktop_app.evaluation.features import UInt8
from desktop_app.evaluation.measures import distances
from desktop_app.evaluation.report import Report
from desktop_app.evaluation.verdict import state_of

WEIGHED = ("accuracy", "precision", "recall", "diversity", "naturalness")
NARROW = 0.6
"""A state whose pictures differ by less than this share of what the real ones differ by is not recommended."""
COPYING = 0.1
"""A state of whose preview a larger share looks copied is not recommended; real pictures show about a hundredth."""
_ALIKE = 0.02
"""Scores that differ by less do not tell runs apart."""


@dataclass(frozen=True)
class Choice:
    """What is recommended.

    Attributes
    ----------
    place
        Position of the recommended one.
    reason
        Why, with the figures.
    sound
        Whether it is free of faults; if not, all the others have some too, and the reason says what to do.
    """

    place: int
    reason: str
    sound: bool = True


def score(report: Report) -> float | None:
    """Geometric mean of the dials as shares of what real pictures reach, less the copies beyond chance, 0 to 1.

    The geometric mean, because a model that fails in one way is not saved by being good in another; None where too
    little was measured to judge.
    """
    measures = [report.measures[key] for key in WEIGHED if key in report.measures]
    shares = [min(1.0, m.value / m.floor) for m in measures if m.value is not None and m.floor]
    if len(shares) < 3:
        return None
    return float(np.exp(np.mean(np.log(np.maximum(shares, 1e-3))))) * (1 - _copied(report))


def _copied(report: Report) -> float:
    copies = report.copies
    return max(0.0, copies.count - copies.tolerated) / copies.of if copies.of else 0.0


def best(reports: Sequence[Report | None]) -> Choice | None:
    """The best of judged runs, and why; None where none was judged."""
    scores = {
        place: value for place, report in enumerate(reports) if report is not None and (value := score(report)) is not None
    }
    if not scores:
        return None
    place = max(scores, key=scores.__getitem__)
    others = [other for other in scores if other != place]
    if not others:
        return Choice(place, "It is the only one that was judged.")
    second = max(others, key=scores.__getitem__)
    mine, theirs = reports[place], reports[second]
    assert mine is not None and theirs is not None
    return Choice(place, _why(mine, theirs, scores[place] - scores[second]))


def _why(mine: Report, theirs: Report, ahead: float) -> str:
    pairs = [(key, mine.measures[key].value, theirs.measures[key].value) for key in WEIGHED if key in mine.measures]
    known = [(a - b, key, a, b) for key, a, b in pairs if a is not None and b is not None]
    copies = f"Copied look {mine.copies.count} of {mine.copies.of}, {theirs.copies.count} of {theirs.copies.of} there."
    weak = [key for key in WEIGHED if key in mine.measures and state_of(key, mine.measures[key]) == "bad"]
    warning = f" Still bad: {', '.join(weak)}." if weak else ""
    if not known or ahead < _ALIKE:
        return f"It is hardly ahead of the next best: all in all they are alike. {copies}{warning}"
    _, key, a, b = max(known)
    figures = f"{100 * a:.0f} % against {100 * b:.0f} %"
    return f"Ahead of the next best above all in {key} ({figures}). {copies}{warning}"


# ---------------------------------------------------------------- the states of one run


@dataclass(frozen=True)
class Moment:
    """A state of a training that is kept.

    Attributes
    ----------
    held_out
        The figure on held-out items, lower is better; None where it was not measured.
    variety
        How much its preview's pictures differ, as a share of what real ones differ by; None without a preview.
    copied, of
        Pictures of the preview that look copied.
    by_heart
        Whether the loss on held-out items had risen by then while the training's own fell.
    """

    step: int
    held_out: float | None
    variety: float | None = None
    copied: int = 0
    of: int = 0
    by_heart: bool = False

    @property
    def faults(self) -> list[str]:
        """What speaks against it, as keys of :data:`FAULTS`."""
        narrow, copying = self.variety is not None and self.variety < NARROW, _share(self) > COPYING
        return [key for key, found in (("narrow", narrow), ("copies", copying), ("by heart", self.by_heart)) if found]


FAULTS = {
    "narrow": ("pictures too much alike", "with what makes it draw more differently"),
    "copies": ("many that look copied", "with more pictures, or with what makes it forget (dropout, augmentation)"),
    "by heart": ("learning by heart", "with more pictures, or with what makes it forget (dropout, augmentation)"),
}
"""What is wrong with a state, and how to train so that it does not happen again."""


def moment(step: int, held_out: float | None, preview: UInt8, training: UInt8, kept: UInt8) -> Moment:
    """Judge a state by its preview (N, H, W, C), beside training and held-out pictures."""
    drawn, learned, aside = small(preview), small(training), small(kept)
    rows = [pictures.reshape(len(pictures), -1).astype(np.float64) for pictures in (drawn, aside)]
    apart = [float(np.median(distances(some, some)[np.triu_indices(len(some), 1)])) for some in rows]
    bar = threshold(closeness(aside, learned).ratio)
    copied = int((closeness(drawn, learned).ratio < bar).sum())
    return Moment(step, held_out, apart[0] / max(apart[1], 1e-9), copied, len(drawn))


def best_moment(moments: Sequence[Moment]) -> Choice | None:
    """The state to take: the lowest held-out figure among those that neither collapse nor copy more than the others."""
    known = [place for place, each in enumerate(moments) if each.held_out is not None]
    if not known:
        return None

    def loss(place: int) -> float:
        return float(moments[place].held_out or 0.0)

    fewest = min(_share(moments[place]) for place in known)
    sound = [place for place in known if not _narrow(moments[place]) and _share(moments[place]) <= fewest + COPYING]
    chosen, lowest = min(sound or known, key=loss), min(known, key=loss)
    if all(moments[place].faults for place in known):
        return Choice(chosen, _least_bad(moments[chosen], [moments[place] for place in known]), sound=False)
    return Choice(chosen, _moment_words(moments[chosen], moments[lowest], len(known)))


def _narrow(moment: Moment) -> bool:
    """Whether its pictures are known to be too much alike."""
    return "narrow" in moment.faults


def _share(moment: Moment) -> float:
    return moment.copied / moment.of if moment.of else 0.0


def _moment_words(chosen: Moment, lowest: Moment, of: int) -> str:
    if chosen == lowest:
        return f"Step {chosen.step:,} is the lowest of {of} kept: {_figures(chosen)}."
    why = "its pictures are too much alike" if _narrow(lowest) else "more of its pictures look copied"
    return f"Step {chosen.step:,}: {_figures(chosen)}. Step {lowest.step:,} is lower ({lowest.held_out:.4g}), but {why}."


def _figures(moment: Moment) -> str:
    loss = f"{moment.held_out:.4g} on pictures kept aside (less is better)"
    variety = "" if moment.variety is None else f", {100 * moment.variety:.0f} % of the variety of yours"
    return loss + variety + (f", {moment.copied} of {moment.of} previewed look copied" if moment.of else "")


def _least_bad(chosen: Moment, known: list[Moment]) -> str:
    """That no state is good, what is wrong with each, which to use meanwhile, and the way on."""
    steps = {key: [f"{each.step:,}" for each in known if key in each.faults] for key in FAULTS}
    found = [f"{FAULTS[key][0]} (step{'s' * (len(some) > 1)} {', '.join(some)})" for key, some in steps.items() if some]
    remedies = dict.fromkeys(FAULTS[key][1] for key, some in steps.items() if some)
    return (
        f"Every state that is kept has a fault: {'; '.join(found)}. Step {chosen.step:,} is the least bad: {_figures(chosen)}. "
        f"Use it for now. Train anew {'; also '.join(remedies)}."
    )


def sheet_pictures(sheet: Image.Image, count: int, columns: int, channels: int) -> UInt8:
    """The pictures (N, H, W, C) of a preview sheet without gaps."""
    side = sheet.width // columns
    pixels = np.asarray(sheet.convert("RGB" if channels == 3 else "L")).reshape(sheet.height, sheet.width, channels)
    rows = pixels.reshape(sheet.height // side, side, columns, side, channels).swapaxes(1, 2)
    return np.ascontiguousarray(rows.reshape(-1, side, side, channels)[:count])
