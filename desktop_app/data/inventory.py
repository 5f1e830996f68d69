"""What the import found: items, what was noticed about each, what is used, and what was left out and why."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from desktop_app.project.document import LeaveOutReason, Mend, Notice
from desktop_app.project.errors import Cancelled

Progress = Callable[[int, int], None]
"""Called with the number of items done and of all items."""

IsCancelled = Callable[[], bool]
"""Asked between items; once it says True the work ends with :class:`~desktop_app.project.errors.Cancelled`."""

LOST: frozenset[LeaveOutReason] = frozenset({"unreadable", "truncated", "too large", "not a picture"})
"""Reasons that nobody can overrule: there are no pixels to learn from."""


@dataclass(frozen=True)
class Finding:
    """Something noticed about an item.

    Attributes
    ----------
    code
        What was noticed; for a ``bad`` finding the :data:`~desktop_app.project.document.LeaveOutReason`.
    message
        The finding as a sentence.
    severity
        ``care``: shown, the item is used; ``bad``: the item is left out unless the person keeps it.
    measure, threshold
        The figure behind it and the limit it crossed, where there is one.
    """

    code: str
    message: str
    severity: Literal["care", "bad"]
    measure: float | None = None
    threshold: float | None = None


class Item(NamedTuple):
    """One file (or one folder that could not be opened); a tuple, because there may be a hundred thousand of them.

    Attributes
    ----------
    key
        Its name in the project: the source's name and the path below it; the same at every import.
    file
        Its path; as text, which takes a tenth of the time and a third of the memory.
    class_name, caption
        What holds for it now: given by hand, else by the files (``told_class``, ``told_caption``).
    width, height
        Size as shown, in pixels, turned upright; 0 when it could not be read.
    channels
        1 gray, 3 colour, 4 with transparency, 0 unknown.
    native
        Width and height once enlarged pixel art is taken back to one pixel for each of its blocks.
    digest
        Fingerprint of the decoded pixels; equal for exact duplicates, empty when it could not be read.
    group
        Smallest digest among the item and its near duplicates, which always stay on one side of the split.
    name
        Its file's name as the person knows it.
    frame, mend
        Which picture of a file that holds several; what is changed on it before it is learned from.
    """

    key: str
    file: str
    class_name: str | None
    width: int = 0
    height: int = 0
    channels: int = 0
    findings: tuple[Finding, ...] = ()
    used: bool = False
    reason: LeaveOutReason | Notice | None = None
    held_out: bool = False
    native: tuple[int, int] = (0, 0)
    digest: str = ""
    group: str = ""
    name: str = ""
    caption: str = ""
    told_class: str | None = None
    told_caption: str = ""
    frame: int | None = None
    mend: Mend | None = None

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return Path(self.file)


@dataclass(frozen=True)
class Inventory:
    """Everything that an import found; ``found == used + sum(left_out.values())`` always.

    Attributes
    ----------
    classes
        Used items of each class, by name; empty when there are no classes.
    left_out
        Items left out, by reason.
    proposed_size
        Side of the square that suits these pictures, in pixels.
    gray
        Whether all used items are gray.
    variety
        How much the pictures differ: mean difference between two of them, in levels of 255; None for fewer than two.
    """

    items: tuple[Item, ...]
    classes: dict[str, int] = field(default_factory=dict)
    found: int = 0
    used: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    proposed_size: int = 32
    gray: bool = False
    variety: float | None = None

    @property
    def held_out(self) -> int:
        """Number of used items kept aside to judge the model."""
        return sum(item.held_out for item in self.items)


class Pace:
    """Reports progress at most 20 times a second, and ends the work when the person cancels."""

    def __init__(self, total: int, progress: Progress | None, cancelled: IsCancelled | None) -> None:
        self.total = total
        self._progress = progress
        self._cancelled = cancelled
        self._next = 0.0

    def step(self, done: int) -> None:
        """Say that ``done`` items are done; raises :class:`~desktop_app.project.errors.Cancelled` when asked to."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        now = time.monotonic()
        if self._progress is not None and (now >= self._next or done == self.total):
            self._next = now + 0.05
            self._progress(done, self.total)
