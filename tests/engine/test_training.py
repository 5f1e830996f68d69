"""The loop: what it yields, that it repeats itself bit for bit, that it survives."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from desktop_app.engine import checkpoints
from desktop_app.engine.batches import Dataset
from desktop_app.engine.budget import DECAY_SHARES, Budget, choose_network
from desktop_app.engine.families import FAMILIES
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.diffusion import presets
from desktop_app.engine.networks.structure import HANDOVER
from desktop_app.engine.training import FIRST_SHOWN, Cadence, Rhythm, learn, prepare, train, turn
from desktop_app.project import runs
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Event, Run

from .conftest import MakeRun

GOLDEN = Path(__file__).parent / "golden"


def last_tensors(run: Run) -> dict[str, torch.Tensor]:
    newest = max(run.checkpoints_folder.glob("step-*"))
    return load_file(newest / "state.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def until(events: Iterator[Event], run: Run, step: int, want: str) -> list[Event]:
    """Consume events; ask for ``want`` once ``step`` steps are told."""
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, runs.Progress) and event.step >= step:
            run.ask(want)  # type: ignore[arg-type]
    return seen


def test_events_tell_the_story(make_run: MakeRun) -> None:
    run = make_run()
    events = list(train(run))
    kinds = [event.kind for event in events]
    assert kinds[:4] == ["phase", "started", "planned", "phase"]
    assert kinds[-1] == "checkpoint"
    assert {"metrics", "progress", "preview"} <= set(kinds)
    progress = [event for event in events if isinstance(event, runs.Progress)]
    assert progress[-1].items == 320
    assert all(a.step <= b.step for a, b in itertools.pairwise(progress))
    for event in events:
        if isinstance(event, runs.Preview):
            assert (run.folder / event.file).is_file()
            assert event.labels[:2] == ["cross", "ring"]


@pytest.mark.parametrize("case", ["classes", "plain", "muon"])
def test_golden_loss_curve(make_run: MakeRun, case: str) -> None:
    """The loss of each of the first steps, to 1e-5: any change of the arithmetic shows here.

    Muon brings what little is left of a gradient in some direction to full length, rounding included: to 1e-3.
    """
    settings: dict[str, Any] = {"batch_size": 8, "sampling_steps": 4, "dropout": 0.1, "mirror": False}
    settings |= {"augmentation": 0.2 if case == "plain" else 0.0, "optimiser": "muon" if case == "muon" else "adamw"}
    training = prepare(make_run(conditioning="class" if case == "classes" else "none", settings=settings))
    losses = []
    for _ in range(12):
        learn(training)
        losses.append(float(training.losses[-1]["loss"]))
    golden = GOLDEN / f"diffusion-{case}.json"
    if not golden.exists():
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(json.dumps(losses, indent=1))
        pytest.fail("there was no golden curve; it was written: look at it and commit it")
    assert losses == pytest.approx(json.loads(golden.read_text()), abs=1e-3 if case == "muon" else 1e-5)


@pytest.mark.parametrize(("path", "middle"), [("edm", -0.5), ("flow", 0.0)])
def test_noise_is_practised_by_the_law_up_to_where_the_structure_leads(make_run: MakeRun, path: str, middle: float) -> None:
    learner = prepare(make_run(settings={"path": path})).learner
    levels = learner._noise_levels(4000, torch.full((4000,), 0.5))
    highest = HANDOVER * learner.context.std
    assert levels.max() <= highest * (1 + 1e-4)
    assert levels.max() > 0.99 * highest
    below = float((levels < math.exp(middle)).float().mean())
    spread = 1.2 if path == "edm" else 1.0
    led = 0.5 * math.erfc((math.log(highest) - middle) / spread / math.sqrt(2))
    assert below == pytest.approx(0.5 / (1 - led), abs=2e-3)


def test_training_learns(make_run: MakeRun) -> None:
    run = make_run(items=6400)
    losses = [event.values["held_out_loss"] for event in train(run) if "held_out_loss" in getattr(event, "values", {})]
    assert losses[-1] < 0.8 * losses[0]


def test_pause_and_resume_repeat_the_unbroken_run(make_run: MakeRun) -> None:
    unbroken, broken = make_run(), make_run()
    list(train(unbroken))
    assert isinstance(until(train(broken), broken, 3, "pause")[-1], runs.Paused)
    broken.ask("run")
    resumed = list(train(broken))
    start = next(event for event in resumed if isinstance(event, runs.Started))
    assert start.resumed_step
    assert start.resumed_step < 40
    assert same(last_tensors(unbroken), last_tensors(broken))


def test_stop_keeps_what_was_learned(make_run: MakeRun) -> None:
    run = make_run(items=100_000)
    events = until(train(run), run, 5, "stop")
    assert isinstance(events[-1], runs.Checkpoint)
    assert 0 < events[-1].step < 1000


def test_sample_and_save_now(make_run: MakeRun) -> None:
    run = make_run(items=100_000)
    events: list[Event] = []
    for event in train(run):
        events.append(event)
        if isinstance(event, runs.Progress) and len([e for e in events if isinstance(e, runs.Progress)]) == 1:
            run.ask(sample=True, save=True)
        if isinstance(event, runs.Checkpoint):
            run.ask("stop")
    assert [event.kind for event in events].count("checkpoint") >= 2


def test_interruption_pauses(make_run: MakeRun) -> None:
    run = make_run(items=100_000)
    assert isinstance(list(train(run, interrupted=lambda: True))[-1], runs.Paused)


def test_damaged_newest_checkpoint_falls_back(make_run: MakeRun) -> None:
    run = make_run()
    events = train(run)
    for event in events:
        if isinstance(event, runs.Progress):
            run.ask(save=True)
        if isinstance(event, runs.Checkpoint):
            run.ask("pause")
    folders = sorted(run.checkpoints_folder.glob("step-*"))
    assert len(folders) >= 2
    content = (folders[-1] / "state.safetensors").read_bytes()
    (folders[-1] / "state.safetensors").write_bytes(content[: len(content) // 2])
    found = checkpoints.newest(run.checkpoints_folder)
    assert found is not None
    assert found[0] == folders[-2]


def test_too_few_pictures_is_said(make_run: MakeRun, tmp_path: Path, arrays: Path) -> None:
    import shutil

    import numpy as np

    broken = tmp_path / "arrays"
    shutil.copytree(arrays, broken)
    np.save(broken / "held_out.npy", np.zeros_like(np.load(broken / "held_out.npy")))
    with pytest.raises(GensmithError):
        prepare(make_run(data=str(broken)))


def test_epochs_visit_every_item_once(arrays: Path) -> None:
    data = Dataset.load(arrays, conditioned=True, device=torch.device("cpu"))
    count = len(data)
    first = [data.batch(step, 4, 7)[0] for step in range(-(-count // 4))]
    pictures = torch.cat(first)[:count].flatten(1)
    everything = data.sample()[0].flatten(1)
    assert torch.equal(pictures.sort(0).values, everything.sort(0).values)
    assert torch.equal(data.batch(5, 4, 7)[0], data.batch(5, 4, 7)[0])
    assert not torch.equal(data.batch(5, 4, 7)[0], data.batch(5, 4, 8)[0])


def test_budget_by_items_never_changes() -> None:
    budget = Budget(1000, settled=True)
    budget.revise(100, 1.0, 3600.0, 10)
    assert budget.total_items == 1000
    assert budget.rate(0, 10) == pytest.approx(0.01)
    assert budget.rate(99, 10) == pytest.approx(0.01 / DECAY_SHARES["linear"])


def test_budget_by_time_settles_when_the_decay_begins() -> None:
    budget = Budget(10**9, settled=False)
    for items in range(100, 20_000, 100):
        budget.revise(items, items / 100, 100.0, 10)  # 100 items a second for 100 seconds
        if budget.settled:
            break
    assert budget.total_items == 10_000
    assert items == 6000
    budget.revise(7000, 700.0, 100.0, 10)
    assert budget.total_items == 10_000


def test_more_time_means_a_larger_network() -> None:
    family, shape = FAMILIES["diffusion"], Shape(32, 3, 0, 1000)
    chosen = [choose_network(family, shape, minutes, 100.0, family.passes) for minutes in (1, 10, 100, 10_000)]
    sizes = [estimate.parameters for estimate in chosen]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_a_large_network_looks_at_fewer_of_the_items_kept_aside(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all of them every checkpoint of a large network would cost as much as three steps."""
    shape = Shape(32, 3, 0, 1000)
    assert [presets.every(presets.network(shape, name)) for name in ("tiny", "medium", "large")] == [1, 1, 8]
    training = prepare(make_run())
    pictures, labels = training.data.validation()
    assert labels is not None
    few = training.learner.held_out_loss(pictures[::4], labels[::4])
    monkeypatch.setattr(presets, "every", lambda network: 4)
    assert training.learner.held_out_loss(pictures, labels) == few


def test_the_first_preview_waits_for_a_few_steps(make_run: MakeRun) -> None:
    training, rhythm = prepare(make_run()), Rhythm()
    rhythm.preview = Cadence(0.0)
    for _ in range(FIRST_SHOWN):
        assert not any(isinstance(event, runs.Preview) for event in turn(training, rhythm, lambda: False))
        learn(training)
    assert any(isinstance(event, runs.Preview) for event in turn(training, rhythm, lambda: False))
