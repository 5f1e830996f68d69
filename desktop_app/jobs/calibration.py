"""How fast this machine learns pictures of a shape: measured by the engine, kept, never in the window's thread.

The engine's own process takes real steps of every kind of model on pictures of that shape for a minute or so
(:mod:`desktop_app.engine.measuring`); what it finds is kept for this machine, this torch and this shape (no Qt, no torch).
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from desktop_app.engine.families.declaration import Shape
from desktop_app.jobs import launch, machine
from desktop_app.jobs.machine import Speed
from desktop_app.project import remembered
from desktop_app.project.errors import Cancelled, GensmithError

FILE = "calibration.json"
"""What was measured on machines, in the person's home."""
SECONDS = 75.0
"""Time for measuring, beside what loading torch takes: what is begun within it is also ended. On two cores every size of every
kind is measured in it at 64 pixels, all but the slowest twice; what is left out is guessed from its neighbours, by up to a
third wrong."""
PATIENCE = 180.0
"""Seconds after which a measurement is given up: the machine is too busy to say anything."""
LOOK = 0.1
"""Seconds between two looks at it."""
LOOP_SHARE = 0.87
"""What a training reaches of the speed that was measured: previews, the loss on kept-aside pictures and checkpoints take some
of its time (:mod:`desktop_app.engine.training` bounds them), and what was measured is the better of two short timings.
With it 54 trainings (``tests.benchmarks.estimates``, twice) end 3 % later than promised on average."""


def of(found: machine.Machine, shape: Shape) -> Speed:
    """What is known of this machine for pictures of that shape; only the plain speed where it was not measured."""
    plain, known = machine.speed(found), remembered.recall(FILE).get(_key(found, shape))
    if not isinstance(known, dict):
        return Speed(plain.gflops, plain.source)
    kept = known.get("rates") if isinstance(known.get("rates"), dict) else {}
    rates = {name: float(rate) for name, rate in kept.items() if isinstance(rate, int | float) and rate > 0}
    source = _seen(known.get("seen")) or ("measured" if rates else plain.source)
    return Speed(plain.gflops, source, rates, int(known.get("bare") or 0))


def measured(found: machine.Machine, shape: Shape) -> bool:
    """Whether this machine was measured for pictures of that shape."""
    return isinstance(remembered.recall(FILE).get(_key(found, shape)), dict)


def measure(
    found: machine.Machine,
    shape: Shape,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    elapsed: Callable[[float], object] = lambda seconds: None,
    seconds: float = SECONDS,
) -> Speed:
    """Measure in the engine's own process, keep the findings, and return them.

    Parameters
    ----------
    elapsed
        Told ten times a second for how long it has measured, in seconds.
    seconds
        For how long it shall measure.

    Raises
    ------
    GensmithError
        The engine could not measure (code 4); estimates then go on from what was known.
    Cancelled
        ``cancelled`` said so; the process is gone.
    """
    told = _ask_engine(shape, seconds, cancelled, elapsed)
    rates = {name: LOOP_SHARE * rate for name, rate in told["rates"].items()}
    _keep(found, shape, {"rates": rates, "bare": told["bare"], "threads": told["threads"]})
    return of(found, shape)


def _seen(said: object) -> str:
    """In what real pictures were learned; an earlier version only said that they were."""
    return str(said) if said in ("training", "rehearsal") else "training" if said else ""


def remember(found: machine.Machine, shape: Shape, family: str, network: str, rate: float, seen: str = "training") -> None:
    """Keep what a real training, or a rehearsal, reached: nothing knows better."""
    known = remembered.recall(FILE).get(_key(found, shape))
    known = known if isinstance(known, dict) else {}
    old = known.get("rates") or {}
    _keep(found, shape, known | {"rates": old | {f"{family}/{network}": rate}, "seen": seen})


# ---------------------------------------------------------------- the engine


def _ask_engine(
    shape: Shape, seconds: float, cancelled: Callable[[], bool], elapsed: Callable[[float], object]
) -> dict[str, Any]:
    words = [*launch.self_command(), "engine", "measure", json.dumps(asdict(shape)), str(seconds)]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=launch.engine_environment()
    ) as process:
        out, error = _waited(process, cancelled, elapsed)
    try:
        return dict(json.loads(out.decode("utf-8", "replace").strip().splitlines()[-1]))
    except (IndexError, ValueError) as problem:
        details = error.decode("utf-8", "replace")[-launch.LOG_TAIL :]
        raise GensmithError(
            "The speed of this machine could not be measured.", "Estimates stay rough.", code=4, details=details
        ) from problem


def _waited(
    process: subprocess.Popen[bytes], cancelled: Callable[[], bool], elapsed: Callable[[float], object]
) -> tuple[bytes, bytes]:
    begun = time.monotonic()
    while True:
        try:
            return process.communicate(timeout=LOOK)
        except subprocess.TimeoutExpired:
            waited = time.monotonic() - begun
            elapsed(waited)
            if cancelled() or waited > PATIENCE:
                process.kill()
                process.communicate()
                if cancelled():
                    raise Cancelled from None
                return b"", b"too slow"


# ---------------------------------------------------------------- what is kept


def _key(found: machine.Machine, shape: Shape) -> str:
    told = "classes" if shape.classes else "no classes"
    device = f"{found.trains_on}: {found.device_name}, torch {machine.torch_version()}"
    squares = f" in squares of {shape.repeat}" if shape.repeat > 1 else ""
    return f"{device}: {shape.size} pixels{squares}, {shape.channels} channels, {told}"


def _keep(found: machine.Machine, shape: Shape, values: dict[str, Any]) -> None:
    remembered.remember(FILE, {_key(found, shape): values})
