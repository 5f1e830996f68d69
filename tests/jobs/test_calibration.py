"""A short measurement on this machine, kept and used by the estimates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.footprint import BARE
from desktop_app.jobs import calibration, catalog, machine
from desktop_app.jobs.calibrator import Calibrator
from desktop_app.jobs.tasks import end_all
from desktop_app.project.errors import Cancelled
from desktop_app.project.store import home

SHAPE = Shape(8, 1, 0, 500)


@pytest.mark.torch
def test_the_engine_measures_real_steps_and_the_findings_are_kept(gensmith_home: Path) -> None:
    here = machine.describe()
    told = list[float]()
    speed = calibration.measure(here, SHAPE, seconds=1.0, elapsed=told.append)
    assert told and told == sorted(told), "who waits sees that it goes on"
    assert speed.source == "measured" and speed.bare > 50_000_000
    assert "diffusion/tiny" in speed.rates and all(rate > 0 for rate in speed.rates.values())
    assert calibration.measured(here, SHAPE) and calibration.of(here, SHAPE).rates == speed.rates
    assert not calibration.measured(here, Shape(16, 1, 0, 500)), "pictures of another size are another matter"
    assert not calibration.measured(here, replace(SHAPE, repeat=2)), "so are those that consist of larger squares"


def test_what_nobody_wants_any_more_is_given_up(gensmith_home: Path) -> None:
    here = machine.describe()
    with pytest.raises(Cancelled):
        calibration.measure(here, SHAPE, cancelled=lambda: True)
    assert not calibration.measured(here, SHAPE)


def test_a_training_knows_better_than_a_measurement(gensmith_home: Path) -> None:
    here = machine.describe()
    calibration.remember(here, SHAPE, "gan", "small", 123.0)
    speed = calibration.of(here, SHAPE)
    assert (speed.source, dict(speed.rates)) == ("training", {"gan/small": 123.0})


@pytest.mark.parametrize("content", ["", "[]", '{"x": 3}'])
def test_damaged_findings_are_measured_again(gensmith_home: Path, content: str) -> None:
    (home() / "calibration.json").write_text(content)
    assert not calibration.measured(machine.describe(), SHAPE)


def test_estimates_take_the_measured_rate_and_its_neighbour_s_factor() -> None:
    family = catalog.get("diffusion")
    plain = {name: catalog.estimate(family, SHAPE, name, 5, 50) for name in family.networks}
    rates = {"diffusion/tiny": 2 * plain["tiny"].items_per_second, "diffusion/large": plain["large"].items_per_second / 2}
    speed = machine.Speed(50, "measured", rates, bare=BARE + 100)
    told = {name: catalog.estimate(family, SHAPE, name, 5, speed) for name in family.networks}
    factors = {name: told[name].items_per_second / plain[name].items_per_second for name in told}
    assert factors == pytest.approx({"tiny": 2, "small": 2, "medium": 0.5, "large": 0.5})
    assert told["tiny"].passes == pytest.approx(2 * plain["tiny"].passes)
    assert told["tiny"].memory == plain["tiny"].memory + 100, "the bare engine of this machine"
    gan = catalog.get("gan")
    assert catalog.estimate(gan, SHAPE, "tiny", 5, speed).items_per_second == pytest.approx(
        catalog.estimate(gan, SHAPE, "tiny", 5, 50).items_per_second
    )


def test_the_window_s_calibrator_measures_once_and_gives_up_for_a_training(gensmith_home: Path, qtbot: QtBot) -> None:
    here, owner = machine.describe(), QObject()
    calibrator = Calibrator(owner)
    calibration.remember(here, SHAPE, "vae", "tiny", 77.0)
    with qtbot.waitSignal(calibrator.found) as told:
        calibrator.want(here, SHAPE)
        assert calibrator.busy
    assert told.args[0].rates == {"vae/tiny": 77.0}
    qtbot.waitUntil(lambda: not calibrator.busy)
    calibrator.want(here, replace(SHAPE, items=900))
    assert not calibrator.busy, "more pictures of the same shape are no other speed"
    calibrator.want(here, replace(SHAPE, size=24))
    calibrator.forget()
    assert not calibrator.busy
    end_all()
    assert not calibration.measured(here, replace(SHAPE, size=24))
