"""What is said in words follows from the figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.evaluation.glossary import GLOSSARY, Known, measured, not_measured
from desktop_app.evaluation.intervals import Estimate
from desktop_app.evaluation.report import Copies, Measure
from desktop_app.evaluation.verdict import judged


def measures(**values: float | None) -> dict[str, Measure]:
    """Figures beside a floor of 0.9; what is not named is not measured."""
    given = {key: values.get(key) for key in GLOSSARY}
    return {
        key: not_measured(key, "why") if value is None else measured(key, Estimate(value, value, value), Known(0.9))
        for key, value in given.items()
    }


GOOD = {"precision": 0.9, "recall": 0.85, "coverage": 0.9, "diversity": 0.9, "naturalness": 0.9, "accuracy": 0.88}
NONE = Copies(count=2, of=400, baseline=2.0, threshold=0.4, tolerated=7)


def state(copies: Copies = NONE, by_class: dict[str, float] | None = None, **changes: float | None) -> str:
    return judged(measures(**(GOOD | changes)), copies, by_class or {}).state


def test_good_figures_are_good() -> None:
    verdict = judged(measures(**GOOD), NONE, {"a": 0.9})
    assert verdict.state == "good"
    assert verdict.sentence == (
        "Good enough to use. It draws pictures that could be yours, shows their whole variety, draws the kind that you ask "
        "for and rarely copies."
    )


@pytest.mark.parametrize("key", ["precision", "naturalness", "recall", "coverage", "diversity", "accuracy"])
def test_each_figure_counts(key: str) -> None:
    assert state(**{key: 0.6}) == "care"
    assert state(**{key: 0.2}) == "bad"


def test_copies_count_only_beyond_what_real_pictures_show() -> None:
    def copies(count: int, baseline: float) -> str:
        return state(Copies(count=count, of=400, baseline=baseline, threshold=0.4, tolerated=baseline + 5))

    assert [copies(count, 2.0) for count in (0, 6, 20, 200)] == ["good", "good", "care", "bad"]
    assert copies(60, 55.0) == "good"
    assert state(Copies(count=0, of=0, baseline=0, threshold=0, not_measured="few")) == "good"


def test_a_weak_class_is_part_of_the_verdict() -> None:
    verdict = judged(measures(**GOOD), NONE, {"ghost": 0.2, "cat": 0.95, "dog": 0.5})
    assert verdict.state == "care"
    assert "sometimes draws another kind" in verdict.sentence


def test_what_is_well_is_said_first() -> None:
    sentence = judged(measures(**(GOOD | {"recall": 0.2})), NONE, {}).sentence
    assert sentence.startswith("Not good enough yet. It draws pictures that could be yours")
    assert sentence.endswith("but draws only a small part of their variety.")


def test_plain_faults_are_said_even_where_nothing_can_be_judged() -> None:
    all_copied = Copies(count=64, of=64, baseline=12.8, threshold=0.4, tolerated=45)
    verdict = judged(measures(), all_copied, {})
    assert verdict.sentence == "Not judged: why. It often copies single pictures."
    assert verdict.state == "bad"


SHARE = st.one_of(st.none(), st.floats(0, 1.2))


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), SHARE), st.integers(0, 400), st.floats(0, 400))
def test_every_combination_gives_a_sentence(values, count, baseline) -> None:
    copies = Copies(count=count, of=400, baseline=baseline, threshold=0.4, tolerated=baseline)
    verdict = judged(measures(**values), copies, {})
    assert verdict.sentence.endswith(".")
    assert verdict.sentence.count("  ") == 0
    for word in ("None", "nan", "inf"):
        assert word not in verdict.sentence
