"""The machine line's figures: what computes here and how full its memory is."""

from __future__ import annotations

import psutil
from PySide6.QtCore import QObject, QTimer

from desktop_app.jobs import machine, tasks
from desktop_app.jobs.session import Session
from desktop_app.ui.rail import MachineLine

PERIOD = 3000
"""Milliseconds between two looks."""


class MachineWatch(QObject):
    """Asks for the memory every few seconds: psutil at once, a graphics card's driver in the background."""

    def __init__(self, session: Session, line: MachineLine) -> None:
        super().__init__(line)
        self._session, self._line = session, line
        self._asking = False
        self._timer = QTimer(self, interval=PERIOD)
        self._timer.timeout.connect(self._look)
        session.machine_changed.connect(self._look)
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def _look(self) -> None:
        known = self._session.machine
        if known is None or not self._line.isVisible():
            return
        if known.trains_on == "cuda":
            self._ask_driver()
            return
        memory = psutil.virtual_memory()
        self._line.show_memory(known.device_name, memory.total - memory.available, memory.total)

    def _ask_driver(self) -> None:
        if not self._asking:
            self._asking = True
            task = tasks.run(_cards, parent=self)
            task.succeeded.connect(self._show_card)
            task.ended.connect(task.deleteLater)

    def _show_card(self, cards: tuple[machine.Gpu, ...]) -> None:
        self._asking = False
        if cards:
            self._line.show_memory(cards[0].name, cards[0].memory - cards[0].memory_free, cards[0].memory)


def _cards(_: tasks.Reporter) -> tuple[machine.Gpu, ...]:
    return machine.graphics_cards()
