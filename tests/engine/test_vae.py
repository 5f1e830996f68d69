"""The VAE family: its networks, the density of its latents, resume, export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.utils.flop_counter import FlopCounterMode

from desktop_app.engine import checkpoints
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.vae import FAMILY, presets
from desktop_app.engine.families.vae.learner import TOLD, Learner, visible
from desktop_app.engine.networks import mixture
from desktop_app.engine.networks.autoencoder import Autoencoder, divergence, telling
from desktop_app.engine.networks.autoencoder_config import cost
from desktop_app.engine.networks.mixture import Prior
from desktop_app.engine.process import run_train
from desktop_app.engine.training import learn, prepare, train
from desktop_app.project import runs
from desktop_app.project.runs import Run
from desktop_app.runtime.bundle import Request, open_bundle

from .conftest import MakeRun

GOLDEN = Path(__file__).parent / "golden"


def vae_run(make_run: MakeRun, **values: Any) -> Run:
    settings = {"batch_size": 8, "mirror": False, "latent": 16} | values.pop("settings", {})
    return make_run(**({"family": "vae", "settings": settings, "items": 160} | values))


def learner_of(run: Run) -> Learner:
    learner = prepare(run).learner
    assert isinstance(learner, Learner)
    return learner


# ---------------------------------------------------------------- networks


@pytest.mark.parametrize("size", [8, 16, 24, 32, 100, 128])
def test_networks_fit_pictures_of_any_size_and_cost_what_torch_counts(size: int) -> None:
    config = presets.network(Shape(size, 3, 2, 100), "tiny")
    network = Autoencoder(config, 0.5).eval()
    labels, changes = torch.eye(2)[:1], torch.zeros(1, presets.AUGMENTATIONS)
    network.linear.shifts.zero_()
    picture = torch.rand(1, 3, size, size) * 2 - 1
    with torch.no_grad(), FlopCounterMode(display=False) as whole:
        z, _ = network.encode(picture, labels, changes)
        back = network.decode(z, labels, changes)
    with torch.no_grad(), FlopCounterMode(display=False) as linear:
        network.linear.compose(network.linear.project(picture, labels), labels)
    assert back.shape == picture.shape
    weights, work = cost(config)
    assert sum(parameter.numel() for parameter in network.parameters()) == weights
    assert (whole.get_total_flops() - linear.get_total_flops()) / 1e9 == pytest.approx(work, rel=0.03)


def test_it_begins_as_the_principal_components(make_run: MakeRun) -> None:
    run = vae_run(make_run, conditioning="none", settings={"kind": "regularised", "latent": 24})
    training = prepare(run)
    learner = training.learner
    assert isinstance(learner, Learner)
    pictures, _ = training.data.sample()
    with torch.no_grad():
        back = learner.average.decode(learner.average.encode(pictures)[0])
    centred = (pictures - pictures.mean(dim=0)).flatten(1)
    left = torch.linalg.svdvals(centred)[24:].square().sum() / centred.numel()
    mean_only = centred.square().mean()
    error = float((back - pictures).square().mean())
    # The covariance is steadied by shifted copies, so that it is not exactly that of the items.
    assert float(left) <= error < 0.6 * float(mean_only)


def in_directions(count: int, groups: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """200 pictures that differ along ``count`` directions, around a mean for each group; and their labels."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.eye(groups)[torch.arange(200) % groups]
    rows = torch.randn(200, count, generator=generator) @ torch.randn(count, 3 * 64, generator=generator)
    return (rows + 9 * labels @ torch.randn(groups, 3 * 64, generator=generator)).reshape(200, 3, 8, 8), labels


def test_numbers_are_counted_by_the_directions_in_which_pictures_differ() -> None:
    pictures, labels = in_directions(7, groups=3)
    assert telling(pictures, labels, 0.9999) == 7
    assert telling(pictures, None, 0.9999) == 9  # the three means differ along two more
    assert telling(pictures, labels, 0.5) < 7
    assert telling(pictures[:1], None, 0.9) == 1


def test_as_many_numbers_as_the_pictures_are_worth_unless_asked(make_run: MakeRun) -> None:
    run = vae_run(make_run, settings={"latent": 0})
    wanted = telling(*prepare(run).data.sample(), TOLD)
    assert 1 < wanted < presets.SIZES["tiny"].latent
    assert learner_of(run).plan.network.latent == wanted
    assert learner_of(vae_run(make_run, settings={"latent": 5})).plan.network.latent == 5


def test_knowledge_is_what_torch_says() -> None:
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    given = torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    expected = torch.distributions.kl_divergence(given, torch.distributions.Normal(torch.zeros(5, 3), torch.ones(5, 3)))
    torch.testing.assert_close(divergence(mean, log_variance), expected)


def test_a_mistake_beyond_black_and_white_cannot_be_seen() -> None:
    pictures = torch.tensor([1.0, 1.0, -1.0, -1.0, 0.5, 0.99])
    drawn = torch.tensor([1.4, 0.6, -1.4, -0.6, 1.4, 1.4])
    torch.testing.assert_close(visible(drawn, pictures), torch.tensor([0.0, -0.4, 0.0, 0.4, 0.9, 0.41]))


def test_a_white_ground_is_drawn_without_speckles(make_run: MakeRun) -> None:
    training = prepare(vae_run(make_run, conditioning="none", settings={"learning_rate": 3e-3, "warm_up": 10}))
    white = training.data.items.copy()
    white[white == 240] = 255
    training.data.items = white
    for _ in range(150):
        learn(training)
    drawn = training.learner.sample(100, 0, 0)
    ground = drawn[:, 1:, 0]  # no cross and no ring reaches there
    assert float((ground == 255).mean()) > 0.9


# ---------------------------------------------------------------- the density of the latents


def clusters(count: int = 400) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    one = torch.randn(count, 2, generator=generator) @ torch.tensor([[1.0, 0.8], [0.0, 0.3]]) + torch.tensor([4.0, 0.0])
    other = 0.5 * torch.randn(count // 2, 2, generator=generator) - torch.tensor([4.0, 1.0])
    return torch.cat([one, other])


def test_a_mixture_finds_planted_components() -> None:
    found = mixture.fit(clusters(), 2, share=0.0)
    order = found.means[:, 0].argsort(descending=True)
    torch.testing.assert_close(found.weights[order], torch.tensor([2 / 3, 1 / 3], dtype=torch.float64), atol=0.01, rtol=0)
    expected = torch.tensor([[4.0, 0.0], [-4.0, -1.0]], dtype=torch.float64)
    torch.testing.assert_close(found.means[order], expected, atol=0.15, rtol=0)
    covariance = (found.factors @ found.factors.mT)[order[0]]
    torch.testing.assert_close(covariance, torch.tensor([[1.0, 0.8], [0.8, 0.73]], dtype=torch.float64), atol=0.15, rtol=0)
    assert found.log_density(clusters()).mean() > mixture.fit(clusters(), 1).log_density(clusters()).mean() + 0.5


def test_a_mixture_of_fewer_items_than_numbers_stays_usable() -> None:
    found = mixture.fit(torch.randn(6, 20, generator=torch.Generator().manual_seed(0)), 10)
    assert len(found.weights) <= 6
    assert bool(torch.isfinite(found.factors).all())
    assert bool((torch.diagonal(found.factors, dim1=1, dim2=2) > 0).all())


def test_the_same_latents_give_the_same_mixture() -> None:
    one, other = mixture.fit(clusters(), 3), mixture.fit(clusters(), 3)
    assert torch.equal(one.means, other.means)


def test_the_prior_draws_with_the_moments_of_the_mixture() -> None:
    rows = clusters()
    prior = Prior.of([mixture.fit(rows, 2)], torch.ones(1, 1))
    drawn = prior(torch.randn(20_000, 3, generator=torch.Generator().manual_seed(1)))
    torch.testing.assert_close(drawn.mean(dim=0), rows.mean(dim=0), atol=0.15, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(rows.T), atol=0.5, rtol=0.05)


def test_each_class_draws_from_its_own_mixture() -> None:
    low, high = mixture.fit(torch.randn(50, 2) - 10, 1), mixture.fit(torch.randn(50, 2) + 10, 2)
    owners = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    prior = Prior.of([low, high], owners)
    noise = torch.randn(200, 3)
    assert bool((prior(noise, torch.eye(2)[:1].expand(200, 2)) < 0).all())
    assert bool((prior(noise, torch.eye(2)[1:].expand(200, 2)) > 0).all())
    free = prior(noise, torch.zeros(200, 2))[:, 0] > 0
    assert 0.3 < float(free.float().mean()) < 0.7


# ---------------------------------------------------------------- runs


@pytest.mark.parametrize("case", ["classes", "plain"])
def test_golden_loss_curve(make_run: MakeRun, case: str) -> None:
    settings = {"augmentation": 0.2, "dropout": 0.1, "reconstruction": "huber"} if case == "plain" else {}
    training = prepare(vae_run(make_run, conditioning="class" if case == "classes" else "none", settings=settings))
    losses = []
    for _ in range(12):
        learn(training)
        losses.append([float(training.losses[-1][name]) for name in ("loss", "kl")])
    golden = GOLDEN / f"vae-{case}.json"
    if not golden.exists():
        golden.write_text(json.dumps(losses, indent=1))
        pytest.fail("there was no golden curve; it was written: look at it and commit it")
    np.testing.assert_allclose(losses, json.loads(golden.read_text()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"kind": "regularised"}, {"reconstruction": "absolute"}], ids=["beta", "rae", "l1"])
def test_training_learns(make_run: MakeRun, settings: dict[str, Any]) -> None:
    settings = {"learning_rate": 3e-3, "warm_up": 10, "beta_warm_up": 0} | settings
    training = prepare(vae_run(make_run, items=10_000, settings=settings))
    before = training.learner.held_out_loss(*training.data.validation())
    for _ in range(150):
        learn(training)
    assert training.learner.held_out_loss(*training.data.validation()) < 0.9 * before


def test_each_density_draws_nearer_to_the_pictures_than_the_simpler_one(make_run: MakeRun) -> None:
    def apart(prior: str) -> float:
        training = prepare(vae_run(make_run, conditioning="none", settings={"prior": prior, "beta": 0.02}))
        for _ in range(60):
            learn(training)
        drawn = torch.from_numpy(training.learner.sample(200, 0, 0)).permute(0, 3, 1, 2).flatten(1).float()
        real = ((training.data.sample()[0].flatten(1) + 1) * 127.5).contiguous()
        return float(torch.cdist(drawn, real).amin(dim=1).median())

    assert apart("neighbours") < apart("mixture") < apart("normal")


def test_free_bits_keep_the_latents_in_use(make_run: MakeRun) -> None:
    def knowledge(free: float) -> float:
        settings = {"beta": 60.0, "beta_warm_up": 0, "free_bits": free, "learning_rate": 3e-3, "warm_up": 0}
        training = prepare(vae_run(make_run, settings=settings))
        for _ in range(80):
            learn(training)
        return float(torch.stack([row["kl"] for row in training.losses[-10:]]).mean())

    assert knowledge(0.0) < 0.7 * knowledge(0.5)


def test_unused_latents_are_said_once(make_run: MakeRun) -> None:
    learner = learner_of(vae_run(make_run))
    said = [event for _ in range(60) for event in learner.findings({"kl": 0.01})]
    assert [event.code for event in said] == ["unused"]
    assert said[0].apply == FAMILY.remedies["unused"].settings


def test_pause_and_resume_repeat_the_unbroken_run(make_run: MakeRun) -> None:
    unbroken, broken = vae_run(make_run), vae_run(make_run)
    list(train(unbroken))
    for event in train(broken):
        if isinstance(event, runs.Progress) and event.step >= 3:
            broken.ask("pause")
    broken.ask("run")
    list(train(broken))
    one, other = (load_file(max(run.checkpoints_folder.glob("step-*")) / "state.safetensors") for run in (unbroken, broken))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("found_now", [3, 64])
def test_a_run_keeps_the_numbers_that_it_began_with(make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, found_now: int) -> None:
    """Where they are left open another machine, or an earlier version, may have found others."""
    run = vae_run(make_run, settings={"latent": 0})
    for event in train(run):
        if isinstance(event, runs.Progress) and event.step >= 3:
            run.ask("pause")
    begun = learner_of(run).plan.network.latent
    run.ask("run")
    monkeypatch.setattr("desktop_app.engine.families.vae.learner.telling", lambda *_, share: found_now)
    assert learner_of(run).plan.network.latent == begun != found_now
    assert isinstance(list(train(run))[-1], runs.Checkpoint)


def test_the_bundle_draws_what_the_learner_draws(make_run: MakeRun) -> None:
    run = vae_run(make_run)
    *_, last = run_train(run, lambda: False)
    assert isinstance(last, runs.Finished), last
    bundle = open_bundle(run.bundle_folder)
    assert set(bundle.manifest.graphs) == {"generator", "prior", "encoder"}
    assert (bundle.manifest.noise, bundle.manifest.latent) == (17, 16)
    drawn = np.stack([picture.array for picture in bundle.generate(Request(count=5, seed=1))])
    learner, best = learner_of(run), checkpoints.best(run.checkpoints_folder)
    assert best is not None
    learner.load_tensors(checkpoints.load(best)[1])
    assert np.abs(drawn.astype(int) - learner.sample(5, 1, 2).astype(int)).max() <= 1


def test_the_bundle_puts_pictures_into_numbers_and_back(make_run: MakeRun) -> None:
    run = vae_run(make_run, items=800, settings={"beta": 0.01})
    *_, last = run_train(run, lambda: False)
    assert isinstance(last, runs.Finished), last
    bundle = open_bundle(run.bundle_folder)
    pictures, labels = prepare(run).data.sample()
    assert labels is not None
    z = bundle.network("encoder")(pictures.numpy(), labels.numpy())
    back = bundle.network("generator")(z, labels.numpy())
    centred = pictures - torch.stack([pictures[labels[:, k] > 0].mean(dim=0) for k in range(2)])[labels.argmax(dim=1)]
    assert np.square(back - pictures.numpy()).mean() < 0.6 * float(centred.square().mean())
