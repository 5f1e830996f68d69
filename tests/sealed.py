"""Runs a command that cannot reach for the network, and writes down every try of it or of any process that it starts.

    python -m tests.sealed LOG command …

The kernel itself asks this process about every socket that is not a local one (seccomp(2), user notification), whatever
language the caller is written in and however far down the family it is; the answer is always no. Needs no rights. What a
Python process asks of its own ``socket`` module is written down too, with the line that asked, on every system.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

SYSCALLS = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}
"""By processor: the kernel's name for it, and the numbers of its calls socket and seccomp."""
IO_URING_SETUP = 425
"""A queue of requests to the kernel, sockets among them, that the filter could not look into."""
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ASK, _KILL = 0x7FFF0000, 0x7FC00000, 0x80000000
_AF_UNIX = 1
_NO_NEW_PRIVILEGES, _SET_FILTER, _NEW_LISTENER = 38, 1, 1 << 3
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTICE = struct.Struct("=QIIiIQ6Q")  # id, process, flags, call's number, processor, place in the program, arguments
_ANSWER = struct.Struct("=QqiI")  # id, value, error, flags
ROOT = Path(__file__).resolve().parents[1]
HOOK = ROOT / "tests" / "audit_hook"
"""A folder for PYTHONPATH whose ``sitecustomize`` listens to Python's own audit events."""
QUIETED = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "TF_BUILD", "GITHUB_ACTIONS"}
"""Variables at which libraries do not report to their makers: a person has none of them."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def supported() -> bool:
    """Whether this system has what the filter needs."""
    return sys.platform == "linux" and platform.machine() in SYSCALLS


def _filter() -> bytes:
    """Ask about sockets of any family but local ones and about io_uring; a call of another processor's kind is the end."""
    architecture, socket, _ = SYSCALLS[platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0), (_EQUAL, 4, 0, IO_URING_SETUP), (_EQUAL, 1, 0, socket), (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, 16), (_EQUAL, 1, 0, _AF_UNIX), (_RETURN, 0, 0, _ASK), (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def seal() -> int:
    """Put this process and all that it starts behind the filter; the file descriptor on which the kernel asks.

    Raises
    ------
    OSError
        The kernel refuses.
    """
    instructions = _filter()
    program = _Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    descriptor = libc.syscall(SYSCALLS[platform.machine()][2], _SET_FILTER, _NEW_LISTENER, ctypes.byref(program))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return int(descriptor)


def refuse(descriptor: int, log: Path) -> None:
    """Answer every question of the kernel with “not permitted”, and write down who asked for what."""
    import fcntl

    while True:
        notice = bytearray(_NOTICE.size)
        with contextlib.suppress(InterruptedError, FileNotFoundError):  # whoever asked was ended meanwhile
            fcntl.ioctl(descriptor, _RECEIVE, notice)
            number, process, _, call, _, _, family, kind, *_ = _NOTICE.unpack(notice)
            note(log, f"system call {call} (family {family}, kind {kind}) by {_command(process)}")
            fcntl.ioctl(descriptor, _SEND, bytearray(_ANSWER.pack(number, 0, -1, 0)))


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return f"process {process}"


def note(log: Path, line: str) -> None:
    """Add a line; several processes do so at the same time."""
    with log.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def as_a_person_has_it(home: Path, **more: str) -> dict[str, str]:
    """This process's environment, less what keeps libraries quiet in tests; with a home of its own in ``home``."""
    own = {name: value for name, value in os.environ.items() if name not in QUIETED and not name.startswith("XDG_")}
    path = os.pathsep.join(filter(None, [str(HOOK), str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return own | {"PYTHONPATH": path, "HOME": str(home), "TMPDIR": str(home), "PYTHONUTF8": "1"} | more


def run(log: Path, command: Sequence[str], home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command sealed; what was tried stands in ``log``, a line each."""
    environment = as_a_person_has_it(home, GENSMITH_TEST_SOCKETS=str(log), **more)
    sealed = [sys.executable, "-m", "tests.sealed", str(log)] if supported() else []
    return subprocess.run(
        [*sealed, *command], env=environment, capture_output=True, text=True, encoding="utf-8", timeout=280, check=False
    )


def main(words: Sequence[str]) -> int:
    """Seal, run the command and end as it does; 99 where the kernel refuses the filter."""
    log, command = Path(words[0]), words[1:]
    try:
        descriptor = seal()
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 99
    threading.Thread(target=refuse, args=(descriptor, log), daemon=True, name="the kernel's questions").start()
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
