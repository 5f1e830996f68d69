"""From torch to ONNX: the same numbers, or no bundle."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from desktop_app.engine import judge as judging
from desktop_app.engine.batches import Dataset
from desktop_app.engine.export import TOLERANCE, export, parity, to_onnx
from desktop_app.engine.families.learner import Graph
from desktop_app.engine.training import learn, prepare
from desktop_app.evaluation import Judge
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.runtime.drawing import BLOCK
from desktop_app.runtime.session import Session

from .conftest import MakeRun


@pytest.fixture
def denoiser(make_run: MakeRun) -> Graph:
    training = prepare(make_run())
    for _ in range(3):
        learn(training)
    return training.learner.exportable().graphs["denoiser"]


def test_onnx_agrees_with_torch_at_every_batch_size(denoiser: Graph) -> None:
    proof = parity(denoiser, to_onnx(denoiser))
    assert proof.batch_sizes == [1, 2, 5]
    assert proof.max_abs_error < 1e-4 < TOLERANCE


@pytest.mark.parametrize("family", ["diffusion", "gan", "vae"])
def test_whole_blocks_in_one_call_give_every_bit_as_alone(make_run: MakeRun, family: str) -> None:
    """So that a picture is the same in every list: see ``BLOCK`` in ``runtime/drawing.py``."""
    training = prepare(make_run(family=family, settings={"batch_size": 8}))
    learn(training)
    generator = torch.Generator().manual_seed(0)
    for graph in training.learner.exportable().graphs.values():
        feed = {name: _rows(value, 8 * BLOCK, generator) for name, value in graph.inputs.items()}
        content = to_onnx(graph)
        for threads in (1, 2):
            session = Session(content, "m", threads)
            whole = session.run(session.outputs, feed)[0]
            for together in (1, 2, 3):
                size = together * BLOCK
                parts = [{name: rows[at : at + size] for name, rows in feed.items()} for at in range(0, 8 * BLOCK, size)]
                assert np.array_equal(np.concatenate([session.run(session.outputs, part)[0] for part in parts]), whole)


def _rows(example: torch.Tensor, count: int, generator: torch.Generator) -> np.ndarray:
    """Rows like the example's; every noise level four times, as in a block of the sampler's."""
    if example.ndim == 1:
        return torch.exp(torch.linspace(-5, 4, count // BLOCK)).repeat_interleave(BLOCK).numpy()
    return torch.randn(count, *example.shape[1:], generator=generator).numpy()


def test_a_graph_that_differs_is_refused(denoiser: Graph) -> None:
    model = onnx.load_from_string(to_onnx(denoiser))
    mean = next(tensor for tensor in model.graph.initializer if tensor.name.endswith("gaussian.mean"))
    mean.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(mean) + np.float32(0.05), mean.name))
    with pytest.raises(GensmithError, match="differs"):
        parity(denoiser, model.SerializeToString())


@pytest.fixture(scope="module")
def quick() -> pytest.MonkeyPatch:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "STEPS", (60, 60))
        yield patch


@pytest.mark.parametrize("conditioned", [True, False])
def test_the_judge_learns_to_see(arrays: Path, quick: pytest.MonkeyPatch, conditioned: bool) -> None:
    data = Dataset.load(arrays, conditioned=conditioned, device=torch.device("cpu"))
    shares: list[float] = []
    judge = Judge(judging.train_judge(data, progress=shares.append))
    held_out, labels = data.items[data.held_out], data.labels[data.held_out].numpy()
    assert shares[-1] == 1.0
    features = np.asarray(judge.features(held_out))
    assert features.shape == (len(held_out), judging.FEATURES)
    logits = judge.logits(held_out)
    if conditioned:
        assert logits is not None
        assert (np.argmax(logits, axis=1) == labels).mean() >= 0.9
    else:
        assert logits is None
        assert _nearest_agree(np.asarray(judge.features(data.items)), data.labels.numpy()) >= 0.7


def _nearest_agree(features: np.ndarray, labels: np.ndarray) -> float:
    """Share of the items whose nearest neighbour by angle is of their own kind."""
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    similarity = unit @ unit.T - 2 * np.eye(len(unit))
    return float((labels[similarity.argmax(axis=1)] == labels).mean())


def test_the_judge_can_be_cancelled(arrays: Path) -> None:
    data = Dataset.load(arrays, conditioned=True, device=torch.device("cpu"))
    with pytest.raises(Cancelled):
        judging.train_judge(data, cancelled=lambda: True)


def test_an_export_tells_how_far_it_is_and_leaves_nothing_when_it_is_ended(make_run: MakeRun, tmp_path: Path) -> None:
    training = prepare(make_run())
    learn(training)
    told: list[float] = []
    data = training.data
    about = {"classes": data.classes, "shape": (data.channels, data.size, data.size), "items": len(data)}
    for last in (0.0, 0.4, 2.0):
        folder = tmp_path / f"until {last}"
        about |= {"fraction": told.append, "cancelled": lambda last=last: told[-1] >= last}
        told.clear()
        with contextlib.suppress(Cancelled):
            export(training.learner, training.run.spec, folder, **about)
        assert folder.exists() == (last > 1)
        assert told[-1] == last or last > 1
    assert told == sorted(told)
    assert len(told) >= 4
    assert (folder / "bundle.json").is_file()
