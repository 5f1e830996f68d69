"""How fast each kind of model learns here: which sizes are timed, in which order, and what counts."""

from __future__ import annotations

import pytest
import torch

from desktop_app.engine import measuring
from desktop_app.engine.families import FAMILIES
from desktop_app.engine.families.declaration import Family, Shape
from desktop_app.engine.families.levers import Levers

CPU, SHAPE = torch.device("cpu"), Shape(8, 1, 2, 10)
ALL = [f"{family.name}/{network}" for family in FAMILIES.values() for network in family.networks]


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """Sizes in the order in which they are timed; every next one seems a picture a second faster."""
    timed: list[tuple[str, float]] = []

    def rate(family: Family, network: str, shape: Shape, settings: Levers, device: torch.device, predicted: float) -> float:
        timed.append((f"{family.name}/{network}", predicted))
        return float(len(timed))

    monkeypatch.setattr(measuring, "rate", rate)
    return timed


def test_every_size_is_timed_twice_and_the_better_rate_counts(rates: list[tuple[str, float]]) -> None:
    found = measuring.measure(SHAPE, CPU, 60.0)
    names = [name for name, _ in rates]
    first, again = names[: len(ALL)], names[len(ALL) :]
    assert sorted(first) == sorted(again) == sorted(ALL)
    assert {name.partition("/")[2] for name in first[: 2 * len(FAMILIES)]} == {"tiny", "large"}, "what lies between is guessed"
    predicted = [rate for _, rate in rates[len(ALL) :]]
    assert predicted == sorted(predicted, reverse=True), "what is left of the time measures the most of them again"
    assert found == {name: float(len(ALL) + again.index(name) + 1) for name in ALL}


def test_no_more_is_begun_than_the_time_allows(rates: list[tuple[str, float]]) -> None:
    assert measuring.measure(SHAPE, CPU, 0.0) == {} and not rates


def test_a_size_for_which_there_is_no_memory_has_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 999 bytes")

    monkeypatch.setattr(measuring, "_step_seconds", full)
    family = FAMILIES["vae"]
    assert measuring.rate(family, "tiny", SHAPE, measuring.usual(family), CPU, 100.0) is None


def test_a_long_step_is_told_from_two_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def seconds(learner: object, shape: Shape, count: int, device: torch.device) -> float:
        seen.append(count)
        return 0.5 + 0.1 * count  # half a second for the optimiser, a tenth for each picture

    monkeypatch.setattr(measuring, "_step_seconds", seconds)
    family = FAMILIES["diffusion"]
    settings = measuring.usual(family).model_copy(update={"batch_size": 64})
    rate = measuring.rate(family, "tiny", SHAPE, settings, CPU, 10.0)
    assert seen == [15, 5], "as many as take a second and a half, and a third of them"
    assert rate == pytest.approx(64 / (0.5 + 0.1 * 64))
