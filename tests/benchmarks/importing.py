"""How long an import with all its checks takes beside what nobody can do without: decoding the same pictures.

    python -m tests.benchmarks.importing [--pictures 10000] [--times 3] [--quick] [--out FOLDER]

Pictures of 256 pixels, half of them PNG and half JPEG. Both sides run in turn on the same processors, and decoding alone is
done in threads and in processes like the import's: the faster of the two is what the import is held against. The files
were read once before, so that the disk is not what is measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from desktop_app.data import inspect
from desktop_app.data.parallel import each, in_processes, in_threads, workers
from desktop_app.project.document import Data
from tests.benchmarks import defects, results
from tests.benchmarks.decoding import decode
from tests.benchmarks.measuring import PeakMemory, interval, ratio, timed, use_processors
from tests.benchmarks.results import Claim, Result, conclude, number, table

BAR = 2.0
FORMS = 8
"""Pictures made of one: turned and mirrored. What is measured on them differs, and so do their files."""


def main(words: list[str] | None = None) -> int:
    """Measure, tell, and return 0 when the promise is kept."""
    options = parser().parse_args(words)
    if options.quick:
        options.pictures, options.times = 80, 1
    processors, begun = use_processors(options.processors), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-importing-") as folder:
        paths = pictures(Path(folder) / "pictures", options.pictures)
        whole, threads, processes, peak = measured(paths, Path(folder), options.times)
    alone = min(threads, processes, key=statistics.median)
    how = (
        f"{options.pictures:,} pictures of {defects.TILE} pixels made of noise and shapes, PNG and JPEG, {options.times} "
        f"times in turn with {workers()} workers on {processors} processors. Held against the faster decoding."
    )
    low, high = interval(whole, alone)
    head = ["", "Median", "A second", "All"]
    named = (("imported and checked", whole), ("decoded in threads", threads), ("decoded in processes", processes))
    rows = [_row(name, values, len(paths)) for name, values in named]
    body = table(head, rows) + f"\n95 % interval of the ratio: {low:.2f} … {high:.2f}.\n"
    claims = [
        Claim("pictures imported and checked ÷ decoded alone", ratio(whole, alone), BAR, inclusive=True),
        Claim("importing pictures, largest memory", peak / 2**20, unit=" MiB"),
    ]
    took = time.perf_counter() - begun
    return conclude(Result("importing", "Import", how, claims, body, took), options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.importing", description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--pictures", type=int, default=10_000)
    made.add_argument("--times", type=int, default=3)
    made.add_argument("--processors", type=int, default=2)
    made.add_argument("--quick", action="store_true", help="a few pictures: does it run?")
    results.add_out(made)
    return made


def _row(name: str, values: list[float], count: int) -> list[str]:
    middle = statistics.median(values)
    return [name, f"{middle:.2f} s", number(count / middle), ", ".join(f"{value:.2f} s" for value in values)]


def measured(paths: list[Path], work: Path, times: int) -> tuple[list[float], list[float], list[float], int]:
    """Seconds of imports, of decoding alone in threads and in processes, and the largest memory with all processes in bytes."""

    def whole() -> float:
        folder = work / "project" / "data"
        found = list[int]()
        seconds = timed(lambda: found.append(inspect(Data(sources=[str(paths[0].parent)], size=64), folder).found))
        shutil.rmtree(folder.parent)
        assert found == [len(paths)], "not every picture was found"
        return seconds

    def threads() -> float:
        return timed(lambda: sum(1 for _ in in_threads(decode, paths)))

    def processes() -> float:
        return timed(lambda: sum(1 for _ in in_processes(each(decode), paths, decode)))

    threads()
    watched = PeakMemory(os.getpid())
    imported, rest = list[float](), list[tuple[float, float]]()
    for turn in range(times):  # so that what else the machine does falls on all
        order = (whole, threads, processes) if turn % 2 == 0 else (processes, threads, whole)
        took = {measure: measure() for measure in order}
        imported.append(took[whole])
        rest.append((took[threads], took[processes]))
    return imported, [one for one, _ in rest], [other for _, other in rest], watched.end()


def pictures(folder: Path, count: int) -> list[Path]:
    """That many files; every one another picture."""
    folder.mkdir(parents=True)
    paths = [folder / f"{number:06d}{'.png' if number % 2 else '.jpg'}" for number in range(count)]
    for path, picture in zip(paths, _pictures(count), strict=True):
        picture.save(path, quality=90)
    return paths


def _pictures(count: int) -> Iterator[Image.Image]:
    for place in range(count):
        if place % FORMS == 0:
            picture = defects.landscapes(1, seed=place)[0]
        turned = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if place % FORMS >= FORMS // 2 else picture
        yield turned.rotate(90 * (place % (FORMS // 2)))


if __name__ == "__main__":
    sys.exit(main())
