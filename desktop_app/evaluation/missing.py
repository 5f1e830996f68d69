"""What a model never draws: the share of each kind of real pictures that hardly any generated one comes near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.evaluate import MOST
from desktop_app.evaluation.features import Float64
from desktop_app.evaluation.intervals import proportion
from desktop_app.evaluation.measures import distances
from desktop_app.evaluation.report import Measure, Report

Labels = NDArray[np.int64]
LEVELS = {"never": 0.9, "hardly ever": 0.5, "too rarely": 0.25}
"""Share of a kind's pictures that hardly any drawing comes near from which it is drawn so, the worst first."""
FEWEST = 5
"""Pictures of a kind below which nothing is said of it."""
_MOST_GROUPS = 8
_PER_GROUP = 12
_ROUNDS = 20


@dataclass(frozen=True)
class Kind:
    """One kind of real pictures.

    Attributes
    ----------
    name
        Its class; empty for a group by likeness.
    missed
        Positions, among the held-out pictures, of those that hardly any generated one comes near, those farthest off first.
    typical
        Positions of pictures of it, the most typical first where that is known.
    of
        How many were looked at.
    """

    name: str
    missed: tuple[int, ...]
    typical: tuple[int, ...]
    of: int

    @property
    def share(self) -> float:
        """Share of its pictures that hardly any generated one comes near."""
        return len(self.missed) / self.of if self.of else 0.0

    def drawn(self, expected: float) -> str:
        """How it is drawn, of :data:`LEVELS`, or "" for well enough or too few to tell; chance misses ``expected``."""
        if self.of < FEWEST or proportion(len(self.missed), self.of).low <= expected:
            return ""
        return next((how for how, share in LEVELS.items() if self.share >= share), "")


@dataclass(frozen=True)
class Missing:
    """What is never drawn.

    Attributes
    ----------
    kinds
        The most missed first.
    expected
        Share that as many real pictures in place of the generated ones would miss.
    not_measured
        Why nothing is known; empty where something is.
    """

    kinds: tuple[Kind, ...] = ()
    expected: float = 0.0
    not_measured: str = ""

    @property
    def named(self) -> bool:
        """Whether the kinds are classes; else groups by likeness."""
        return any(kind.name for kind in self.kinds)

    def sentence(self) -> str:
        """The finding in plain words."""
        if self.not_measured:
            return f"Not measured: {self.not_measured}"
        what, total = "kinds" if self.named else "groups of similar pictures", len(self.kinds)
        said: list[str] = []
        for how in LEVELS:
            if some := [kind for kind in self.kinds if kind.drawn(self.expected) == how]:
                said += [f"It {how} draws {len(some)} {'more' if said else f'of {total} {what}'}{_names(some)}."]
        return " ".join(said or [f"It draws all {total} {what}." if total > 1 else "It leaves out no kind."])

    def share_words(self) -> str:
        """How much is missed in all, beside what chance misses."""
        of = sum(kind.of for kind in self.kinds)
        missed = sum(len(kind.missed) for kind in self.kinds)
        chance = f"{of * self.expected:,.0f}"
        return (
            f"{missed:,} of {of:,} pictures kept aside have hardly any drawing near them; by chance it would be about {chance}."
        )


def _names(kinds: Sequence[Kind]) -> str:
    names = [kind.name for kind in kinds if kind.name]
    return f": {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f": {names[0]}" if names else ""


def looked_at(report: Report) -> Labels:
    """Positions of the held-out pictures that the missed ones are a part of: all, or as many as were measured.

    Of more than :data:`~desktop_app.evaluation.evaluate.MOST` a random part was measured; any others that are near
    enough to a generated picture stand for those of them that the report does not name.
    """
    near = np.setdiff1d(np.arange(report.held_out), report.missed)
    room = max(0, min(MOST, report.held_out) - len(report.missed))
    chosen = np.random.default_rng(0).permutation(near)[:room]
    return np.sort(np.concatenate([np.asarray(report.missed, np.int64), chosen]))


def missing(report: Report, labels: Labels, classes: Sequence[str], features: Float64 | None) -> Missing:
    """Kinds of held-out pictures, the most missed first.

    Parameters
    ----------
    labels
        Class of each held-out picture (N,), -1 without.
    classes
        Their names; with fewer than two the pictures are grouped by likeness.
    features
        Of the pictures that :func:`looked_at` names, in that order (M, F); None with classes.
    """
    coverage = report.measures.get("coverage")
    if coverage is None or coverage.value is None:
        return Missing(not_measured=(coverage.not_measured if coverage else "") or "It was not looked into.")
    places = looked_at(report)
    groups, names, order = labels[places], list(classes), places
    if len(classes) < 2:
        if features is None:
            return Missing(not_measured="The pictures could not be grouped.")
        groups, away = grouped(features)
        order, names = places[np.argsort(away, kind="stable")], [""] * (int(groups.max()) + 1)
    found = [_kind(name, places[groups == number], report.missed, order) for number, name in enumerate(names)]
    known = sorted((kind for kind in found if kind.of), key=lambda kind: (-kind.share, -kind.of))
    return Missing(tuple(known), _by_chance(report, coverage))


def _by_chance(report: Report, coverage: Measure) -> float:
    """An older report says it of pictures that nothing at all comes near."""
    if report.missed_by_chance is not None:
        return report.missed_by_chance
    return 1 - coverage.floor if coverage.floor is not None else 0.0


def _kind(name: str, members: Labels, missed: Sequence[int], order: Labels) -> Kind:
    own = set(map(int, members))
    inside = tuple(place for place in missed if place in own)
    return Kind(name, inside, tuple(place for place in map(int, order) if place in own), len(own))


def grouped(features: Float64) -> tuple[Labels, Float64]:
    """Groups of like rows, and the distance of each row to the middle of its group: k-means (Lloyd 1982).

    Begun from rows far from one another (Gonzalez 1985), the first the one nearest to the middle of all, so that the
    same features always give the same groups.
    """
    count = int(np.clip(len(features) // _PER_GROUP, 1, _MOST_GROUPS))
    middles = _far_apart(features, count)
    for _ in range(_ROUNDS):
        groups = distances(features, middles).argmin(axis=1)
        moved = np.stack([features[groups == n].mean(axis=0) if (groups == n).any() else middles[n] for n in range(count)])
        if np.allclose(moved, middles):
            break
        middles = moved
    sizes = np.bincount(groups, minlength=count)
    apart = distances(features, middles[sizes >= min(FEWEST, sizes.max())])  # a few odd ones are no kind of their own
    return apart.argmin(axis=1).astype(np.int64), apart.min(axis=1)


def _far_apart(features: Float64, count: int) -> Float64:
    chosen = [int(distances(features, features.mean(axis=0, keepdims=True)).argmin())]
    while len(chosen) < count:
        chosen.append(int(distances(features, features[chosen]).min(axis=1).argmax()))
    return features[chosen]
