"""A rehearsal tries everything once and measures it; what fails is said as a training would say it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch

from desktop_app.engine import checkpoints, rehearsal
from desktop_app.engine.batches import Dataset
from desktop_app.engine.process import follow, main, run_rehearse
from desktop_app.engine.training import Cadence, Rhythm
from desktop_app.project import runs
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import EventLog, Run, Tried

from .conftest import COUNT, MakeRun


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "SECONDS", 0.2)


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def tried(run: Run) -> dict[str, Tried]:
    return {event.part: event for event in run.events() if isinstance(event, Tried)}


@pytest.mark.parametrize("family", ["diffusion", "gan", "vae"])
def test_every_part_is_tried_in_its_order_and_measured(make_run: MakeRun, family: str) -> None:
    run = make_run(family=family, settings={"batch_size": 8})
    assert main(["rehearse", str(run.folder)]) == 0
    found = tried(run)
    assert list(found) == ["pictures", "training", "preview", "checkpoint", "model"]
    assert found["pictures"].values["items"] == COUNT
    training = found["training"].values
    assert 0 < training["items_per_second"] < 1e6
    assert training["batch"] == training["at_once"] > 0
    assert training["memory"] > 50e6
    assert training["whole"] == 1
    assert found["preview"].values["bytes"] > 0
    assert found["preview"].values["every"] > 4
    assert found["checkpoint"].values["most"] == 4
    kept = run.checkpoints_folder.rglob("*.safetensors")
    assert found["checkpoint"].values["bytes"] >= sum(path.stat().st_size for path in kept) > 0
    assert found["model"].values["bytes"] > 0
    assert 0 < found["model"].values["picture"] < 60
    assert run.state() == "finished"


def test_what_it_measures_is_what_a_training_reaches(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in seconds of a noisy machine: of steps that take exactly so long by the clock that it reads."""
    clock = [100.0]
    monkeypatch.setattr(rehearsal, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    learn = rehearsal.learn

    def slow(training: object) -> None:
        learn(training)  # type: ignore[arg-type]
        clock[0] += 0.01

    monkeypatch.setattr(rehearsal, "learn", slow)
    run = make_run()
    events = list(rehearsal.rehearse(run, lambda: False, 1.0))
    found = next(event for event in events if isinstance(event, Tried) and event.part == "training")
    assert found.values["items_per_second"] == pytest.approx(found.values["batch"] / 0.01)  # all else took no time
    assert found.seconds == pytest.approx(1.0, abs=0.02)


def test_what_else_a_training_does_takes_its_share() -> None:
    assert Cadence(4.0, 1 / 30).part(0.0) == 0
    assert Cadence(4.0, 1 / 30).part(0.1) == pytest.approx(0.1 / 4.1)
    assert Cadence(4.0, 1 / 30).part(60.0) == pytest.approx(1 / 31)
    assert Rhythm().share(60.0, 60.0, 0.4) == pytest.approx(1 / 31 + 1 / 101 + 0.4 / 40.4)


def test_a_checkpoint_that_does_not_come_back_is_said(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = checkpoints.newest

    def damaged(folder: object) -> object:
        path, state, tensors = newest(folder)  # type: ignore[arg-type,misc]
        name = next(name for name, value in tensors.items() if value.is_floating_point())
        return path, state, tensors | {name: tensors[name] + 1}

    run = make_run()
    monkeypatch.setattr(rehearsal.checkpoints, "newest", lambda folder: damaged(folder) if _written(run) else newest(folder))
    with pytest.raises(GensmithError, match="does not come back"):
        list(rehearsal.rehearse(run, lambda: False, 0.1))


def _written(run: Run) -> bool:
    return any(run.checkpoints_folder.iterdir())


def test_one_that_is_unstable_is_said_with_what_helps(make_run: MakeRun) -> None:
    run = make_run()
    log = EventLog(run.events_file)
    rehearsal_of = rehearsal.learn

    def broken(training: object) -> None:
        rehearsal_of(training)  # type: ignore[arg-type]
        training.losses[-1]["loss"] = torch.tensor(float("nan"))  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsal, "learn", broken)
        assert follow(run_rehearse(run, lambda: False), log) == 5
    log.close()
    ending = run.events()[-1]
    assert isinstance(ending, runs.Failed)
    assert "unstable from the start" in ending.message
    assert "How fast it learns" in ending.remedy


def test_it_ends_when_it_is_no_longer_wanted(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(Cancelled):
        list(rehearsal.rehearse(run, lambda: True, 5.0))
    assert "training" not in tried(run)


def test_every_picture_is_read(make_run: MakeRun) -> None:
    data = Dataset.load(make_run().data_folder, conditioned=False, device=torch.device("cpu"))

    class Watched:
        def __init__(self) -> None:
            self.seen: set[int] = set()

        def __len__(self) -> int:
            return len(data.items)

        def __getitem__(self, part: slice) -> object:
            self.seen |= set(range(*part.indices(len(self))))
            return data.items[part]

    items, data_items = Watched(), data.items
    reading = Dataset(items, data.labels, data.training, data.held_out, [], data.device)  # type: ignore[arg-type]
    assert rehearsal.read_all(reading) == {"items": len(data_items)}
    assert items.seen == set(range(COUNT))
