"""The benchmarks' own arithmetic, in seconds; nothing here measures Gensmith."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks import gpu, measuring, memory, quality, results, run, window, window_parts
from tests.benchmarks.results import Claim, Result, number


def a_result(name: str = "engine", **values: Any) -> Result:
    claims = [Claim("the loop", 1.02, 1.03), Claim("coverage", 0.8, 0.1, "higher"), Claim("a figure", 2.5)]
    usual: dict[str, Any] = {"title": "A title", "settings": "So.", "claims": claims, "body": "Body\n", "took": 90.0}
    return Result(name, **usual | values)


# ---------------------------------------------------------------- promises


@pytest.mark.parametrize(
    ("measured", "bar", "better", "inclusive", "holds"),
    [
        (1.02, 1.03, "lower", False, True),
        (1.03, 1.03, "lower", False, False),
        (1.0, 1.0, "lower", True, True),
        (1.04, 1.03, "lower", False, False),
        (0.8, 0.1, "higher", False, True),
        (0.1, 0.8, "higher", False, False),
        (math.nan, 1.0, "lower", False, None),
        (1.0, None, "lower", False, None),
        (0.5, math.nan, "higher", False, None),
    ],
)
def test_a_promise_is_kept_on_its_side_of_the_bar(
    measured: float, bar: float | None, better: str, inclusive: bool, holds: bool | None
) -> None:
    assert Claim("x", measured, bar, better, inclusive=inclusive).holds is holds


def test_a_broken_promise_is_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert results.conclude(a_result(), tmp_path, quick=True) == 0
    broken = a_result(claims=[Claim("the loop", 1.2, 1.03)])
    assert results.conclude(broken, tmp_path, quick=True) == 1
    assert "**no**" in capsys.readouterr().out


def test_the_report_is_rendered_from_what_was_kept(tmp_path: Path) -> None:
    results.keep(a_result("window", title="The window"), tmp_path)
    results.keep(a_result("engine", title="The engine"), tmp_path)
    text = results.render(results.load(tmp_path))
    assert text.index("the loop") < text.index("## The engine") < text.index("## The window")
    assert "| the loop | 1.02 | < 1.03 | yes |" in text
    assert "| coverage | 0.800 | > 0.100 | yes |" in text
    assert "| a figure | 2.50 |  |  |" in text


def test_a_part_measured_again_replaces_itself(tmp_path: Path) -> None:
    for value in (1.5, 1.01):
        results.keep(a_result(claims=[Claim("the loop", value, 1.03)]), tmp_path)
    assert [claim.measured for claim in results.load(tmp_path)[0].claims] == [1.01]


def test_what_could_not_be_measured_survives_the_file(tmp_path: Path) -> None:
    path = results.keep(a_result(claims=[Claim("x", math.nan, 1.0)]), tmp_path)
    assert "NaN" in path.read_text() and json.loads(path.read_text())
    assert "not measured" in results.render(results.load(tmp_path))


def test_the_machine_is_told_in_words_without_paths() -> None:
    words = results.machine() + results.versions()
    assert "Python" in words and os.sep + "home" not in words and str(Path.cwd()) not in words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (1.0234, "1.02"),
        (123.4, "123"),
        (12345.6, "12,346"),
        (0.01234, "0.0123"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_three_digits(value: float, text: str) -> None:
    assert number(value) == text


# ---------------------------------------------------------------- measuring


def test_two_things_are_measured_in_turn_and_neither_always_first() -> None:
    order: list[str] = []

    def told(name: str) -> float:
        order.append(name)
        return float(len(order))

    a, b = measuring.alternate(lambda: told("a"), lambda: told("b"), 3)
    assert order == ["a", "b", "b", "a", "a", "b"] and a == [1, 4, 5] and b == [2, 3, 6]


def test_the_ratio_of_medians_shrugs_off_one_bad_start() -> None:
    assert measuring.ratio([1.0, 1.1, 9.0], [2.2, 2.2, 2.2]) == pytest.approx(0.5)
    low, high = measuring.interval([1.0, 1.1, 1.2], [2.0, 2.2, 2.4])
    assert low <= 0.5 <= high


def test_lateness_is_what_goes_beyond_the_tick() -> None:
    assert window_parts.lateness([0.0, 0.005, 0.045, 0.049]) == pytest.approx([0.0, 35.0, 0.0])
    assert window.late([0.0, 1.0, 2.0, 40.0]) == "75.00 %"
    assert window.delay_cells([0.0, 20.0, 50.0])[-3:] == ["50 ms", "66.67 %", "58.82 %"]
    assert window.stalled([0.0, 20.0, 50.0]) == pytest.approx(50 / 85)


def test_peak_memory_sees_what_a_process_takes() -> None:
    memory = measuring.PeakMemory(os.getpid())
    block = np.ones(80 * 2**20, np.uint8)
    time.sleep(1.2)
    assert memory.end() > block.nbytes


def test_measured_processes_tell_in_one_line_and_failures_are_not_silent() -> None:
    env = dict(os.environ)
    assert window.measured(measuring.python("-c", "print('noise'); print('MEASURED {\"a\": 1}')", env=env)) == {"a": 1}
    with pytest.raises(RuntimeError, match="went wrong"):
        measuring.python("-c", "raise SystemExit('it went wrong')", env=env)


def test_every_program_says_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    for program in (memory, quality, run, window):
        with pytest.raises(SystemExit) as ended:
            program.main(["--help"])
        assert ended.value.code == 0 and "--quick" in capsys.readouterr().out


def test_a_card_s_share_is_that_of_its_own_matrix_rate() -> None:
    one = gpu.Found("x", 64, 32, 1_000_000, gflop=3.0, seconds=0.016)
    assert one.rate == pytest.approx(2000)
    assert one.row(peak=60.0)[-3:] == ["2,000", "6.00", "10.0%"]
