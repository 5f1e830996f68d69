"""Large pictures: the codec, diffusion on its latents, and the bundle of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.utils.flop_counter import FlopCounterMode

from desktop_app import data
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.diffusion import presets
from desktop_app.engine.families.diffusion.latent import LatentLearner
from desktop_app.engine.networks.codec import Codec
from desktop_app.engine.networks.config import CodecConfig, codec_cost
from desktop_app.engine.process import run_train
from desktop_app.engine.training import learn, prepare, train
from desktop_app.project import document, runs
from desktop_app.project.runs import Run
from desktop_app.runtime.bundle import Request, open_bundle

from .conftest import MakeRun, draw

SIDE = 32


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    draw(root / "pictures", count=24, side=SIDE)
    choices = document.Data(sources=[str(root / "pictures")], size=SIDE, colour="colour", held_out=0.2)
    inventory = data.decide(data.inspect(choices, root / "data"), choices)
    return root / "data" / data.encode(inventory, choices, root / "data")


@pytest.fixture
def latent_run(make_run: MakeRun, large: Path) -> Any:
    def make(**values: Any) -> Run:
        usual = {"batch_size": 4, "sampling_steps": 4, "latent": True, "mirror": False, "warm_up": 3}
        settings = usual | values.pop("settings", {})
        return make_run(**({"data": str(large), "items": 80, "settings": settings} | values))

    return make


def test_the_codec_begins_as_the_principal_components() -> None:
    torch.manual_seed(0)
    smooth = torch.nn.functional.interpolate(torch.rand(8, 3, 4, 4) * 2 - 1, size=(32, 32), mode="bilinear")
    codec = Codec(CodecConfig(3, latents=8))
    codec.fit(smooth)
    with torch.no_grad():
        back = codec.picture(codec.code(smooth))
    blocks = torch.nn.functional.pixel_unshuffle(smooth, 8).movedim(1, -1).flatten(0, -2)
    left = torch.linalg.svdvals(blocks - blocks.mean(dim=0))[8:].square().sum() / blocks.numel()
    assert float((back - smooth).square().mean()) == pytest.approx(float(left), rel=1e-3)


def test_settled_latents_have_mean_zero_and_half_a_spread_and_come_back() -> None:
    torch.manual_seed(0)
    pictures = torch.rand(6, 3, 32, 32) * 2 - 1
    codec = Codec(CodecConfig(3))
    codec.fit(pictures)
    codec.settle(pictures)
    with torch.no_grad():
        latents = codec.encode(pictures)
        assert float(latents.mean(dim=(0, 2, 3)).abs().max()) < 1e-4
        torch.testing.assert_close(latents.std(dim=(0, 2, 3)), torch.full((8,), 0.5), rtol=1e-3, atol=1e-3)
        torch.testing.assert_close(codec.decode(latents), codec.picture(codec.code(pictures)), rtol=1e-4, atol=1e-4)


def test_the_cost_of_the_codec_is_what_torch_counts() -> None:
    config = CodecConfig(3)
    codec, picture = Codec(config), torch.zeros(1, 3, 64, 64)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        codec.picture(codec.code(picture))
    weights, work = codec_cost(config, 64)
    assert weights == sum(parameter.numel() for parameter in codec.parameters())
    assert counter.get_total_flops() / 1e9 == pytest.approx(work, rel=0.01)


def test_large_pictures_are_learned_through_a_codec_and_small_ones_are_not() -> None:
    assert presets.is_latent(Shape(256, 3, 0, 100))
    assert presets.is_latent(Shape(512, 3, 0, 100))
    assert not presets.is_latent(Shape(128, 3, 0, 100))
    assert not presets.is_latent(Shape(250, 3, 0, 100))
    assert not presets.is_latent(Shape(256, 3, 0, 100), wanted=False)
    quick, slow = (presets.estimate(Shape(size, 3, 0, 100), "tiny", 1.0, 30.0) for size in (256, 512))
    assert quick.items_per_second > 2 * slow.items_per_second


def test_a_run_learns_the_codec_first_and_then_draws(latent_run: Any) -> None:
    run = latent_run(items=400)
    training = prepare(run)
    learner = training.learner
    assert isinstance(learner, LatentLearner)
    assert (learner.first_part, learner.draws) == (30, False)
    coded = learner.held_out_loss(*training.data.validation())
    for _ in range(30):
        learn(training)
    assert learner.held_out_loss(*training.data.validation()) < 0.9 * coded
    before = {name: value.clone() for name, value in learner.steady.named_parameters()}
    for _ in range(20):
        learn(training)
    assert learner.draws
    assert all(torch.equal(before[name], value) for name, value in learner.steady.named_parameters())
    assert learner.sample(3, 0, 2).shape == (3, SIDE, SIDE, 3)


@pytest.mark.parametrize("step", [2, 12], ids=["in the codec", "in the diffusion"])
def test_pause_and_resume_repeat_the_unbroken_run(latent_run: Any, step: int) -> None:
    unbroken, broken = latent_run(), latent_run()
    list(train(unbroken))
    for event in train(broken):
        if isinstance(event, runs.Progress) and event.step >= step:
            broken.ask("pause")
    broken.ask("run")
    list(train(broken))
    one, other = (load_file(max(run.checkpoints_folder.glob("step-*")) / "state.safetensors") for run in (unbroken, broken))
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_the_bundle_draws_what_the_learner_draws(latent_run: Any) -> None:
    run = latent_run()
    *_, last = run_train(run, lambda: False)
    assert isinstance(last, runs.Finished), last
    bundle = open_bundle(run.bundle_folder)
    assert bundle.manifest.latent_shape == (8, 4, 4)
    drawn = np.stack([picture.array for picture in bundle.generate(Request(count=4, seed=1))])
    expected = prepare(run).learner.sample(4, 1, 2)
    assert np.abs(drawn.astype(int) - expected.astype(int)).max() <= 2
