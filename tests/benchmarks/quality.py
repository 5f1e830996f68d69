"""Quality at equal time and equal data: Gensmith beside the peers that a person would pick instead.

    python -m tests.benchmarks.quality [--family diffusion gan vae] [--sets digits sprites] [--seconds 300] [--tuned]

Each kind of model on each set is a section of the report, which can be made alone. Every contender learns from the same
pictures of 32 pixels with the same ones kept aside, on the same processors with the same number of threads, one after the
other, for the same time by the clock; then it draws, and what it drew goes through `desktop_app.evaluation`. The peers get
Python environments of their own in the person's cache.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from desktop_app.engine.families import get
from desktop_app.evaluation import Judge, Report, evaluate
from desktop_app.evaluation.intervals import proportion
from desktop_app.evaluation.report import Measure
from desktop_app.project.store import Project
from desktop_app.runtime.pictures import contact_sheet
from tests.benchmarks import results
from tests.benchmarks.contenders import (
    CONTENDERS,
    SIDE,
    TUNED,
    USUAL,
    Conditions,
    Contender,
    Effort,
    Material,
    compete,
    drawn_by,
    gather,
    lineup,
)
from tests.benchmarks.measuring import as_the_engine, use_processors
from tests.benchmarks.results import Claim, Result, conclude, number, table

T = TypeVar("T")
MEASURES = {
    "kid": "KID, random features",
    "kid_learned": "KID, learned features",
    "frechet": "Fréchet, random",
    "frechet_learned": "Fréchet, learned",
    "coverage": "coverage",
    "recall": "recall",
    "precision": "precision",
}
SHEET_BYTES = 150_000
FEWEST = 20
"""Pictures that a contender must have drawn to be measured."""


def main(words: list[str] | None = None) -> int:
    """Run the comparison."""
    options = parser().parse_args(words)
    if options.quick:
        options.seconds, options.count, options.draw_cap, options.strokes = 15.0, 50, 15.0, 4
    cores = use_processors(options.cores)
    conditions = Conditions(options.seconds, options.count, options.draw_cap, cores, options.seed, options.strokes)
    codes = [0]
    with _workplace(options.work) as work:
        for family in options.family:
            for name, pictures in _sets(options).items():
                result = compared(family, gather(name, pictures, work), _names(options, family), conditions, _sheets(options))
                codes.append(conclude(result, options.out, quick=options.quick))
    return max(codes)


def _names(options: argparse.Namespace, family: str) -> list[str]:
    """Who takes part, ours first: the peers' time follows from ours."""
    wanted = options.contenders or [*USUAL[family], *(TUNED[family] if options.tuned else ())]
    return sorted((name for name in wanted if CONTENDERS[name].family == family), key=lambda name: not CONTENDERS[name].is_ours)


def _sets(options: argparse.Namespace) -> dict[str, Path | None]:
    icons = {"icons": options.icons.absolute()} if options.icons else {}
    return dict.fromkeys(options.sets) | icons


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality", description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--family", nargs="+", default=list(USUAL), choices=list(USUAL), help="kinds of model, usually all")
    made.add_argument("--seconds", type=float, default=300, help="time to learn for each contender")
    made.add_argument("--sets", nargs="*", default=["digits", "sprites"], choices=["digits", "sprites"])
    made.add_argument("--icons", type=Path, help="a folder of a thousand pictures or so, as a third set")
    made.add_argument("--contenders", nargs="+", choices=list(CONTENDERS), help="usually all but the tuned ones")
    made.add_argument("--tuned", action="store_true", help="the peers a second time, with other settings")
    made.add_argument("--count", type=int, default=500, help="pictures to draw")
    made.add_argument("--draw-cap", type=float, default=600, help="seconds after which drawing ends; not part of the time")
    made.add_argument("--strokes", type=int, default=50, help="steps of the diffusion peers' samplers")
    made.add_argument("--cores", type=int, default=2, help="processors that all of them are kept to")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--work", type=Path, help="keep what was trained here; a second call goes on from it")
    made.add_argument("--quick", action="store_true", help="15 seconds each: does it all run?")
    results.add_out(made)
    return made


@contextlib.contextmanager
def _workplace(kept: Path | None) -> Iterator[Path]:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="gensmith-quality-") as folder:
        yield Path(folder)


def _sheets(options: argparse.Namespace) -> Path | None:
    if options.out:
        return Path(options.out) / "sheets"
    return None if options.quick else results.FOLDER / "sheets"


SQUARES = " They are enlarged pixel art, of which Gensmith learns one value of each square and the others every pixel."


def _how(conditions: Conditions) -> str:
    return (
        f"{conditions.seconds:.0f} seconds of learning each on {conditions.threads} processors, one after the other; "
        f"up to {conditions.count} pictures drawn by each, of which all are compared on as many as the slowest drew "
        f"(within {conditions.draw_cap:.0f} seconds); pictures of {SIDE} pixels."
    )


# ---------------------------------------------------------------- one set


def compared(family: str, material: Material, names: list[str], conditions: Conditions, sheets: Path | None) -> Result:
    """One section: a kind of model on a set."""
    start = time.perf_counter()
    found, body = compare(material, list(lineup(names)), conditions, sheets)
    title = f"{get(family).title}: {material.name}, at equal time and equal data"
    how = _how(conditions) + (SQUARES if material.name in ("digits", "sprites") else "")
    return Result(f"quality-{family}-{material.name}", title, how, found, body, time.perf_counter() - start)


def compare(
    material: Material, contenders: list[Contender], conditions: Conditions, sheets: Path | None
) -> tuple[list[Claim], str]:
    """Run all contenders on a set and measure them together."""
    efforts: dict[str, Effort] = {}
    failures: list[str] = []
    for contender in contenders:
        print(f"{material.name}: {contender.title} …", flush=True)
        try:
            same = conditions if contender.is_ours else as_long_as_ours(conditions, ours_of(efforts))
            efforts[contender.name] = compete(contender, material, same)
        except Exception:  # the others still count; the promise that needs this one is then not measured
            failures.append(f"**{contender.title} failed.**\n\n```\n{traceback.format_exc()[-1500:]}\n```\n")
            print(failures[-1], file=sys.stderr)
    reports = measure(material, [CONTENDERS[name] for name in efforts], conditions)
    pictures = show(material, [CONTENDERS[name] for name in efforts], sheets) if sheets else ""
    count = len(material.training())
    body = "\n".join([quality_table(reports), effort_table(efforts, count), *failures, pictures])
    return claims(material.name, reports), body


def ours_of(by_name: Mapping[str, T]) -> T | None:
    """What belongs to Gensmith under the peers' conditions."""
    return next((found for name, found in by_name.items() if CONTENDERS[name].is_ours and not CONTENDERS[name].native), None)


def as_long_as_ours(conditions: Conditions, ours: Effort | None) -> Conditions:
    """Peers get no less time than ours took, which opens the data and fits a start to it before its time is counted."""
    return conditions if ours is None else replace(conditions, seconds=max(conditions.seconds, ours.seconds))


def measure(material: Material, contenders: list[Contender], conditions: Conditions) -> dict[str, Report]:
    """The measures of each, all on the same number of pictures."""
    drawn = {contender.name: drawn_by(contender, material) for contender in contenders}
    enough = {name: pair for name, pair in drawn.items() if len(pair[0]) >= FEWEST}
    judge = _judge(material, conditions.threads)
    encoded = material.encoded()
    aside, items, labels = np.asarray(encoded.held_out), np.asarray(encoded.items), np.asarray(encoded.labels)
    keys = [key for key, kept in zip(encoded.keys, aside, strict=True) if not kept]
    fewest = min((len(pictures) for pictures, _ in enough.values()), default=0)
    return {
        name: evaluate(
            training=items[~aside], training_labels=labels[~aside],
            held_out=items[aside], held_out_labels=labels[aside],
            generated=pictures[:fewest], generated_labels=asked[:fewest],
            classes=encoded.classes, keys=keys, run=name, judge=judge,
        )
        for name, (pictures, asked) in enough.items()
    }  # fmt: skip


def _judge(material: Material, threads: int) -> Judge:
    """The engine's judge of these pictures: a classifier where they have classes."""
    import torch

    from desktop_app.engine.batches import Dataset
    from desktop_app.engine.judge import train_judge

    torch.set_num_threads(threads)
    with Project.open(material.project, read_only=True) as project:
        assert project.encoded_folder is not None
        kept = project.folder / "judge.onnx"
        if not kept.is_file():
            classes = len(material.encoded().classes) >= 2
            kept.write_bytes(train_judge(Dataset.load(project.encoded_folder, conditioned=classes, device=torch.device("cpu"))))
    return Judge(kept)


# ---------------------------------------------------------------- telling


def value(report: Report | None, key: str) -> float:
    """A measure's value; not a number where it was not measured."""
    found = report.measures.get(key) if report else None
    return math.nan if found is None or found.value is None else found.value


def claims(set_name: str, reports: Mapping[str, Report]) -> list[Claim]:
    """What the peers' best figures are held against."""
    ours, what = ours_of(reports), f"{_kind(reports)}, {set_name}"
    peers = [report for name, report in reports.items() if not CONTENDERS[name].is_ours]
    distances = [_closer(f"{what}: {MEASURES[key]}", key, ours, peers) for key in ("kid", "kid_learned")]
    return [*distances, _covers(f"{what}: coverage", ours, peers)]


def _closer(what: str, key: str, ours: Report | None, peers: list[Report]) -> Claim:
    """A share of the best peer's distance; where that is the floor's, which nothing can halve, to be at the floor too."""
    best = min(peers, key=lambda report: _or(value(report, key), math.inf), default=None)
    floor = _floor(best, key)
    if _lower_end(best, key) <= floor:
        told = f"{what}, where the best peer is at the floor: the lower end of ours, against the floor"
        return Claim(told, _lower_end(ours, key), floor, inclusive=True)
    return Claim(f"{what}, ours ÷ the best peer's", share(value(ours, key), value(best, key)), 1.0)


def _covers(what: str, ours: Report | None, peers: list[Report]) -> Claim:
    """No less than the best peer's; where that is the floor's, no less than the floor by more than chance."""
    best = max((value(report, "coverage") for report in peers), default=math.nan)
    floor = _floor(ours, "coverage")
    lowest = math.nan if ours is None or math.isnan(floor) else proportion(round(floor * ours.held_out), ours.held_out).low
    if best > lowest:
        told = f"{what}, where the best peer is at the floor: against the floor's lower end"
        return Claim(told, value(ours, "coverage"), lowest, "higher", inclusive=True)
    return Claim(f"{what}, against the best peer's", value(ours, "coverage"), best, "higher", inclusive=True)


def _or(number: float, other: float) -> float:
    return other if math.isnan(number) else number


def _floor(report: Report | None, key: str) -> float:
    """What real pictures reach; not a number where it was not measured."""
    found = report.measures.get(key) if report else None
    return math.nan if found is None or found.floor is None else found.floor


def _lower_end(report: Report | None, key: str) -> float:
    """Lower end of a measure's interval; not a number where it was not measured."""
    found = report.measures.get(key) if report else None
    return math.nan if found is None or found.low is None else found.low


def _kind(reports: Mapping[str, Report]) -> str:
    """The kind of model that the reports are of, in words."""
    return get(next((CONTENDERS[name].family for name in reports), "diffusion")).title


def share(mine: float, best: float) -> float:
    """Ours as a share of theirs. A distance at or below 0 means that nothing is left to tell the sets apart."""
    if math.isnan(mine) or math.isnan(best):
        return math.nan
    return mine / best if best > 0 else (0.0 if mine < best else math.inf)


def quality_table(reports: Mapping[str, Report]) -> str:
    """A row for each contender, and the floor."""
    rows = [
        [CONTENDERS[name].title, *(_cell(report.measures.get(key)) for key in MEASURES)] for name, report in reports.items()
    ]
    first = next(iter(reports.values()), None)
    if first:
        floors = [first.measures[key].floor if key in first.measures else None for key in MEASURES]
        rows.append(["*real training pictures (floor)*", *("–" if floor is None else number(floor) for floor in floors)])
    return table(["Drawn by", *MEASURES.values()], rows)


def _cell(measure: Measure | None) -> str:
    if measure is None or measure.value is None:
        return "–"
    if measure.low is None or measure.high is None:
        return number(measure.value)
    return f"{number(measure.value)} ({number(measure.low)} … {number(measure.high)})"


def effort_table(efforts: Mapping[str, Effort], count: int) -> str:
    """What each did in its time."""
    rows = [
        [
            CONTENDERS[name].title,
            f"{effort.size}",
            f"{effort.weights / 1e6:.1f} M",
            f"{effort.seconds:.0f} s",
            number(effort.pictures / effort.seconds),
            f"{effort.pictures / count:.0f}",
            f"{effort.memory / 2**20:,.0f} MB",
            f"{effort.drawn} in {effort.draw_seconds:.0f} s",
            number(effort.drawn / effort.draw_seconds),
        ]
        for name, effort in efforts.items()
    ]
    head = ["Contender", "Pixels", "Weights", "Learned for", "Learned from a second", "Times each was seen", "Peak memory"]
    return table([*head, "Drew", "Drawn a second"], rows)


def show(material: Material, contenders: list[Contender], folder: Path) -> str:
    """Write a contact sheet for each and for the real pictures; returns the Markdown that shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    every = np.random.default_rng(0).permutation(len(material.training()))[:60]
    shown = {"real": ("Real pictures", material.training()[every])}
    shown |= {contender.name: (contender.title, drawn_by(contender, material)[0]) for contender in contenders}
    lines = []
    for name, (title, pictures) in shown.items():
        file = folder / f"{material.name}-{name}.png"
        save_sheet(pictures, file)
        lines.append(f"{title}:\n\n![{title}]({folder.name}/{file.name})\n")
    return "\n".join(lines)


def save_sheet(pictures: np.ndarray, file: Path) -> None:
    """As many of the first 60 pictures as a small file holds: noise does not compress."""
    for count in (60, 40, 20, 10):
        sheet = contact_sheet(pictures[:count], 10, scale=2)
        gray = sheet.convert("L") if pictures.shape[3] == 1 else sheet
        gray.save(file, optimize=True)
        if file.stat().st_size <= SHEET_BYTES:
            return


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.quality", main))
