"""An ONNX graph written operator by operator: torch's exporter takes longer than a small network learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor


class Graph:
    """Nodes and weights in the making. Every operator returns the name of what it computes."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        """One operator of the standard."""
        to = to or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [to], **attributes))
        return to

    def keep(self, value: Tensor) -> str:
        """A constant."""
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(value.detach().numpy()), name))
        return name

    def model(self, name: str, shape: Sequence[int | str], outputs: Mapping[str, int]) -> bytes:
        """The finished file: ``pictures`` float32 (n, *shape) to float32 (n, width) of each output."""
        taken = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", *shape])
        given = [helper.make_tensor_value_info(key, TensorProto.FLOAT, ["n", width]) for key, width in outputs.items()]
        graph = helper.make_graph(self._nodes, name, [taken], given, self._weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(made)
        return made.SerializeToString()
