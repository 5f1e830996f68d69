"""How long the sample's model takes to export, in a cold process on two processors, and where the seconds go.

    python -m tests.benchmarks.export [--times 5]

The sprites sample with its own settings, trained for a moment: what the network has learned does not change how long it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app.jobs import journey, launch
from desktop_app.project.runs import Progress, Run
from desktop_app.project.store import Project
from tests.benchmarks import results
from tests.benchmarks.measuring import environment, python, use_processors
from tests.benchmarks.results import Claim, Result, conclude, number, table

LIMIT = 20.0
"""Seconds."""
THREADS = 2
PARTS = ("start", "prepare", "boldness", "graph", "parity", "sheet", "bundle")


def main(words: list[str] | None = None) -> int:
    """Measure and tell; 0 when it stays below the limit."""
    options = parser().parse_args(words)
    if options.quick:
        options.times = 1
    use_processors(THREADS)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="gensmith-export-") as name:
        os.environ["GENSMITH_HOME"] = str(Path(name) / "home")
        run = trained(Path(name) / "sprites")
        found = [json.loads(_in_a_process(run, Path(name)).splitlines()[-1]) for _ in range(options.times)]
    median = {part: statistics.median(one[part] for one in found) for part in (*PARTS, "whole")}
    body = table(["Part", "Seconds, median"], [[part, number(seconds)] for part, seconds in median.items()])
    how = f"{options.times} exports, each in a process of its own, {THREADS} threads."
    claims = [Claim("Export of the sample's model, from starting the process", median["whole"], LIMIT, unit=" s")]
    result = Result("export", "Export", how, claims, body, time.perf_counter() - start)
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.export", description=about)
    made.add_argument("--times", type=int, default=5)
    made.add_argument("--quick", action="store_true", help="once: does it all run?")
    results.add_out(made)
    return made


def trained(folder: Path) -> Run:
    """A run of the sample that was paused after its first steps."""
    journey.make_sample_project("sprites", folder)
    with Project.open(folder) as project:
        run = launch.new_run(project, device="cpu", threads=THREADS)
    engine = launch.start_engine(run)
    while engine.poll() is None:
        if any(isinstance(event, Progress) for event in run.events()):
            run.ask("pause")
        time.sleep(0.1)
    if run.state() != "paused":
        raise RuntimeError(f"the engine did not pause: {launch.log_tail(run)}")
    return run


def _in_a_process(run: Run, home: Path) -> str:
    variables = launch.engine_environment() | environment(home, GENSMITH_STARTED=str(time.time()))
    return python("-c", f"from tests.benchmarks.export import inside; inside({str(run.folder)!r})", env=variables)


def inside(folder: str) -> None:
    """Export as the engine's process does, and print the seconds of each part as JSON."""
    from desktop_app.engine import export, process
    from desktop_app.engine.families.diffusion import boldness

    begun = float(os.environ["GENSMITH_STARTED"])
    seconds: dict[str, float] = dict.fromkeys(PARTS, 0.0) | {"start": time.time() - begun}
    for part, module, function in (
        ("prepare", process, "prepare"),
        ("boldness", boldness, "measured"),
        ("graph", export, "to_onnx"),
        ("parity", export, "parity"),
        ("sheet", export, "_sheet"),
        ("bundle", export, "write_bundle"),
    ):
        setattr(module, function, _clocked(getattr(module, function), part, seconds))
    for _ in process.run_export(Run(Path(folder)), lambda: False):
        pass
    print(json.dumps(seconds | {"whole": time.time() - begun}))


def _clocked(work: Callable[..., Any], part: str, seconds: dict[str, float]) -> Callable[..., Any]:
    def clocked(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return work(*arguments, **named)
        finally:
            seconds[part] += time.perf_counter() - start

    return clocked


if __name__ == "__main__":
    sys.exit(main())
