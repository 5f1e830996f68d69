"""The inventory kept from the last import."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.data import decide, inspection, recall
from desktop_app.data.kept import KEPT
from desktop_app.project.document import Data, Mend
from tests.data.conftest import Import
from tests.data.pictures import scene


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were decoded, from now on."""
    seen: list[str] = []
    measure = inspection.measured

    def watched(candidates, recipe):  # type: ignore[no-untyped-def]
        seen.extend(one.name for one in candidates)
        return measure(candidates, recipe)

    monkeypatch.setattr(inspection, "measured", watched)
    return seen


def _pictures(folder: Path) -> None:
    for kind in ("cat", "dog"):
        (folder / kind).mkdir()
        for number in range(3):
            scene(number + 10 * (kind == "dog"), 120, 90).save(folder / kind / f"{number} ﷽ é.png")
    (folder / "cat" / "empty.png").touch()
    scene(1, 120, 90).resize((60, 45)).save(folder / "cat" / "again.jpg")


def test_what_was_found_is_there_at_the_next_opening(look: Import, folder: Path, data_folder: Path) -> None:
    _pictures(folder)
    data = Data(sources=[str(folder)], mends={f"{folder.name}/dog/0 ﷽ é.png": Mend(turn=90)})
    found = inspection.inspect(data, data_folder)
    kept = recall(data, data_folder)
    assert kept is not None
    assert kept.inventory.items == found.items
    assert decide(kept.inventory, data) == found
    assert any(item.findings for item in found.items)
    assert any(item.mend for item in found.items)
    assert not list(data_folder.glob(".*"))


def test_an_import_without_changes_measures_nothing(
    folder: Path, data_folder: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _pictures(folder)
    data = Data(sources=[str(folder)])
    first = inspection.inspect(data, data_folder)
    measured.clear()
    monkeypatch.setattr(inspection, "near_duplicates", lambda *_: pytest.fail("compared again"))
    assert inspection.inspect(data, data_folder) == first
    assert measured == ["empty.png"], "what could not be read is tried again"


def test_what_was_decided_is_kept_as_well(folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pictures(folder)
    data = Data(sources=[str(folder)])
    first = inspection.inspect(data, data_folder)
    left = data.model_copy(update={"left_out": [first.items[0].key], "captions": {first.items[1].key: "a caption"}})
    kept = recall(left, data_folder)
    assert kept is not None
    assert not kept.decided
    found = inspection.inspect(left, data_folder)
    assert found.items[0].reason == "by hand"
    assert found == decide(first, left)
    monkeypatch.setattr(inspection, "decide", lambda *_: pytest.fail("decided again"))
    assert inspection.inspect(left, data_folder) == found
    kept = recall(left, data_folder)
    assert kept is not None
    assert (kept.decided, kept.inventory) == (True, found)


def test_changes_among_the_files_are_seen(folder: Path, data_folder: Path) -> None:
    _pictures(folder)
    data = Data(sources=[str(folder)])
    before = inspection.inspect(data, data_folder)
    scene(7, 120, 90).save(folder / "cat" / "empty.png")
    mended = inspection.inspect(data, data_folder)
    assert mended.used == before.used + 1
    (folder / "cat" / "empty.png").unlink()
    assert inspection.inspect(data, data_folder).found == before.found - 1
    (folder / "cat" / "0 ﷽ é.txt").write_text("a caption", encoding="utf-8")
    assert any(item.caption == "a caption" for item in inspection.inspect(data, data_folder).items)


def test_other_choices_and_damage_are_not_taken_for_it(folder: Path, data_folder: Path) -> None:
    _pictures(folder)
    data = Data(sources=[str(folder)])
    found = inspection.inspect(data, data_folder)
    assert recall(data.model_copy(update={"size": 64}), data_folder) is None
    assert recall(data.model_copy(update={"size": found.proposed_size}), data_folder) is not None
    assert recall(data.model_copy(update={"background": "black"}), data_folder) is None
    path = data_folder / KEPT
    content = path.read_text(encoding="utf-8")
    head, line = content.splitlines()
    short = json.loads(line)
    short["columns"]["key"].pop()
    for spoiled in ("", "[]", "null", content[: len(content) // 2], head, f"{head}\n{json.dumps(short)}\n"):
        path.write_text(spoiled, encoding="utf-8")
        assert recall(data, data_folder) is None, spoiled[:60]
        assert inspection.inspect(data, data_folder) == found
