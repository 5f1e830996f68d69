"""Bundles that are damaged or mean harm: refused in a sentence, before anything in them runs, with nothing written."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from onnx import helper

from desktop_app.project.errors import GensmithError
from desktop_app.runtime import session
from desktop_app.runtime.bundle import open_bundle, pack
from desktop_app.runtime.manifest import MANIFEST
from tests.runtime.small_bundles import constant, gaussian, write

Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening must never load a graph into onnxruntime."""

    def load(*_: Any, **__: Any) -> None:
        raise AssertionError("a graph was loaded while the bundle was still being checked")

    monkeypatch.setattr(session.onnxruntime, "InferenceSession", load)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The content of a sound bundle."""
    folder = write(tmp_path / "sound", classes=2)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def zipped(path: Path, files: Files, alter: Callable[[zipfile.ZipInfo], None] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            if alter:
                alter(member)
            archive.writestr(member, content)
    return path


def foldered(path: Path, files: Files) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


def signed(files: Files, /, **changes: Any) -> Files:
    """The same files with a manifest that is true of them, altered by ``changes``."""
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in files if name != MANIFEST}
    manifest |= changes
    return {**files, MANIFEST: json.dumps(manifest).encode()}


def refused(path: Path, words: str) -> None:
    """Opening says so, in one sentence with a remedy, and touches nothing."""
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(GensmithError, match=words) as caught:
        open_bundle(path)
    assert caught.value.remedy
    assert caught.value.code in (2, 3)
    assert len(caught.value.message) < 500
    assert sorted(path.parent.rglob("*")) == before


def refused_both_ways(tmp_path: Path, files: Files, words: str) -> None:
    refused(zipped(tmp_path / "m.gensmith", files), words)
    refused(foldered(tmp_path / "m", files), words)


def test_the_sound_bundle_opens(tmp_path: Path, files: Files) -> None:
    """So that the refusals below are due to what each of them alters."""
    assert open_bundle(zipped(tmp_path / "m.gensmith", files)).manifest.name == "Small"
    assert open_bundle(foldered(tmp_path / "m", signed(files))).manifest.name == "Small"


# ---------------------------------------------------------------- the container


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt", "/etc/out.txt", "C:\\out.txt", "..\\out.txt", "a/b.txt", "sub/", ".hidden.txt", "run.py", "model.pkl",
        "denoiser.onnx.data", "nul\0.txt", "ñ.txt", "a" * 200 + ".txt", "", "bundle.json.exe", "-rf.txt",
    ],
)  # fmt: skip
def test_names_that_lead_out_or_mean_programs(tmp_path: Path, files: Files, name: str) -> None:
    refused(zipped(tmp_path / "m.gensmith", {**files, name: b"x"}), "damaged or was tampered with")
    refused(zipped(tmp_path / "n.gensmith", signed({**files, name: b"x"})), "damaged or was tampered with")
    assert not (tmp_path.parent / "out.txt").exists()


def test_no_zip_at_all(tmp_path: Path) -> None:
    for content in (b"", b"PK", b"not a zip at all", b"PK\x05\x06" + bytes(18)):
        path = tmp_path / "m.gensmith"
        path.write_bytes(content)
        refused(path, "damaged")


def test_missing_and_wrong_places(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.gensmith", "There is no model")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", f"holds no {MANIFEST}")


def test_every_truncation_is_noticed(tmp_path: Path, files: Files) -> None:
    content = zipped(tmp_path / "whole.gensmith", files).read_bytes()
    path = tmp_path / "m.gensmith"
    for length in range(0, len(content), 41):
        path.write_bytes(content[:length])
        refused(path, "damaged")


def test_links_in_a_zip(tmp_path: Path, files: Files) -> None:
    def link(member: zipfile.ZipInfo) -> None:
        if member.filename == "README.md":
            member.external_attr = (stat.S_IFLNK | 0o777) << 16

    refused(zipped(tmp_path / "m.gensmith", files, link), "link")


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs rights there")
def test_links_and_pipes_in_a_folder(tmp_path: Path, files: Files) -> None:
    folder = foldered(tmp_path / "m", files)
    outside = tmp_path / "card.md"
    outside.write_bytes((folder / "README.md").read_bytes())
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(outside)
    refused(folder, "link")
    (folder / "README.md").unlink()
    os.mkfifo(folder / "README.md")
    refused(folder, "link or a folder")


def test_a_file_twice(tmp_path: Path, files: Files) -> None:
    path = zipped(tmp_path / "m.gensmith", files)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.md", "another")
    refused(path, "twice")


def test_bombs(tmp_path: Path, files: Files) -> None:
    refused(zipped(tmp_path / "m.gensmith", signed({**files, "zeros.txt": bytes(50_000_000)})), "huge size")
    many = {f"f{number}.txt": b"" for number in range(100)}
    refused(zipped(tmp_path / "n.gensmith", signed({**files, **many})), "103 files")


def test_sizes_that_lie(tmp_path: Path, files: Files) -> None:
    """The central directory declares 4 GiB for a small member, or too little for a large one."""
    content = zipped(tmp_path / "whole.gensmith", files).read_bytes()
    size = len(files["denoiser.onnx"]).to_bytes(4, "little")
    path = tmp_path / "m.gensmith"
    for lie in (b"\xfe\xff\xff\xff", b"\x01\0\0\0", b"\0\0\0\0"):
        assert size in content
        path.write_bytes(content.replace(size, lie))
        refused(path, "damaged")


def test_a_folder_with_a_sparse_giant(tmp_path: Path, files: Files) -> None:
    folder = foldered(tmp_path / "m", files)
    with (folder / "giant.txt").open("wb") as stream:
        stream.truncate(5 * 2**30)
    refused(folder, "larger than any model")


def test_what_file_managers_leave_behind_is_passed_over(tmp_path: Path, files: Files) -> None:
    folder = foldered(tmp_path / "m", files)
    (folder / ".DS_Store").write_bytes(b"junk")
    (folder / "Thumbs.db").write_bytes(b"junk")
    assert open_bundle(folder).manifest.name == "Small"
    with zipfile.ZipFile(pack(folder, tmp_path / "p")) as archive:
        assert len(archive.namelist()) == 3


# ---------------------------------------------------------------- the manifest


def test_changed_missing_and_extra_files(tmp_path: Path, files: Files) -> None:
    changed = {**files, "README.md": files["README.md"] + b"x"}
    refused_both_ways(tmp_path, changed, r"README\.md is not as it was written")
    missing = {name: content for name, content in files.items() if name != "README.md"}
    refused(zipped(tmp_path / "a.gensmith", missing), r"README\.md is missing")
    refused(zipped(tmp_path / "b.gensmith", {**files, "more.txt": b""}), r"more\.txt does not belong")
    graphless = signed({name: content for name, content in files.items() if name != "denoiser.onnx"})
    refused(zipped(tmp_path / "c.gensmith", graphless), r"graph denoiser\.onnx is missing")


def test_a_newer_format_is_refused_as_such(tmp_path: Path, files: Files) -> None:
    newer = signed(files, format_version=2, something={"new": 1})
    refused(zipped(tmp_path / "m.gensmith", newer), "newer Gensmith .format 2")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format_version": "x"}', b'{"format_version": 0}', b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
    ids=range(9),
)  # fmt: skip
def test_manifests_that_are_none(tmp_path: Path, files: Files, content: bytes) -> None:
    refused(foldered(tmp_path / "m", {**files, MANIFEST: content}), "damaged")


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [1, 10**9, 10**9]}, {"shape": [1, 0, 8]}, {"shape": [4, 8, 8]}, {"shape": [1, 8]}, {"shape": [1, -8, 8]},
        {"graphs": {}}, {"graphs": {"denoiser": "../denoiser.onnx"}}, {"graphs": {"denoiser": "/denoiser.onnx"}},
        {"classes": ["a", "a"]}, {"classes": [""]}, {"classes": ["x"] * 20_000}, {"unknown": 1}, {"name": ""},
        {"name": "x" * 10_000},
        {"value_range": [1, -1]}, {"value_range": [0, 1e300]}, {"value_range": ["a", 1]}, {"modality": "programs"},
        {"sampler": {"steps": 10**9}}, {"sampler": {"sigma_max": 1e308}}, {"sampler": {"solver": "exec"}},
        {"files": {"README.md": "0"}}, {"files": {"../README.md": "0" * 64}}, {"metrics": {"kid": {"value": "Infinity"}}},
        {"created": "never"}, {"training_items": -1},
    ],
    ids=str,
)  # fmt: skip
def test_manifests_that_claim_the_impossible(tmp_path: Path, files: Files, changes: dict[str, Any]) -> None:
    refused(zipped(tmp_path / "m.gensmith", signed(files, **changes)), "damaged")


# ---------------------------------------------------------------- the graph


def external(graph: onnx.ModelProto) -> None:
    weight = graph.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "../../secret"), ("length", "8")):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value


def foreign(graph: onnx.ModelProto) -> None:
    graph.graph.node[0].domain = "com.evil"
    graph.opset_import.append(helper.make_opsetid("com.evil", 1))


def own_function(graph: onnx.ModelProto) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    graph.functions.append(helper.make_function("own", "f", ["a"], ["b"], [node], [helper.make_opsetid("", 18)]))


def endless(graph: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    graph.graph.node.append(helper.make_node("Loop", ["", "", "x"], ["never"], body=body))


def hidden(graph: onnx.ModelProto) -> None:
    """A foreign operator two branches deep."""
    inner = helper.make_graph([helper.make_node("Evil", [], ["e"], domain="com.evil")], "inner", [], [])
    outer = helper.make_graph([helper.make_node("If", ["c"], ["f"], then_branch=inner, else_branch=inner)], "outer", [], [])
    graph.graph.node.append(helper.make_node("If", ["c"], ["g"], then_branch=outer, else_branch=outer))


def random_operator(graph: onnx.ModelProto) -> None:
    graph.graph.node.append(helper.make_node("RandomNormal", [], ["r"], shape=[2]))


def giant(graph: onnx.ModelProto) -> None:
    graph.graph.initializer.append(constant("dims", [2**20, 2**20], np.int64))
    graph.graph.node.append(helper.make_node("ConstantOfShape", ["dims"], ["giant"]))


def swollen(graph: onnx.ModelProto) -> None:
    graph.graph.initializer[0].dims[:] = [2**40]


def negative(graph: onnx.ModelProto) -> None:
    graph.graph.initializer[0].dims[:] = [-1]


def constant_external(graph: onnx.ModelProto) -> None:
    tensor = constant("t", [1.0])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    graph.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


def other_input(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].name = "picture"


def other_output(graph: onnx.ModelProto) -> None:
    graph.graph.output[0].name = "clean"


def fixed_batch(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def other_shape(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 512


def doubles(graph: onnx.ModelProto) -> None:
    graph.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE


def contradiction(graph: onnx.ModelProto) -> None:
    graph.graph.initializer.append(constant("wrong", np.ones((3, 5))))
    graph.graph.node.append(helper.make_node("MatMul", ["wrong", "wrong"], ["product"]))


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (external, "another file"), (constant_external, "another file"), (foreign, "com.evil"), (own_function, "functions"),
        (endless, "Loop"), (hidden, "com.evil"), (random_operator, "RandomNormal"), (giant, "huge array"),
        (swollen, "more weights"), (negative, "more weights"), (other_input, "takes"), (other_output, "no output"),
        (fixed_batch, "another shape"), (other_shape, "another shape"), (doubles, "another shape"),
        (contradiction, "fit together"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_graphs_that_do_more_than_arithmetic(tmp_path: Path, files: Files, alter, words: str) -> None:
    graph = gaussian(classes=2)
    alter(graph)
    refused_both_ways(tmp_path, signed({**files, "denoiser.onnx": graph.SerializeToString()}), words)


@pytest.mark.parametrize("content", [b"", b"\x00", b"not a graph", bytes(range(256)) * 20], ids=range(4))
def test_graphs_that_are_none(tmp_path: Path, files: Files, content: bytes) -> None:
    refused_both_ways(tmp_path, signed({**files, "denoiser.onnx": content}), "damaged")


def test_the_graph_of_another_model(tmp_path: Path, files: Files) -> None:
    graph = gaussian((3, 8, 8), classes=2).SerializeToString()
    refused_both_ways(tmp_path, signed({**files, "denoiser.onnx": graph}), "another shape")


# ---------------------------------------------------------------- fuzzing


@cache
def _sound() -> tuple[Files, bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name) / "sound", classes=2)
        packed = pack(folder, Path(name) / "m")
        return {path.name: path.read_bytes() for path in folder.iterdir()}, packed.read_bytes()


def mutated(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Replace stretches: (place, length, by what), places taken modulo the length."""
    for place, length, by in edits:
        place %= len(content) + 1
        content = content[:place] + by + content[place + length :]
    return content


EDITS = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 60), st.binary(max_size=60)), min_size=1, max_size=4)


def opens_the_same_or_is_refused(path: Path, files: Files) -> None:
    try:
        opened = open_bundle(path)
    except GensmithError as error:
        assert error.code in (2, 3)
    else:
        assert opened.manifest.files["denoiser.onnx"] == hashlib.sha256(files["denoiser.onnx"]).hexdigest()


@settings(max_examples=400)
@given(EDITS)
@example([(0, 10**6, b"")])
def test_no_mutation_of_a_file_gets_through(tmp_path_factory: pytest.TempPathFactory, edits) -> None:
    files, packed = _sound()
    path = tmp_path_factory.getbasetemp() / "fuzzed.gensmith"
    path.write_bytes(mutated(packed, edits))
    opens_the_same_or_is_refused(path, files)


@settings(max_examples=300)
@given(EDITS)
def test_no_mutation_of_a_graph_crashes_the_check(tmp_path_factory: pytest.TempPathFactory, edits) -> None:
    """The manifest agrees with the altered graph, as a liar's would."""
    files, _ = _sound()
    altered = signed({**files, "denoiser.onnx": mutated(files["denoiser.onnx"], edits)})
    path = zipped(tmp_path_factory.getbasetemp() / "fuzzed-graph.gensmith", altered)
    try:
        open_bundle(path)
    except GensmithError as error:
        assert error.code == 3


@settings(max_examples=300)
@given(EDITS)
def test_no_mutation_of_a_manifest_crashes_the_check(tmp_path_factory: pytest.TempPathFactory, edits) -> None:
    files, _ = _sound()
    path = zipped(
        tmp_path_factory.getbasetemp() / "fuzzed-manifest.gensmith", {**files, MANIFEST: mutated(files[MANIFEST], edits)}
    )
    opens_the_same_or_is_refused(path, files)
