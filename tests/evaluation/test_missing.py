"""What a model never draws, by kind: planted gaps are found and named, chance is not."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.evaluation import Judge, Report, evaluate
from desktop_app.evaluation.evaluate import MOST
from desktop_app.evaluation.features import RandomFeatures, Standardiser
from desktop_app.evaluation.missing import FEWEST, Kind, Missing, grouped, looked_at, missing
from tests.evaluation.drawn import digits, linear_judge

KINDS = [str(number) for number in range(10)]
THREE = 3


def judged(without: int) -> tuple[Report, np.ndarray, np.ndarray]:
    """An evaluation of drawings that are real digits, but for one; and what was held out, with its kinds."""
    pictures, labels = digits()
    learned, aside, drawn = slice(0, 800), slice(800, 1100), slice(1100, 1700)
    there = labels[drawn] != without
    report = evaluate(
        training=pictures[learned], training_labels=labels[learned], held_out=pictures[aside], held_out_labels=labels[aside],
        generated=pictures[drawn][there], generated_labels=np.full(int(there.sum()), -1), classes=KINDS,
        keys=KINDS * 80, run="r", judge=Judge(linear_judge(pictures[learned], labels[learned], 10)),
    )  # fmt: skip
    return report, pictures[aside], labels[aside]


@pytest.fixture(scope="module")
def without_threes() -> tuple[Report, np.ndarray, np.ndarray]:
    return judged(THREE)


def test_a_kind_that_is_left_out_is_named_and_only_it(without_threes) -> None:
    report, _, labels = without_threes
    found = missing(report, labels, KINDS, None)
    assert found.kinds[0].name == "3" and found.kinds[0].drawn(found.expected)
    assert not any(kind.drawn(found.expected) for kind in found.kinds[1:])
    assert "1 of 10 kinds: 3." in found.sentence()
    assert sum(len(kind.missed) for kind in found.kinds) == len(report.missed)
    assert sum(kind.of for kind in found.kinds) == report.held_out


def test_without_classes_the_group_that_is_left_out_comes_first(without_threes) -> None:
    report, aside, labels = without_threes
    features = RandomFeatures(1, 0)(aside[looked_at(report)])
    found = missing(report, np.full(len(labels), -1), [], Standardiser.fit(features)(features))
    first = found.kinds[0]
    assert not found.named and first.drawn(found.expected)
    assert (labels[list(first.missed)] == THREE).mean() > 0.8, "what is missed most are threes"
    assert sum(kind.of for kind in found.kinds) == len(labels)
    assert "groups of similar pictures" in found.sentence()


def test_a_model_that_draws_everything_misses_no_kind() -> None:
    report, _, labels = judged(-1)
    found = missing(report, labels, KINDS, None)
    assert not any(kind.drawn(found.expected) for kind in found.kinds)
    assert found.sentence() == "It draws all 10 kinds."


def test_of_a_few_pictures_nothing_is_said() -> None:
    few = Kind("rare", tuple(range(FEWEST - 1)), (), FEWEST - 1)
    assert few.share == 1 and few.drawn(0.05) == ""
    assert Kind("common", tuple(range(20)), (), 20).drawn(0.05) == "never"
    assert Kind("common", tuple(range(12)), (), 20).drawn(0.05) == "hardly ever"
    assert Kind("common", tuple(range(12)), (), 20).drawn(0.5) == "", "as many real pictures would miss as many"


def test_the_sentence_names_what_is_never_and_what_is_hardly_drawn() -> None:
    kinds = (Kind("a", tuple(range(20)), (), 20), Kind("b", tuple(range(19)), (), 20), Kind("c", tuple(range(12)), (), 20))
    assert Missing(kinds, 0.05).sentence() == "It never draws 2 of 3 kinds: a and b. It hardly ever draws 1 more: c."
    assert Missing(not_measured="Too few.").sentence() == "Not measured: Too few."


def test_of_very_many_pictures_kept_aside_as_many_are_looked_at_as_were_measured(without_threes) -> None:
    report = without_threes[0].model_copy(update={"held_out": 3 * MOST})
    places = looked_at(report)
    assert len(places) == MOST and set(report.missed) <= set(places.tolist())


def test_groups_hold_what_is_alike_and_are_the_same_every_time() -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([centre + 0.1 * rng.standard_normal((24, 3)) for centre in 4 * np.eye(3)])
    groups, away = grouped(rows)
    assert all(not set(groups[24 * a : 24 * a + 24]) & set(groups[24 * b : 24 * b + 24]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert (away < 1).all() and np.array_equal(grouped(rows)[0], groups)
