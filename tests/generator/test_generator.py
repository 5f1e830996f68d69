"""The generator's window: a model is opened, pictures are drawn and saved; what is wrong is said."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.generator.app import model_beside
from desktop_app.generator.window import GeneratorWindow
from desktop_app.jobs import tasks
from desktop_app.runtime.bundle import Request, open_bundle, pack
from tests.runtime.small_bundles import write

KINDS = 3


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """One file that draws three kinds at once."""
    return pack(write(tmp_path / "bundle", classes=KINDS), tmp_path / "modèle.gensmith")


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[GeneratorWindow]:
    window = GeneratorWindow()
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()
    tasks.end_all()


def opened(qtbot: QtBot, window: GeneratorWindow, model: Path) -> None:
    with qtbot.waitSignal(window.opened):
        window.open(model)


def drawn(qtbot: QtBot, window: GeneratorWindow) -> list[bytes]:
    with qtbot.waitSignal(window.drawn):
        window.bar.main.click()
    return [picture.png for picture in window.pictures()]


def test_a_model_draws_what_the_command_line_draws(qtbot, window, model) -> None:
    assert window.bar.main.text() == "Open a model"
    opened(qtbot, window, model)
    assert window.form.kind.count() == KINDS + 1
    window.form.count.setValue(4)
    window.form.seed.setValue(7)
    expected = [picture.png() for picture in open_bundle(model).generate(Request(4, seed=7))]
    assert drawn(qtbot, window) == expected
    assert window.bar.main.text() == "Generate others"
    assert drawn(qtbot, window) != expected  # another seed
    window.form.seed.setValue(7)
    name = open_bundle(model).manifest.classes[1]
    window.form.kind.set_value(name)
    drawn(qtbot, window)
    assert all(picture.name.startswith(name) for picture in window.pictures())


def test_pictures_are_saved_and_never_replace_others(qtbot, window, model, tmp_path, monkeypatch) -> None:
    opened(qtbot, window, model)
    window.form.count.setValue(3)
    expected = drawn(qtbot, window)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "kept"))
    for _ in range(2):
        window.banner.dismiss()
        window.save_all.click()
        qtbot.waitUntil(window.banner.isVisible)
    assert "3 pictures saved" in window.banner.text()
    assert sorted(path.read_bytes() for path in (tmp_path / "kept").iterdir()) == sorted(expected)
    window.grid.choose([1])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "one"), ""))
    window.banner.dismiss()
    window.save_chosen.click()
    qtbot.waitUntil(window.banner.isVisible)
    assert (tmp_path / "one.png").read_bytes() == expected[1]


def test_what_is_no_model_is_refused_and_the_one_before_stays(qtbot, window, model, tmp_path) -> None:
    (tmp_path / "wrong.gensmith").write_bytes(b"nothing")
    window.open(tmp_path / "wrong.gensmith")
    qtbot.waitUntil(lambda: window.blank.heading.text() == "This model cannot be opened")
    opened(qtbot, window, model)
    window.open(tmp_path / "wrong.gensmith")
    qtbot.waitUntil(window.banner.isVisible)
    assert window.bar.main.text() == "Generate"
    assert drawn(qtbot, window)


def test_cancelling_keeps_what_has_come(qtbot, window, model) -> None:
    opened(qtbot, window, model)
    window.form.count.setValue(1000)
    window.generate()
    qtbot.waitUntil(lambda: len(window.pictures()) > 0)
    window.progress.cancel.click()
    assert 0 < len(window.pictures()) < 1000
    assert None not in window._shelf
    assert window.bar.main.text() == "Generate"


def test_the_model_beside_the_program_is_taken_when_there_is_one(tmp_path) -> None:
    assert model_beside(tmp_path) is None
    (tmp_path / "a.gensmith").touch()
    assert model_beside(tmp_path) == tmp_path / "a.gensmith"
    (tmp_path / "b.gensmith").touch()
    assert model_beside(tmp_path) is None


def test_the_door_opens_a_model_without_torch(model, gensmith_home) -> None:
    """As a process of its own: it tests itself, and neither torch nor the engine is loaded."""
    code = (
        "import sys\nfrom desktop_app.generator.app import main\n"
        f"code = main(['selftest', {str(model)!r}])\n"
        "print([name for name in sys.modules if name == 'torch' or name.startswith('desktop_app.engine')], code)"
    )
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    said, loaded = done.stdout.splitlines()
    assert loaded == "[] 0", done.stderr
    expected = [picture.png() for picture in open_bundle(model).generate(Request(16))]
    assert list(json.loads(said)["pictures"].values()) == [hashlib.sha256(png).hexdigest() for png in expected]
