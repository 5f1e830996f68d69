"""A real process that writes a run folder as the engine does, but learns nothing: quick, and told how to end.

``python small_engine.py engine train RUN``. The run's name says what it shall do: "finish", "fail", "die" (killed in the
middle), "silent" (gone before its first word), "long" (until it is told otherwise). As ``keeper RUNS`` it is the real keeper,
which starts such engines.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from desktop_app.jobs import keeper, launch
from desktop_app.project import runs
from desktop_app.project.runs import EventLog, Run
from desktop_app.runtime.pictures import contact_sheet

STEPS = {"long": 1_000_000}
USUAL_STEPS = 60
PERIOD = float(os.environ.get("SMALL_ENGINE_PERIOD", "0.01"))
BATCH = 32
COUNT, COLUMNS, SIDE = 36, 6, 16


def main() -> int:
    if sys.argv[1] == "keeper":
        launch.self_command = lambda: [sys.executable, __file__]
        return keeper.main(sys.argv[2:])
    verb, folder = sys.argv[2:4]
    run = Run(Path(folder))
    if "silent" in run.spec.name:
        sys.exit("Traceback: No module named 'torch'")
    with run.claim():
        log = EventLog(run.events_file)
        for event in VERBS[verb](run):
            log.write(event)
        log.close()
    return 0


def train(run: Run) -> Iterator[runs.Event]:
    fate = run.spec.name
    total = STEPS.get(fate, USUAL_STEPS)
    first = last_checkpoint(run)
    yield runs.Started(
        pid=os.getpid(), device="cpu", threads=1, parameters=1_234_567, batch_size=BATCH, resumed_step=first or None,
        held_out_items=20, training_items=180, awake=True,
    )  # fmt: skip
    yield runs.Planned(total_items=total * BATCH, network="tiny")
    yield runs.Phase(name="training")
    start, wish, sampled, saved = time.time(), "run", run.control().sample_now, run.control().save_now
    step = first
    while step < total and wish == "run":
        time.sleep(PERIOD)
        step += 1
        if step % 5 == 0:
            yield from figures(step, total, time.time() - start)
        now = run.control()
        wish = now.want
        if step % 20 == 0 or now.sample_now > sampled:
            sampled = now.sample_now
            yield preview(run, step, min(1.0, step / max(total if total < 1000 else 300, 1)))
        if step % 25 == 0 or now.save_now > saved or wish != "run":
            saved = now.save_now
            yield checkpoint(run, step)
        if step == USUAL_STEPS // 2 and fate == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if step == USUAL_STEPS // 2 and fate == "fail":
            yield runs.Failed(message="The loss is no longer a number.", remedy="Halve the learning rate.", details="step 30")
            return
    if wish == "pause":
        yield runs.Paused(step=step)
        return
    yield from ending(run, step, stopped=wish == "stop")


def figures(step: int, total: int, elapsed: float) -> Iterator[runs.Event]:
    share = step / (total if total < 1000 else 400)
    noise = np.random.default_rng(step).normal(0, 0.02 * np.exp(-2 * share))
    loss = 0.12 + 0.5 * np.exp(-5 * share) + noise
    values = {"loss": float(loss), "learning_rate": 2e-3 * max(0.0, 1 - step / total), "gradient_norm": 1 + abs(float(noise))}
    yield runs.Metrics(step=step, items=step * BATCH, values=values)
    if step % 10 == 0:
        held_out = 0.14 + 0.5 * float(np.exp(-4.5 * share))
        yield runs.Metrics(step=step, items=step * BATCH, values={"held_out_loss": held_out})
    speed = step * BATCH / max(elapsed, 1e-3)
    yield runs.Progress(
        step=step, items=step * BATCH, total_items=total * BATCH, epoch=step * BATCH / 180, elapsed=elapsed,
        seconds_left=(total - step) * BATCH / speed, items_per_second=speed, memory=512 * 2**20,
    )  # fmt: skip


def pictures() -> np.ndarray:
    """uint8 (36, 16, 16, 3): squares of many colours."""
    rng = np.random.default_rng(0)
    drawn = np.full((COUNT, SIDE, SIDE, 3), 240, np.uint8)
    for picture, colour in zip(drawn, rng.integers(30, 220, (COUNT, 3)), strict=True):
        picture[4:12, 4:12] = colour
    return drawn


def preview(run: Run, step: int, share: float) -> runs.Preview:
    noise = np.random.default_rng(1).integers(0, 256, (COUNT, SIDE, SIDE, 3))
    mixed = (share * pictures() + (1 - share) * noise).astype(np.uint8)
    file = f"previews/step-{step:09d}.png"
    contact_sheet(mixed, COLUMNS, gap=0).save(run.folder / file)
    return runs.Preview(step=step, items=step * BATCH, file=file, count=COUNT, columns=COLUMNS, labels=["square"] * COUNT)


def checkpoint(run: Run, step: int) -> runs.Checkpoint:
    (run.checkpoints_folder / f"step-{step:09d}").mkdir(exist_ok=True)
    return runs.Checkpoint(step=step, items=step * BATCH, folder=f"checkpoints/step-{step:09d}", held_out_loss=0.2, best=True)


def last_checkpoint(run: Run) -> int:
    return max((int(path.name.removeprefix("step-")) for path in run.checkpoints_folder.iterdir()), default=0)


def ending(run: Run, step: int, *, stopped: bool) -> Iterator[runs.Event]:
    for name in ("exporting", "checking"):
        yield runs.Phase(name=name)
        time.sleep(5 * PERIOD)
    run.bundle_folder.mkdir(exist_ok=True)
    if not stopped:
        yield from evaluate(run)
    yield runs.Stopped(step=step) if stopped else runs.Finished(step=step)


def evaluate(run: Run) -> Iterator[runs.Event]:
    for part in range(5):
        yield runs.Phase(name="evaluating", fraction=part / 5)
        time.sleep(2 * PERIOD)
    run.report_file.write_text('{"verdict": {"state": "good", "sentence": "It draws well."}, "measures": {}}')
    yield runs.Evaluated()


def rehearse(run: Run) -> Iterator[runs.Event]:
    """All parts of a rehearsal; "fail" and "die" end in the middle, "long" stays there."""
    fate = run.spec.name
    yield runs.Started(
        pid=os.getpid(), device="cpu", threads=1, parameters=1_234_567, batch_size=BATCH, held_out_items=20, training_items=180
    )
    yield runs.Planned(total_items=USUAL_STEPS * BATCH, network="tiny")
    yield runs.Tried(part="pictures", seconds=0.1, values={"items": 200})
    for part in range(STEPS.get(fate, 5)):
        yield runs.Phase(name="training", fraction=min(1.0, part / 5))
        time.sleep(PERIOD)
    if fate == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if fate == "fail":
        yield runs.Failed(message="There was not enough memory.", remedy="Choose a smaller network.", details="step 3")
        return
    found = {"items_per_second": 512.0, "batch": BATCH, "at_once": BATCH, "memory": 512 * 2**20, "whole": 1}
    yield runs.Tried(part="training", seconds=5 * PERIOD, values=found)
    yield runs.Tried(part="preview", seconds=0.4, values={"pictures": COUNT, "bytes": 2**20, "every": 12.0})
    yield runs.Tried(part="checkpoint", seconds=0.3, values={"bytes": 10 * 2**20, "most": 4, "saving": 0.2})
    yield runs.Tried(part="model", seconds=2.0, values={"bytes": 5 * 2**20, "picture": 0.05, "difference": 1e-7})
    yield runs.Finished(step=5)


VERBS = {"train": train, "evaluate": evaluate, "rehearse": rehearse}

if __name__ == "__main__":
    sys.exit(main())
