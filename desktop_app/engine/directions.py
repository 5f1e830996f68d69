"""The linear denoiser's two products of matrices with whole numbers of 8 bits (no torch).

A small network's weights lie for the most part in the directions of its linear denoiser, (d, R) in the order of their variance:
a picture's coordinates along them, weighted by the noise level, make a picture again. The first directions carry so much that
their rounding would lead some seeds to another picture, and they stay as they are. The others lose nothing that is seen: on
icons of 32 pixels pictures from the same seeds are 0.4 of 255 levels apart, against 1.2 with the first ones in 8 bits too.

Rows are scaled by their own largest number, so that no picture depends on those that are drawn beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

KEPT = 64
"""First directions that keep float32."""
LEAST = 2**20
"""Numbers from which on directions are worth it."""
WEIGHT_STEPS, STEPS = 64, 127
"""Steps on either side of zero: of weights 7 bits, as those of the convolutions, and of what is multiplied with them 8."""


def in_bytes(model: onnx.ModelProto) -> None:
    """Put every product with the directions of a linear denoiser into 8 bits, but for the first of them."""
    for tensor in _directions(model):
        _Basis(model, tensor).replace()


def _directions(model: onnx.ModelProto) -> list[TensorProto]:
    """Large matrices with more rows than columns that nothing but products use, as they are or transposed."""
    users: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)

    def multiplies(name: str) -> bool:
        return bool(users.get(name)) and all(node.op_type == "MatMul" and node.input[1] == name for node in users[name])

    def serves(name: str) -> bool:
        turned = [node for node in users.get(name, []) if node.op_type == "Transpose"]
        direct = [node for node in users.get(name, []) if node.op_type != "Transpose"]
        return all(multiplies(node.output[0]) for node in turned) and all(
            node.op_type == "MatMul" and node.input[1] == name for node in direct
        )

    large = [
        tensor for tensor in model.graph.initializer
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) == 2 and math.prod(tensor.dims) >= LEAST
    ]  # fmt: skip
    return [tensor for tensor in large if KEPT < tensor.dims[1] < tensor.dims[0] and serves(tensor.name)]


class _Basis:
    """Directions (d, R) in two parts: the first in float32, the others as whole numbers with a scale each."""

    def __init__(self, model: onnx.ModelProto, tensor: TensorProto) -> None:
        self._model, self._tensor, self._name = model, tensor, tensor.name
        self._made: list[NodeProto] = []

    def replace(self) -> None:
        """Put two parts in the place of every product with the whole."""
        basis = numpy_helper.to_array(self._tensor)
        first, others = basis[:, :KEPT], basis[:, KEPT:]
        scales = np.maximum(np.abs(others).max(axis=0), 1e-12).astype(np.float32) / WEIGHT_STEPS
        whole = np.rint(others / scales).astype(np.int8)
        parts = np.array([KEPT, others.shape[1]], np.int64)
        values: dict[str, NDArray[np.generic]] = {
            "first": first, "turned": first.T, "whole": whole, "scales": scales, "none": np.zeros(len(scales), np.int8),
            "parts": parts, "axis": np.array([1], np.int64), "tiny": np.float32(1e-12), "step": np.float32(1 / STEPS),
            "middle": np.uint8(128), "one": np.float32(1), "zero": np.int8(0),
        }  # fmt: skip
        self._model.graph.initializer.extend(
            numpy_helper.from_array(np.ascontiguousarray(value), self._called(key)) for key, value in values.items()
        )
        self._rewire()
        self._model.graph.initializer.remove(self._tensor)

    def _rewire(self) -> None:
        graph = self._model.graph
        turned = {node.output[0] for node in graph.node if node.op_type == "Transpose" and node.input[0] == self._name}
        nodes: list[NodeProto] = []
        for node in graph.node:
            if node.op_type == "MatMul" and node.input[1] == self._name:
                nodes += self._analysis(node)
            elif node.op_type == "MatMul" and node.input[1] in turned:
                nodes += self._synthesis(node)
            elif not (node.op_type == "Transpose" and node.input[0] == self._name):
                nodes.append(node)
        del graph.node[:]
        graph.node.extend(nodes)

    def _analysis(self, product: NodeProto) -> list[NodeProto]:
        """A (B, d) to coordinates (B, R)."""
        a, place = product.input[0], product.output[0]
        self._made = []
        wide = self._add("DequantizeLinear", place, ["whole", "scales", "none"], "wide", axis=1)
        rest = self._by_rows(place, a, wide)
        first = self._add("MatMul", place, [a, "first"], "of first")
        self._add("Concat", place, [first, rest], "", axis=1)
        return self._made

    def _synthesis(self, product: NodeProto) -> list[NodeProto]:
        """Coordinates (B, R) to (B, d). The scales go to the coordinates, so that both products share the whole numbers."""
        a, place = product.input[0], product.output[0]
        self._made = []
        self._made.append(
            helper.make_node("Split", [a, self._called("parts")], [f"{place}/loud", f"{place}/soft"], f"{place}/split", axis=1)
        )
        scaled = self._add("Mul", place, [f"{place}/soft", "scales"], "scaled")
        turned = self._add("Transpose", place, ["whole"], "whole turned", perm=[1, 0])
        wide = self._add("DequantizeLinear", place, [turned, "one", "zero"], "wide")
        rest = self._by_rows(place, scaled, wide)
        first = self._add("MatMul", place, [f"{place}/loud", "turned"], "of first")
        self._add("Add", place, [first, rest], "")
        return self._made

    def _by_rows(self, place: str, a: str, weights: str) -> str:
        """``a`` (B, K) times weights (K, N): each row in units of its own largest number."""
        size = self._add("Abs", place, [a], "size")
        largest = self._add("ReduceMax", place, [size, "axis"], "largest", keepdims=1)
        unit = self._add("Max", place, [largest, "tiny"], "unit")
        share = self._add("Div", place, [a, unit], "share")
        steps = self._add("QuantizeLinear", place, [share, "step", "middle"], "steps")
        back = self._add("DequantizeLinear", place, [steps, "step", "middle"], "back")
        product = self._add("MatMul", place, [back, weights], "product")
        return self._add("Mul", place, [product, unit], "rest")

    def _add(self, operator: str, place: str, inputs: Iterable[str], to: str, **attributes: object) -> str:
        """One operator for the product at ``place``; short names of inputs are constants, an empty ``to`` is its output."""
        constants = {tensor.name for tensor in self._model.graph.initializer}
        named = [self._called(name) if self._called(name) in constants else name for name in inputs]
        output = f"{place}/{to}" if to else place
        self._made.append(helper.make_node(operator, named, [output], f"{output}/{operator}", **attributes))
        return output

    def _called(self, key: str) -> str:
        return f"{self._name}/{key}"
