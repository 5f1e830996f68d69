"""What goes wrong in a training is noticed, said, and where possible mended."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from desktop_app.engine import starting
from desktop_app.engine.families import FAMILIES, get
from desktop_app.engine.families.declaration import resolve
from desktop_app.engine.process import run_train
from desktop_app.engine.symmetry import mirror_is_safe
from desktop_app.engine.training import SETBACKS, Training, prepare, train
from desktop_app.engine.watch import PATIENCE, Watch
from desktop_app.project import runs
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Event, Run, Warned

from .conftest import MakeRun


def spoil(monkeypatch: pytest.MonkeyPatch, steps: set[int]) -> list[int]:
    """Let the loss of these steps (counted over all tries) come out as no number; returns the steps taken."""
    from desktop_app.engine.families.diffusion.learner import Learner

    real, taken = Learner.train_step, []

    def train_step(self: Any, pictures: Tensor, labels: Tensor | None, moment: Any) -> dict[str, Tensor]:
        figures = real(self, pictures, labels, moment)
        taken.append(moment.step)
        if len(taken) in steps:
            with torch.no_grad():
                self.stepper.weights[0].fill_(math.nan)
            figures["loss"] = torch.tensor(math.nan)
        return figures

    monkeypatch.setattr(Learner, "train_step", train_step)
    return taken


def warned(events: list[Event], code: str) -> list[Warned]:
    return [event for event in events if isinstance(event, Warned) and event.code == code]


def test_no_number_rolls_back_with_a_lower_rate_and_goes_on(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = spoil(monkeypatch, {20})
    run = make_run()
    events = list(train(run))
    (said,) = warned(events, "rolled back")
    assert "step 20" in said.message or "no longer a number" in said.message
    assert taken.count(0) == 2  # back to the checkpoint before the first step
    assert isinstance(events[-1], runs.Checkpoint)
    assert events[-1].step == 40
    assert events[-1].held_out_loss is not None
    assert math.isfinite(events[-1].held_out_loss)
    rates = [event.values["learning_rate"] for event in events if "learning_rate" in getattr(event, "values", {})]
    assert rates


def test_after_three_set_backs_it_stops_with_the_reason(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, set(range(1, 10_000)))
    events: list[Event] = []
    with pytest.raises(GensmithError, match="unstable") as caught:
        for event in train(make_run()):
            events.append(event)
    assert len(warned(events, "rolled back")) >= 1
    assert f"{SETBACKS} times" in caught.value.message
    assert caught.value.code == 5


def test_the_lower_rate_survives_a_resume(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, {5})
    run = make_run()
    list(train(run))
    resumed = prepare(run)
    assert resumed.budget.slower == 0.5
    assert resumed.setbacks == 1


def test_a_full_memory_is_said_and_the_run_goes_on(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    from desktop_app.engine.families.diffusion.learner import Learner

    real = Learner._loss

    def scarce(self: Any, denoiser: Any, clean: Tensor, *others: Any) -> Tensor:
        if denoiser is self.denoiser and len(clean) > 2:
            raise torch.OutOfMemoryError
        return real(self, denoiser, clean, *others)

    monkeypatch.setattr(Learner, "_loss", scarce)
    events = list(train(make_run(items=80)))
    (said,) = warned(events, "memory")
    assert "parts of 2" in said.message
    assert isinstance(events[-1], runs.Checkpoint)


# ---------------------------------------------------------------- watching


def items(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def as_pictures(values: Tensor) -> np.ndarray:
    return ((values + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def watch() -> Watch:
    return Watch(get("diffusion"), items(300), items(60, 1))


def test_copies_are_noticed_and_new_pictures_are_not() -> None:
    watching = watch()
    assert not list(watching.pictures(as_pictures(items(36, 2))))
    (said,) = watching.pictures(as_pictures(items(300)[:36]))
    assert said.code == "copies"
    assert "36 of 36" in said.message
    assert resolve(get("diffusion").settings, said.apply)
    assert not list(watching.pictures(as_pictures(items(300)[:36])))  # said once


def test_lack_of_variety_is_noticed_when_it_lasts() -> None:
    watching = watch()
    alike = items(1, 5) + 0.05 * items(36, 6)
    assert not list(watching.pictures(as_pictures(alike.clamp(-1, 1))))
    (said,) = watching.pictures(as_pictures(alike.clamp(-1, 1)))
    assert said.code == "collapse"


def test_learning_by_heart_is_noticed() -> None:
    watching = watch()
    curve = [(0.5, 0.5), (0.4, 0.4), *[(0.3 - 0.02 * step, 0.45) for step in range(PATIENCE)]]
    said = [event.code for loss, held_out in curve for event in watching.losses(loss, held_out)]
    assert said == ["overfitting"]


def test_a_loss_that_rises_everywhere_is_not_learning_by_heart() -> None:
    watching = watch()
    assert not [event for step in range(8) for event in watching.losses(0.4 + 0.1 * step, 0.4 + 0.1 * step)]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_remedy_is_a_setting_of_its_family(family: Any) -> None:
    assert {"overfitting", "copies", "collapse"} <= set(family.remedies)
    for remedy in family.remedies.values():
        assert remedy.sentence.endswith(".")
        assert resolve(family.settings, remedy.settings)


# ---------------------------------------------------------------- mirror


def test_symmetrical_pictures_may_be_mirrored_and_letters_may_not() -> None:
    generator = torch.Generator().manual_seed(0)
    base = torch.rand(1, 1, 12, 12, generator=generator)
    letters = base + 0.1 * torch.rand(200, 1, 12, 12, generator=generator)
    assert not mirror_is_safe(letters)
    assert mirror_is_safe(letters + letters.flip(-1))
    either = torch.where(torch.rand(200, 1, 1, 1, generator=generator) < 0.5, letters, letters.flip(-1))
    assert mirror_is_safe(either)
    assert not mirror_is_safe(letters[:20])


# ---------------------------------------------------------------- starting points


def finished(make_run: MakeRun, **values: Any) -> Run:
    run = make_run(**values)
    for event in run_train(run, lambda: False):
        last = event
    assert isinstance(last, runs.Finished), last
    return run


def first(training: Training) -> list[Tensor]:
    return [weight.detach() for weight in training.learner.stepper.weights]  # type: ignore[attr-defined]


def test_a_run_starts_from_an_earlier_run_or_its_bundle(make_run: MakeRun) -> None:
    earlier = finished(make_run, items=80)
    averaged = starting.load(earlier.folder, "diffusion")
    from_run, from_bundle = (prepare(make_run(seed=5, start=str(path))) for path in (earlier.folder, earlier.bundle_folder))
    names = [name for name, _ in from_run.learner.denoiser.network.named_parameters()]  # type: ignore[attr-defined]
    for name, weight, other in zip(names, first(from_run), first(from_bundle), strict=True):
        torch.testing.assert_close(weight, averaged[f"average.network.{name}"], msg=name)
        if name != "augment.weight":  # what a picture was augmented by is not asked for when drawing
            torch.testing.assert_close(other, weight, msg=name)
    assert "all of its weights" in from_run.notes[0].message
    assert "all of its weights" in from_bundle.notes[0].message


def test_what_does_not_fit_is_said(make_run: MakeRun) -> None:
    earlier = finished(make_run, items=40)
    said = prepare(make_run(start=str(earlier.folder), network="small")).notes[0]
    assert "begins anew" in said.message


def test_a_start_of_another_kind_or_that_is_gone_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    earlier = finished(make_run, items=40)
    with pytest.raises(GensmithError, match="another kind"):
        starting.load(earlier.folder, "something else")
    with pytest.raises(GensmithError, match="no longer there"):
        starting.load(tmp_path / "gone", "diffusion")


def test_a_relative_start_is_looked_for_beside_the_run(make_run: MakeRun) -> None:
    earlier = finished(make_run, items=40)
    assert prepare(make_run(start=f"../{earlier.folder.name}")).notes[0].code == "start"
