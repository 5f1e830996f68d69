"""Pictures that consist of squares of one colour, as enlarged pixel art does: learned small, drawn large, by every family."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from desktop_app import data
from desktop_app.data.repetition import repeated
from desktop_app.engine import checkpoints, starting, variants
from desktop_app.engine.families.vae.learner import Learner as Autoencoding
from desktop_app.engine.networks.autoencoder import divergence
from desktop_app.engine.process import run_train
from desktop_app.engine.training import prepare, train
from desktop_app.project import document, runs
from desktop_app.project.runs import Run
from desktop_app.runtime.bundle import Request, open_bundle

from .conftest import SIDE, MakeRun, draw

REPEAT = 3
FAMILIES = ("diffusion", "gan", "vae")
MORE: dict[str, dict[str, Any]] = {"diffusion": {"sampling_steps": 4}, "gan": {}, "vae": {"latent": 16}}


@pytest.fixture(scope="session")
def enlarged(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of arrays of pictures in squares of three by three."""
    root = tmp_path_factory.mktemp("enlarged")
    draw(root / "small")
    for path in sorted((root / "small").rglob("*.png")):
        target = root / "large" / path.relative_to(root / "small")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as small:
            small.resize((REPEAT * SIDE, REPEAT * SIDE), Image.Resampling.NEAREST).save(target)
    choices = document.Data(sources=[str(root / "large")], size=REPEAT * SIDE, colour="colour", held_out=0.2)
    inventory = data.decide(data.inspect(choices, root / "data"), choices)
    return str(root / "data" / data.encode(inventory, choices, root / "data"))


def squares_run(make_run: MakeRun, family: str, folder: str, **values: Any) -> Run:
    settings = {"batch_size": 8, "mirror": False} | MORE[family] | values.pop("settings", {})
    return make_run(**({"family": family, "data": folder, "settings": settings, "items": 80} | values))


def finished(run: Run) -> Run:
    *_, last = run_train(run, lambda: False)
    assert isinstance(last, runs.Finished), last
    return run


def in_squares(pictures: np.ndarray) -> bool:
    """Whether pictures (N, S, S, C) consist of them."""
    return all(repeated(picture, REPEAT) == REPEAT for picture in pictures)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_bundle_draws_large_what_the_learner_draws_small(make_run: MakeRun, enlarged: str, family: str) -> None:
    run = finished(squares_run(make_run, family, enlarged))
    bundle = open_bundle(run.bundle_folder)
    assert bundle.manifest.shape == (3, REPEAT * SIDE, REPEAT * SIDE)
    drawn = np.stack([picture.array for picture in bundle.generate(Request(count=5, seed=1))])
    assert in_squares(drawn)
    training, best = prepare(run), checkpoints.best(run.checkpoints_folder)
    assert training.data.size == SIDE and best is not None
    training.learner.load_tensors(checkpoints.load(best)[1])
    bold = getattr(training.learner, "measure_boldness", None)
    if bold is not None:
        bold()  # as the export did
    small = training.learner.sample(5, 1, 2)
    assert small.shape[1] == SIDE
    assert np.abs(drawn[:, ::REPEAT, ::REPEAT].astype(int) - small.astype(int)).max() <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_previews_show_the_pictures_at_their_own_size(make_run: MakeRun, enlarged: str, family: str) -> None:
    run = squares_run(make_run, family, enlarged)
    events = list(train(run))
    (told,) = [event.reason for event in events if isinstance(event, runs.Planned)]
    assert "squares of 3 × 3 pixels" in told
    (shown,) = [event for event in events if isinstance(event, runs.Preview)][-1:]
    with Image.open(run.folder / shown.file) as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape[0] == REPEAT * SIDE * (shown.count // shown.columns)
    assert in_squares(pixels.reshape(-1, REPEAT * SIDE, pixels.shape[1], 3).transpose(0, 2, 1, 3)[:, : REPEAT * SIDE])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_that_began_without_squares_goes_on_without(
    make_run: MakeRun, enlarged: str, tmp_path: Path, family: str
) -> None:
    """As one of an earlier version did, which did not look for them."""
    folder = tmp_path / "arrays"
    shutil.copytree(enlarged, folder)
    described = json.loads((folder / "dataset.json").read_text())
    assert described["repeat"] == REPEAT
    (folder / "dataset.json").write_text(json.dumps(described | {"repeat": 1}))
    run = squares_run(make_run, family, str(folder))
    for event in train(run):
        if isinstance(event, runs.Progress) and event.step >= 3:
            run.ask("pause")
    (folder / "dataset.json").write_text(json.dumps(described))
    newest = checkpoints.newest(run.checkpoints_folder)
    assert newest is not None and newest[1].repeat == 1
    run.ask("run")
    assert prepare(run).data.size == REPEAT * SIDE
    assert isinstance(list(train(run))[-1], runs.Checkpoint)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_run_goes_on_from_the_bundle(make_run: MakeRun, enlarged: str, tmp_path: Path, family: str) -> None:
    earlier = finished(squares_run(make_run, family, enlarged))
    kept = starting.load(earlier.bundle_folder, family)
    assert not any("inside" in name for name in kept), "weights have the names that they have in a training"
    later = prepare(squares_run(make_run, family, enlarged, start=str(earlier.bundle_folder)))
    assert "all of its weights fit" in later.notes[0].message


@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_smaller_variants_of_it_draw_squares(make_run: MakeRun, enlarged: str, tmp_path: Path, kind: Any) -> None:
    run = finished(squares_run(make_run, "diffusion", enlarged))
    target = tmp_path / "small.gensmith"
    variants.make(run.bundle_folder, kind, target, None, lambda share, message: None)
    drawn = np.stack([picture.array for picture in open_bundle(target).generate(Request(count=3, seed=1))])
    assert in_squares(drawn)


def test_a_value_weighs_as_much_as_the_square_that_it_is_drawn_as(make_run: MakeRun, enlarged: str) -> None:
    """Orderliness of an autoencoder's numbers weighs as much against a mistake as for other pictures of the same size."""
    training = prepare(squares_run(make_run, "vae", enlarged, conditioning="none", settings={"beta_warm_up": 0}))
    learner = training.learner
    assert isinstance(learner, Autoencoding)
    pictures, _ = training.data.sample()
    mean, log_variance = learner.average.encode(pictures)
    # The linear model is the best one: no other size of its clouds is better than that which it begins with.
    error = {}
    for scale in (0.5, 1.0, 2.0):
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
        spread = torch.exp(0.5 * log_variance) * scale
        apart = (learner.average.decode(mean + spread * noise) - pictures).square().mean() / learner.noise
        price = divergence(mean, log_variance + 2 * np.log(scale)).mean(dim=0).sum() / learner.values
        error[scale] = float(0.5 * apart + learner.settings.beta * price)
    assert error[1.0] == min(error.values())
