"""From a folder to arrays; what the objective means for later steps; what is true now."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from desktop_app.data import open_encoded
from desktop_app.jobs import catalog, journey, launch
from desktop_app.jobs.objective_words import because
from desktop_app.project import runs
from desktop_app.project.document import Document, Objective
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import EventLog
from desktop_app.project.store import Project


def test_pictures_become_arrays_and_counts_add_up(tmp_path: Path, pictures: Path) -> None:
    (pictures / "notes.txt").write_text("not a picture")
    (pictures / "round" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    told: list[str] = []
    with Project.create(tmp_path / "p") as project:
        inventory = journey.prepare_data(project, [str(pictures)], progress=lambda done, total, what: told.append(what))
        data = project.document.data
        assert inventory.found == inventory.used + sum(inventory.left_out.values())
        assert (data.found, data.used) == (inventory.found, inventory.used)
        assert inventory.used == 24
        assert project.encoded_folder is not None
        assert sum(journey.split_counts(project.encoded_folder)) == 24
        assert set(told) == {"Looking at every picture", "Preparing the pictures"}
        project.undo()
        assert project.document.data.sources == [], "an import is one step of undo"


def test_a_cancelled_preparation_changes_nothing(project: Project) -> None:
    before = project.document.model_dump()
    project.document.data.size = 24
    with pytest.raises(Cancelled):
        journey.prepare_data(project, cancelled=lambda: True)
    project.document.data.size = before["data"]["size"]
    assert project.document.model_dump() == before


def test_a_folder_without_pictures_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").write_text("words")
    with Project.create(tmp_path / "p") as project:
        with pytest.raises(GensmithError) as said:
            journey.prepare_data(project, [str(tmp_path / "empty")])
        assert said.value.code == 3
        assert "can be used" in said.value.message
        assert project.document.data.sources == []


# ---------------------------------------------------------------- step 1 and the later ones


def test_every_suggestion_is_valid_and_says_why() -> None:
    for priority in ("fast", "balanced", "best"):
        for device in ("laptop", "workstation", "web", "phone"):
            for purpose in ("sprites", "photos"):
                objective = Objective(output="images", priority=priority, device=device, purpose=purpose)
                for item in journey.defaults_from_objective(objective):
                    assert item.reason.endswith(".") and item.title
                    if item.family:
                        _, family, name = item.field.split(".")
                        assert family == item.family
                        catalog.resolve(catalog.get(family).settings, {name: item.value})
                    else:
                        setattr(getattr(Document(), item.section), item.field, item.value)


def test_what_was_never_touched_follows_the_objective() -> None:
    document = Document()
    changes = journey.consequences(document, Objective(priority="fast", device="phone", purpose="icons"))
    assert changes["training"] == {"minutes": 2.0, "settings": {"diffusion": {"sampling_steps": 10}}}
    assert changes["architecture"] == {"network": "tiny"}
    assert changes["data"] == {"fit": "pad"}, "icons keep their own size"
    assert changes["deployment"] == {"target": "phone"}
    assert journey.consequences(document, Objective(device="phone", purpose="photos"))["data"] == {"size": 32}


def test_an_answer_and_what_follows_are_one_step_of_undo(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        journey.answer(project, output="images", purpose="photos", device="phone", priority=None)
        assert (project.document.data.size, project.document.architecture.network) == (32, "tiny")
        with pytest.raises(GensmithError, match="priority"):
            journey.answer(project, priority="perfect")
        project.undo()
        assert not project.can_undo and project.document.data.size is None


def test_the_reason_stands_where_the_default_does() -> None:
    document = Document()
    assert because(document, "minutes") == "", "nothing was answered"
    document.objective = Objective(output="images", purpose="photos", device="phone")
    document.data.size = 32
    assert because(document, "size") == "32 pixels, because it shall run on phones, where small pictures are quick."
    document.data.size = 64
    assert because(document, "size").startswith("Step 1 suggests 32 pixels, because it shall run on phones")
    assert because(document, "of the future") == ""


def test_what_is_left_to_the_pictures_is_followed_whatever_they_decide() -> None:
    document = Document(objective=Objective(output="images", purpose="sprites"))
    size = journey.reason(document, "size")
    assert size is not None and size.value is None and journey.followed(document, size)
    assert because(document, "size").startswith("As they are, because your pictures decide")
    document.data.size = 16
    assert journey.followed(document, size) and because(document, "size") == "", "it stands there, and why beside it"


def test_what_a_person_chose_stays() -> None:
    document = Document()
    document.training.minutes = 33.0
    document.training.settings = {"diffusion": {"sampling_steps": 50, "dropout": 0.1}}
    document.architecture.network = "large"
    changes = journey.consequences(document, Objective(priority="best", device="phone"))
    assert "training" not in changes
    assert "architecture" not in changes


def test_a_change_of_mind_takes_the_suggestion_back() -> None:
    document = Document(objective=Objective(priority="fast"))
    document.training.minutes = 2.0
    document.training.settings = {"diffusion": {"sampling_steps": 18, "dropout": 0.3}, "other": {"dropout": 0.1}}
    changes = journey.consequences(document, Objective(priority="best", device="web"))
    settings = {"diffusion": {"sampling_steps": 12, "dropout": 0.3}, "other": {"dropout": 0.1}}
    assert changes["training"] == {"minutes": 120.0, "settings": settings}


def test_strokes_are_suggested_for_what_draws_in_strokes_only() -> None:
    document = Document()
    for family in catalog.families():
        document.architecture.family = family.name
        fields = [item.field for item in journey.suggestions(document)]
        drawn_in_strokes = journey.STROKES in family.settings.model_fields
        assert any(field.endswith(journey.STROKES) for field in fields) == drawn_in_strokes
        assert len(fields) == 6 + drawn_in_strokes


# ---------------------------------------------------------------- facts


def test_facts_of_a_prepared_project(project: Project) -> None:
    facts = journey.facts(project)
    assert facts.encoded
    assert facts.training_items + facts.held_out_items == 24
    assert facts.held_out_items >= 1
    assert (facts.run, facts.bundle, facts.evaluated) == ("none", False, False)
    assert facts.model == "Diffusion model"


def test_facts_follow_the_newest_run(project: Project) -> None:
    run = launch.new_run(project)
    log = EventLog(run.events_file)
    log.write(runs.Phase(name="training"))
    assert journey.facts(project).run == "interrupted"
    log.write(runs.Finished(step=3))
    log.close()
    run.bundle_folder.mkdir()
    run.report_file.write_text(json.dumps({"verdict": {"sentence": "It draws well."}}))
    facts = journey.facts(project)
    assert (facts.run, facts.bundle, facts.evaluated, facts.verdict) == ("done", True, True, "It draws well.")
    assert journey.facts(project, "running", 12.0).time_left == 12.0


def test_facts_survive_damage(project: Project) -> None:
    assert project.encoded_folder is not None
    (project.encoded_folder / "held_out.npy").write_bytes(b"")
    assert journey.facts(project).training_items == 0
    shutil.rmtree(project.encoded_folder)
    assert not journey.facts(project).encoded


def test_the_speed_that_a_training_reached_predicts_the_next_one(project: Project) -> None:
    from desktop_app.jobs.story import Story

    run = launch.new_run(project)
    assert project.encoded_folder is not None
    begun = {"pid": 1, "threads": 1, "parameters": 1, "batch_size": 32, "held_out_items": 2, "training_items": 22}
    story = Story()
    story.take([
        runs.Started(device="cpu", **begun),  # type: ignore[arg-type]
        runs.Planned(total_items=100, network="tiny"),
        runs.Progress(step=9, items=9, total_items=9, epoch=1, elapsed=60, seconds_left=0, items_per_second=123.0, memory=1),
    ])  # fmt: skip
    reached = journey.reached_gflops(run, story, "cpu")
    assert reached is not None
    family = catalog.get("diffusion")
    shape = catalog.shape_of(project.document, open_encoded(project.encoded_folder))
    assert catalog.estimate(family, shape, "tiny", 5, reached).items_per_second == pytest.approx(123.0)
    assert journey.reached_gflops(run, story, "cuda") is None, "another device tells nothing"


@pytest.mark.parametrize("name", ["sprites"])
def test_a_sample_project_is_ready_to_train(name: str, tmp_path: Path) -> None:
    folder = journey.make_sample_project(name, tmp_path / name)
    with Project.open(folder) as project:
        document = project.document
        assert document.step == 4
        assert document.data.used > 1_000
        assert document.training.minutes == journey.SAMPLE_MINUTES
        assert document.data.licence
        assert (document.data.size, document.data.fit) == (16, "pad"), "as step 1 suggests for what it is"
        assert all(journey.followed(document, default) for default in journey.suggestions(document))
        assert launch.new_run(project).spec.conditioning == "class"
