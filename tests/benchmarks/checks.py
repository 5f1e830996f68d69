"""Precision and recall of the checks at import, on pictures with planted defects.

    python -m tests.benchmarks.checks [--photos FOLDER …] [--art FOLDER …] [--copies N] [--out FOLDER] [--quick]

Without folders it takes photographs of nowhere (clouds of noise, hard shapes before them) and the sprites that ship with
Gensmith. Name folders of pictures that no threshold was chosen on.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from desktop_app.data import Inventory, Item, inspect, write_sample
from desktop_app.project.document import Data
from tests.benchmarks import defects
from tests.benchmarks.defects import Change
from tests.benchmarks.results import Claim, Result, add_out, conclude, number, table

SHARE = 8
"""One picture in so many has the defect."""

PLANTED: dict[str, tuple[str, dict[str, Change]]] = {
    "blurred": ("blurred", {f"σ {s:g} px": defects.blur(s) for s in (3, 4, 6, 9)}),
    "noisy": ("noisy", {f"σ {s:g} levels": defects.noise(s) for s in (15, 25, 40)}),
    "overexposed": ("overexposed", {f"{s:.0%} clipped": defects.overexpose(s) for s in (0.45, 0.6, 0.75)}),
    "underexposed": ("underexposed", {f"lights at {s:.0%}": defects.underexpose(s) for s in (0.2, 0.12, 0.07)}),
    "border": ("border", {kind: defects.letterbox(kind) for kind in ("letterbox", "sides", "frame")}),
    "blank": ("blank", {"a shade with grain": defects.blank}),
}
"""By name: the finding's code, and the strengths."""


@dataclass
class Score:
    """Counts of one check at one strength."""

    check: str
    strength: str
    hits: int = 0
    misses: int = 0
    false: int = 0
    sound: int = 0

    @property
    def precision(self) -> float:
        """Share of the alarms that are right."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else float("nan")

    @property
    def recall(self) -> float:
        """Share of the defects that are found."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else float("nan")

    def row(self) -> list[str]:
        """Its cells in the table."""
        found = f"{self.hits} of {self.hits + self.misses}"
        return [self.check, self.strength, found, number(self.recall), f"{self.false} of {self.sound}", number(self.precision)]


def noticed(item: Item, code: str) -> bool:
    """Whether a finding stands on an item."""
    return any(finding.code == code for finding in item.findings)


def look(folder: Path) -> Inventory:
    """Import a folder afresh."""
    with tempfile.TemporaryDirectory() as data:
        return inspect(Data(sources=[str(folder)]), Path(data) / "data")


# ---------------------------------------------------------------- defects of single pictures


def single(pictures: Sequence[Image.Image], name: str) -> Iterator[Score]:
    """Plant one defect in one picture of SHARE, saved as JPEG like the others; every picture has its turn."""
    code, strengths = PLANTED[name]
    for strength, change in strengths.items():
        score = Score(name, strength)
        for turn in range(0, SHARE, SHARE // 2):
            _planted(pictures, change, turn, code, score)
        yield score


def _planted(pictures: Sequence[Image.Image], change: Change, turn: int, code: str, score: Score) -> None:
    rng = np.random.default_rng([turn, 7])
    with tempfile.TemporaryDirectory() as name:
        for i, picture in enumerate(pictures):
            spoiled = i % SHARE == turn
            (change(picture, rng) if spoiled else picture).save(Path(name) / f"{i:05d}-{int(spoiled)}.jpg", quality=92)
        for item in look(Path(name)).items:
            alarm, spoiled = noticed(item, code), item.path.stem.endswith("1")
            score.hits += alarm and spoiled
            score.misses += spoiled and not alarm
            score.false += alarm and not spoiled
            score.sound += not spoiled


def damage(pictures: Sequence[Image.Image]) -> Iterator[Score]:
    """Files that end early, beside whole ones."""
    rng = np.random.default_rng(5)
    for kind, suffix in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")):
        score = Score("truncated", kind)
        with tempfile.TemporaryDirectory() as name:
            for i, picture in enumerate(pictures[:60]):
                (Path(name) / f"{i:05d}-1.{suffix}").write_bytes(defects.truncated(picture, kind, rng))
                picture.save(Path(name) / f"{i:05d}-0.{suffix}")
            for item in look(Path(name)).items:
                spoiled, alarm = item.path.stem.endswith("1"), item.reason in ("truncated", "unreadable")
                score.hits += alarm and spoiled
                score.misses += spoiled and not alarm
                score.false += alarm and not spoiled
                score.sound += not spoiled
        yield score


# ---------------------------------------------------------------- between pictures


def near(pictures: Sequence[Image.Image], title: str) -> list[Score]:
    """Copies of every picture: found when they are in their original's group; a group of two originals is a false alarm."""
    items = _copied(pictures)
    scores = {kind: Score("near duplicate", f"{title}: {kind}") for kind, *_ in defects.copies(pictures[0])}
    groups: dict[str, set[str]] = {}
    for stem, item in items.items():
        own, kind = stem.split(" ", 1)
        groups.setdefault(item.group, set()).add(own)
        if kind in scores:
            together = item.group == items[f"{own} original"].group
            scores[kind].hits += together
            scores[kind].misses += not together
    mixed = Counter(own for members in groups.values() if len(members) > 1 for own in members)
    hits, misses = sum(s.hits for s in scores.values()), sum(s.misses for s in scores.values())
    return [*scores.values(), Score("near duplicate", f"{title}: all", hits, misses, len(mixed), len(pictures))]


def _copied(pictures: Sequence[Image.Image]) -> dict[str, Item]:
    """Every picture and its copies, imported together, by the names of the files."""
    with tempfile.TemporaryDirectory() as name:
        for i, picture in enumerate(pictures):
            picture.save(Path(name) / f"{i:05d} original.png")
            for kind, copy, options in defects.copies(picture):
                copy.save(Path(name) / f"{i:05d} {kind}.jpg", **options)
        return {item.path.stem: item for item in look(Path(name)).items}


def sprites() -> list[Image.Image]:
    """The sample's, as a set of one kind."""
    with tempfile.TemporaryDirectory() as name:
        return [defects.on_white(drawing) for drawing in defects.art([write_sample("sprites", Path(name) / "sprites")], 200)]


def strangers(home: Sequence[Image.Image], guests: Sequence[Image.Image], title: str) -> Score:
    """One to three pictures of another kind: more would be a kind of their own."""
    score = Score("out of place", title)
    count = max(1, min(len(guests), len(home) // 50, 3))
    with tempfile.TemporaryDirectory() as name:
        for i, picture in enumerate(home):
            picture.save(Path(name) / f"{i:05d}-0.png")
        for i in np.linspace(0, len(guests) - 1, count).astype(int).tolist():
            guests[i].save(Path(name) / f"{i:05d}-1.png")
        for item in look(Path(name)).items:
            alarm, guest = noticed(item, "out of place"), item.path.stem.endswith("1")
            score.hits += alarm and guest
            score.misses += guest and not alarm
            score.false += alarm and not guest
            score.sound += not guest
    return score


QUALITY = ("blurred", "noisy", "overexposed", "underexposed", "border", "blank")


def false_alarms(drawings: Sequence[Image.Image]) -> list[tuple[str, int, dict[str, int]]]:
    """Findings about quality on flat art as it comes: with transparency, on white, enlarged, as JPEG."""
    forms = {
        "with transparency": lambda d: (d, "png", {}),
        "on white": lambda d: (defects.on_white(d), "png", {}),
        "four times enlarged, smooth": lambda d: (defects.on_white(d).resize((d.width * 4, d.height * 4), 3), "png", {}),
        "on white, JPEG": lambda d: (defects.on_white(d), "jpg", {"quality": 80}),
    }
    found = []
    for title, form in forms.items():
        with tempfile.TemporaryDirectory() as name:
            for i, drawing in enumerate(drawings):
                picture, suffix, options = form(drawing)
                picture.save(Path(name) / f"{i:05d}.{suffix}", **options)
            codes = Counter(f.code for item in look(Path(name)).items for f in item.findings if f.code in QUALITY)
        found.append((title, len(drawings), dict(codes)))
    return found


# ---------------------------------------------------------------- the report


def measure(photos: list[Image.Image], drawings: list[Image.Image], settings: str) -> Result:
    """Everything, as a section of the report."""
    begun = time.perf_counter()
    plain = [defects.on_white(drawing) for drawing in drawings]
    close = [*near(photos, "photographs"), *near(plain[:120], "flat art")]
    scores = [*itertools.chain.from_iterable(single(photos, name) for name in PLANTED), *damage(photos), *close]
    kinds = {"photographs": photos, "flat art": plain, "sprites": sprites(), "numerals": defects.numerals(200)}
    scores += [strangers(home, guests, f"{b} in {a}") for (a, home), (b, guests) in itertools.permutations(kinds.items(), 2)]
    alarms = false_alarms(drawings)
    total = sum(sum(codes.values()) for _, _, codes in alarms)
    whole = next(score for score in close if score.strength == "photographs: all")
    claims = [
        Claim("near duplicates among photographs: precision", whole.precision, 0.95, "higher", inclusive=True),
        Claim("near duplicates among photographs: recall", whole.recall, 0.95, "higher", inclusive=True),
        Claim("findings about quality on flat art, share", total / sum(count for _, count, _ in alarms), 0.01),
    ]
    body = "### Planted defects\n\n" + table(
        ["Check", "Planted", "Found", "Recall", "False alarms", "Precision"], [score.row() for score in scores]
    )
    rows = [[t, f"{n:,}", ", ".join(f"{c} {code}" for code, c in codes.items()) or "none"] for t, n, codes in alarms]
    body += "\n### Flat art without defects\n\n" + table(["Form", "Drawings", "False alarms"], rows)
    return Result("checks", "Checks at import", settings, claims, body, time.perf_counter() - begun)


def material(args: argparse.Namespace, work: Path) -> tuple[list[Image.Image], list[Image.Image], str]:
    """Photographs and drawings, and where they are from."""
    photos = defects.tiles(args.photos) if args.photos else defects.landscapes(24 if args.quick else 96)
    photos = [photos[i] for i in np.linspace(0, len(photos) - 1, min(len(photos), args.copies)).astype(int)]
    folders = args.art or [write_sample("sprites", work / "sprites")]
    drawings = defects.art(folders, 40 if args.quick else 400)
    source = "pieces of photographs" if args.photos else "pictures made of noise and shapes"
    kind = "emoji and icons" if args.art else "pixel sprites"
    words = f"{len(photos)} {source} of {defects.TILE} pixels and {len(drawings)} {kind}."
    return photos, drawings, f"{words} One picture in {SHARE} has the defect. {args.note}".strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, nargs="+", help="folders of photographs")
    parser.add_argument("--art", type=Path, nargs="+", help="folders of flat-coloured PNG drawings")
    parser.add_argument("--copies", type=int, default=120, help="photographs at most")
    parser.add_argument("--note", default="", help="a sentence for the report: were thresholds chosen on any of these?")
    parser.add_argument("--quick", action="store_true", help="a few pictures, to see that it works")
    add_out(parser)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        result = measure(*material(args, Path(work)))
    return conclude(result, args.out, quick=args.quick)


if __name__ == "__main__":
    sys.exit(main())
