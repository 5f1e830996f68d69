"""A model is handed on with the program that draws with it, whole or not at all."""

from __future__ import annotations

import stat
import sys
import zipfile
from pathlib import Path

import pytest

from desktop_app.cli.app import main
from desktop_app.deployment import generator
from desktop_app.deployment.generator import PROGRAM, hand_on
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.runtime.bundle import open_bundle, pack
from tests.runtime.small_bundles import write

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder that is laid out as the real one is."""
    folder = tmp_path / "dist" / PROGRAM
    (folder / "parts" / "Qt").mkdir(parents=True)
    (folder / PROGRAM).write_text("#!/bin/sh\n")
    (folder / PROGRAM).chmod(0o755)
    (folder / "parts" / "Qt" / "library.so").write_bytes(b"x" * 10_000)
    (folder / "parts" / "library.so").symlink_to("Qt/library.so")
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write(tmp_path / "bundle", classes=3)


def left(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir()) if out.exists() else []


@posix
@pytest.mark.parametrize("packed", [False, True])
def test_the_model_lies_beside_a_program_that_can_be_started(program, bundle, tmp_path, packed) -> None:
    source = pack(bundle, tmp_path / "one.gensmith") if packed else bundle
    told: list[tuple[int, int]] = []
    made = hand_on(source, tmp_path / "out", generator=program, progress=lambda done, total: told.append((done, total)))
    models = list(made.folder.glob("*.gensmith"))
    assert len(models) == 1
    assert open_bundle(models[0]).manifest == open_bundle(bundle).manifest
    assert (made.folder / PROGRAM).stat().st_mode & stat.S_IXUSR
    assert (made.folder / "parts" / "library.so").readlink() == Path("Qt/library.so")
    assert models[0].name in (made.folder / "Read me.txt").read_text(encoding="utf-8")
    assert told[-1][0] <= told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@posix
def test_the_zip_holds_the_same_with_links_and_what_may_be_started(program, bundle, tmp_path) -> None:
    made = hand_on(bundle, tmp_path / "out", generator=program)
    with zipfile.ZipFile(made.archive) as archive:
        modes = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
        assert archive.read(f"{made.folder.name}/parts/library.so") == b"Qt/library.so"
    inside = {path.relative_to(made.folder.parent).as_posix() for path in made.folder.rglob("*") if not path.is_dir()}
    assert set(modes) == inside
    assert stat.S_ISLNK(modes[f"{made.folder.name}/parts/library.so"])
    assert modes[f"{made.folder.name}/{PROGRAM}"] & stat.S_IXUSR


@posix
def test_cancelled_at_any_moment_it_leaves_nothing(program, bundle, tmp_path) -> None:
    for moment in range(4):
        asked = iter(range(100))
        with pytest.raises(Cancelled):
            hand_on(bundle, tmp_path / "out", generator=program, cancelled=lambda: next(asked) >= moment)  # noqa: B023
        assert left(tmp_path / "out") == []


@posix
def test_what_is_there_already_is_never_replaced(program, bundle, tmp_path) -> None:
    made = hand_on(bundle, tmp_path / "out", generator=program)
    before = made.archive.read_bytes()
    with pytest.raises(GensmithError, match="already something"):
        hand_on(bundle, tmp_path / "out", generator=program)
    assert made.archive.read_bytes() == before


def test_a_damaged_model_is_refused_before_anything_is_copied(program, tmp_path) -> None:
    (tmp_path / "wrong.gensmith").write_bytes(b"nothing")
    with pytest.raises(GensmithError):
        hand_on(tmp_path / "wrong.gensmith", tmp_path / "out", generator=program)
    assert left(tmp_path / "out") == []


@posix
def test_the_verb_does_the_same_and_says_when_there_is_no_program(program, bundle, tmp_path, monkeypatch, capsys) -> None:
    words = ["deploy", "generator", str(bundle), "--out", str(tmp_path / "out"), "--json"]
    monkeypatch.setattr(generator.desktop_app, "__file__", str(tmp_path / "desktop_app" / "__init__.py"))
    assert main(words) == 0, capsys.readouterr().err
    assert len(left(tmp_path / "out")) == 2
    monkeypatch.setattr(generator.desktop_app, "__file__", str(tmp_path / "elsewhere" / "desktop_app" / "__init__.py"))
    assert main(words) == 4
    assert "build.py generator" in capsys.readouterr().err
