"""Each symptom has its card, with the figures and a remedy that changes something; nothing else fires."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.evaluation.advice import RULES, Case, advise
from desktop_app.evaluation.course import Course, Kind
from desktop_app.evaluation.report import Advice, Copies, Gap
from tests.evaluation.test_verdict import GOOD, NONE, measures

SETTINGS = {"learning_rate": 1e-3, "clip": 1.0, "warm_up": 100, "dropout": 0.0, "weight_decay": 0.0, "l1": 0.0,
            "guidance": 1.0, "sampling_steps": 18, "optimiser": "adamw"}  # fmt: skip
REMEDIES = {
    "overfitting": ("Let it forget a little.", {"dropout": 0.2}),
    "copies": ("Let it forget more.", {"dropout": 0.3}),
    "collapse": ("Reward differing pictures.", {"guidance": 1.0, "dropout": 0.1}),
    "saturation": ("Let the judge learn more slowly.", {"clip": 0.5}),
    "unused": ("Ask for less order.", {"clip": 0.7}),
}
FINER = Kind("diffusion", "diffusion model", {"dropout": 0.3})
MANY = Copies(count=300, of=400, baseline=2.0, threshold=0.4, tolerated=7)
OPENED = Gap(step=40, best=0.2, last=0.4, training_then=0.19, training_last=0.05, opened=True)


def course(**changes: Any) -> Course:
    settled = {"family": "diffusion", "title": "diffusion model", "settings": SETTINGS, "usual": SETTINGS, "remedies": REMEDIES,
               "passes": 400.0, "good": 300.0, "classes": {"cat": 200, "dog": 300}, "seconds": 0.1}  # fmt: skip
    return Course(**(settled | changes))


def cards(course: Course | None = None, copies: Copies = NONE, training: int = 500, held_out: int = 100,
          by_class: dict[str, float] | None = None, **figures: float | None) -> list[Advice]:  # fmt: skip
    return advise(Case(measures(**(GOOD | figures)), copies, by_class or {}, training, held_out, course))


def test_nothing_is_advised_where_nothing_is_wrong() -> None:
    assert cards(course()) == []
    assert cards(None) == []


SYMPTOMS: dict[str, dict[str, Any]] = {
    "instability": {"course": course(setbacks=3)},
    "copies": {"course": course(), "copies": MANY},
    "overfitting": {"course": course(gap=OPENED)},
    "collapse": {"course": course(), "diversity": 0.2},
    "astray": {"course": course(peak=0.0), "naturalness": 0.2},
    "saturation": {"course": course(warnings=frozenset({"saturation"})), "coverage": 0.6, "diversity": 0.6},
    "unused": {"course": course(warnings=frozenset({"unused"})), "precision": 0.5},
    "few": {"course": course(), "training": 60},
    "hurried": {"course": course(passes=20.0), "naturalness": 0.3},
    "rough": {"course": course(), "naturalness": 0.3},
    "narrow": {"course": course(), "recall": 0.5},
    "disobedient": {"course": course(), "by_class": {"cat": 0.3, "dog": 0.9}},
    "unsure": {"course": course(), "held_out": 12},
    "slow": {"course": course(seconds=9.0)},
}


@pytest.mark.parametrize("code", SYMPTOMS)
def test_each_symptom_has_its_card(code: str) -> None:
    found = cards(**SYMPTOMS[code])
    card = next(card for card in found if card.code == code)
    assert any(character.isdigit() for character in card.reason) or code in ("saturation", "unused"), "it says the figures"
    assert card.remedy and (card.change is not None or card.step)
    if card.change is not None:
        assert card.change.settings.items() - SETTINGS.items() or card.change.longer > 1 or card.change.family


def test_every_rule_is_tried_here() -> None:
    assert [rule.code for rule in RULES] == list(SYMPTOMS)


def test_a_remedy_in_force_is_not_advised_again_but_a_stronger_one() -> None:
    forgetful = course(settings=SETTINGS | {"dropout": 0.4}, gap=OPENED)
    card = cards(forgetful)[0]
    assert card.change is not None and card.change.settings == {"weight_decay": 0.05, "l1": 1e-5}
    everything = course(settings=SETTINGS | {"dropout": 0.4, "weight_decay": 0.1, "l1": 1e-3}, gap=OPENED)
    assert cards(everything)[0].change is None and cards(everything)[0].step == 2, "then only pictures help"


def test_few_pictures_that_are_learned_by_heart_go_to_a_kind_of_model_that_needs_fewer() -> None:
    rough = course(gap=OPENED, finer=FINER)
    few = cards(rough, training=50, naturalness=0.3)[0]
    assert few.code == "overfitting" and few.change is not None and few.change.family == "diffusion"
    assert few.change.settings == FINER.careful and "kept from copying" in few.remedy, "what draws finely copies few pictures"
    assert few.change.longer == 1
    long = cards(course(gap=OPENED, finer=FINER, passes=1200.0), training=50, naturalness=0.3)[0]
    assert long.change is not None and long.change.longer == pytest.approx(1 / 3, abs=0.01), "nor does it look too often"
    many = cards(rough, training=500, naturalness=0.3)[0]
    assert many.change is not None and many.change.settings == {"dropout": 0.2}, "with many the brakes are enough"
    good = cards(rough, training=50)[0]
    assert good.change is not None and not good.change.family, "nor is a good model given up"


def test_a_rate_ten_times_too_high_comes_back_to_the_usual_one() -> None:
    wild = course(settings=SETTINGS | {"learning_rate": 1e-2})
    card = cards(wild, naturalness=0.2)[0]
    assert card.code == "instability" and "10 times" in card.reason
    assert card.change is not None and card.change.settings["learning_rate"] == 1e-3
    assert cards(wild) == [], "a high rate that does no harm is no fault"


def test_what_was_best_at_the_beginning_is_not_trained_longer_but_with_the_usual_settings() -> None:
    unruly = course(peak=0.1, passes=50.0, settings=SETTINGS | {"clip": 0.0, "warm_up": 0})
    found = cards(unruly, naturalness=0.2)
    assert "after 10 % of the training" in found[0].reason and "hurried" not in {card.code for card in found}
    assert found[0].change is not None and found[0].change.settings == {"clip": 1.0, "warm_up": 100}
    settled = cards(course(peak=0.1), naturalness=0.2)[0]
    assert settled.change is not None and settled.change.settings == {"dropout": 0.1}, "then what the family declares"
    assert cards(course(peak=0.1)) == [], "a good model may have been best early"
    assert "astray" not in {card.code for card in cards(course(peak=0.8), naturalness=0.2)}


def test_longer_training_is_advised_by_the_passes_and_not_to_who_learns_by_heart() -> None:
    card = cards(course(passes=100.0), naturalness=0.3)[0]
    assert card.change is not None and (card.change.longer, card.change.fresh) == (3, False)
    assert "hurried" not in {card.code for card in cards(course(passes=100.0, gap=OPENED), naturalness=0.3)}


def test_another_kind_of_model_is_named_where_it_draws_better() -> None:
    card = cards(course(finer=FINER), naturalness=0.3)[0]
    assert card.change is not None and card.change.family == "diffusion" and "diffusion model" in card.remedy
    assert not card.change.settings, "of many pictures it copies none"


def test_scarce_kinds_are_named_with_how_many_to_add() -> None:
    card = cards(course(classes={"cat": 200, "ghost": 12}))[0]
    assert card.code == "few" and "“ghost” 12" in card.reason and "18 of “ghost”" in card.remedy and card.step == 2


def test_two_cards_never_start_the_same_run() -> None:
    changes = [card.change for card in cards(course(passes=20.0), naturalness=0.3, recall=0.5) if card.change]
    assert len(changes) == len({change.model_dump_json() for change in changes})


def test_the_most_pressing_comes_first() -> None:
    assert [card.code for card in cards(course(gap=OPENED), copies=MANY, recall=0.6)] == ["copies", "overfitting", "narrow"]
