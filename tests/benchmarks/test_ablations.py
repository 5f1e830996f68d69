"""The ablations' own arithmetic; the levers themselves are measured by the program."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desktop_app.engine import families
from tests.benchmarks import ablations, memory, results
from tests.benchmarks.levers import lab
from tests.benchmarks.levers.rows import ROWS, Row

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module", autouse=True)
def _rows() -> Iterator[None]:
    ablations.gather()
    yield


def a_row(**values: object) -> Row:
    usual = Row("a", "gan", "diversity", "variety", "0", "1", "higher", 1.3, lambda: (0.5, 0.9))
    return replace(usual, **values)


@pytest.mark.parametrize(
    ("better", "by", "off", "on", "kept"),
    [
        ("lower", 0.9, 1.0, 0.8, True),
        ("lower", 0.9, 1.0, 0.95, False),
        ("higher", 1.3, 1.0, 1.4, True),
        ("higher", 1.3, 1.0, 1.2, False),
        ("same", 0.1, 1.0, 1.05, True),
        ("same", 0.1, 1.0, 0.8, False),
        ("lower", 0.9, math.nan, 5.0, True),
        ("higher", 1.3, math.nan, 0.1, True),
        ("lower", 0.9, 1.0, math.nan, False),
        ("same", 0.1, 1.0, math.nan, False),
    ],
)
def test_a_lever_keeps_what_its_help_says(better: str, by: float, off: float, on: float, kept: bool) -> None:
    assert a_row(better=better, by=by).keeps(off, on) is kept


def test_every_row_names_a_lever_that_there_is_and_says_what_its_help_says() -> None:
    for row in ROWS.values():
        assert row.setting in families.get(row.family).settings.model_fields
        assert row.help and row.help in " ".join(ablations.cells_of(row, 1.0, 1.0))


def test_every_lever_has_a_row() -> None:
    measured = {row.setting for row in ROWS.values()}
    for family in families.FAMILIES.values():
        assert set(family.settings.model_fields) - measured <= UNMEASURED


UNMEASURED = {"latent"}
"""The diffusion model's, which wants 32 pixels and more; its own tests hold it to its word."""


def test_a_row_that_fails_is_not_kept_and_the_others_still_count(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> tuple[float, float]:
        raise ZeroDivisionError

    assert ablations.measure(a_row(measure=broken))[-1] == "**no**"
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert ablations.measure(a_row())[-3:] == ["0: 0.500", "1: 0.900", "yes"]


def test_rows_that_were_not_asked_for_stay_as_they_were(tmp_path: Path) -> None:
    old = {"augment_place": ["a", "b", "c", "d", "e", "**no**"], "gone": ["x"] * 6}
    results.keep(ablations.told(old, 1.0), tmp_path)
    assert ablations.main(["--only", "augment_colour", "--out", str(tmp_path)]) == 1, "the old row is still not kept"
    (found,) = results.load(tmp_path)
    assert list(found.rows) == ["augment_colour", "augment_place"] and found.rows["augment_place"][0] == "a"
    assert found.claims[0].measured == 1 and found.claims[0].bar == 2
    assert "`augment_colour`" in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")


def test_the_program_says_which_rows_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ablations.main(["--help"])
    assert "mode_seeking" in capsys.readouterr().out


def test_the_same_training_gives_the_same_figures() -> None:
    first, second = (lab.train("vae", lab.few(), 2, looks=2) for _ in range(2))
    assert first.held_out == second.held_out and len(first.held_out) == 2
    assert first.series("loss").tolist() == second.series("loss").tolist()


def test_spoilt_pictures_are_only_among_those_to_learn_from() -> None:
    clean, spoilt = lab.many(), lab.spoilt()
    assert np.array_equal(clean.items[clean.held_out], spoilt.items[spoilt.held_out])
    changed = (clean.items != spoilt.items).any(axis=(1, 2, 3))
    assert 0.15 < changed.mean() < 0.25


def test_the_memory_of_a_child_is_what_the_system_saw() -> None:
    # What a process had before it became another program counts too, so that there is no upper bound here.
    child = subprocess.Popen([sys.executable, "-c", "x = bytearray(90 * 2**20); raise SystemExit(3)"])
    code, peak = memory._wait(child.pid)
    child.returncode = code
    assert code == 3 and peak > 90 * 2**20
