"""What a training has noticed: a few lines, the newest first; what can be done about it is a button."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.jobs.story import is_note
from desktop_app.project.runs import Warned
from desktop_app.ui.widgets.banner import Banner
from desktop_app.ui.widgets.buttons import Button

SHOWN = 2
"""Findings shown at once; earlier ones are a click away."""
APPLY = "Apply and go on"


class Findings(QWidget):
    """Findings of one run. A note of what the engine did by itself takes one calm line, the newest."""

    applied = Signal(object)  # Warned

    def __init__(self) -> None:
        super().__init__()
        self.note = Banner()
        self.banners: dict[str, Banner] = {}
        self.more = Button("", "link", clicked=self._show_more)
        self._warnings: list[Warned] = []
        self._dismissed: set[tuple[str, str]] = set()
        self._said: dict[str, object] = {}
        self._all = False
        self._can_apply = ""
        self._words: Callable[[Warned], str] = lambda warning: ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self.note)
        self.note.dismissed.connect(lambda: self._dismiss("note"))
        self.hide()

    def forget(self) -> None:
        """Another run: nothing of the one before is said any more."""
        for banner in self.banners.values():
            self._column.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        self.banners, self._said, self._all = {}, {}, False
        self._dismissed.clear()
        self.note.hide()
        self.hide()

    def show_warnings(
        self, warnings: Mapping[str, Warned], words: Callable[[Warned], str], why_not: str = "", *, going: bool = False
    ) -> None:
        """Show a run's findings, oldest first as given.

        Parameters
        ----------
        words
            Says the settings of a remedy in words.
        why_not
            Why no remedy can be applied now; empty when one can.
        going
            A remedy is being applied: the run is being stopped.
        """
        self._words, self._can_apply = words, "going" if going else why_not
        self._warnings = [warning for warning in warnings.values() if not self._is_dismissed(warning)]
        self._show()

    def _is_dismissed(self, warning: Warned) -> bool:
        return (warning.code, _text(warning)) in self._dismissed

    def _show(self) -> None:
        notes = [warning for warning in self._warnings if is_note(warning)]
        found = [warning for warning in reversed(self._warnings) if not is_note(warning)]
        shown = found if self._all else found[:SHOWN]
        self._show_note(notes[-1] if notes else None)
        for code, banner in self.banners.items():
            if code not in {warning.code for warning in shown}:
                self._said.pop(code, None)
                banner.hide()
        for place, warning in enumerate(shown):
            self._show_banner(place, warning)
        self.more.setText(f"{len(found) - len(shown)} more" if not self._all else "Fewer")
        self.more.setVisible(len(found) > SHOWN)
        self.setVisible(bool(found or notes))

    def _show_note(self, note: Warned | None) -> None:
        if note is None:
            self.note.hide()
        elif self._said.get("note") != note:
            self._said["note"] = note
            self.note.say(_text(note), "info")

    def _show_banner(self, place: int, warning: Warned) -> None:
        banner = self.banners.get(warning.code)
        if banner is None:
            banner = self.banners[warning.code] = Banner()
            banner.dismissed.connect(lambda code=warning.code: self._dismiss(code))
        if self._column.indexOf(banner) != place:
            self._column.insertWidget(place, banner)
        state = (warning, self._can_apply)
        if self._said.get(warning.code) != state:
            self._said[warning.code] = state
            banner.say(_text(warning), "care", *self._actions(warning))
            self._explain(banner, warning)

    def _actions(self, warning: Warned) -> list[tuple[str, Callable[[], object]]]:
        if not warning.apply:
            return []
        going = self._can_apply == "going"
        return [("Stopping, then going on …" if going else APPLY, lambda: self.applied.emit(warning))]

    def _explain(self, banner: Banner, warning: Warned) -> None:
        for button in banner.buttons():
            settings = self._words(warning)
            why_not = "" if self._can_apply == "going" else self._can_apply
            button.setToolTip(why_not or f"Keeps this run and starts a new one from it with: {settings}.")
            button.setEnabled(not self._can_apply)

    def _dismiss(self, code: str) -> None:
        said = self._said.pop(code, None)
        warning = said[0] if isinstance(said, tuple) else said
        if isinstance(warning, Warned):
            self._dismissed.add((warning.code, _text(warning)))
            self._warnings = [each for each in self._warnings if each != warning]
            self._show()

    def _show_more(self) -> None:
        self._all = not self._all
        self._show()


def _text(warning: Warned) -> str:
    return f"{warning.message} {warning.remedy}".strip()
