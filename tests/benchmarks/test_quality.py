"""The comparison's arithmetic on arrays that are made here; nobody learns."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.evaluation import Report, evaluate
from tests.benchmarks import contenders, quality, results
from tests.benchmarks.contenders import CONTENDERS, Contender, Effort
from tests.benchmarks.peers import contest, environment
from tests.benchmarks.results import Result

pytestmark = pytest.mark.torch


def discs(count: int, seed: int, noise: float = 0.0) -> np.ndarray:
    """Discs at chance places, gray, 32 pixels, under noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:32, 0:32]
    centres, radii = rng.uniform(8, 24, (count, 2)), rng.uniform(4, 8, count)
    inside = (x - centres[:, :1, None]) ** 2 + (y - centres[:, 1:, None]) ** 2 < radii[:, None, None] ** 2
    return np.asarray(np.clip(255 * inside + rng.normal(0, noise, inside.shape), 0, 255), np.uint8)[..., None]


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """Ours drew discs, the peer noise."""
    real, aside = discs(200, 0), discs(60, 1)
    drawn = {"gensmith": discs(60, 2, 4.0), "ddpm": discs(60, 3, 300.0)}
    none = np.full(200, -1)
    return {
        name: evaluate(
            training=real, training_labels=none, held_out=aside, held_out_labels=none[:60], generated=pictures,
            generated_labels=none[:60], classes=[], keys=[str(i) for i in range(200)], run=name,
        )
        for name, pictures in drawn.items()
    }  # fmt: skip


def test_ours_is_held_against_the_best_peer(reports: dict[str, Report]) -> None:
    kid, learned, coverage = quality.claims("discs", reports)
    assert kid.holds is True and kid.measured < 0.5
    assert learned.holds is None, "without a judge there are no learned features"
    assert coverage.holds is True and coverage.bar == quality.value(reports["ddpm"], "coverage")


def test_without_peers_nothing_is_claimed_to_hold(reports: dict[str, Report]) -> None:
    assert all(claim.holds is None for claim in quality.claims("discs", {"gensmith": reports["gensmith"]}))
    assert all(claim.holds is None for claim in quality.claims("discs", {"ddpm": reports["ddpm"]}))


def measured(report: Report, coverage: float, kid: float, within: float = 0.1, floor: float = 0.01) -> Report:
    """With these figures in place of its own; ``within`` is half of the distance's interval, ``floor`` its floor."""
    ends = {"value": kid, "low": kid - within, "high": kid + within, "floor": floor}
    changed = {"kid": report.measures["kid"].model_copy(update=ends)}
    changed["coverage"] = report.measures["coverage"].model_copy(update={"value": coverage, "floor": 1.0})
    return report.model_copy(update={"measures": report.measures | changed, "held_out": 180})


@pytest.mark.parametrize(
    ("ours", "peer", "told", "figure", "bar", "holds"),
    [
        (0.15, 0.5, "ours ÷ the best peer's", 0.3, 1.0, True),
        (0.6, 0.5, "ours ÷ the best peer's", 1.2, 1.0, False),
        (0.1, 0.05, "where the best peer is at the floor", 0.0, 0.01, True),
        (0.3, -0.02, "where the best peer is at the floor", 0.2, 0.01, False),
    ],
)
def test_a_peer_at_the_floor_is_not_divided_by(
    reports: dict[str, Report], ours: float, peer: float, told: str, figure: float, bar: float, holds: bool
) -> None:
    found, *_ = quality.claims(
        "discs", {"gensmith": measured(reports["gensmith"], 1.0, ours), "ddpm": measured(reports["ddpm"], 1.0, peer)}
    )
    assert told in found.what and found.holds is holds
    assert (found.measured, found.bar) == (pytest.approx(figure), bar)


@pytest.mark.parametrize(
    ("ours", "peer", "bar", "holds"), [(0.5, 0.4, 0.4, True), (0.4, 0.4, 0.4, True), (0.3, 0.4, 0.4, False),
                                       (0.985, 1.0, 0.979, True), (0.97, 1.0, 0.979, False)],
)  # fmt: skip
def test_coverage_is_the_peers_or_the_floors(
    reports: dict[str, Report], ours: float, peer: float, bar: float, holds: bool
) -> None:
    *_, found = quality.claims(
        "discs", {"gensmith": measured(reports["gensmith"], ours, 1.0), "ddpm": measured(reports["ddpm"], peer, 1.0)}
    )
    assert found.bar == pytest.approx(bar, abs=1e-3) and found.holds is holds
    assert ("floor" in found.what) == (peer == 1.0)


def test_the_table_has_a_row_for_each_and_the_floor(reports: dict[str, Report]) -> None:
    lines = quality.quality_table(reports).splitlines()
    assert len(lines) == 5 and lines[2].startswith(f"| {CONTENDERS['gensmith'].title}") and "floor" in lines[4]


@pytest.mark.parametrize(("mine", "best", "share"), [(1, 2, 0.5), (-0.1, 2, -0.05), (-0.2, -0.1, 0.0), (0.1, 0.0, math.inf)])
def test_a_share_of_a_distance(mine: float, best: float, share: float) -> None:
    assert quality.share(mine, best) == pytest.approx(share)


def test_the_effort_counts_passes() -> None:
    text = quality.effort_table({"ddpm": Effort(300.0, 4800, 2_600_000, 500 * 2**20, 60.0, 500)}, 1600)
    assert "| 16.0 | 3 | 500 MB | 500 in 60 s | 8.33 |" in text


def test_every_kind_of_model_has_ours_and_peers_with_a_program_and_an_environment() -> None:
    for family, names in contenders.USUAL.items():
        usual = [CONTENDERS[name] for name in [*names, *contenders.TUNED[family]]]
        assert {contender.family for contender in usual} == {family}
        assert sum(contender.is_ours and not contender.native for contender in usual) == 1
        assert all((contenders.PEERS / contender.program).is_file() for contender in usual if not contender.is_ours)
        assert family in environment.NEEDS and not {"torch", "numpy"} & set(environment.NEEDS[family].light)


def test_one_kind_on_one_set_can_be_asked_for() -> None:
    options = quality.parser().parse_args(["--family", "gan", "--sets", "digits"])
    assert options.family == ["gan"] and list(quality._sets(options)) == ["digits"]
    assert quality._names(options, "gan") == ["gensmith-gan", "lightweight-gan"]
    chosen = quality.parser().parse_args(["--contenders", "pythae", "gensmith-vae", "ddpm"])
    assert quality._names(chosen, "vae") == ["gensmith-vae", "pythae"] and chosen.family == list(contenders.USUAL)


def test_each_section_replaces_itself_alone(tmp_path: Path) -> None:
    for family in ("vae", "diffusion"):
        for name in ("sprites", "digits"):
            results.keep(Result(f"quality-{family}-{name}", f"{family} {name}", "", [], "Body\n", 1.0), tmp_path)
    results.keep(Result("quality-vae-digits", "vae digits", "Again.", [], "Other\n", 1.0), tmp_path)
    found = results.load(tmp_path)
    wanted = ["diffusion digits", "diffusion sprites", "vae digits", "vae sprites"]
    assert [result.title for result in found] == wanted and found[2].settings == "Again."


def test_pictures_seen_count_the_short_batch_at_the_end_of_an_epoch() -> None:
    assert contest.seen(4, 50, 16) == 50 and contest.seen(6, 50, 16) == 82


def test_trainers_that_read_a_folder_get_the_same_pictures(tmp_path: Path) -> None:
    pictures = discs(3, 0)
    folder = contest.files(pictures, tmp_path)
    assert [np.asarray(Image.open(path)).tolist() for path in sorted(folder.iterdir())] == pictures[..., 0].tolist()


def test_peers_get_no_less_time_than_ours_took() -> None:
    conditions = contenders.Conditions(300.0, 500, 600.0, 2, 0)
    assert quality.as_long_as_ours(conditions, None).seconds == 300
    assert quality.as_long_as_ours(conditions, Effort(310.0, 1, 1, 1, 1.0, 1)).seconds == 310
    assert quality.as_long_as_ours(conditions, Effort(290.0, 1, 1, 1, 1.0, 1)).seconds == 300


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_of_noise_stays_small(tmp_path: Path, channels: int) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (60, 32, 32, channels)).astype(np.uint8)
    quality.save_sheet(pictures, tmp_path / "sheet.png")
    assert 0 < (tmp_path / "sheet.png").stat().st_size <= quality.SHEET_BYTES


def test_small_pictures_come_to_32_pixels_as_the_real_ones_do() -> None:
    small = np.arange(2 * 64, dtype=np.uint8).reshape(2, 8, 8, 1)
    exact = contenders.enlarged(small, 32, exact=True)
    assert exact.shape == (2, 32, 32, 1) and (exact[:, ::4, ::4] == small).all()
    assert contenders.enlarged(small.repeat(3, axis=3), 32, exact=False).shape == (2, 32, 32, 3)


def test_what_was_drawn_under_the_same_conditions_is_not_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def run(contender: Contender, *_: object) -> Effort:
        calls.append(contender.name)
        return Effort(1.0, 2, 3, 4, 5.0, 6)

    monkeypatch.setattr(contenders, "run_peer", run)
    material = contenders.Material("discs", tmp_path / "project", tmp_path / "as-made")
    conditions = contenders.Conditions(1.0, 2, 3.0, 1, 0)
    first = contenders.compete(CONTENDERS["ddpm"], material, conditions)
    assert contenders.compete(CONTENDERS["ddpm"], material, conditions) == first and calls == ["ddpm"]
    contenders.compete(CONTENDERS["ddpm"], material, contenders.Conditions(9.0, 2, 3.0, 1, 0))
    assert calls == ["ddpm", "ddpm"]


def test_the_clock_of_the_engine_can_stand_still() -> None:
    from tests.benchmarks.engine_overhead import Clock

    clock = Clock()
    clock.stop()
    stood = clock.perf_counter()
    assert clock.perf_counter() == stood
    clock.go()
    assert clock.perf_counter() > stood


def test_the_overhead_leaves_previews_out() -> None:
    from tests.benchmarks.engine_overhead import Tally, claims

    tally = Tally(engine=[1.0, 1.2], bare=[1.0, 1.0], previews=[0.0, 0.2], steps=10)
    tally.parts["show"] = 0.2
    assert tally.overhead == pytest.approx(1.0)
    loop, previews = claims(tally, {})
    assert loop.holds is True and previews.measured == pytest.approx(100 * 0.2 / 2.2) and previews.holds is False


def test_the_peers_cosine_begins_at_nothing_and_ends_there() -> None:
    factor = contest.warm_up_and_cosine
    assert factor(0.0) == 0 and factor(0.05) == pytest.approx(1) and factor(1.0) == pytest.approx(0)
