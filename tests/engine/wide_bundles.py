"""A bundle whose network is wide enough for 8 bits, and small enough for a test."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from tests.runtime.small_bundles import QUICK, constant, model, write

SHAPE = (3, 8, 8)
INPUTS = {"x": (None, *SHAPE), "sigma": (None,)}


def wide(shape: tuple[int, int, int] = SHAPE, widths: tuple[int, ...] = (32, 32, 32)) -> onnx.ModelProto:
    """A denoiser of random convolutions that keeps near what it is given."""
    rng = np.random.default_rng(0)
    sides = [shape[0], *widths, shape[0]]
    nodes, weights, x = [], [], "x"
    for number, (inside, outside) in enumerate(pairwise(sides), 1):
        kernel = rng.standard_normal((outside, inside, 3, 3)) / np.sqrt(9 * inside)
        weights.append(constant(f"w{number}", kernel))
        nodes.append(helper.make_node("Conv", [x, f"w{number}"], [f"c{number}"], f"conv{number}", pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Tanh", [f"c{number}"], [f"t{number}"]))
        x = f"t{number}"
    weights.append(constant("column", [-1, 1, 1, 1], np.int64))
    weights.append(constant("tenth", 0.1))
    nodes += [
        helper.make_node("Reshape", ["sigma", "column"], ["levels"]),
        helper.make_node("Mul", ["levels", "tenth"], ["little"]),
        helper.make_node("Add", [x, "little"], ["denoised"]),
    ]
    return model(nodes, weights, shape)


def write_wide(folder: Path) -> Path:
    """A bundle folder with it, drawing in few strokes."""
    return write(folder, wide(), shape=SHAPE, sampler=QUICK)
