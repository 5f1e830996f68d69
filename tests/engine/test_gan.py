"""The GAN family: games, penalties, adaptive augmentation, resume, export."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from desktop_app.engine import checkpoints
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.gan import FAMILY, LossName, differentiable, presets
from desktop_app.engine.families.gan.adaptation import TARGET, Adaptation
from desktop_app.engine.families.gan.differentiable import LIMIT
from desktop_app.engine.families.gan.distance import energy_distance, features
from desktop_app.engine.families.gan.learner import Learner
from desktop_app.engine.families.gan.losses import calming, even_slope, judge_loss, painter_loss, sameness
from desktop_app.engine.networks.gan import Discriminator, GaussianSource, Generator, advance_spectra
from desktop_app.engine.networks.gan_config import cost
from desktop_app.engine.process import run_train
from desktop_app.engine.training import learn, prepare, train
from desktop_app.project import runs
from desktop_app.project.runs import Run
from desktop_app.runtime.bundle import Request, open_bundle

from .conftest import MakeRun

GOLDEN = Path(__file__).parent / "golden"
CPU = torch.device("cpu")


def gan_run(make_run: MakeRun, **values: Any) -> Run:
    settings = {"batch_size": 8, "mirror": False} | values.pop("settings", {})
    return make_run(**({"family": "gan", "settings": settings, "items": 160} | values))


def networks(shape: Shape) -> tuple[Generator, Discriminator]:
    torch.manual_seed(0)
    config = presets.network(shape, "tiny")
    gaussian = GaussianSource(config.channels, config.size, presets.rank(config)[0], config.classes)
    return Generator(config, gaussian), Discriminator(config)


# ---------------------------------------------------------------- networks


@pytest.mark.parametrize("size", [8, 16, 24, 32, 100, 128])
def test_networks_fit_pictures_of_any_size_and_cost_what_torch_counts(size: int) -> None:
    shape = Shape(size, 3, 2, 100)
    generator, judge = networks(shape)
    labels = torch.eye(2)[:1]
    with torch.no_grad(), FlopCounterMode(display=False) as drawing:
        picture = generator(torch.randn(1, presets.LATENT), labels)
    with torch.no_grad(), FlopCounterMode(display=False) as judging:
        assert judge(picture, labels).shape == (1,)
    assert picture.shape == (1, 3, size, size)
    config = presets.network(shape, "tiny")
    for module, counter, (weights, work) in zip(
        (generator, judge), (drawing, judging), cost(config, *presets.rank(config)), strict=True
    ):
        assert sum(parameter.numel() for parameter in module.parameters()) == weights
        assert counter.get_total_flops() / 1e9 == pytest.approx(work, rel=0.03)


def test_before_the_first_step_it_draws_the_gaussian_of_the_pictures(make_run: MakeRun) -> None:
    training = prepare(gan_run(make_run))
    learner = training.learner
    assert isinstance(learner, Learner)
    pictures, labels = training.data.sample()
    assert labels is not None
    with torch.no_grad():
        z = torch.randn(2000, learner.settings.latent)
        for number in range(2):
            drawn = learner.average.gaussian.draw(z, torch.eye(2)[number].expand(2000, 2))
            real = pictures[labels[:, number] > 0]
            assert float((drawn.mean(dim=0) - real.mean(dim=0)).abs().max()) < 0.15
            assert float(drawn.var(dim=0).mean()) == pytest.approx(float(real.var(dim=0).mean()), rel=0.35)


def test_spectral_norm_bounds_what_a_layer_can_do() -> None:
    torch.manual_seed(0)
    judge = Discriminator(presets.network(Shape(16, 3, 0, 100), "tiny"), spectral_norm=True)
    for layer in judge.modules():
        if isinstance(layer, nn.Conv2d):
            with torch.no_grad():
                layer.parametrizations.weight.original.mul_(20)  # type: ignore[union-attr, operator]
    for _ in range(60):
        advance_spectra(judge)
    norms = [
        float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2))
        for layer in judge.modules()
        if isinstance(layer, nn.Conv2d) and layer.weight.any()
    ]
    assert max(norms) < 1.05


# ---------------------------------------------------------------- games and penalties


@pytest.mark.parametrize("name", get_args(LossName))
def test_every_game_moves_judge_and_painter_against_each_other(name: LossName) -> None:
    real, drawn = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    judge_loss(name, real, drawn).backward()
    assert real.grad is not None
    assert drawn.grad is not None
    assert bool((real.grad < 0).all())
    assert bool((drawn.grad > 0).all())
    judged = torch.zeros(4, requires_grad=True)
    painter_loss(name, torch.zeros(4), judged).backward()
    assert judged.grad is not None
    assert bool((judged.grad < 0).all())


def test_penalties_of_a_judge_whose_slope_is_known() -> None:
    def judge(x: Tensor) -> Tensor:
        return 3 * x.flatten(1).sum(dim=1)

    pictures = torch.randn(5, 1, 2, 2)
    assert float(calming(judge, pictures, pictures, 2.0, 0.5).detach()) == pytest.approx((2.0 + 0.5) * 36 / 2)
    assert float(even_slope(judge, pictures, -pictures, torch.rand(5, 1, 1, 1)).detach()) == pytest.approx((6 - 1) ** 2)


def test_the_diversity_loss_asks_for_differing_pictures() -> None:
    z, other = torch.tensor([[0.0]]), torch.tensor([[1.0]])
    near = torch.full((1, 1, 2, 2), 0.1, requires_grad=True)
    value = sameness(near, torch.zeros(1, 1, 2, 2), z, other)
    value.backward()
    assert near.grad is not None
    assert bool((near.grad < 0).all())  # farther from the other one is better
    assert float(value.detach()) > float(sameness(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), z, other))


# ---------------------------------------------------------------- augmentation


def test_augmentation_of_no_strength_changes_nothing_and_full_strength_everything() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(32, 3, 16, 16) * 2 - 1
    still, full = (differentiable.draw(32, 16, torch.tensor(p), colour=True, place=True, cutout=True) for p in (0.0, 1.0))
    torch.testing.assert_close(differentiable.apply(pictures, still), pictures)
    changed = differentiable.apply(pictures, full)
    assert bool(((changed - pictures).abs().amax(dim=(1, 2, 3)) > 0).all())
    part = differentiable.apply(pictures[8:16], full[8:16])
    torch.testing.assert_close(part, changed[8:16])


def test_the_strength_rises_while_the_judge_is_sure_and_falls_when_it_doubts() -> None:
    adaptation = Adaptation(None, CPU)
    for _ in range(400):
        adaptation.follow(torch.tensor(1.0), 32, 50)
    assert float(adaptation.strength) == pytest.approx(LIMIT)
    for _ in range(400):
        adaptation.follow(torch.tensor(TARGET - 0.3), 32, 50)
    assert float(adaptation.strength) == 0.0
    fixed = Adaptation(0.3, CPU)
    fixed.follow(torch.tensor(1.0), 32, 50)
    assert float(fixed.strength) == pytest.approx(0.3)


# ---------------------------------------------------------------- the distance


def test_the_distance_is_small_between_alike_and_grows_with_the_difference() -> None:
    torch.manual_seed(0)
    pictures = torch.nn.functional.interpolate(torch.rand(192, 3, 4, 4) * 2 - 1, size=(16, 16), mode="bilinear")
    one, other = features(pictures[:96]), features(pictures[96:])
    noisy = features((pictures[:96] + 0.3 * torch.randn(96, 3, 16, 16)).clamp(-1, 1))
    alike = features(pictures[:1].expand(96, -1, -1, -1))
    near = energy_distance(one, other)
    assert near < 0.5 * energy_distance(noisy, other)
    assert near < 0.5 * energy_distance(alike, other)


# ---------------------------------------------------------------- runs


@pytest.mark.parametrize("case", ["classes", "plain"])
def test_golden_loss_curve(make_run: MakeRun, case: str) -> None:
    conditioning = "class" if case == "classes" else "none"
    settings = {"augmentation": 0.3, "diversity": 0.5} if case == "plain" else {}
    training = prepare(gan_run(make_run, conditioning=conditioning, settings=settings))
    losses = []
    for _ in range(12):
        learn(training)
        losses.append([float(training.losses[-1][name]) for name in ("loss", "discriminator_loss")])
    golden = GOLDEN / f"gan-{case}.json"
    if not golden.exists():
        golden.write_text(json.dumps(losses, indent=1))
        pytest.fail("there was no golden curve; it was written: look at it and commit it")
    np.testing.assert_allclose(losses, json.loads(golden.read_text()), atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": "hinge", "spectral_norm": True},
        {"loss": "non-saturating", "augmentation": 0.0},
        {"loss": "wgan-gp", "diversity": 1.0},
    ],
    ids=["relativistic", "hinge", "non-saturating", "wgan-gp"],
)
def test_every_game_teaches_both_networks(make_run: MakeRun, settings: dict[str, Any]) -> None:
    training = prepare(gan_run(make_run, settings=settings))
    learner = training.learner
    assert isinstance(learner, Learner)
    before = [value.clone() for value in (*learner.generator.parameters(), *learner.discriminator.parameters())]
    for _ in range(6):
        learn(training)
    assert all(math.isfinite(float(value)) for value in training.losses[-1].values())
    after = [*learner.generator.parameters(), *learner.discriminator.parameters()]
    moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(moved) > 0.9 * len(moved)


def test_parts_of_a_batch_give_the_step_of_the_whole(make_run: MakeRun) -> None:
    ends = []
    for micro in (0, 3):
        training = prepare(gan_run(make_run, settings={"micro_batch": micro, "augmentation": 0.3}))
        learn(training)
        ends.append([float(training.losses[-1][name]) for name in ("loss", "discriminator_loss", "gradient_norm")])
    assert ends[0] == pytest.approx(ends[1], rel=1e-3)


def test_pause_and_resume_repeat_the_unbroken_run(make_run: MakeRun) -> None:
    unbroken, broken = gan_run(make_run), gan_run(make_run)
    list(train(unbroken))
    for event in train(broken):
        if isinstance(event, runs.Progress) and event.step >= 3:
            broken.ask("pause")
    broken.ask("run")
    list(train(broken))
    one, other = (load_file(max(run.checkpoints_folder.glob("step-*")) / "state.safetensors") for run in (unbroken, broken))
    assert one.keys() == other.keys()
    assert "adaptation.strength" in one
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_bundle_draws_what_the_learner_draws(make_run: MakeRun) -> None:
    run = gan_run(make_run)
    *_, last = run_train(run, lambda: False)
    assert isinstance(last, runs.Finished), last
    bundle = open_bundle(run.bundle_folder)
    assert (bundle.manifest.sampler, bundle.manifest.noise) == (None, presets.LATENT)
    drawn = np.stack([picture.array for picture in bundle.generate(Request(count=5, seed=1))])
    learner, best = prepare(run).learner, checkpoints.best(run.checkpoints_folder)
    assert best is not None
    learner.load_tensors(checkpoints.load(best)[1])
    expected = learner.sample(5, 1, 2)
    assert np.abs(drawn.astype(int) - expected.astype(int)).max() <= 1


def test_a_sure_judge_is_said_once_with_a_remedy(make_run: MakeRun) -> None:
    learner = prepare(gan_run(make_run)).learner
    said = [event for _ in range(200) for event in learner.findings({"real_score": 20.0, "fake_score": -20.0})]
    assert [event.code for event in said] == ["saturation"]
    assert said[0].apply == FAMILY.remedies["saturation"].settings
    assert not learner.findings({"real_score": 1.0, "fake_score": -1.0})
