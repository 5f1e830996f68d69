"""A ``.deb`` around the frozen folder: menu entry, icons, the type of .gensmith files, Qt's system libraries."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import contents

from desktop_app.cli import qt_libraries

HERE = Path(__file__).resolve().parent
COPYRIGHT = "copyright"
"""File in the frozen folder that says who holds the rights to what; Debian wants it in a place of its own."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PLACES = {
    "gensmith.desktop": "usr/share/applications",
    "gensmith.xml": "usr/share/mime/packages",
}
"""Where the files in ``linux/`` go."""
CONTROL = """\
Package: gensmith
Version: {version}
Section: graphics
Priority: optional
Architecture: {architecture}
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: fonts-dejavu-core
Maintainer: Gensmith <gensmith@localhost>
Description: train a generative model on your own pictures
 A window with six pages: say what you want, choose your pictures, choose a
 model, train, judge, generate. No programming, no account, nothing leaves the
 machine.
"""


def machine() -> str:
    """This processor's family, as file names say it."""
    return platform.machine()


def depends() -> str:
    """What the folder does not bring: the C library that it was built with or a newer one, and what Qt stands on."""
    ours = [f"libc6 (>= {platform.libc_ver()[1]})", "libgcc-s1", "libstdc++6"]
    qt = [name for name in qt_libraries.PACKAGES["apt-get"].split() if not name.startswith("fonts-")]
    return ", ".join([*ours, *qt])


def stage(folder: Path, root: Path, icons: Path) -> None:
    """Lay everything out below ``root`` as it will lie on the system; the frozen files are linked, not copied."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(folder, root / "usr/lib/gensmith", symlinks=True, copy_function=os.link)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/gensmith").symlink_to("../lib/gensmith/gensmith")
    for name, place in PLACES.items():
        (root / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "linux" / name, root / place)
    shutil.copytree(icons / "hicolor", root / "usr/share/icons/hicolor")
    (root / "usr/share/doc/gensmith").mkdir(parents=True)
    shutil.move(root / "usr/lib/gensmith" / COPYRIGHT, root / "usr/share/doc/gensmith" / COPYRIGHT)


def build(folder: Path, target: Path, root: Path, icons: Path) -> Path:
    """Write the package into the folder ``target``; ``root`` is a folder to lay it out in."""
    stage(folder, root, icons)
    sizes = {found.st_ino: found.st_size for found in (file.lstat() for file in root.rglob("*") if file.is_file())}
    kilobytes = sum(sizes.values()) // 1024  # a file under two names counts once
    architecture = ARCHITECTURES.get(machine(), machine())
    (root / "DEBIAN").mkdir()
    control = CONTROL.format(
        version=contents.version(), architecture=architecture, kilobytes=kilobytes, depends=depends()
    )  # fmt: skip
    (root / "DEBIAN/control").write_text(control, encoding="utf-8")
    package = target / f"gensmith_{contents.version()}_{architecture}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(package)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return package
