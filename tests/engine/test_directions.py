"""The directions of a linear denoiser in 8 bits: smaller, close, and every row for itself."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from desktop_app.engine import directions
from desktop_app.engine.directions import KEPT, in_bytes
from desktop_app.runtime.graphs import check_graph
from tests.runtime.small_bundles import constant

SIDE, COUNT = 768, 128
SHAPE = (3, 16, 16)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "LEAST", SIDE * COUNT)


def linear() -> onnx.ModelProto:
    """x U w Uᵀ, as the denoiser is exported."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((SIDE, COUNT)))[0]
    nodes = [
        helper.make_node("Flatten", ["x"], ["row"]),
        helper.make_node("MatMul", ["row", "basis"], ["seen"]),
        helper.make_node("Mul", ["seen", "weights"], ["weighted"]),
        helper.make_node("Transpose", ["basis"], ["back"], perm=[1, 0]),
        helper.make_node("MatMul", ["weighted", "back"], ["drawn"]),
        helper.make_node("Reshape", ["drawn", "grid"], ["denoised"]),
    ]
    weights = [
        constant("basis", basis),
        constant("weights", 1 / np.arange(1, COUNT + 1)),
        constant("grid", [-1, *SHAPE], np.int64),
    ]
    taken = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", *SHAPE])]
    given = [helper.make_tensor_value_info("denoised", TensorProto.FLOAT, ["b", *SHAPE])]
    graph = helper.make_graph(nodes, "linear", taken, given, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def run(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["denoised"], {"x": x})[0]


def drawn(count: int = 4) -> np.ndarray:
    """Rows of very different size."""
    rows = np.random.default_rng(1).standard_normal((count, *SHAPE)) * np.logspace(-2, 2, count)[:, None, None, None]
    return rows.astype(np.float32)


def test_directions_are_four_times_smaller_and_give_nearly_the_same() -> None:
    model, small = linear(), linear()
    in_bytes(small)
    onnx.checker.check_model(small)
    check_graph(small.SerializeToString(), "small", {"x": (None, *SHAPE)}, "denoised")
    kinds = {tensor.name: tensor.data_type for tensor in small.graph.initializer}
    assert kinds["basis/whole"] == TensorProto.INT8 and "basis" not in kinds
    x = drawn()
    expected, found = run(model, x), run(small, x)
    apart = np.abs(found - expected).mean(axis=(1, 2, 3)) / np.abs(expected).mean(axis=(1, 2, 3))
    assert 0 < apart.max() < 0.02


def test_a_row_does_not_depend_on_those_beside_it() -> None:
    small = linear()
    in_bytes(small)
    x = drawn()
    alone = run(small, np.concatenate([x[:1]] * len(x)))[0]
    assert np.array_equal(run(small, x)[0], alone)


def test_a_row_of_nothing_stays_nothing() -> None:
    small = linear()
    in_bytes(small)
    assert not run(small, np.zeros((2, *SHAPE), np.float32)).any()


def test_the_first_directions_are_exact() -> None:
    """What lies in them alone comes out as before."""
    model, small = linear(), linear()
    basis = onnx.numpy_helper.to_array(model.graph.initializer[0])
    in_bytes(small)
    x = (basis[:, :KEPT] @ np.ones(KEPT)).astype(np.float32).reshape(1, *SHAPE)
    assert run(small, x) == pytest.approx(run(model, x), abs=2e-3)


@pytest.mark.parametrize("operator", ["MatMul", "Add"])
def test_a_matrix_that_serves_another_end_stays(operator: str) -> None:
    """As the first factor, or in a sum."""
    model = linear()
    inputs = ["basis", "square"] if operator == "MatMul" else ["basis", "one"]
    model.graph.initializer.extend([constant("square", np.eye(COUNT)), constant("one", 1.0)])
    model.graph.node.append(helper.make_node(operator, inputs, ["more"]))
    in_bytes(model)
    assert "basis" in {tensor.name for tensor in model.graph.initializer}


def test_small_matrices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "LEAST", SIDE * COUNT + 1)
    model = linear()
    in_bytes(model)
    assert "basis" in {tensor.name for tensor in model.graph.initializer}
