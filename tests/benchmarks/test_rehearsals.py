"""The benchmark of the rehearsals: its arithmetic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.benchmarks import rehearsals
from tests.benchmarks.rehearsals import Case

ONE = Case("gan", "tiny", 16, 40.0, 44.0, 40.0, 950, 1_000, 200, 100)


def test_a_miss_is_a_share_of_what_happened() -> None:
    assert (ONE.time_off, ONE.memory_off, ONE.disk_used) == pytest.approx((0.1, 0.05, 0.5))


def test_the_worst_of_each_counts() -> None:
    found = rehearsals.result([ONE], 60.0, 2, 40.0)
    assert [claim.holds for claim in found.claims] == [True, True, True]
    worse = replace(ONE, seconds=60.0, memory=2_000, disk=201, trials=3)
    found = rehearsals.result([ONE, worse], 60.0, 2, 40.0)
    assert [claim.holds for claim in found.claims] == [False, False, False]
    assert "60 s, median of 3" in found.body
