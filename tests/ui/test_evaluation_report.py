"""The report is saved from the evaluation page, with pictures of the person's own or without."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.ui.pages.evaluation import EvaluationPage
from tests.ui.helpers import only_run


def save(qtbot: QtBot, page: EvaluationPage, which: int) -> None:
    """Press the button, then an entry of its menu; the press returns when the menu has closed."""
    menu = page.report_button.menu()

    def choose() -> None:
        place = menu.actionGeometry(menu.actions()[which]).center()
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=place)

    menu.aboutToShow.connect(lambda: QTimer.singleShot(100, menu, choose))
    qtbot.mouseClick(page.report_button, Qt.MouseButton.LeftButton)


def test_it_is_saved_said_and_shown(qtbot, shown, judged, tmp_path, monkeypatch, file_manager):
    _, page = shown(judged)
    asked: list[str] = []

    def choose(parent, title, proposed, kinds):
        asked.append(proposed)
        return str(tmp_path / "für die Chefin"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    save(qtbot, page, 0)
    qtbot.waitUntil(page.notice.isVisible)
    target = tmp_path / "für die Chefin.html"
    assert page.notice.text() == "für die Chefin.html saved." and target.is_file()
    assert asked[0].endswith("sprites-report.html")
    assert 'alt="Real picture"' in target.read_text(encoding="utf-8")
    for button, where in zip(page.notice.buttons(), (target, tmp_path), strict=True):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert file_manager.folders[-1] == str(where)
    page.notice.dismiss()
    page.refresh()
    assert not page.notice.isVisible()


def test_without_pictures_of_the_person(qtbot, shown, judged, tmp_path, monkeypatch):
    _, page = shown(judged)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "r.html"), ""))
    save(qtbot, page, 1)
    qtbot.waitUntil(page.notice.isVisible)
    assert 'alt="Real picture"' not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_to_is_said(qtbot, shown, judged, tmp_path, monkeypatch):
    window, page = shown(judged)
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "file" / "r.html"), ""))
    with qtbot.waitSignal(page.report_button.failed):
        save(qtbot, page, 0)
    qtbot.waitUntil(window.banner.isVisible)
    assert not page.notice.isVisible()
    qtbot.waitUntil(page.report_button.isEnabled)


def test_nothing_happens_when_the_dialogue_is_left(qtbot, shown, judged, monkeypatch):
    _, page = shown(judged)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    save(qtbot, page, 0)
    assert page.report_button.isEnabled() and not page.notice.isVisible()


def test_what_is_not_judged_offers_no_report(shown, judged):
    only_run(judged).report_file.unlink()
    _, page = shown(judged)
    assert not page.report_button.isVisible() and page.report_button.run is None
