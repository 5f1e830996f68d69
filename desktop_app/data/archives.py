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
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, cast

from desktop_app.data.images import HEAD, begins_as_picture, promises_picture
from desktop_app.project.files import new_folder

SUFFIXES = (".zip", ".cbz", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
MOST_ENTRIES = 200_000
MOST_BYTES = 64 * 2**30
"""Bytes that one archive may unpack to, whatever the disk holds."""
MOST_UNASKED = 4 * 2**30
"""The same for one that merely lies in a folder which was added: nobody said that it is meant."""
MOST_IN_ONE = 2**30
"""Bytes of one entry: no picture is larger."""
TIMES = 200
"""An archive that unpacks to more than so many times its own size, beyond a first gigabyte, is a bomb."""
SPARE = 256 * 2**20
"""Bytes of the disk that stay free."""
_CHUNK = 2**20

TOO_LARGE = "It would unpack to {size}: too much for this disk, or for an archive of its size. It was left closed."
UNASKED = "It would unpack to {size}, so it was left closed. Add the archive itself to use what is in it."
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


class _Member(NamedTuple):
    """One file in an archive as the archive lists it: name, bytes, why it is not to be unpacked, a way to read it."""

    name: str
    size: int
    problem: str
    opened: Callable[[], IO[bytes]]


class Refused(Exception):
    """The rest of the archive is not unpacked; the text says why."""


def is_archive(name: str) -> bool:
    """Whether a file's name says that it is an archive of a kind that can be unpacked."""
    return name.lower().endswith(SUFFIXES)


def unpack(
    path: Path, status: os.stat_result, under: Path, still: Callable[[], None], *, asked: bool = True
) -> tuple[Path, list[Entry]]:
    """Unpack an archive once; the same archive is not unpacked again.

    Parameters
    ----------
    under
        Folder for everything unpacked.
    still
        Called now and then; it raises when the person cancels.
    asked
        The person named the archive itself. One that merely lies in a folder is looked through first: without pictures
        it stays closed, and it may unpack to less.

    Returns
    -------
    tuple
        The folder with the files, and all entries. An archive that cannot be read has one entry without a name; one that
        stays closed because no picture is in it has none.
    """
    mark = f"{os.fsencode(path)!r} {status.st_mtime_ns} {status.st_size}{'' if asked else ' unasked'}"
    folder = under / hashlib.blake2b(mark.encode(), digest_size=10).hexdigest()
    if (known := _known(folder)) is not None:
        return folder, known
    reading = _Reading(path, status.st_size, still, asked=asked)
    if not asked and not _has_pictures(reading, folder.with_suffix(".none")):
        return folder, []
    with new_folder(folder, durable=False) as temporary:
        entries = _Unpacking(reading, temporary).entries()
        listing = json.dumps([asdict(entry) for entry in entries])
        (temporary / "entries.json").write_text(listing, encoding="utf-8")
    return folder, entries


def _known(folder: Path) -> list[Entry] | None:
    try:
        found = [Entry(**entry) for entry in json.loads((folder / "entries.json").read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return None
    return found if all((folder / entry.file).exists() for entry in found) else None


def _has_pictures(reading: _Reading, none: Path) -> bool:
    """Whether an archive holds pictures; ``none`` is an empty file that says of this archive that it does not."""
    if none.exists():
        return False
    if reading.has_pictures():
        return True
    none.parent.mkdir(parents=True, exist_ok=True)
    none.touch()
    return False


class _Reading:
    """Passes over an archive without writing anything."""

    def __init__(self, path: Path, size: int, still: Callable[[], None], *, asked: bool) -> None:
        self.still = still
        self._path, self._size, self._asked = path, size, asked

    def allowed(self, *, asked: bool) -> int:
        """Bytes that it may unpack to, the disk left aside."""
        return min(MOST_BYTES if asked else MOST_UNASKED, max(2**30, TIMES * self._size))

    def room(self, folder: Path) -> int:
        """Bytes that it may unpack to in a folder."""
        return max(0, min(self.allowed(asked=self._asked), shutil.disk_usage(folder).free - SPARE))

    def has_pictures(self) -> bool:
        """Whether the name or the beginning of a file in it says so, or that cannot be told: unpacking then says why."""
        passed = 0
        try:
            for member in self.members():
                self.still()
                passed += member.size
                if _is_picture(member) or passed > self.allowed(asked=self._asked):
                    return True
        except _DAMAGE:
            return True
        return False

    def members(self) -> Iterator[_Member]:
        """The files in it, in order; each is to be read before the next one is asked for."""
        return self._zip() if self._path.name.lower().endswith((".zip", ".cbz")) else self._tar()

    def check_size(self, room: int) -> None:
        """Refuse, before anything is written, what says itself that there is no room for it; a tar file says nothing."""
        if not self._path.name.lower().endswith((".zip", ".cbz")):
            return
        total = sum(member.size for member in self._zip())
        if total > room:
            reason = UNASKED if not self._asked and total <= self.allowed(asked=True) else TOO_LARGE
            raise Refused(reason.format(size=f"{total / 1e9:,.1f} GB"))

    def _zip(self) -> Iterator[_Member]:
        with zipfile.ZipFile(self._path) as archive:
            for info in archive.infolist():
                name = _zip_name(info)
                if info.is_dir() or _is_side_file(name):
                    continue
                link = (info.external_attr >> 28) == 0xA  # Unix: the mode's upper bits say "symbolic link"
                locked = "It is locked with a password." if info.flag_bits & 1 else ""
                problem = OUTSIDE if _leads_outside(name) else NO_FILE if link else locked
                yield _Member(name, info.file_size, problem, partial(archive.open, info))

    def _tar(self) -> Iterator[_Member]:
        with _plain(self._path) as stream, tarfile.open(fileobj=cast(Any, _Careful(stream)), mode="r:") as archive:
            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # else it remembers every one
                if info.isdir() or _is_side_file(info.name):
                    continue
                problem = OUTSIDE if _leads_outside(info.name) else "" if info.isfile() else NO_FILE
                opened = partial(cast("Callable[..., IO[bytes]]", archive.extractfile), info)
                yield _Member(info.name, info.size, problem, opened)


def _is_picture(member: _Member) -> bool:
    """Whether a file in an archive is a picture by its name or by how it begins."""
    if promises_picture(PurePosixPath(member.name).suffix.lower()):
        return True
    if member.problem:
        return False
    try:
        with member.opened() as stream:
            return begins_as_picture(stream.read(HEAD))
    except _DAMAGE:
        return False


class _Unpacking:
    """One pass over an archive that writes what is in it."""

    def __init__(self, reading: _Reading, folder: Path) -> None:
        self._reading, self._folder, self._still = reading, folder, reading.still
        self._left = reading.room(folder)
        self._count = 0

    def entries(self) -> list[Entry]:
        """Every entry, in order; what cannot be read to its end says so in a last one."""
        found: list[Entry] = []
        try:
            self._reading.check_size(self._left)
            for member in self._reading.members():
                found.append(Entry(member.name, problem=member.problem) if member.problem else self._kept(member))
                if len(found) > MOST_ENTRIES:
                    raise Refused(f"The archive holds more than {MOST_ENTRIES:,} files: the rest of it was refused.")
        except Refused as refused:
            found.append(Entry("", problem=str(refused)))
        except _DAMAGE as error:
            said = "The archive ends too early" if isinstance(error, EOFError) else "The archive is damaged"
            found.append(Entry("", problem=f"{said}: {'the rest of it' if found else 'it'} cannot be read."))
        return found

    def _kept(self, member: _Member) -> Entry:
        """Write an entry; what is damaged in it is its own problem and not that of the others."""
        self._count += 1
        name = member.name
        place = self._place(name)
        try:
            with member.opened() as source, place.open("wb") as target:
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
