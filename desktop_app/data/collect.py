"""From the sources that a person named to a list of files, and from folders to classes. No naming rule anywhere.

Every file is counted, whatever its name; decoding decides whether it is a picture.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from desktop_app.data import archives
from desktop_app.project.document import Mend
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explain_os_error
from desktop_app.project.store import DOCUMENT


class Candidate(NamedTuple):
    """A file that may hold a picture; a tuple, because a hundred thousand of them are made each time that a project opens.

    Attributes
    ----------
    file
        Its path; as text, which takes a tenth of the time and a third of the memory.
    source
        Position of its source among all sources.
    folders
        Names of the folders between the source and the file.
    modified, size
        Modification time in nanoseconds and size in bytes, which tell whether it changed since it was decoded.
    problem
        Why it cannot even be opened; empty for a regular file. A folder that cannot be listed is a candidate with one.
    name
        Its file's name as the person knows it; an unpacked file lies under another.
    frame
        Which picture of a file that holds several; None for the first, when nobody asked for the others.
    mend
        What is changed on it before it is learned from.
    """

    key: str
    file: str
    source: int = 0
    folders: tuple[str, ...] = ()
    modified: int = 0
    size: int = 0
    problem: str = ""
    name: str = ""
    frame: int | None = None
    mend: Mend | None = None

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return Path(self.file)

    @property
    def name_suffix(self) -> str:
        """The ending of its name, in small letters."""
        return suffix(self.name)

    @property
    def variant(self) -> str:
        """What tells apart the pictures that are made from one file."""
        return f"{'' if self.frame is None else self.frame}{self.mend.model_dump_json() if self.mend else ''}"


CLOSED = "It is an archive inside an archive. Unpack it and add its folder."


def suffix(name: str) -> str:
    """The ending of a file's name, in small letters."""
    place = name.rfind(".")
    return name[place:].lower() if 0 < place < len(name) - 1 else ""


def readable(name: str) -> str:
    """A file name as proper Unicode: bytes that are none become ``\\xNN``, composed letters one character."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def collect(
    sources: Sequence[str],
    skip: Iterable[Path] = (),
    unpacked: Path | None = None,
    still: Callable[[], None] = lambda: None,
) -> list[Candidate]:
    """List the files of all sources, each once, in a fixed order.

    Parameters
    ----------
    sources
        Absolute paths of folders, files and archives.
    skip
        Folders never to look into (the project's own).
    unpacked
        Folder that archives are unpacked in; without one they are files like others.
    still
        Called now and then during long work; it raises when the person cancels.

    Raises
    ------
    GensmithError
        A source is gone or may not be read.
    """
    walk = _Walk({_identity(folder.stat()) for folder in skip if folder.is_dir()}, unpacked, still)
    names = _different([readable(Path(source).absolute().name) or "disk" for source in sources])
    candidates: dict[str, Candidate] = {}
    for number, (source, name) in enumerate(zip(sources, names, strict=True)):
        for candidate in walk.source(Path(source).absolute(), number, name):
            candidates.setdefault(candidate.file, candidate)
    keys = _different([candidate.key for candidate in candidates.values()])
    return [c if c.key == key else c._replace(key=key) for c, key in zip(candidates.values(), keys, strict=True)]


def _different(names: Sequence[str]) -> list[str]:
    """The same names, where a later namesake gets a number: two sources may end alike, two file names read alike."""
    result: dict[str, None] = {}
    taken: Counter[str] = Counter()
    for base in names:
        name = base
        while name in result:
            taken[base] += 1
            name = f"{base} ({taken[base] + 1})"
        result[name] = None
    return list(result)


@dataclass(frozen=True)
class _Place:
    """A folder on the way: where it is, and what keys below it begin with."""

    path: Path
    source: int
    name: str
    folders: tuple[str, ...] = ()

    def below(self, entry: str) -> _Place:
        return _Place(self.path / entry, self.source, self.name, (*self.folders, entry))

    @cached_property
    def key(self) -> str:
        """What keys below it begin with."""
        return "/".join((self.name, *map(readable, self.folders)))

    def candidate(self, file: str, status: os.stat_result | None, problem: str = "") -> Candidate:
        """The place itself, or a file in it."""
        name = readable(file.rpartition(os.sep)[2])
        key = self.key if file == os.fspath(self.path) else f"{self.key}/{name}"
        modified, size = (status.st_mtime_ns, status.st_size) if status else (0, 0)
        return Candidate(key, file, self.source, self.folders, modified, size, problem, name)


class _Walk:
    """Visits each real folder at most once, so that loops of links end."""

    def __init__(self, visited: set[tuple[int, int]], unpacked: Path | None, still: Callable[[], None]) -> None:
        self._visited = visited
        self._unpacked, self._still = unpacked, still

    def source(self, path: Path, number: int, name: str) -> Iterator[Candidate]:
        place = _Place(path, number, name)
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                os.scandir(path).close()
        except FileNotFoundError as error:
            raise GensmithError(
                f"{readable(os.fspath(path))} is not there any more.", "Put it back, or take it off the list.", code=3
            ) from error
        except OSError as error:
            raise explain_os_error(error, path) from error
        if stat.S_ISDIR(status.st_mode):
            yield from self._tree(place)
        elif self._unpacked is not None and stat.S_ISREG(status.st_mode) and archives.is_archive(path.name):
            yield from self._archive(place, status, self._unpacked, asked=True)
        else:
            yield place.candidate(os.fspath(path), status, _odd_kind(status))

    def _archive(self, place: _Place, status: os.stat_result, unpacked: Path, *, asked: bool) -> Iterator[Candidate]:
        """The entries of an archive; one that cannot be read to its end is an item with a problem itself.

        One that merely lies in a folder and holds no pictures is a file like others, which is no picture. An archive in an
        archive stays closed: each level could unpack to so many times more.
        """
        folder, entries = archives.unpack(place.path, status, unpacked, self._still, asked=asked)
        for count, entry in enumerate(entries):
            parts = [readable(part) for part in entry.name.replace("\\", "/").split("/") if part not in ("", ".")]
            path = folder / entry.file if entry.file else place.path / f"{count} {'/'.join(parts)}"
            inside = _Place(path, place.source, place.name, (*place.folders, *parts[:-1]))
            name = parts[-1] if parts else readable(place.path.name)
            key = "/".join((place.name, *map(readable, place.folders), *parts))
            problem = entry.problem or (CLOSED if archives.is_archive(name) and parts else "")
            found = inside.candidate(os.fspath(path), path.stat() if entry.file else None, problem)
            yield found._replace(key=key, name=name)

    def _tree(self, top: _Place) -> Iterator[Candidate]:
        """All files below a folder: through real folders first, through links to folders afterwards."""
        waiting, links = [top], list[_Place]()
        while waiting or links:
            place = waiting.pop() if waiting else links.pop(0)
            try:
                if not self._first_visit(place.path):
                    continue
                with os.scandir(place.path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                problem = f"This folder could not be opened: {error.strerror or error}."
                yield place.candidate(os.fspath(place.path), None, problem)
                continue
            if place.folders and _is_project({entry.name for entry in entries}):
                continue
            folders: list[_Place] = []
            for entry in entries:
                if _leads_to_folder(entry):
                    (links if _is_link(entry) else folders).append(place.below(entry.name))
                else:
                    yield from self._entry(place, entry)
            waiting += reversed(folders)

    def _entry(self, place: _Place, entry: os.DirEntry[str]) -> Iterator[Candidate]:
        """A file of a folder, or what is in it where it is an archive."""
        found = _file(place, entry)
        if self._unpacked is None or found.problem or not archives.is_archive(entry.name):
            yield found
            return
        below = self._archive(place.below(entry.name), found.path.stat(), self._unpacked, asked=False)
        first = next(below, found)
        yield first
        yield from below

    def _first_visit(self, folder: Path) -> bool:
        identity = _identity(folder.stat())
        first = identity not in self._visited
        self._visited.add(identity)
        return first


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_link(entry: os.DirEntry[str]) -> bool:
    """Whether it is a symbolic link (or, on Windows from Python 3.12 on, a junction)."""
    return entry.is_symlink() or (hasattr(entry, "is_junction") and entry.is_junction())


def _is_project(names: set[str]) -> bool:
    """Whether a folder with these entries is a Gensmith project, whose previews are no material."""
    return {DOCUMENT, ".lock"} <= names


def _odd_kind(status: os.stat_result) -> str:
    return "" if stat.S_ISREG(status.st_mode) else "This is a device or a connection, not a file."


def _file(place: _Place, entry: os.DirEntry[str]) -> Candidate:
    try:
        status = entry.stat()
        return place.candidate(entry.path, status, _odd_kind(status))
    except OSError as error:
        problem = "This link leads nowhere." if entry.is_symlink() else f"It could not be opened: {error.strerror or error}."
        return place.candidate(entry.path, None, problem)


# ---------------------------------------------------------------- classes


def classify(candidates: Sequence[Candidate], is_picture: Sequence[bool], sources: Sequence[str]) -> list[str | None]:
    """Name the class of each candidate: its sub-folder, where at least two sub-folders hold pictures.

    Pictures beside the class folders have none. Flat folders dropped together that lie side by side are classes too, as
    they are when their parent is dropped.
    """
    by_source: defaultdict[int, list[int]] = defaultdict(list)
    for i, candidate in enumerate(candidates):
        by_source[candidate.source].append(i)
    names: list[str | None] = [None] * len(candidates)
    flat: defaultdict[Path, list[int]] = defaultdict(list)
    for source, members in by_source.items():
        pictures = [candidates[i].folders for i in members if is_picture[i]]
        level = _class_level(pictures)
        if level is None and pictures and Path(sources[source]).is_dir():
            flat[Path(sources[source]).absolute().parent].append(source)
        for i in members:
            if level is not None and len(candidates[i].folders) > level:
                names[i] = readable(candidates[i].folders[level])
    for source in (source for together in flat.values() if len(together) >= 2 for source in together):
        for i in by_source[source]:
            names[i] = readable(Path(sources[source]).absolute().name)
    return names


def _class_level(paths: Sequence[tuple[str, ...]]) -> int | None:
    """Depth of the folders that name the classes, given each picture's folders; None when fewer than two hold pictures.

    One lone folder around everything is looked through. Where two or three outer folders are divided into the same
    inner ones (``train/cat train/dog test/cat test/dog``), the inner ones are the classes.
    """
    low, high = min(paths, default=()), max(paths, default=())
    level = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    inner: dict[str, set[str]] = {}
    for path in paths:
        if len(path) > level:
            inner.setdefault(path[level], set()).add(path[level + 1] if len(path) > level + 1 else "")
    if len(inner) < 2:
        return None
    divided = "" not in set[str]().union(*inner.values()) and len(set.intersection(*inner.values())) >= 2
    return level + 1 if divided and len(inner) <= 3 else level
