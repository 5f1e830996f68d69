"""A variant is made, proven beside its original, and refused where it does not hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.engine import likeness, variants
from desktop_app.engine.likeness import Material
from desktop_app.engine.variants import Refused, make, refuse
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.runtime.archive import read_bundle
from desktop_app.runtime.bundle import Request, open_bundle
from desktop_app.runtime.records import fingerprint
from desktop_app.runtime.variants import BESIDE, Dial, Variant
from tests.engine.wide_bundles import write_wide
from tests.runtime.small_bundles import write_one_pass


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness.drawn, "__kwdefaults__", {"count": 64, "seconds": 30.0})


def silent(fraction: float, message: str) -> None:
    """Nobody listens."""


def variant(**values: object) -> Variant:
    sound: dict[str, object] = {
        "kind": "int8", "of": "x", "seed": 0, "count": 64, "mean_difference": 0.5, "max_difference": 9, "bytes_before": 300,
        "bytes_after": 100, "speed": 2.0, "processors": 2,
    }  # fmt: skip
    return Variant.model_validate(sound | values)


def kid(before: float, after: float, low: float, high: float) -> dict[str, Dial]:
    return {"kid": Dial(title="Distance (KID)", better="lower", before=before, after=after, low=low, high=high)}


@pytest.mark.parametrize("kind", ["fp16", "int8"])
def test_a_variant_says_how_it_compares_and_draws(kind, tmp_path: Path):
    source = write_wide(tmp_path / "model")
    target = tmp_path / "model.gensmith"
    told: list[float] = []
    made = make(source, kind, target, None, lambda fraction, message: told.append(fraction))
    assert told == sorted(told) and told[-1] == 1.0
    opened, original = open_bundle(target), open_bundle(source)
    assert opened.manifest == made and made.variant is not None
    assert made.variant.of == fingerprint(original.manifest) != fingerprint(made)
    assert made.variant.smaller > (1.8 if kind == "fp16" else 2.2)
    pictures = [
        np.stack([picture.array for picture in model.generate(Request(count=64, seed=likeness.SEED))]).astype(int)
        for model in (original, opened)
    ]
    apart = np.abs(pictures[0] - pictures[1])
    assert made.variant.mean_difference == pytest.approx(apart.mean())
    assert made.variant.max_difference == apart.max()
    assert made.variant.count == 64 and made.variant.dials == {}
    assert BESIDE in made.files and "smaller variant" in opened.card


def test_with_pictures_the_dials_are_told_before_and_after(tmp_path: Path):
    source = write_wide(tmp_path / "model")
    drawn = np.stack([picture.array for picture in open_bundle(source).generate(Request(count=160, seed=5))])
    labels = np.full(len(drawn), -1)
    keys = [str(number) for number in range(100)]
    material = Material(drawn[:100], labels[:100], drawn[100:], labels[100:], keys, None)
    made = make(source, "int8", tmp_path / "small.gensmith", material, silent)
    assert made.variant is not None
    change = made.variant.dials["kid"]
    assert change.low is not None and change.high is not None
    assert change.low <= change.after - change.before <= change.high
    assert {"precision", "recall", "diversity", "naturalness"} <= set(made.variant.dials)
    assert made.metrics["kid"].value == change.after, "the card tells of the variant"


def test_what_differs_too_much_is_refused_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(variants.MOST_APART, "int8", 0.001)
    with pytest.raises(Refused, match=r"other pictures from the same seeds.*Nothing was written"):
        make(write_wide(tmp_path / "model"), "int8", tmp_path / "small.gensmith", None, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_limits():
    refuse(variant())
    refuse(variant(dials=kid(0.05, 0.055, 0.001, 0.009)))  # by 10 %
    refuse(variant(dials=kid(0.05, 0.08, -0.01, 0.07)))  # by more, but it may be chance
    with pytest.raises(Refused, match=r"rises from 0.05 to 0.08, by 60%"):
        refuse(variant(dials=kid(0.05, 0.08, 0.01, 0.05)))
    with pytest.raises(Refused, match=r"6\.5 of 255 levels"):
        refuse(variant(mean_difference=6.5))
    with pytest.raises(Refused, match=r"2\.5 of 255 levels"):
        refuse(variant(kind="fp16", mean_difference=2.5))
    with pytest.raises(Refused, match="hardly become smaller"):
        refuse(variant(bytes_after=290))


def test_a_model_without_convolutions_is_refused_8_bits(tmp_path: Path):
    source = write_one_pass(tmp_path / "model")
    with pytest.raises(Refused, match="no convolutions"):
        make(source, "int8", tmp_path / "small.gensmith", None, silent)


def test_a_prior_keeps_its_digits(tmp_path: Path):
    """Rounded it would choose another latent for some seeds, and draw another picture."""
    source = write_one_pass(tmp_path / "model", latent=32, prior=True)
    make(source, "fp16", tmp_path / "small.gensmith", None, silent)
    files = read_bundle(tmp_path / "small.gensmith")[1]
    assert files["prior.onnx"] == (source / "prior.onnx").read_bytes()
    assert len(files["generator.onnx"]) < 0.7 * (source / "generator.onnx").stat().st_size


def test_a_variant_of_a_variant_is_none(tmp_path: Path):
    make(write_wide(tmp_path / "model"), "fp16", tmp_path / "half.gensmith", None, silent)
    with pytest.raises(GensmithError, match="smaller already"):
        make(tmp_path / "half.gensmith", "int8", tmp_path / "small.gensmith", None, silent)


@pytest.mark.parametrize("when", [0.05, 0.3, 0.5, 0.97])
def test_cancelled_at_any_moment_it_leaves_nothing(when: float, tmp_path: Path):
    def tell(fraction: float, message: str) -> None:
        if fraction >= when:
            raise Cancelled

    with pytest.raises(Cancelled):
        make(write_wide(tmp_path / "model"), "int8", tmp_path / "small.gensmith", None, tell)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
