"""What lies on the desk: the open project, and how those who work on it tell the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.store import Project

MACHINE = 4
"""Code of a :class:`GensmithError` for the disk, a permission, another window's lock."""
T = TypeVar("T")


class Desk(QObject):
    """Shared by the parts of a :class:`~desktop_app.jobs.session.Session`; knows none of them.

    Attributes
    ----------
    project
        The open one; None when none is.
    reason
        Why it was opened for looking only, where the person did not ask for that.
    """

    changed = Signal()  # the document, the facts, the runs or a state
    failed = Signal(object)  # GensmithError
    said = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.reason = ""

    @property
    def document(self) -> Document:
        """The open project's document; an empty one when none is open."""
        return self.project.document if self.project else Document()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed: no project, or one that another window or the disk keeps."""
        return self.project is None or self.project.read_only

    @property
    def read_only_reason(self) -> str:
        """Why the open project can only be looked at; empty when it can be changed."""
        return self.reason if self.project is not None and self.project.read_only else ""

    def attempt(self, function: Callable[[], T]) -> T | None:
        """What the function returns; None when it failed, which is told."""
        try:
            return function()
        except GensmithError as error:
            self.failed.emit(error)
            return None
