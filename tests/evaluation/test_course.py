"""What a training's events say of overfitting and steadiness."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.evaluation.course import figures, gap, jumps, parting, passes, peak, setbacks
from desktop_app.project.runs import Checkpoint, Event, Metrics, Started, Warned


def told(held_out: np.ndarray, own: np.ndarray, every: int = 10) -> list[Event]:
    events: list[Event] = [
        Started(pid=1, device="cpu", threads=1, parameters=1, batch_size=4, held_out_items=9, training_items=100)
    ]
    for number, (kept, learned) in enumerate(zip(held_out, own, strict=True), 1):
        step = every * number
        events.append(Metrics(step=step, items=4 * step, values={"loss": learned}))
        events.append(Metrics(step=step, items=4 * step, values={"held_out_loss": kept}))
        if number % 5 == 0:
            events.append(Checkpoint(step=step, items=4 * step, folder=f"checkpoints/{step}"))
    return events


TIME = np.linspace(0, 1, 40)
FALLING = 1 - 0.8 * TIME


def test_the_gap_opens_where_the_held_out_loss_was_lowest() -> None:
    found = gap(told(0.5 + 2 * (TIME - 0.5) ** 2, FALLING))
    assert found is not None and found.opened
    assert abs(found.step - 200) <= 20
    assert found.checkpoint == "checkpoints/150", "the last one before it, not the nearest"
    assert found.last > found.best and found.training_last < found.training_then


def test_the_checkpoint_named_is_never_one_from_after_the_gap_opened() -> None:
    events = told(0.5 + 2 * (TIME - 0.62) ** 2, FALLING)  # lowest at about step 250, just before a checkpoint
    found = gap(events)
    assert found is not None and int(found.checkpoint.rpartition("/")[2]) <= found.step
    late = [event for event in events if not (isinstance(event, Checkpoint) and event.step <= found.step)]
    assert gap(late).checkpoint == "", "none was saved before"


def test_the_two_losses_and_how_far_they_are_apart_over_the_steps() -> None:
    found = parting(told(FALLING + 0.05 + 0.4 * np.maximum(0, TIME - 0.5), FALLING))
    assert found is not None and found.steps.tolist() == list(range(10, 410, 10))
    assert found.apart[5] == pytest.approx(0.05) and found.apart[-1] > 0.2
    assert parting([]) is None


@pytest.mark.parametrize("held_out", [FALLING + 0.05, 0.3 + 0 * TIME, 0.5 + 0.004 * np.sin(40 * TIME)])
def test_no_gap_opens_in_a_sound_training(held_out: np.ndarray) -> None:
    found = gap(told(held_out, FALLING))
    assert found is not None and not found.opened


def test_rising_together_is_no_overfitting() -> None:
    found = gap(told(0.5 + 2 * (TIME - 0.5) ** 2, 0.5 + 2 * (TIME - 0.5) ** 2))
    assert found is not None and not found.opened, "both got worse: that is instability"


def test_a_single_wild_measurement_opens_nothing() -> None:
    wild = FALLING + 0.05
    wild[-1] *= 3
    assert not gap(told(wild, FALLING)).opened


def test_too_few_measurements_say_nothing() -> None:
    assert gap(told(FALLING[:4], FALLING[:4])) is None
    assert gap([]) is None


def test_leaps_and_setbacks_are_counted() -> None:
    leaping = FALLING.copy()
    leaping[[10, 20, 21, 30]] *= 4
    assert jumps(told(leaping, FALLING)) == 3
    assert jumps(told(FALLING, FALLING)) == 0
    assert setbacks([Warned(code="rolled back", message="a"), Warned(code="memory", message="b")]) == 1


def test_a_resumed_training_replaces_what_it_goes_over_again() -> None:
    again = [*told(FALLING, FALLING), Metrics(step=100, items=400, values={"loss": 9.0})]
    steps, values = figures(again, "loss")
    assert steps.tolist() == [*range(10, 100, 10), 100] and values[-1] == 9.0
    assert passes(again) == pytest.approx(16)


def test_the_best_state_has_its_place_in_the_training() -> None:
    kept = [Checkpoint(step=step, items=step, folder="", best=best) for step, best in ((0, True), (50, True), (200, False))]
    assert peak(list[Event](kept)) == 0.25
    assert peak(list[Event](kept[:1])) is None and peak([]) is None
