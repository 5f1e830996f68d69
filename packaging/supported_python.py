"""Hands over to a Python that Gensmith supports, or says which one to install. Old Pythons must be able to read this."""

import os
import shutil
import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def ensure():
    """Return if this Python will do; else start the same command with one that does; else end with a sentence."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [path for path in map(shutil.which, names) if path]
    if found and os.name != "nt":
        os.execv(found[0], [found[0], *sys.argv])
    this = ".".join(str(part) for part in sys.version_info[:2])
    sys.exit(
        f"Gensmith needs Python 3.11, 3.12 or 3.13; this one is {this}. "
        f"Install one of them and start it with that, for example: python3.12 {' '.join(sys.argv)}"
    )
