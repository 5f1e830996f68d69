"""Inception made into a graph: the same features as torch-fidelity's network, and nothing but tensors is read."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from desktop_app.engine.inception import as_onnx, convert
from desktop_app.evaluation.inception import Inception
from desktop_app.project.errors import GensmithError

pytestmark = pytest.mark.torch

Kernel = tuple[int, int]
NORMAL = {"weight": (0.5, 1.5), "bias": (-0.2, 0.2), "running_mean": (-0.1, 0.1), "running_var": (0.5, 1.5)}
ONE, THREE, FIVE, WIDE, TALL = (1, 1), (3, 3), (5, 5), (1, 7), (7, 1)


class Invented:
    """Weights by torchvision's names, a sixteenth as wide as Inception's, drawn by chance."""

    def __init__(self) -> None:
        self.weights: dict[str, Tensor] = {}
        self._chance = torch.Generator().manual_seed(3)
        x = self._chain(3, ("Conv2d_1a_3x3", 2, THREE), ("Conv2d_2a_3x3", 2, THREE), ("Conv2d_2b_3x3", 4, THREE))
        x = self._chain(x, ("Conv2d_3b_1x1", 5, ONE), ("Conv2d_4a_3x3", 12, THREE))
        for name, pool in (("Mixed_5b", 2), ("Mixed_5c", 4), ("Mixed_5d", 4)):
            x = self._fine(x, name, pool)
        x += self._many("Mixed_6a", x, [("branch3x3", 24, THREE)], self._threes((4, 6, 6)))
        for name, inner in (("Mixed_6b", 8), ("Mixed_6c", 10), ("Mixed_6d", 10), ("Mixed_6e", 12)):
            x = self._middle(x, name, inner)
        sevens = [(f"branch7x7x3_{n}", 12, k) for n, k in enumerate((ONE, WIDE, TALL, THREE), 1)]
        x += self._many("Mixed_7a", x, [("branch3x3_1", 12, ONE), ("branch3x3_2", 20, THREE)], sevens)
        for name in ("Mixed_7b", "Mixed_7c"):
            x = self._coarse(x, name)
        self.width = x

    def _chain(self, inside: int, *convs: tuple[str, int, Kernel]) -> int:
        for name, outside, kernel in convs:
            draw = torch.randn(outside, inside, *kernel, generator=self._chance)
            self.weights[f"{name}.conv.weight"] = draw * (2 / draw[0].numel()) ** 0.5
            for part, low in (("weight", 0.5), ("bias", -0.2), ("running_mean", -0.1), ("running_var", 0.5)):
                self.weights[f"{name}.bn.{part}"] = low + torch.rand(outside, generator=self._chance) * (
                    1 if low > 0 else -2 * low
                )
            inside = outside
        return inside

    def _many(self, block: str, inside: int, *paths: list[tuple[str, int, Kernel]]) -> int:
        return sum(self._chain(inside, *((f"{block}.{name}", out, kernel) for name, out, kernel in path)) for path in paths)

    def _threes(self, widths: tuple[int, ...]) -> list[tuple[str, int, Kernel]]:
        return [(f"branch3x3dbl_{n}", width, THREE if n > 1 else ONE) for n, width in enumerate(widths, 1)]

    def _fine(self, x: int, block: str, pool: int) -> int:
        fives = [("branch5x5_1", 3, ONE), ("branch5x5_2", 4, FIVE)]
        return self._many(block, x, [("branch1x1", 4, ONE)], fives, self._threes((4, 6, 6)), [("branch_pool", pool, ONE)])

    def _middle(self, x: int, block: str, inner: int) -> int:
        short = [(f"branch7x7_{n}", 12 if n == 3 else inner, k) for n, k in enumerate((ONE, WIDE, TALL), 1)]
        long = [(f"branch7x7dbl_{n}", 12 if n == 5 else inner, k) for n, k in enumerate((ONE, TALL, WIDE, TALL, WIDE), 1)]
        return self._many(block, x, [("branch1x1", 12, ONE)], short, long, [("branch_pool", 12, ONE)])

    def _coarse(self, x: int, block: str) -> int:
        short, long = self._many(block, x, [("branch3x3_1", 24, ONE)]), self._many(block, x, self._threes((28, 24)))
        sides = [[(f"branch3x3_{n}", 24, kernel)] for n, kernel in (("2a", (1, 3)), ("2b", (3, 1)))]
        deep = [[(f"branch3x3dbl_{n}", 24, kernel)] for n, kernel in (("3a", (1, 3)), ("3b", (3, 1)))]
        wide = self._many(block, short, *sides) + self._many(block, long, *deep)
        return wide + self._many(block, x, [("branch1x1", 20, ONE)], [("branch_pool", 12, ONE)])


GOLDEN = [0.03211305, 0.9242209, 0.09500356, 0.01907694, 0.05281936, 1.506902, 0.5260108, 0.7157937]
"""Of this converter once `tests/benchmarks/agreement.py` had found it to agree with torch-fidelity."""


def test_a_small_inception_says_what_it_said_when_it_agreed_with_the_peer() -> None:
    invented = Invented()
    pictures = np.random.default_rng(0).integers(0, 256, (2, 12, 10, 3), dtype=np.uint8)
    found = Inception(convert(invented.weights)).features(pictures)
    assert found.shape == (2, invented.width) == (2, 128)
    summary = [*found[0, ::24], found[1].mean(), found.std()]
    assert summary == pytest.approx(GOLDEN, rel=1e-4)


def test_what_is_no_inception_is_refused_and_no_code_in_it_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "ran",)  # type: ignore[return-value]

    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pth")
    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"a": Trap()}, protocol=2))
    for name in ("other.pth", "trap.pth"):
        with pytest.raises(GensmithError, match="does not hold Inception"):
            as_onnx(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_a_file_of_tensors_becomes_the_same_graph(tmp_path: Path) -> None:
    invented = Invented()
    torch.save(invented.weights, tmp_path / "weights.pth")
    assert as_onnx(tmp_path / "weights.pth") == convert(invented.weights)
