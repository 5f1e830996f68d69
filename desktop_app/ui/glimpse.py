"""A glimpse of a project that is not open: name, how far it is, a few pictures (no Qt)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import list_runs
from desktop_app.project.steps import STEPS
from desktop_app.project.store import DOCUMENT, read_document

if TYPE_CHECKING:
    from desktop_app.jobs.tasks import Reporter

PICTURES = 12


@dataclass(frozen=True)
class Glimpse:
    """What a card on the welcome page shows.

    Attributes
    ----------
    line
        "812 pictures · Train · yesterday", or why it cannot be opened.
    pictures
        uint8 arrays (H, W, C): generated ones where there are any, else its own.
    """

    folder: Path
    name: str
    line: str
    pictures: list[Any] = field(default_factory=list)


def glimpses(reporter: Reporter, folders: list[Path]) -> None:
    """Look at each folder in turn and hand each glimpse over at once."""
    for folder in folders:
        if reporter.cancelled():
            return
        reporter.partial(glimpse(folder))


def glimpse(folder: Path) -> Glimpse:
    """Look at one project without opening it for writing."""
    try:
        document = read_document(folder)
    except GensmithError as error:
        return Glimpse(folder, folder.name, error.message)
    return Glimpse(folder, document.name, _line(folder, document), _pictures(folder, document))


def _line(folder: Path, document: Document) -> str:
    parts = [f"{document.data.used:,} pictures"] if document.data.used else []
    parts += [STEPS[document.step - 1].title, ago(time.time() - (folder / DOCUMENT).stat().st_mtime)]
    return " · ".join(parts)


def ago(seconds: float) -> str:
    """How long ago, as people say it."""
    days = seconds / 86_400
    if seconds < 90:
        return "just now"
    if seconds < 3_600:
        return f"{round(seconds / 60)} minutes ago"
    if days < 1:
        hours = round(seconds / 3_600)
        return "an hour ago" if hours == 1 else f"{hours} hours ago"
    return "yesterday" if days < 2 else f"{round(days)} days ago"


def _pictures(folder: Path, document: Document) -> list[Any]:
    for run in reversed(list_runs(folder / "runs")):
        if found := _some(run.folder / "evaluation" / "generated.npy"):
            return found
    encoded = document.data.encoded
    return _some(folder / "data" / encoded / "items.npy") if encoded else []


def _some(file: Path) -> list[Any]:
    """A dozen pictures spread over an array file; none when it is missing or damaged."""
    import numpy as np

    try:
        items = np.load(file, mmap_mode="r", allow_pickle=False)
        chosen = np.linspace(0, len(items) - 1, min(PICTURES, len(items))).astype(int)
        return [np.array(items[number]) for number in chosen] if items.ndim == 4 and items.dtype == np.uint8 else []
    except (OSError, ValueError, EOFError):
        return []
