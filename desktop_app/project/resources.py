"""Where the files that ship with Gensmith lie: samples, icons."""

from __future__ import annotations

from pathlib import Path

from desktop_app.project.errors import GensmithError

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACES = (_PACKAGE / "_resources", _PACKAGE.parent / "resources")


def resource(name: str) -> Path:
    """Path of a shipped file such as ``"samples/digits.npz"``, from an installed Gensmith or a checkout.

    Raises
    ------
    GensmithError
        The file is missing: the installation is incomplete (code 4).
    """
    for place in _PLACES:
        if (path := place / name).exists():
            return path
    raise GensmithError(f"A part of Gensmith is missing: {name}.", "Install Gensmith again.", code=4)
