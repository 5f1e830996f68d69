"""Whether a rehearsal tells what the training then takes: its time, its memory, its disk.

    python -m tests.benchmarks.rehearsals [--seconds 40] [--pixels 16] [--families …] [--networks tiny medium]
        [--processors N] [--quick] [--out FOLDER]

Each training is rehearsed as a person does it, then run on as many pictures as the rehearsal promises for that time. One whose
time missed is run twice more, and the median counts, as in ``estimates``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from desktop_app.jobs import catalog, launch, rehearsal
from desktop_app.jobs.rehearsal import Rehearsal
from desktop_app.project.runs import Phase, Progress, Run
from desktop_app.project.store import Project
from tests.benchmarks import results
from tests.benchmarks.estimates import AGAIN, prepared
from tests.benchmarks.measuring import use_processors
from tests.benchmarks.results import Claim, Result

TIME_BAR, MEMORY_BAR = 0.15, 0.15


@dataclass(frozen=True)
class Case:
    """One training: what the rehearsal said, what happened. Seconds (median of so many ``trials``) and bytes."""

    family: str
    network: str
    pixels: int
    rehearsing: float
    promised_seconds: float
    seconds: float
    promised_memory: float
    memory: float
    promised_disk: float
    disk: float
    trials: int = 1

    @property
    def time_off(self) -> float:
        """Share by which it missed the time."""
        return abs(self.promised_seconds / self.seconds - 1)

    @property
    def memory_off(self) -> float:
        """Share by which it missed the memory."""
        return abs(self.promised_memory / self.memory - 1)

    @property
    def disk_used(self) -> float:
        """Share of the promised disk that was taken."""
        return self.disk / self.promised_disk


def case(folder: Path, family: str, network: str, pixels: int, seconds: float) -> Case:
    """Rehearse, then train for about ``seconds``."""
    with Project.open(folder) as project:
        project.change("architecture", family=family, network=network)
        project.change("training", items=None, minutes=seconds / 60)
        begun = time.perf_counter()
        found = rehearsal.rehearse(project)
        rehearsing = time.perf_counter() - begun
        items = max(64, round(found.rate * seconds))
        project.change("training", items=items)
        trials = [trained(project)]
        if abs(items / found.rate / trials[0]["seconds"] - 1) > TIME_BAR:
            trials += [trained(project) for _ in range(AGAIN)]
    return told(found, trials, items / found.rate, rehearsing, pixels)


def told(found: Rehearsal, trials: list[dict[str, float]], promised: float, rehearsing: float, pixels: int) -> Case:
    """What was promised beside what happened."""
    middle = statistics.median(trial["seconds"] for trial in trials)
    memory, disk = (max(trial[name] for trial in trials) for name in ("memory", "disk"))
    return Case(
        found.request.family, found.network, pixels, rehearsing, promised, middle,
        found.value("training", "memory"), memory, found.disk, disk, len(trials),
    )  # fmt: skip


def trained(project: Project) -> dict[str, float]:
    """Seconds, peak memory and the bytes of its folder of the training that the project asks for, by the engine that it has."""
    run = launch.new_run(project)
    engine = launch.start_engine(run)
    while engine.poll() is None and not _has_learned(run):
        time.sleep(0.2)
    engine.kill()
    engine.wait()
    told = [event for event in run.events() if isinstance(event, Progress)]
    found = {"seconds": told[-1].elapsed, "memory": float(max(event.memory for event in told))}
    found["disk"] = sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
    run.delete()
    return found


def _has_learned(run: Run) -> bool:
    """Whether it has come to the model: what follows is not a part of what is compared."""
    return any(isinstance(event, Phase) and event.name == "exporting" for event in run.last_events())


def result(found: list[Case], took: float, processors: int, seconds: float) -> Result:
    """The promises, and every case."""
    claims = [
        Claim(
            "time: the most by which a rehearsal missed it", 100 * max(one.time_off for one in found), 100 * TIME_BAR, unit=" %"
        ),
        Claim(
            "memory: the most by which it missed it", 100 * max(one.memory_off for one in found), 100 * MEMORY_BAR, unit=" %"
        ),
        Claim("disk: the most of what it promised that was taken", 100 * max(one.disk_used for one in found), 100.0, unit=" %"),
    ]
    head = ["Family", "Network", "Pixels", "Rehearsed in", "Time said", "Time", "Off", "Memory said", "Memory", "Off", "Disk"]
    how = (
        f"The sprites, enlarged without squares; each training rehearsed and then run for about {seconds:g} s on {processors} "
        "processors. One whose time missed was run twice more, and the median counts. Disk: the share of what was said."
    )
    return Result(
        "rehearsals", "Rehearsals against what then happened", how, claims, results.table(head, rows(found)), took=took
    )


def rows(found: list[Case]) -> list[list[str]]:
    """A line for each case."""
    return [
        [
            one.family, one.network, str(one.pixels), f"{one.rehearsing:.0f} s", f"{one.promised_seconds:.0f} s",
            f"{one.seconds:.0f} s" + (f", median of {one.trials}" if one.trials > 1 else ""), f"{one.time_off:.0%}",
            f"{one.promised_memory / 1e6:,.0f} MB", f"{one.memory / 1e6:,.0f} MB", f"{one.memory_off:.0%}",
            f"{one.disk_used:.0%}",
        ]
        for one in found
    ]  # fmt: skip


def main(words: list[str] | None = None) -> int:
    """Measure and report; 0 when every promise is kept."""
    options = parser().parse_args(words)
    if options.quick:
        options.families, options.networks, options.seconds = ["gan"], ["tiny"], 3.0
    begun, processors, found = time.perf_counter(), use_processors(options.processors), list[Case]()
    with tempfile.TemporaryDirectory(prefix="gensmith-rehearsals-") as folder:
        os.environ["GENSMITH_HOME"] = str(Path(folder) / "home")
        work = Path(folder) / f"sprites {options.pixels}"
        prepared(work, options.pixels)
        for family in options.families:
            for network in options.networks:
                found.append(case(work, family, network, options.pixels, options.seconds))
                print(" ".join(rows(found)[-1]), file=sys.stderr, flush=True)
    said = result(found, time.perf_counter() - begun, processors, options.seconds)
    return results.conclude(said, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    about = (__doc__ or "").split("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.rehearsals", description=about)
    made.add_argument("--seconds", type=float, default=40.0, help="length of each training")
    made.add_argument("--pixels", type=int, default=16)
    made.add_argument("--families", nargs="+", choices=list(catalog.titles()), default=list(catalog.titles()))
    made.add_argument("--networks", nargs="+", default=["tiny", "medium"])
    made.add_argument("--processors", type=int, default=2)
    made.add_argument("--quick", action="store_true", help="one small training: does it all run?")
    results.add_out(made)
    return made


if __name__ == "__main__":
    sys.exit(main())
