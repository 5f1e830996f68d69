"""Inception-v3 as the Fréchet Inception Distance takes it, made into an ONNX graph from the well-known file of weights.

Szegedy et al. 2015 (arXiv:1512.00567) in the variant of the original measure (Heusel et al. 2017): average pools do not count
their padding, the last block takes a maximum, pictures are enlarged as TensorFlow 1 does. Features are those of its last pool.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from desktop_app.engine.onnx_graph import Graph
from desktop_app.project.errors import GensmithError

SIDE = 299
_EPSILON = 1e-3
_VALID = ("Conv2d_2a_3x3", "Conv2d_4a_3x3")
"""Convolutions in single steps that do not pad."""
Weights = Mapping[str, Tensor]


def as_onnx(path: Path) -> bytes:
    """The graph from a file whose hash was checked: ``pictures`` (n, 3, H, W) in 0 to 255, to ``features`` (n, 2048).

    What the file says is read as tensors and nothing else; no code in it is ever run.

    Raises
    ------
    GensmithError
        It holds other weights than Inception's.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
        return convert(weights)
    except (KeyError, RuntimeError, AttributeError, EOFError, ValueError, TypeError, pickle.UnpicklingError) as error:
        raise GensmithError(
            f"{path.name} does not hold Inception's weights ({error}).", "Give the original file.", code=3
        ) from error


def convert(weights: Weights) -> bytes:
    """The graph of these weights, by torchvision's names; the widths are those of the weights."""
    net = _Network(weights)
    x = net.enlarged("pictures")
    x = net.conv(net.conv(net.conv(x, "Conv2d_1a_3x3", 2), "Conv2d_2a_3x3"), "Conv2d_2b_3x3")
    x = net.conv(net.conv(net.most(x, 2), "Conv2d_3b_1x1"), "Conv2d_4a_3x3")
    x = net.most(x, 2)
    for name in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        x = net.fine(x, name)
    x = net.shrink(x, "Mixed_6a", ("branch3x3",), ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"))
    for name in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        x = net.middle(x, name)
    sevens = ("branch7x7x3_1", "branch7x7x3_2", "branch7x7x3_3", "branch7x7x3_4")
    x = net.shrink(x, "Mixed_7a", ("branch3x3_1", "branch3x3_2"), sevens)
    x = net.coarse(net.coarse(x, "Mixed_7b", net.mean), "Mixed_7c", net.most)
    net.graph.add("Flatten", net.graph.add("GlobalAveragePool", x), to="features")
    width = 2 * sum(weights[f"Mixed_7c.{name}.conv.weight"].shape[0] for name in ("branch3x3_2a", "branch3x3dbl_3a"))
    width += sum(weights[f"Mixed_7c.{name}.conv.weight"].shape[0] for name in ("branch1x1", "branch_pool"))
    return net.graph.model("inception", (3, "h", "w"), {"features": width})


class _Network:
    """The parts that Inception is made of."""

    def __init__(self, weights: Weights) -> None:
        self.graph = Graph()
        self._weights = weights

    def enlarged(self, x: str) -> str:
        """To 299 × 299 as TensorFlow 1 does it (corners stay where they are), and to about [-1, 1]."""
        add, keep = self.graph.add, self.graph.keep
        shape = add("Slice", add("Shape", x), keep(torch.tensor([0])), keep(torch.tensor([2])))
        size = add("Concat", shape, keep(torch.tensor([SIDE, SIDE])), axis=0)
        large = add("Resize", x, "", "", size, mode="linear", coordinate_transformation_mode="asymmetric")
        return add("Div", add("Sub", large, keep(torch.tensor(128.0))), keep(torch.tensor(128.0)))

    def conv(self, x: str, name: str, stride: int = 1) -> str:
        """Convolution, normalisation by what was seen in training (folded into the weights), ReLU."""
        kernel = self._weights[f"{name}.conv.weight"].double()
        scale, shift, mean, spread = (
            self._weights[f"{name}.bn.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = scale / torch.sqrt(spread + _EPSILON)
        folded = self.graph.keep((kernel * gain[:, None, None, None]).float())
        bias = self.graph.keep((shift - mean * gain).float())
        pad = [0, 0] if stride > 1 or name in _VALID else [(side - 1) // 2 for side in kernel.shape[2:]]
        return self.graph.add("Relu", self.graph.add("Conv", x, folded, bias, strides=[stride, stride], pads=[*pad, *pad]))

    def path(self, x: str, block: str, *names: str, last: int = 1) -> str:
        """Convolutions one after the other; the last in steps of ``last``."""
        steps = [1] * (len(names) - 1) + [last]
        return functools.reduce(lambda y, pair: self.conv(y, f"{block}.{pair[0]}", pair[1]), zip(names, steps, strict=True), x)

    def mean(self, x: str) -> str:
        return self.graph.add("AveragePool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], count_include_pad=0)

    def most(self, x: str, stride: int = 1) -> str:
        pad = [1 if stride == 1 else 0] * 4
        return self.graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[stride, stride], pads=pad)

    def joined(self, *paths: str) -> str:
        return self.graph.add("Concat", *paths, axis=1)

    def fine(self, x: str, block: str) -> str:
        """Blocks 5b to 5d."""
        return self.joined(
            self.path(x, block, "branch1x1"),
            self.path(x, block, "branch5x5_1", "branch5x5_2"),
            self.path(x, block, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"),
            self.path(self.mean(x), block, "branch_pool"),
        )

    def shrink(self, x: str, block: str, short: tuple[str, ...], long: tuple[str, ...]) -> str:
        """Blocks 6a and 7a: half the side."""
        return self.joined(self.path(x, block, *short, last=2), self.path(x, block, *long, last=2), self.most(x, 2))

    def middle(self, x: str, block: str) -> str:
        """Blocks 6b to 6e."""
        return self.joined(
            self.path(x, block, "branch1x1"),
            self.path(x, block, *(f"branch7x7_{number}" for number in range(1, 4))),
            self.path(x, block, *(f"branch7x7dbl_{number}" for number in range(1, 6))),
            self.path(self.mean(x), block, "branch_pool"),
        )

    def coarse(self, x: str, block: str, pool: Callable[[str], str]) -> str:
        """Blocks 7b and 7c."""
        short = self.path(x, block, "branch3x3_1")
        long = self.path(x, block, "branch3x3dbl_1", "branch3x3dbl_2")
        return self.joined(
            self.path(x, block, "branch1x1"),
            *(self.conv(short, f"{block}.branch3x3_{side}") for side in ("2a", "2b")),
            *(self.conv(long, f"{block}.branch3x3dbl_{side}") for side in ("3a", "3b")),
            self.path(pool(x), block, "branch_pool"),
        )
