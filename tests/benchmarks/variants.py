"""Smaller variants of a diffusion model: size, speed and quality beside the model as it was trained.

    python -m tests.benchmarks.variants [--minutes 5] [--project FOLDER] [--count 512]

It trains on sprites of 32 pixels, makes both variants as the product does, and lets all three draw from the same seeds.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from desktop_app.engine import likeness, variants
from desktop_app.engine.likeness import material_of
from desktop_app.engine.variants import MOST_WORSE, Refused
from desktop_app.jobs.best import best_run
from desktop_app.project.runs import Run
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Bundle, Request, open_bundle
from desktop_app.runtime.drawing import BLOCK
from desktop_app.runtime.variants import KINDS, Kind, Variant
from tests.benchmarks.material import write_smooth
from tests.benchmarks.measuring import alternate, as_the_engine, environment, interval, python, ratio, timed, use_processors
from tests.benchmarks.results import Claim, Result, add_out, conclude, number, table

SMALLER: dict[Kind, float] = {"fp16": 1.8, "int8": 2.5}
FASTER = 1.5
CALLS = 40
SIDE = 32
TITLES: dict[Kind, str] = {"fp16": "half precision", "int8": "8-bit convolutions"}


@dataclass(frozen=True)
class Speed:
    """Times as fast as the model as it was trained, with the ends of its interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, before: list[float], after: list[float]) -> Speed:
        """From the seconds that both took in turn."""
        return cls(ratio(before, after), *interval(before, after))

    def __str__(self) -> str:
        return f"{number(self.value)} ({number(self.low)} to {number(self.high)})"


@dataclass(frozen=True)
class Found:
    """What a variant says of itself, how fast its network and it draw by the clock, or why it was refused."""

    variant: Variant | None
    network: Speed | None = None
    drawing: Speed | None = None
    refusal: str = ""


def main(words: list[str] | None = None) -> int:
    """Train, make, compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.variants", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="time to train")
    parser.add_argument("--project", type=Path, help="a trained project in place of a new one")
    parser.add_argument("--count", type=int, default=512, help="pictures that are compared")
    parser.add_argument("--turns", type=int, default=15, help="how often each draws 32 pictures for its speed")
    parser.add_argument("--quick", action="store_true", help="half a minute of training: does it all run?")
    add_out(parser)
    options = parser.parse_args(words)
    if options.quick:
        options.minutes, options.count, options.turns = 0.5, 64, 3
    use_processors(2)
    start = time.perf_counter()
    with _project(options) as folder:
        best = best_run(Project.open(folder, read_only=True))
        assert best is not None, "the project has no model"
        found = {kind: measured(best.run, kind, options) for kind in KINDS}
    return conclude(_result(found, options, time.perf_counter() - start), options.out, quick=options.quick)


@contextlib.contextmanager
def _project(options: argparse.Namespace) -> Iterator[Path]:
    if options.project:
        yield options.project
        return
    with tempfile.TemporaryDirectory(prefix="gensmith-variants-") as name:
        work, env = Path(name), environment(Path(name) / "home")
        write_smooth("sprites", work / "sprites")
        choices = ["--size", str(SIDE), "--minutes", str(options.minutes), "--threads", "2", "--quiet"]
        words = ("-m", "desktop_app", "make", str(work / "sprites"), "--out", str(work / "p"), *choices)
        python(*words, env=env, timeout=60 * options.minutes + 1800)
        yield work / "p"


def measured(run: Run, kind: Kind, options: argparse.Namespace) -> Found:
    """Make a variant of a run's model and measure its speed by the clock, in turn with the model's own."""
    with tempfile.TemporaryDirectory(prefix="gensmith-variants-") as folder:
        target = Path(folder) / "variant.gensmith"
        likeness.drawn.__kwdefaults__ = {"count": options.count, "seconds": 3600.0}
        try:
            made = variants.make(run.bundle_folder, kind, target, material_of(run), lambda fraction, words: None)
        except Refused as refused:
            return Found(None, refusal=refused.message)
        before, after = open_bundle(run.bundle_folder), open_bundle(target)
        speeds = [_speed(work, before, after, options.turns) for work in (_call, _draw)]
    return Found(made.variant, *speeds)


def _speed(work: Callable[[Bundle], None], before: Bundle, after: Bundle, turns: int) -> Speed:
    for model in (before, after):
        work(model)
    return Speed.of(*alternate(lambda: timed(lambda: work(before)), lambda: timed(lambda: work(after)), turns))


def _draw(model: Bundle) -> None:
    for _ in model.generate(Request(count=32, seed=1)):
        pass


def _call(model: Bundle) -> None:
    """The network alone, as drawing calls it: a block of pictures on either processor at the same time."""
    network = model.network("denoiser", 1)
    classes = len(model.manifest.classes)
    noise = np.random.default_rng(0).standard_normal((BLOCK, *(model.manifest.latent_shape or model.manifest.shape)))
    inputs = [
        noise.astype(np.float32),
        np.ones(BLOCK, np.float32),
        *([np.eye(BLOCK, classes, dtype=np.float32)] * bool(classes)),
    ]
    with ThreadPoolExecutor(2) as processors:
        list(processors.map(lambda _: [network(*inputs) for _ in range(CALLS)], range(2)))


def _claims(kind: Kind, found: Found) -> list[Claim]:
    name, variant = TITLES[kind], found.variant
    made = Claim(f"{name}: made, not refused", float(variant is not None), 1.0, "higher", inclusive=True)
    if variant is None:
        return [made]
    claims = [made, Claim(f"{name}: size, times smaller", variant.smaller, SMALLER[kind], "higher", inclusive=True)]
    assert found.network is not None and found.drawing is not None
    faster = FASTER if kind == "int8" else None
    speed = f"{name}: speed on two processors, times as fast"
    claims.append(Claim(f"{speed}, the U-Net", found.network.value, faster, "higher", inclusive=True))
    claims.append(Claim(f"{speed}, whole drawings", found.drawing.value, None, "higher"))
    if "kid" in variant.dials:
        rise = 100 * variant.dials["kid"].change
        claims.append(Claim(f"{name}: rise of the KID on fixed features", rise, 100 * MOST_WORSE, unit=" %"))
    return claims


def _result(found: dict[Kind, Found], options: argparse.Namespace, took: float) -> Result:
    trained = "a project that was given" if options.project else f"sprites of {SIDE} pixels, {options.minutes:g} minutes"
    settings = (
        f"A diffusion model of {trained}; {options.count} pictures from the same seeds; speed by the clock, {options.turns} "
        f"times in turn, with 95 % intervals: the U-Net called {CALLS} times on either processor, and 32 pictures drawn."
    )
    claims = [claim for kind in KINDS for claim in _claims(kind, found[kind])]
    return Result("variants", "Smaller variants of a model", settings, claims, _body(found), took)


def _body(found: dict[Kind, Found]) -> str:
    head = ["Variant", "Size", "U-Net", "Drawing", "By processor time", "Mean difference, of 255", "Largest"]
    rows, dials = [], []
    for kind, each in found.items():
        variant = each.variant
        if variant is None:
            rows.append([TITLES[kind], f"refused: {each.refusal}", *[""] * 5])
            continue
        rows.append([
            TITLES[kind], f"{variant.bytes_before / 1e6:.1f} → {variant.bytes_after / 1e6:.1f} MB",
            str(each.network), str(each.drawing), number(variant.speed),
            number(variant.mean_difference), number(variant.max_difference),
        ])  # fmt: skip
        for dial in variant.dials.values():
            apart = "" if dial.low is None or dial.high is None else f"{dial.low:+.4f} to {dial.high:+.4f}"
            dials.append([TITLES[kind], dial.title, number(dial.before), number(dial.after), apart])
    shown = table(["Variant", "Measure", "As trained", "Variant", "Difference, 95 %"], dials) if dials else ""
    return f"{table(head, rows)}\n{shown}"


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.variants", main))
