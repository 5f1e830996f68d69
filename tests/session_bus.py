"""A session bus of its own with one of a desktop's services on it, which says what it is asked: real calls, no desktop.

python -m tests.session_bus NAME, where DBUS_SESSION_BUS_ADDRESS says which bus.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

COOKIE = 7
"""What it answers to every call that wants a number."""
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Desktop:
    """A service at work."""

    address: str
    service: subprocess.Popen[str]

    def said(self) -> list[object]:
        """The next thing that it was asked, as the call's name and its arguments; "gone" when who asked has left the bus."""
        found: list[object] = json.loads(line(self.service))
        return found

    @property
    def environment(self) -> dict[str, str]:
        """That of a process on this desktop."""
        others = {name: value for name, value in os.environ.items() if name != "XDG_SESSION_DESKTOP"}
        return others | {"DBUS_SESSION_BUS_ADDRESS": self.address}


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def desktop_with(name: str, folder: Path) -> Iterator[Desktop]:
    """A bus whose socket lies in ``folder``, with a service of that name; the test is skipped where there is no D-Bus."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("there is no dbus-daemon here")
    address = f"unix:path={folder / 'bus'}"
    command = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address={address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bus:
        line(bus)
        service = [sys.executable, "-m", "tests.session_bus", name]
        environment = os.environ | {"DBUS_SESSION_BUS_ADDRESS": address}
        with subprocess.Popen(service, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
            assert line(process) == "ready"
            yield Desktop(address, process)
            process.kill()
        bus.kill()


# ---------------------------------------------------------------- the service


def serve(name: str) -> None:
    """Answer until killed. One that leaves the bus takes its wishes along, as the specifications have it: that is said."""
    from jeepney import HeaderFields, MessageType, new_method_return
    from jeepney.bus_messages import MatchRule, message_bus
    from jeepney.io.blocking import open_dbus_connection

    bus = open_dbus_connection("SESSION")
    bus.send_and_get_reply(message_bus.RequestName(name))
    watch = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
    bus.send_and_get_reply(message_bus.AddMatch(watch))
    say("ready")
    askers = set()
    while True:
        message = bus.receive()
        member = message.header.fields.get(HeaderFields.member)
        if message.header.message_type is MessageType.method_call:
            askers.add(message.header.fields[HeaderFields.sender])
            say(json.dumps([member, *message.body]))
            bus.send(new_method_return(message, "u", (COOKIE,)))
        elif member == "NameOwnerChanged" and message.body[0] in askers and not message.body[2]:
            say(json.dumps(["gone"]))


def say(words: str) -> None:
    """One line, at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
