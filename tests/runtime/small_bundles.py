"""Real bundles, small enough to be made in a test: graphs built by hand, with known answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from desktop_app.runtime.bundle import Manifest, write_bundle
from desktop_app.runtime.sampling import Sampler

SPREAD, MEAN = 0.5, 0.2
"""σd and µ of the Gaussian whose denoiser is known."""


def constant(name: str, value: Any, kind: Any = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(value, kind), name)


def model(
    nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], shape: tuple[int, int, int], classes: int = 0
) -> onnx.ModelProto:
    """A denoiser's graph around ``nodes``."""
    inputs = {"x": ["b", *shape], "sigma": ["b"]} | ({"labels": ["b", classes]} if classes else {})
    taken = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in inputs.items()]
    given = [helper.make_tensor_value_info("denoised", TensorProto.FLOAT, ["b", *shape])]
    graph = helper.make_graph(nodes, "denoiser", taken, given, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def gaussian(shape: tuple[int, int, int] = (1, 8, 8), classes: int = 0) -> onnx.ModelProto:
    """D(x; σ) = (σd² x + σ² µ) / (σd² + σ²), exact for N(µ, σd²); with classes µ is shifted by the class number."""
    nodes = [
        helper.make_node("Reshape", ["sigma", "column"], ["s"]),
        helper.make_node("Mul", ["s", "s"], ["s2"]),
        helper.make_node("Mul", ["x", "d2"], ["dx"]),
    ]
    mean = "mean"
    if classes:
        nodes += [
            helper.make_node("MatMul", ["labels", "shifts"], ["shift"]),
            helper.make_node("Reshape", ["shift", "column"], ["shifted"]),
            helper.make_node("Add", ["mean", "shifted"], ["means"]),
        ]
        mean = "means"
    nodes += [
        helper.make_node("Mul", ["s2", mean], ["sm"]),
        helper.make_node("Add", ["dx", "sm"], ["top"]),
        helper.make_node("Add", ["s2", "d2"], ["bottom"]),
        helper.make_node("Div", ["top", "bottom"], ["denoised"]),
    ]
    weights = [constant("column", [-1, 1, 1, 1], np.int64), constant("d2", SPREAD**2), constant("mean", MEAN)]
    if classes:
        weights.append(constant("shifts", np.arange(classes).reshape(-1, 1) * 0.1))
    return model(nodes, weights, shape, classes)


def network(shape: tuple[int, int, int] = (3, 16, 16), width: int = 24) -> onnx.ModelProto:
    """A random network with the operators of a real one: the last bits of a logarithm depend on where in a row it is taken."""
    channels, height, side = shape
    rng = np.random.default_rng(0)
    flat = channels * height * side

    def weight(name: str, *dims: int) -> onnx.TensorProto:
        return constant(name, rng.standard_normal(dims) / np.sqrt(np.prod(dims[1:])))

    nodes = [
        helper.make_node("Conv", ["x", "w1"], ["h1"], pads=[1, 1, 1, 1]),
        helper.make_node("Tanh", ["h1"], ["h2"]),
        helper.make_node("Conv", ["h2", "w2"], ["h3"], pads=[1, 1, 1, 1]),
        helper.make_node("Flatten", ["x"], ["f1"]),
        helper.make_node("Gemm", ["f1", "w3"], ["f2"], transB=1),
        helper.make_node("Tanh", ["f2"], ["f3"]),
        helper.make_node("Gemm", ["f3", "w4"], ["f4"], transB=1),
        helper.make_node("Reshape", ["f4", "grid"], ["f5"]),
        helper.make_node("Add", ["h3", "f5"], ["sum"]),
        helper.make_node("Log", ["sigma"], ["level"]),
        helper.make_node("Reshape", ["level", "column"], ["levels"]),
        helper.make_node("Mul", ["sum", "levels"], ["product"]),
        helper.make_node("Tanh", ["product"], ["denoised"]),
    ]
    weights = [
        weight("w1", width, channels, 3, 3), weight("w2", channels, width, 3, 3), weight("w3", 160, flat),
        weight("w4", flat, 160), constant("grid", [-1, *shape], np.int64),
        constant("column", [-1, 1, 1, 1], np.int64),
    ]  # fmt: skip
    return model(nodes, weights, shape)


def manifest(shape: tuple[int, int, int] = (1, 8, 8), classes: int = 0, **changes: Any) -> Manifest:
    names = [f"kind {number}" for number in range(classes)]
    values = {"name": "Small", "shape": shape, "classes": names, "graphs": {"denoiser": "denoiser.onnx"}}
    if "generator" not in changes.get("graphs", {}):
        values["sampler"] = Sampler()
    return Manifest(**(values | changes))


def write(folder: Path, graph: onnx.ModelProto | None = None, **changes: Any) -> Path:
    """Write a bundle of ``graph`` (the Gaussian's denoiser) to ``folder``."""
    described = manifest(**changes)
    graph = graph or gaussian(described.shape, len(described.classes))
    write_bundle(folder, described, {"denoiser.onnx": graph.SerializeToString()})
    return folder


def write_one_pass(
    folder: Path, *, latent: int = 6, classes: int = 0, encoder: bool = False, prior: bool = False, **changes: Any
) -> Path:
    """Write a bundle that draws in one pass, tanh(z W + labels V), to ``folder``; with a prior, z = noise P."""
    parts = ["generator", *(["encoder"] if encoder else []), *(["prior"] if prior else [])]
    roles = {part: f"{part}.onnx" for part in parts}
    values = {"classes": classes, "family": "gan", "graphs": roles, "noise": latent + prior, "latent": latent} | changes
    described = manifest(**values)
    shape, rng = described.shape, np.random.default_rng(0)
    flat = int(np.prod(shape))
    nodes = [helper.make_node("MatMul", ["z", "w"], ["drawn"])]
    weights = [constant("w", rng.standard_normal((latent, flat))), constant("grid", [-1, *shape], np.int64)]
    if classes:
        nodes += [helper.make_node("MatMul", ["labels", "v"], ["kind"]), helper.make_node("Add", ["drawn", "kind"], ["sum"])]
        weights.append(constant("v", rng.standard_normal((classes, flat))))
    nodes += [
        helper.make_node("Tanh", ["sum" if classes else "drawn"], ["bounded"]),
        helper.make_node("Reshape", ["bounded", "grid"], ["picture"]),
    ]
    taken: dict[str, list[int | str]] = {"z": ["b", latent]} | ({"labels": ["b", classes]} if classes else {})
    files = {"generator.onnx": _graph(nodes, taken, {"picture": ["b", *shape]}, weights)}
    if encoder:
        inputs = {"picture": ["b", *shape]} | ({"labels": ["b", classes]} if classes else {})
        encode = [helper.make_node("Flatten", ["picture"], ["row"]), helper.make_node("MatMul", ["row", "u"], ["z"])]
        turned = constant("u", rng.standard_normal((flat, latent)))
        files["encoder.onnx"] = _graph(encode, inputs, {"z": ["b", latent]}, [turned])
    if prior:
        mixed = constant("p", rng.standard_normal((latent + 1, latent)) / np.sqrt(latent + 1))
        node = helper.make_node("MatMul", ["noise", "p"], ["z"])
        labels = {"labels": ["b", classes]} if classes else {}
        files["prior.onnx"] = _graph([node], {"noise": ["b", latent + 1]} | labels, {"z": ["b", latent]}, [mixed])
    write_bundle(folder, described, {name: graph.SerializeToString() for name, graph in files.items()})
    return folder


def _graph(
    nodes: list[onnx.NodeProto], taken: dict[str, Any], given: dict[str, Any], weights: list[onnx.TensorProto]
) -> onnx.ModelProto:
    inputs, outputs = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in ports.items()]
        for ports in (taken, given)
    )
    graph = helper.make_graph(nodes, "graph", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


QUICK = Sampler(steps=8)
