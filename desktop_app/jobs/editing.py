"""Changes of the open project's document: each saved at once, and each can be taken back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs import catalog, changes, journey
from desktop_app.jobs.desk import Desk
from desktop_app.project.errors import GensmithError
from desktop_app.project.store import Project


class Editing(QObject):
    """Edits the project on the desk, undoes and makes again."""

    data_changed = Signal(object)  # the data section as it was before; sent before the desk's `changed`

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk

    def change(self, section: str, **values: object) -> bool:
        """Set fields of a section of the document (``""``: of the document itself), save, and remember for undo.

        A change that makes other arrays necessary starts their preparation a moment later.
        """
        if section == "data" and journey.SHAPING & values.keys() and "encoded" not in values:
            values["encoded"] = None
        return self._edit(lambda project: project.change(section, **values))

    def remember_step(self, number: int) -> None:
        """Keep which page is open, so that the project is reopened where it was left; no change to undo."""
        if self._desk.project is not None and not self._desk.read_only:
            with contextlib.suppress(GensmithError):
                self._desk.project.amend("", step=number)

    def change_setting(self, name: str, value: object | None) -> bool:
        """Set one of the settings of the chosen kind of model; None takes its default again."""
        return self._keep_settings(self._without(name) if value is None else self._without(name) | {name: value})

    def default_settings(self) -> bool:
        """Take what is recommended for the chosen kind of model again; the settings of the others stay."""
        return self._keep_settings(journey.recommended_settings(self._desk.document), seed=0)

    def _without(self, name: str) -> dict[str, Any]:
        document = self._desk.document
        family = catalog.family_of(document).name
        return {key: old for key, old in document.training.settings.get(family, {}).items() if key != name}

    def _keep_settings(self, own: dict[str, Any], **others: object) -> bool:
        document = self._desk.document
        family, whole = catalog.family_of(document).name, dict(document.training.settings)
        whole.pop(family, None)
        return self.change("training", settings=whole | ({family: own} if own else {}), **others)

    def change_objective(self, **values: object) -> bool:
        """Change step 1, and with it what the person never touched in the later steps."""
        return self._edit(lambda project: journey.answer(project, **values))

    @property
    def can_undo(self) -> bool:
        return not self._desk.read_only and self._desk.project is not None and self._desk.project.can_undo

    @property
    def can_redo(self) -> bool:
        return not self._desk.read_only and self._desk.project is not None and self._desk.project.can_redo

    @property
    def undo_words(self) -> str:
        """What :meth:`undo` would take back: "size 64 pixels"."""
        change = self._desk.project.last_change if self._desk.project is not None else None
        return changes.in_words(*change) if change else ""

    @property
    def redo_words(self) -> str:
        """What :meth:`redo` would make again."""
        change = self._desk.project.next_change if self._desk.project is not None else None
        return changes.in_words(*change) if change else ""

    def undo(self) -> bool:
        """Take the last change back."""
        return self._edit(lambda project: project.undo())

    def redo(self) -> bool:
        """Make the change taken back last again."""
        return self._edit(lambda project: project.redo())

    def _edit(self, edit: Callable[[Project], Any]) -> bool:
        if self._desk.project is None:
            return False
        before = self._desk.document.data.model_copy(deep=True)
        try:
            edit(self._desk.project)
        except GensmithError as error:
            self._desk.failed.emit(error)
            self._desk.changed.emit()  # whoever shows the refused value takes the old one back
            return False
        self.data_changed.emit(before)
        self._desk.changed.emit()
        return True
