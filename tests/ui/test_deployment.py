"""The deployment page, used as a person would."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.deployment import generator
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Request, open_bundle
from desktop_app.runtime.manifest import Manifest, Parity
from desktop_app.runtime.sampling import Sampler
from desktop_app.ui.pages.deployment import DeploymentPage
from desktop_app.ui.pages.deployment_targets import proof_of, quoted, speed_words
from desktop_app.ui.pages.deployment_work import described, drawn, size_words
from desktop_app.ui.widgets.lightbox import Lightbox
from desktop_app.ui.window import MainWindow
from tests.runtime.small_bundles import write_one_pass
from tests.ui import sprites
from tests.ui.helpers import words_on

OpenWindow = Callable[[Path, int], MainWindow]


@pytest.fixture
def shown(qtbot: QtBot, open_window: OpenWindow) -> Callable[[Path], tuple[MainWindow, DeploymentPage]]:
    """Opens a project at step 6 and waits until its model is opened."""

    def show(folder: Path) -> tuple[MainWindow, DeploymentPage]:
        window = open_window(folder, 6)
        page = window.stack.currentWidget().widget()
        assert isinstance(page, DeploymentPage)
        qtbot.waitUntil(lambda: page.run is None or page.model is not None or page.error is not None)
        return window, page

    return show


def press_main(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.bar.main, Qt.MouseButton.LeftButton)


def generate(qtbot: QtBot, window: MainWindow, page: DeploymentPage) -> list[bytes]:
    """Press the main button and wait; the files of the pictures."""
    press_main(qtbot, window)
    qtbot.waitUntil(lambda: not page.drawing)
    return [picture.png for picture in page.gallery.new.all()]


# ---------------------------------------------------------------- drawing


def test_the_same_seed_draws_the_same_pictures_and_another_others(qtbot, shown, judged):
    window, page = shown(judged)
    page.controls.count.setValue(7)
    page.controls.seed.setValue(11)
    assert window.bar.main.text() == "Generate"
    first = generate(qtbot, window, page)
    assert len(first) == 7
    bundle = open_bundle(page.run.bundle_folder)
    asked = Request(count=7, seed=11, steps=10, guidance=1.0)
    assert first == [picture.png() for picture in bundle.generate(asked)], "the window draws what the command line draws"
    assert window.bar.main.text() == "Generate others", "the same again would be the same pictures"
    others = generate(qtbot, window, page)
    assert page.controls.seed.value() != 11 and others != first
    page.controls.seed.setValue(11)
    assert window.bar.main.text() == "Generate"
    assert generate(qtbot, window, page) == first


@pytest.mark.parametrize("classes", [0, 3])
def test_a_model_that_draws_in_one_pass_knows_no_strokes(qtbot, shown, plain, classes):
    with Project.open(plain) as project:
        run = project.runs()[-1]
        shutil.rmtree(run.bundle_folder)
        write_one_pass(run.bundle_folder, classes=classes, shape=(3, 8, 8))
    window, page = shown(plain)
    assert "trokes" not in words_on(page) and "strictly" not in words_on(page)
    assert page.controls.kind.isVisible() == bool(classes)
    page.controls.count.setValue(5)
    drawn = generate(qtbot, window, page)
    bundle = open_bundle(run.bundle_folder)
    assert drawn == [picture.png() for picture in bundle.generate(Request(count=5))]
    assert window.bar.main.text() == "Generate others"


def test_a_kind_strokes_and_strictness_go_into_the_request(qtbot, shown, judged):
    window, page = shown(judged)
    page.controls.count.setValue(3)
    page.controls.kind.setCurrentIndex(2)
    page.controls.steps.setValue(4)
    page.controls.guidance.setValue(2.5)
    generate(qtbot, window, page)
    name = page.controls.kind.currentText()
    assert all(name in tile.name for tile in page.gallery.new.grid.tiles())
    with Image.open(_write(page.gallery.new.all()[0].png, judged)) as image:
        assert '"steps":4' in image.info["Settings"] and '"guidance":2.5' in image.info["Settings"]
        assert image.info["Class"] == name and image.info["Seed"] == "0"


def _write(content: bytes, folder: Path) -> Path:
    (folder / "one.png").write_bytes(content)
    return folder / "one.png"


def test_without_kinds_nothing_is_asked_about_them(qtbot, shown, plain):
    window, page = shown(plain)
    assert not page.controls.kind.isVisible() and not page.controls.guidance.isVisible()
    assert len(generate(qtbot, window, page)) == 16


def test_the_dice_gives_another_seed_and_enter_draws(qtbot, shown, judged):
    window, page = shown(judged)
    qtbot.mouseClick(page.controls.dice, Qt.MouseButton.LeftButton)
    assert page.controls.seed.value() != 0
    page.controls.count.setValue(2)
    qtbot.keyClick(page.controls.count, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(page.gallery.new.all()) == 2 and not page.drawing)
    assert window.bar.main.text() == "Generate others"


def test_pictures_arrive_one_after_the_other_and_cancel_keeps_what_has_come(qtbot, shown, judged):
    window, page = shown(judged)
    page.controls.count.setValue(200)
    page.controls.steps.setValue(200)
    press_main(qtbot, window)
    assert len(page.gallery.new.grid.tiles()) == 200, "places for all of them at once"
    assert page.gallery.progress.isVisible()
    qtbot.waitUntil(lambda: 3 < len(page.gallery.new.all()) < 200)
    qtbot.mouseClick(page.gallery.progress.cancel, Qt.MouseButton.LeftButton)
    there = len(page.gallery.new.all())
    assert 3 < there < 200 and len(page.gallery.new.grid.tiles()) == there
    assert not page.drawing and "cancelled" in page.gallery.told.full_text()
    qtbot.wait(200)
    assert len(page.gallery.new.all()) == there, "nothing comes after"
    assert window.bar.main.text() == "Generate"


def test_the_latest_request_wins(qtbot, shown, judged):
    window, page = shown(judged)
    page.controls.count.setValue(60)
    page.controls.steps.setValue(150)
    press_main(qtbot, window)
    qtbot.waitUntil(lambda: len(page.gallery.new.all()) > 0)
    page.controls.count.setValue(3)
    page.controls.seed.setValue(5)
    page.controls.steps.setValue(4)
    generate(qtbot, window, page)
    assert [tile.name.split(", ")[1] for tile in page.gallery.new.grid.tiles()] == ["seed 5"] * 3


def test_speed_is_measured_by_drawing(qtbot, shown, judged):
    window, page = shown(judged)
    assert "generate once to measure it" in page.here.words.text()
    generate(qtbot, window, page)
    assert page.rate is not None and page.rate > 0
    assert speed_words(page.rate) in page.here.words.text()


def test_a_failure_is_said_and_the_page_goes_on(qtbot, shown, judged):
    window, page = shown(judged)
    run = page.run.bundle_folder
    run.rename(run.with_name("elsewhere"))
    press_main(qtbot, window)
    qtbot.waitUntil(lambda: not page.drawing)
    assert window.banner.isVisible() and window.banner.property("state") == "bad"


# ---------------------------------------------------------------- saving, copying, keeping


def select(page: DeploymentPage, *rows: int) -> None:
    page.gallery.shelf.grid.choose(rows)


def test_selecting_by_mouse_and_keys(qtbot, shown, judged):
    window, page = shown(judged)
    generate(qtbot, window, page)
    grid = page.gallery.new.grid
    assert not page.gallery.copy.isEnabled()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.visualRect(grid.model().index(2)).center())
    assert grid.chosen() == [2] and page.gallery.copy.isEnabled()
    third = grid.visualRect(grid.model().index(4)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, pos=third)
    assert grid.chosen() == [2, 4] and page.gallery.save_chosen.text() == "Save 2 …"
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(grid.chosen()) == 16
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    box = window.findChild(Lightbox)
    assert box is not None and box.isVisible()
    box.close()


def test_one_picture_is_saved_with_its_record(qtbot, shown, judged, tmp_path, monkeypatch):
    window, page = shown(judged)
    generate(qtbot, window, page)
    select(page, 3)
    target = tmp_path / "mein Bild é"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **kwargs: (str(target), ""))
    qtbot.mouseClick(page.gallery.save_chosen, Qt.MouseButton.LeftButton)
    saved = target.with_suffix(".png")
    qtbot.waitUntil(saved.exists)
    qtbot.waitUntil(lambda: "saved" in page.gallery.result.full_text())
    with Image.open(saved) as image:
        assert image.size == (16, 16)
        assert (image.info["Software"], image.info["Model"], image.info["Index"]) == ("Gensmith", "Sprites", "3")
    assert page.gallery.open_folder.isVisible()


def test_all_pictures_are_saved_and_nothing_is_overwritten(qtbot, shown, judged, tmp_path, monkeypatch):
    window, page = shown(judged)
    pngs = generate(qtbot, window, page)
    folder = tmp_path / "out"
    folder.mkdir()
    mine = folder / page.gallery.new.all()[0].file
    mine.write_bytes(b"mine")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args, **kwargs: str(folder))
    qtbot.mouseClick(page.gallery.save_all, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "16 pictures saved in out" in page.gallery.result.full_text())
    assert mine.read_bytes() == b"mine"
    others = [path.read_bytes() for path in folder.iterdir() if path != mine]
    assert sorted(others) == sorted(pngs)


def test_a_full_or_forbidden_place_is_said(qtbot, shown, judged, tmp_path, monkeypatch):
    window, page = shown(judged)
    generate(qtbot, window, page)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args, **kwargs: str(blocked))
    qtbot.mouseClick(page.gallery.save_all, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.banner.isVisible)
    assert str(blocked) in window.banner.text()


def test_copying_one_and_several(qtbot, shown, judged):
    window, page = shown(judged)
    generate(qtbot, window, page)
    select(page, 0)
    qtbot.mouseClick(page.gallery.copy, Qt.MouseButton.LeftButton)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (16, 16)
    assert image.pixelColor(7, 7) == page.gallery.new.all()[0].image.pixelColor(7, 7)
    select(page, 0, 1, 2, 3)
    qtbot.keyClick(page.gallery.new.grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    sheet = QGuiApplication.clipboard().image()
    assert (sheet.width(), sheet.height()) == (35, 35), "two by two with gaps of one pixel"
    assert sheet.pixelColor(1 + 17 + 7, 1 + 7) == page.gallery.new.all()[1].image.pixelColor(7, 7)


def test_favourites_are_kept_in_the_project_and_survive(qtbot, shown, judged):
    window, page = shown(judged)
    generate(qtbot, window, page)
    select(page, 1, 5)
    kept = [page.gallery.new.all()[row].png for row in (1, 5)]
    qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 2)
    assert [tile.kept for tile in page.gallery.new.grid.tiles()][:6] == [False, True, False, False, False, True]
    assert page.gallery.shelves.part("favourites").text() == "Favourites 2"
    window.close()
    with Project.open(judged, read_only=True) as project:
        names = project.document.deployment.favourites
        assert [(judged / name).read_bytes() for name in names] == kept
        assert all(name.startswith("favourites/") for name in names)
    _, page = shown(judged)
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 2)
    page.gallery.look_at("favourites")
    tile = page.gallery.favourites.grid.tile(0)
    assert "seed 0, number 2" in tile.name


def test_a_favourite_can_be_given_up_and_brought_back(qtbot, shown, judged):
    window, page = shown(judged)
    generate(qtbot, window, page)
    select(page, 1)
    qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.gallery.favourite.text() == "Remove")
    qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.gallery.favourite.text() == "Keep")
    assert page.gallery.favourites.all() == []
    window.undo()
    qtbot.waitUntil(lambda: len(page.gallery.favourites.all()) == 1)
    assert page.gallery.new.grid.tile(1).kept


def test_a_favourite_whose_file_is_gone_is_passed_over(qtbot, shown, judged):
    with Project.open(judged) as project:
        project.change("deployment", favourites=["favourites/gone.png", "favourites/text.png"])
        (judged / "favourites").mkdir()
        (judged / "favourites" / "text.png").write_text("no picture")
    _, page = shown(judged)
    qtbot.wait(300)
    assert page.gallery.favourites.all() == []


def test_keeping_in_a_read_only_project_is_refused_in_words(qtbot, open_window, judged):
    with Project.open(judged):
        window = open_window(judged, 6)
        page = window.stack.currentWidget().widget()
        qtbot.waitUntil(lambda: page.model is not None)
        generate(qtbot, window, page)
        select(page, 0)
        qtbot.mouseClick(page.gallery.favourite, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "nothing can be kept" in window.banner.text())
    assert not (judged / "favourites").exists()


# ---------------------------------------------------------------- destinations


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is laid out as that of the program that draws for others."""
    folder = tmp_path / "dist" / generator.PROGRAM
    folder.mkdir(parents=True)
    monkeypatch.setattr(generator, "generator_folder", lambda: folder)
    (folder / "library").write_bytes(b"x" * 10_000)
    return folder


def test_the_program_for_others_is_made_with_the_model(qtbot, shown, judged, program, tmp_path, monkeypatch, file_manager):
    window, page = shown(judged)
    out = tmp_path / "für Freunde"
    out.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args, **kwargs: str(out))
    qtbot.mouseClick(page.program.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.program.result.isVisible)
    made = next(path for path in out.iterdir() if path.is_dir())
    assert open_bundle(next(made.glob("*.gensmith"))).manifest == page.model.manifest
    assert page.program.result.full_text().startswith(f"{made.name}.zip") and made.with_name(f"{made.name}.zip").is_file()
    assert page.program.button.isEnabled() and not page.program.progress.isVisible()
    qtbot.mouseClick(page.program.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.banner.isVisible)
    assert "already something" in window.banner.text() and page.program.button.isEnabled(), "nothing is overwritten"


def test_without_a_program_to_hand_on_there_is_no_card(qtbot, shown, judged, tmp_path, monkeypatch):
    monkeypatch.setattr(generator, "program_in", lambda folder: tmp_path / "none")
    _, page = shown(judged)
    assert page.program.isHidden()


def test_the_file_for_others_generates_the_same_pictures(qtbot, shown, judged, tmp_path, monkeypatch, file_manager):
    window, page = shown(judged)
    pngs = generate(qtbot, window, page)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **kwargs: (str(tmp_path / "für alle"), ""))
    qtbot.mouseClick(page.file.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.file.open_folder.isVisible)
    target = tmp_path / "für alle.gensmith"
    drawn_there = open_bundle(target).generate(Request(count=16, seed=0))
    assert [picture.array.tobytes() for picture in drawn_there] == [
        picture.array.tobytes() for picture in open_bundle(page.run.bundle_folder).generate(Request(count=16))
    ]
    assert len(pngs) == 16
    assert page.file.result.full_text() == f"für alle.gensmith, {size_words(target.stat().st_size)}"
    assert page.file.command.text() == f"gensmith generate {quoted(str(target))} --count 16 --out pictures"
    qtbot.mouseClick(page.file.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == page.file.command.text()
    qtbot.mouseClick(page.file.open_folder, Qt.MouseButton.LeftButton)
    assert file_manager.folders == [str(tmp_path)]


def test_this_computer_says_size_and_proof(qtbot, shown, judged, file_manager):
    _, page = shown(judged)
    size = sum(path.stat().st_size for path in page.run.bundle_folder.iterdir() if path.name != "bundle.json")
    assert size_words(size) in page.here.words.text() and "16 × 16 pixels, colour" in page.here.words.text()
    assert page.here.proof.text() == "Compared with the trained model, 1, 3, 16 pictures at once: no visible difference."
    page.here.show_folder.emit()
    assert file_manager.folders == [str(page.run.bundle_folder)]


def test_the_proof_tells_a_visible_difference_and_a_missing_comparison():
    manifest = Manifest(name="x", shape=(3, 8, 8), graphs={"denoiser": "d.onnx"}, sampler=Sampler())
    assert proof_of(manifest) == ""
    poor = manifest.model_copy(update={"parity": Parity(batch_sizes=[1, 4], max_abs_error=0.02)})
    assert "up to 2.6 of 255 levels" in proof_of(poor)


def test_another_model_can_be_chosen(qtbot, shown, judged):
    with Project.open(judged) as project:
        second = sprites.train(project, "Finer", steps=14)
    window, page = shown(judged)
    assert page.controls.runs.isVisible() and page.run != second, "the best is the one that was judged"
    assert page.controls.steps.value() == 10
    page.controls.runs.setFocus()
    qtbot.keyClick(page.controls.runs, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.run == second and page.model is not None)
    assert page.controls.steps.value() == 14
    assert "Finer" in window.bar.note.full_text()
    with Project.open(judged, read_only=True) as project:
        assert project.document.deployment.run == second.name


# ---------------------------------------------------------------- other states


def test_without_a_model_the_next_missing_thing_is_offered(qtbot, shown, untrained):
    window, page = shown(untrained)
    assert page.blank.isVisible() and not page.content.isVisible()
    assert window.bar.main.text() == "Start training"
    press_main(qtbot, window)
    assert window.number == 4


def test_a_model_that_was_tampered_with_is_not_run(qtbot, shown, judged):
    with Project.open(judged) as project:
        graph = project.runs()[0].bundle_folder / "denoiser.onnx"
        graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
    window, page = shown(judged)
    assert page.blank.heading.text() == "The model cannot be used"
    assert "tampered" in page.blank.words.text()
    assert not page.content.isVisible() and not window.bar.main.isVisible()


def test_closing_the_project_while_drawing_leaves_nothing_behind(qtbot, shown, judged):
    window, page = shown(judged)
    page.controls.count.setValue(300)
    page.controls.steps.setValue(200)
    press_main(qtbot, window)
    qtbot.waitUntil(lambda: len(page.gallery.new.all()) > 0)
    window.close_project()
    qtbot.wait(300)
    assert window.number == 0


def test_everything_can_be_reached_by_tab_and_has_a_name(qtbot, shown, judged):
    window, page = shown(judged)
    generate(qtbot, window, page)
    select(page, 0)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    page.controls.count.setFocus()
    names = []
    for _ in range(24):
        widget = QApplication.focusWidget()
        names.append(widget.accessibleName())
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert all(names), names
    wanted = (
        "How many",
        "Kind",
        "Seed",
        "Another seed, by chance",
        "New pictures",
        "Copy",
        "Keep",
        "Save …",
        "Save the file …",
    )
    for name in wanted:
        assert name in names, names


def test_escape_stops_the_drawing(qtbot, shown, judged):
    window, page = shown(judged)
    page.controls.count.setValue(200)
    page.controls.steps.setValue(200)
    press_main(qtbot, window)
    qtbot.waitUntil(lambda: len(page.gallery.new.all()) > 0)
    qtbot.keyClick(page.controls.count, Qt.Key.Key_Escape)
    assert not page.drawing and "cancelled" in page.gallery.told.full_text()


def test_the_pages_open_without_waiting_for_what_they_need_later():
    pages = ("evaluation", "deployment")
    code = "import sys\n" + "".join(f"import desktop_app.ui.pages.{page}\n" for page in pages)
    code += "print([name for name in ('torch', 'onnx', 'onnxruntime') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("rate", "words"), [(120.4, "120 pictures a second"), (2.5, "2.5 pictures a second"), (0.2, "5 seconds")]
)
def test_speed_in_words(rate, words):
    assert speed_words(rate).startswith(words)


@pytest.mark.parametrize(("word", "shown"), [("a.gensmith", "a.gensmith"), ("my file", '"my file"'), ('a"b', '"a\\"b"')])
def test_words_of_the_command_line_are_quoted(word, shown):
    assert quoted(word) == shown


def test_a_picture_keeps_its_name_and_other_pictures_get_others(judged):
    with Project.open(judged) as project:
        bundle = open_bundle(project.runs()[0].bundle_folder)
    one, again = (drawn(next(iter(bundle.generate(Request(count=1))))) for _ in range(2))
    other = drawn(next(iter(bundle.generate(Request(count=1, steps=3)))))
    assert one.file == again.file != other.file
    assert np.array_equal(np.frombuffer(one.png, np.uint8), np.frombuffer(again.png, np.uint8))
    assert described({"Seed": "4", "Index": "2"}) == "Picture, seed 4, number 3"
    assert described({"Seed": "4", "Index": "x"}) == ""
    assert described({}) == ""
