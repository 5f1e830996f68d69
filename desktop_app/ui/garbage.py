"""Python's garbage is collected in the window's own thread alone.

Objects that refer to each other in a circle end wherever Python happens to collect them: in the thread that has just made
one object too many. A widget that ends outside the window's thread takes the process with it, when Qt is walking over all
widgets at that moment, as it does to change their colours.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY = 1000
"""Milliseconds between two looks at whether there is enough to collect."""


class Collector(QObject):
    """Collects in place of Python, by Python's own thresholds, between two events of the thread that made it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(EVERY)

    def look(self) -> None:
        """Collect the oldest generation that has enough."""
        enough = [count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        for generation in (2, 1, 0):
            if enough[generation]:
                gc.collect(generation)
                return


def keep_to_this_thread(app: QObject) -> Collector:
    """Collect in this thread alone from now on, as long as there is the application."""
    found = app.findChild(Collector)
    return found if isinstance(found, Collector) else Collector(app)
