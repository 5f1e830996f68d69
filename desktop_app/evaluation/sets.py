"""Measures of one set of features against another, each with its interval and with what known sets reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.glossary import Known, measured
from desktop_app.evaluation.intervals import REPLICATES, Estimate, around, bootstrap, halves, masks, proportion
from desktop_app.evaluation.measures import Prdc, distances, frechet, kid, kid_weighted, nearest, prdc_from, similarity, vendi
from desktop_app.evaluation.report import Measure

Float64 = NDArray[np.float64]
NEIGHBOURS = 5
_AT_HOME_NEIGHBOURS = 3
_PRDC_REPLICATES = 100
_DIVERSITY_DRAWS = 20
_DIVERSITY_MOST = 200
_WIDTHS_APART = 4
_NEAR_ZERO = 0.2


@dataclass(frozen=True)
class Space:
    """The sets in one space of features; rows are pictures.

    Attributes
    ----------
    reference
        Training pictures that nothing else here uses.
    training
        Training pictures that stand in for generated ones where the floor is measured; as many as ``generated``.
    held_out, generated
        What is compared.
    noise
        Pictures without any content.
    ordinary
        Position among ``training`` of a picture that is as ordinary as can be.
    """

    reference: Float64
    training: Float64
    held_out: Float64
    generated: Float64
    noise: Float64
    ordinary: int = 0

    @property
    def repeated(self) -> Float64:
        """The ordinary picture as often as there are others."""
        return np.repeat(self.training[[self.ordinary]], len(self.training), axis=0)

    def known(self, measure: Callable[[Float64], float]) -> Known:
        """A measure of each of the known sets; distances, which have no lower end, are taken of real pictures alone."""
        return Known(measure(self.training), measure(self.noise), measure(self.repeated))


def joined(spaces: list[Space]) -> Space:
    """One space of several, in which each weighs the same however many features it has."""

    def stack(name: str) -> Float64:
        return np.hstack([getattr(space, name) / np.sqrt(getattr(space, name).shape[1]) for space in spaces])

    names = ("reference", "training", "held_out", "generated", "noise")
    return Space(**{name: stack(name) for name in names}, ordinary=spaces[0].ordinary)


def kernel_distance(key: str, space: Space, rng: np.random.Generator) -> Measure:
    """KID of generated against held-out pictures."""
    real, fake = space.held_out, space.generated
    in_real = masks(halves(len(real), REPLICATES, rng), len(real))
    in_fake = masks(halves(len(fake), REPLICATES, rng), len(fake))
    spread = kid_weighted(real, fake, in_real, in_fake)
    return measured(key, around(kid(real, fake), spread), Known(kid(real, space.training)))


def frechet_distance(key: str, space: Space, rng: np.random.Generator) -> Measure:
    """Fréchet distance of generated against held-out pictures."""
    real, fake = space.held_out, space.generated
    pairs = zip(halves(len(real), REPLICATES, rng), halves(len(fake), REPLICATES, rng), strict=True)
    spread = np.array([frechet(real[r], fake[f]) for r, f in pairs])
    estimate = around(frechet(real, fake), spread).within(0, np.inf)
    return measured(key, estimate, Known(frechet(real, space.training)))


def neighbours(space: Space, rng: np.random.Generator) -> dict[str, Measure]:
    """Precision, recall, density and coverage of generated against held-out pictures."""
    within_real = distances(space.held_out, space.held_out)
    across, within_fake = distances(space.held_out, space.generated), distances(space.generated, space.generated)
    value = prdc_from(within_real, across, within_fake, NEIGHBOURS)
    spread = np.array([
        prdc_from(within_real[np.ix_(r, r)], across[np.ix_(r, f)], within_fake[np.ix_(f, f)], NEIGHBOURS)
        for r, f in zip(
            halves(len(within_real), _PRDC_REPLICATES, rng), halves(len(within_fake), _PRDC_REPLICATES, rng), strict=True
        )
    ])  # fmt: skip
    counted = Prdc(across.shape[1], across.shape[0], 0, across.shape[0])
    known = [
        prdc_from(within_real, distances(space.held_out, rows), distances(rows, rows), NEIGHBOURS)
        for rows in (space.training, space.noise, space.repeated)
    ]
    return {
        key: measured(key, _bounded(around(value[i], spread[:, i]), int(counted[i])), Known(*(each[i] for each in known)))
        for i, key in enumerate(Prdc._fields)
    }


RARE = 0.25
"""A held-out picture is missed when fewer generated ones than this share of what chance would bring come near it."""


def missed(space: Space) -> tuple[NDArray[np.int64], float]:
    """Held-out pictures that hardly any generated one comes near, those farthest off first; and the share missed by chance.

    Near is whoever is nearer than the fifth real neighbour (as in the coverage, Naeem et al. 2020). Of M pictures of
    the same source as the N held-out ones, 5 M / (N - 1) are near on average. Whether none at all is near would tell
    little where M is larger than N: a kind that is never drawn always has some others that resemble it. The share missed
    by chance is that of the training pictures in place of the generated ones.
    """
    reach = _reach(space.held_out)
    across = distances(space.held_out, space.generated)
    rate, chance = _rate(across, reach), _rate(distances(space.held_out, space.training), reach)
    order = np.lexsort((-across.min(axis=1) / np.maximum(reach, 1e-12), rate))
    return order[rate[order] < RARE].astype(np.int64), float((chance < RARE).mean())


def _reach(real: Float64) -> Float64:
    return nearest(real, real, NEIGHBOURS + 1)[0][:, -1]


def _rate(across: Float64, reach: Float64) -> Float64:
    """How many come near each real picture, as a share of how many would by chance."""
    expected = NEIGHBOURS * across.shape[1] / max(1, across.shape[0] - 1)
    rate: Float64 = (across < reach[:, None]).sum(axis=1) / expected
    return rate


def _bounded(estimate: Estimate, counted: int) -> Estimate:
    """A share of ``counted`` items is no surer than such a share can be; a density (0) only stays above 0."""
    if not counted:
        return estimate.within(0, np.inf)
    share = proportion(round(estimate.value * counted), counted)
    return Estimate(estimate.value, min(estimate.low, share.low), max(estimate.high, share.high)).within(0, 1)


def diversity(space: Space, rng: np.random.Generator) -> Measure:
    """Vendi score of generated pictures as a share of that of as many held-out ones.

    The score grows with the size of a set, so that sets of one size are compared, several times over. Two pictures are
    alike when they are much closer than two real ones usually are: a quarter of that distance is the kernel's width.
    A cosine would take whatever lies on one side of the real pictures, blurred ones for instance, for all the same.
    """
    real = distances(space.held_out, space.held_out)
    width = float(np.median(real[np.triu_indices(len(real), 1)])) / _WIDTHS_APART
    real_alike, alike = similarity(real, width), _alike(space.generated, width)
    size = min(len(alike), len(real_alike), _DIVERSITY_MOST)
    value = _relative_variety(alike, real_alike, size, rng)
    known = space.known(lambda rows: _relative_variety(_alike(rows, width), real_alike, min(size, len(rows)), rng))
    spread = [
        _relative_variety(alike[np.ix_(f, f)], real_alike[np.ix_(r, r)], size // 2, rng, draws=2)
        for f, r in zip(halves(len(alike), REPLICATES, rng), halves(len(real_alike), REPLICATES, rng), strict=True)
    ]
    return measured("diversity", around(value, np.array(spread)).within(0, np.inf), known)


def _alike(rows: Float64, width: float) -> Float64:
    return similarity(distances(rows, rows), width)


def _relative_variety(
    some: Float64, real: Float64, size: int, rng: np.random.Generator, draws: int = _DIVERSITY_DRAWS
) -> float:
    def variety(alike: Float64) -> float:
        times = 1 if len(alike) == size else draws
        chosen = (rng.permutation(len(alike))[:size] for _ in range(times))
        return float(np.mean([vendi(alike[np.ix_(rows, rows)]) for rows in chosen]))

    return variety(some) / variety(real)


@dataclass(frozen=True)
class AtHome:
    """Distance of each picture to the third nearest training picture: how much at home it is among them."""

    held_out: Float64
    generated: Float64
    training: Float64
    noise: Float64

    @classmethod
    def among(cls, space: Space) -> AtHome:
        """Look the sets up in ``space.reference``."""

        def distance(rows: Float64) -> Float64:
            return nearest(rows, space.reference, _AT_HOME_NEIGHBOURS)[0][:, -1]

        return cls(distance(space.held_out), distance(space.generated), distance(space.training), distance(space.noise))

    @property
    def ordinary(self) -> int:
        """Which of the ``training`` pictures is most at home among the others."""
        return int(self.training.argmin())

    def realism(self, apart: Float64) -> Float64:
        """For each distance, the share of held-out pictures that are farther away (equal ones count half)."""
        return _share_above(np.sort(self.held_out), apart)


def _share_above(ordered: Float64, values: Float64) -> Float64:
    below, upto = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    share: Float64 = 1 - (below + upto) / (2 * len(ordered))
    return share


def naturalness(home: AtHome, rng: np.random.Generator) -> Measure:
    """min(1, 2 P(a generated picture is at least as close to the training set as a held-out one)): Mann-Whitney.

    Two draws from one source win half the time each, hence the 2. Closer than real pictures earns nothing: that is the
    business of the copy check.
    """

    def figure(of: Float64) -> Callable[[NDArray[np.int64], NDArray[np.int64]], float]:
        return lambda r, f: min(1.0, 2 * float(_share_above(np.sort(home.held_out[r]), of[f]).mean()))

    def whole(of: Float64) -> float:
        return figure(of)(np.arange(len(home.held_out)), np.arange(len(of)))

    estimate: Estimate = bootstrap(figure(home.generated), (len(home.held_out), len(home.generated)), rng)
    known = Known(whole(home.training), whole(home.noise), whole(home.training[[home.ordinary]]))
    return measured("naturalness", _wide_at_zero(estimate, min(len(home.held_out), len(home.generated))), known)


def _wide_at_zero(estimate: Estimate, count: int) -> Estimate:
    """Where hardly any of ``count`` wins, the bootstrap shrinks to nothing; such a share is no surer than Wilson's."""
    if estimate.value > _NEAR_ZERO:
        return estimate
    share = proportion(round(estimate.value / 2 * count), count)
    return Estimate(estimate.value, estimate.low, max(estimate.high, min(1.0, 2 * share.high)))
