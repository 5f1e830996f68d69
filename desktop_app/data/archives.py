"""Zip and tar archives, unpacked into the project's own folder. Nothing is written outside, bombs are refused, and every
entry is accounted for: as a file, or as a reason why not.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from desktop_app.project.files import new_folder

SUFFIXES = (".zip", ".cbz", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
MOST_ENTRIES = 200_000
MOST_BYTES = 64 * 2**30
"""Bytes that one archive may unpack to, whatever the disk holds."""
MOST_IN_ONE = 2**30
"""Bytes of one entry: no picture is larger."""
TIMES = 200
"""An archive that unpacks to more than so many times its own size, beyond a first gigabyte, is a bomb."""
SPARE = 256 * 2**20
"""Bytes of the disk that stay free."""
_CHUNK = 2**20

TOO_MUCH = "The archive unpacks to far more than it should: the rest of it was refused."
OUTSIDE = "Its name in the archive leads outside of the archive."
NO_FILE = "It is a link or a device in the archive, not a file."


@dataclass(frozen=True)
class Entry:
    """One file of an archive.

    Attributes
    ----------
    name
        Its path in the archive, with "/" between folders.
    file
        Where it lies below the unpacked folder; empty when it could not be unpacked.
    problem
        Why not.
    """

    name: str
    file: str = ""
    problem: str = ""


class Refused(Exception):
    """The rest of the archive is not unpacked; the text says why."""


def is_archive(path: Path) -> bool:
    """Whether a file's name says that it is an archive of a kind that can be unpacked."""
    return path.name.lower().endswith(SUFFIXES)


def unpack(path: Path, status: os.stat_result, under: Path, still: Callable[[], None]) -> tuple[Path, list[Entry]]:
    """Unpack an archive once; the same archive is not unpacked again.

    Parameters
    ----------
    under
        Folder for everything unpacked.
    still
        Called now and then; it raises when the person cancels.

    Returns
    -------
    tuple
        The folder with the files, and all entries. An archive that cannot be read has one entry without a name.
    """
    mark = f"{os.fsencode(path)!r} {status.st_mtime_ns} {status.st_size}"
    folder = under / hashlib.blake2b(mark.encode(), digest_size=10).hexdigest()
    if (known := _known(folder)) is not None:
        return folder, known
    with new_folder(folder, durable=False) as temporary:
        entries = _Unpacking(path, status.st_size, temporary, still).entries()
        listing = json.dumps([asdict(entry) for entry in entries])
        (temporary / "entries.json").write_text(listing, encoding="utf-8")
    return folder, entries


def _known(folder: Path) -> list[Entry] | None:
    try:
        found = [Entry(**entry) for entry in json.loads((folder / "entries.json").read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return None
    return found if all((folder / entry.file).exists() for entry in found) else None


class _Unpacking:
    """One pass over an archive."""

    def __init__(self, path: Path, size: int, folder: Path, still: Callable[[], None]) -> None:
        self._path, self._folder, self._still = path, folder, still
        free = shutil.disk_usage(folder).free - SPARE
        self._left = max(0, min(MOST_BYTES, free, max(2**30, TIMES * size)))
        self._count = 0

    def entries(self) -> list[Entry]:
        """Every entry, in order; what cannot be read to its end says so in a last one."""
        found: list[Entry] = []
        read = self._zip if self._path.name.lower().endswith((".zip", ".cbz")) else self._tar
        try:
            for entry in read():
                found.append(entry)
                if len(found) > MOST_ENTRIES:
                    raise Refused(f"The archive holds more than {MOST_ENTRIES:,} files: the rest of it was refused.")
        except Refused as refused:
            found.append(Entry("", problem=str(refused)))
        except _DAMAGE as error:
            said = "The archive ends too early" if isinstance(error, EOFError) else "The archive is damaged"
            found.append(Entry("", problem=f"{said}: {'the rest of it' if found else 'it'} cannot be read."))
        return found

    def _zip(self) -> Iterator[Entry]:
        with zipfile.ZipFile(self._path) as archive:
            for info in archive.infolist():
                name = _zip_name(info)
                if info.is_dir() or _is_side_file(name):
                    continue
                link = (info.external_attr >> 28) == 0xA  # Unix: the mode's upper bits say "symbolic link"
                locked = "It is locked with a password." if info.flag_bits & 1 else ""
                problem = OUTSIDE if _leads_outside(name) else NO_FILE if link else locked
                yield Entry(name, problem=problem) if problem else self._kept(name, partial(archive.open, info))

    def _tar(self) -> Iterator[Entry]:
        with _plain(self._path) as stream, tarfile.open(fileobj=cast(Any, _Careful(stream)), mode="r:") as archive:
            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # else it remembers every one
                if info.isdir() or _is_side_file(info.name):
                    continue
                problem = OUTSIDE if _leads_outside(info.name) else "" if info.isfile() else NO_FILE
                if problem:
                    yield Entry(info.name, problem=problem)
                else:
                    yield self._kept(info.name, partial(cast("Callable[..., IO[bytes]]", archive.extractfile), info))

    def _kept(self, name: str, opened: Callable[[], IO[bytes]]) -> Entry:
        """Write an entry; what is damaged in it is its own problem and not that of the others."""
        self._count += 1
        place = self._place(name)
        try:
            with opened() as source, place.open("wb") as target:
                self._copy(source, target)
        except Refused:
            place.unlink(missing_ok=True)
            raise
        except _TooLong:
            place.unlink(missing_ok=True)
            return Entry(name, problem="It is too large for a picture.")
        except _DAMAGE as error:
            place.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno is not None:
                raise
            return Entry(name, problem="It is damaged in the archive.")
        return Entry(name, place.relative_to(self._folder).as_posix())

    def _copy(self, source: IO[bytes], target: IO[bytes]) -> None:
        written = 0
        while chunk := source.read(_CHUNK):
            self._still()
            written += len(chunk)
            self._left -= len(chunk)
            if self._left < 0:
                raise Refused(TOO_MUCH)
            if written > MOST_IN_ONE:
                raise _TooLong
            target.write(chunk)

    def _place(self, name: str) -> Path:
        """A place of its own for each entry, under its own name where the disk takes it."""
        number = f"{self._count:06d}"
        folder = self._folder / number[:3]
        folder.mkdir(exist_ok=True)
        suffix = re.sub(r"[^.A-Za-z0-9]", "", Path(name).suffix)[:12]
        return folder / f"{number}{suffix}"


class _TooLong(Exception):
    """An entry is larger than any picture."""


_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, IndexError, RuntimeError, NotImplementedError, AttributeError, MemoryError,
    zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, OverflowError, TypeError,
)  # fmt: skip


class _Careful:
    """A stream that never reads more at once than a header may sensibly hold: a bomb in a header fills no memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        """At most :data:`_HEADER` bytes at once."""
        if size < 0 or size > _HEADER:
            raise tarfile.ReadError("a header is too large")
        return self._stream.read(size)


_HEADER = 8 * 2**20


@contextlib.contextmanager
def _plain(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a tar file, whatever packs them."""
    with path.open("rb") as raw:
        head = raw.read(6)
        raw.seek(0)
        if head[:2] == b"\x1f\x8b":
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
        elif head[:3] == b"BZh":
            yield cast("IO[bytes]", bz2.BZ2File(raw))
        elif head == b"\xfd7zXZ\0":
            yield cast("IO[bytes]", lzma.LZMAFile(raw))  # noqa: SIM115 - it ends with the file that it reads
        else:
            yield raw


def _zip_name(info: zipfile.ZipInfo) -> str:
    """An entry's name; many programs write UTF-8 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    with contextlib.suppress(UnicodeError):
        return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or bool(re.match(r"[A-Za-z]:", name)) or "\0" in name


def _is_side_file(name: str) -> bool:
    """What macOS adds to archives for itself."""
    return name.startswith("__MACOSX/") or name.endswith("/.DS_Store") or name == ".DS_Store"
