"""Found by every Python whose PYTHONPATH names this folder: writes down what is asked of ``socket``, and refuses it."""

import os
import sys
import traceback

_LOG = os.environ.get("GENSMITH_TEST_SOCKETS")
_REACHING = frozenset({
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
    "socket.gethostbyaddr", "socket.getnameinfo",
})  # fmt: skip


def _is_local(arguments):
    """Of a Unix socket the address is a path; what asks for names is never local."""
    return hasattr(arguments[0], "family") and arguments[0].family.name == "AF_UNIX"


def _listen(event, arguments):
    if event not in _REACHING or _is_local(arguments):
        return
    with open(_LOG, "a", encoding="utf-8") as stream:  # noqa: PTH123 - before pathlib is wanted
        stream.write(f"{event} {arguments!r} by {traceback.format_stack(limit=3)!r}\n")
    raise PermissionError(f"{event} is forbidden here")


if _LOG:
    sys.addaudithook(_listen)
