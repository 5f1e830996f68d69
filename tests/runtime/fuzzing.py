"""Opens every altered bundle in this process and ends with a line of JSON: what came of it, and how long and how much it took.

    python -m tests.runtime.fuzzing FOLDER

A process of its own: a crash is then told from a failure, the memory is this work's alone, and whatever it writes, starts or
loads while it opens is noticed by Python's own audit events.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from desktop_app.project.errors import GensmithError
from desktop_app.runtime.archive import read_bundle
from desktop_app.runtime.bundle import Manifest, Request, open_bundle, pack
from tests.runtime import mutations
from tests.runtime.mutations import Case, Files, as_file, as_folder, signed
from tests.runtime.small_bundles import write, write_one_pass

Content = tuple[Manifest, dict[str, bytes]]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.system",
             "os.exec", "subprocess.Popen", "socket.connect", "socket.getaddrinfo", "pickle.find_class", "ctypes.dlopen",
             "shutil.copyfile", "tempfile.mkstemp", "tempfile.mkdtemp")  # fmt: skip
BYTES, GRAPH_BYTES = 1200, 300


class Watch:
    """What was done while it watched that opening has no business with."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._listen)

    def _listen(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and (event in FORBIDDEN or (event == "open" and (arguments[2] or 0) & WRITING)):
            self.seen.append(f"{event} {arguments!r}"[:300])

    @contextlib.contextmanager
    def opening(self) -> Iterator[None]:
        """Watch while a bundle is opened."""
        self.on = True
        try:
            yield
        finally:
            self.on = False


@dataclass
class Found:
    """What came of a kind of alteration: how many, how they ended, and each that ended as none may."""

    count: int = 0
    ended: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


def cases(files: Files, whole: bytes) -> Iterator[tuple[str, Case, bool]]:
    """(kind, case, whether it must say what the sound one says, if it opens)."""
    for what, content in mutations.bytes_altered(whole, BYTES, seed=1):
        yield "bytes", (what, as_file(content)), True
    for what, content in mutations.directories(files):
        yield "directory", (what, as_file(content)), True
    for what, altered in mutations.manifests(files):
        yield "manifest", (what, as_folder(altered)), False
    for graph in sorted(name for name in files if name.endswith(".onnx")):
        altered_graphs = (mutations.graphs(files[graph]), mutations.bytes_altered(files[graph], GRAPH_BYTES, seed=2))
        for what, content in itertools.chain(*altered_graphs):
            yield "graph", (f"{graph}: {what}", as_folder(signed({**files, graph: content}))), False


def opened(path: Path, sound: Content | None, watch: Watch) -> str:
    """``opened``, ``refused``, or what is wrong with how it ended."""
    try:
        with watch.opening():
            open_bundle(path)
    except GensmithError as error:
        good = error.code in (2, 3) and error.remedy and len(error.message) < 600 and error.message.endswith(".")
        return "refused" if good else f"a poor refusal: {error!r}"
    except BaseException:
        return traceback.format_exc(limit=-3)
    if sound is not None and read_bundle(path) != sound:
        return "it opened and is another"
    return "opened"


def drawn(path: Path) -> str:
    """Let what was opened draw one picture in two strokes: ``drawn``, ``refused in use``, or what is wrong."""
    try:
        bundle = open_bundle(path)
        request = Request(count=1, steps=2 if bundle.manifest.sampler else None)
        return "drawn" if len(list(bundle.generate(request))) == 1 else "it drew nothing"
    except GensmithError:
        return "refused in use"
    except BaseException:
        return traceback.format_exc(limit=-3)


def fuzzed(folder: Path, source: Path, watch: Watch, progress: Path) -> dict[str, Found]:
    """Try every alteration of the bundle in ``source``."""
    found: dict[str, Found] = defaultdict(Found)
    sound = read_bundle(source)
    whole = pack(source, folder / "whole").read_bytes()
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    for kind, (what, write_at), same in cases(files, whole):
        path, one = write_at(folder), found[kind]
        progress.write_text(f"{source.name}, {kind}: {what}", encoding="utf-8", errors="replace")
        start = time.process_time()  # a busy machine is no defect
        ending = opened(path, sound if same else None, watch)
        if ending == "opened" and kind == "graph":
            ending = drawn(path)
        one.slowest = max(one.slowest, time.process_time() - start)
        one.count += 1
        one.ended[ending] = one.ended.get(ending, 0) + 1
        if ending not in ("opened", "refused", "drawn", "refused in use"):
            one.wrong.append(f"{what}: {ending}")
    return found


def main(words: list[str]) -> int:
    """Fuzz a model that draws in strokes and one that draws in one pass."""
    folder = Path(words[0])
    inside, progress = folder / "inside", folder / "progress.txt"
    inside.mkdir()
    sources = {
        "in strokes": write(folder / "in strokes", classes=2, shape=(1, 8, 8)),
        "in one pass": write_one_pass(folder / "in one pass", classes=2, encoder=True, prior=True),
    }
    for source in sources.values():
        list(open_bundle(source).generate(Request(count=1)))  # everything that is loaded once is loaded
    watch, before = Watch(), psutil.Process().memory_info().rss
    found = {name: fuzzed(inside, source, watch, progress) for name, source in sources.items()}
    told = {
        "found": {name: {kind: asdict(one) for kind, one in kinds.items()} for name, kinds in found.items()},
        "grown": (_peak() - before) / 2**20,
        "meddled": watch.seen,
        "left": sorted(path.relative_to(folder).as_posix() for path in folder.iterdir()),
        "around": sorted(path.name for path in folder.parent.iterdir()),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _peak() -> int:
    """The most memory that this process ever held, in bytes; what it holds now where the system does not say.

    Not by ``getrusage``: what it says of a child begins with what its parent held.
    """
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    except OSError:
        found = None
    return int(found[1]) * 1024 if found else int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
