"""Real little pictures for the measures: handwritten digits, and shapes of any size drawn in numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from desktop_app.project.resources import resource

UInt8 = NDArray[np.uint8]


def digits() -> tuple[UInt8, NDArray[np.int64]]:
    """The 1,797 handwritten digits that ship with Gensmith, shuffled: (N, 8, 8, 1) and which digit each is."""
    with np.load(resource("samples/digits.npz")) as stored:
        images, labels = stored["images"], stored["labels"]
    order = np.random.default_rng(0).permutation(len(labels))
    return images[order][..., None], labels[order].astype(np.int64)


def shapes(count: int, seed: int, *, side: int = 16, channels: int = 1, kinds: int = 4) -> tuple[UInt8, NDArray[np.int64]]:
    """Pictures (N, side, side, channels) and their kinds, which come in turn."""
    rng = np.random.default_rng([seed, 77])
    labels = np.arange(count) % kinds
    y, x = np.mgrid[0:side, 0:side] / side
    pictures = np.zeros((count, side, side, channels))
    for number, kind in enumerate(labels):
        cx, cy = rng.uniform(0.3, 0.7, 2)
        radius, ink = rng.uniform(0.15, 0.35), rng.uniform(0.5, 1, channels)
        dx, dy = np.abs(x - cx), np.abs(y - cy)
        away = [
            np.hypot(dx, dy), np.maximum(dx, dy), np.minimum(dx, dy) + 0.6 * (np.maximum(dx, dy) > radius),
            0.25 + np.abs(np.hypot(dx, dy) - 0.8 * radius),
        ][kind]  # fmt: skip
        level = [radius, radius, 0.35 * radius, 0.25 + 0.25 * radius][kind]
        pictures[number] = np.clip((level - away) * side + 0.5, 0, 1)[..., None] * ink
    return np.rint(255 * pictures).astype(np.uint8), labels.astype(np.int64)


def blurred(pictures: UInt8, times: int = 1) -> UInt8:
    """Pictures under a [1, 2, 1] filter in both directions."""
    soft = pictures.astype(float)
    for _ in range(times):
        for axis in (1, 2):
            soft = (np.roll(soft, 1, axis) + 2 * soft + np.roll(soft, -1, axis)) / 4
    return np.rint(soft).astype(np.uint8)


def noisy(pictures: UInt8, spread: float, seed: int = 0) -> UInt8:
    """Pictures with Gaussian noise of so many levels of 255."""
    rng = np.random.default_rng(seed)
    return np.clip(np.rint(pictures + rng.normal(0, spread, pictures.shape)), 0, 255).astype(np.uint8)


def linear_judge(pictures: UInt8, labels: NDArray[np.int64], kinds: int, *, features: int = 24) -> bytes:
    """A real judge without training: random tanh features and the classifier that fits them best in least squares."""
    shape = pictures.transpose(0, 3, 1, 2).shape[1:]
    rng = np.random.default_rng(0)
    hidden = 256
    x = pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1) / 127.5 - 1
    first = rng.standard_normal((x.shape[1], hidden)) / np.sqrt(x.shape[1])
    h = np.tanh(2 * (x - x.mean(axis=0)) @ first)
    shift = -2 * x.mean(axis=0) @ first
    target = np.eye(kinds)[labels] if kinds else np.zeros((len(x), 1))
    last = np.linalg.solve(h.T @ h + 0.05 * np.eye(hidden), h.T @ target)
    weights = {
        "first": 2 * first, "shift": shift, "small": rng.standard_normal((hidden, features)) / 16, "last": last
    }  # fmt: skip
    nodes = [
        helper.make_node("Flatten", ["pictures"], ["flat"]), helper.make_node("Gemm", ["flat", "first", "shift"], ["h0"]),
        helper.make_node("Tanh", ["h0"], ["h"]), helper.make_node("MatMul", ["h", "small"], ["features"]),
    ]  # fmt: skip
    outputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["b", features])]
    if kinds:
        nodes.append(helper.make_node("MatMul", ["h", "last"], ["logits"]))
        outputs.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", kinds]))
    taken = [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["b", *shape])]
    stored = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "judge", taken, outputs, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString()


def disguised(pictures: UInt8, how: str, seed: int = 0) -> UInt8:
    """Pictures mirrored, shifted by two pixels, slightly re-coloured, or all of it."""
    rng = np.random.default_rng(seed)
    changed = pictures.astype(float)
    if how in ("mirrored", "all of it"):
        changed = changed[:, :, ::-1]
    if how in ("shifted", "all of it"):
        rows = np.clip(np.arange(changed.shape[1]) - 2, 0, None)
        columns = np.clip(np.arange(changed.shape[2]) + 2, None, changed.shape[2] - 1)
        changed = changed[:, rows][:, :, columns]
    if how in ("recoloured", "all of it"):
        shape = (len(changed), 1, 1, changed.shape[-1])
        changed = rng.uniform(0.9, 1.1, shape) * changed + rng.uniform(-12, 12, shape)
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)
