"""The recommendation follows from the figures and says them."""

from __future__ import annotations

import numpy as np

from desktop_app.evaluation.ranking import Moment, best, best_moment, moment, score, sheet_pictures
from desktop_app.evaluation.report import Copies, Measure, Report, Verdict
from desktop_app.runtime.pictures import contact_sheet
from tests.evaluation.drawn import shapes

DIALS = ("accuracy", "precision", "recall", "diversity", "naturalness")


def report(copies: int = 0, **changes: float | None) -> Report:
    values = dict.fromkeys(DIALS, 0.8) | changes
    measures = {
        key: Measure(value=value, low=value, high=value, floor=1.0, better="higher", title=key, help="")
        for key, value in values.items()
    }
    return Report(
        run="run", generated=100, held_out=50, training=200, seed=0, measures=measures, nearest=[], advice=[],
        verdict=Verdict(state="good", sentence="Good."),
        copies=Copies(count=copies, of=100, baseline=1, threshold=0.4, tolerated=5),
    )  # fmt: skip


def test_one_failing_dial_is_not_outweighed_by_the_others() -> None:
    fine, collapsed = report(), report(diversity=0.05, precision=1.0, naturalness=1.0, accuracy=1.0, recall=1.0)
    assert score(fine) > score(collapsed)
    choice = best([collapsed, fine])
    assert choice.place == 1 and "diversity (80 % against 5 %)" in choice.reason


def test_copies_count_against_a_run_that_seems_better() -> None:
    honest, copying = report(), report(copies=60, precision=1.0, naturalness=1.0)
    choice = best([copying, honest])
    assert choice.place == 1 and "60 of 100 there" in choice.reason


def test_what_was_not_judged_is_passed_over() -> None:
    assert best([None, report()]).place == 1
    assert best([None]) is None
    assert score(report(accuracy=None, precision=None, recall=None)) is None
    assert "alike" in best([report(), report(naturalness=0.79)]).reason


def test_the_lowest_state_is_taken_unless_it_copies_or_collapsed() -> None:
    plain = [Moment(10, 0.5, 1.0, 0, 36), Moment(20, 0.3, 1.0, 0, 36), Moment(30, 0.4, 1.0, 0, 36)]
    assert best_moment(plain).place == 1
    copying = [*plain[:1], Moment(20, 0.3, 1.0, 20, 36), plain[2]]
    assert best_moment(copying).place == 2 and "look copied" in best_moment(copying).reason
    narrow = [*plain[:1], Moment(20, 0.3, 0.2, 0, 36), plain[2]]
    assert "too much alike" in best_moment(narrow).reason
    always_the_same = [*plain[:1], Moment(20, 0.3, 0.0, 0, 36), plain[2]]
    assert best_moment(always_the_same).place == 2
    assert best_moment([Moment(10, None)]) is None
    assert best_moment([Moment(10, 0.5)]).place == 0, "without a preview the figure alone counts"


def test_where_every_state_has_a_fault_the_least_bad_is_named_with_the_way_on() -> None:
    faulty = [Moment(10, 0.5, 0.2, 0, 36), Moment(20, 0.3, 1.0, 20, 36), Moment(30, 0.4, 1.0, 18, 36, by_heart=True)]
    choice = best_moment(faulty)
    assert choice.place == 1 and not choice.sound
    for words in ("Every state that is kept has a fault", "too much alike (step 10)", "look copied (steps 20, 30)",
                  "learning by heart (step 30)", "Step 20 is the least bad", "Train anew", "more pictures"):  # fmt: skip
        assert words in choice.reason, words
    assert best_moment([*faulty, Moment(40, 0.6, 1.0, 1, 36)]).sound, "one that has none is taken"
    copying = best_moment([Moment(10, 0.5, 1.0, 30, 36)])
    assert not copying.sound and "draw more differently" not in copying.reason


def test_a_preview_is_cut_and_judged() -> None:
    training, kept, drawn = shapes(200, 0, channels=3)[0], shapes(60, 1, channels=3)[0], shapes(36, 2, channels=3)[0]
    sheet = contact_sheet(drawn, 6, gap=0)
    assert np.array_equal(sheet_pictures(sheet, 36, 6, 3), drawn)
    sound, copied = moment(1, 0.2, drawn, training, kept), moment(1, 0.2, training[:36], training, kept)
    assert sound.copied <= 3 and copied.copied == 36
    assert 0.7 < sound.variety < 1.3
    assert moment(1, 0.2, drawn[:1].repeat(36, axis=0), training, kept).variety < 0.1
