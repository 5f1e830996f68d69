"""The evaluation: generated pictures against real ones that the model never saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation import sets
from desktop_app.evaluation.advice import Case, advise
from desktop_app.evaluation.alignment import small
from desktop_app.evaluation.copies import Closeness, authenticity, closeness, copying_score, threshold, tolerated
from desktop_app.evaluation.course import Course
from desktop_app.evaluation.features import Float32, Float64, OnBatch, RandomFeatures, Standardiser, UInt8
from desktop_app.evaluation.glossary import GLOSSARY, Known, measured, not_measured
from desktop_app.evaluation.inception import Inception, compared
from desktop_app.evaluation.intervals import proportion
from desktop_app.evaluation.judge import Judge
from desktop_app.evaluation.report import Copies, Measure, Nearest, Report
from desktop_app.evaluation.verdict import judged
from desktop_app.project.errors import Cancelled, GensmithError

Labels = NDArray[np.int64]
Progress = Callable[[float, str], None]
FEATURES_SEED = 20_210_607
"""Of the random network: fixed for ever, so that runs can be compared."""
FEWEST = 20
"""Fewer pictures on either side say nothing about a set."""
FEWEST_FRECHET = 50
MOST = 2000
"""Pictures of a kind that the measures look at; more would take time and change nothing."""
_MOST_REFERENCE = 5000
_CLOSE = 256
"""Pictures looked at for copies between two words of progress."""


class _Watch:
    """Shares the way to the end out among the stages, and stops when asked."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._from, self._to, self._message = 0.0, 0.0, ""

    def stage(self, upto: float, message: str) -> None:
        """Begin a stage that ends at the fraction ``upto``."""
        self._from, self._to, self._message = self._to, upto, message
        self.at(0.0)

    def at(self, share: float) -> None:
        """So much of the stage is done."""
        if self._cancelled and self._cancelled():
            raise Cancelled
        if self._progress:
            self._progress(self._from + share * (self._to - self._from), self._message)

    def batches(self, first: int, total: int) -> OnBatch:
        """For a part of a stage of ``total`` pictures that begins after ``first``."""
        return lambda done, _: self.at((first + done) / total)


@dataclass(frozen=True)
class _Group:
    pictures: UInt8
    labels: Labels

    def __getitem__(self, chosen: NDArray[np.int64]) -> _Group:
        return _Group(self.pictures[chosen], self.labels[chosen])

    def __len__(self) -> int:
        return len(self.pictures)


@dataclass(frozen=True)
class _Material:
    """The pictures, and the positions of those that the measures use.

    Attributes
    ----------
    kept, aside
        Positions of ``held_out`` among all that were held out, and how many those are.
    """

    training: _Group
    held_out: _Group
    generated: _Group
    reference: NDArray[np.int64]
    compared: NDArray[np.int64]
    kept: NDArray[np.int64]
    aside: int


def plan_labels(count: int, training_labels: Labels, classes: int, seed: int = 0) -> Labels:
    """Class of each picture to generate for an evaluation, in the proportions of the training set; -1 without classes."""
    if not classes:
        return np.full(count, -1, np.int64)
    share = np.bincount(training_labels[training_labels >= 0], minlength=classes).astype(np.float64)
    due = np.cumsum(share / max(1.0, share.sum())) * count
    labels = np.searchsorted(due, np.arange(count) + 0.5, side="left").clip(0, classes - 1)
    return np.random.default_rng(seed).permutation(labels).astype(np.int64)


def evaluate(
    *,
    training: UInt8,
    training_labels: Labels,
    held_out: UInt8,
    held_out_labels: Labels,
    generated: UInt8,
    generated_labels: Labels,
    classes: Sequence[str],
    keys: Sequence[str],
    run: str,
    seed: int = 0,
    judge: Judge | None = None,
    inception: Inception | None = None,
    course: Course | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Compare generated pictures with real ones.

    Parameters
    ----------
    training, held_out, generated
        uint8 (N, H, W, C), C = 1 or 3, all of one size.
    training_labels, held_out_labels, generated_labels
        Class number of each, -1 without. Best drawn by :func:`plan_labels`; where the generated classes stand in other
        proportions than the training set's, the sets are compared on as many as match.
    keys
        Key of each training picture in the data.
    judge
        Without it there is no accuracy, and no distance by learned features.
    inception
        Without it there is no distance that can be set beside those of papers.
    course
        How the training went; without it the advice rests on the pictures alone.
    progress
        Called with the fraction done and what is being done.

    Raises
    ------
    GensmithError
        The arrays do not belong together, or there is nothing to compare.
    Cancelled
        ``cancelled`` said so.
    """
    learned, kept = _Group(training, training_labels), _Group(held_out, held_out_labels)
    drawn = _Group(generated, generated_labels)
    _check([learned, kept, drawn], keys)
    rng = np.random.default_rng([seed, 5])
    watch = _Watch(progress, cancelled)
    material = _material(learned, kept, drawn, len(classes), rng)
    looked = _look(material, judge, watch)
    found = _measure(material, looked, classes, judge, rng, watch)
    watch.stage(0.85 if inception else 1.0, "Looking for copies")
    copies, nearest = _copies(material, looked, keys, watch)
    if inception:
        found.measures.update(_by_inception(material, inception, rng, watch))
    watch.at(1.0)
    return _report(run, seed, material, found, copies, nearest, course)


def _check(groups: list[_Group], keys: Sequence[str]) -> None:
    shapes = {group.pictures.shape[1:] for group in groups}
    if len(shapes) != 1 or any(len(group.pictures) != len(group.labels) for group in groups):
        raise GensmithError("The pictures to compare do not have one size, or lack labels.", "Evaluate the run again.", code=5)
    if len(keys) != len(groups[0]) or not all(len(group) for group in groups):
        raise GensmithError("There are no pictures to compare.", "Import and generate some first.", code=3)


def _material(training: _Group, held_out: _Group, generated: _Group, classes: int, rng: np.random.Generator) -> _Material:
    reference = np.sort(rng.permutation(len(training))[:_MOST_REFERENCE])
    aside = len(held_out)
    kept = np.arange(aside) if aside <= MOST else np.sort(rng.permutation(aside)[:MOST])
    compared = _matched(generated.labels, training.labels, classes, rng)[:MOST]
    return _Material(training, held_out[kept], generated, reference, compared, kept, aside)


def _matched(labels: Labels, wanted: Labels, classes: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Positions of the ``labels`` that stand in the proportions of ``wanted``, in random order; all if hardly any do."""
    order = rng.permutation(len(labels))
    if not classes or (labels < 0).all() or (wanted < 0).all():
        return order
    share = np.bincount(wanted[wanted >= 0], minlength=classes) / max(1, int((wanted >= 0).sum()))
    there = np.bincount(labels[labels >= 0], minlength=classes)
    # A class that was not drawn at all stays missing, and one that was drawn a picture short must not shrink the others.
    possible = min((int((n + 1) / s) for n, s in zip(there, share, strict=True) if s > 0 and n > 0), default=0)
    quota = np.ceil(share * min(possible, len(labels))).astype(int)
    rank = np.zeros(len(labels), int)
    for number in range(classes):
        of_class = order[labels[order] == number]
        rank[of_class] = np.arange(len(of_class))
    keep = (labels >= 0) & (rank < quota[np.maximum(labels, 0)])
    return order[keep[order]] if keep.sum() >= min(FEWEST, len(labels)) else order


class _Features(NamedTuple):
    """What a network makes of each group of pictures, (N, F)."""

    training: Float64
    held_out: Float64
    generated: Float64
    noise: Float64

    def standard(self) -> _Features:
        """In units of the training set's spread."""
        scale = Standardiser.fit(self.training)
        return _Features(*map(scale, self))


@dataclass(frozen=True)
class _Looked:
    """What the networks say of the pictures: a space of features each, and what the judge takes them for."""

    spaces: list[_Features]
    compared: NDArray[np.int64]
    held_out_seen: Labels | None
    generated_seen: Labels | None
    noise_seen: Labels | None
    held_out_labels: Labels
    generated_labels: Labels


def _look(material: _Material, judge: Judge | None, watch: _Watch) -> _Looked:
    groups = [material.training[material.reference].pictures, material.held_out.pictures, material.generated.pictures]
    groups.append(_noise(len(material.compared), groups[0].shape[1:]))
    total = sum(map(len, groups))
    starts = np.cumsum([0, *map(len, groups)])
    watch.stage(0.25 if judge else 0.4, "Looking at the pictures")
    network = RandomFeatures(groups[0].shape[-1], FEATURES_SEED)
    spaces = [_Features(*(network(g, watch.batches(int(s), total)) for g, s in zip(groups, starts, strict=False))).standard()]
    seen: list[Labels | None] = [None] * len(groups)
    if judge:
        watch.stage(0.4, "Asking the judge")
        answers = [judge.look(g, watch.batches(int(s), total)) for g, s in zip(groups, starts, strict=False)]
        spaces.append(_Features(*(features for features, _ in answers)).standard())
        seen = [None if logits is None else logits.argmax(axis=1) for _, logits in answers]
    return _Looked(
        spaces, material.compared, seen[1], seen[2], seen[3], material.held_out.labels, material.generated.labels
    )  # fmt: skip


def _noise(count: int, shape: tuple[int, ...]) -> UInt8:
    """Pictures without any content: each number of each pixel by chance, uint8 (N, H, W, C)."""
    return np.random.default_rng(FEATURES_SEED).integers(0, 256, (count, *shape), np.uint8)


# ---------------------------------------------------------------- the measures


@dataclass(frozen=True)
class _Found:
    """The measures; the realism of each generated picture; positions of the held-out ones missed, and the share of them
    that chance would miss; accuracy by class."""

    measures: dict[str, Measure]
    realism: Float64
    missed: NDArray[np.int64]
    by_chance: float | None
    by_class: dict[str, float]


def _measure(
    material: _Material, looked: _Looked, classes: Sequence[str], judge: Judge | None, rng: np.random.Generator, watch: _Watch
) -> _Found:
    """All measures, and a reason in the place of those that cannot be had."""
    enough = _enough(material, looked)
    keys = [key for key in GLOSSARY if not key.endswith("_inception") and (judge or not key.endswith("_learned"))]
    measures = {key: not_measured(key, enough) for key in keys}
    realism, missed, chance = np.zeros(0), np.zeros(0, np.int64), None
    if not enough:
        found, realism, missed, chance = _compare(looked, rng, watch)
        measures |= found
    measures["accuracy"], by_class = _accuracy(looked, classes, judge)
    return _Found(measures, realism, material.kept[missed], chance, by_class)


def _by_inception(material: _Material, network: Inception, rng: np.random.Generator, watch: _Watch) -> dict[str, Measure]:
    """The distances that papers give: of all generated pictures from those learned from."""
    groups = [material.training[material.reference[:MOST]], material.held_out, material.generated]
    total, first, features = sum(map(len, groups)), 0, []
    watch.stage(1.0, "Asking Inception")
    for group in groups:
        features.append(network.features(group.pictures, watch.batches(first, total)))
        first += len(group)
    learned, kept, drawn = features
    return compared(learned, kept, drawn, rng)


def _report(
    run: str, seed: int, material: _Material, found: _Found, copies: Copies, nearest: list[Nearest], course: Course | None
) -> Report:
    """What was found, what is to be thought of it, and what to do next."""
    learned, aside = len(material.training), material.aside
    return Report(
        run=run, generated=len(material.generated), held_out=aside, training=learned, seed=seed, measures=found.measures,
        verdict=judged(found.measures, copies, found.by_class), copies=copies, nearest=nearest,
        realism=found.realism.tolist(), class_accuracy=found.by_class, missed=found.missed.tolist(),
        missed_by_chance=found.by_chance,
        advice=advise(Case(found.measures, copies, found.by_class, learned, aside, course)),
        gap=course.gap if course else None,
    )  # fmt: skip


def _enough(material: _Material, looked: _Looked) -> str:
    """Empty, or why the sets cannot be compared."""
    for what, count in (("kept aside", len(material.held_out)), ("generated", len(material.compared))):
        if count < FEWEST:
            return f"Only {count} pictures were {what}; {FEWEST} are needed."
    if len(material.reference) < 2 * FEWEST:
        return f"There are only {len(material.reference)} training pictures; {2 * FEWEST} are needed."
    alike = min(space.training.shape[1] for space in looked.spaces) == 0
    return "The training pictures are all alike." if alike else ""


def _compare(
    looked: _Looked, rng: np.random.Generator, watch: _Watch
) -> tuple[dict[str, Measure], Float64, NDArray[np.int64], float]:
    """All measures of sets, the realism of every generated picture, the held-out ones missed, and how many chance misses."""
    training = len(looked.spaces[0][0])
    order = rng.permutation(training)
    stand_in = order[: min(len(looked.compared), training * 2 // 3)]
    reference = order[len(stand_in) :]
    compared = looked.compared[: len(stand_in)]
    everything = [sets.Space(t[reference], t[stand_in], h, g, n[: len(stand_in)]) for t, h, g, n in looked.spaces]
    everywhere = sets.AtHome.among(sets.joined(everything))
    spaces = [replace(each, generated=each.generated[compared], ordinary=everywhere.ordinary) for each in everything]
    joint, home = sets.joined(spaces), replace(everywhere, generated=everywhere.generated[looked.compared])
    watch.stage(0.6, "Measuring distances")
    found: dict[str, Measure] = {}
    for number, (suffix, space) in enumerate(zip(("", "_learned"), spaces, strict=False)):
        found["kid" + suffix] = sets.kernel_distance("kid" + suffix, space, rng)
        watch.at(number / 2 + 0.25)
        found["frechet" + suffix] = _frechet("frechet" + suffix, space, rng)
        watch.at(number / 2 + 0.5)
    watch.stage(0.75, "Comparing neighbours")
    found |= sets.neighbours(joint, rng)
    watch.at(0.5)
    found["diversity"] = sets.diversity(joint, rng)
    found["naturalness"] = sets.naturalness(home, rng)
    return found, home.realism(everywhere.generated), *sets.missed(sets.joined(everything))


def _frechet(key: str, space: sets.Space, rng: np.random.Generator) -> Measure:
    count = min(len(space.held_out), len(space.generated))
    if count < FEWEST_FRECHET:
        return not_measured(key, f"{FEWEST_FRECHET} pictures of each side are needed; there are {count}.")
    return sets.frechet_distance(key, space, rng)


def _accuracy(looked: _Looked, classes: Sequence[str], judge: Judge | None) -> tuple[Measure, dict[str, float]]:
    """Share of the generated pictures that the judge takes for what was asked, all and by class."""
    told, true = looked.generated_labels >= 0, looked.held_out_labels >= 0
    reason = ""
    if len(classes) < 2:
        reason = "The pictures have no classes."
    elif looked.generated_seen is None or looked.held_out_seen is None:
        reason = "There is no judge." if judge is None else "The judge does not tell classes apart."
    elif not told.any() or true.sum() < FEWEST:
        reason = "Too few pictures with a class were kept aside or generated."
    if reason or looked.generated_seen is None or looked.held_out_seen is None:
        return not_measured("accuracy", reason), {}
    asked, seen = looked.generated_labels[told], looked.generated_seen[told]
    real = proportion(int((looked.held_out_seen == looked.held_out_labels)[true].sum()), int(true.sum()))
    guess = np.bincount(looked.held_out_labels[true]).max() / true.sum()
    if real.low <= guess:
        return not_measured("accuracy", "The judge cannot tell the classes of real pictures apart either."), {}
    by_class = {name: float((seen == i)[asked == i].mean()) for i, name in enumerate(classes) if (asked == i).any()}
    known = Known(real.value, *_by_chance(asked, looked.noise_seen, len(classes)))
    return measured("accuracy", proportion(int((seen == asked).sum()), len(asked)), known), by_class


def _by_chance(asked: Labels, noise_seen: Labels | None, classes: int) -> tuple[float | None, float]:
    """Accuracy of noise, and the most that one picture reaches that answers whatever is asked."""
    wanted = np.bincount(asked, minlength=classes) / len(asked)
    answered = None if noise_seen is None else np.bincount(noise_seen, minlength=classes) / len(noise_seen)
    return None if answered is None else float(wanted @ answered), float(wanted.max())


def _copies(material: _Material, looked: _Looked, keys: Sequence[str], watch: _Watch) -> tuple[Copies, list[Nearest]]:
    """Which generated pictures look copied, and what each resembles most."""
    if len(material.training) < 3:
        return Copies(count=0, of=0, baseline=0, threshold=0, not_measured="There are too few training pictures."), []
    real = small(material.training.pictures, lambda done, total: watch.at(0.1 * done / total))
    kept, drawn = (_close(group, real, watch, start) for group, start in ((material.held_out, 0.1), (material.generated, 0.4)))
    bar = threshold(kept.ratio)
    flags, real_flags = drawn.ratio < bar, kept.ratio < bar
    pairs = [
        Nearest(generated=int(i), training=int(drawn.index[i]), distance=float(drawn.ratio[i]), key=keys[drawn.index[i]],
                copied=bool(flags[i]))
        for i in np.argsort(drawn.ratio, kind="stable")
    ]  # fmt: skip
    space = looked.spaces[-1]
    copies = Copies(
        count=int(flags.sum()), of=len(flags), baseline=float(real_flags.mean()) * len(flags), threshold=bar,
        tolerated=tolerated(int(real_flags.sum()), len(real_flags), len(flags)),
        copying_score=copying_score(drawn.ratio, kept.ratio),
        authenticity=authenticity(space.generated, space.training),
        authenticity_real=authenticity(space.held_out, space.training),
    )  # fmt: skip
    return copies, pairs


def _close(group: _Group, training: Float32, watch: _Watch, start: float) -> Closeness:
    """Part by part, so that it can be told and stopped; training pictures beyond the reference count too."""
    parts, total = [], len(group)
    for first in range(0, total, _CLOSE):
        parts.append(closeness(small(group.pictures[first : first + _CLOSE]), training))
        watch.at(start + (0.3 if start < 0.4 else 0.6) * min(1.0, (first + _CLOSE) / total))
    return Closeness(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("ratio", "index")))
