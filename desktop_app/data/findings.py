"""Which findings follow from what was measured; every one with its measure and the threshold that it crossed.

Where a set has a habit (soft, grainy, light or dark throughout), the threshold follows the habit: a picture is noticed for
being worse than the others, and never for being like them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from desktop_app.data.checks import Facts
from desktop_app.data.inventory import Finding
from desktop_app.data.measures import CLIPPED
from desktop_app.project.document import LeaveOutReason

SMALLEST_SIDE = 8
"""Pictures with a side below this, in pixels, are left out."""

BLANK_SPREAD = 10
"""Levels (of 255) between the darkest and the lightest pixel up to which a picture counts as blank."""

BLANK_NOISE = (8, 40)
"""The same for a noisy one: levels after averaging to 16 pixels, and before."""

ODD_ASPECT = 3.0

BLUR_LIMIT, BLUR_BEYOND = 0.44, 0.17
"""Blur effect (0 sharp to 1) from which on a picture may count as blurred, and how far beyond the usual it must lie."""

DRAWN_TIMES = 2.0
"""Of a set of which half is flat art, how many times as far the blurred ones must lie: a drawing of few shapes has few edges,
and which is the sharpest says little."""

GRAIN_LIMIT, GRAIN_TIMES = 3.5, 2.0
"""Noise in levels from which on a picture may count as noisy, and how many times the usual it must be."""

GRAIN_KEPT = 0.85
"""Averaging leaves more than this share of texture, and less of noise (half of white noise)."""

CLIPPED_LIMIT, CLIPPED_BEYOND = 0.3, 0.2
"""Share of clipped pixels from which on a picture may count as overexposed, and how far beyond the usual it must lie."""

DARK_LIMIT, DARK_TIMES = 60, 0.45
"""Level that 98 % of an underexposed picture's pixels stay below, and how large a share of the usual it is at most."""

FLAT_ART = 0.12
"""Flatness from which on a picture is art, whose light is meant. Half of the photographs of a set lie below 0.08; of shaded
drawings, enlarged without squares and compressed, above 0.18."""

BORDER_LIMIT = 0.03
"""Share of the picture that a border must take to be mentioned."""


GROUND_SHARE, GROUND_LEVELS = 0.25, 10
"""Share of a set that must lie on a ground of the same level, give or take so many, for it to be the set's own."""


@dataclass(frozen=True)
class Usual:
    """What is usual in a set.

    Attributes
    ----------
    blur, grain, clipped, lightest, flatness
        Medians over all sound pictures: blur, noise in levels, share of clipped pixels, level of the lights, flatness.
    ground
        Level of the plain ground that these pictures lie on, as drawings and cut-out objects do; None where they lie on none.
        Where most of what is plain at the corners is a frame around a picture, it is no ground.
    """

    blur: float = 0.0
    grain: float = 0.0
    clipped: float = 0.0
    lightest: float = 255.0
    flatness: float = 0.0
    ground: float | None = None

    def lies_on_ground(self, facts: Facts) -> bool:
        """Whether what is plain around a picture is the ground that the others lie on too."""
        return self.ground is not None and facts.corners is not None and abs(facts.corners - self.ground) <= GROUND_LEVELS


def usual(facts: Sequence[Facts]) -> Usual:
    """What is usual in this set."""
    return Usual(
        _median([fact.blur for fact in facts], 0.0),
        _median([fact.grain for fact in facts], 0.0),
        _median([fact.clipped for fact in facts], 0.0),
        _median([fact.lightest for fact in facts], 255.0),
        _median([fact.flatness for fact in facts], 0.0),
        _ground(facts),
    )


def _ground(facts: Sequence[Facts]) -> float | None:
    plain = [(fact, fact.corners) for fact in facts if fact.corners is not None]
    level = _median([corners for _, corners in plain], 255.0)
    alike = [fact for fact, corners in plain if abs(corners - level) <= GROUND_LEVELS]
    framed = sum(fact.border > 0 for fact in alike)
    return level if len(alike) > GROUND_SHARE * len(facts) and 2 * framed < len(alike) else None


def _median(values: Sequence[float | None], otherwise: float) -> float:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else otherwise


def findings(facts: Facts, size: int, usual: Usual) -> list[Finding]:
    """Everything to say about one picture by itself; duplicates and strangers are found between pictures.

    Parameters
    ----------
    size
        Side of the square that the model will see, in pixels.
    """
    if facts.problem:
        return [Finding(facts.problem, facts.message, "bad")]
    found = [finding for check in _CHECKS if (finding := check(facts, usual)) is not None]
    small = _small(facts, size)
    if small is not None:
        found.append(small)
    if facts.several:
        found.append(Finding("several pictures", "It holds several pictures; the first one is used.", "care"))
    return found


def _bad(reason: LeaveOutReason, message: str, measure: float, threshold: float) -> Finding:
    return Finding(reason, message, "bad", measure, threshold)


def _too_small(facts: Facts, _: Usual) -> Finding | None:
    shorter = min(facts.width, facts.height)
    if shorter >= SMALLEST_SIDE:
        return None
    message = f"{facts.width} × {facts.height} pixels are too few; each side needs at least {SMALLEST_SIDE}."
    return _bad("too small", message, shorter, SMALLEST_SIDE)


def _blank(facts: Facts, _: Usual) -> Finding | None:
    coarse, full = BLANK_NOISE
    if facts.spread <= BLANK_SPREAD:
        return _bad("blank", "It is all of one colour.", facts.spread, BLANK_SPREAD)
    if facts.coarse_spread <= coarse and facts.spread <= full:
        return _bad("blank", "There is nothing on it but noise.", facts.coarse_spread, coarse)
    return None


def _small(facts: Facts, size: int) -> Finding | None:
    longer = max(facts.native_width, facts.native_height)
    if longer * 2 > size or min(facts.width, facts.height) < SMALLEST_SIDE:
        return None
    message = f"Much smaller than the others: {facts.width} × {facts.height} pixels for a model of {size}."
    return Finding("small", message, "care", longer, size / 2)


def _aspect(facts: Facts, _: Usual) -> Finding | None:
    longer, shorter = max(facts.width, facts.height), max(1, min(facts.width, facts.height))
    if longer / shorter <= ODD_ASPECT:
        return None
    kind = "wide" if facts.width > facts.height else "tall"
    message = f"Very {kind}: {facts.width} × {facts.height}. Only its middle is learned when it is cropped to a square."
    return Finding("odd shape", message, "care", longer / shorter, ODD_ASPECT)


def _blurred(facts: Facts, usual: Usual) -> Finding | None:
    limit = max(BLUR_LIMIT, usual.blur + BLUR_BEYOND * (DRAWN_TIMES if usual.flatness >= FLAT_ART else 1))
    if facts.blur is None or facts.blur <= limit:
        return None
    sharpness, others = round(100 * (1 - facts.blur)), round(100 * (1 - usual.blur))
    message = f"Blurred: sharpness {sharpness} of 100 (others {others}, limit {round(100 * (1 - limit))})."
    return Finding("blurred", message, "care", facts.blur, limit)


def _noisy(facts: Facts, usual: Usual) -> Finding | None:
    limit = max(GRAIN_LIMIT, GRAIN_TIMES * usual.grain)
    if facts.grain is None or facts.grain <= limit or (facts.grain_kept or 0) >= GRAIN_KEPT:
        return None
    message = f"Noisy: grain of {facts.grain:.1f} levels (others {usual.grain:.1f}, limit {limit:.1f})."
    return Finding("noisy", message, "care", facts.grain, limit)


def _overexposed(facts: Facts, usual: Usual) -> Finding | None:
    limit = max(CLIPPED_LIMIT, usual.clipped + CLIPPED_BEYOND)
    drawn = facts.flatness >= FLAT_ART or (usual.ground or 0) >= CLIPPED  # in a set on white, white is no light
    if facts.clipped is None or facts.clipped <= limit or drawn:
        return None
    message = f"Overexposed: {facts.clipped:.0%} of it is plain white (limit {limit:.0%})."
    return Finding("overexposed", message, "care", facts.clipped, limit)


def _underexposed(facts: Facts, usual: Usual) -> Finding | None:
    limit = min(DARK_LIMIT, DARK_TIMES * usual.lightest)
    if facts.lightest is None or facts.lightest >= limit or facts.spread <= BLANK_SPREAD:
        return None
    message = f"Underexposed: hardly anything is lighter than {facts.lightest} of 255 (limit {limit:.0f})."
    return Finding("underexposed", message, "care", facts.lightest, limit)


def _border(facts: Facts, usual: Usual) -> Finding | None:
    if facts.border <= BORDER_LIMIT or usual.lies_on_ground(facts):
        return None
    message = f"A border takes {facts.border:.0%} of it (limit {BORDER_LIMIT:.0%})."
    return Finding("border", message, "care", facts.border, BORDER_LIMIT)


_CHECKS: tuple[Callable[[Facts, Usual], Finding | None], ...] = (
    _too_small, _blank, _aspect, _blurred, _noisy, _overexposed, _underexposed, _border,
)  # fmt: skip
