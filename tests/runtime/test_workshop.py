"""Variations, ways between pictures, walks, and pictures of the person's own: with real graphs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.runtime import bundle as bundles
from desktop_app.runtime import encoding
from desktop_app.runtime.bundle import Bundle, Picture, Request, open_bundle
from desktop_app.runtime.mixing import Mixture, laid_out
from desktop_app.runtime.origins import (
    Blend,
    Origin,
    Own,
    Spot,
    between,
    from_json,
    in_words,
    spherical,
    to_json,
    variations,
    walk,
)
from desktop_app.runtime.painters import painter
from desktop_app.runtime.records import parse, read_record, read_text
from desktop_app.runtime.sampling import from_uint8, noise, to_uint8
from tests.runtime.small_bundles import QUICK, network, write, write_one_pass


def files(pictures) -> list[bytes]:
    return [picture.png() for picture in sorted(pictures, key=lambda picture: picture.number)]


def in_strokes(folder: Path) -> Path:
    return write(folder, network((3, 8, 8)), shape=(3, 8, 8), sampler=QUICK)


def with_classes(folder: Path) -> Path:
    return write(folder, shape=(3, 8, 8), classes=3, sampler=QUICK)


def in_one_pass(folder: Path) -> Path:
    return write_one_pass(folder, latent=64, classes=2, shape=(3, 8, 8))


def with_encoder(folder: Path, **changes) -> Path:
    return write_one_pass(folder, latent=16, encoder=True, prior=True, shape=(3, 8, 8), **changes)


KINDS = pytest.mark.parametrize("make", [in_strokes, with_classes, in_one_pass, with_encoder])
A, B = Spot(seed=3, index=2), Spot(seed=9, index=5)


# ---------------------------------------------------------------- the noise


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.9, 1.0])
def test_the_noise_on_the_way_keeps_unit_variance(share: float) -> None:
    a, b = noise(0, range(2), (3, 64, 64))
    way = spherical(a, b, share)
    assert way.std() == pytest.approx(1, abs=0.02)
    assert np.corrcoef(way.ravel(), a.ravel())[0, 1] == pytest.approx(np.cos(share * np.pi / 2), abs=0.02)


@given(st.floats(0, 1), st.integers(1, 12))
def test_no_way_leads_to_what_is_not_a_number(share: float, size: int) -> None:
    a = noise(1, [0], (size,))[0]
    for b in (a, -a, a * 0, noise(1, [1], (size,))[0]):
        assert np.isfinite(spherical(a, b, share)).all()
    assert np.allclose(spherical(a, a, share), a, rtol=1e-5)


def test_a_straight_way_would_halve_the_variance() -> None:
    """The reason for the sphere."""
    a, b = noise(0, range(2), (10_000,))
    assert ((a + b) / 2).var() == pytest.approx(0.5, abs=0.05)


# ---------------------------------------------------------------- drawn by every kind of model


@KINDS
def test_a_picture_is_the_same_file_in_whatever_list_and_at_every_batch_size(make, tmp_path: Path, monkeypatch) -> None:
    folder = make(tmp_path / "b")
    series = files(open_bundle(folder).generate(Request(count=7, seed=3)))
    origins: list[Origin] = [*(Spot(seed=3, index=index) for index in range(7)), *between(A, B, 5), *walk([A, B, A], 6)]
    mixed = files(open_bundle(folder).generate(Request.of(origins)))
    assert mixed[:7] == series
    assert mixed[7] == series[2], "the way begins with the picture itself"
    for cores, batch in ((1, 1), (2, 4), (8, 64)):
        monkeypatch.setattr(bundles, "cores", lambda cores=cores: cores)
        opened = open_bundle(folder)
        assert files(opened.generate(Request.of(origins[::-1]), batch=batch)) == mixed[::-1]
        assert files(opened.generate(Request.of(origins[8:9]), batch=batch)) == mixed[8:9]


@KINDS
def test_a_file_says_enough_to_make_it_again(make, tmp_path: Path) -> None:
    opened = open_bundle(make(tmp_path / "b"))
    steps = 5 if opened.manifest.sampler else None
    name = opened.manifest.classes[-1] if opened.manifest.classes else None
    drawn = [*opened.generate(Request(count=2, seed=4, steps=steps, class_name=name))]
    drawn += opened.generate(Request.of([*variations(A, name, count=2, strength=0.4, seed=8), *between(A, B, 3)], steps=steps))
    for picture in drawn:
        again = opened.again(read_record(picture.png()))
        assert np.array_equal(again.array, picture.array)
        assert again.label == picture.label
        assert again.png() == picture.png()


@KINDS
def test_variations_are_near_and_differ(make, tmp_path: Path) -> None:
    opened = open_bundle(make(tmp_path / "b"))
    (original,) = opened.generate(Request.of([A]))

    def distance(strength: float) -> float:
        near = opened.generate(Request.of(variations(A, original.label, count=8, strength=strength, seed=1)))
        return float(np.mean([np.abs(each.array.astype(float) - original.array).mean() for each in near]))

    assert distance(0) == 0
    assert 0 < distance(0.1) < distance(0.4) < distance(1)
    assert len(set(files(opened.generate(Request.of(variations(A, original.label, count=6, strength=0.3, seed=1)))))) == 6


def test_variations_keep_the_class_and_a_way_between_two_classes_changes_it(tmp_path: Path) -> None:
    opened = open_bundle(with_classes(tmp_path / "b"))
    near = opened.generate(Request.of(variations(A, "kind 2", count=5, strength=0.9, seed=1)))
    assert {picture.label for picture in near} == {"kind 2"}
    a, b = (Spot(seed=1, index=1, class_name=f"kind {number}") for number in (0, 2))
    way = sorted(opened.generate(Request.of(between(a, b, 5))), key=lambda picture: picture.number)
    assert [picture.label for picture in way] == ["kind 0"] * 3 + ["kind 2"] * 2
    means = [picture.array.mean() for picture in way]
    assert means == sorted(means), "the class goes over little by little"


def test_a_walk_is_closed_and_its_steps_are_even(tmp_path: Path) -> None:
    opened = open_bundle(in_strokes(tmp_path / "b"))
    way = walk([A, B, Spot(seed=5)], 12)
    assert len(way) == 12 and way[0] == A and way[4] == B and way[8] == Spot(seed=5)
    start = Mixture(opened.manifest, way)
    paint = painter(opened.manifest, opened.network, opened.manifest.sampler)
    points = [start._start(origin, paint).ravel() for origin in way]
    steps = [np.linalg.norm(a - b) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
    assert max(steps) < 1.2 * min(steps)


def test_a_way_arrives_picture_by_picture_and_can_be_cancelled(tmp_path: Path) -> None:
    opened = open_bundle(in_strokes(tmp_path / "b"))
    seen: list[int] = []
    with pytest.raises(Cancelled):
        for picture in opened.generate(Request.of(between(A, B, 60)), cancelled=lambda: len(seen) >= 5):
            seen.append(picture.number)
    assert 5 <= len(seen) < 20


def test_variations_of_variations_go_on_to_a_depth(tmp_path: Path) -> None:
    origin: Origin = A
    for number in range(12):
        (origin,) = variations(origin, None, count=1, strength=0.2, seed=number)
    assert from_json(to_json(origin)) == origin
    with pytest.raises(GensmithError, match="variation of a variation"):
        variations(origin, None, count=1, strength=0.2, seed=99)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: variations(A, None, count=0, strength=0.3, seed=0), "at least one"),
        (lambda: variations(A, None, count=1, strength=1.5, seed=0), "not between 0 and 1"),
        (lambda: between(A, B, 1), "two frames"),
        (lambda: walk([A], 9), "two pictures"),
        (lambda: walk([A, B], 1), "as many frames"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, words: str) -> None:
    with pytest.raises(GensmithError, match=words):
        wrong()


@given(st.lists(st.integers(0, 3), max_size=40))
def test_every_picture_has_its_row_in_as_few_blocks_as_possible(rows: list[int]) -> None:
    blocks = laid_out(rows)
    assert sorted((number, row) for block in blocks for row, number in block.items()) == list(enumerate(rows))
    assert len(blocks) == max((rows.count(row) for row in rows), default=0)


# ---------------------------------------------------------------- pictures of the person's own


@pytest.fixture
def own(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine é.png")
    return tmp_path / "mine é.png"


def test_own_pictures_are_encoded_shown_varied_and_led_into_each_other(tmp_path: Path, own: Path) -> None:
    opened = open_bundle(with_encoder(tmp_path / "b"))
    mine = opened.own(own)
    picture = np.asarray(Image.open(own))
    latent = opened.encode(picture[None])
    assert latent.shape == (1, 16) and np.array_equal(mine.values(), latent[0])
    (seen,) = opened.generate(Request.of([mine]))
    assert np.array_equal(opened.decode(latent)[0], seen.array)
    way = sorted(opened.interpolate(mine, A, 4), key=lambda each: each.number)
    assert np.array_equal(way[0].array, seen.array)
    near = [*opened.generate(Request.of(variations(mine, None, count=3, strength=0.2, seed=0)))]
    for each in [*way, *near]:
        assert opened.again(read_record(each.png())).png() == each.png(), "without the person's file"
    assert opened.decode(np.zeros((0, 16), np.float32)).shape == (0, 8, 8, 3)


def test_encoding_does_not_depend_on_neighbours(tmp_path: Path) -> None:
    opened = open_bundle(with_encoder(tmp_path / "b"))
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    whole = opened.encode(pictures)
    assert all(np.array_equal(opened.encode(pictures[i : i + 1])[0], whole[i]) for i in range(5))


def test_the_class_that_shows_a_picture_best_is_found(tmp_path: Path) -> None:
    opened = open_bundle(with_encoder(tmp_path / "b", classes=3))
    drawn = next(opened.generate(Request(count=1, class_name="kind 1"))).array
    target = drawn.astype(int)
    errors = []
    for name in opened.manifest.classes:
        seen = opened.decode(opened.encode(drawn[None], name), name)[0]
        errors.append(np.square(seen - target).mean())
    drawn_file = tmp_path / "plain.png"
    Image.fromarray(drawn).save(drawn_file)
    assert opened.own(drawn_file).class_name == opened.manifest.classes[int(np.argmin(errors))]
    assert opened.own(drawn_file, "kind 2").class_name == "kind 2"
    with pytest.raises(GensmithError, match="knows no class"):
        opened.own(drawn_file, "ghost")


@pytest.mark.parametrize("make", [in_strokes, with_classes, in_one_pass])
def test_a_model_without_an_encoder_says_why_not(make, tmp_path: Path, own: Path) -> None:
    opened = open_bundle(make(tmp_path / "b"))
    for ask in (lambda: opened.own(own), lambda: opened.origin(own), lambda: opened.decode(np.zeros((1, 4), np.float32))):
        with pytest.raises(GensmithError, match="not look at one"):
            ask()


def test_a_picture_that_the_model_drew_is_taken_from_its_record(tmp_path: Path) -> None:
    opened = open_bundle(with_encoder(tmp_path / "b"))
    other = open_bundle(with_encoder(tmp_path / "c", classes=2))
    (picture,) = opened.generate(Request.of([Blend(a=A, b=B, share=0.25)]))
    path = picture.save(tmp_path / "drawn.png")
    assert opened.origin(path) == picture.origin
    assert isinstance(other.origin(path), Own), "another model has to look at it"
    with pytest.raises(GensmithError, match="another model"):
        other.again(read_record(path))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "LA", "I;16", "1"])
def test_pictures_of_any_kind_are_fitted(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (31, 17)).save(tmp_path / "a.png")
    for shape in ((3, 8, 8), (1, 40, 20)):
        array = encoding.read_picture(tmp_path / "a.png", shape)
        assert array.shape == (*shape[1:], shape[0]) and array.dtype == np.uint8


def test_what_is_no_picture_is_bad_material(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    for path in (tmp_path / "a.png", tmp_path / "none.png"):
        with pytest.raises(GensmithError) as refused:
            open_bundle(with_encoder(tmp_path / "b")).own(path)
        assert refused.value.code in (3, 4)


@given(st.integers(0, 2**32 - 1), st.sampled_from([(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0)]))
def test_pixels_survive_the_way_to_model_values_and_back(seed: int, span: tuple[float, float]) -> None:
    pictures = np.random.default_rng(seed).integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
    assert np.array_equal(to_uint8(from_uint8(pictures, span), span), pictures)


# ---------------------------------------------------------------- records


def record_of(bundle: Bundle) -> dict[str, str]:
    picture: Picture = next(bundle.generate(Request.of([Blend(a=A, b=B, share=0.25)])))
    return read_text(picture.png())


@pytest.mark.parametrize(
    "changes",
    [
        {"Origin": "{}"},
        {"Origin": "[" * 10_000},
        {"Origin": '{"kind":"spot","seed":-1}'},
        {"Origin": '{"kind":"own","name":"x","latent":"!"}'},
        {"Origin": '{"kind":"own","name":"x","latent":"AADAfw=="}'},
        {"Settings": '{"steps":0}'},
        {"Settings": "x"},
    ],
)
def test_a_record_that_was_tampered_with_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    text = record_of(open_bundle(in_strokes(tmp_path / "b")))
    assert parse(text).origin == Blend(a=A, b=B, share=0.25)
    with pytest.raises(GensmithError, match="damaged") as refused:
        parse(text | changes)
    assert refused.value.code == 3


@given(st.dictionaries(st.sampled_from(["Model", "Seed", "Index", "Origin", "Class", "Settings"]), st.text(max_size=80)))
def test_no_text_whatever_is_more_than_refused(text: dict[str, str]) -> None:
    try:
        parse(text)
    except GensmithError as refused:
        assert refused.code == 3


def test_an_origin_from_another_model_is_refused_before_drawing(tmp_path: Path) -> None:
    opened = open_bundle(with_encoder(tmp_path / "b"))
    for origin, words in (
        (Own.of("x", np.zeros(5, np.float32), None), "another model"),
        (Spot(seed=0, class_name="ghost"), "knows no class"),
    ):
        with pytest.raises(GensmithError, match=words):
            opened.generate(Request.of([Blend(a=A, b=origin, share=0.5)]))


def test_origins_in_words() -> None:
    assert in_words(A) == "seed 3, item 2"
    own = Own.of("cat.png", np.zeros(2, np.float32), None)
    assert in_words(Blend(a=own, b=B, share=0.3)) == "30% of the way from (your picture cat.png) to (seed 9, item 5)"
