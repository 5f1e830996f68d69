"""Each way in loads only what it needs, and tells failures from one another."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from desktop_app import __main__, __version__
from desktop_app.cli import app, info
from tests.cli.conftest import outside


def loaded_by(*words: object) -> set[str]:
    """Top-level modules that a verb has loaded by its end."""
    code = (
        "import sys\nfrom desktop_app.__main__ import main\n"
        f"main({[str(word) for word in words]!r})\n"
        "sys.stderr.write('\\n' + ' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def test_the_version_comes_at_once() -> None:
    modules = loaded_by("--version")
    assert not modules & {"torch", "PySide6", "numpy", "onnxruntime"}


def test_no_verb_that_only_looks_or_draws_loads_torch_or_qt(bundle, tmp_path) -> None:
    heavy = {"torch", "PySide6", "pyqtgraph"}
    assert not loaded_by("info", bundle) & heavy
    assert not loaded_by("generate", bundle, "--count", 2, "--out", tmp_path / "out") & heavy
    assert not loaded_by("doctor") & heavy


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        (["{project}"], "window"),
        (["{model}"], "generator"),
        (["info", "{model}"], "verb"),
        (["selftest"], "verb"),
        ([], "window"),
    ],
)
def test_a_double_clicked_project_or_model_opens_in_its_window(monkeypatch, tmp_path, words, opens) -> None:
    (tmp_path / "project.json").write_text("{}")
    (tmp_path / "model.gensmith").touch()
    opened: list[str] = []
    doors = {"window": "ui.app", "generator": "generator.app", "verb": "cli.app"}
    for name, module in doors.items():
        found = importlib.import_module(f"desktop_app.{module}")
        monkeypatch.setattr(found, "main", lambda _, name=name: opened.append(name) or 0)
    places = {"project": tmp_path, "model": tmp_path / "model.gensmith"}
    assert __main__.main([word.format(**places) for word in words]) == 0
    assert opened == [opens]


def test_help_names_every_exit_code(gensmith) -> None:
    said = " ".join(gensmith("--help").out.split())
    assert all(f"{code} " in said for code in (0, 1, 2, 3, 4, 5, 130))
    assert gensmith("--version").out == f"Gensmith {__version__}\n"


@pytest.mark.parametrize("verb", [command.name or command.callback.__name__ for command in app.app.registered_commands])
def test_every_verb_explains_itself(gensmith, verb) -> None:
    answer = gensmith(verb.rstrip("_"), "--help")
    assert answer.code == 0
    assert f"gensmith {verb.rstrip('_')}" in answer.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mke"], "Did you mean"),
        (["make"], "gensmith make --help"),
        (["generate", "x"], "--out"),
        (["make", "x", "--out", "y", "--size", "4"], "--size"),
        (["train", "x", "--device", "abacus"], "abacus"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_request_is_one_line_and_code_2(gensmith, words, says) -> None:
    answer = gensmith(*words)
    assert answer.code == 2
    assert answer.err.startswith("gensmith: ")
    assert answer.err.count("\n") == 1
    assert says in answer.err
    assert answer.out == ""


def test_machines_are_told_of_a_failure_too(gensmith, tmp_path) -> None:
    answer = gensmith("info", tmp_path / "nothing", "--json")
    assert answer.json == {"error": answer.err.removeprefix("gensmith: ").strip(), "code": 2}


def test_a_defect_is_one_line_and_its_details_come_on_request(gensmith, monkeypatch, tmp_path) -> None:
    def defect(_: object) -> bool:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(info.targets, "is_project", defect)
    plain, detailed = gensmith("info", tmp_path), gensmith("info", "--debug", tmp_path)
    assert plain.code == detailed.code == 1
    assert plain.err.count("\n") == 1
    assert "Traceback" not in plain.err
    assert "Traceback" in detailed.err
    assert "in defect" in detailed.err


def test_a_closed_pipe_is_no_traceback(bundle) -> None:
    verb = outside("info", bundle)
    assert verb.stdout
    assert verb.stderr
    verb.stdout.close()
    verb.wait()
    assert "Traceback" not in verb.stderr.read()
    verb.stderr.close()


def test_names_that_the_terminal_cannot_show_do_not_break_it(tmp_path) -> None:
    command = [sys.executable, "-m", "desktop_app", "new", str(tmp_path / "東京"), "--json"]
    done = subprocess.run(
        command, capture_output=True, env={"PYTHONIOENCODING": "ascii", "GENSMITH_HOME": str(tmp_path / "home")}
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "東京" / "project.json").exists()
