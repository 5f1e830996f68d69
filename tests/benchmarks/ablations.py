"""Every lever of the training off and on: does it do what its help text says?

    python -m tests.benchmarks.ablations [--only mode_seeking …]

Small pictures (the digits at 8 pixels), the smallest networks and short trainings, on one processor, with fixed seeds: the same
figures every time. Collapse, learning by heart and instability are provoked first and then tamed. With ``--only`` the other
rows stay as they were measured before.
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
import time
import traceback
from collections.abc import Iterable

import torch

from tests.benchmarks import results
from tests.benchmarks.levers.rows import ROWS, Row
from tests.benchmarks.measuring import as_the_engine
from tests.benchmarks.results import Claim, Result, conclude, number, table

MODULES = ("common", "diffusion", "gan", "vae")
QUICK = ("augment_colour", "augment_place", "mirror_left_open", "micro_batch_vae")
HEAD = ("Lever", "Its help promises", "Measured", "Off", "On", "Kept")
TITLE = "Every lever, off and on"


def main(words: list[str] | None = None) -> int:
    """Measure the rows that are asked for and tell; 0 when every lever does what its help says."""
    gather()
    options = parser().parse_args(words)
    torch.set_num_threads(1)
    names = QUICK if options.quick else options.only or list(ROWS)
    start = time.perf_counter()
    measured = {row.name: measure(row) for row in chosen(names)}
    kept = before(options) if options.only else {}
    rows = {name: found for name in ROWS if (found := measured.get(name) or kept.get(name))}
    return conclude(told(rows, time.perf_counter() - start), options.out, quick=options.quick)


def gather() -> None:
    """Load the modules whose functions are the rows."""
    for name in MODULES:
        importlib.import_module(f"tests.benchmarks.levers.{name}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.ablations", description=about)
    made.add_argument("--only", nargs="+", choices=sorted(ROWS), metavar="ROW", help=f"of {', '.join(sorted(ROWS))}")
    made.add_argument("--quick", action="store_true", help="some seconds: does it run? The report stays as it is")
    results.add_out(made)
    return made


def chosen(names: Iterable[str]) -> list[Row]:
    """Rows by name, in the table's order."""
    wanted = set(names)
    return [row for name, row in ROWS.items() if name in wanted]


def measure(row: Row) -> list[str]:
    """The cells of a row; a row that fails says so, and the others still count."""
    start = time.process_time()
    try:
        off, on = row.measure()
    except Exception:  # the promise of this row is then not kept, and the report says why
        traceback.print_exc()
        off = on = math.nan
    cells = cells_of(row, off, on)
    print(f"{row.name}: {cells[3]} → {cells[4]}, kept: {cells[5]} ({time.process_time() - start:.0f} s)", flush=True)
    return cells


def cells_of(row: Row, off: float, on: float) -> list[str]:
    """What the table says of a row."""
    kept = "yes" if row.keeps(off, on) else "**no**"
    return [row.title, row.help, row.figure, f"{row.off}: {number(off)}", f"{row.on}: {number(on)}", kept]


def before(options: argparse.Namespace) -> dict[str, list[str]]:
    """Rows that an earlier call kept."""
    found = [result for result in results.load(options.out or results.FOLDER) if result.name == "ablations"]
    return found[0].rows if found else {}


def told(rows: dict[str, list[str]], took: float) -> Result:
    """The section of the report."""
    kept = sum(cells[-1] == "yes" for cells in rows.values())
    claim = Claim(
        "levers that do what their help says, measured off and on", float(kept), float(len(rows)), "higher", inclusive=True
    )
    how = "The digits at 8 pixels, the smallest networks, fixed seeds, one thread."
    body = table([*HEAD, "Row"], [[*cells, f"`{name}`"] for name, cells in rows.items()])
    return Result("ablations", TITLE, how, [claim], body, took, rows=rows)


if __name__ == "__main__":
    sys.exit(as_the_engine("tests.benchmarks.ablations", main))
