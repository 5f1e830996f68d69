"""Small tables in the person's home, none of which is worth a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.project import remembered


def test_what_was_remembered_stands_beside_what_was_there(gensmith_home: Path) -> None:
    assert remembered.recall("some.json") == {}
    remembered.remember("some.json", {"é": 1, "b": [2]})
    remembered.remember("some.json", {"b": [3]})
    assert remembered.recall("some.json") == {"é": 1, "b": [3]}
    assert remembered.recall("other.json") == {}


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b'{"a": ', b"\xff\xfe\x00", b"null"])
def test_a_damaged_table_counts_as_empty_and_is_written_anew(gensmith_home: Path, content: bytes) -> None:
    (gensmith_home / "some.json").write_bytes(content)
    assert remembered.recall("some.json") == {}
    remembered.remember("some.json", {"a": 1})
    assert remembered.recall("some.json") == {"a": 1}


def test_a_home_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENSMITH_HOME", str(tmp_path / "home"))
    (tmp_path / "home").write_text("a file where the folder should be")
    remembered.remember("some.json", {"a": 1})
    assert remembered.recall("some.json") == {}
