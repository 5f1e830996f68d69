"""Do the dials tell the truth? Sets that are known to be worse in one way, sizes, intervals, planted copies.

    python -m tests.benchmarks.calibration [--quick]

Nothing is generated: real pictures that nothing has seen stand in for a perfect model, and are then made worse.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from desktop_app.data import SAMPLES, open_encoded, write_sample
from desktop_app.data.sprites import KINDS, distinct
from desktop_app.engine.batches import Dataset
from desktop_app.engine.judge import train_judge
from desktop_app.evaluation import Judge, Report, evaluate
from desktop_app.evaluation.alignment import small
from desktop_app.evaluation.copies import FALSE_ALARMS, closeness, threshold
from desktop_app.jobs.journey import prepare_data
from desktop_app.project.store import Project
from tests.benchmarks.measuring import as_the_engine, use_processors
from tests.benchmarks.results import Claim, Result, add_out, conclude, table
from tests.evaluation.drawn import blurred, disguised, noisy

UInt8 = NDArray[np.uint8]
Labels = NDArray[np.int64]
DIALS = ("accuracy", "precision", "recall", "diversity", "naturalness")
FOUND = 0.95
"""Share of planted copies that must be found."""
MOVED = 0.1
"""A dial has moved when it fell by more than this share, and by more than the uncertainty of both figures."""


@dataclass(frozen=True)
class Fault:
    """A way to be worse.

    Attributes
    ----------
    moves
        The dials of which at least one must move; "copies" is the copy check.
    may
        Dials that may move with them, because the fault is theirs too.
    """

    name: str
    make: Callable[[Stock, UInt8, Labels], tuple[UInt8, Labels]]
    moves: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stock:
    """Real pictures of a kind, dealt out; ``fresh`` were seen by nobody and stand in for generated ones."""

    name: str
    training: UInt8
    training_labels: Labels
    held_out: UInt8
    held_out_labels: Labels
    fresh: UInt8
    fresh_labels: Labels
    classes: list[str]
    judge: Judge

    def judged(self, pictures: UInt8, labels: Labels, *, seed: int = 0, held_out: slice = slice(None)) -> Report:
        """The product's own evaluation."""
        return evaluate(
            training=self.training, training_labels=self.training_labels, held_out=self.held_out[held_out],
            held_out_labels=self.held_out_labels[held_out], generated=pictures, generated_labels=labels, classes=self.classes,
            keys=[str(number) for number in range(len(self.training))], run=self.name, seed=seed, judge=self.judge,
        )  # fmt: skip


# ---------------------------------------------------------------- what is made worse


def softened(pictures: UInt8) -> UInt8:
    """Half way to a [1, 2, 1] blur: at 8 pixels the whole of it leaves no digit."""
    return np.rint((pictures.astype(float) + blurred(pictures)) / 2).astype(np.uint8)


def _missing(stock: Stock, pictures: UInt8, labels: Labels) -> tuple[UInt8, Labels]:
    """A fifth of the kinds is never drawn; others of the same number stand in their place, as with a model without classes."""
    gone = max(1, len(stock.classes) // 5)
    there = np.flatnonzero(labels >= gone)
    chosen = there[np.random.default_rng(0).permutation(len(labels)) % len(there)]
    return pictures[np.sort(chosen)[: len(there)]], np.full(len(there), -1, np.int64)


def _repeated(stock: Stock, pictures: UInt8, labels: Labels) -> tuple[UInt8, Labels]:
    """One picture of each kind, over and over, with a little noise so that no two are the same."""
    first = {int(kind): int(np.flatnonzero(labels == kind)[0]) for kind in np.unique(labels)}
    return noisy(pictures[[first[int(kind)] for kind in labels]], 2), labels


def _wrong(stock: Stock, pictures: UInt8, labels: Labels) -> tuple[UInt8, Labels]:
    """A third of the pictures is another kind than was asked for."""
    turned = np.arange(len(labels)) % 3 == 0
    return pictures, np.where(turned, (labels + 1) % len(stock.classes), labels)


def _copied(stock: Stock, pictures: UInt8, labels: Labels) -> tuple[UInt8, Labels]:
    """A third of the pictures is taken from the training set, with a little noise."""
    mixed, told = pictures.copy(), labels.copy()
    places = np.arange(0, len(pictures), 3)
    mixed[places] = noisy(stock.training[: len(places)], 3)
    told[places] = stock.training_labels[: len(places)]
    return mixed, told


FAULTS = (
    Fault("nothing", lambda _, pictures, labels: (pictures, labels)),
    Fault(
        "blurred",
        lambda _, pictures, labels: (softened(pictures), labels),
        ("naturalness",),
        ("precision", "recall", "diversity"),
    ),
    Fault("noise", lambda _, pictures, labels: (noisy(pictures, 30), labels), ("naturalness",), ("precision", "recall")),
    Fault("a fifth of the kinds missing", _missing, ("recall",), ("diversity",)),
    Fault("one picture repeated", _repeated, ("diversity", "recall"), ("precision", "naturalness")),
    Fault("a third of the labels wrong", _wrong, ("accuracy",)),
    Fault("a third copied", _copied, ("copies",)),
)


def faults(stock: Stock, count: int) -> tuple[list[list[str]], list[Claim]]:
    """A line for each fault: the dials, those that moved in bold; and what is promised of them."""
    pictures, labels = stock.fresh[:count], stock.fresh_labels[:count]
    sound = stock.judged(pictures, labels)
    rows, wrong = [], 0
    for fault in FAULTS:
        report = stock.judged(*fault.make(stock, pictures, labels))
        changed = moved(sound, report)
        right = bool(set(fault.moves) & changed) == bool(fault.moves) and changed <= {*fault.moves, *fault.may}
        wrong += not right
        rows.append([fault.name, *(_cell(report, dial, changed) for dial in DIALS), _copies_cell(report, changed),
                     ", ".join(fault.moves) or "none", "yes" if right else "**no**"])  # fmt: skip
    return rows, [Claim(f"{stock.name}: faults that moved another dial than theirs, or not theirs", wrong, 0, inclusive=True)]


def moved(sound: Report, report: Report) -> set[str]:
    """Dials that are clearly worse than for the sound set."""
    found = {"copies"} if report.copies.count > max(report.copies.tolerated, sound.copies.count) else set()
    for dial in DIALS:
        before, after = sound.measures[dial], report.measures[dial]
        if before.value is None or after.value is None:
            continue
        half = [(measure.high - measure.low) / 2 for measure in (before, after)]  # type: ignore[operator]
        if before.value - after.value > max(MOVED * before.value, float(np.hypot(*half))):
            found.add(dial)
    return found


def _cell(report: Report, dial: str, changed: set[str]) -> str:
    measure = report.measures[dial]
    if measure.value is None:
        return "–"
    words = f"{measure.value:.2f} ({measure.low:.2f} … {measure.high:.2f})"
    return f"**{words}**" if dial in changed else words


def _copies_cell(report: Report, changed: set[str]) -> str:
    words = f"{report.copies.count} of {report.copies.of}"
    return f"**{words}**" if "copies" in changed else words


# ---------------------------------------------------------------- sizes, ends, intervals


def sizes(stock: Stock, counts: list[int]) -> list[list[str]]:
    """The dials of a perfect model judged on so many pictures, beside their floor (real against real)."""
    rows = []
    for count in counts:
        report = stock.judged(stock.fresh[:count], stock.fresh_labels[:count])
        cells = []
        for dial in DIALS:
            measure = report.measures[dial]
            cells.append(
                "–"
                if measure.value is None
                else f"{measure.value:.2f} ± {(measure.high - measure.low) / 2:.2f} ({measure.floor:.2f})"
            )  # type: ignore[operator]
        rows.append([f"{len(stock.fresh[:count]):,}", *cells])
    return rows


def ends(stock: Stock, count: int) -> list[list[str]]:
    """The lowest and the highest that the data allows: noise, one picture over and over, real against real."""
    pictures, labels = stock.fresh[:count], stock.fresh_labels[:count]
    static = np.random.default_rng(0).integers(0, 256, pictures.shape, dtype=np.uint8)
    sets = {
        "noise alone": (static, labels),
        "one single picture": (np.repeat(pictures[:1], len(pictures), axis=0), labels),
        "real pictures": (pictures, labels),
    }
    reports = {name: stock.judged(*made) for name, made in sets.items()}
    return [[name, *(_cell(report, dial, set()) for dial in DIALS)] for name, report in reports.items()]


def intervals(stock: Stock, count: int, kept: int, times: int) -> tuple[list[list[str]], list[Claim]]:
    """How often an interval holds the mean over fresh sets of the same sizes, for a sound and a blurred set.

    The truth of a figure at one size is its expectation over fresh pictures on both sides.
    """
    rows, claims = [], []
    for name, change in (("real", lambda p: p), ("blurred", softened)):
        measures = {dial: [] for dial in (*DIALS, "kid", "kid_learned")}
        for turn in range(times):
            held_out = slice(turn * kept, (turn + 1) * kept)
            drawn = slice(turn * count, (turn + 1) * count)
            report = stock.judged(change(stock.fresh[drawn]), stock.fresh_labels[drawn], seed=turn, held_out=held_out)
            for dial, found in measures.items():
                found.append(report.measures[dial])
        held = {dial: _held(found) for dial, found in measures.items()}
        rows.append([name, *(f"{100 * share:.0f} %" for share in held.values())])
        claims.append(Claim(f"{stock.name}, {name}: intervals of 95 % that hold the truth, all dials together",
                            float(np.mean(list(held.values()))), 0.9, "higher"))  # fmt: skip
    return rows, claims


def _held(measures: list) -> float:
    values = np.array([measure.value for measure in measures])
    low, high = (np.array([getattr(measure, end) for measure in measures]) for end in ("low", "high"))
    return float(((low <= values.mean()) & (values.mean() <= high)).mean())


# ---------------------------------------------------------------- copies

DISGUISES = ("none", "mirrored", "shifted", "recoloured", "all of it")


def copies(stock: Stock, kept: int, count: int) -> tuple[list[list[str]], list[Claim]]:
    """The bar is set by ``kept`` held-out pictures; fresh ones give the false alarms, planted ones what is found."""
    training = small(stock.training)
    bar = threshold(closeness(small(stock.held_out[:kept]), training).ratio)
    alarms = float((closeness(small(stock.fresh), training).ratio < bar).mean())
    found = {
        how: float((closeness(small(disguised(stock.training[:count], how)), training).ratio < bar).mean()) for how in DISGUISES
    }
    found["noise of 4 levels"] = float((closeness(small(noisy(stock.training[:count], 4)), training).ratio < bar).mean())
    row = [stock.name, f"{len(stock.fresh):,}", f"{100 * alarms:.1f} %", *(f"{100 * share:.0f} %" for share in found.values())]
    chance = 2 * float(np.sqrt(FALSE_ALARMS * (1 - FALSE_ALARMS) / len(stock.fresh)))
    return [row], [
        Claim(f"{stock.name}: planted copies found, the worst disguise", min(found.values()), FOUND, "higher", inclusive=True),
        Claim(f"{stock.name}: real pictures taken for copies (1 % and two deviations)", alarms, FALSE_ALARMS + chance,
              inclusive=True),
    ]  # fmt: skip


# ---------------------------------------------------------------- the pictures


def digits(folder: Path, training: int = 700, kept: int = 180) -> Stock:
    """The sample's handwritten digits, as the product encodes them."""
    with Project.create(folder / "digits") as project:
        project.change("objective", output="images")
        project.change("data", size=SAMPLES["digits"].size)
        prepare_data(project, [str(write_sample("digits", folder / "digits pictures"))])
        assert project.encoded_folder is not None
        encoded = open_encoded(project.encoded_folder)
    order = np.random.default_rng(0).permutation(len(encoded.labels))
    return dealt("digits", np.asarray(encoded.items)[order], encoded.labels[order], encoded.classes, training, kept)


def sprites(fresh: int, training: int = 1000, kept: int = 200) -> Stock:
    """As many different sprites as are needed."""
    each = -(-(training + kept + fresh) // len(KINDS))
    pictures = np.stack([picture for kind in KINDS for picture in distinct(kind, each)])
    labels = np.repeat(np.arange(len(KINDS)), each)
    order = np.random.default_rng(0).permutation(len(labels))
    return dealt("sprites", pictures[order], labels[order], list(KINDS), training, kept)


def dealt(name: str, pictures: UInt8, labels: Labels, classes: list[str], training: int, kept: int) -> Stock:
    """Training, held-out and fresh pictures, and the product's judge of the first."""
    aside = np.zeros(len(labels), bool)
    data = Dataset(
        pictures, torch.from_numpy(labels.astype(np.int64)), np.flatnonzero(~aside)[:training],
        np.arange(training, training + kept), classes, torch.device("cpu"),
    )  # fmt: skip
    parts = [np.split(rows, [training, training + kept]) for rows in (pictures, labels.astype(np.int64))]
    return Stock(name, *(part for pair in zip(*parts, strict=True) for part in pair), classes, Judge(train_judge(data)))


# ---------------------------------------------------------------- all of it


def measure(*, quick: bool) -> Result:
    """Everything, on both kinds of pictures."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-calibration-") as folder:
        stocks = [digits(Path(folder)), sprites(600 if quick else 5000)]
    claims: list[Claim] = []
    body = ""
    for stock in stocks:
        rows, promised = faults(stock, 500)
        claims += promised
        body += f"### What moves which dial: {stock.name}\n\n" + table(
            ["Fault", *DIALS, "copies", "should move", "right"], rows
        )
        body += "\nIn bold: worse than the sound set by more than a tenth and by more than both intervals allow. Blur takes "
        body += "contrast, and with it the distances between pictures: variety may fall with it.\n\n"
    for stock in stocks:
        counts = [50, 200] if quick else [50, 200, 500, 2000, 5000]
        fitting = [count for count in counts if count <= len(stock.fresh)]
        body += f"### A perfect model by the number of its pictures: {stock.name}\n\n"
        body += table(["Pictures", *DIALS], sizes(stock, fitting)) + "\nIn brackets: what real pictures reach.\n\n"
        body += f"### The ends of the dials: {stock.name}\n\n" + table(["Set", *DIALS], ends(stock, 300)) + "\n"
    rows = []
    for stock in stocks:
        found, promised = copies(stock, 180, 300)
        rows, claims = rows + found, claims + promised
    heads = ["Pictures", "fresh ones", "false alarms", *DISGUISES, "noise of 4 levels"]
    body += "### Planted copies that are found\n\n" + table(heads, rows) + "\n"
    wide = sprites(2500, training=800, kept=1500)
    found, promised = intervals(wide, 80, 60, 4 if quick else 20)
    body += "### How often an interval of 95 % holds the truth: sprites, 80 pictures against 60\n\n"
    body += table(["Set", *DIALS, "kid", "kid, learned"], found)
    return Result(
        "calibration", "The evaluation, calibrated", "Real pictures that nothing has seen, made worse in one way at a time.",
        claims + ([] if quick else promised), body, time.perf_counter() - start,
    )  # fmt: skip


def main(words: list[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.calibration", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sets; the report stays as it is")
    add_out(parser)
    options = parser.parse_args(words)
    torch.set_num_threads(use_processors(2))
    return conclude(measure(quick=options.quick), options.out, quick=options.quick)


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.calibration", main))
