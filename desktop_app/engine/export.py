"""From a trained learner to a bundle that is proven to draw what the learner draws."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor

from desktop_app.engine.families.learner import Exportable, Graph, Learner
from desktop_app.engine.squares import drawn_in_squares
from desktop_app.engine.starting import note_weights
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import RunSpec
from desktop_app.runtime.bundle import Manifest, Request, open_bundle, write_bundle
from desktop_app.runtime.manifest import CONTACT_SHEET, Parity
from desktop_app.runtime.pictures import contact_sheet, enlarged

OPSET = 18
TOLERANCE = 1e-3
"""Largest difference allowed between ONNX and torch, relative to the largest output; 8-bit pictures resolve 8e-3."""
BATCHES = (1, 2, 5)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter speaks of its own affairs on every channel there is; what matters comes as exceptions."""
    level = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def to_onnx(graph: Graph) -> bytes:
    """Export a module with a free batch size; one self-contained file."""
    names = list(graph.inputs)
    batch = torch.export.Dim("batch", min=1, max=1024)
    with _quiet():
        program = torch.onnx.export(
            graph.module.eval(),
            tuple(graph.inputs.values()),
            input_names=names,
            output_names=list(graph.outputs),
            dynamic_shapes=tuple({0: batch} for _ in names),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    if program is None:
        raise GensmithError("The model could not be exported.", "Please report this with the details.", code=5)
    model = program.model_proto
    note_weights(model, dict(graph.module.named_parameters()))
    stream = io.BytesIO()
    onnx.save(model, stream)
    return stream.getvalue()


def parity(graph: Graph, content: bytes) -> Parity:
    """Run both at several batch sizes on the same inputs.

    Raises
    ------
    GensmithError
        They differ by more than :data:`TOLERANCE`.
    """
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    worst = 0.0
    for count in BATCHES:
        inputs = {name: _varied(value, count, generator) for name, value in graph.inputs.items()}
        with torch.no_grad():
            expected = graph.module(*inputs.values()).numpy()
        actual = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
        worst = max(worst, float(np.abs(actual - expected).max() / max(1.0, np.abs(expected).max())))
    if not worst <= TOLERANCE:
        raise GensmithError(f"The exported model differs from the trained one by {worst:.2g}.", "Train again.", code=5)
    return Parity(batch_sizes=list(BATCHES), max_abs_error=worst)


def _varied(example: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` rows like the example's: noise for grids, spread levels for scalars, its own rows for labels."""
    if example.ndim > 2:
        return torch.randn(count, *example.shape[1:], generator=generator)
    if example.ndim == 1:
        return torch.exp(torch.linspace(-5, 4, count) if count > 1 else torch.zeros(1))
    return example[torch.arange(count) % len(example)]


def export(
    learner: Learner,
    spec: RunSpec,
    folder: Path,
    *,
    classes: list[str],
    shape: tuple[int, int, int],
    items: int,
    repeat: int = 1,
    fraction: Callable[[float], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Write the bundle of a learner to ``folder``, prove it, and prove that it generates.

    Parameters
    ----------
    shape
        Channels, height and width of what the learner draws.
    repeat
        Side of the squares that the bundle draws every value of it as.
    fraction
        Told how far it is, 0 to 1.
    cancelled
        Asked before each part of the work.

    Raises
    ------
    GensmithError
        The export failed, or what was exported is not what was trained; ``folder`` is then as it was before.
    Cancelled
        ``cancelled`` said so; ``folder`` is as it was before.
    """

    def reached(share: float) -> None:
        fraction(share)
        if cancelled():
            raise Cancelled

    reached(0.0)
    parts = drawn_in_squares(learner.exportable(), repeat)
    reached(0.4)
    contents, proof = _proven(parts.graphs, lambda share: reached(0.4 + 0.4 * share))
    channels, height, width = shape
    large = (channels, height * repeat, width * repeat)
    manifest = _manifest(parts, spec, proof, classes=classes, shape=large, items=items)
    sheet = _sheet(enlarged(learner.sample(36, spec.seed, len(classes)), repeat))
    reached(0.95)
    write_bundle(folder, manifest, {**contents, CONTACT_SHEET: sheet})
    _prove_that_it_draws(folder, steps=4 if parts.sampler else None)


def _proven(graphs: dict[str, Graph], reached: Callable[[float], None]) -> tuple[dict[str, bytes | Path], Parity]:
    """The content of each graph's file, by the file's name, and the worst of their proofs."""
    contents: dict[str, bytes | Path] = {}
    proofs = []
    for place, (name, graph) in enumerate(graphs.items(), start=1):
        content = to_onnx(graph)
        proofs.append(parity(graph, content))
        contents[_file(name)] = content
        reached(place / len(graphs))
    return contents, max(proofs, key=lambda one: one.max_abs_error)


def _file(graph: str) -> str:
    return f"{graph}.onnx"


def _manifest(
    parts: Exportable, spec: RunSpec, proof: Parity, *, classes: list[str], shape: tuple[int, int, int], items: int
) -> Manifest:
    return Manifest(
        name=spec.project or spec.name,
        family=spec.family,
        shape=shape,
        classes=classes,
        sampler=parts.sampler,
        noise=parts.noise,
        latent=parts.latent,
        latent_shape=parts.latent_shape,
        graphs={name: _file(name) for name in parts.graphs},
        parity=proof,
        training_items=items,
        licence=spec.licence,
    )


def _prove_that_it_draws(bundle: Path, steps: int | None) -> None:
    if len(list(open_bundle(bundle).generate(Request(count=1, steps=steps)))) != 1:
        raise GensmithError("The exported model draws nothing.", "Train again.", code=5)


def _sheet(pictures: np.ndarray) -> bytes:
    stream = io.BytesIO()
    contact_sheet(pictures, 6, scale=max(1, 96 // pictures.shape[1])).save(stream, "PNG")
    return stream.getvalue()
