"""Checking an ONNX graph before it is run: only plain arithmetic on the declared inputs, all of it inside the file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import onnx

from desktop_app.runtime.manifest import damaged

MAX_ELEMENTS = 2**28
"""Largest array that a graph may make for one picture (1 GiB of float32)."""
_REFUSED = frozenset({
    "Loop", "Scan", "SequenceMap",  # could run for ever
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial",  # no seed of ours
})  # fmt: skip
Extent = Sequence[int | None]


def check_graph(content: bytes, where: str, inputs: dict[str, Extent], output: str) -> None:
    """Refuse a graph that is not what the manifest says, or that could do more than arithmetic.

    Parameters
    ----------
    inputs
        Extent of every input by name, all float32; None where any number of pictures may stand.
    output
        Name that must be among the outputs.

    Raises
    ------
    GensmithError
        It is damaged, keeps weights in other files, calls operators that are not ONNX's own, makes huge arrays, or takes
        other inputs.
    """
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's DecodeError, which this project does not depend on by name
        raise damaged(where, "a graph cannot be read") from error
    if model.functions:
        raise damaged(where, "a graph brings functions of its own")
    for graph in _graphs(model.graph):
        _check_nodes(graph, where)
        _check_weights(graph, len(content), where)
    _check_inputs(model.graph, where, inputs, output)
    _check_sizes(model, where)


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and those inside its nodes; protobuf itself bounds the nesting."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _graphs(inner)


def _check_nodes(graph: onnx.GraphProto, where: str) -> None:
    for node in graph.node:
        if node.domain not in ("", "ai.onnx"):
            raise damaged(where, f"a graph calls {node.domain[:40]}.{node.op_type[:40]}, which is not ONNX's own")
        if node.op_type in _REFUSED:
            raise damaged(where, f"a graph calls {node.op_type}, which no model here needs")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from ([attribute.t] if attribute.HasField("t") else [])
            yield from attribute.tensors
            for sparse in (
                *([attribute.sparse_tensor] if attribute.HasField("sparse_tensor") else []),
                *attribute.sparse_tensors,
            ):
                yield from (sparse.values, sparse.indices)


def _check_weights(graph: onnx.GraphProto, size: int, where: str) -> None:
    for tensor in _tensors(graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise damaged(where, "a graph keeps weights in another file")
        if any(extent < 0 for extent in tensor.dims) or math.prod(tensor.dims) > 2 * size:
            raise damaged(where, "a graph declares more weights than it holds")
    for sparse in graph.sparse_initializer:
        if any(extent < 0 for extent in sparse.dims) or math.prod(sparse.dims) > MAX_ELEMENTS:
            raise damaged(where, "a graph declares a huge array")


def _check_inputs(graph: onnx.GraphProto, where: str, inputs: dict[str, Extent], output: str) -> None:
    weights = {tensor.name for tensor in graph.initializer}
    taken = {value.name: value.type.tensor_type for value in graph.input if value.name not in weights}
    if set(taken) != set(inputs):
        raise damaged(where, f"a graph takes {', '.join(sorted(taken))[:80]} instead of {', '.join(inputs)}")
    for name, extents in inputs.items():
        if taken[name].elem_type != onnx.TensorProto.FLOAT or not _fits(taken[name].shape, extents):
            raise damaged(where, f"a graph takes {name} in another shape than the manifest says")
    if output not in {value.name for value in graph.output}:
        raise damaged(where, f"a graph has no output {output}")


def _fits(shape: onnx.TensorShapeProto, extents: Extent) -> bool:
    """Same rank; fixed where the manifest is, free where it is free."""
    if len(shape.dim) != len(extents):
        return False
    return all(
        not dim.HasField("dim_value") if extent is None else not dim.HasField("dim_value") or dim.dim_value == extent
        for dim, extent in zip(shape.dim, extents, strict=True)
    )


def _check_sizes(model: onnx.ModelProto, where: str) -> None:
    """Infer the shapes for one picture, and refuse arrays that would fill the memory. Alters ``model``."""
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if not dim.HasField("dim_value"):
                dim.dim_value = 1
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) > 4096:  # weights tell nothing about shapes, and copying them would take time
            tensor.ClearField("raw_data")
    del model.graph.value_info[:]
    try:
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except Exception as error:  # onnx raises its own kinds and bare RuntimeErrors
        raise damaged(where, "the shapes of a graph do not fit together") from error
    for value in (*inferred.graph.value_info, *inferred.graph.output):
        extents = [dim.dim_value for dim in value.type.tensor_type.shape.dim if dim.HasField("dim_value")]
        if any(extent < 0 for extent in extents) or math.prod(extents) > MAX_ELEMENTS:
            raise damaged(where, "a graph makes a huge array")
