"""Which size of network a training gets."""

from __future__ import annotations

import pytest
import torch

from desktop_app.engine import hardware, measuring, sizing
from desktop_app.engine.families import FAMILIES
from desktop_app.engine.families.declaration import Shape

FAMILY, SHAPE, MINUTES = FAMILIES["diffusion"], Shape(32, 3, 0, 1000), 10.0
CPU = torch.device("cpu")


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine on which the medium network just passes by its formula; names of the sizes that steps are taken of."""
    exact = FAMILY.passes / FAMILY.estimate(SHAPE, "medium", MINUTES, 1.0).passes
    monkeypatch.setattr(hardware, "gflops", lambda device: 1.01 * exact)
    return []


def _takes(monkeypatch: pytest.MonkeyPatch, timed: list[str], share: float | None) -> None:
    """Steps come to so much of what the formula says."""

    def rate(family, network, shape, settings, device, predicted):  # type: ignore[no-untyped-def]
        timed.append(network)
        return None if share is None else share * predicted

    monkeypatch.setattr(measuring, "rate", rate)


def _chosen(minutes: float = MINUTES) -> str:
    return sizing.chosen(FAMILY, SHAPE, measuring.usual(FAMILY), CPU, minutes).network


@pytest.mark.parametrize(("share", "chosen"), [(1.5, "medium"), (0.7, "small"), (None, "medium")])
def test_where_the_formula_is_in_doubt_real_steps_decide(
    monkeypatch: pytest.MonkeyPatch, timed: list[str], share: float | None, chosen: str
) -> None:
    _takes(monkeypatch, timed, share)
    assert _chosen() == chosen
    assert timed == ["medium"], "the large one is out of reach, the small one beyond doubt"


def test_a_short_training_is_not_held_up(monkeypatch: pytest.MonkeyPatch, timed: list[str]) -> None:
    _takes(monkeypatch, timed, 0.1)
    assert _chosen(sizing.WORTH / 2) in FAMILY.networks
    assert not timed


def test_the_steps_are_real_ones() -> None:
    settings = measuring.usual(FAMILY).model_copy(update={"batch_size": 2})
    rate = measuring.rate(FAMILY, "tiny", Shape(8, 1, 2, 10), settings, CPU, 10.0)
    assert rate is not None and 0 < rate < 1e6
