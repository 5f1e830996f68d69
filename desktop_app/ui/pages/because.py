"""Why a later page starts with what it starts with: the reasons of step 1, where the defaults stand."""

from __future__ import annotations

from desktop_app.jobs.objective_words import because
from desktop_app.project.document import Document
from desktop_app.ui.widgets import Label


class Because(Label):
    """A quiet line for each of some defaults: "32 pixels, because it shall run on phones."."""

    def __init__(self, *fields: str) -> None:
        super().__init__("", "quiet", wrap=True)
        self._fields = fields

    def show_reasons(self, document: Document) -> None:
        """Say them, or take no room when step 1 says nothing of it."""
        lines = [words for field in self._fields if (words := because(document, field))]
        self.setText("\n".join(lines))
        self.setVisible(bool(lines))
