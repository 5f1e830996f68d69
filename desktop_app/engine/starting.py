"""Starting from an earlier model: a run's best checkpoint, or the graphs of a bundle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors import SafetensorError
from torch import Tensor

from desktop_app.engine import checkpoints
from desktop_app.engine.squares import INSIDE
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run, is_run
from desktop_app.runtime.archive import read_bundle

WEIGHTS = "gensmith.weights"
"""Entry of a graph's metadata: where the exporter put the weights whose names it changed."""


def load(path: Path, family: str) -> dict[str, Tensor]:
    """Tensors of an earlier model, named as its checkpoint names them; of a bundle, the averaged ones.

    Raises
    ------
    GensmithError
        There is no such model, it is damaged, or it is of another kind.
    """
    if is_run(path):
        return _of_run(Run(path), family)
    if not path.exists():
        raise GensmithError(f"The model to start from, {path.name}, is no longer there.", "Choose another, or none.", code=3)
    return _of_bundle(path, family)


def _of_run(run: Run, family: str) -> dict[str, Tensor]:
    _same_kind(run.name, run.spec.family, family)
    best = checkpoints.best(run.checkpoints_folder)
    try:
        found = checkpoints.load(best)[1] if best else None
    except (OSError, ValueError, TypeError, SafetensorError):
        found = None
    if found is None and run.bundle_folder.is_dir():
        return _of_bundle(run.bundle_folder, family)
    if found is None:
        raise GensmithError(
            f"The run {run.name} has learned nothing that can be gone on from.", "Choose another, or none.", code=3
        )
    return found


def _of_bundle(path: Path, family: str) -> dict[str, Tensor]:
    manifest, files = read_bundle(path)
    _same_kind(manifest.name, manifest.family, family)
    if manifest.variant is not None:
        raise GensmithError(
            f"{manifest.name} is a smaller variant of a model, whose weights were rounded.", "Start from the model itself."
        )
    main = "denoiser" if "denoiser" in manifest.graphs else "generator"
    found: dict[str, Tensor] = {}
    for role, name in manifest.graphs.items():
        prefix = "average" if role == main else role
        found |= {f"{prefix}.{key.removeprefix(INSIDE)}": value for key, value in weights_of(files[name]).items()}
    return found


def _same_kind(name: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise GensmithError(
            f"{name} is a model of another kind ({found}), and this training is one of {wanted}.",
            "Start from one of the same kind.",
        )


def weights_of(content: bytes) -> dict[str, Tensor]:
    """Weights of an exported graph by their names in torch."""
    model = onnx.load_model_from_string(content)
    values = {tensor.name: tensor for tensor in model.graph.initializer}
    found = {name: _tensor(tensor) for name, tensor in values.items() if "." in name}
    entries = {entry.key: entry.value for entry in model.metadata_props}
    for name, (place, turned, shape) in json.loads(entries.get(WEIGHTS, "{}")).items():
        value = _tensor(values[place])
        found[name] = value.reshape(shape[::-1]).T.contiguous() if turned else value.reshape(shape)
    return found


def _tensor(value: onnx.TensorProto) -> Tensor:
    return torch.from_numpy(np.array(numpy_helper.to_array(value)))


def note_weights(model: onnx.ModelProto, parameters: dict[str, Tensor]) -> None:
    """Write into a graph's metadata where weights stand whose names the exporter changed when it folded constants."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    by_bytes: dict[bytes, str] = {value.tobytes(): name for name, value in values.items() if value.dtype == np.float32}
    places: dict[str, tuple[str, bool, list[int]]] = {}
    for name, parameter in parameters.items():
        value = parameter.detach().cpu().numpy()
        for turned, bytes_ in ((False, value.tobytes()), (True, value.T.tobytes())):
            if name not in values and bytes_ in by_bytes:
                places.setdefault(name, (by_bytes[bytes_], turned, list(value.shape)))
    if places:
        entry = model.metadata_props.add()
        entry.key, entry.value = WEIGHTS, json.dumps(places)
