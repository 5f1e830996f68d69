"""Step 4 as a person uses it, with a real process that writes a run folder as the engine does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.jobs import machine
from desktop_app.jobs.story import Story
from desktop_app.project import runs
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import pack
from desktop_app.ui.page import Action
from desktop_app.ui.pages.training import TrainingPage
from desktop_app.ui.pages.training_live import headline, saved_words
from desktop_app.ui.window import MainWindow
from tests.jobs import conftest as jobs
from tests.runtime.small_bundles import write

from .helpers import words_on

OpenWindow = Callable[[Path, int], MainWindow]
small_engine = jobs.small_engine


@pytest.fixture
def ready(small_project: Path) -> Path:
    """A project to which only the start of the training is missing."""
    with Project.open(small_project) as project:
        project.change("architecture", family="diffusion")
    return small_project


@pytest.fixture
def page(ready: Path, open_window: OpenWindow, qtbot: QtBot) -> TrainingPage:
    return page_of(open_window(ready, 4), qtbot)


def page_of(window: MainWindow, qtbot: QtBot) -> TrainingPage:
    page = window.stack.currentWidget().widget()
    assert isinstance(page, TrainingPage)
    qtbot.waitUntil(lambda: not window.session.importing)
    return page


def window_of(page: TrainingPage) -> MainWindow:
    window = page.window()
    assert isinstance(window, MainWindow)
    return window


def click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def start(page: TrainingPage, qtbot: QtBot, name: str = "long") -> None:
    """Start as a person does; the run's name tells the small engine what to do."""
    page.session.change("", name=name)
    qtbot.waitUntil(lambda: window_of(page).bar.main.text() == "Start training")
    click(qtbot, window_of(page).bar.main)
    assert page.shows_run


def state(page: TrainingPage, qtbot: QtBot, wanted: str) -> None:
    qtbot.waitUntil(lambda: page.session.run_state == wanted)


# ---------------------------------------------------------------- before the start


def test_a_time_is_chosen_and_the_estimate_follows(page: TrainingPage, qtbot: QtBot) -> None:
    before = words_on(page.setup.estimate)
    click(qtbot, page.setup.length.choice.part("480"))
    assert page.session.document.training.minutes == 480
    qtbot.waitUntil(lambda: words_on(page.setup.estimate) != before)
    assert "8 h" in words_on(page.setup.estimate)


def test_another_time_is_typed(page: TrainingPage, qtbot: QtBot) -> None:
    length = page.setup.length
    assert not length.minutes.isVisible()
    click(qtbot, length.choice.part("custom"))
    assert length.minutes.isVisible()
    length.minutes.selectAll()
    qtbot.keyClicks(length.minutes, "45")
    qtbot.keyClick(length.minutes, Qt.Key.Key_Return)
    assert page.session.document.training.minutes == 45
    qtbot.wait(20)
    assert length.minutes.isVisible(), "the box stays while it is in use"


def test_a_number_of_pictures_instead_of_a_time(page: TrainingPage, qtbot: QtBot) -> None:
    click(qtbot, page.setup.length.choice.part("items"))
    assert page.session.document.training.items == page.setup.length.items.value()
    click(qtbot, page.setup.length.choice.part("10"))
    assert (page.session.document.training.items, page.session.document.training.minutes) == (None, 10)


def test_the_wheel_over_a_closed_box_changes_nothing(page: TrainingPage, qtbot: QtBot) -> None:
    form = page.setup.forms[0]
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent

    box = form.rows["learning_rate"].findChild(type(page.setup.length.minutes))
    none, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, 120), QPoint(0, 120), Qt.MouseButton.NoButton, none, phase, False
    )
    QApplication.sendEvent(box, wheel)
    assert page.session.document.training.settings == {}


def test_advanced_shows_all_settings_in_their_groups(page: TrainingPage, qtbot: QtBot) -> None:
    assert "So that it does not learn by heart" not in words_on(page.setup)
    click(qtbot, page.setup.advanced)
    words = words_on(page.setup)
    for part in ("How it learns", "So that it does not learn by heart", "Keeping it stable", "How it draws", "dropout", "seed"):
        assert part in words
    offered = [name for form in page.setup.forms for name in form.rows]
    from desktop_app.jobs import catalog

    assert sorted(offered) == sorted(catalog.get("diffusion").settings.model_fields), "each setting stands in one place"
    click(qtbot, page.setup.advanced)
    assert "dropout" not in words_on(page.setup)


def test_a_setting_is_changed_kept_and_taken_back(page: TrainingPage, ready: Path, qtbot: QtBot) -> None:
    click(qtbot, page.setup.advanced)
    form = next(form for form in page.setup.forms if "clip" in form.rows)
    box = form.rows["clip"].findChild(type(page.setup.length.minutes))
    box.setValue(2.5)
    assert page.session.document.training.settings == {"diffusion": {"clip": 2.5}}
    qtbot.waitUntil(page.setup.defaults.isVisible)
    click(qtbot, page.setup.defaults)
    assert page.session.document.training.settings == {"diffusion": {"sampling_steps": 18}}, "what step 1 suggests"
    qtbot.waitUntil(lambda: box.value() == 1.0)
    assert not page.setup.defaults.isVisible()


def test_what_step_1_suggests_is_recommended_and_stays(page: TrainingPage, ready: Path, qtbot: QtBot) -> None:
    page.session.change_objective(output="images", purpose="icons", device="phone")
    suggested = {"sampling_steps": 10}
    assert page.session.document.training.settings["diffusion"] == suggested
    page.setup.refresh()
    assert not page.setup.defaults.isVisible(), "nothing was changed by hand"
    page.session.change_setting("clip", 2.5)
    page.setup.refresh()
    click(qtbot, page.setup.defaults)
    assert page.session.document.training.settings["diffusion"] == suggested
    qtbot.waitUntil(lambda: not page.setup.defaults.isVisible())


def test_too_little_memory_is_said_before_the_start(page: TrainingPage) -> None:
    page.session.capacity.machine = replace(machine.describe(), memory_free=10_000_000, gpus=(), trains_on="cpu")
    page.refresh()
    assert "GB are free" in page.setup.warning.text()
    page.session.capacity.machine = replace(machine.describe(), disk_free=100_000_000)
    page.refresh()
    assert "disk" in page.setup.warning.text()
    page.session.capacity.machine = machine.describe()
    page.refresh()
    assert not page.setup.warning.isVisible()


def test_what_is_in_the_way_is_said_by_the_main_button(small_project: Path, open_window: OpenWindow, qtbot: QtBot) -> None:
    window = open_window(small_project, 4)
    page = page_of(window, qtbot)
    click(qtbot, window.bar.main)
    assert not page.shows_run
    assert page.session.runs() == []
    assert "choose a model" in words_on(window).lower()


# ---------------------------------------------------------------- while it runs


def test_a_training_is_watched_from_start_to_end(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot, "finish")
    assert "Starting" in words_on(page.live)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    assert "You can close the window; training goes on, and the machine stays awake." in page.subtitle()
    state(page, qtbot, "finished")
    qtbot.waitUntil(lambda: page.live.head.share.text() == "100 %")
    assert "It draws well." in page.live.ending.text()
    assert page.live.previews.wall._sheet is not None
    assert page.live.curves.plot is not None
    qtbot.waitUntil(lambda: "kept-aside loss" in page.live.curves.plot._lines)  # type: ignore[union-attr]
    assert "512" not in page.live.memory.value.text() and "0.5 GB" in page.live.memory.value.text()
    assert page.live.batch.value.text() == "32"
    click(qtbot, page.live.ending.buttons()[0])
    assert window_of(page).number == 5


def test_figures_while_it_runs(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: " left · done about " in page.live.head.words.full_text())
    qtbot.waitUntil(lambda: page.note().startswith("Saved"))
    assert page.live.speed.value.text() != "–"
    assert page.live.rate.value.text() == "0.002"
    assert page.main_action() == Action("Plan another training", page.show_setup)


def test_pause_with_space_and_go_on(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    page.live.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert page.live.pause.text() == "Pausing …"
    assert not page.live.pause.isEnabled(), "pressed once is enough"
    state(page, qtbot, "paused")
    assert "Paused at step" in page.live.ending.text()
    assert window_of(page).bar.main.text() == "Go on training"
    assert not page.live.pause.isVisible()
    assert not page.live.sample.isVisible()
    step = page.session.story.step
    click(qtbot, window_of(page).bar.main)
    qtbot.waitUntil(lambda: page.session.story.step > step)
    qtbot.waitUntil(lambda: not page.live.ending.isVisible())


def test_stop_and_keep(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    click(qtbot, page.live.stop)
    assert page.live.stop.text() == "Stopping …"
    state(page, qtbot, "stopped")
    assert "Stopped and kept" in page.live.ending.text()
    assert page.session.run.bundle_folder.is_dir()  # type: ignore[union-attr]


def test_sample_now_shows_the_newest(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: len(page.session.story.previews) >= 2)
    page.live.previews.timeline.slider.setValue(0)
    seen = len(page.session.story.previews)
    click(qtbot, page.live.sample)
    assert page.live.sample.text() == "Sampling …"
    qtbot.waitUntil(lambda: page.live.sample.text() == "Sample now")
    assert len(page.session.story.previews) > seen
    assert page.live.previews.timeline.at_end


def test_save_now_says_when_it_is_written(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    with qtbot.waitSignal(page.live.message) as told:
        click(qtbot, page.live.save)
        assert page.live.save.text() == "Saving …"
    kept = page.session.story.checkpoint
    assert told.args == ["good", f"Saved at step {kept.step:,}.", ""]
    assert (page.session.run.folder / kept.folder).is_dir()
    assert page.live.save.text() == "Save now"
    page.session.stop()
    state(page, qtbot, "stopped")


def test_looking_back_with_mouse_and_keys(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    previews, timeline = page.live.previews, page.live.previews.timeline
    qtbot.waitUntil(lambda: timeline.slider.maximum() >= 3)
    page.session.pause()
    state(page, qtbot, "paused")
    newest = previews.current()
    assert newest == page.session.story.previews[-1]
    timeline.slider.setFocus()
    qtbot.keyClick(timeline.slider, Qt.Key.Key_Left)
    assert previews.current() == page.session.story.previews[-2]
    qtbot.keyClick(timeline.slider, Qt.Key.Key_Home)
    first = page.session.story.previews[0]
    assert previews.current() == first
    assert previews.wall._sheet.size() == previews._sheets.image(page.session.run.folder / first.file, first.time).size()  # type: ignore[union-attr]
    assert f"Step {first.step:,}" in timeline.words.full_text()
    qtbot.keyClick(timeline.slider, Qt.Key.Key_End)
    assert previews.current() == newest
    page.live.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_Left)
    assert previews.current() == page.session.story.previews[-2], "the arrows look back from anywhere on the page"


def test_while_looking_back_new_previews_do_not_pull_away(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    timeline = page.live.previews.timeline
    qtbot.waitUntil(lambda: timeline.slider.maximum() >= 2)
    timeline.slider.setValue(0)
    known = timeline.slider.maximum()
    qtbot.waitUntil(lambda: timeline.slider.maximum() > known)
    assert timeline.index() == 0
    timeline.go_to_end()
    known = timeline.slider.maximum()
    qtbot.waitUntil(lambda: timeline.slider.maximum() > known)
    assert timeline.at_end, "at its end it follows"


def test_the_run_goes_on_when_the_window_closes_and_is_found_again(
    page: TrainingPage, ready: Path, small_engine: None, open_window: OpenWindow, qtbot: QtBot
) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: len(page.session.story.previews) >= 1)
    run, step = page.session.run, page.session.story.step
    assert run is not None
    window_of(page).close()
    page.session.close()
    assert run.process() is not None
    again = page_of(open_window(ready, 4), qtbot)
    qtbot.waitUntil(lambda: again.session.run_state == "running" and again.session.story.step > step)
    assert again.shows_run
    assert again.live.previews.current() is not None
    click(qtbot, again.live.stop)
    state(again, qtbot, "stopped")


# ---------------------------------------------------------------- when it goes wrong


def test_a_failure_offers_what_to_do_and_the_details(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot, "fail")
    state(page, qtbot, "failed")
    assert "The loss is no longer a number. Halve the learning rate." in page.live.ending.text()
    buttons = {button.text(): button for button in page.live.ending.buttons()}
    click(qtbot, buttons["Copy details"])
    assert "step 30" in QApplication.clipboard().text()
    assert "Go on training" in buttons


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_engine_is_said_and_taken_up_again(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.checkpoint is not None)
    psutil.Process(page.session.run.process().pid).kill()  # type: ignore[union-attr]
    state(page, qtbot, "interrupted")
    assert "memory ran out" in page.live.ending.text()
    click(qtbot, page.live.ending.buttons()[0])
    state(page, qtbot, "running")
    assert page.session.story.started.resumed_step  # type: ignore[union-attr]


def test_an_engine_that_cannot_start_is_said(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot, "silent")
    qtbot.waitUntil(lambda: page.live.ending.isVisible())
    assert "a part of Gensmith is missing" in page.live.ending.text()
    assert window_of(page).bar.main.text() == "Try again"


def tell(page: TrainingPage, *warnings: runs.Warned) -> None:
    page.session.story.take(warnings)
    page.live.show_figures()


def test_findings_are_lines_that_can_be_dismissed(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    tell(page, runs.Warned(code="copies", message="It learns by heart.", remedy="Add pictures."))
    banner = page.live.findings.banners["copies"]
    assert banner.isVisible() and banner.text() == "It learns by heart. Add pictures."
    assert banner.buttons() == [], "nothing here can be applied"
    banner.dismiss()
    page.live.show_figures()
    assert not banner.isVisible(), "once dismissed it stays away"
    tell(page, runs.Warned(code="copies", message="Now 9 of 36 look copied.", remedy="Add pictures."))
    assert banner.isVisible(), "news comes back"


def test_what_the_engine_did_by_itself_is_one_calm_line(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    tell(page, runs.Warned(code="memory", message="The memory was full.", remedy="Close other programs."))
    tell(page, runs.Warned(code="rolled back", message="It went back to step 40.", remedy="Lower the rate."))
    findings = page.live.findings
    assert findings.note.text() == "It went back to step 40. Lower the rate.", "the newest"
    assert findings.note.property("state") == "info" and findings.banners == {}
    findings.note.dismiss()
    page.live.show_figures()
    assert findings.note.text().startswith("The memory was full."), "the one before was not dismissed"


def test_findings_do_not_pile_up(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    tell(page, *(runs.Warned(code=code, message=f"{code}.", remedy="Do this.") for code in ("one", "two", "three", "four")))
    findings = page.live.findings

    def seen() -> list[str]:
        return [code for code, banner in findings.banners.items() if banner.isVisible()]

    assert sorted(seen()) == ["four", "three"]
    click(qtbot, findings.more)
    assert len(seen()) == 4
    order = [findings._column.indexOf(findings.banners[code]) for code in ("four", "three", "two", "one")]
    assert order == sorted(order), "the newest first"
    click(qtbot, findings.more)
    assert len(seen()) == 2


def test_a_remedy_is_applied_while_it_runs(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot)
    qtbot.waitUntil(lambda: page.session.story.checkpoint is not None)
    old = page.session.run
    remedy = {"dropout": 0.3, "augmentation": 0.2}
    tell(page, runs.Warned(code="copies", message="It learns by heart.", remedy="Let it forget.", apply=remedy))
    (button,) = page.live.findings.banners["copies"].buttons()
    assert button.text() == "Apply and go on"
    assert "Forget a little: 0.3, Show pictures turned and shifted: 0.2" in button.toolTip()
    click(qtbot, button)
    (button,) = page.live.findings.banners["copies"].buttons()
    assert not button.isEnabled() and "Stopping" in button.text()
    qtbot.waitUntil(lambda: page.session.run not in (None, old))
    new = page.session.run
    assert old is not None and new is not None
    assert old.state() == "stopped" and old.bundle_folder.is_dir(), "the old run was kept"
    assert (new.folder / new.spec.start).resolve() == old.folder
    assert new.spec.settings == old.spec.settings | remedy
    assert new.spec.data == old.spec.data
    assert page.session.document.training.settings == {"diffusion": remedy}, "and later trainings have it too"
    assert "Forget a little: 0.3" in window_of(page).banner.text()
    qtbot.waitUntil(lambda: page.session.story.progress is not None)
    assert page.live.findings.banners == {}, "it is another run"
    page.session.stop()
    state(page, qtbot, "stopped")


def test_a_remedy_is_applied_to_a_finished_run(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    start(page, qtbot, "finish")
    state(page, qtbot, "finished")
    old = page.session.run
    tell(page, runs.Warned(code="overfitting", message="By heart.", remedy="Forget.", apply={"dropout": 0.2}))
    click(qtbot, page.live.findings.banners["overfitting"].buttons()[0])
    assert page.session.run not in (None, old)
    state(page, qtbot, "finished")
    assert len(page.session.runs()) == 2


# ---------------------------------------------------------------- where it starts


def choose(page: TrainingPage, words: str) -> None:
    """Pick an entry of the list as a click in it does."""
    box = page.setup.start.box
    row = next(row for row in range(box.count()) if words in box.itemText(row))
    box.setCurrentIndex(row)
    box.activated.emit(row)


def test_a_training_starts_from_an_earlier_run(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    assert page.setup.start.box.currentText() == "Nothing: a fresh start"
    start(page, qtbot, "finish")
    state(page, qtbot, "finished")
    first = page.session.run
    click(qtbot, page.live.again)
    choose(page, "finish")
    assert first is not None
    assert page.session.document.training.start == f"runs/{first.name}"
    qtbot.waitUntil(lambda: "goes on from there" in page.setup.start.meaning.full_text())
    click(qtbot, window_of(page).bar.main)
    second = page.session.run
    assert second is not None and (second.folder / second.spec.start).resolve() == first.folder
    state(page, qtbot, "finished")
    page.session.undo()
    page.show_setup()
    assert page.setup.start.box.currentText() == "Nothing: a fresh start"
    page.session.redo()
    assert page.session.delete_run(first)
    assert page.session.document.training.start == "", "a run that is gone is nothing to start from"


def test_a_training_starts_from_a_model_file(
    page: TrainingPage, tmp_path: Path, small_engine: None, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = pack(write(tmp_path / "bundle", classes=2), tmp_path / "from a friend.gensmith")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    choose(page, "A model file")
    qtbot.waitUntil(lambda: page.setup.start.box.currentText() == "from a friend.gensmith")
    start(page, qtbot, "finish")
    assert page.session.run.spec.start == str(file)  # type: ignore[union-attr]
    state(page, qtbot, "finished")
    file.unlink()
    page.show_setup()
    assert "(no longer there)" in page.setup.start.box.currentText()
    click(qtbot, window_of(page).bar.main)
    assert "no longer there" in window_of(page).banner.text()
    assert len(page.session.runs()) == 1
    choose(page, "Nothing")
    assert page.session.document.training.start == ""


def test_a_file_that_is_no_model_changes_nothing(
    page: TrainingPage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.gensmith").write_bytes(b"PK")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "broken.gensmith"), ""))
    choose(page, "A model file")
    qtbot.waitUntil(lambda: "damaged" in window_of(page).banner.text())
    assert page.setup.start.box.currentText() == "Nothing: a fresh start"
    assert page.session.document.training.start == ""


# ---------------------------------------------------------------- a training that goes back


def test_previews_follow_a_training_that_goes_back(page: TrainingPage, tmp_path: Path, qtbot: QtBot) -> None:
    def sheet(step: int, shade: int, at: float) -> runs.Preview:
        file = f"step-{step}.png"
        Image.new("L", (2, 2), shade).save(tmp_path / file)
        return runs.Preview(step=step, items=step, file=file, count=4, columns=2, time=at)

    previews = page.live.previews
    previews.show_run(tmp_path)
    previews.show_previews([sheet(10, 0, 1.0), sheet(20, 50, 2.0)], working=True)
    assert previews.wall._sheet.pixelColor(0, 0).value() == 50  # type: ignore[union-attr]
    previews.show_previews([sheet(10, 0, 1.0), sheet(20, 200, 3.0)], working=True)
    assert previews.wall._sheet.pixelColor(0, 0).value() == 200, "as many as before, and yet another"  # type: ignore[union-attr]


def test_past_runs_are_listed_opened_and_removed(page: TrainingPage, small_engine: None, qtbot: QtBot) -> None:
    for _ in range(2):
        start(page, qtbot, "finish")
        state(page, qtbot, "finished")
        click(qtbot, page.live.again)
        assert not page.shows_run
    qtbot.waitUntil(lambda: "finished" in words_on(page.setup.runs.rows[0]))
    rows = page.setup.runs.rows
    assert len(rows) == 2
    oldest = page.session.runs()[0]
    click(qtbot, rows[1].open)
    assert page.shows_run and page.session.run == oldest
    state(page, qtbot, "finished")
    page.show_setup()
    click(qtbot, page.setup.runs.rows[1].remove)
    qtbot.waitUntil(lambda: len(page.session.runs()) == 1)
    qtbot.waitUntil(lambda: len(page.setup.runs.rows) == 1)
    assert not oldest.folder.exists()


def test_a_project_open_elsewhere_is_watched_but_not_touched(
    ready: Path, open_window: OpenWindow, small_engine: None, qtbot: QtBot
) -> None:
    with Project.open(ready):
        window = open_window(ready, 4)
        page = page_of(window, qtbot)
        assert not page.setup.isEnabled()
        click(qtbot, window.bar.main)
        assert page.session.runs() == []
        window.close()


# ---------------------------------------------------------------- words


def test_the_headline_in_every_phase() -> None:
    story = Story()
    assert headline(story, "starting", "")[:2] == (None, "Starting")
    begun = {"pid": 1, "threads": 1, "parameters": 1, "batch_size": 32, "held_out_items": 1, "training_items": 10}
    story.take([runs.Started(device="cpu", **begun), runs.Phase(name="preparing")])  # type: ignore[arg-type]
    assert headline(story, "running", "")[1] == "Getting ready"
    now = runs.Progress(
        step=50, items=1_600, total_items=3_200, epoch=160, elapsed=60, seconds_left=60, items_per_second=27, memory=1
    )
    story.take([runs.Phase(name="training"), now])
    fraction, share, words = headline(story, "running", "")
    assert (fraction, share) == (0.5, "50 %")
    assert words.startswith("step 50 of 100 · pass 160 · ")
    assert headline(story, "paused", "")[2] == "step 50 of 100 · pass 160 · 1 min of training"
    story.take([runs.Phase(name="exporting")])
    assert headline(story, "running", "")[:2] == (None, "Making the model file")
    story.take([runs.Phase(name="evaluating", fraction=0.4)])
    assert headline(story, "running", "")[0] == 0.4


def test_when_it_was_saved() -> None:
    story = Story()
    assert saved_words(story) == "Not saved yet; the first time comes within a minute."
    story.take([runs.Checkpoint(step=1, items=1, folder="x", time=time.time() - 20)])
    assert saved_words(story) == "Saved 20 s ago"
