"""Arrays: what the model will see, whole or not at all, on full and read-only disks, after a kill."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.data import Cancelled, Inventory, encode, open_arrays, open_encoded, picture
from desktop_app.data.arrays import FORMAT
from desktop_app.project.document import Data
from desktop_app.project.errors import GensmithError
from tests.data.conftest import Import
from tests.data.outside import on_disk, python
from tests.data.pictures import scene


@pytest.fixture
def inventory(look: Import, folder: Path) -> Inventory:
    """Thirty pictures in two classes and one without, one of them no picture."""
    for number in range(30):
        sub = folder / "ab"[number % 2]
        sub.mkdir(exist_ok=True)
        scene(number, 40 + number, 50).save(sub / f"{number:02}.png")
    scene(99).save(folder / "alone.jpg")
    (folder / "a" / "notes.txt").write_text("x")
    return look()


CHOICES = Data(size=16)


def test_arrays_hold_what_the_model_will_see(inventory: Inventory, data_folder: Path) -> None:
    name = encode(inventory, CHOICES, data_folder)
    encoded = open_encoded(data_folder / name)
    used = [item for item in inventory.items if item.used]
    assert encoded.items.shape == (31, 16, 16, 3)
    assert isinstance(encoded.items, np.memmap)
    assert encoded.classes == ["a", "b"]
    assert encoded.keys == [item.key for item in used]
    assert [Path(path) for path in encoded.paths] == [item.path for item in used]
    for number, item in enumerate(used):
        assert (encoded.items[number] == picture(item.path, CHOICES, 16)).all()
        assert encoded.labels[number] == (-1 if item.class_name is None else "ab".index(item.class_name))
        assert encoded.held_out[number] == item.held_out
    assert encoded.held_out.sum() == inventory.held_out > 0


@pytest.mark.parametrize(("colour", "channels"), [("auto", 1), ("gray", 1), ("colour", 3)])
def test_gray_pictures_have_one_channel(look: Import, folder: Path, data_folder: Path, colour: str, channels: int) -> None:
    for number in range(4):
        scene(number).convert("L").save(folder / f"{number}.png")
    data = Data.model_validate({"colour": colour, "size": 16})
    encoded = open_encoded(data_folder / encode(look(), data, data_folder))
    assert encoded.items.shape == (4, 16, 16, channels)


def test_sprites_arrive_pixel_by_pixel(samples: dict[str, Path], look: Import, data_folder: Path) -> None:
    inventory = look(samples["sprites"])
    encoded = open_encoded(data_folder / encode(inventory, Data(), data_folder))
    assert encoded.items.shape == (1500, 16, 16, 3)
    for number in range(0, 1500, 97):
        assert (encoded.items[number] == np.asarray(Image.open(encoded.paths[number]))).all()
    assert encoded.repeat == 1
    larger = open_encoded(data_folder / encode(inventory, Data(size=32), data_folder))
    assert larger.repeat == 2, "every pixel fills a square of two by two"


def test_the_name_follows_from_the_content(inventory: Inventory, data_folder: Path, look: Import) -> None:
    name = encode(inventory, CHOICES, data_folder)
    stamp = (data_folder / name / "items.npy").stat().st_mtime_ns
    assert encode(look(), CHOICES, data_folder) == name
    assert (data_folder / name / "items.npy").stat().st_mtime_ns == stamp
    for other in ({"size": 24}, {"fit": "pad"}, {"colour": "gray"}, {"background": "black"}):
        assert encode(inventory, CHOICES.model_copy(update=other), data_folder) != name
    assert encode(look(held_out=0.3), CHOICES, data_folder) != name
    assert encode(look(left_out=[inventory.items[0].key]), CHOICES, data_folder) != name


def test_nothing_usable_is_said(look: Import, folder: Path, data_folder: Path) -> None:
    (folder / "a.txt").write_text("x")
    with pytest.raises(GensmithError, match="None of the 1 files") as caught:
        encode(look(), CHOICES, data_folder)
    assert caught.value.code == 3


def test_a_picture_that_vanished_is_named(inventory: Inventory, data_folder: Path) -> None:
    next(item for item in inventory.items if item.used).path.unlink()
    with pytest.raises(GensmithError, match=r"alone\.jpg: It could not be opened"):
        encode(inventory, CHOICES, data_folder)
    assert not [path for path in data_folder.iterdir() if path.is_dir()]


def test_cancelling_leaves_nothing(inventory: Inventory, data_folder: Path) -> None:
    seen: list[int] = []
    with pytest.raises(Cancelled):
        encode(inventory, CHOICES, data_folder, progress=lambda done, _: seen.append(done), cancelled=lambda: len(seen) > 0)
    assert not [path for path in data_folder.iterdir() if path.is_dir()]


# ---------------------------------------------------------------- kills and disks

PREPARE = """
folder, data_folder = Path(sys.argv[1]), Path(sys.argv[2])
data = Data(sources=[str(folder)], size=32)
inventory = inspect(data, data_folder)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", [1, 15, 31])
def test_a_kill_leaves_no_half_arrays(inventory: Inventory, folder: Path, data_folder: Path, moment: int) -> None:
    code = PREPARE + (
        f"import desktop_app.data.inventory as i\n"
        f"i.Pace.step = lambda self, done: done == {moment} and os.kill(os.getpid(), signal.SIGKILL)\n"
        "encode(inventory, data, data_folder)\n"
    )
    done = python(code, folder, data_folder)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = [path.name for path in data_folder.iterdir() if path.is_dir()]
    assert left
    assert all(name.startswith(".tmp-") for name in left)
    name = encode(inventory, Data(size=32), data_folder)
    assert open_encoded(data_folder / name).items.shape[0] == 31
    assert [path.name for path in data_folder.iterdir() if path.is_dir()] == [name]


REPORT = """
try:
    print(encode(inventory, data, data_folder))
except GensmithError as error:
    print(error.code, error)
print(sorted(path.name for path in data_folder.glob("*") if path.is_dir()))
"""


def test_too_little_room_is_said_at_once(inventory: Inventory, folder: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    code = "sys.argv[1:] = sys.argv[2], sys.argv[1] + '/data'" + PREPARE + REPORT
    done = on_disk(disk, "size=1m", code, folder)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("4 The pictures need 0 MB on the disk, and 1 MB are free"), done.stderr
    assert lines[1] == "[]"


def test_a_disk_that_fills_up_meanwhile(inventory: Inventory, folder: Path, tmp_path: Path) -> None:
    code = "sys.argv[1:] = sys.argv[2], sys.argv[1] + '/data'" + PREPARE + (
        "import desktop_app.data.arrays as arrays\n"
        "arrays._check_room = lambda *_: None\n"
        "data = data.model_copy(update={'size': 128})\n"
        "print(type(thumbnail(inventory.items[0], 64, data_folder)).__name__)\n"
    ) + REPORT + "print(inspect(Data(sources=[str(folder)]), data_folder).used)\n"  # fmt: skip
    done = on_disk(tmp_path / "disk", "size=300k", code, folder)
    lines = done.stdout.splitlines()
    assert lines[1].startswith("4 The disk is full"), done.stderr
    assert lines[3] == "31"


def test_a_read_only_project(inventory: Inventory, folder: Path, tmp_path: Path) -> None:
    code = "sys.argv[1:] = sys.argv[2], sys.argv[1] + '/data'" + PREPARE + (
        "print(inventory.used, type(thumbnail(inventory.items[0], 64, data_folder)).__name__)\n"
    ) + REPORT  # fmt: skip
    done = on_disk(tmp_path / "disk", "ro", code, folder)
    lines = done.stdout.splitlines()
    assert lines[0] == "31 bytes", done.stderr
    assert lines[1].startswith("4 The folder is read-only")


# ---------------------------------------------------------------- damage


def damage_text(folder: Path, **changes: object) -> None:
    path = folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


DAMAGE = {
    "items gone": lambda folder: (folder / "items.npy").unlink(),
    "items cut": lambda folder: (folder / "items.npy").write_bytes((folder / "items.npy").read_bytes()[:-1]),
    "items empty": lambda folder: (folder / "items.npy").write_bytes(b""),
    "labels of objects": lambda folder: np.save(folder / "labels.npy", np.array([{}] * 31, dtype=object), allow_pickle=True),
    "labels too few": lambda folder: np.save(folder / "labels.npy", np.zeros(3, dtype=np.int64)),
    "labels too high": lambda folder: np.save(folder / "labels.npy", np.full(31, 9)),
    "sides as numbers": lambda folder: np.save(folder / "held_out.npy", np.zeros(31)),
    "outline broken": lambda folder: (folder / "outline.json").write_text("{"),
    "text broken": lambda folder: (folder / "dataset.json").write_text("{"),
    "text of another kind": lambda folder: (folder / "dataset.json").write_text("[]"),
    "another size": lambda folder: damage_text(folder, size=99),
    "names missing": lambda folder: damage_text(folder, keys=["one"]),
    "no folder": lambda folder: folder.rename(folder.with_name("elsewhere")),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_arrays_are_said_and_made_again(inventory: Inventory, data_folder: Path, name: str) -> None:
    folder = data_folder / encode(inventory, CHOICES, data_folder)
    DAMAGE[name](folder)
    with pytest.raises(GensmithError, match="damaged") as caught:
        open_arrays(folder)
        open_encoded(folder)
    assert caught.value.code == 3
    assert data_folder / encode(inventory, CHOICES, data_folder) == folder
    assert len(open_encoded(folder).keys) == 31


def test_the_shape_is_known_without_the_names(inventory: Inventory, data_folder: Path) -> None:
    folder = data_folder / encode(inventory, CHOICES, data_folder)
    whole = open_encoded(folder)
    for made_by in ("this version", "one without outlines"):
        found = open_arrays(folder)
        assert (found.classes, found.repeat, found.items.shape) == (whole.classes, whole.repeat, whole.items.shape), made_by
        assert found.held_out.tolist() == whole.held_out.tolist()
        (folder / "outline.json").unlink(missing_ok=True)


def test_arrays_of_a_newer_version_are_refused(inventory: Inventory, data_folder: Path) -> None:
    folder = data_folder / encode(inventory, CHOICES, data_folder)
    damage_text(folder, format=FORMAT + 1)
    with pytest.raises(GensmithError, match="newer"):
        open_encoded(folder)
