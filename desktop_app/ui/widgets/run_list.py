"""Past runs, each a line that opens it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs.requests import amount
from desktop_app.project.runs import Run, RunState
from desktop_app.ui.widgets.buttons import Button, IconButton
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.labels import Dot, ElidedLabel

SHOWN = 6
STATES: dict[RunState, tuple[str, str]] = {
    "ready": ("did not start", "care"),
    "queued": ("waits for its turn", "accent"),
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
    when = time.strftime("%d %b, %H:%M", spec.created.astimezone().timetuple())
    return RunLine(run, state, f"{spec.name}", f"{when} · {amount(spec)} · {STATES[state][0]}")


def run_in_words(run: Run) -> str:
    """A run's name and when it was made, for a list to choose from."""
    when = time.strftime("%d %b, %H:%M", run.spec.created.astimezone().timetuple())
    return f"{run.spec.name} · {when}"


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
        self._runs: list[Run] = []
        self._lines: list[RunLine] = []
        self._ended: dict[Run, tuple[int, RunLine]] = {}
        self._rows = QVBoxLayout()
        self._rows.setSpacing(4)
        self.body.addLayout(self._rows)
        self.more = Button("", "link", clicked=self._show_all)
        self.body.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, super().minimumSizeHint().height())

    def show_runs(self, runs: Sequence[Run]) -> None:
        """Show runs (oldest first as given, newest on top as shown); hidden while there are none."""
        self._runs = list(reversed(runs))
        self.setVisible(bool(runs))
        lines = [self._line(run) for run in (self._runs if self._all else self._runs[:SHOWN])]
        if lines != self._lines:
            self._lines = lines
            self._fill()
        self.more.setText(f"All {len(runs)} runs")
        self.more.setVisible(len(runs) > len(lines))

    def _line(self, run: Run) -> RunLine:
        """The line of a run; one that has ended is read once, as long as nothing was added to its events."""
        try:
            size = run.events_file.stat().st_size
        except OSError:
            size = 0
        known = self._ended.get(run)
        if known is not None and known[0] == size:
            return known[1]
        line = line_of(run)
        if line.state in ("finished", "stopped", "failed"):
            self._ended[run] = (size, line)
        return line

    def _fill(self) -> None:
        for row in self.rows:
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [RunRow(line, self.opened.emit, self.removed.emit) for line in self._lines]
        for row in self.rows:
            self._rows.addWidget(row)

    def _show_all(self) -> None:
        self._all = True
        self.show_runs(list(reversed(self._runs)))
