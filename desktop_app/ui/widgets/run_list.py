"""Past runs, each a line that opens it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.project.runs import Run, RunState
from desktop_app.project.steps import duration
from desktop_app.ui.widgets.buttons import Button, IconButton
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.labels import Dot, ElidedLabel

SHOWN = 6
STATES: dict[RunState, tuple[str, str]] = {
    "ready": ("did not start", "care"),
    "running": ("at work", "accent"),
    "paused": ("paused", "accent"),
    "interrupted": ("interrupted", "care"),
    "finished": ("finished", "good"),
    "stopped": ("stopped and kept", "good"),
    "failed": ("did not finish", "bad"),
}


@dataclass(frozen=True)
class RunLine:
    """What a line says of a run."""

    run: Run
    state: RunState
    title: str
    about: str


def line_of(run: Run) -> RunLine:
    """Read a run's line from its folder."""
    spec, state = run.spec, run.state()
    asked = f"{spec.items:,} pictures" if spec.items else duration(60 * (spec.minutes or 0))
    when = time.strftime("%d %b, %H:%M", spec.created.astimezone().timetuple())
    return RunLine(run, state, f"{spec.name}", f"{when} · {asked} · {STATES[state][0]}")


class RunRow(QWidget):
    """One run: mark, name, what became of it, open, remove."""

    def __init__(self, line: RunLine, open_run: Callable[[Run], None], delete_run: Callable[[Run], None]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(10)
        row.addWidget(Dot(STATES[line.state][1]), 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(line.title))
        words.addWidget(ElidedLabel(line.about, "quiet"))
        row.addLayout(words, 1)
        self.open = Button("Open", clicked=lambda: open_run(line.run))
        self.open.setAccessibleName(f"Open {line.title}, {line.about}")
        row.addWidget(self.open)
        self.remove = IconButton("trash", f"Remove {line.title}, {line.about}", lambda: delete_run(line.run))
        self.remove.setVisible(line.state != "running")
        row.addWidget(self.remove)


class RunList(Card):
    """The newest runs; the rest on demand."""

    opened = Signal(object)
    removed = Signal(object)

    def __init__(self) -> None:
        super().__init__("Runs so far", spacing=6)
        self.rows: list[RunRow] = []
        self._all = False
        self._lines: list[RunLine] = []
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)
        self.more = Button("", "link", clicked=self._show_all)
        self.body.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, super().minimumSizeHint().height())

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Show runs (oldest first as given, newest on top as shown); hidden while there are none."""
        lines = [line_of(run) for run in reversed(runs)]
        self.setVisible(bool(lines))
        if lines != self._lines:
            self._lines = lines
            self._fill()

    def _fill(self) -> None:
        for row in self.rows:
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        shown = self._lines if self._all else self._lines[:SHOWN]
        self.rows = [RunRow(line, self.opened.emit, self.removed.emit) for line in shown]
        for row in self.rows:
            self._rows.addWidget(row)
        self.more.setText(f"All {len(self._lines)} runs")
        self.more.setVisible(len(self._lines) > len(shown))

    def _show_all(self) -> None:
        self._all = True
        self._fill()
