"""The file of Inception's weights is known by its hash, kept in mind, and what it measures is what papers give."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from desktop_app.evaluation import evaluate, inception
from desktop_app.evaluation.inception import Inception
from desktop_app.evaluation.measures import frechet, kid
from desktop_app.project.errors import GensmithError
from tests.evaluation.drawn import shapes


def network() -> bytes:
    """Stands in for Inception: nine mean colours of the picture, by the same inputs and outputs."""
    nodes = [
        helper.make_node("AveragePool", ["pictures"], ["cells"], kernel_shape=[5, 5], strides=[5, 5]),
        helper.make_node("Flatten", ["cells"], ["features"]),
    ]
    taken = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, 16, 16])
    given = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 27])
    graph = helper.make_graph(nodes, "stand-in", [taken], [given])
    return onnx.helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is known."""
    path = tmp_path / "weights.pth"
    path.write_bytes(b"weights")
    monkeypatch.setitem(inception.KNOWN, hashlib.sha256(b"weights").hexdigest(), path.name)
    return path


def test_the_known_file_is_taken_and_kept_in_mind(weights: Path, gensmith_home: Path) -> None:
    assert inception.chosen() is None
    found = inception.choose(weights)
    assert inception.chosen() == (weights, found)
    inception.network_file(found).write_bytes(b"made of it")
    inception.forget()
    assert inception.chosen() is None and not inception.network_file(found).exists() and weights.exists()
    inception.forget()


def test_another_file_is_refused_with_where_the_right_one_is(weights: Path, gensmith_home: Path) -> None:
    weights.write_bytes(b"other weights")
    with pytest.raises(GensmithError, match="SHA-256 begins with") as caught:
        inception.choose(weights)
    assert "pytorch-fid" in caught.value.remedy and caught.value.code == 3
    with pytest.raises(GensmithError):
        inception.choose(weights.with_name("gone.pth"))
    assert inception.chosen() is None


def test_a_damaged_note_is_none(weights: Path, gensmith_home: Path) -> None:
    inception.choose(weights)
    (gensmith_home / inception.CHOICE).write_text("[]", encoding="utf-8")
    assert inception.chosen() is None


def test_the_figures_are_those_of_papers() -> None:
    """Of generated pictures from those learned from, neither standardised nor parted."""
    (training, labels), (kept, kept_labels), (drawn, drawn_labels) = (shapes(120, seed, channels=3) for seed in range(3))
    report = evaluate(
        training=training, training_labels=labels, held_out=kept, held_out_labels=kept_labels, generated=drawn,
        generated_labels=drawn_labels, classes=["a", "b"], keys=[str(i) for i in range(120)], run="run",
        inception=Inception(network()),
    )  # fmt: skip
    ours = [Inception(network()).features(pictures) for pictures in (training, drawn, kept)]
    found = report.measures["kid_inception"]
    assert found.value == pytest.approx(kid(ours[0], ours[1])) and found.low < found.value < found.high
    assert found.floor == pytest.approx(kid(ours[0], ours[2]))
    assert report.measures["frechet_inception"].value == pytest.approx(frechet(ours[0], ours[1]))
    assert report.measures["frechet_inception"].low is None


def test_grey_pictures_have_all_three_colours() -> None:
    grey = shapes(4, 0, channels=1)[0]
    assert np.array_equal(Inception(network()).features(grey), Inception(network()).features(grey.repeat(3, axis=-1)))
