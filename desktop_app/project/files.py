"""Writing files so that a kill or a full disk at any moment leaves the old or the new, never half of one."""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from desktop_app.project.errors import GensmithError

_REASONS = {
    errno.ENOSPC: ("The disk is full", "Free some space and try again; nothing written before was lost."),
    errno.EDQUOT: ("Your disk quota is used up", "Free some space and try again; nothing written before was lost."),
    errno.EFBIG: ("The file is larger than this disk allows", "Choose a folder on another disk."),
    errno.EROFS: ("The folder is read-only", "Copy it to a place where you may write."),
    errno.EACCES: ("You may not write there", "Choose another folder, or change its permissions."),
    errno.EPERM: ("You may not write there", "Choose another folder, or change its permissions."),
    errno.ENAMETOOLONG: ("The name is too long for this disk", "Choose a shorter name."),
}


def explain_os_error(error: OSError, path: Path) -> GensmithError:
    """Turn an operating-system error about ``path`` into a sentence with a remedy (code 4)."""
    what, remedy = _REASONS.get(error.errno or 0, (error.strerror or str(error), "Check the folder and try again."))
    return GensmithError(f"{what}: {path}.", remedy, code=4)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise any :class:`OSError` inside the block as a :class:`GensmithError` about ``path``."""
    try:
        yield
    except OSError as error:
        raise explain_os_error(error, path) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no handle for a folder and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_UMASK = os.umask(0o022)
"""Permissions withheld from this person's new files; read once, for asking changes it for every thread."""
os.umask(_UMASK)


def write_with(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, flush it to the disk and rename it over ``path``.

    Raises
    ------
    GensmithError
        The disk is full, the folder read-only, …; ``path`` is then as it was before.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        temporary.chmod(0o666 & ~_UMASK)
        try:
            write(temporary)
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step (see :func:`write_with`)."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_with(path, write)


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as readable JSON in UTF-8."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def _sync_contents(folder: Path) -> None:
    """Flush every file below ``folder`` to the disk, so that the rename never comes before what it names."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())


@contextlib.contextmanager
def new_folder(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block ends well and vanishes when it does not.

    An existing ``path`` is replaced. What can be made again at any time need not be ``durable``: flushing thousands of
    small files takes seconds.
    """
    temporary = path.parent / f".tmp-{path.name[:40]}-{uuid.uuid4().hex[:8]}"
    with explained(path):
        temporary.mkdir(parents=True)
        try:
            yield temporary
            if durable:
                _sync_contents(temporary)
            if path.exists():
                old = temporary.with_name(temporary.name + "-old")
                path.rename(old)
                temporary.rename(path)
                shutil.rmtree(old, ignore_errors=True)
            else:
                temporary.rename(path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync_folder(path.parent)


def free_folder(parent: Path, name: str) -> Path:
    """A folder of that name which does not exist yet: "Sprites", "Sprites 2", …"""
    numbered = (parent / f"{name} {number}" for number in itertools.count(2))
    return next(path for path in itertools.chain([parent / name], numbered) if not path.exists())
