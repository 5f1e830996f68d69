"""What pictures are compared by: fixed random features, and their standardisation by the real pictures.

Random convolutions see texture and layout without having been trained on anything (Naeem et al. 2020, section 5, "R64"),
so that they favour no model and need no download. Their distances mean nothing by themselves and are never to be set
beside published figures, which need Inception features: hence the floor beside every measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from desktop_app.runtime.pictures import to_image
from desktop_app.runtime.session import Session, cores

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
OnBatch = Callable[[int, int], None]
"""``on_batch(done, total)`` in pictures; it may raise to stop."""

BATCH = 64
_WIDTHS = (32, 64, 128)
_GRID = 4
_LAYOUT, _TEXTURE = 64, 32
_OPSET = 17


class RandomFeatures:
    """A VGG-like network with random weights: pictures of 8 to 512 pixels to 96 numbers each.

    64 of them are random mixtures of the last block's activations on a 4 × 4 grid (what stands where), 32 are mixtures of
    the second block's mean activations (how the surface looks). Pictures are brought to a side of 16, 32 or 64 pixels;
    the surface of larger ones is taken from their middle at full resolution.

    Parameters
    ----------
    channels
        1 or 3.
    seed
        Of the weights; features of different seeds cannot be compared.
    """

    def __init__(self, channels: int, seed: int = 0) -> None:
        self.channels, self.seed = channels, seed
        self._sessions: dict[int, Session] = {}

    def __call__(self, pictures: UInt8, on_batch: OnBatch | None = None) -> Float64:
        """Features (N, 96) in float64 of ``pictures`` (N, H, W, C)."""
        side = _side(max(pictures.shape[1:3]))
        rows = [self._batch(batch, side) for batch in batches(pictures, on_batch)]
        return np.concatenate(rows).astype(np.float64) if rows else np.zeros((0, _LAYOUT + _TEXTURE))

    def _batch(self, pictures: UInt8, side: int) -> Float32:
        layout, texture = self._run(resized(pictures, side))
        if min(pictures.shape[1:3]) > side:
            _, texture = self._run(_middle(pictures, side))
        return np.concatenate([layout, texture], axis=1)

    def _run(self, pictures: UInt8) -> tuple[Float32, Float32]:
        side = pictures.shape[1]
        if side not in self._sessions:
            network = random_network(self.channels, side, self.seed)
            self._sessions[side] = Session(network.SerializeToString(), "of the random features", cores())
        layout, texture = self._sessions[side].run(["layout", "texture"], {"pictures": to_model(pictures)})
        return layout, texture


def _side(side: int) -> int:
    return next((target for target in (16, 32, 64) if side <= target), 64)


def batches(pictures: UInt8, on_batch: OnBatch | None = None) -> Iterator[UInt8]:
    """Slices of at most 64 pictures, with word of each that is done."""
    for first in range(0, len(pictures), BATCH):
        yield pictures[first : first + BATCH]
        if on_batch:
            on_batch(min(first + BATCH, len(pictures)), len(pictures))


def to_model(pictures: UInt8) -> Float32:
    """Pictures (B, H, W, C) to values in [-1, 1], (B, C, H, W)."""
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32) / np.float32(127.5) - np.float32(1)


def resized(pictures: UInt8, side: int) -> UInt8:
    """Bring pictures (B, H, W, C) to ``side`` × ``side``, averaging when they shrink."""
    if pictures.shape[1:3] == (side, side):
        return pictures
    images = [to_image(picture).resize((side, side), Image.Resampling.BILINEAR) for picture in pictures]
    return np.stack([np.asarray(image) for image in images]).reshape(len(pictures), side, side, -1)


def _middle(pictures: UInt8, side: int) -> UInt8:
    top, left = ((extent - side) // 2 for extent in pictures.shape[1:3])
    return pictures[:, top : top + side, left : left + side]


def random_network(channels: int, side: int, seed: int) -> onnx.ModelProto:
    """The network as an ONNX graph; weights are He-normal, drawn from ``seed`` and the same for every ``side``."""
    rng = np.random.Generator(np.random.PCG64([seed, channels]))
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []

    def weight(*shape: int) -> str:
        name = f"w{len(weights)}"
        scale = np.sqrt(2 / np.prod(shape[1:]))
        weights.append(numpy_helper.from_array((rng.standard_normal(shape) * scale).astype(np.float32), name))
        return name

    def add(operator: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        to = to or f"n{len(nodes)}"
        nodes.append(helper.make_node(operator, list(inputs), [to], **attributes))
        return to

    x, inside = "pictures", channels
    for level, width in enumerate(_WIDTHS):
        if level:
            x = add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        for into, outside in ((inside, width), (width, width)):
            x = add("Relu", add("Conv", x, weight(outside, into, 3, 3), pads=[1, 1, 1, 1]))
        inside = width
        if level == 1:
            mean = add("Flatten", add("GlobalAveragePool", x))
            add("Gemm", mean, weight(_TEXTURE, width), to="texture", transB=1)
    cell = side // 2 ** (len(_WIDTHS) - 1) // _GRID
    pooled = add("AveragePool", x, kernel_shape=[cell, cell], strides=[cell, cell])
    add("Gemm", add("Flatten", pooled), weight(_LAYOUT, inside * _GRID**2), to="layout", transB=1)
    return _model(nodes, weights, (channels, side, side))


def _model(nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], shape: tuple[int, ...]) -> onnx.ModelProto:
    taken = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", *shape])
    given = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in (("layout", _LAYOUT), ("texture", _TEXTURE))
    ]
    graph = helper.make_graph(nodes, "random features", [taken], given, weights)
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    return model


@dataclass(frozen=True)
class Standardiser:
    """Shift and scale by a real set, without the numbers that hardly vary there.

    Raw random features are so small that every distance is about 0 (`standardise first, drop dead dimensions`).
    """

    mean: Float64
    scale: Float64
    alive: NDArray[np.bool_]

    @classmethod
    def fit(cls, features: Float64) -> Standardiser:
        """Take mean and standard deviation of ``features`` (N, F)."""
        spread = features.std(axis=0)
        alive = spread > 1e-6 * max(float(spread.max(initial=0)), 1e-12)
        return cls(features.mean(axis=0)[alive], spread[alive], alive)

    def __call__(self, features: Float64) -> Float64:
        """(N, F) to (N, dimensions that are alive)."""
        result: Float64 = (features[:, self.alive] - self.mean) / self.scale
        return result
