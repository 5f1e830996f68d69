"""A rehearsal from outside: what is told, what is left of it, what follows from it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from desktop_app.jobs import calibration, catalog, launch, machine, origins, rehearsal
from desktop_app.jobs.rehearsal import Rehearsal
from desktop_app.jobs.story import Story
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Warned
from desktop_app.project.store import Project
from tests.waiting import until

SHAPE = catalog.Shape(16, 3, 0, 180)


@pytest.fixture(autouse=True)
def _small(small_engine: None) -> None:
    """No torch is needed to watch."""


def rehearsed(project: Project, name: str = "finish") -> Rehearsal:
    project.change("", name=name)
    return rehearsal.rehearse(project)


def engines() -> list[int]:
    """Those that this process, or one that it started, has at work."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # gone meanwhile
            if "small_engine" in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


def nothing_is_left(project: Project) -> bool:
    return not (project.folder / rehearsal.FOLDER).exists() and not project.runs() and not engines()


def test_it_tells_how_far_it_is_and_leaves_nothing(project: Project) -> None:
    told: list[tuple[float, str, list[str]]] = []
    project.change("", name="finish")
    found = rehearsal.rehearse(project, told=lambda share, words, story: told.append((share, words, list(story.tried))))
    assert list(found.story.tried) == ["pictures", "training", "preview", "checkpoint", "model"]
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert told[0][1] == "Getting ready" and told[-1][1] == "Done"
    assert nothing_is_left(project)


def test_what_fails_is_said_as_the_training_would(project: Project) -> None:
    with pytest.raises(GensmithError, match="not enough memory") as failed:
        rehearsed(project, "fail")
    assert failed.value.remedy == "Choose a smaller network."
    assert nothing_is_left(project)


def test_an_engine_that_dies_is_explained(project: Project) -> None:
    with pytest.raises(GensmithError, match="ended by the system"):
        rehearsed(project, "die")
    assert nothing_is_left(project)


def test_one_that_is_no_longer_wanted_ends_at_once(project: Project) -> None:
    seen: list[Story] = []
    project.change("", name="long")
    with pytest.raises(Cancelled):
        rehearsal.rehearse(
            project, told=lambda share, words, story: seen.append(story), cancelled=lambda: bool(seen and seen[-1].tried)
        )
    assert nothing_is_left(project)


def test_what_an_earlier_one_left_is_thrown_away(project: Project) -> None:
    (project.folder / rehearsal.FOLDER / "old").mkdir(parents=True)
    rehearsed(project)
    assert nothing_is_left(project)


def test_beside_a_training_it_would_measure_nothing(project: Project) -> None:
    project.change("", name="long")
    run = launch.new_run(project)
    launch.start_engine(run)
    until(lambda: run.process() is not None)
    with pytest.raises(GensmithError, match="is at work"):
        rehearsal.rehearse(project)


def test_it_holds_for_the_same_training_and_for_a_longer_one_of_the_same_size(project: Project) -> None:
    found = rehearsed(project)
    assert found.of(rehearsal.request_of(project), "another size, should it be chosen by then") is found
    project.change("", name="Another name")
    project.change("training", minutes=60)
    longer = found.of(rehearsal.request_of(project), "tiny")
    assert longer is not None
    assert (found.seconds, longer.seconds) == (300, 3600)
    assert longer.passes == pytest.approx(12 * found.passes)
    assert longer.disk > found.disk
    assert found.of(rehearsal.request_of(project), "small") is None
    project.change("training", settings={"diffusion": {"learning_rate": 0.003}})
    assert found.of(rehearsal.request_of(project), "tiny") is None


def test_a_length_in_pictures_takes_as_long_as_was_measured(project: Project) -> None:
    project.change("training", items=512 * 90)
    assert rehearsed(project).seconds == pytest.approx(90)


def test_disk_is_checkpoints_previews_and_the_model(project: Project) -> None:
    found = rehearsed(project)
    previews = 1 + 300 / 12  # the first, and one every 12 s
    assert found.disk == round((4 * 10 + previews + 5) * 2**20)


def test_the_verdict_sums_up_and_warns_of_a_disk_that_is_too_small(project: Project) -> None:
    found = rehearsed(project)
    state, words = rehearsal.verdict(found, 10 * 2**30)
    assert state == "good"
    assert words == "Everything works. The training takes 5 min, 850 looks at each picture and up to 71 MB of disk."
    state, words = rehearsal.verdict(found, 50 * 2**20)
    assert state == "care"
    assert "Only 50 MB are free" in words


def test_each_part_says_what_it_found(project: Project) -> None:
    found = rehearsed(project)
    words = [rehearsal.words_of(event) for event in found.story.tried.values()]
    assert words == [
        "All 200 pictures were read.",
        "510 pictures a second, in batches of 32, with 512 MB of memory.",
        "36 pictures drawn in 0.4 s.",
        "10 MB saved in 0.2 s, and read back the same.",
        "A model of 5 MB, the same as what was trained, which draws a picture in 50 ms.",
    ]
    training = found.story.tried["training"]
    full = training.model_copy(update={"values": training.values | {"at_once": 8}})
    assert "in batches of 32, 8 at a time, with" in rehearsal.words_of(full)


def test_a_remark_says_whether_something_can_be_done(project: Project) -> None:
    found = rehearsed(project)
    found.story.take([
        Warned(code="start", message="It goes on from A: all of its weights fit."),
        Warned(code="copies", message="They are copies.", remedy="Add pictures."),
    ])  # fmt: skip
    assert rehearsal.remarks(found) == [
        (False, "It goes on from A: all of its weights fit."),
        (True, "They are copies. Add pictures."),
    ]


def test_the_next_estimates_start_from_it(project: Project) -> None:
    here, found = machine.describe(project.folder), rehearsed(project)
    assert rehearsal.learn(found, here, SHAPE) == {"diffusion/tiny": 512.0}
    speed = calibration.of(here, SHAPE)
    assert (speed.source, speed.rates["diffusion/tiny"]) == ("rehearsal", 512.0)
    calibration.remember(here, SHAPE, "diffusion", "tiny", 500.0)
    assert calibration.of(here, SHAPE).source == "training"


def test_what_says_nothing_of_the_usual_training_is_not_learned(project: Project) -> None:
    here, found = machine.describe(project.folder), rehearsed(project)
    other = found.request.model_copy(update={"settings": found.request.settings | {"batch_size": 8}})
    assert rehearsal.learn(replace(found, request=other), here, SHAPE) == {}
    training = found.story.tried["training"]
    found.story.tried["training"] = training.model_copy(update={"values": training.values | {"whole": 0}})
    assert rehearsal.learn(found, here, SHAPE) == {}
    assert "looks at each picture" not in rehearsal.verdict(found)[1]


def test_without_pictures_it_says_what_is_missing(tmp_path: Path) -> None:
    with Project.create(tmp_path / "empty", "Empty") as project, pytest.raises(GensmithError, match="not prepared"):
        rehearsal.rehearse(project)


def test_what_it_starts_from_and_learns_from_is_found_from_its_folder(project: Project) -> None:
    run = launch.new_run(project)
    (run.checkpoints_folder / "step-000000001").mkdir()
    project.change("training", start=origins.stored(project, run.folder))
    other = launch.new_run(project, folder=project.folder / "elsewhere" / "deeper")
    assert (other.folder / other.spec.start).resolve() == run.folder.resolve()
    assert other.data_folder == project.encoded_folder
