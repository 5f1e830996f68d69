"""Thousands of altered bundles, each with a name of its own: the same ones every time."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from desktop_app.runtime.manifest import MANIFEST

Files = dict[str, bytes]
Case = tuple[str, Callable[[Path], Path]]
"""What was altered, and what writes it at a place and returns where it lies."""

NAMES = (
    "../out.txt", "/tmp/out.txt", "..\\out.onnx", "C:\\out.onnx", "a/../../out.onnx", "bundle.json", "README.md",
    "nul\0.onnx", "con.onnx", "x" * 300 + ".onnx", "run.py", "a.pkl", "", ".", "..", "ünï.onnx", "a\n.onnx", "denoiser.onnx",
    "./denoiser.onnx",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**40, 0.0, -0.5, 1e-320, 1e308, "", "x", "x" * 100_000, "../x",
    "/etc/passwd", "\0", "\ud800", "１２", "NaN", "1e999", [], [None], [[]] * 50, list(range(5000)), {}, {"": ""},
    {"x": {"x": {"x": 1}}},
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 255, 2**16, 2**31 - 1, -(2**31), 2**40, 2**62, -(2**63))


# ---------------------------------------------------------------- containers


def packed(files: Files) -> bytes:
    """The files as a zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def signed(files: Files) -> Files:
    """The same with a manifest whose hashes are true, as a liar's would be."""
    manifest = json.loads(files[MANIFEST])
    manifest["files"] = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != MANIFEST}
    return {**files, MANIFEST: json.dumps(manifest).encode()}


def as_file(content: bytes) -> Callable[[Path], Path]:
    """Writes one ``.gensmith`` file."""

    def write(place: Path) -> Path:
        path = place / "m.gensmith"
        path.write_bytes(content)
        return path

    return write


def as_folder(files: Files) -> Callable[[Path], Path]:
    """Writes a folder, over the one before: of its files only those that differ."""

    def write(place: Path) -> Path:
        folder = place / "m"
        folder.mkdir(exist_ok=True)
        for left in {path.name for path in folder.iterdir()} - set(files):
            (folder / left).unlink()
        for name, content in files.items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != content:
                path.write_bytes(content)
        return folder

    return write


# ---------------------------------------------------------------- bytes


def bytes_altered(content: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Flipped, cut, repeated, inserted, moved and zeroed."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        altered, done = bytearray(content), []
        for _ in range(int(rng.integers(1, 4))):
            place, length = int(rng.integers(0, max(1, len(altered)))), int(rng.geometric(0.05))
            kind = ("flip", "cut", "repeat", "insert", "zero", "end")[int(rng.integers(0, 6))]
            done.append(f"{kind} {length} at {place}")
            _alter(altered, kind, place, length, rng)
        yield f"{number}: {', '.join(done)}", bytes(altered)


def _alter(content: bytearray, kind: str, place: int, length: int, rng: np.random.Generator) -> None:
    stretch = slice(place, place + length)
    if kind == "flip" and content:
        content[place % len(content)] ^= 1 << int(rng.integers(0, 8))
    elif kind == "cut":
        del content[stretch]
    elif kind == "repeat":
        content[place:place] = content[stretch]
    elif kind == "insert":
        content[place:place] = rng.bytes(length)
    elif kind == "zero":
        content[stretch] = bytes(len(content[stretch]))
    elif kind == "end":
        del content[place:]


# ---------------------------------------------------------------- the zip's directory

LOCAL = (("version", 4, "H"), ("flags", 6, "H"), ("method", 8, "H"), ("crc", 14, "I"), ("packed", 18, "I"), ("size", 22, "I"),
         ("name length", 26, "H"), ("extra length", 28, "H"))  # fmt: skip
CENTRAL = (("made by", 4, "H"), ("version", 6, "H"), ("flags", 8, "H"), ("method", 10, "H"), ("crc", 16, "I"),
           ("packed", 20, "I"), ("size", 24, "I"), ("name length", 28, "H"), ("extra length", 30, "H"),
           ("comment length", 32, "H"), ("disk", 34, "H"), ("attributes", 38, "I"), ("offset", 42, "I"))  # fmt: skip
END = (("disk", 4, "H"), ("directory's disk", 6, "H"), ("entries here", 8, "H"), ("entries", 10, "H"),
       ("directory's size", 12, "I"), ("directory's offset", 16, "I"), ("comment length", 20, "H"))  # fmt: skip
LIES = (0, 1, 2, 8, 0x0801, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xA1FF0000, 0xFFFFFFFE, 0xFFFFFFFF)


def directories(files: Files) -> Iterator[tuple[str, bytes]]:
    """Every field of every header of the zip with every lie, and names that lead out or come twice."""
    content = packed(files)
    for signature, fields in ((b"PK\x03\x04", LOCAL), (b"PK\x01\x02", CENTRAL), (b"PK\x05\x06", END)):
        start = content.find(signature)
        while start >= 0:
            for name, offset, kind in fields:
                yield from _lies(content, start + offset, kind, f"{name} of {signature!r} at {start}")
            start = content.find(signature, start + 4)
    for old in files:
        for new in NAMES:
            fitted = new.encode("utf-8", "replace").ljust(len(old), b"x")[: len(old)]
            yield f"{old} called {new[:20]!r}", content.replace(old.encode(), fitted)
            yield f"{old} called {new[:20]!r} in the directory only", fitted.join(content.rsplit(old.encode(), 1))


def _lies(content: bytes, place: int, kind: str, name: str) -> Iterator[tuple[str, bytes]]:
    size = struct.calcsize(kind)
    for lie in {value & (2 ** (8 * size) - 1) for value in LIES}:
        yield f"{name} = {lie}", content[:place] + struct.pack(f"<{kind}", lie) + content[place + size :]


# ---------------------------------------------------------------- the manifest


def manifests(files: Files) -> Iterator[tuple[str, Files]]:
    """Every field of the manifest, however deep, missing, of another kind, huge, strange."""
    manifest = json.loads(files[MANIFEST])
    for path in _paths(manifest):
        yield f"without {path}", _saying(files, _put(manifest, path, None, remove=True))
        for value in VALUES:
            yield f"{path} = {str(value)[:30]!r}", _saying(files, _put(manifest, path, value))
    for name in NAMES:
        for role in ("denoiser", "generator", "decoder", "..", ""):
            yield f"graph {role!r} in {name[:20]!r}", _saying(files, {**manifest, "graphs": {role: name}})
        yield f"also {name[:20]!r}", _saying(files, {**manifest, "files": {**manifest["files"], name: "0" * 64}})


def _saying(files: Files, manifest: Any) -> Files:
    return {**files, MANIFEST: json.dumps(manifest).encode("utf-8", "surrogatepass")}


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield from _paths(inner, (*path, key))


def _put(whole: Any, path: tuple[Any, ...], value: Any, *, remove: bool = False) -> Any:
    if not path:
        return value
    whole = copy.deepcopy(whole)
    place = whole
    for key in path[:-1]:
        place = place[key]
    if remove:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return whole


# ---------------------------------------------------------------- the graph

OPERATORS = ("Loop", "Scan", "If", "RandomNormal", "ConstantOfShape", "Expand", "Tile", "Resize", "Range", "Pad", "Evil",
             "Einsum", "NonZero", "Where", "StringConcat", "SequenceAt", "Optional", "ImageDecoder", "DFT", "")  # fmt: skip
TEXTS = ("", "x", "com.evil", "../../secret", "a" * 5000, "sigma", "denoised", "\U0001f600", "-1")


def graphs(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Every field of the graph's protobuf, however deep: other numbers and texts, missing, twice, operators exchanged."""
    model = onnx.load_model_from_string(content)
    for number in range(len(model.graph.node)):
        for operator in OPERATORS:
            altered = copy.deepcopy(model)
            altered.graph.node[number].op_type = operator
            yield f"operator {number} is {operator!r}", altered.SerializeToString()
    for place, message in enumerate(_messages(model)):
        for field, _ in message.ListFields():
            for number, alter in enumerate(_alterations(field)):
                altered = copy.deepcopy(model)
                alter(list(_messages(altered))[place], field.name)
                yield f"message {place} {message.DESCRIPTOR.name}.{field.name} altered {number}", altered.SerializeToString()


def _is_repeated(field: FieldDescriptor) -> bool:
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED


def _messages(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            for inner in value if _is_repeated(field) else (value,):
                yield from _messages(inner)


def _alterations(field: FieldDescriptor) -> Iterator[Callable[[Message, str], None]]:
    yield lambda message, name: message.ClearField(name)
    if _is_repeated(field):
        yield lambda message, name: getattr(message, name).extend(list(getattr(message, name)))
    for value in _strange(field):
        yield lambda message, name, value=value: _set(message, name, value)


def _strange(field: FieldDescriptor) -> tuple[Any, ...]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        is_bytes = field.type == FieldDescriptor.TYPE_BYTES
        return tuple(text.encode() for text in TEXTS) if is_bytes else TEXTS
    if field.cpp_type == FieldDescriptor.CPPTYPE_INT64:
        return NUMBERS
    if field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_ENUM):
        return (0, 1, -1, 7, 8, 10, 16, 23, 2**31 - 1)
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        return (0.0, -1.0, 3e38, float("nan"), float("inf"))
    return ()


def _set(message: Message, name: str, value: Any) -> None:
    field = message.DESCRIPTOR.fields_by_name[name]
    if _is_repeated(field):
        getattr(message, name)[:] = [value, *list(getattr(message, name))[1:]]
    else:
        setattr(message, name, value)
