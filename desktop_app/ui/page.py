"""What the frame and a page agree upon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.project.steps import STEPS, Status, Step, status
from desktop_app.ui import theme

if TYPE_CHECKING:
    from desktop_app.jobs.session import Session
    from desktop_app.project.errors import GensmithError


@dataclass(frozen=True)
class Action:
    """The main button: what it says and does.

    ``enabled_reason`` names what is in the way; the button then stays clickable and says so instead of acting.
    """

    text: str
    trigger: Callable[[], None]
    enabled_reason: str = ""


class Page(QWidget):
    """One step's page. Subclasses set :attr:`number`, fill :attr:`body` and answer the frame's questions.

    The frame shows the page inside a scroll area with the page margin around it, calls :meth:`refresh` whenever the
    page is shown or the project changed while it is shown, and then asks for subtitle, note and main action.
    """

    changed = Signal()
    """The bottom bar, the header or the rail must be asked again."""
    go_to = Signal(int)
    """The person asked for another step (1 to 6)."""
    message = Signal(str, str, str)
    """A line for the person: state (good, care, bad, info), sentence, details to copy (may be empty)."""

    offered = Signal(str, str, object)
    """A line with buttons: state, sentence, list of (words, what it does)."""

    number: ClassVar[int] = 1

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.step: Step = STEPS[self.number - 1]
        self.setProperty("page", True)
        self.setAccessibleName(self.step.title)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(theme.GAP)

    def status(self) -> Status:
        """This step's state, summary and what is missing, as the rail shows them."""
        if self.session.project is None:
            return Status("to do")
        return status(self.step, self.session.project.document, self.session.facts())

    def refresh(self) -> None:
        """Show what is true now: called when the page is shown, or the project changed while it is."""

    def shows(self, error: GensmithError) -> bool:
        """Whether the page itself says this error, so that the message line need not."""
        return False

    def leave(self) -> None:
        """The page is about to be hidden: finish what is being typed."""

    def subtitle(self) -> str:
        """The line under the title."""
        return self.step.question

    def note(self) -> str:
        """What is true now, for the bottom bar's left."""
        return ""

    def main_action(self) -> Action | None:
        """The main button; None lets the frame offer the way onward."""
        return None
