"""The machine is kept from going to sleep by itself while it trains; its screen may go dark and lock. No torch.

wakepy asks the desktop (GNOME, KDE and others over D-Bus; Windows and macOS by their own calls). Where no desktop answers,
systemd is asked. Either forgets the wish as soon as the process that had it is gone, killed or not.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from wakepy import keep

_INHIBIT = ("--what=sleep:idle", "--mode=block", "--who=Gensmith", "--why=A model is being trained", "cat")
"""``cat`` answers only once the wish is granted, and ends with whoever holds the other end of its pipe."""


@contextmanager
def kept_awake() -> Iterator[str]:
    """Keep the machine awake within; the value names who sees to it, and is empty where nobody does."""
    with keep.running(on_fail="pass") as mode:
        if mode.active:
            yield mode.method.name if mode.method else ""
            return
        with _by_systemd() as found:
            yield found


@contextmanager
def _by_systemd() -> Iterator[str]:
    command = shutil.which("systemd-inhibit")
    if command is None:
        yield ""
        return
    with subprocess.Popen(
        [command, *_INHIBIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
    ) as holder:
        yield "systemd" if _answers(holder) else ""


def _answers(holder: subprocess.Popen[bytes]) -> bool:
    assert holder.stdin is not None and holder.stdout is not None
    try:
        holder.stdin.write(b"\n")
    except BrokenPipeError:
        return False
    return holder.stdout.read(1) == b"\n"
