"""Smaller variants of a model: where they lie, which there are, making one in a process of its own (no Qt, no torch)."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from desktop_app.jobs import launch
from desktop_app.project.document import Precision
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.store import Project
from desktop_app.runtime.archive import read_manifest_of
from desktop_app.runtime.manifest import Manifest
from desktop_app.runtime.records import fingerprint
from desktop_app.runtime.variants import KINDS, Kind

SUFFIX = ".gensmith"
TITLES: dict[Precision, str] = {"fp32": "As it was trained", "fp16": "Half the size", "int8": "Small and fast"}
TERMS: dict[Precision, str] = {"fp32": "32-bit", "fp16": "16-bit weights", "int8": "8-bit convolutions"}
_MOMENT, _PATIENCE = 0.5, 5.0
"""Seconds that the process is given to end by itself, and when it is asked."""

Progress = Callable[[float, float, str], None]
"""Called with how much is done, of how much, and what is being done."""


def place(bundle: Path, kind: Kind) -> Path:
    """Where a variant of a bundle lies: a file beside it."""
    stem = bundle.name.removesuffix(SUFFIX)
    return bundle.absolute().with_name(f"{stem}.{kind}{SUFFIX}")


def there(bundle: Path) -> dict[Kind, Manifest]:
    """What the variants beside a bundle say of themselves; those that were made from another export are passed over."""
    found: dict[Kind, Manifest] = {}
    try:
        mark = fingerprint(read_manifest_of(bundle))
    except GensmithError:
        return found
    for kind in KINDS:
        try:
            manifest = read_manifest_of(place(bundle, kind))
        except GensmithError:
            continue
        if manifest.variant is not None and manifest.variant.of == mark and manifest.variant.kind == kind:
            found[kind] = manifest
    return found


def chosen(project: Project, run: Run) -> Path:
    """The bundle that a project draws with: the run's own, or the variant of it that was chosen, if it is there."""
    precision = project.document.deployment.variant
    if precision != "fp32" and precision in there(run.bundle_folder):
        return place(run.bundle_folder, precision)
    return run.bundle_folder


def make(
    bundle: Path,
    kind: Kind,
    target: Path | None = None,
    *,
    run: Run | None = None,
    progress: Progress = lambda done, total, message: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Manifest:
    """Make a variant of a bundle in a process of its own; what it says of itself.

    Parameters
    ----------
    target
        The file; beside the bundle when left out.
    run
        Whose pictures both are judged with; without it they are compared with each other alone.

    Raises
    ------
    GensmithError
        It was refused, or failed; nothing was written.
    Cancelled
        ``cancelled`` said so; nothing was written.
    """
    target = (target or place(bundle, kind)).absolute()
    unfinished = target.with_stem(f".{target.stem}-unfinished")  # the process may end before it hears that it was cancelled
    command = [*launch.self_command(), "engine", "shrink", str(bundle.absolute()), kind, str(unfinished)]
    try:
        with subprocess.Popen(
            [*command, *([str(run.folder)] if run else [])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=launch.engine_environment(),
        ) as process:  # fmt: skip
            made = _followed(process, progress, cancelled)
        unfinished.replace(target)
        return made
    finally:
        unfinished.unlink(missing_ok=True)


def _followed(process: subprocess.Popen[bytes], progress: Progress, cancelled: Callable[[], bool]) -> Manifest:
    assert process.stdout is not None and process.stderr is not None
    heard: queue.Queue[bytes | None] = queue.Queue()
    complaints: list[bytes] = []
    listeners = [_listening(process.stdout, heard.put), _listening(process.stderr, lambda line: complaints.append(line or b""))]
    try:
        for said in _said(heard, cancelled):
            if "done" in said:
                return Manifest.model_validate(said["done"])
            if "failed" in said:
                raise GensmithError(**said["failed"])
            progress(said["fraction"], 1.0, said["message"])
    finally:
        _ended(process)
        for listener in listeners:
            listener.join()
    details = b"".join(complaints).decode("utf-8", "replace")[-launch.LOG_TAIL :]
    raise GensmithError(
        "Making the model smaller ended unexpectedly.", "Close other programs and try again.", code=4, details=details
    )


def _listening(stream: IO[bytes], hear: Callable[[bytes | None], object]) -> threading.Thread:
    """A thread that reads lines until there are no more, then None: so that a wish to end is heard in between."""

    def read() -> None:
        for line in stream:
            hear(line)
        hear(None)

    thread = threading.Thread(target=read, name="variant")
    thread.start()
    return thread


def _said(heard: queue.Queue[bytes | None], cancelled: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """What the process says, as it says it."""
    while True:
        if cancelled():
            raise Cancelled
        try:
            line = heard.get(timeout=0.1)
        except queue.Empty:
            continue
        if line is None:
            return
        yield dict(json.loads(line))


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Let it go: it ends by itself after its last word, is asked to otherwise, and takes away what it had begun."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_MOMENT)
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def words(manifest: Manifest) -> list[tuple[str, str]]:
    """What a variant is, in plain words: pairs of what and how much."""
    variant = manifest.variant
    if variant is None:
        return []
    rows = [
        ("Size", f"{variant.smaller:.1f} times smaller"),
        ("Speed", speed_words(variant.speed)),
        ("Likeness", likeness_words(variant.mean_difference)),
    ]
    rows += [(dial.title, f"{dial.before:.3g} → {dial.after:.3g}") for dial in variant.dials.values()]
    return rows


def speed_words(speed: float) -> str:
    """How fast, beside the model as it was trained; a difference that chance makes is none."""
    if 0.9 <= speed <= 1.1:
        return "as fast"
    return f"{speed:.1f} times as fast" if speed > 1 else f"slower: {speed:.1f} times as fast"


def likeness_words(apart: float) -> str:
    """How much the pictures differ on average, in levels of 255."""
    seen = "not to be seen" if apart < 0.5 else "hardly to be seen" if apart < 2 else "to be seen"
    return f"{apart:.2g} of 255 levels apart, {seen}"
