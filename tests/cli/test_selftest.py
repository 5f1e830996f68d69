"""The selftest: passes where everything works, and says what does not."""

from __future__ import annotations

import importlib.util
import os

import pytest

from desktop_app.cli import selftest
from desktop_app.project.errors import GensmithError


@pytest.mark.torch
@pytest.mark.timeout(900)
def test_a_whole_installation_passes(gensmith, gensmith_home, monkeypatch) -> None:
    def none_was_built() -> None:
        raise GensmithError("There is none.")

    monkeypatch.setattr(selftest, "generator_folder", none_was_built)
    answer = gensmith("selftest", "--family", "gan", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["passed"]
    states = {step["step"]: step["state"] for step in answer.json["steps"]}
    window = "passed" if importlib.util.find_spec("PySide6") else "absent"
    assert states == dict.fromkeys(selftest.STEPS, "passed") | {"pages": window, "hand on": "absent"}
    assert answer.err.count("✓") == len(states) - 1 - (window == "absent")
    assert list(gensmith_home.iterdir()) == []  # nothing of the person's is touched


def test_a_failure_is_told_with_its_code_and_ends_the_test(gensmith, monkeypatch) -> None:
    tried: list[str] = []

    def fails(_: selftest.Trial) -> str:
        raise GensmithError("It is broken.", "Mend it.", code=5, details="deep inside")

    steps = {"good": lambda trial: tried.append("good") or "fine", "bad": fails, "never": lambda trial: tried.append("never")}
    monkeypatch.setattr(selftest, "STEPS", steps)
    answer = gensmith("selftest", "--json")
    assert answer.code == 5
    assert tried == ["good"]
    assert [(step["step"], step["state"]) for step in answer.json["steps"]] == [("good", "passed"), ("bad", "failed")]
    assert "It is broken. Mend it." in answer.err
    assert "deep inside" in answer.err


def test_what_an_installation_does_not_have_is_no_failure(gensmith, monkeypatch) -> None:
    trouble = selftest._window_trouble("ImportError: libEGL.so.1: cannot open shared object file: No such file")

    def absent(_: selftest.Trial) -> str:
        raise trouble

    monkeypatch.setattr(selftest, "STEPS", {"pages": absent})
    answer = gensmith("selftest", "--json")
    assert answer.code == 0
    assert answer.json["steps"][0]["state"] == "absent"
    assert "libEGL.so.1" in answer.json["steps"][0]["message"]
    assert isinstance(selftest._window_trouble("Segmentation fault"), GensmithError)


@pytest.mark.parametrize("kept", [None, "elsewhere"])
def test_the_persons_home_is_put_back(monkeypatch, tmp_path, kept) -> None:
    monkeypatch.delenv("GENSMITH_HOME", raising=False)
    if kept:
        monkeypatch.setenv("GENSMITH_HOME", kept)
    with selftest._home(tmp_path):
        assert os.environ["GENSMITH_HOME"] == str(tmp_path / "home")
    assert os.environ.get("GENSMITH_HOME") == kept


def test_an_unknown_kind_of_model_is_refused(gensmith) -> None:
    assert gensmith("selftest", "--family", "oracle").code == 2
