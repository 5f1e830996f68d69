"""A run over time: where its losses part, its states, a model of another one."""

from __future__ import annotations

import contextlib
import json

from PySide6.QtCore import Qt

from desktop_app.jobs import launch
from desktop_app.project.runs import Checkpoint, Metrics, Phase, Run
from desktop_app.ui.pages.evaluation import EvaluationPage
from tests.ui import sprites
from tests.ui.helpers import only_run, words_on


def course(run: Run, held_out: list[float], own: list[float]) -> None:
    """Tell a training of so many losses, ten steps apart, with a checkpoint at every fourth."""
    for number, (kept, learned) in enumerate(zip(held_out, own, strict=True), 1):
        step = 10 * number
        sprites.tell(run, [Metrics(step=step, items=step, values={"held_out_loss": kept, "loss": learned})])
        if number % 4 == 0:
            place = run.checkpoints_folder / f"step-{step:09d}"
            place.mkdir()
            sprites.tell(run, [Checkpoint(step=step, items=step, folder=f"checkpoints/{place.name}", held_out_loss=kept)])


def over_time(qtbot, page: EvaluationPage):
    qtbot.mouseClick(page.results.views.part("course"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.results.course.found is not None)
    return page.results.course


def test_where_the_losses_part_is_marked_and_the_state_before_it_named(qtbot, shown, judged):
    run = only_run(judged)
    course(run, [1.0 - 0.06 * min(n, 10) + 0.04 * max(0, n - 10) for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert view.losses.plot.marked() == view.gap.plot.marked() == 90, "smoothed, the lowest of those around step 100"
    assert "From step 90 on it learned by heart" in view.words.text() and "is step 80; it is still kept" in view.words.text()
    assert "The model is the best of them. Step 120" in view.states.reason.text() and len(view.states.buttons) == 4


def test_losses_that_never_part_are_said_to_be_together(qtbot, shown, judged):
    course(only_run(judged), [1 - 0.03 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert view.words.text().startswith("The losses show no learning by heart") and view.losses.plot.marked() is None
    assert view.gap.plot.isVisible()


def test_too_short_a_training_says_that_nothing_can_be_told(qtbot, shown, judged):
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert view.words.text().startswith("Too little was measured") and not view.losses.isVisible()


def test_a_kind_without_such_a_loss_shows_no_gap(qtbot, shown, judged):
    run = only_run(judged)
    spec = json.loads((run.folder / "spec.json").read_text())
    (run.folder / "spec.json").write_text(json.dumps(spec | {"family": "gan"}))
    course(run, [1 - 0.03 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert not view.words.isVisible() and not view.gap.isVisible() and view.losses.plot.isVisible()
    assert "Distance to pictures kept aside" in view.losses.legend.text()


def test_a_button_makes_a_model_of_another_state_in_a_run_of_its_own(qtbot, shown, judged, monkeypatch):
    run, started = only_run(judged), []
    course(run, [1 - 0.04 * min(n, 16) + 0.1 * max(0, n - 16) for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    monkeypatch.setattr(launch, "start_engine", lambda run, verb="train", want="run": started.append((run, verb)) or True)
    _, page = shown(judged)
    view = over_time(qtbot, page)
    assert 160 not in view.states.buttons and view.found.model == 160, "that is the model already"
    qtbot.mouseClick(view.states.buttons[80], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(started))
    new, verb = started[0]
    assert verb == "export" and new != run and new.spec.name.startswith("Step 80 of ")
    assert [path.name for path in new.checkpoints_folder.iterdir()] == ["step-000000080"]
    assert (run.bundle_folder / "bundle.json").is_file() and len(list(run.checkpoints_folder.iterdir())) == 5
    qtbot.waitUntil(lambda: page.run == new)


def test_where_every_kept_state_has_a_fault_the_least_bad_is_named(qtbot, shown, judged):
    """Its loss turns at once: what is kept is all from after that."""
    course(only_run(judged), [0.5 + 0.05 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    _, page = shown(judged)
    states = over_time(qtbot, page).states
    said = states.reason.text()
    assert said.startswith("Every state that is kept has a fault: learning by heart (steps 40, 80, 120, 160, 200).")
    assert "Step 40 is the least bad" in said and "Train anew with more pictures" in said
    assert "the least bad" in words_on(states) and "to be taken" not in words_on(states)


def test_copying_a_state_can_be_cancelled(qtbot, shown, judged):
    run = only_run(judged)
    course(run, [1 - 0.03 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    with (run.checkpoints_folder / "step-000000080" / "weights").open("wb") as weights:
        weights.truncate(2**29)
    _, page = shown(judged)
    view = over_time(qtbot, page)
    qtbot.mouseClick(view.states.buttons[80], Qt.MouseButton.LeftButton)
    assert page.progress.isVisible() and "step 80" in page.progress.words.text()
    assert not view.states.buttons[80].isEnabled() and "being made" in view.states.buttons[80].toolTip()
    qtbot.mouseClick(page.progress.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.progress.isVisible())
    assert [path for path in run.folder.parent.iterdir() if path.is_dir()] == [run.folder] and page.run == run
    assert view.states.buttons[80].isEnabled()


def test_a_model_in_the_making_can_be_cancelled_and_leaves_nothing(qtbot, shown, judged, monkeypatch):
    """The engine that writes the model is played by this process, which holds the run until it is asked to end."""
    run, started = only_run(judged), []
    course(run, [1 - 0.03 * n for n in range(1, 21)], [1 - 0.04 * n for n in range(1, 21)])
    held = contextlib.ExitStack()

    def start(new: Run, verb: str = "train", want: str = "run") -> bool:
        started.append((new, held.enter_context(new.claim())))
        return True

    monkeypatch.setattr(launch, "start_engine", start)
    window, page = shown(judged)
    qtbot.mouseClick(over_time(qtbot, page).states.buttons[80], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.exporting and page.blank.progress.cancel.isVisible())
    new = started[0][0]
    sprites.tell(new, [Phase(name="exporting", fraction=0.4)])
    qtbot.waitUntil(lambda: page.blank.progress.bar.value() == 400)
    qtbot.mouseClick(page.blank.progress.cancel, Qt.MouseButton.LeftButton)
    assert new.control().want == "stop" and page.blank.progress.words.text() == "Cancelling …"
    held.close()
    new.release()
    qtbot.waitUntil(lambda: not new.folder.exists())
    qtbot.waitUntil(lambda: page.run == run and page.results.isVisible())
    assert not window.session.making_model and not window.banner.isVisible()
