"""What a benchmark found: kept as JSON for each program, rendered together into RESULTS.md."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from desktop_app.jobs.machine import cpu_name

FOLDER = Path(__file__).parent
ORDER = (
    *("quality-diffusion", "quality-gan", "quality-vae", "ablations", "memory", "gpu"),
    *("checks", "importing", "wall", "engine", "export", "estimates", "window", "executable", "advice"),
    *("evaluation-time", "calibration", "agreement", "variants"),
)
"""Beginnings of names in the order of the report."""
PACKAGES = ("gensmith", "torch", "onnxruntime", "numpy", "pyside6-essentials", "pyqtgraph", "pillow")


@dataclass(frozen=True)
class Claim:
    """Something that was promised, and what was measured.

    Attributes
    ----------
    bar
        What ``measured`` is held against; None where nothing was promised.
    better
        On which side of the bar it must lie.
    inclusive
        Whether the bar itself is good enough.
    """

    what: str
    measured: float
    bar: float | None = None
    better: str = "lower"
    unit: str = ""
    inclusive: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the promise is kept; None where there is none or nothing could be measured."""
        if self.bar is None or math.isnan(self.measured) or math.isnan(self.bar):
            return None
        if self.measured == self.bar:
            return self.inclusive
        return (self.measured < self.bar) == (self.better == "lower")

    def row(self) -> list[str]:
        """Its cells in the table of promises."""
        sign = {("lower", False): "<", ("lower", True): "≤", ("higher", False): ">", ("higher", True): "≥"}
        bar = "" if self.bar is None else f"{sign[self.better, self.inclusive]} {number(self.bar)}{self.unit}"
        word = {True: "yes", False: "**no**", None: "not measured" if math.isnan(self.measured) else ""}
        return [self.what, f"{number(self.measured)}{self.unit}", bar, word[self.holds]]


@dataclass
class Result:
    """One program's findings.

    Attributes
    ----------
    settings
        How it was measured, in a sentence.
    body
        Markdown: tables and remarks.
    took
        Seconds.
    rows
        Parts of the body by name, for a program that can measure them one by one.
    """

    name: str
    title: str
    settings: str
    claims: list[Claim]
    body: str
    took: float
    date: str = field(default_factory=lambda: time.strftime("%Y-%m-%d"))
    machine: str = field(default_factory=lambda: machine())
    versions: str = field(default_factory=lambda: versions())
    rows: dict[str, list[str]] = field(default_factory=dict)


def machine() -> str:
    """This machine in words, without names or paths."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{cpu_name()}, {len(processors())} processors used, {memory:.0f} GB of memory, {platform.system()}"


def processors() -> list[int]:
    """Processors that this process may use."""
    here = psutil.Process()
    return list(here.cpu_affinity()) if hasattr(here, "cpu_affinity") else list(range(psutil.cpu_count() or 1))


def versions() -> str:
    """Python and the packages that matter."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join([f"Python {platform.python_version()}", *found])


def number(value: float) -> str:
    """Three significant digits; whole numbers from a thousand on."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 4)}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


# ---------------------------------------------------------------- the report


def add_out(parser: argparse.ArgumentParser) -> None:
    """The option that says where findings are kept."""
    parser.add_argument("--out", type=Path, help="keep the findings in this folder (a full run: beside this file)")


def conclude(result: Result, out: Path | None, *, quick: bool) -> int:
    """Print, keep unless it was a quick try, and return the exit code: 0 when every promise is kept."""
    print(section(result))
    target = out or (None if quick else FOLDER)
    if target is not None:
        keep(result, target)
        (target / "RESULTS.md").write_text(render(load(target)), encoding="utf-8")
    return 1 if any(claim.holds is False for claim in result.claims) else 0


def keep(result: Result, folder: Path) -> Path:
    """Write ``results/<name>.json``."""
    path = folder / "results" / f"{result.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def load(folder: Path) -> list[Result]:
    """What was kept, in the report's order."""
    found = []
    for path in sorted((folder / "results").glob("*.json"), key=lambda path: (_place(path.stem), path.stem)):
        values = json.loads(path.read_text(encoding="utf-8"))
        found.append(Result(**values | {"claims": [Claim(**claim) for claim in values["claims"]]}))
    return found


def _place(name: str) -> int:
    return next((place for place, start in enumerate(ORDER) if name.startswith(start)), len(ORDER))


def render(results: Sequence[Result]) -> str:
    """The whole report: what was promised first, then how it was measured."""
    rows = [claim.row() for result in results for claim in result.claims]
    head = (
        "# Measured\n\n"
        "Made by `python -m tests.benchmarks.run`; each part can be run alone and replaces its own section.\n\n"
        + table(["What", "Measured", "Promised", "Kept"], rows)
    )
    return "\n".join([head, *(section(result) for result in results)])


def section(result: Result) -> str:
    """One program's part of the report."""
    how = f"{result.settings} {result.date}; {result.machine}; {result.versions}. It took {result.took / 60:.0f} minutes."
    promises = table(["What", "Measured", "Promised", "Kept"], [claim.row() for claim in result.claims])
    return f"## {result.title}\n\n{how}\n\n{promises}\n{result.body}"
