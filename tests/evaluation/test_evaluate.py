"""The whole evaluation on real pictures (handwritten digits): do the figures move the right way?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from desktop_app.evaluation import Judge, Report, evaluate, plan_labels, read_report, sets
from desktop_app.project.errors import Cancelled, GensmithError
from tests.evaluation.drawn import blurred, digits, linear_judge, noisy, shapes

KINDS = [f"digit {n}" for n in range(10)]
_PICTURES, _LABELS = digits()
TRAINING, HELD_OUT, OTHERS = np.split(_PICTURES[:1220], [700, 820])
TRAINING_LABELS, HELD_OUT_LABELS, OTHER_LABELS = np.split(_LABELS[:1220], [700, 820])
"""OTHERS are real pictures that nothing has seen: what a perfect model would draw."""


@pytest.fixture(autouse=True, scope="module")
def _fewer_replicates() -> Iterator[None]:
    """The intervals have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets, "REPLICATES", 25)
        patch.setattr(sets, "_PRDC_REPLICATES", 25)
        patch.setattr(sets, "_DIVERSITY_DRAWS", 6)
        yield


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(linear_judge(TRAINING, TRAINING_LABELS, 10))


def judged(generated=OTHERS, labels=OTHER_LABELS, judge: Judge | None = None, **changes: Any) -> Report:
    arguments = {
        "training": TRAINING, "training_labels": TRAINING_LABELS, "held_out": HELD_OUT, "held_out_labels": HELD_OUT_LABELS,
        "generated": generated, "generated_labels": labels, "classes": KINDS, "run": "run",
        "keys": [f"item {n}" for n in range(len(changes.get("training", TRAINING)))], "judge": judge,
    }  # fmt: skip
    return evaluate(**(arguments | changes))


def values(report: Report) -> dict[str, float | None]:
    return {key: measure.value for key, measure in report.measures.items()}


@pytest.fixture(scope="module")
def perfect(judge: Judge) -> Report:
    return judged(judge=judge)


def test_real_pictures_are_as_good_as_real_pictures(perfect: Report) -> None:
    found = values(perfect)
    assert set(found) == {
        "accuracy", "precision", "recall", "density", "coverage", "diversity", "naturalness", "kid", "frechet", "kid_learned",
        "frechet_learned",
    }  # fmt: skip
    for key, measure in perfect.measures.items():
        assert measure.value is not None, key
        assert measure.low <= measure.value <= measure.high, key
        assert measure.not_measured == ""
        if measure.better == "higher":
            assert measure.value > 0.9 * measure.floor, key
    for key in ("kid", "kid_learned"):
        assert perfect.measures[key].low < 0.03, key
    for key in ("frechet", "frechet_learned"):
        assert found[key] < 1.3 * perfect.measures[key].floor, key
    assert perfect.verdict.state == "good"
    assert "Good enough to use" in perfect.verdict.sentence
    assert perfect.advice == []


DEGRADED = {
    "blurred": lambda: (blurred(OTHERS), OTHER_LABELS),
    "noisy": lambda: (noisy(OTHERS, 40), OTHER_LABELS),
    "noise": lambda: (np.random.default_rng(0).integers(0, 256, OTHERS.shape, dtype=np.uint8), OTHER_LABELS),
}


@pytest.mark.parametrize("kind", DEGRADED)
def test_worse_pictures_measure_worse(perfect: Report, judge: Judge, kind: str) -> None:
    worse = judged(*DEGRADED[kind](), judge=judge)
    before, after = values(perfect), values(worse)
    for key in ("kid", "frechet", "frechet_learned"):
        assert worse.measures[key].low > perfect.measures[key].value, key
    for key in ("naturalness", "recall"):  # precision says little here: blurred pictures lie in the midst of all others
        assert after[key] < 0.93 * before[key], key
    assert worse.verdict.state != "good"
    assert worse.advice
    assert worse.copies.count <= perfect.copies.count + 3


SHARES = ("accuracy", "precision", "recall", "density", "coverage", "diversity", "naturalness")


def test_the_low_ends_are_what_such_sets_measure(perfect: Report, judge: Judge) -> None:
    """Noise and one picture repeated, judged as if a model had drawn them, reach what their marks say."""
    noise = values(judged(*DEGRADED["noise"](), judge=judge))
    for key in SHARES:
        assert noise[key] == pytest.approx(perfect.measures[key].noise, abs=0.05), key
    assert perfect.measures["accuracy"].noise < 0.2 and perfect.measures["precision"].noise == 0
    homely = int(np.argmax(perfect.realism))
    repeated = values(judged(OTHERS[[homely] * 400], OTHER_LABELS, judge=judge))
    for key in ("precision", "recall", "diversity", "naturalness"):
        assert repeated[key] == pytest.approx(perfect.measures[key].repeated, abs=0.05), key
    assert repeated["accuracy"] <= perfect.measures["accuracy"].repeated < 0.2
    assert perfect.measures["precision"].repeated == 1 and perfect.measures["diversity"].repeated < 0.05


def test_distances_have_no_low_end(perfect: Report) -> None:
    for key in perfect.measures.keys() - set(SHARES):
        assert perfect.measures[key].noise is None and perfect.measures[key].repeated is None, key


def test_more_blur_measures_worse_than_less(perfect: Report) -> None:
    series = [perfect, *(judged(blurred(OTHERS, times)) for times in (1, 2))]
    for key in ("kid", "frechet"):
        assert [values(report)[key] for report in series] == sorted(values(report)[key] for report in series)
    natural = [values(report)["naturalness"] for report in series]
    assert natural == sorted(natural, reverse=True)


def test_a_collapsed_model_lacks_variety_and_not_precision(perfect: Report, judge: Judge) -> None:
    few = np.arange(400) % 12
    report = judged(OTHERS[few], OTHER_LABELS[few], judge)
    before, after = values(perfect), values(report)
    assert after["precision"] > 0.8 * before["precision"]
    for key in ("recall", "diversity"):
        assert report.measures[key].high < perfect.measures[key].value, key
    assert after["diversity"] < 0.6
    assert "variety" in report.verdict.sentence
    assert report.verdict.state == "bad"


def test_missing_classes_are_a_lack_of_variety(perfect: Report, judge: Judge) -> None:
    chosen = OTHER_LABELS < 5
    report = judged(OTHERS[chosen], OTHER_LABELS[chosen], judge)
    assert report.measures["recall"].high < perfect.measures["recall"].value
    assert report.measures["kid_learned"].low > perfect.measures["kid_learned"].value
    assert report.measures["coverage"].value < 0.9 * perfect.measures["coverage"].value
    assert len(report.missed) > len(perfect.missed) + 20
    assert (HELD_OUT_LABELS[report.missed[:20]] >= 5).mean() > 0.9, "what it never draws comes first"


def test_copies_are_counted_and_shown(perfect: Report, judge: Judge) -> None:
    assert perfect.copies.count <= max(4, 2.5 * perfect.copies.baseline + 3)
    mixed = np.concatenate([TRAINING[100:180], OTHERS[:320]])
    report = judged(mixed, np.concatenate([TRAINING_LABELS[100:180], OTHER_LABELS[:320]]), judge)
    assert 80 <= report.copies.count <= 80 + perfect.copies.count
    assert report.copies.of == 400
    first = report.nearest[:80]
    assert {(pair.generated, pair.training) for pair in first} == {(n, 100 + n) for n in range(80)}
    assert all(pair.copied and pair.distance < 1e-6 and pair.key == f"item {pair.training}" for pair in first)
    assert [pair.distance for pair in report.nearest] == sorted(pair.distance for pair in report.nearest)
    assert len({pair.generated for pair in report.nearest}) == 400
    assert "cop" in report.verdict.sentence
    assert report.verdict.state in ("care", "bad")
    assert "look copied" in report.advice[0].title


def test_a_copying_model_scores_perfectly_and_is_still_not_recommended(judge: Judge) -> None:
    report = judged(TRAINING[:400], TRAINING_LABELS[:400], judge)
    assert values(report)["naturalness"] == 1
    assert report.copies.count == 400
    assert report.verdict.state == "bad"


def test_accuracy_follows_the_labels(perfect: Report, judge: Judge) -> None:
    wrong = judged(OTHERS, np.where(OTHER_LABELS == 2, 3, OTHER_LABELS), judge)
    assert values(perfect)["accuracy"] > 0.85
    assert values(wrong)["accuracy"] == pytest.approx(values(perfect)["accuracy"] - np.mean(OTHER_LABELS == 2), abs=0.03)
    assert wrong.class_accuracy["digit 0"] > 0.8
    assert wrong.class_accuracy["digit 3"] < 0.7
    assert wrong.measures["accuracy"].floor == perfect.measures["accuracy"].floor
    assert set(perfect.class_accuracy) == set(KINDS)
    assert perfect.measures["accuracy"].high - perfect.measures["accuracy"].low < 0.1


def test_realism_puts_the_worst_last(perfect: Report) -> None:
    mixed = np.concatenate([OTHERS[:200], noisy(OTHERS[200:], 60)])
    realism = np.array(judged(mixed).realism)
    assert realism.shape == (400,)
    assert ((realism >= 0) & (realism <= 1)).all()
    assert realism[:200].mean() > realism[200:].mean() + 0.25
    assert np.mean(perfect.realism) == pytest.approx(0.5, abs=0.1)


# ---------------------------------------------------------------- honesty


def test_nothing_is_made_up_without_a_judge_or_classes() -> None:
    report = judged()
    assert "kid_learned" not in report.measures
    assert report.measures["accuracy"].value is None
    assert report.measures["accuracy"].not_measured == "There is no judge."
    alone = judged(labels=np.full(400, -1), classes=[])
    assert alone.measures["accuracy"].not_measured == "The pictures have no classes."
    assert alone.verdict.state == "good"


def test_a_judge_that_guesses_measures_no_accuracy() -> None:
    rng = np.random.default_rng(0)
    guessing = Judge(linear_judge(TRAINING, rng.integers(0, 10, 700), 10))
    measure = judged(judge=guessing).measures["accuracy"]
    assert measure.value is None
    assert "cannot tell" in measure.not_measured


def test_too_few_held_out_pictures_are_said() -> None:
    few = judged(held_out=HELD_OUT[:12], held_out_labels=HELD_OUT_LABELS[:12])
    assert {measure.value for key, measure in few.measures.items()} == {None}
    assert few.measures["recall"].not_measured == "Only 12 pictures were kept aside; 20 are needed."
    assert few.verdict.state == "care"
    assert few.verdict.sentence == "Not judged: only 12 pictures were kept aside; 20 are needed."
    assert few.advice[-1].title == "Keep more pictures aside"
    assert "12 pictures" in few.advice[-1].reason
    assert len(few.nearest) == 400
    more = judged(held_out=HELD_OUT[:30], held_out_labels=HELD_OUT_LABELS[:30])
    assert more.measures["kid"].value is not None
    assert more.measures["frechet"].value is None
    assert "50 pictures" in more.measures["frechet"].not_measured


@pytest.mark.parametrize("count", [1, 2, 5, 39, 41])
def test_tiny_training_sets_do_not_break_it(count: int) -> None:
    report = judged(training=TRAINING[:count], training_labels=TRAINING_LABELS[:count])
    assert report.training == count
    assert report.copies.not_measured or report.copies.of == 400


def test_one_generated_picture() -> None:
    report = judged(OTHERS[:1], OTHER_LABELS[:1])
    assert report.measures["kid"].value is None
    assert len(report.nearest) == 1


def test_all_the_same_pictures_everywhere() -> None:
    blank = np.full_like(OTHERS, 255)
    report = judged(
        blank, training=blank.repeat(2, axis=0)[:700], held_out=blank[:120], training_labels=TRAINING_LABELS
    )  # fmt: skip
    assert report.copies.count == 400
    assert report.copies.baseline == 400
    assert report.verdict.state in ("care", "bad", "good")


def test_classes_in_other_proportions_are_compared_in_the_same(judge: Judge) -> None:
    """Mostly zeros and ones, although the model was asked for all digits equally."""
    rare = np.flatnonzero((TRAINING_LABELS < 2) | (np.arange(700) % 10 == 0))
    kept = np.flatnonzero((_LABELS < 2) | (np.arange(1797) % 10 == 0))[-100:]
    same = {"training": TRAINING[rare], "training_labels": TRAINING_LABELS[rare], "held_out": _PICTURES[kept],
            "held_out_labels": _LABELS[kept]}  # fmt: skip
    matched, unmatched = (judged(labels=labels, judge=judge, **same) for labels in (OTHER_LABELS, np.full(400, -1)))
    assert values(matched)["kid_learned"] < 0.1
    assert unmatched.measures["kid_learned"].low > values(matched)["kid_learned"]
    assert values(unmatched)["kid_learned"] > values(matched)["kid_learned"] + 0.15


def test_labels_to_draw_follow_the_training_set() -> None:
    labels = plan_labels(1000, np.repeat([0, 1, 2], [70, 25, 5]), 3)
    assert np.bincount(labels).tolist() == [700, 250, 50]
    assert np.bincount(labels[:200]).min() > 0
    assert plan_labels(4, np.full(9, -1), 0).tolist() == [-1] * 4
    assert len(plan_labels(7, np.array([0, 2, -1]), 3)) == 7


def test_pictures_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(GensmithError, match="one size"):
        judged(shapes(40, 0, side=12)[0], OTHER_LABELS[:40])
    with pytest.raises(GensmithError, match="labels"):
        judged(labels=OTHER_LABELS[:3])
    with pytest.raises(GensmithError, match="no pictures"):
        judged(OTHERS[:0], OTHER_LABELS[:0])


# ---------------------------------------------------------------- use


def test_the_same_seed_gives_the_same_report(judge: Judge) -> None:
    assert judged(judge=judge, seed=4) == judged(judge=judge, seed=4)


def test_report_comes_back_and_feeds_the_card(perfect: Report, tmp_path) -> None:
    perfect.save(tmp_path / "report.json")
    assert read_report(tmp_path / "report.json") == perfect
    metrics = perfect.metrics()
    assert metrics["kid"].better == "lower"
    assert metrics["recall"].floor == perfect.measures["recall"].floor
    earlier = json.loads((tmp_path / "report.json").read_text())
    for measure in earlier["measures"].values():
        del measure["noise"], measure["repeated"]
    (tmp_path / "report.json").write_text(json.dumps(earlier))
    assert read_report(tmp_path / "report.json").measures["recall"].noise is None, "reports from before there were low ends"
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(GensmithError, match="damaged"):
        read_report(tmp_path / "report.json")
    with pytest.raises(ValidationError):
        Report.model_validate({"version": 2})


def test_progress_rises_to_one_and_says_what_is_done(judge: Judge) -> None:
    seen: list[tuple[float, str]] = []
    judged(judge=judge, progress=lambda share, message: seen.append((share, message)))
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(message for _, message in seen)
    assert len(seen) > 15


def test_it_can_be_cancelled_at_any_point(judge: Judge) -> None:
    calls = []
    judged(judge=judge, cancelled=lambda: calls.append(1) and False)
    for moment in range(0, len(calls), 1 + len(calls) // 5):
        asked = []
        with pytest.raises(Cancelled):
            judged(judge=judge, cancelled=lambda asked=asked, moment=moment: asked.append(1) or len(asked) > moment)


def test_a_thousand_pictures_of_32_pixels_take_less_than_a_minute() -> None:
    training, labels = shapes(1500, 0, side=32, channels=3)
    held_out, held_labels = shapes(180, 1, side=32, channels=3)
    generated, asked = shapes(1000, 2, side=32, channels=3)
    judge = Judge(linear_judge(training, labels, 4))
    start = time.perf_counter()
    report = judged(
        generated, asked, judge, training=training, training_labels=labels, held_out=held_out, held_out_labels=held_labels
    )
    assert time.perf_counter() - start < 60
    assert report.generated == 1000
