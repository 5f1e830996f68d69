"""A model together with the program that draws with it: a folder and a zip to hand on, for people who have no Gensmith."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import desktop_app
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.files import explained, new_folder, write_with
from desktop_app.project.runs import slug
from desktop_app.runtime.bundle import SUFFIX, Bundle, open_bundle, pack

PROGRAM = "gensmith-generator"
QUICK = 1
"""Level of compression: libraries hardly shrink further, and the person waits."""
README = """\
{name}

Start the program {program} in this folder. It opens the model "{model}" that lies beside it.
Choose how many pictures you want and press Generate. Nothing is sent anywhere, and nothing is installed.

Keep the folder together: the program needs everything in it.

Licence of the material that the model learned from: {licence}
"""

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


@dataclass(frozen=True)
class Handed:
    """What there is to hand on: the folder, ready to start, and the same as one zip."""

    folder: Path
    archive: Path


def generator_folder() -> Path:
    """The generator that this Gensmith brings along, or that was built in this checkout.

    Raises
    ------
    GensmithError
        There is none (code 4).
    """
    installed = Path(sys.executable).parent / "generator"
    built = Path(desktop_app.__file__).parent.parent / "dist" / PROGRAM
    for folder in (installed if getattr(sys, "frozen", False) else built, built):
        if program_in(folder).is_file():
            return folder
    raise GensmithError(
        "The program that draws for others is not part of this installation.",
        "Use the installed Gensmith, or build it once: python3 packaging/build.py generator",
        code=4,
    )


def program_in(folder: Path) -> Path:
    """What is started in the generator's folder."""
    return folder / (f"{PROGRAM}.exe" if sys.platform == "win32" else PROGRAM)


def hand_on(
    source: Path,
    out: Path,
    *,
    generator: Path | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Handed:
    """Put a model beside a copy of the generator, in a new folder of ``out`` with the model's name, and zip it.

    Parameters
    ----------
    source
        A bundle's folder or a ``.gensmith`` file.
    generator
        Folder of the generator to copy; the one that :func:`generator_folder` finds when left out.

    Raises
    ------
    GensmithError
        There is no generator, the bundle is damaged, something of that name is there already, or the disk refuses.
    Cancelled
        ``cancelled`` said so; nothing is left behind.
    """
    generator = generator or generator_folder()
    bundle = open_bundle(source)
    name = slug(bundle.manifest.name) or "model"
    folder = out.absolute() / name
    archive = folder.with_name(f"{name}.zip")
    if taken := [path for path in (folder, archive) if path.exists()]:
        raise GensmithError(f"There is already something at {taken[0]}.", "Choose another folder, or move it away.")
    pace = _Pace(2 * _size(generator), progress, cancelled)
    with _undone(folder):
        with new_folder(folder, durable=False) as temporary:
            _fill(temporary, generator, source, bundle, name, pace)
        write_with(archive, lambda path: _zip(folder, path, pace))
    return Handed(folder, archive)


@contextlib.contextmanager
def _undone(folder: Path) -> Iterator[None]:
    """Take the folder away again when the zip does not come about."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


class _Pace:
    """Counts bytes, tells, and asks whether to end."""

    def __init__(self, total: int, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._done, self._total = 0, max(1, total)
        self._progress, self._cancelled = progress, cancelled

    def step(self, path: Path) -> None:
        """One more file is through."""
        self._done = min(self._total, self._done + (0 if path.is_symlink() else path.stat().st_size))
        if self._progress:
            self._progress(self._done, self._total)
        if self._cancelled and self._cancelled():
            raise Cancelled


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


# ---------------------------------------------------------------- the folder


def _fill(target: Path, generator: Path, source: Path, bundle: Bundle, name: str, pace: _Pace) -> None:
    def copy(one: str, other: str) -> str:
        shutil.copy2(one, other, follow_symlinks=False)
        pace.step(Path(one))
        return other

    shutil.copytree(generator, target, symlinks=True, copy_function=copy, dirs_exist_ok=True)
    model = target / f"{name}{SUFFIX}"
    if source.is_dir():
        pack(source, model)
    else:
        shutil.copy(source, model)
    words = README.format(
        name=bundle.manifest.name, program=program_in(target).name, model=model.name,
        licence=bundle.manifest.licence or "not stated",
    )  # fmt: skip
    (target / "Read me.txt").write_text(words, encoding="utf-8")


# ---------------------------------------------------------------- the zip


def _zip(folder: Path, target: Path, pace: _Pace) -> None:
    """Everything below the folder, with what may be started and the links that libraries lie behind."""
    with explained(target), zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICK) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or path.is_file():
                _add(archive, path, str(path.relative_to(folder.parent).as_posix()))
                pace.step(path)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    if not path.is_symlink():
        archive.write(path, name)
        return
    member = zipfile.ZipInfo(name)
    member.create_system = 3  # Unix: the upper half of the attributes is the file's mode
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(member, os.fsencode(path.readlink().as_posix()))
