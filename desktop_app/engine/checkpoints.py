"""Checkpoints: safetensors and JSON in a folder that appears whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained, new_folder, write_json

KEEP = 2
"""Newest checkpoints kept beside the best one."""
MOST = KEEP + 2
"""Checkpoints on the disk at a time: those, the best, and the one that is being written."""


BEFORE_DRAWING = 1e9
"""Added to the losses of checkpoints from before the drawing began, when they are compared."""


@dataclass(frozen=True)
class State:
    """What a resume needs beside the tensors.

    Attributes
    ----------
    step, items
        Done so far.
    elapsed
        Seconds of work so far, all processes together.
    total_items
        Length of the training as planned.
    settled
        The plan may no longer change: the decay of the learning rate has begun, or the length was asked for in items.
    network
        Size that was chosen.
    draws
        False while it learned what comes before drawing; its held-out loss is then of another kind.
    channels_last
        Layout of pictures in memory; another one would round otherwise.
    slower, setbacks
        Factor on the learning rate, and how often the training was rolled back.
    repeat
        Side of the squares that pictures consist of and that were learned as one value each; an earlier version learned
        every pixel.
    """

    step: int
    items: int
    elapsed: float
    total_items: int
    settled: bool
    network: str
    held_out_loss: float | None = None
    draws: bool = True
    channels_last: bool = True
    slower: float = 1.0
    setbacks: int = 0
    repeat: int = 1
    version: int = 1


def save(folder: Path, state: State, tensors: dict[str, Tensor]) -> Path:
    """Write ``folder/step-<n>``: flushed, then renamed.

    Raises
    ------
    GensmithError
        The disk refuses; earlier checkpoints are as they were.
    """
    target = folder / f"step-{state.step:09d}"
    with new_folder(target) as temporary:
        try:
            save_file({name: value.contiguous() for name, value in tensors.items()}, temporary / "state.safetensors")
        except SafetensorError as error:  # the library's word for what the disk said
            raise GensmithError(f"The disk refuses it: {error}.", "Free some space.", code=4) from error
        write_json(temporary / "state.json", asdict(state))
    return target


def load(folder: Path) -> tuple[State, dict[str, Tensor]]:
    """Read a checkpoint; raises ``OSError``, ``ValueError`` or ``SafetensorError`` when it is damaged."""
    state = State(**json.loads((folder / "state.json").read_text(encoding="utf-8")))
    return state, load_file(folder / "state.safetensors")


def newest(folder: Path) -> tuple[Path, State, dict[str, Tensor]] | None:
    """The newest checkpoint that can be read whole; damaged ones are passed over."""
    for candidate in sorted(_all(folder), reverse=True):
        try:
            return candidate, *load(candidate)
        except (OSError, ValueError, TypeError, SafetensorError):
            continue
    return None


def best(folder: Path) -> Path | None:
    """The checkpoint with the lowest held-out loss."""
    losses = {path: loss for path in _all(folder) if (loss := _loss(path)) is not None}
    return min(losses, key=lambda path: losses[path]) if losses else None


def prune(folder: Path) -> None:
    """Remove all but the newest and the best, and what a kill left half-written."""
    keep = {*sorted(_all(folder))[-KEEP:], best(folder)}
    with explained(folder):
        for path in folder.iterdir():
            if path not in keep:
                shutil.rmtree(path, ignore_errors=True)


def _all(folder: Path) -> list[Path]:
    return [path for path in folder.glob("step-*") if path.is_dir()]


def _loss(folder: Path) -> float | None:
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        value = state["held_out_loss"]
        # Losses of before the drawing began are of another kind: any of the drawing itself is better.
        return None if value is None else float(value) + (0.0 if state.get("draws", True) else BEFORE_DRAWING)
    except (OSError, ValueError, KeyError):
        return None
