"""From the sources to something to install. Standard library only; PyInstaller runs in an environment of its own."""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import contents
import debian
import environment
import system
from environment import ROOT, Environment
from system import SetupError, say

HERE = Path(__file__).resolve().parent
DIST, WORK = ROOT / "dist", ROOT / "build"
ICONS = WORK / "icons"
BUILDER = Environment(ROOT / ".venv-build")
GENERATOR = "gensmith-generator"
LICENCES = debian.COPYRIGHT
"""Who holds the rights to what is in the folder; lies in it."""
QUICK = 1
"""Level of compression: what matters is that packing and installing do not take longer than building."""


def freeze(spec: str, name: str) -> Path:
    """Let PyInstaller make the folder ``dist/<name>``."""
    _need_objdump()
    BUILDER.prepare(environment.GENSMITH_TO_BUILD)
    if missing := BUILDER.provide_qt():
        say(missing)
    _python(str(HERE / "icons.py"), str(ICONS))
    words = ["--noconfirm", "--log-level", "WARN", "--distpath", str(DIST), "--workpath", str(WORK / "pyinstaller")]
    _python("-m", "PyInstaller", *words, str(HERE / spec))
    _python(str(HERE / "licences.py"), str(DIST / name / LICENCES))
    return DIST / name


def _need_objdump() -> None:
    """On Linux PyInstaller reads with it which libraries a library needs."""
    if sys.platform.startswith("linux") and shutil.which("objdump") is None:
        if not (system.may_install() and system.apt_install(["binutils"])):
            raise SetupError("Building needs objdump. Install what is missing: sudo apt-get install binutils")


def _python(*words: str) -> None:
    command = [str(BUILDER.python), *words]
    if subprocess.run(command, cwd=ROOT, env=BUILDER.environ(), stdout=sys.stderr, check=False).returncode:
        raise SetupError("The executable could not be built; the last lines above say why.")


def gensmith() -> Path:
    """The whole application, the generator that it hands on included."""
    folder = freeze("gensmith.spec", "gensmith")
    enclose(freeze("generator.spec", GENERATOR), folder)
    return folder


def enclose(generator: Path, folder: Path) -> None:
    """Put the generator into Gensmith's folder; what both have in common takes its room on the disk once."""

    def link(source: str, target: str) -> str:
        twin = folder / Path(source).relative_to(generator)
        same = twin.is_file() and filecmp.cmp(source, twin, shallow=False)
        os.link(twin if same else source, target)
        return target

    shutil.rmtree(folder / "generator", ignore_errors=True)
    shutil.copytree(generator, folder / "generator", symlinks=True, copy_function=link)


# ---------------------------------------------------------------- packing


def archives(folder: Path) -> list[Path]:
    """Pack the folder for this system."""
    if sys.platform == "win32":
        return [_zipped(folder), *_installer()]
    if sys.platform == "darwin":
        return [_zipped(folder.with_name("Gensmith.app"))]
    package = [debian.build(folder, DIST, WORK / "deb", ICONS)] if shutil.which("dpkg-deb") else []
    return [*package, _tarred(folder)]


def _tarred(folder: Path) -> Path:
    """The folder as one ``.tar.gz``."""
    target = DIST / f"{folder.name}-{contents.version()}-linux-{debian.machine()}.tar.gz"
    with tarfile.open(target, "w:gz", compresslevel=QUICK) as archive:
        archive.add(folder, f"{folder.name}-{contents.version()}", filter=_owned_by_no_one)
    return target


def _owned_by_no_one(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry


def _zipped(folder: Path) -> Path:
    """The folder as one ``.zip``; macOS's own tool keeps the links inside an application."""
    target = DIST / f"{folder.stem}-{contents.version()}-{'macos' if sys.platform == 'darwin' else 'windows'}.zip"
    if sys.platform == "darwin":
        subprocess.run(["ditto", "-c", "-k", "--keepParent", str(folder), str(target)], check=True)
    else:
        shutil.make_archive(str(target.with_suffix("")), "zip", folder.parent, folder.name)
    return target


def _installer() -> list[Path]:
    """Windows: the installer, where Inno Setup's compiler is there."""
    compiler = shutil.which("iscc")
    if compiler is None:
        say("Inno Setup is not installed, so there is no installer, only the folder and the zip.")
        return []
    subprocess.run([compiler, f"/DVersion={contents.version()}", str(HERE / "windows" / "gensmith.iss")], check=True)
    return [DIST / f"Gensmith-{contents.version()}-setup.exe"]


# ---------------------------------------------------------------- all of it


def size_words(path: Path) -> str:
    """Room that a file or a folder takes on the disk; what lies there twice under one content is counted once."""
    files = [file for file in path.rglob("*") if file.is_file() and not file.is_symlink()] if path.is_dir() else [path]
    sizes = {(found.st_dev, found.st_ino): found.st_size for found in map(os.stat, files)}
    return f"{sum(sizes.values()) / 1e6:,.0f} MB"


def main(words: Sequence[str]) -> int:
    """Build and pack; say what came of it."""
    parser = argparse.ArgumentParser(prog="build.py", description="Build Gensmith as an executable.")
    parser.add_argument("what", nargs="?", choices=("gensmith", "generator"), default="gensmith")
    parser.add_argument("--folder-only", action="store_true", help="leave the packing out")
    chosen = parser.parse_args(words)
    try:
        folder = gensmith() if chosen.what == "gensmith" else freeze("generator.spec", GENERATOR)
        made = [folder] if chosen.folder_only or chosen.what == "generator" else [folder, *archives(folder)]
    except SetupError as error:
        say(str(error))
        return 4
    for path in made:
        print(f"{path}  {size_words(path)}")
    return 0
