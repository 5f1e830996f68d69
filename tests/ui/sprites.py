"""A trained project without the training: sprites of the sample, a small real model of them, a real evaluation.

The model is the ideal denoiser of the training pictures (Karras et al. 2022, equation 57), held back so that it mixes
near pictures instead of repeating them: an ONNX graph of a few operators that draws something worth looking at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from desktop_app.data import open_encoded
from desktop_app.data.sprites import KINDS, draw
from desktop_app.evaluation import Judge, evaluate
from desktop_app.jobs.journey import prepare_data
from desktop_app.project.runs import Finished, Planned, Run, RunSpec, Started, create_run
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Manifest, Request, describe, open_bundle, write_bundle
from desktop_app.runtime.manifest import Parity
from desktop_app.runtime.sampling import Sampler

SIDE = 16


def _graph(nodes: list[onnx.NodeProto], inputs: list, outputs: list, weights: dict[str, NDArray]) -> bytes:
    initial = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _value(name: str, *extents: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, extents)


def denoiser(pictures: NDArray[np.uint8], labels: NDArray[np.int64], classes: int) -> bytes:
    """D(x; σ) = Σ softmax(−‖x − yᵢ‖² / 2 max(σ, σ₀)²) yᵢ over pictures yᵢ of the class, as ONNX."""
    rows = pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1).astype(np.float32) / 127.5 - 1
    kinds = np.eye(classes, dtype=np.float32)[labels] if classes else np.zeros((len(rows), 0), np.float32)
    shape = (3, SIDE, SIDE)
    weights = {
        "rows": rows, "rows_t": rows.T.copy(), "squares": (rows**2).sum(1)[None], "two": np.float32(2),
        "floor": np.float32(4.6), "flat": np.array([0, -1]), "shape": np.array([0, *shape]), "column": np.array([-1, 1]),
    }  # fmt: skip
    nodes = [
        helper.make_node("Reshape", ["x", "flat"], ["xf"]),
        helper.make_node("Max", ["sigma", "floor"], ["level"]),
        helper.make_node("Reshape", ["level", "column"], ["level1"]),
        helper.make_node("MatMul", ["xf", "rows_t"], ["dot"]),
        helper.make_node("Mul", ["dot", "two"], ["dot2"]),
        helper.make_node("Sub", ["dot2", "squares"], ["near"]),
        helper.make_node("Mul", ["level1", "level1"], ["variance"]),
        helper.make_node("Mul", ["variance", "two"], ["variance2"]),
        helper.make_node("Div", ["near", "variance2"], ["score"]),
        helper.make_node("Softmax", ["told"], ["share"], axis=1),
        helper.make_node("MatMul", ["share", "rows"], ["mean"]),
        helper.make_node("Reshape", ["mean", "shape"], ["denoised"]),
    ]
    inputs = [_value("x", "B", *shape), _value("sigma", "B")]
    if classes:
        weights |= {"kinds_t": (kinds.T * 60).copy()}
        tell = [
            helper.make_node("MatMul", ["labels", "kinds_t"], ["bonus"]),
            helper.make_node("Add", ["score", "bonus"], ["told"]),
        ]
        inputs.append(_value("labels", "B", classes))
    else:
        tell = [helper.make_node("Identity", ["score"], ["told"])]
    return _graph([*nodes[:9], *tell, *nodes[9:]], inputs, [_value("denoised", "B", *shape)], weights)


def judge(pictures: NDArray[np.uint8], labels: NDArray[np.int64], classes: int) -> bytes:
    """Nearest class mean as ONNX: features are mixtures of the pixels, logits grow with the closeness to the mean."""
    rows = pictures.transpose(0, 3, 1, 2).reshape(len(pictures), -1).astype(np.float32) / 127.5 - 1
    mixture = np.random.default_rng(0).standard_normal((rows.shape[1], 24)).astype(np.float32)
    weights: dict[str, NDArray] = {"flat": np.array([0, -1]), "mixture": mixture}
    nodes = [
        helper.make_node("Reshape", ["pictures", "flat"], ["pixels"]),
        helper.make_node("MatMul", ["pixels", "mixture"], ["features"]),
    ]
    outputs = [_value("features", "B", 24)]
    if classes:
        means = np.stack([rows[labels == kind].mean(0) for kind in range(classes)])
        weights |= {"means": (2 * means.T).copy(), "squares": (means**2).sum(1)[None]}
        nodes += [
            helper.make_node("MatMul", ["pixels", "means"], ["dot"]),
            helper.make_node("Sub", ["dot", "squares"], ["logits"]),
        ]
        outputs.append(_value("logits", "B", classes))
    return _graph(nodes, [_value("pictures", "B", 3, SIDE, SIDE)], outputs, weights)


def new_project(folder: Path, per_kind: int = 70, *, classes: bool = True, name: str = "Sprites") -> Project:
    """A project of the sample's sprites, imported and encoded by the real data step; close it."""
    project = Project.create(folder, name)
    source = folder / "pictures"
    for kind in KINDS:
        target = source / kind if classes else source
        target.mkdir(parents=True, exist_ok=True)
        for number in range(per_kind):
            Image.fromarray(draw(kind, number)).save(target / f"{kind}_{number:04}.png", compress_level=1)
    project.change("objective", output="images", purpose="sprites")
    project.change("data", held_out=0.2)
    prepare_data(project, [str(source)])
    project.change("architecture", family="diffusion")
    return project


def train(project: Project, name: str = "Sprites", *, steps: int = 10) -> Run:
    """A finished run with a bundle, as the engine leaves it; not judged yet."""
    folder = project.encoded_folder
    assert folder is not None
    items, labels, aside, classes = _arrays(folder)
    spec = RunSpec(name=name, project=project.document.name, data=f"../../data/{folder.name}", family="diffusion", minutes=5)
    run = create_run(project.runs_folder, spec)
    manifest = Manifest(
        name=name, shape=(3, SIDE, SIDE), classes=classes, graphs={"denoiser": "denoiser.onnx"},
        sampler=Sampler(steps=steps, sigma_max=40), parity=Parity(batch_sizes=[1, 3, 16], max_abs_error=2.4e-6),
        training_items=int((~aside).sum()),
    )  # fmt: skip
    write_bundle(run.bundle_folder, manifest, {"denoiser.onnx": denoiser(items[~aside], labels[~aside], len(classes))})
    tell(run, [
        Started(pid=1, device="cpu", threads=1, parameters=1, batch_size=8, held_out_items=int(aside.sum()), training_items=9),
        Planned(total_items=100, network="small"),
        Finished(step=100),
    ])  # fmt: skip
    return run


def tell(run: Run, events: list) -> None:
    """Append events to a run, as its engine would."""
    with run.events_file.open("ab") as stream:
        stream.writelines(event.model_dump_json().encode() + b"\n" for event in events)


def assess(run: Run, count: int = 120) -> None:
    """Draw from the run's bundle and judge it, as the engine does."""
    items, labels, aside, classes = _arrays(run.data_folder)
    drawn = list(open_bundle(run.bundle_folder).generate(Request(count=count, seed=1), batch=64))
    generated = np.stack([picture.array for picture in drawn])
    asked = np.array([classes.index(picture.label) if picture.label else -1 for picture in drawn], np.int64)
    graph = judge(items[~aside], labels[~aside], len(classes))
    keys = open_encoded(run.data_folder).keys
    report = evaluate(
        training=items[~aside], training_labels=labels[~aside], held_out=items[aside], held_out_labels=labels[aside],
        generated=generated, generated_labels=asked, classes=classes, keys=[keys[i] for i in np.flatnonzero(~aside)],
        run=run.name, judge=Judge(graph),
    )  # fmt: skip
    folder = run.folder / "evaluation"
    folder.mkdir(exist_ok=True)
    np.save(folder / "generated.npy", generated)
    np.save(folder / "generated_labels.npy", asked)
    (folder / "judge.onnx").write_bytes(graph)
    report.save(run.report_file)
    describe(run.bundle_folder, metrics=report.metrics())


def _arrays(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_], list[str]]:
    encoded = open_encoded(folder)
    return np.asarray(encoded.items), encoded.labels, encoded.held_out, encoded.classes
