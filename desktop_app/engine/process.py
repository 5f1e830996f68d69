"""The engine's own process: takes a run up, works, writes events. Serves the window, the command line and the launcher."""

from __future__ import annotations

import errno
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import torch

from desktop_app.engine import checkpoints, hardware, measuring, rehearsal
from desktop_app.engine.awake import kept_awake
from desktop_app.engine.evaluating import evaluate_run
from desktop_app.engine.export import export
from desktop_app.engine.training import Training, prepare, train
from desktop_app.project import runs
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Event, EventLog, Run

FAILED = 5


class Interrupt:
    """Set when the system asks the process to end; the training then pauses instead of dying."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C belongs to the command that follows the run

    def _note(self, *_: object) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def main(arguments: list[str]) -> int:
    """``train RUN``, ``rehearse RUN``, ``evaluate RUN`` or ``export RUN``, or ``measure SHAPE SECONDS``; the exit code."""
    if arguments[:1] == ["measure"]:
        return measuring.main(arguments[1:])
    verb, folder = arguments
    run = Run(Path(folder).absolute())
    interrupt = Interrupt()
    with run.claim():
        log = EventLog(run.events_file)
        try:
            return follow(VERBS[verb](run, interrupt), log)
        finally:
            log.close()
            run.release()


def follow(events: Iterator[Event], log: EventLog) -> int:
    """Write events until the last; whatever goes wrong becomes the terminal event, in words."""
    try:
        for event in events:
            _write(event, log)
    except Cancelled:
        return 0
    except BaseException as error:
        log.write(explained(error))
        traceback.print_exc(file=sys.stderr)
        return FAILED
    return 0


def _write(event: Event, log: EventLog) -> None:
    """A full disk may cost a figure of the curve, never the training."""
    try:
        log.write(event)
    except OSError as error:
        if error.errno != errno.ENOSPC or isinstance(event, runs.TERMINAL):
            raise


def explained(error: BaseException) -> runs.Failed:
    """A failure as a person reads it, with the details to copy."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, GensmithError):
        return runs.Failed(message=error.message, remedy=error.remedy, details=details)
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        remedy = "Choose a smaller network, fewer pictures at a time, or smaller pictures, and go on."
        return runs.Failed(message="There was not enough memory.", remedy=remedy, details=details)
    if isinstance(error, OSError):
        return runs.Failed(message=f"A file could not be used: {error}.", remedy="Check the disk and go on.", details=details)
    message = f"Something unexpected happened: {type(error).__name__}: {error}"[:500]
    return runs.Failed(
        message=message, remedy="Go on from the last checkpoint; if it happens again, report it.", details=details
    )


def run_train(run: Run, interrupted: Callable[[], bool]) -> Iterator[Event]:
    """Train, export, judge; exactly one terminal event, and ``finished`` only when the bundle is there."""
    with kept_awake() as keeper:
        yield from _train(run, interrupted, awake=bool(keeper))


def _train(run: Run, interrupted: Callable[[], bool], *, awake: bool) -> Iterator[Event]:
    spec = run.spec
    hardware.settle(hardware.device(spec.device), spec.threads)
    last: Event | None = None
    for last in train(run, interrupted=interrupted, awake=awake):
        yield last
    if isinstance(last, runs.Paused):
        return
    stopped = run.control().want == "stop"
    found = checkpoints.newest(run.checkpoints_folder)
    step = found[1].step if found else 0
    if step == 0:
        yield runs.Stopped(step=0, bundle=None)
        return
    yield from _export(run)
    if spec.evaluate and not stopped:
        yield from _evaluate(run)
    yield runs.Stopped(step=step) if stopped else runs.Finished(step=step)


def run_rehearse(run: Run, interrupted: Callable[[], bool]) -> Iterator[Event]:
    """Try everything once; ``finished`` means that all of it works. The checkpoint is taken up as a resume would."""
    spec = run.spec
    hardware.settle(hardware.device(spec.device), spec.threads)
    yield from rehearsal.rehearse(run, interrupted, rehearsal.SECONDS)
    yield from _export(run, interrupted)
    yield rehearsal.draw(run.bundle_folder)
    found = checkpoints.newest(run.checkpoints_folder)
    yield runs.Finished(step=found[1].step if found else 0)


def run_export(run: Run, interrupted: Callable[[], bool]) -> Iterator[Event]:
    """Export the best checkpoint again; the run then stands as it did, or as stopped where it had not ended.

    When it is interrupted, the model that was there is there as before.
    """
    hardware.settle(torch.device("cpu"), run.spec.threads)
    finished = any(isinstance(event, runs.Finished) for event in run.events())
    found = checkpoints.newest(run.checkpoints_folder)
    if found is None:
        raise GensmithError(f"The run {run.name} has learned nothing that could be made a model of.", "Train it first.", code=3)
    yield from _export(run, _unwanted(run, interrupted))
    yield runs.Finished(step=found[1].step) if finished else runs.Stopped(step=found[1].step)


def run_evaluate(run: Run, interrupted: Callable[[], bool]) -> Iterator[Event]:
    """Judge a run that has a bundle; what goes wrong is a warning, for the model is as good as before."""
    hardware.settle(torch.device("cpu"), run.spec.threads)
    if not run.bundle_folder.is_dir():
        raise GensmithError(f"The run {run.name} has no model to judge yet.", "Train it to the end, or stop and keep it.")
    yield from _evaluate(run, interrupted)


def _export(run: Run, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
    yield runs.Phase(name="exporting")
    training = prepare(run)
    _take_best(training)
    data = training.data

    def work(fraction: Callable[[float], None]) -> None:
        export(
            training.learner,
            run.spec,
            run.bundle_folder,
            classes=data.classes,
            shape=(data.channels, data.size, data.size),
            repeat=data.repeat,
            items=len(data),
            fraction=fraction,
            cancelled=cancelled,
        )

    yield from _told("exporting", work)
    yield runs.Phase(name="checking", fraction=1.0)


def _take_best(training: Training) -> None:
    """Put the weights of the checkpoint with the lowest held-out loss in place of the newest."""
    best = checkpoints.best(training.run.checkpoints_folder)
    if best is not None:
        training.learner.load_tensors(checkpoints.load(best)[1])


def _unwanted(run: Run, interrupted: Callable[[], bool]) -> Callable[[], bool]:
    """Whether what is done with a run is to end: the system or the person asks for it."""
    return lambda: interrupted() or run.control().want == "stop"


def _evaluate(run: Run, interrupted: Callable[[], bool] = lambda: False) -> Iterator[Event]:
    """Judge, telling how far it is; what goes wrong is a warning, and the model as good as before."""
    try:
        yield from _told(
            "evaluating", lambda fraction: evaluate_run(run, lambda share, _: fraction(share), _unwanted(run, interrupted))
        )
        yield runs.Evaluated()
    except Cancelled:
        return
    except Exception as error:
        said = explained(error)
        sys.stderr.write(said.details)
        yield runs.Warned(code="not evaluated", message=f"The model could not be judged. {said.message}", remedy=said.remedy)


def _told(name: Literal["exporting", "evaluating"], work: Callable[[Callable[[float], None]], None]) -> Iterator[Event]:
    """Work in a thread, so that how far it is can be told while it goes on; its failure is raised here in the end."""
    share, failure = [0.0], []

    def body() -> None:
        try:
            work(lambda value: share.__setitem__(0, value))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=body, name=name)
    thread.start()
    told = -1.0
    while thread.is_alive():
        if share[0] - told >= 0.01:
            told = share[0]
            yield runs.Phase(name=name, fraction=min(1.0, told))
        thread.join(0.2)
    if failure:
        raise failure[0]


VERBS: dict[str, Callable[[Run, Callable[[], bool]], Iterator[Event]]] = {
    "train": run_train,
    "rehearse": run_rehearse,
    "export": run_export,
    "evaluate": run_evaluate,
}
