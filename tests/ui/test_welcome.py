"""The page from which everything starts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.project import store
from desktop_app.project.store import Project
from desktop_app.ui.glimpse import ago, glimpse
from desktop_app.ui.window import MainWindow
from tests.jobs.conftest import small_engine as small_engine
from tests.ui.helpers import drop, words_on


def test_a_sample_is_tried_with_one_click(
    qtbot: QtBot, fresh_window: MainWindow, small_engine: None, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("desktop_app.jobs.session.projects_folder", lambda: tmp_path / "projects")
    card = fresh_window._welcome.samples[1]
    qtbot.waitUntil(lambda: "Handwritten" in card.accessibleName())
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert card.progress.isVisible()
    qtbot.waitUntil(lambda: fresh_window.session.run is not None)
    assert fresh_window.header.title.text() == "Train"
    assert fresh_window.session.document.data.used == 1797
    assert fresh_window.session.document.architecture.family == "diffusion"
    assert fresh_window.session.document.data.licence == "CC BY 4.0"
    qtbot.waitUntil(lambda: fresh_window.session.run_state in ("running", "finished", "paused"))


def test_making_a_sample_can_be_cancelled(qtbot: QtBot, fresh_window: MainWindow, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("desktop_app.jobs.session.projects_folder", lambda: tmp_path / "projects")
    card = fresh_window._welcome.samples[0]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(card.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.offer.isVisible)
    assert fresh_window.session.project is None
    assert fresh_window.session.runs() == []


def test_recent_projects_show_pictures_and_open(qtbot: QtBot, fresh_window: MainWindow, small_project: Path) -> None:
    fresh_window._welcome.refresh()
    (card,) = fresh_window._welcome.recent
    qtbot.waitUntil(lambda: "24 pictures" in card.line.full_text())
    assert card.name.full_text() == "Small project"
    qtbot.waitUntil(lambda: len({card.sheet.grab().toImage().pixelColor(x, 10).name() for x in range(0, 200, 3)}) > 3)
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert fresh_window.session.project.folder == small_project


def test_a_project_is_taken_off_the_list_but_stays(qtbot: QtBot, fresh_window: MainWindow, small_project: Path) -> None:
    fresh_window._welcome.refresh()
    qtbot.keyClick(fresh_window._welcome.recent[0], Qt.Key.Key_Delete)
    assert fresh_window._welcome.recent == []
    assert store.recent() == []
    assert Project.open(small_project, read_only=True).document.name == "Small project"


def test_the_place_is_said_before_and_never_taken_twice(qtbot: QtBot, fresh_window: MainWindow, tmp_path: Path) -> None:
    new = fresh_window._welcome.new
    qtbot.keyClicks(new.name, "Birds")
    assert new.place.full_text().endswith("Birds")
    (tmp_path / "projects" / "Birds").mkdir(parents=True)
    new.suggest()
    assert new.folder().name == "Birds 2"


def test_another_place_can_be_chosen(qtbot: QtBot, fresh_window: MainWindow, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "elsewhere"))
    new = fresh_window._welcome.new
    qtbot.mouseClick(new.change, Qt.MouseButton.LeftButton)
    assert new.folder() == tmp_path / "elsewhere" / "Untitled"


def test_a_place_that_cannot_be_written_is_said(qtbot: QtBot, fresh_window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "projects").write_text("a file is in the way", encoding="utf-8")
    qtbot.mouseClick(fresh_window._welcome.new.button, Qt.MouseButton.LeftButton)
    assert fresh_window.session.project is None
    assert fresh_window.banner.isVisible()
    assert str(tmp_path / "projects") in fresh_window.banner.text()


def test_the_drop_zone_takes_a_folder(qtbot: QtBot, fresh_window: MainWindow, pictures: Path) -> None:
    new = fresh_window._welcome.new
    qtbot.keyClicks(new.name, "Two kinds")
    drop(new.zone, [pictures])
    assert fresh_window.session.document.name == "Two kinds"
    assert fresh_window.session.document.data.sources == [str(pictures)]
    assert fresh_window.session.document.objective.output == "images"
    qtbot.waitUntil(lambda: fresh_window.session.document.data.encoded is not None)


def test_back_to_the_open_project(qtbot: QtBot, open_window, small_project: Path) -> None:
    window = open_window(small_project, 3)
    window.show_welcome()
    assert "Back to Small project" in words_on(window)
    qtbot.mouseClick(window._welcome.back_button, Qt.MouseButton.LeftButton)
    assert window.number == 3


def test_a_damaged_project_shows_why(small_project: Path) -> None:
    (small_project / "project.json").write_text("[]", encoding="utf-8")
    found = glimpse(small_project)
    assert "damaged" in found.line
    assert found.pictures == []


def test_times_are_said_as_people_do() -> None:
    said = [ago(seconds) for seconds in (5, 600, 3_700, 7_300, 100_000, 864_000)]
    assert said == ["just now", "10 minutes ago", "an hour ago", "2 hours ago", "yesterday", "10 days ago"]
