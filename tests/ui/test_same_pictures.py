"""The same seed gives the same file from Gensmith's window, the generator's window, the command line and the library."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.cli.app import main
from desktop_app.engine.quantising import quantised
from desktop_app.generator.window import GeneratorWindow
from desktop_app.jobs import tasks
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Request, open_bundle, pack, write_bundle
from desktop_app.runtime.sampling import Sampler, levels
from tests.engine.wide_bundles import SHAPE, wide
from tests.runtime.small_bundles import gaussian, manifest, network

COUNT, SEED = 6, 11
"""More than a block of pictures, and not a whole number of blocks."""
SAMPLER = Sampler(steps=8, handover=1.0)
ROLES = {"denoiser": "denoiser.onnx", "structure": "structure.onnx"}


def in_bytes() -> bytes:
    rng = np.random.default_rng(0)
    fed = [{"x": rng.standard_normal((4, *SHAPE)).astype(np.float32), "sigma": np.full(4, s, np.float32)} for s in (0.1, 1.0)]
    return quantised(wide().SerializeToString(), fed)


@pytest.fixture(params=["32 bits", "8 bits"])
def project(request: pytest.FixtureRequest, plain: Path) -> Path:
    """A project whose model is led by a structure under strong noise."""
    denoiser = network(SHAPE).SerializeToString() if request.param == "32 bits" else in_bytes()
    with Project.open(plain) as opened:
        folder = opened.runs()[-1].bundle_folder
    shutil.rmtree(folder)
    graphs: dict[str, bytes | Path] = {"denoiser.onnx": denoiser, "structure.onnx": gaussian(SHAPE).SerializeToString()}
    write_bundle(folder, manifest(SHAPE, sampler=SAMPLER, graphs=ROLES), graphs)
    return plain


def by_gensmith(qtbot: QtBot, open_window, project: Path) -> list[bytes]:
    window = open_window(project, 6)
    page = window.stack.currentWidget().widget()
    qtbot.waitUntil(lambda: page.model is not None)
    page.controls.count.setValue(COUNT)
    page.controls.seed.setValue(SEED)
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.drawing)
    return [picture.png for picture in page.gallery.new.all()]


def by_the_generator(qtbot: QtBot, model: Path) -> list[bytes]:
    window = GeneratorWindow()
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(window.opened):
        window.open(model)
    window.form.count.setValue(COUNT)
    window.form.seed.setValue(SEED)
    with qtbot.waitSignal(window.drawn):
        window.bar.main.click()
    drawn = [picture.png for picture in window.pictures()]
    window.close()
    tasks.end_all()
    return drawn


def test_a_model_with_a_structure_draws_the_same_files_everywhere(qtbot, open_window, project, tmp_path) -> None:
    with Project.open(project, read_only=True) as opened:
        folder = opened.runs()[-1].bundle_folder
    model = pack(folder, tmp_path / "model.gensmith")
    expected = [picture.png() for picture in open_bundle(model).generate(Request(COUNT, seed=SEED))]
    assert by_the_generator(qtbot, model) == expected
    assert main(["generate", str(model), "--count", str(COUNT), "--seed", str(SEED), "--out", str(tmp_path / "cli"), "-q"]) == 0
    assert [path.read_bytes() for path in sorted((tmp_path / "cli").iterdir())] == expected
    assert by_gensmith(qtbot, open_window, project) == expected


def test_both_graphs_have_a_hand_in_it(project, tmp_path) -> None:
    """So that the test above would see a structure that one of them forgets."""
    high = [level > SAMPLER.handover for level in levels(SAMPLER)[:-1]]
    assert any(high) and not all(high)
    with Project.open(project, read_only=True) as opened:
        led = open_bundle(opened.runs()[-1].bundle_folder)
    graphs: dict[str, bytes | Path] = {"denoiser.onnx": led._files["denoiser.onnx"]}
    write_bundle(tmp_path / "alone", manifest(SHAPE, sampler=Sampler(steps=SAMPLER.steps)), graphs)
    alone = open_bundle(tmp_path / "alone")
    drawn = [next(iter(model.generate(Request(1)))).array for model in (led, alone)]
    assert not np.array_equal(*drawn)
