"""Golden figures of other people's measures on the same features, so that the suite needs neither them nor a network.

Made by torch-fidelity 0.3.0 (KID, Fréchet distance) and prdc 0.2 (the rest): ``python -m tests.benchmarks.agreement``.
"""

from __future__ import annotations

import pytest

from tests.benchmarks.agreement import TOLERANCE, ours, pairs

GOLDEN = {
    "of one source": {
        "kid": -0.0021912739094713807, "frechet": 4.025735766027665, "precision": 0.915, "recall": 0.835, "density": 1.115,
        "coverage": 0.995,
    },
    "shifted and wider": {
        "kid": 0.5697509629628823, "frechet": 15.664921142328282, "precision": 0.16, "recall": 1.0, "density": 0.062,
        "coverage": 0.255,
    },
    "around a few points": {
        "kid": 0.8233108543894319, "frechet": 46.91512171642891, "precision": 0.75, "recall": 0.0, "density": 0.853,
        "coverage": 0.165,
    },
}  # fmt: skip
PAIRS = pairs(200)


@pytest.mark.parametrize("name", GOLDEN)
def test_our_figures_are_those_of_others(name: str) -> None:
    assert ours(*PAIRS[name]) == pytest.approx(GOLDEN[name], rel=TOLERANCE)
