"""Writing, packing, opening, describing and generating, with real graphs."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.runtime import bundle as bundles
from desktop_app.runtime import drawing
from desktop_app.runtime.bundle import Request, describe, open_bundle, pack, write_bundle
from desktop_app.runtime.manifest import CONTACT_SHEET, MANIFEST, Metric, Parity
from desktop_app.runtime.painters import InStrokes, Network, ports
from desktop_app.runtime.sampling import Sampler
from tests.runtime.small_bundles import MEAN, QUICK, SPREAD, gaussian, manifest, network, write, write_one_pass


def arrays(pictures) -> np.ndarray:
    return np.stack([picture.array for picture in pictures])


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A bundle of a random network of 16 pixels in colour."""
    return write(tmp_path / "real", network(), shape=(3, 16, 16), sampler=QUICK)


def test_it_comes_back_from_folder_and_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder", classes=3, licence="CC BY 4.0", training_items=812)
    packed = pack(folder, tmp_path / "model")
    assert packed.name == "model.gensmith"
    from_folder, from_file = open_bundle(folder), open_bundle(packed)
    assert from_folder.manifest == from_file.manifest
    assert from_folder.manifest.classes == ["kind 0", "kind 1", "kind 2"]
    request = Request(count=5, seed=3)
    assert np.array_equal(arrays(from_folder.generate(request)), arrays(from_file.generate(request)))
    assert from_file.size == sum(path.stat().st_size for path in folder.iterdir() if path.name != MANIFEST)


def test_packing_is_reproducible_and_readable_elsewhere(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder")
    first, second = pack(folder, tmp_path / "a.gensmith"), pack(folder, tmp_path / "b.gensmith")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["README.md", "bundle.json", "denoiser.onnx"]
        assert json.loads(archive.read("bundle.json"))["format_version"] == 1


def test_the_samples_follow_the_model(tmp_path: Path) -> None:
    drawn = arrays(open_bundle(write(tmp_path / "b")).generate(Request(count=300, steps=30))) / 127.5 - 1
    inside = np.abs(drawn) < 0.99  # 8 bits clip the tails
    assert inside.mean() > 0.9
    assert np.median(drawn) == pytest.approx(MEAN, abs=0.02)
    low, high = np.quantile(drawn, [0.1587, 0.5])
    assert high - low == pytest.approx(SPREAD, abs=0.02)


def test_a_picture_is_the_same_at_every_batch_size_count_start_and_number_of_cores(real: Path, monkeypatch) -> None:
    whole = arrays(open_bundle(real).generate(Request(count=13, seed=5)))
    for cores in (1, 2, 3, 8):
        monkeypatch.setattr(bundles, "cores", lambda cores=cores: cores)
        opened = open_bundle(real)
        for batch in (1, 4, 9, 64):
            assert np.array_equal(arrays(opened.generate(Request(count=13, seed=5), batch=batch)), whole)
        for start, count in ((0, 1), (3, 1), (5, 6), (12, 1)):
            part = arrays(opened.generate(Request(count=count, seed=5, start=start)))
            assert np.array_equal(part, whole[start : start + count])


def test_not_even_the_last_bit_depends_on_neighbours_or_threads() -> None:
    content, shape = network().SerializeToString(), (3, 16, 16)

    def drawn(start: int, count: int, workers: int, threads: int, together: int = 1) -> np.ndarray:
        denoise = Network(content, "m", ports(manifest(shape))["denoiser"], threads)
        plan = drawing.Plan(1, start, count, 0, lambda _: -1)
        return np.stack([x for _, x in drawing.draw(InStrokes(shape, QUICK, denoise), plan, drawing.Hands(workers, together))])

    whole = drawn(0, 12, 1, 1)
    for start, count, *hands in ((0, 12, 3, 1), (0, 9, 1, 2), (3, 1, 1, 4), (4, 5, 2, 3), (0, 12, 2, 1, 2), (1, 11, 1, 2, 3)):
        assert np.array_equal(drawn(start, count, *hands), whole[start : start + count])


def test_blocks_are_always_full_and_in_place() -> None:
    """What makes the test above hold on every processor: the network sees nothing but whole blocks."""
    seen = []

    def denoise(x, sigma, labels):
        seen.append((x.shape, labels.argmax(axis=1).tolist()))
        return x * 0

    plan = drawing.Plan(0, 3, 4, 5, lambda index: index % 5)
    assert [index for index, _ in drawing.draw(InStrokes((1, 2, 2), QUICK, denoise), plan, drawing.Hands(1))] == [3, 4, 5, 6]
    assert {shape for shape, _ in seen} == {(drawing.BLOCK, 1, 2, 2)}
    assert [labels for _, labels in seen[:: QUICK.steps]] == [[0, 1, 2, 3], [4, 0, 1, 2]]
    seen.clear()
    assert [index for index, _ in drawing.draw(InStrokes((1, 2, 2), QUICK, denoise), plan, drawing.Hands(1, 2))] == [3, 4, 5, 6]
    assert [labels for _, labels in seen[:: QUICK.steps]] == [[0, 1, 2, 3, 4, 0, 1, 2]]


@pytest.mark.parametrize(
    ("blocks", "cores", "batch", "side", "workers", "together"),
    [
        (1, 2, 32, 32, 1, 1),
        (2, 2, 32, 32, 2, 1),  # nobody stands idle
        (4, 2, 32, 32, 2, 2),
        (16, 2, 32, 32, 2, 4),
        (10, 2, 32, 32, 2, 3),  # as much for every worker
        (16, 2, 16, 32, 2, 2),  # no more at once than the caller wants
        (16, 16, 32, 32, 8, 1),
        (16, 2, 32, 64, 2, 2),
        (16, 2, 32, 256, 2, 1),  # large pictures gain nothing by it
        (3, 2, 1, 32, 1, 1),
    ],
)
def test_small_pictures_are_drawn_in_larger_shares_and_every_worker_has_one(
    blocks: int, cores: int, batch: int, side: int, workers: int, together: int
) -> None:
    hands = drawing.Hands.share(blocks, cores=cores, batch=batch, values=3 * side**2)
    assert hands == drawing.Hands(workers, together)


def test_progress_counts_every_stroke_of_every_block(real: Path, monkeypatch) -> None:
    monkeypatch.setattr(bundles, "cores", lambda: 1)
    told: list[tuple[int, int]] = []
    list(open_bundle(real).generate(Request(count=10, steps=3), progress=lambda done, total: told.append((done, total))))
    assert told[-1] == (9, 9)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_seeds_and_indices_differ(real: Path) -> None:
    opened = open_bundle(real)
    drawn = arrays([*opened.generate(Request(count=4, seed=0)), *opened.generate(Request(count=4, seed=1))])
    assert len({picture.tobytes() for picture in drawn}) == 8


def test_classes_come_in_turn_or_as_asked(tmp_path: Path) -> None:
    opened = open_bundle(write(tmp_path / "b", classes=3))
    in_turn = list(opened.generate(Request(count=5, start=1)))
    assert [(picture.index, picture.label) for picture in in_turn] == [
        (1, "kind 1"), (2, "kind 2"), (3, "kind 0"), (4, "kind 1"), (5, "kind 2")
    ]  # fmt: skip
    same = list(opened.generate(Request(count=3, class_name="kind 2")))
    assert {picture.label for picture in same} == {"kind 2"}
    bright, dark = (arrays(opened.generate(Request(count=60, class_name=f"kind {n}"))).mean() for n in (2, 0))
    assert bright - dark == pytest.approx(0.2 * 127.5, abs=4)


def test_steps_and_guidance_replace_those_of_the_bundle(tmp_path: Path, monkeypatch) -> None:
    opened = open_bundle(write(tmp_path / "b", classes=2, sampler=QUICK))
    calls = []
    run = Network.__call__
    monkeypatch.setattr(Network, "__call__", lambda *args: calls.append(1) or run(*args))
    for request, expected in ((Request(1), 8), (Request(1, steps=3), 3), (Request(1, guidance=2.0, steps=5), 10)):
        calls.clear()
        (picture,) = opened.generate(request)
        assert len(calls) == expected
    assert json.loads(picture.record["Settings"])["guidance"] == 2.0


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(0), "at least one"),
        (Request(1, start=-1), "at least one"),
        (Request(1, class_name="ghost"), "ghost"),
        (Request(1, steps=0), "steps"),
        (Request(1, guidance=float("nan")), "guidance"),
    ],
)
def test_impossible_requests_are_refused_at_once(tmp_path: Path, request_, words) -> None:
    opened = open_bundle(write(tmp_path / "b", classes=2))
    with pytest.raises(GensmithError, match=words):
        opened.generate(request_)


def test_the_class_of_a_model_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GensmithError, match="knows no class"):
        open_bundle(write(tmp_path / "b")).generate(Request(1, class_name="cat"))


def test_progress_goes_to_the_end_in_the_callers_thread(real: Path) -> None:
    seen = []
    list(open_bundle(real).generate(Request(count=10), progress=lambda done, total: seen.append((done, total))))
    assert seen[-1] == (3 * 8, 3 * 8)
    assert seen == sorted(seen)


def test_cancelling_ends_it_and_leaves_no_thread(real: Path) -> None:
    drawn, asked = [], []
    with pytest.raises(Cancelled):
        for picture in open_bundle(real).generate(Request(count=10_000), cancelled=lambda: asked.append(1) or len(asked) > 5):
            drawn.append(picture)
    assert len(drawn) < 100


def test_a_reader_may_stop_reading(real: Path) -> None:
    pictures = open_bundle(real).generate(Request(count=1_000_000_000))
    assert next(pictures).index == 0
    pictures.close()


def test_pictures_say_where_they_come_from(tmp_path: Path) -> None:
    opened = open_bundle(write(tmp_path / "b", classes=2, name="Drôle 猫"))
    (picture,) = opened.generate(Request(1, seed=9, start=3))
    image = Image.open(picture.save(tmp_path / "é 猫.png"))
    assert (image.mode, image.size) == ("L", (8, 8))
    assert np.array_equal(np.asarray(image), picture.array[..., 0])
    assert {key: image.text[key] for key in ("Software", "Model", "Seed", "Index", "Class")} == {
        "Software": "Gensmith", "Model": "Drôle 猫", "Seed": "9", "Index": "3", "Class": "kind 1"
    }  # fmt: skip


def test_an_existing_bundle_is_replaced_whole(tmp_path: Path) -> None:
    folder = write(tmp_path / "b", name="Old")
    (folder / "left.txt").write_text("left")
    write(folder, name="New")
    assert open_bundle(folder).manifest.name == "New"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


def test_what_cannot_be_opened_is_not_written(tmp_path: Path) -> None:
    graph = gaussian().SerializeToString()
    with pytest.raises(ValueError, match="cannot hold"):
        write_bundle(tmp_path / "b", manifest(), {"denoiser.onnx": graph, "run.py": b""})
    with pytest.raises(ValueError, match=r"denoiser\.onnx"):
        write_bundle(tmp_path / "b", manifest(), {"other.onnx": graph})
    with pytest.raises(GensmithError, match="x in another shape"):
        write_bundle(tmp_path / "b", manifest((3, 8, 8)), {"denoiser.onnx": graph})
    assert list(tmp_path.iterdir()) == []


def test_the_card_says_what_matters(tmp_path: Path) -> None:
    sheet = io.BytesIO()
    Image.new("RGB", (4, 4)).save(sheet, "PNG")
    described = manifest(
        classes=25, name="My [sprites]", licence="CC BY 4.0, <b>drawn</b> by us.", training_items=1490,
        metrics={
            "kid": Metric(value=0.1234, floor=0.011, title="Distance (KID)", better="lower"), "accuracy": Metric(value=0.9),
        },
        parity=Parity(batch_sizes=[1, 2, 5], max_abs_error=2.4e-5),
    )  # fmt: skip
    files = {"denoiser.onnx": gaussian(classes=25).SerializeToString(), CONTACT_SHEET: sheet.getvalue()}
    write_bundle(tmp_path / "b", described, files)
    opened = open_bundle(tmp_path / "b")
    card = opened.card
    assert opened.contact_sheet == sheet.getvalue()
    for words in (
        r"# My \[sprites\]", "gray pictures of 8 × 8 pixels", "1,490 pictures", r"CC BY 4.0, \<b\>drawn\</b\> by us.",
        "| Distance (KID) | 0.123 | lower | 0.011 |", "| accuracy | 0.9 | higher | not measured |", "kind 19 and 5 more",
        f"({CONTACT_SHEET})", "--count 16", "--class", "at most 2e-05", "25 kinds",
    ):  # fmt: skip
        assert words in card


def test_the_card_is_honest_about_what_is_not_known(tmp_path: Path) -> None:
    card = open_bundle(write(tmp_path / "b")).card
    for words in ("not stated", "Not measured", "How many is not known"):
        assert words in card
    assert "contact_sheet" not in card


def test_a_later_measurement_is_written_into_bundle_and_card(tmp_path: Path) -> None:
    folder = write(tmp_path / "b")
    before = open_bundle(folder)
    describe(folder, metrics={"recall": Metric(value=0.5, floor=0.9, title="Recall")}, name="Renamed")
    after = open_bundle(folder)
    assert after.manifest.metrics["recall"].value == 0.5
    assert "| Recall | 0.5 | higher | 0.9 |" in after.card
    assert after.card.startswith("# Renamed")
    assert after.manifest.created == before.manifest.created
    assert np.array_equal(arrays(before.generate(Request(2))), arrays(after.generate(Request(2))))


def test_a_model_that_returns_nonsense_is_said(tmp_path: Path) -> None:
    graph = gaussian()
    next(weight for weight in graph.graph.initializer if weight.name == "mean").raw_data = np.float32("nan").tobytes()
    with pytest.raises(GensmithError, match="not a picture"):
        next(open_bundle(write(tmp_path / "b", graph)).generate(Request(1)))


# ---------------------------------------------------------------- models that draw in one pass


def test_a_generator_draws_in_one_pass_whatever_the_batch(tmp_path: Path) -> None:
    opened = open_bundle(write_one_pass(tmp_path / "b", classes=2))
    whole = arrays(opened.generate(Request(count=9, seed=3)))
    assert len({picture.tobytes() for picture in whole}) == 9
    for batch in (1, 4, 64):
        assert np.array_equal(arrays(opened.generate(Request(count=9, seed=3), batch=batch)), whole)
    assert np.array_equal(arrays(opened.generate(Request(count=2, seed=3, start=4))), whole[4:6])


@pytest.mark.parametrize("request_", [Request(1, steps=4), Request(1, guidance=2.0)])
def test_a_generator_knows_no_strokes(tmp_path: Path, request_: Request) -> None:
    with pytest.raises(GensmithError, match="one pass"):
        open_bundle(write_one_pass(tmp_path / "b")).generate(request_)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"graphs": {"denoiser": "a.onnx", "generator": "b.onnx"}}, "neither a denoiser nor a generator"),
        ({"graphs": {"encoder": "a.onnx"}}, "neither a denoiser nor a generator"),
        ({"graphs": {"generator": "a.onnx"}, "noise": 0, "latent": 0}, "how many numbers"),
        ({"graphs": {"generator": "a.onnx"}, "noise": 7, "latent": 6}, "without a prior"),
        ({"graphs": {"generator": "a.onnx", "decoder": "b.onnx"}, "noise": 6, "latent": 6}, "belong together"),
        ({"noise": 6}, "a denoiser needs a sampler"),
        ({"graphs": {"denoiser": "a.onnx", "structure": "b.onnx"}}, "belong together"),
        ({"sampler": Sampler(handover=2.0)}, "belong together"),
        ({"latent_shape": (4, 2, 2)}, "belong together"),
    ],
)
def test_a_manifest_whose_parts_do_not_fit_is_refused(changes: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        manifest(**changes)


def test_a_generator_that_takes_other_numbers_than_it_says_is_refused(tmp_path: Path) -> None:
    folder = write_one_pass(tmp_path / "b", latent=6)
    content = (folder / "generator.onnx").read_bytes()
    said = open_bundle(folder).manifest.model_copy(update={"noise": 5, "latent": 5, "files": {}})
    with pytest.raises(GensmithError, match="z in another shape"):
        write_bundle(tmp_path / "c", said, {"generator.onnx": content})
