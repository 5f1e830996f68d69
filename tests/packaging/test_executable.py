"""What goes into the executable, and how it is packed: everything but PyInstaller's own hour."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from desktop_app import __version__
from desktop_app.project.resources import resource

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux")
debian_only = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


def module(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.fixture
def frozen(tmp_path) -> Path:
    """A folder that is laid out as PyInstaller's is; its program answers like one that was installed well."""
    folder = tmp_path / "dist" / "gensmith"
    (folder / "parts").mkdir(parents=True)
    steps = json.dumps({"steps": [{"step": "pages", "state": "passed"}]})
    (folder / "gensmith").write_text(f"#!/bin/sh\n[ -z \"$PYTHONPATH\" ] && echo '{steps}'\n")
    (folder / "gensmith").chmod(0o755)
    (folder / "parts" / "libfirst.so").write_bytes(b"first" * 1000)
    (folder / "parts" / "libsecond.so").symlink_to("libfirst.so")
    (folder / "copyright").write_text("Format: of Debian\n")
    return folder


@pytest.fixture
def icons(tmp_path) -> Path:
    (tmp_path / "icons/hicolor/64x64/apps").mkdir(parents=True)
    (tmp_path / "icons/hicolor/64x64/apps/gensmith.png").write_bytes(b"png")
    return tmp_path / "icons"


# ---------------------------------------------------------------- what goes in


def test_the_version_stands_in_one_place() -> None:
    assert module("contents").version() == __version__


def test_every_exclusion_has_its_reason() -> None:
    contents = module("contents")
    for table in (contents.MODULES_LEFT_OUT, contents.NOT_FOR_GENERATING, contents.FILES_LEFT_OUT):
        assert all(len(reason) > 3 for reason in table.values())


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("torch/lib/libtorch_cpu.so", False),
        ("torch/lib/libtorchbind_test.so", True),
        ("torch/bin/torch_shm_manager", False),
        ("torch/bin/protoc", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", True),
        ("PySide6/Qt/lib/libQt6Network.so.6", True),
        ("libstdc++.so.6", True),
        ("desktop_app/_resources/samples/digits.npz", False),
    ],
)
def test_what_is_left_out(path, left_out) -> None:
    assert module("contents").is_left_out(path) is left_out


def test_shipped_files_lie_where_they_are_looked_for() -> None:
    for source, target in module("contents").resources():
        assert Path(source).is_dir()
        assert target == f"desktop_app/_resources/{Path(source).name}"
        assert resource(Path(source).name).is_dir()


def test_modules_are_listed_without_importing_them() -> None:
    found = set(module("contents").modules_below(ROOT / "desktop_app", "desktop_app.engine"))
    assert {"desktop_app.engine", "desktop_app.engine.process", "desktop_app.engine.families.vae"} <= found
    assert not [name for name in found if name.endswith("__init__")]


def test_nothing_of_ours_imports_what_is_left_out() -> None:
    """Neither Gensmith nor the generator names a module that its executable lacks."""
    left_out = tuple(module("contents").MODULES_LEFT_OUT)
    named = re.compile(r"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)
    for file in (ROOT / "desktop_app").rglob("*.py"):
        for name in named.findall(file.read_text(encoding="utf-8")):
            assert not f"{name}.".startswith(tuple(f"{one}." for one in left_out)), (file, name)


# ---------------------------------------------------------------- packing


@linux
def test_what_gensmith_and_the_generator_have_in_common_takes_its_room_once(frozen, tmp_path) -> None:
    executable = module("executable")
    generator = tmp_path / "dist" / "gensmith-generator"
    shutil.copytree(frozen, generator, symlinks=True)
    (generator / "parts" / "own.so").write_bytes(b"own")
    before = executable.size_words(frozen)
    executable.enclose(generator, frozen)
    assert (frozen / "generator" / "parts" / "libfirst.so").samefile(frozen / "parts" / "libfirst.so")
    assert (frozen / "generator" / "parts" / "own.so").read_bytes() == b"own"
    assert (frozen / "generator" / "parts" / "libsecond.so").is_symlink()
    assert executable.size_words(frozen) == before


@linux
def test_the_archive_holds_links_programs_and_nobodys_name(frozen, monkeypatch) -> None:
    executable = module("executable")
    monkeypatch.setattr(executable, "DIST", frozen.parent)
    with tarfile.open(executable._tarred(frozen)) as archive:
        members = {member.name.partition("/")[2]: member for member in archive.getmembers()}
        assert members["gensmith"].mode & 0o100
        assert members["parts/libsecond.so"].linkname == "libfirst.so"
        assert {member.uname for member in members.values()} == {"root"}


@linux
@debian_only
def test_the_package_installs_a_program_a_menu_entry_and_a_type_and_passes(frozen, icons, tmp_path, monkeypatch) -> None:
    debian, installed = module("debian"), module("installed")
    package = debian.build(frozen, tmp_path, tmp_path / "stage", icons)
    assert __version__ in package.name
    fields = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
    assert f"Version: {__version__}" in fields
    assert "libxcb-cursor0" in fields
    assert "libc6 (>= 2." in fields
    root = tmp_path / "installed"
    subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    places = ("applications/gensmith.desktop", "mime/packages/gensmith.xml", "icons/hicolor/64x64/apps/gensmith.png")
    assert all((root / "usr/share" / place).is_file() for place in places)
    assert (root / "usr/share/doc/gensmith/copyright").read_text() == "Format: of Debian\n"
    assert (frozen / "copyright").is_file() and not (root / "usr/lib/gensmith/copyright").exists()
    monkeypatch.setenv("PYTHONPATH", "elsewhere")  # the program must not see it
    assert installed.tests_itself(root / "usr/bin/gensmith", tmp_path / "trial", {})


def test_the_rights_to_everything_are_told_in_debians_form() -> None:
    licences = module("licences")
    head, *paragraphs = licences.whole().split("\n\n")
    assert head.startswith("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n")
    fields = [re.findall(r"^([A-Z][a-z]+):", paragraph, re.MULTILINE) for paragraph in paragraphs]
    assert {tuple(name for name in names if name != "Comment") for names in fields} == {("Files", "Copyright", "License")}
    assert all(re.search(r"^License: \S.*\n +\S", paragraph, re.MULTILINE) for paragraph in paragraphs)
    told = {
        match[1].lower(): paragraph for paragraph in paragraphs if (match := re.search(r"^Comment: (\S+) ", paragraph, re.M))
    }
    assert {"numpy", "onnxruntime", "pillow", "pydantic", "inter,"} <= set(told)
    assert "pytest" not in told  # nothing of it is in the executable
    assert "License: MIT" in told["onnxruntime"] and "Microsoft" in told["onnxruntime"]
    if "pyside6_essentials" in told:
        assert "License: LGPL-3.0-only" in told["pyside6_essentials"]
    names = {re.sub(r"[-_.]+", "-", name) for name in told}
    required = {re.match(r"[\w.-]+", line)[0] for line in module("environment").declared()["project"]["dependencies"]}
    assert required - names <= {"pyside6-essentials", "torch"}  # which some of the tests' environments go without


@linux
def test_a_program_that_fails_or_could_not_try_everything_does_not_pass(tmp_path) -> None:
    installed = module("installed")
    for number, script in enumerate(("exit 5", """echo '{"steps": [{"step": "pages", "state": "absent"}]}'""")):
        program = tmp_path / f"program{number}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        assert not installed.tests_itself(program, tmp_path / str(number), {})


def test_the_menu_entry_and_the_type_agree() -> None:
    entry = (ROOT / "packaging/linux/gensmith.desktop").read_text(encoding="utf-8")
    kind = re.search(r'mime-type type="([^"]+)"', (ROOT / "packaging/linux/gensmith.xml").read_text(encoding="utf-8"))
    assert kind
    assert f"MimeType={kind[1]};" in entry
    assert "Exec=gensmith %f" in entry


@linux
def test_icons_are_drawn_in_every_size(tmp_path) -> None:
    pytest.importorskip("PySide6")
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    subprocess.run([sys.executable, ROOT / "packaging/icons.py", tmp_path], check=True, env=environment)
    from PIL import Image

    for side in (16, 256):
        with Image.open(tmp_path / f"hicolor/{side}x{side}/apps/gensmith.png") as picture:
            assert picture.size == (side, side)
            assert len(picture.convert("RGB").getcolors(10**6) or []) > 2
    assert (tmp_path / "gensmith.ico").stat().st_size > 1000
    assert (tmp_path / "gensmith.icns").stat().st_size > 1000
