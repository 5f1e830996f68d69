"""Reading the files of a bundle, folder or zip, without trusting it: nothing is unpacked, nothing outside is touched."""

from __future__ import annotations

import contextlib
import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained
from desktop_app.runtime.manifest import MANIFEST, Manifest, damaged, is_safe_name, read_manifest

MAX_FILES = 64
MAX_BYTES = 4 * 2**30
MAX_MANIFEST_BYTES = 4 * 2**20
MAX_RATIO = 200
"""A member may not claim to unpack to more than this many times its packed size (a zip bomb reaches 1,000)."""
_LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Left in any folder by the systems' file managers; never read."""
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OverflowError, OSError)


class Container(Protocol):
    """Where a bundle lies: names with sizes in bytes, and their content."""

    sizes: dict[str, int]

    def read(self, name: str) -> bytes: ...


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.sizes: dict[str, int] = {}
        for entry in sorted(path.iterdir()):
            if entry.name not in _LITTER:
                status = entry.lstat()
                if not stat.S_ISREG(status.st_mode):
                    raise damaged(path.name, f"{entry.name[:60]!r} is a link or a folder")
                self.sizes[entry.name] = status.st_size

    def read(self, name: str) -> bytes:
        with (self._path / name).open("rb") as stream:
            return stream.read(self.sizes[name] + 1)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile, where: str, packed: int) -> None:
        self._archive = archive
        self._members = {member.filename: member for member in archive.infolist()}
        if len(self._members) != len(archive.infolist()):
            raise damaged(where, "a file is in it twice")
        for member in self._members.values():
            _check_member(member, where)
        if sum(member.compress_size for member in self._members.values()) > packed:
            raise damaged(where, "its files overlap")
        self.sizes = {name: member.file_size for name, member in self._members.items()}

    def read(self, name: str) -> bytes:
        with self._archive.open(self._members[name]) as stream:
            return stream.read(self.sizes[name] + 1)


def _check_member(member: zipfile.ZipInfo, where: str) -> None:
    """Refuse links, folders, encryption, exotic packing and sizes that only a bomb declares."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    reasons = {
        "is not a name that a bundle may hold": not is_safe_name(member.filename),
        "is a link or a folder": kind not in (0, stat.S_IFREG),
        "is encrypted": bool(member.flag_bits & 0x1),
        "is packed in an unknown way": member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
        "declares a huge size": member.file_size > MAX_RATIO * member.compress_size + 2**16,
    }
    for reason, holds in reasons.items():
        if holds:
            raise damaged(where, f"{member.filename[:60]!r} {reason}")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Container]:
    if path.is_dir():
        with explained(path):
            yield _Folder(path)
    elif path.is_file():
        with explained(path):
            packed = path.stat().st_size
            path.open("rb").close()
        try:
            with zipfile.ZipFile(path) as archive:
                yield _Zip(archive, path.name, packed)
        except _ZIP_ERRORS as error:
            raise damaged(path.name, f"its packing is broken: {str(error)[:100]}") from error
    else:
        raise GensmithError(f"There is no model at {path}.", "Choose a .gensmith file or a bundle folder.")


def read_bundle(path: Path) -> tuple[Manifest, dict[str, bytes]]:
    """Read and check every file of a bundle.

    Returns the manifest and the content of the files that it names.

    Raises
    ------
    GensmithError
        It is missing, damaged, hostile, or made by a newer Gensmith.
    """
    with _opened(path) as container:
        _check_listing(container, path.name)
        manifest = read_manifest(container.read(MANIFEST), path.name)
        _compare_listing(container, manifest, path.name)
        return manifest, {name: _verified(container, manifest, name, path.name) for name in manifest.files}


def read_manifest_of(path: Path) -> Manifest:
    """What a bundle says of itself; of its files only the names and sizes are looked at."""
    with _opened(path) as container:
        _check_listing(container, path.name)
        return read_manifest(container.read(MANIFEST), path.name)


def _check_listing(container: Container, where: str) -> None:
    """Names and sizes, before anything is read."""
    if len(container.sizes) > MAX_FILES:
        raise damaged(where, f"it holds {len(container.sizes)} files")
    for name in container.sizes:
        if not is_safe_name(name):
            raise damaged(where, f"{name[:60]!r} is not a name that a bundle may hold")
    if sum(container.sizes.values()) > MAX_BYTES:
        raise damaged(where, "it is larger than any model may be")
    if MANIFEST not in container.sizes:
        raise damaged(where, f"it holds no {MANIFEST}")
    if container.sizes[MANIFEST] > MAX_MANIFEST_BYTES:
        raise damaged(where, f"its {MANIFEST} is too large")


def _compare_listing(container: Container, manifest: Manifest, where: str) -> None:
    """Exactly the files that the manifest names, no more and no fewer."""
    there, named = set(container.sizes) - {MANIFEST}, set(manifest.files)
    if missing := sorted(named - there):
        raise damaged(where, f"{missing[0]} is missing")
    if extra := sorted(there - named):
        raise damaged(where, f"{extra[0]} does not belong to it")
    if absent := sorted(set(manifest.graphs.values()) - named):
        raise damaged(where, f"its graph {absent[0]} is missing")


def _verified(container: Container, manifest: Manifest, name: str, where: str) -> bytes:
    content = container.read(name)
    if len(content) != container.sizes[name] or hashlib.sha256(content).hexdigest() != manifest.files[name]:
        raise damaged(where, f"{name} is not as it was written")
    return content
