"""Who looks elsewhere hears that a training has ended: the window asks for attention, the system shows a line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from desktop_app.jobs import tasks
from desktop_app.project.steps import duration

if TYPE_CHECKING:
    from desktop_app.jobs.session import Session

ENDED = frozenset({"finished", "failed", "interrupted"})
"""What nobody asked for at that moment; who paused or stopped it knows."""


class Announcer(QObject):
    """Says that the training that was at work has ended, once, while the window is not in front."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._worked = False
        self._tray: QSystemTrayIcon | None = None
        session.run_state_changed.connect(self._state)

    @Slot(str)
    def _state(self, state: str) -> None:
        worked, self._worked = self._worked, self._session.working
        if worked and state in ENDED and not self._window.isActiveWindow():
            QApplication.alert(self._window)
            self._say(self._session.document.name, self.words(state))

    def words(self, state: str) -> str:
        """What has become of the training that is followed."""
        error, progress = self._session.run_error, self._session.story.progress
        if error is not None:
            return error.message
        learned = f" after {duration(progress.elapsed)} of training" if progress is not None else ""
        waiting = len(self._session.waiting_runs())
        more = f" {waiting} more in the queue." if waiting else ""
        return (f"The model is ready{learned}." if state == "finished" else "The training has ended.") + more

    def _say(self, title: str, text: str) -> None:
        if sys.platform == "linux":
            tasks.run(_by_desktop, title, text, parent=self)
        elif QSystemTrayIcon.supportsMessages():
            self._by_tray(title, text)

    def _by_tray(self, title: str, text: str) -> None:
        """Windows and macOS show a message only of an icon that is in sight; it goes with the message."""
        if self._tray is None:
            self._tray = QSystemTrayIcon(QIcon(QApplication.windowIcon()), self)
            self._tray.messageClicked.connect(self._come_forward)
            self._tray.activated.connect(self._come_forward)
        self._tray.show()
        self._tray.showMessage(title, text)

    @Slot()
    def _come_forward(self) -> None:
        if self._tray is not None:
            self._tray.hide()
        self._window.raise_()
        self._window.activateWindow()


def _by_desktop(_: tasks.Reporter, title: str, text: str) -> None:
    """The desktop's notifications, over D-Bus; without a desktop nothing is said.

    https://specifications.freedesktop.org/notification-spec/latest/protocol.html
    """
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    place = DBusAddress("/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications")
    hints = {"desktop-entry": ("s", "gensmith")}  # a click brings that application to the front
    request = new_method_call(place, "Notify", "susssasa{sv}i", ("Gensmith", 0, "gensmith", title, text, [], hints, -1))
    try:
        with open_dbus_connection("SESSION") as bus:
            bus.send_and_get_reply(request, timeout=5)
    except (OSError, KeyError, ValueError, TimeoutError):
        return  # no bus, or none that answers: the window has asked for attention all the same
