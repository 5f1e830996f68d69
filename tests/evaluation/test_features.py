"""Random features and the judge, run for real."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.evaluation.features import RandomFeatures, Standardiser, random_network, resized
from desktop_app.evaluation.judge import Judge
from desktop_app.project.errors import GensmithError
from tests.evaluation.drawn import blurred, digits, linear_judge, noisy, shapes


@pytest.mark.parametrize("side", [8, 12, 16, 31, 32, 64, 100, 512])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_gives_features(side: int, channels: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, side, side, channels), dtype=np.uint8)
    found = RandomFeatures(channels)(pictures)
    assert found.shape == (3, 96)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert np.abs(found[0] - found[1]).max() > 0


def test_the_network_is_fixed_for_ever() -> None:
    """Runs of different days are compared by it: its weights may never change unnoticed."""
    graph = random_network(3, 32, 20_210_607).graph
    weights = b"".join(weight.raw_data for weight in graph.initializer)
    assert hashlib.sha256(weights).hexdigest() == "0b14d3df54771250e6c3661c5f485b61a510388b1010ce1df69125d1675ca610"


def test_weights_are_the_same_at_every_side() -> None:
    small, large = (random_network(1, side, 5).graph.initializer for side in (16, 64))
    assert [weight.raw_data for weight in small] == [weight.raw_data for weight in large]
    assert random_network(1, 16, 6).graph.initializer[0].raw_data != small[0].raw_data


def test_features_do_not_depend_on_the_batch() -> None:
    pictures, _ = shapes(70, 0)
    network = RandomFeatures(1)
    alone = np.concatenate([network(picture[None]) for picture in pictures[60:]])
    assert network(pictures)[60:] == pytest.approx(alone, abs=1e-4)
    assert network(pictures[:0]).shape == (0, 96)


def test_word_of_every_batch() -> None:
    seen = []
    RandomFeatures(1)(shapes(150, 0)[0], lambda done, total: seen.append((done, total)))
    assert seen == [(64, 150), (128, 150), (150, 150)]


def test_fine_detail_of_large_pictures_is_seen() -> None:
    """Reduced to 64 pixels, a picture of 256 and the same with its finest detail gone are alike; their surfaces are not."""
    rng = np.random.default_rng(0)
    pictures = np.clip(128 + rng.normal(0, 30, (8, 256, 256, 1)), 0, 255).astype(np.uint8)
    network = RandomFeatures(1)
    sharp, soft = network(pictures), network(blurred(pictures))
    spread = sharp.std(axis=0)
    assert (np.abs(sharp - soft).mean(axis=0) > 5 * spread)[64:].mean() > 0.8  # texture
    assert (np.abs(sharp - soft).mean(axis=0) < 5 * spread)[:64].mean() > 0.8  # layout


def test_standardising_makes_every_living_feature_count() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((100, 4)) * [1e-6, 1e-5, 0, 2e-6] + [1, 0, 3, -1]
    scale = Standardiser.fit(rows)
    found = scale(rows)
    assert scale.alive.tolist() == [True, True, False, True]
    assert found.mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert found.std(axis=0) == pytest.approx(1)
    assert scale(rows[:1] + 1e-6).shape == (1, 3)


def test_all_the_same_pictures_leave_nothing_to_compare() -> None:
    assert Standardiser.fit(np.ones((5, 3)))(np.ones((2, 3))).shape == (2, 0)


@given(st.integers(8, 90), st.sampled_from([1, 3]), st.sampled_from([16, 32, 64]))
def test_resizing_keeps_the_mean(side: int, channels: int, target: int) -> None:
    ramp = np.linspace(0, 255, side).round().astype(np.uint8)
    pictures = np.broadcast_to(ramp[None, :, None, None], (2, side, side, channels)).copy()
    small = resized(pictures, target)
    assert small.shape == (2, target, target, channels)
    assert small.mean() == pytest.approx(pictures.mean(), abs=2)


def test_the_judge_knows_what_it_was_shown() -> None:
    pictures, labels = digits()
    judge = Judge(linear_judge(pictures[:800], labels[:800], 10))
    unseen, true = pictures[800:900], labels[800:900]
    logits = judge.logits(unseen)
    assert judge.knows_classes
    assert logits is not None
    assert (logits.argmax(axis=1) == true).mean() > 0.8
    assert judge.features(noisy(unseen, 5)).shape == (100, 24)


def test_a_judge_without_classes() -> None:
    pictures, labels = shapes(50, 0)
    judge = Judge(linear_judge(pictures, labels, 0))
    features, logits = judge.look(pictures)
    assert not judge.knows_classes
    assert logits is None
    assert features.shape == (50, 24)


def test_what_is_no_judge_is_refused(tmp_path) -> None:
    with pytest.raises(GensmithError, match="judge"):
        Judge(b"nothing")
    with pytest.raises(GensmithError, match="no features"):
        Judge(random_network(1, 16, 0).SerializeToString())
    with pytest.raises(GensmithError, match=r"missing\.onnx"):
        Judge(tmp_path / "missing.onnx")
