"""Ten thousand altered bundles: each opens as what it was or is refused in a sentence; none crashes, hangs or writes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

SOUND_ENDINGS = {"opened", "refused", "drawn", "refused in use"}
SLOW, LARGE = 5.0, 256
"""Seconds of a processor that one may take to open, and MiB that all of them may add to the most memory held."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the process that tried them all says in the end; a crash is a failure that names the one it died of."""
    folder = tmp_path_factory.mktemp("around") / "fuzzed"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.runtime.fuzzing", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=280, check=False)
    if done.returncode:
        pytest.fail(f"ended with {done.returncode} at “{(folder / 'progress.txt').read_text()}”: {done.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.fixture(scope="module")
def found(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What came of each kind of alteration of each bundle."""
    return {f"{name}, {kind}": one for name, kinds in told["found"].items() for kind, one in kinds.items()}


def test_each_opens_as_what_it_was_or_is_refused_in_a_sentence(found) -> None:
    assert {name: one["wrong"] for name, one in found.items() if one["wrong"]} == {}
    assert {ending for one in found.values() for ending in one["ended"]} <= SOUND_ENDINGS


def test_there_are_thousands_and_both_endings_come(found) -> None:
    assert sum(one["count"] for one in found.values()) >= 10_000
    assert min(one["count"] for one in found.values()) >= 700
    for name, one in found.items():
        assert one["ended"]["refused"] > 300, name  # what is altered matters
        assert one["count"] > one["ended"]["refused"], name  # and the refusals are not of everything


def test_none_takes_long_or_much_memory(told, found) -> None:
    assert max(one["slowest"] for one in found.values()) < SLOW
    assert told["grown"] < LARGE


def test_opening_writes_starts_and_loads_nothing(told) -> None:
    assert told["meddled"] == []
    assert told["left"] == ["in one pass", "in strokes", "inside", "progress.txt"]
    assert told["around"] == ["fuzzed"]
