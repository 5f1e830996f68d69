"""A graph with fewer bits: weights stored in half precision, or convolutions that compute with whole numbers of 8 bits.

Inputs, outputs and all that is no convolution stay float32, so that who runs a graph need not know what was done to it.
No torch here: what is made smaller are ONNX graphs.
"""

from __future__ import annotations

import contextlib
import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from desktop_app.runtime.sampling import Float32

Feed = dict[str, Float32]
"""Inputs of one call of a graph, by name."""
OnFeed = Callable[[int, int], None]
"""Called with feeds done and feeds in all; it may raise to stop the work."""

FEWEST = 256
"""Numbers from which on a weight is worth storing in fewer bits."""
SHARE = 3
"""Convolutions of fewer than the widest's channels divided by this, on either side, keep float32. They work where the grid is
finest: they hold few weights and decide all detail. On sprites the kernel distance rises by 7 % without them and by 23 %
with them, for the same size and speed."""
_LARGEST_HALF = 65504.0


def halved(content: bytes) -> bytes:
    """The graph with every float32 weight stored in half precision; it computes in float32 as before.

    A ``Cast`` widens each weight when the graph is loaded, once: ONNX Runtime folds it. No processor of a usual computer
    computes in half precision, so that converting all of the graph would only add conversions between its parts.
    """
    model = _loaded(content)
    for tensor in _weights(model):
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max() <= _LARGEST_HALF:
            _store(model, tensor, values.astype(np.float16))
    return _saved(model)


def quantised(content: bytes, feeds: Sequence[Feed], on_feed: OnFeed = lambda done, total: None) -> bytes:
    """The graph with its convolutions in 8 bits, and its other weights stored in half precision.

    Static quantisation in the QDQ form (Jacob et al. 2018, arXiv:1712.05877): scales of weights by channel, of what flows
    between by tensor, from the least and the largest value that ``feeds`` bring about. Weights keep to 7 bits, for products
    of 8 with 8 bits overflow on processors without VNNI. Products of matrices stay as they are: they are the linear denoiser
    and the structure of the pictures, take little time, and in 8 bits lead some seeds to another picture.

    Raises
    ------
    ValueError
        It has no convolution worth it.
    """
    chosen = convolutions(onnx.load_model_from_string(content))
    if not chosen:
        raise ValueError("no convolution is wide enough to be worth it")
    with tempfile.TemporaryDirectory(prefix="gensmith-") as folder, _quiet():
        target = Path(folder) / "quantised.onnx"
        quantize_static(
            _loaded(content),
            target,
            _Feeds(feeds, on_feed),
            quant_format=QuantFormat.QDQ,
            nodes_to_quantize=chosen,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        model = _loaded(target.read_bytes())
    return halved(_saved(model))


def bears_bytes(content: bytes) -> bool:
    """Whether there is a convolution in the graph that :func:`quantised` would put into 8 bits."""
    return bool(convolutions(onnx.load_model_from_string(content)))


def convolutions(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions that bear 8 bits: neither the first nor the last, nor narrow ones."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "Conv" and node.input[1] in shapes]
    narrowest = {node.name: min(shapes[node.input[1]][:2]) for node in nodes}
    least = max(narrowest.values(), default=0) / SHARE
    return [node.name for node in nodes[1:-1] if narrowest[node.name] >= least]


class _Feeds(CalibrationDataReader):  # type: ignore[misc]
    """Hands out the feeds one by one."""

    def __init__(self, feeds: Sequence[Feed], on_feed: OnFeed) -> None:
        self._feeds, self._done, self._on_feed = feeds, 0, on_feed

    def get_next(self) -> Feed | None:
        self._on_feed(self._done, len(self._feeds))
        self._done += 1
        return self._feeds[self._done - 1] if self._done <= len(self._feeds) else None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The quantiser gives advice that is taken already; what matters comes as exceptions."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)


# ---------------------------------------------------------------- weights


def _weights(model: onnx.ModelProto) -> list[TensorProto]:
    """Float32 weights that are worth storing in fewer bits."""
    tensors = model.graph.initializer
    return [tensor for tensor in tensors if tensor.data_type == TensorProto.FLOAT and math.prod(tensor.dims) >= FEWEST]


def _store(model: onnx.ModelProto, tensor: TensorProto, values: NDArray[np.float16]) -> None:
    """Put ``values`` in the place of a weight, under its name, and what widens them in front of all who use it."""
    name, wide = tensor.name, f"{tensor.name}/wide"
    for node in model.graph.node:
        for place, taken in enumerate(node.input):
            if taken == name:
                node.input[place] = wide
    model.graph.node.insert(0, helper.make_node("Cast", [name], [wide], f"{name}/widen", to=TensorProto.FLOAT))
    tensor.CopyFrom(numpy_helper.from_array(values, name))


def _loaded(content: bytes) -> onnx.ModelProto:
    """A graph without what its makers noted on the way: names of modules, shapes between the nodes."""
    model = onnx.load_model_from_string(content)
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField("doc_string")
    return model


def _saved(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString())
