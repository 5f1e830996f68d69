"""The clock of the benchmark that times an evaluation, and what its table says."""

from __future__ import annotations

from tests.benchmarks import results, run
from tests.benchmarks.evaluation_time import Clock, Judged, found


def clock(**parts: float) -> Clock:
    made = Clock()
    made.parts, made.silence = dict(parts), 0.5
    return made


def test_time_falls_to_what_was_being_done() -> None:
    made = Clock()
    made(0.0, "one")
    made(0.5, "two")
    made(1.0, "two")
    assert set(made.parts) == {"begin and end", "one", "two"} and made.shares == [0.0, 0.5, 1.0]
    assert made.seconds >= made.silence > 0


def test_what_is_promised_is_held_against_what_was_measured() -> None:
    quick, slow = clock(drawing=20.0, judge=10.0), clock(drawing=70.0)
    told = found([Judged("gan", quick, slow, 1000, 0.1)], "medium", 2, 1.0)
    assert [claim.holds for claim in told.claims] == [True, True, True, True]
    assert "| drawing | 20.0 s | 70.0 s |" in told.body and "| all | 30.0 s | 70.0 s |" in told.body
    late = found([Judged("gan", slow, quick, 400, 3.0)], "medium", 2, 1.0)
    assert [claim.holds for claim in late.claims] == [False, False, True, False]


def test_it_is_one_of_the_benchmarks() -> None:
    assert run.PROGRAMS["evaluation-time"] == "evaluation_time" and "evaluation-time" in results.ORDER
