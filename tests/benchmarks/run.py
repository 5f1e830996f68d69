"""All benchmarks, one after the other, and the report.

    python -m tests.benchmarks.run [--quick] [--only NAME …] [options of quality, such as --family gan --sets digits]

Each program runs in a process of its own, so that none starts with what another left in memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.benchmarks import results
from tests.benchmarks.measuring import ROOT

PROGRAMS = {
    "checks": "checks",
    "importing": "importing",
    "wall": "wall",
    "window": "window",
    "executable": "executable",
    "engine": "engine_overhead",
    "memory": "memory",
    "gpu": "gpu",
    "export": "export",
    "estimates": "estimates",
    "rehearsals": "rehearsals",
    "evaluation-time": "evaluation_time",
    "agreement": "agreement",
    "advice": "advice",
    "calibration": "calibration",
    "variants": "variants",
    "ablations": "ablations",
    "quality": "quality",
}
"""The short ones first."""


def main(words: list[str] | None = None) -> int:
    """Run them; 0 when every promise is kept."""
    options, rest = parser().parse_known_args(words)
    names = [name for name in PROGRAMS if not options.only or name in options.only]
    codes = {name: _run(name, options, rest if name == "quality" else []) for name in names}
    folder = options.out or results.FOLDER
    if found := results.load(folder):
        (folder / "RESULTS.md").write_text(results.render(found), encoding="utf-8")
    for name, code in codes.items():
        print(f"{name}: {'every promise kept' if code == 0 else 'not every promise kept, or it failed'}")
    return max(codes.values(), default=0)


def _run(name: str, options: argparse.Namespace, rest: list[str]) -> int:
    words = [*(["--quick"] if options.quick else []), *(["--out", str(options.out)] if options.out else []), *rest]
    return subprocess.run([sys.executable, "-m", f"tests.benchmarks.{PROGRAMS[name]}", *words], cwd=ROOT).returncode


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.run",
        description="Run all benchmarks and write RESULTS.md; further words go to quality.",
    )
    made.add_argument("--only", nargs="+", choices=list(PROGRAMS))
    made.add_argument("--quick", action="store_true", help="a few minutes: does it all run? The report stays as it is")
    made.add_argument("--out", type=lambda word: Path(word).absolute(), help="keep the findings in this folder")
    return made


if __name__ == "__main__":
    sys.exit(main())
