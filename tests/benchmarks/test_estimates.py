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
