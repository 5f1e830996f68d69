"""Graphs with fewer bits: smaller, of the same face, and close to what they were."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from desktop_app.engine import quantising
from desktop_app.engine.quantising import bears_bytes, convolutions, halved, quantised
from desktop_app.runtime.graphs import check_graph
from tests.engine.wide_bundles import INPUTS, wide
from tests.runtime.small_bundles import network


def feeds(count: int = 3) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [
        {"x": rng.standard_normal((2, 3, 8, 8)).astype(np.float32), "sigma": np.full(2, level, np.float32)}
        for level in np.linspace(0.1, 1, count)
    ]


def run(content: bytes, feed: dict[str, np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["denoised"], feed)[0]


def kinds(content: bytes) -> dict[str, int]:
    return {tensor.name: tensor.data_type for tensor in onnx.load_model_from_string(content).graph.initializer}


def test_half_the_digits_are_half_the_size_and_nearly_the_same():
    content = wide().SerializeToString()
    half = halved(content)
    assert len(half) < 0.55 * len(content)
    assert kinds(half)["w2"] == TensorProto.FLOAT16, "under its own name, so that it can be found"
    check_graph(half, "half", INPUTS, "denoised")
    for feed in feeds():
        assert run(half, feed) == pytest.approx(run(content, feed), abs=3e-3)


def test_what_half_precision_cannot_hold_stays():
    model = wide()
    for tensor in model.graph.initializer:
        if tensor.name == "w3":
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(1e6), "w3"))
    assert kinds(halved(model.SerializeToString()))["w3"] == TensorProto.FLOAT


def test_wide_convolutions_get_8_bits_and_the_first_and_the_last_do_not():
    content = wide().SerializeToString()
    told: list[tuple[int, int]] = []
    small = quantised(content, feeds(), lambda done, total: told.append((done, total)))
    assert told[0] == (0, 6) and told[-1] == (6, 6)
    found = kinds(small)
    assert found["w2_quantized"] == found["w3_quantized"] == TensorProto.INT8
    assert found["w1"] == found["w4"] == TensorProto.FLOAT16
    assert len(small) < 0.45 * len(content)
    check_graph(small, "small", INPUTS, "denoised")
    for feed in feeds():
        apart = np.abs(run(small, feed) - run(content, feed))
        assert 0 < apart.mean() < 0.02


def test_rounding_shifts_no_channel():
    """A first layer that brings about what is far from zero: without balance each channel behind it is shifted."""
    model = wide()
    one = next(tensor for tensor in model.graph.initializer if tensor.name == "w1")
    one.CopyFrom(numpy_helper.from_array(np.abs(numpy_helper.to_array(one)), "w1"))
    fed = [{"x": np.abs(feed["x"]), "sigma": feed["sigma"]} for feed in feeds()]
    content = model.SerializeToString()
    balanced, plain = quantised(content, fed), unbalanced(content, fed)
    shifts = [np.abs((run(small, fed[0]) - run(content, fed[0])).mean(axis=(0, 2, 3))).mean() for small in (balanced, plain)]
    assert shifts[0] < 0.5 * shifts[1]


def unbalanced(content: bytes, fed: list[dict[str, np.ndarray]]) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantising, "_balance", lambda *_: None)
        return quantised(content, fed)


def test_scales_come_from_what_was_fed():
    """Fed with what is a hundred times smaller, it cuts off what really comes."""
    content, real = wide().SerializeToString(), feeds()
    faint = [{"x": feed["x"] * np.float32(0.01), "sigma": feed["sigma"]} for feed in real]
    right, wrong = (np.abs(run(quantised(content, fed), real[0]) - run(content, real[0])).mean() for fed in (real, faint))
    assert wrong > 3 * right


def test_a_network_without_wide_convolutions_is_none_for_8_bits():
    narrow = network()
    assert convolutions(narrow) == [] and not bears_bytes(narrow.SerializeToString())
    with pytest.raises(ValueError, match="wide enough"):
        quantised(narrow.SerializeToString(), feeds())


def test_narrow_convolutions_keep_their_digits():
    model = wide(widths=(7, 48, 48, 48))
    assert convolutions(model) == ["conv3", "conv4"], "7 channels are fewer than a sixth of 48"


def test_a_convolution_whose_weights_are_shaped_on_the_way_gets_8_bits_too():
    """As the exporter writes the projections of an attention: a matrix, and what makes a kernel of it."""
    model, plain = wide(), wide()
    kernel = next(tensor for tensor in model.graph.initializer if tensor.name == "w2")
    shape = numpy_helper.from_array(np.array(kernel.dims, np.int64), "shape")
    kernel.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(kernel).reshape(32, -1), "matrix"))
    model.graph.initializer.append(shape)
    model.graph.node.insert(0, helper.make_node("Reshape", ["matrix", "shape"], ["w2"]))
    small = quantised(model.SerializeToString(), feeds())
    assert kinds(small)["w2_quantized"] == TensorProto.INT8 and "matrix" not in kinds(small)
    assert np.array_equal(run(small, feeds()[0]), run(quantised(plain.SerializeToString(), feeds()), feeds()[0]))


def test_the_scales_of_whole_numbers_keep_their_digits():
    """Those of a wide convolution are many, and as small as half precision cannot tell apart."""
    model = wide(widths=(256, 256))
    small = onnx.load_model_from_string(quantised(model.SerializeToString(), feeds()))
    scales = {node.input[1] for node in small.graph.node if node.op_type == "DequantizeLinear"}
    found = {tensor.name: tensor for tensor in small.graph.initializer if tensor.name in scales}
    assert max(np.prod(tensor.dims) for tensor in found.values()) == 256
    assert {tensor.data_type for tensor in found.values()} == {TensorProto.FLOAT}
