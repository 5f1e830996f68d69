"""What is missing next, in every state of the journey."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.project.document import Architecture, Data, Document, Objective
from desktop_app.project.steps import MINIMUM_ITEMS, STEPS, Facts, duration, next_missing, status

FRESH = Document()
CHOSEN = Document(objective=Objective(output="images"))
NAMED = CHOSEN.model_copy(update={"data": Data(sources=["/pictures"], used=500)})
READY = NAMED.model_copy(update={"architecture": Architecture(family="diffusion")})
ENCODED = Facts(encoded=True, training_items=450, held_out_items=50)
TRAINED = replace(ENCODED, run="done", bundle=True)


@pytest.mark.parametrize(
    ("document", "facts", "missing"),
    [
        (FRESH, Facts(), (1, "Choose what comes out")),
        (CHOSEN, Facts(), (2, "Choose pictures")),
        (NAMED, Facts(), (2, "Prepare the pictures")),
        (NAMED, ENCODED, (3, "Choose a model")),
        (READY, ENCODED, (4, "Start training")),
        (READY, replace(ENCODED, run="paused"), (4, "Go on training")),
        (READY, replace(ENCODED, run="interrupted"), (4, "Go on training")),
        (READY, replace(ENCODED, run="failed"), (4, "Start training")),
        (READY, replace(ENCODED, run="running"), None),
        (READY, TRAINED, (5, "Judge the model")),
        (READY, replace(TRAINED, evaluated=True), None),
    ],
)
def test_the_next_missing_thing_is_named(document, facts, missing) -> None:
    found = next_missing(document, facts)
    assert (found and (found[0].number, found[1].missing)) == missing


def test_too_few_pictures_need_a_look() -> None:
    few = READY.model_copy(update={"data": Data(sources=["/p"], used=MINIMUM_ITEMS - 1)})
    now = status(STEPS[1], few, ENCODED)
    assert (now.state, now.missing) == ("needs a look", "Add pictures")


def test_a_running_training_tells_the_time_left() -> None:
    assert status(STEPS[3], READY, replace(ENCODED, run="running", time_left=200.0)).summary == "3 min left"
    assert status(STEPS[3], READY, replace(ENCODED, run="running")).summary == "Starting"


def test_the_table_is_numbered_and_each_key_is_its_section() -> None:
    assert [step.number for step in STEPS] == [1, 2, 3, 4, 5, 6]
    assert all(step.key in Document.model_fields for step in STEPS)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 s"),
        (40.4, "40 s"),
        (60, "1 min"),
        (59.7, "1 min"),
        (750, "12 min"),
        (3_600, "1 h"),
        (12_000, "3 h 20 min"),
        (172_800, "2 days"),
    ],
)
def test_lengths_of_time_are_said_in_the_largest_unit(seconds, said) -> None:
    assert duration(seconds) == said
