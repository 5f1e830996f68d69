"""The kinds of model, their estimates and their meters."""

from __future__ import annotations

import math
import typing
from dataclasses import replace

import pytest

from desktop_app.data import open_encoded
from desktop_app.jobs import catalog
from desktop_app.jobs.machine import Speed
from desktop_app.project.document import Document, Objective
from desktop_app.project.store import Project

SHAPE = catalog.Shape(size=16, channels=3, classes=5, items=1_200)


@pytest.mark.parametrize("family", catalog.families(), ids=lambda family: family.name)
@pytest.mark.parametrize("gflops", [0.5, 50.0, 50_000.0])
def test_meters_stay_on_their_scale_and_say_what_they_mean(family: catalog.Family, gflops: float) -> None:
    for network in ("auto", *family.networks):
        cost = catalog.estimate(family, SHAPE, network, 5, gflops)
        for meter in catalog.meters(family, cost, SHAPE, 18):
            assert 0.03 <= meter.level <= 1.0
            assert meter.value and meter.help.endswith(".")


def test_more_time_and_a_faster_machine_move_the_meters_the_right_way() -> None:
    family = catalog.get("diffusion")

    def levels(minutes: float, gflops: float) -> dict[str, float]:
        cost = catalog.estimate(family, SHAPE, "tiny", minutes, gflops)
        return {meter.key: meter.level for meter in catalog.meters(family, cost, SHAPE, 18)}

    slow, fast, long = levels(5, 20), levels(5, 200), levels(60, 20)
    assert fast["train"] > slow["train"]
    assert fast["generate"] > slow["generate"]
    assert long["quality"] > slow["quality"]
    assert long["appetite"] == slow["appetite"] == fast["appetite"]


def test_a_larger_network_wants_more_data_and_time() -> None:
    family = catalog.get("diffusion")
    tiny, large = (catalog.estimate(family, SHAPE, network, 5, 50) for network in ("tiny", "large"))
    by_key = [{meter.key: meter.level for meter in catalog.meters(family, cost, SHAPE, 18)} for cost in (tiny, large)]
    assert by_key[1]["appetite"] > by_key[0]["appetite"]
    assert by_key[1]["train"] < by_key[0]["train"]


def test_automatic_grows_with_the_time() -> None:
    family = catalog.get("diffusion")
    sizes = [catalog.estimate(family, SHAPE, "auto", minutes, 50).parameters for minutes in (1, 60, 6_000)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_asked_for_in_pictures_the_time_follows() -> None:
    family, document = catalog.get("diffusion"), Document()
    document.training.items = 120_000
    cost, seconds = catalog.plan(family, SHAPE, document, 50)
    assert cost.passes == pytest.approx(100)
    assert seconds == pytest.approx(120_000 / cost.items_per_second)


def test_the_shape_is_that_of_the_arrays(project: Project) -> None:
    assert project.encoded_folder is not None
    shape = catalog.shape_of(project.document, open_encoded(project.encoded_folder))
    assert (shape.size, shape.channels, shape.classes) == (16, 3, 2)
    assert 0 < shape.items < 24, "what is held out is not learned from"
    assert shape.repeat == 1 and catalog.squares_in_words(shape) == ""
    assert "learned at 16 pixels, drawn at 48" in catalog.squares_in_words(replace(shape, repeat=3))
    project.change("objective", conditioning="none")
    assert catalog.shape_of(project.document, open_encoded(project.encoded_folder)).classes == 0


def test_before_there_are_pictures_usual_values_stand_in() -> None:
    assert catalog.shape_of(Document()) == catalog.Shape(32, 3, 0, catalog.USUAL_ITEMS)


@pytest.mark.parametrize("items", [0, 60, 5_000])
@pytest.mark.parametrize("device", ["laptop", "workstation", "web", "phone"])
@pytest.mark.parametrize("priority", ["fast", "balanced", "best"])
def test_the_recommendation_names_a_family_and_a_reason(items: int, device: str, priority: str) -> None:
    document = Document(objective=Objective(device=device, priority=priority))  # type: ignore[arg-type]
    said = catalog.recommend(document, items)
    assert said.family in catalog.titles()
    assert said.reason.endswith(".") and said.reason[0].islower(), "it goes on after “Recommended, because”"


def test_what_is_recommended_follows_from_the_objective(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {name: replace(catalog.get("diffusion"), name=name) for name in ("diffusion", "gan", "vae")}
    monkeypatch.setattr(catalog, "FAMILIES", others)

    def family(items: int = 5_000, **objective: str) -> str:
        return catalog.suited(Objective(**objective), items)[0]  # type: ignore[arg-type]

    assert family(priority="best", device="phone") == "diffusion"
    assert family(priority="balanced", device="phone") == "gan"
    assert family(priority="fast", device="web") == "vae"
    assert family(priority="fast", device="laptop") == "diffusion"
    assert family(items=80, priority="fast", device="web") == "diffusion", "few pictures"


def test_strokes_count_what_the_solver_needs() -> None:
    document = Document()
    family = catalog.get("diffusion")
    assert catalog.strokes(family, document) == 9
    document.training.settings = {"diffusion": {"solver": "heun", "sampling_steps": 10}}
    assert catalog.strokes(family, document) == 10
    document.training.settings = {"another": {"solver": "heun"}}
    assert catalog.strokes(family, document) == 9


def test_settings_that_the_family_does_not_know_are_passed_over_and_named() -> None:
    document, family = Document(), catalog.get("diffusion")
    document.training.settings = {"diffusion": {"clip": 2.0, "of the future": 1}}
    assert catalog.overrides(document, family) == {"clip": 2.0}
    assert catalog.strangers(document, family) == ["of the future"]
    document.training.settings = {"diffusion": {"clip": -2.0}}
    assert catalog.resolve_or_default(family, document) == family.settings()


def test_values_are_said_in_words() -> None:
    family = catalog.get("diffusion")
    values = {"dropout": None, "mirror": True, "solver": "dpmpp_2m", "clip": 0.0, "sampling_steps": 12}
    said = {name: catalog.value_in_words(family, name, value) for name, value in values.items()}
    assert list(said.values()) == ["automatic", "yes", "DPM-Solver++", "no limit", "12 strokes"]
    assert catalog.changes_in_words(family, {"dropout": 0.2, "clip": 2}) == "Forget a little: 0.2, Limit every step: 2"


@pytest.mark.parametrize("family", catalog.families(), ids=lambda family: family.name)
def test_every_choice_has_words(family: catalog.Family) -> None:
    for name, field in family.settings.model_fields.items():
        values = [value for part in (field.annotation, *typing.get_args(field.annotation)) if
                  typing.get_origin(part) is typing.Literal for value in typing.get_args(part)]  # fmt: skip
        words = [catalog.value_in_words(family, name, value) for value in values]
        assert all(said != value for said, value in zip(words, values, strict=True)), f"{name} shows {values}"
        assert len(set(words)) == len(values)


@pytest.mark.parametrize("family", catalog.families(), ids=lambda family: family.name)
def test_every_remedy_can_be_taken(family: catalog.Family) -> None:
    for remedy in family.remedies.values():
        catalog.resolve(family.settings, remedy.settings)
        assert remedy.sentence.endswith(".")


@pytest.mark.parametrize(
    ("value", "said"), [(1_234, "1,200"), (0, "0"), (math.inf, "0"), (0.0456, "0.046"), (7.25, "7.2"), (99.9, "100")]
)
def test_counts_are_said_roughly(value: float, said: str) -> None:
    assert catalog.count(value) == said


def test_a_short_time_for_many_pictures_asks_for_what_learns_faster() -> None:
    document = Document(objective=Objective(output="images", priority="fast"))
    document.training.minutes = 2.0
    shape = catalog.Shape(32, 3, 0, 20_000)
    rates = {"diffusion/tiny": 60.0, "gan/tiny": 40.0, "vae/tiny": 2_000.0}
    said = catalog.recommend(document, shape.items, shape, Speed(20, "measured", rates))
    assert said.family == "vae"
    assert "in 2 min on this machine it looks at each of your pictures 12 times, the diffusion model only 0.36" in said.reason
    document.training.minutes = 600.0
    assert catalog.recommend(document, shape.items, shape, Speed(20, "measured", rates)).family == "diffusion"


def test_few_pictures_of_a_kind_are_no_matter_for_a_gan() -> None:
    document = Document(objective=Objective(output="images", device="phone"))
    many, few = catalog.Shape(16, 3, 4, 5_000), catalog.Shape(16, 3, 50, 1_000)
    assert catalog.recommend(document, many.items, many).family == "gan"
    said = catalog.recommend(document, few.items, few)
    assert said.family == "diffusion" and "only about 20 pictures" in said.reason


@pytest.mark.parametrize("family", catalog.families(), ids=lambda family: family.name)
def test_every_meter_states_its_formula_and_numbers(family: catalog.Family) -> None:
    cost = catalog.estimate(family, SHAPE, "tiny", 5, 50)
    for meter in catalog.meters(family, cost, SHAPE, 18):
        assert "÷" in meter.help and any(letter.isdigit() for letter in meter.help)
        assert 0 < meter.level <= 1


def test_memory_and_disk_grow_with_the_network_and_the_pictures() -> None:
    for family in catalog.families():
        costs = [catalog.estimate(family, SHAPE, name, 5, 50) for name in family.networks]
        assert [cost.memory for cost in costs] == sorted(cost.memory for cost in costs)
        assert [cost.disk for cost in costs] == sorted(cost.disk for cost in costs)
        larger = catalog.estimate(family, replace(SHAPE, size=128), "tiny", 5, 50)
        assert larger.memory > costs[0].memory
