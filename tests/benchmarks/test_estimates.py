"""The benchmark of the estimates: its arithmetic, and one real case."""

from __future__ import annotations

import pytest

from tests.benchmarks import estimates
from tests.benchmarks.estimates import Case


def test_a_miss_is_a_share_of_what_happened() -> None:
    one = Case("gan", "tiny", 32, promised_seconds=66.0, seconds=60.0, promised_memory=900, memory=1_000)
    assert (one.time_off, one.memory_off) == pytest.approx((0.1, 0.1))
    options = estimates.parser().parse_args([])
    found = estimates.result([one], options, took=60.0, processors=2)
    assert [claim.holds for claim in found.claims] == [True, True]
    late = Case("gan", "tiny", 32, promised_seconds=60.0, seconds=90.0, promised_memory=500, memory=1_000)
    assert [claim.holds for claim in estimates.result([one, late], options, 60.0, 2).claims] == [False, False]
    assert "| gan | tiny | 32 |" in found.body


def test_what_was_not_timed_promises_nothing_of_time() -> None:
    one = Case("vae", "large", 16, promised_seconds=0.0, seconds=0.0, promised_memory=1_000, memory=1_000)
    found = estimates.result([one], estimates.parser().parse_args(["--part", "memory"]), 1.0, 1)
    assert len(found.claims) == 1


def test_a_time_that_missed_is_measured_again_and_the_median_counts() -> None:
    late = Case("gan", "tiny", 32, promised_seconds=40.0, seconds=68.0, promised_memory=900, memory=1_000)
    times = iter([42.0, 41.0])
    one = estimates.again(late, lambda: next(times))
    assert (one.seconds, one.trials) == (42.0, 3) and one.memory == late.memory
    found = estimates.result([one], estimates.parser().parse_args([]), 60.0, 2)
    assert "42 s, median of 3" in found.body and "run twice more" in found.settings
