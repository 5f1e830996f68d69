"""A kill, a full disk, a refusal at any moment leave the old or the new, never half of one."""

from __future__ import annotations

import errno
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explain_os_error, free_folder, new_folder, write_bytes, write_json, write_with

WRITE_FOR_EVER = """
import sys
from pathlib import Path
from desktop_app.project.files import new_folder, write_json
target, number = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    write_json(target / "document.json", {"number": number, "filling": "x" * 200_000})
    with new_folder(target / "folder") as temporary:
        for part in range(4):
            (temporary / f"{part}.txt").write_text(str(number))
"""

LIMITED = """
import resource, sys
from pathlib import Path
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_json(Path(sys.argv[1]), {"filling": "x" * 100_000})
except GensmithError as error:
    print(error.code, error)
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits")


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".tmp-")]


@posix
def test_a_kill_at_any_moment_leaves_whole_files(tmp_path) -> None:
    moments = random.Random(7)
    for _ in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(moments.uniform(0.02, 0.15))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        if (tmp_path / "document.json").exists():
            assert len(json.loads((tmp_path / "document.json").read_text())["filling"]) == 200_000
        if (tmp_path / "folder").exists():
            assert len({part.read_text() for part in (tmp_path / "folder").iterdir()}) == 1
            assert len(list((tmp_path / "folder").iterdir())) == 4
    assert (tmp_path / "document.json").exists()


@posix
def test_a_file_that_cannot_grow_keeps_the_old_one(tmp_path) -> None:
    target = tmp_path / "document.json"
    write_json(target, {"old": True})
    said = subprocess.run([sys.executable, "-c", LIMITED, str(target)], capture_output=True, text=True, check=True).stdout
    assert said.startswith("4 ")
    assert str(target) in said
    assert json.loads(target.read_text()) == {"old": True}
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path) -> None:
    target = tmp_path / "document.json"
    write_bytes(target, b"old")
    with pytest.raises(GensmithError, match="disk is full") as caught:
        write_with(target, lambda _: Path("/dev/full").write_bytes(b"new") and None)
    assert caught.value.code == 4
    assert target.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_a_folder_in_the_way_is_a_sentence(tmp_path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(GensmithError, match="taken") as caught:
        write_bytes(tmp_path / "taken", b"content")
    assert caught.value.code == 4
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, 9999])
def test_every_system_error_names_the_place_and_a_remedy(code) -> None:
    error = explain_os_error(OSError(code, "the system's words"), Path("somewhere/file"))
    assert "somewhere" in error.message
    assert error.remedy
    assert error.code == 4


def test_names_of_every_script_and_parents_that_are_missing(tmp_path) -> None:
    target = tmp_path / "été à la mer" / "東京 📷.json"
    write_json(target, {"ключ": "ценность"})
    assert json.loads(target.read_text(encoding="utf-8")) == {"ключ": "ценность"}


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path) -> None:
    with new_folder(tmp_path / "made") as temporary:
        (temporary / "a.txt").write_text("1")
        assert not (tmp_path / "made").exists()
    assert (tmp_path / "made" / "a.txt").read_text() == "1"
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "made") as temporary:
        (temporary / "b.txt").write_text(str(1 / 0))
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a.txt"]
    assert leftovers(tmp_path) == []


def test_a_new_folder_replaces_the_old_one(tmp_path) -> None:
    for content in ("old", "new"):
        with new_folder(tmp_path / "made") as temporary:
            (temporary / f"{content}.txt").write_text(content)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["new.txt"]
    assert leftovers(tmp_path) == []


def test_a_free_folder_counts_up(tmp_path) -> None:
    names = []
    for _ in range(3):
        folder = free_folder(tmp_path, "Sprites")
        folder.mkdir()
        names.append(folder.name)
    assert names == ["Sprites", "Sprites 2", "Sprites 3"]
