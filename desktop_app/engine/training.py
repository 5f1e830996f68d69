"""The training loop: a generator of events that reads top-down. Whoever consumes it decides where the events go."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import cast

import psutil
import torch
from torch import Tensor

from desktop_app.engine import checkpoints, families, hardware, sizing, starting
from desktop_app.engine.batches import Dataset, mix
from desktop_app.engine.budget import Budget
from desktop_app.engine.families.declaration import Shape, resolve
from desktop_app.engine.families.learner import Context, Learner, Moment, factory
from desktop_app.engine.families.levers import Levers
from desktop_app.engine.symmetry import mirror_is_safe
from desktop_app.engine.watch import Watch
from desktop_app.project import runs
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_with
from desktop_app.project.runs import Event, Run, RunSpec, Warned
from desktop_app.runtime.pictures import contact_sheet, enlarged

PREVIEW_COUNT = 36
PREVIEW_SHARE = 1 / 30
"""Previews may take this share of the time."""
HELD_OUT_SHARE = 1 / 100
FIRST_SHOWN = 8
"""Steps before the first preview: a large network on a slow machine would draw for longer than it has learned."""
METRICS_SECONDS = 0.25
CONTROL_SECONDS = 0.1
CHECKPOINT_SECONDS = 40.0
"""A crash loses at most this much work, and what a checkpoint takes to write."""
SETBACKS = 3
"""Times that an unstable training is rolled back before it is given up."""


class Cadence:
    """Says when something is due: every ``least`` seconds, and so rarely that it stays below ``share`` of the time."""

    def __init__(self, least: float, share: float = 1.0, first: float = 0.0) -> None:
        self.least, self.share = least, share
        self._due = time.perf_counter() + first

    def due(self) -> bool:
        return time.perf_counter() >= self._due

    def pause(self, took: float) -> float:
        """Seconds until it is due again, after something that took so many."""
        return max(self.least, took / self.share)

    def part(self, took: float) -> float:
        """Share of the time that work of so many seconds gets."""
        return took / (took + self.pause(took))

    def done(self, took: float = 0.0) -> None:
        """Start waiting again, after something that took so many seconds."""
        self._due = time.perf_counter() + self.pause(took)


class Rhythm:
    """When what is due."""

    def __init__(self) -> None:
        self.preview, self.progress = Cadence(4.0, PREVIEW_SHARE, first=2.0), Cadence(METRICS_SECONDS)
        self.held_out, self.checkpoint = Cadence(5.0, HELD_OUT_SHARE), Cadence(CHECKPOINT_SECONDS, first=15.0)
        self.control = Cadence(CONTROL_SECONDS)

    def share(self, preview: float, held_out: float, checkpoint: float) -> float:
        """Share of the time that is not spent on steps, when each of these takes so many seconds."""
        return self.preview.part(preview) + self.held_out.part(held_out) + self.checkpoint.part(checkpoint)


class Unstable(Exception):
    """The training has lost its way; the message says how, as the end of a sentence."""


@dataclass
class Training:
    """A run in progress.

    Attributes
    ----------
    before
        Seconds of work in earlier processes.
    notes
        What the person should be told and was not yet.
    setbacks
        How often the training was rolled back.
    micro
        Size of the parts of a batch that was told last.
    best
        Lowest figure on held-out items in this process.
    drew
        Whether the last of them was of a learner that drew by then.
    recent
        Mean figures of the last report.
    """

    run: Run
    spec: RunSpec
    data: Dataset
    learner: Learner
    budget: Budget
    watch: Watch
    network: str
    device: torch.device
    step: int = 0
    before: float = 0.0
    started: float = field(default_factory=time.perf_counter)
    losses: list[dict[str, Tensor]] = field(default_factory=list)
    answered: tuple[int, int] = (0, 0)
    notes: list[Warned] = field(default_factory=list)
    setbacks: int = 0
    micro: int = 0
    best: float = math.inf
    drew: bool = False
    recent: dict[str, float] = field(default_factory=dict)

    @property
    def items(self) -> int:
        return self.step * self.learner.batch_size

    @property
    def elapsed(self) -> float:
        return self.before + time.perf_counter() - self.started

    @property
    def complete(self) -> bool:
        return self.items >= self.budget.total_items

    def told(self) -> Iterator[Warned]:
        """What is to be told, once."""
        while self.notes:
            yield self.notes.pop(0)


def train(run: Run, *, interrupted: Callable[[], bool] = lambda: False, awake: bool = False) -> Iterator[Event]:
    """Train until the plan is fulfilled or the person wants otherwise; the last event says which.

    Yields
    ------
    Event
        ``Paused`` or ``Stopped`` last when that was wanted; nothing terminal when the training is complete: exporting
        and judging come after it.

    Parameters
    ----------
    interrupted
        Asked at every step; True pauses (the system is shutting down).
    awake
        Whether the machine is kept from going to sleep meanwhile: it is told.
    """
    yield runs.Phase(name="preparing")
    training = prepare(run)
    yield started(training, awake)
    yield planned(training)
    yield runs.Phase(name="training")
    yield from training.told()
    if not training.step:
        yield keep_or_warn(training)  # so that there is something to roll back to
    rhythm, want = Rhythm(), "run"
    while not training.complete and want == "run":
        try:
            learn(training)
            want = yield from turn(training, rhythm, interrupted)
            if training.complete:
                yield from figures(training)
        except Unstable as reason:
            yield roll_back(training, reason)
        yield from training.told()
    yield from figures(training)
    yield judge(training)
    yield show(training)
    yield keep(training)
    yield from training.told()
    if want == "pause":
        yield runs.Paused(step=training.step)


def turn(training: Training, rhythm: Rhythm, interrupted: Callable[[], bool]) -> Generator[Event, None, str]:
    """What is due after a step; returns what the person wants: run, pause or stop."""
    want = "run"
    if rhythm.control.due():
        want, sample_now, save_now = wishes(training, interrupted)
        rhythm.control.done()
        if sample_now:
            yield timed(rhythm.preview, lambda: show(training))
        if save_now:
            yield timed(rhythm.checkpoint, lambda: keep_or_warn(training))
    if rhythm.progress.due():
        yield from figures(training)
        rhythm.progress.done()
    if rhythm.held_out.due():
        yield timed(rhythm.held_out, lambda: judge(training))
    if rhythm.preview.due() and training.step >= FIRST_SHOWN:
        yield timed(rhythm.preview, lambda: show(training))
    if rhythm.checkpoint.due():
        yield timed(rhythm.checkpoint, lambda: keep_or_warn(training))
    return want


# ---------------------------------------------------------------- beginning


def prepare(run: Run) -> Training:
    """Open the data, choose the network, and go on from the newest checkpoint where there is one."""
    spec = run.spec
    family = families.get(spec.family)
    settings = cast(Levers, resolve(family.settings, spec.settings))
    device = hardware.device(spec.device)
    found = checkpoints.newest(run.checkpoints_folder)
    data = Dataset.load(
        run.data_folder, conditioned=spec.conditioning == "class", device=device, repeat=found[1].repeat if found else None
    )
    shape = Shape(data.size, data.channels, len(data.classes), len(data), data.repeat)
    network, total, settled = _plan(spec, shape, settings, device) if found is None else _plan_of(found[1])
    data.layout = _layout(found[1] if found else None, device)
    torch.manual_seed(mix(spec.seed, 0))
    mirror = mirror_is_safe(data.sample()[0]) if settings.mirror is None else settings.mirror
    context = Context(shape, network, settings, total / len(data), *data.statistics(), device, data.layout, mirror, data.sample)
    learner = factory(family.learner)(context)
    budget = Budget(total, settled, settings.schedule, settings.warm_up)
    watch = Watch(family, data.sample()[0], data.validation()[0])
    training = Training(run, spec, data, learner, budget, watch, network, device, micro=learner.micro)
    wish = run.control()
    training.answered = (wish.sample_now, wish.save_now)
    if found is None:
        _begin(training)
    else:
        _go_on(training, found[1], found[2])
    return training


def _begin(training: Training) -> None:
    """The first step is near: take over the weights of an earlier model, look at the data."""
    spec = training.spec
    if spec.start:
        path = training.run.folder / spec.start
        taken, total = training.learner.adopt(starting.load(path, spec.family))
        training.notes.append(_taken_over(path.stem, taken / max(1, total)))
    training.learner.begin()


def _taken_over(name: str, share: float) -> Warned:
    if share > 0.99:  # a graph leaves out what only training asks for
        return Warned(code="start", message=f"It goes on from {name}: all of its weights fit.")
    if share > 0:
        rest = "The rest begins anew, because sizes, classes or pictures differ."
        return Warned(code="start", message=f"It goes on from {name}: {share:.0%} of the weights fit. {rest}")
    return Warned(
        code="start",
        message=f"Nothing of {name} fits this network, so that it begins anew.",
        remedy="Choose the same size of pictures and of network to go on from it.",
    )


def _plan(spec: RunSpec, shape: Shape, settings: Levers, device: torch.device) -> tuple[str, int, bool]:
    """Network, length in items and whether that is final, for a run that begins."""
    family, minutes = families.get(spec.family), spec.minutes or 5.0
    if spec.network == "auto" and spec.items is None:
        estimate = sizing.chosen(family, shape, settings, device, minutes)
    else:
        named = family.networks[1] if spec.network == "auto" else spec.network
        estimate = family.estimate(shape, named, minutes, hardware.gflops(device))
    total = spec.items or max(1, round(estimate.items_per_second * minutes * 60))
    return estimate.network, total, spec.items is not None


def _layout(state: checkpoints.State | None, device: torch.device) -> torch.memory_format:
    if state is None:
        return hardware.memory_format(device)
    return torch.channels_last if state.channels_last else torch.contiguous_format


def _plan_of(state: checkpoints.State) -> tuple[str, int, bool]:
    return state.network, state.total_items, state.settled


def _go_on(training: Training, state: checkpoints.State, tensors: dict[str, Tensor]) -> None:
    training.learner.load_tensors(tensors)
    training.step, training.before = state.step, state.elapsed
    training.budget.total_items, training.budget.settled = state.total_items, state.settled
    training.budget.slower, training.setbacks = state.slower, state.setbacks
    training.started = time.perf_counter()


def started(training: Training, awake: bool = False) -> runs.Started:
    """The event that tells who works, and on what."""
    return runs.Started(
        pid=psutil.Process().pid,
        device=str(training.device),
        threads=torch.get_num_threads(),
        parameters=training.learner.parameters_count,
        batch_size=training.learner.batch_size,
        resumed_step=training.step or None,
        held_out_items=len(training.data.held_out),
        training_items=len(training.data),
        awake=awake,
    )


def planned(training: Training) -> runs.Planned:
    """The event that tells how much work there is."""
    passes = training.budget.total_items / len(training.data)
    reason = f"Every picture will be seen about {passes:,.0f} times."
    side = training.data.repeat
    if side > 1:
        reason += f" They consist of squares of {side} × {side} pixels: each is learned as one, and drawn as a square."
    return runs.Planned(total_items=training.budget.total_items, network=training.network, reason=reason)


# ---------------------------------------------------------------- learning


def learn(training: Training) -> None:
    """One step. Its randomness comes from the seed and the step, so that a resumed run repeats it."""
    torch.manual_seed(mix(training.spec.seed, 2, training.step))
    size = training.learner.batch_size
    pictures, labels = training.data.batch(training.step, size, training.spec.seed)
    budget = training.budget
    moment = Moment(training.step, budget.rate(training.step, size), budget.progress(training.step, size))
    training.losses.append(training.learner.train_step(pictures, labels, moment))
    training.step += 1
    if training.spec.minutes and training.step % 8 == 0:
        training.budget.revise(training.items, training.elapsed, training.spec.minutes * 60, size)


def roll_back(training: Training, reason: Unstable) -> Warned:
    """Return to the last good checkpoint with half the learning rate.

    Raises
    ------
    GensmithError
        It was tried :data:`SETBACKS` times, or there is nothing to return to.
    """
    found = checkpoints.newest(training.run.checkpoints_folder)
    if found is None or training.setbacks >= SETBACKS:
        raise GensmithError(
            f"The training became unstable at step {training.step:,}: {reason}. Rolling back {training.setbacks} times with "
            "a lower learning rate did not help.",
            "Lower “How fast it learns” and start again; the checkpoints before it are kept.",
            code=5,
        )
    setbacks, slower, elapsed, step = training.setbacks + 1, training.budget.slower / 2, training.elapsed, training.step
    _go_on(training, found[1], found[2])
    training.setbacks, training.budget.slower, training.before = setbacks, slower, elapsed
    training.losses.clear()
    training.best = math.inf
    return Warned(
        code="rolled back",
        message=f"The training became unstable at step {step:,}: {reason}. It went back to step {training.step:,} and goes on "
        f"at {slower:.3g} times the learning rate.",
        remedy="If it happens again, lower “How fast it learns” or limit every step more.",
    )


def wishes(training: Training, interrupted: Callable[[], bool]) -> tuple[str, bool, bool]:
    """What the person wants now: run, pause or stop; a preview; a checkpoint."""
    wish = training.run.control()
    sample, save = wish.sample_now > training.answered[0], wish.save_now > training.answered[1]
    training.answered = (wish.sample_now, wish.save_now)
    return ("pause" if interrupted() else wish.want), sample, save


def timed(cadence: Cadence, work: Callable[[], Event]) -> Event:
    """Do the work and tell its cadence what it took."""
    start = time.perf_counter()
    event = work()
    cadence.done(time.perf_counter() - start)
    return event


# ---------------------------------------------------------------- telling


def figures(training: Training) -> Iterator[Event]:
    """Progress, and the mean of what was measured since the last time."""
    if not training.losses:
        return
    values = {name: float(torch.stack([row[name] for row in training.losses]).mean()) for name in training.losses[0]}
    training.losses.clear()
    if not all(map(math.isfinite, values.values())):
        raise Unstable("its loss is no longer a number")
    training.recent = dict(values)
    training.notes += training.learner.findings(values)
    if training.learner.micro != training.micro:
        training.micro = training.learner.micro
        training.notes.append(_memory_was_full(training.micro))
    rate = training.budget.rate(training.step, training.learner.batch_size)
    values["learning_rate"] = max(0.0, rate) * training.learner.learning_rate
    yield runs.Metrics(step=training.step, items=training.items, values=values)
    yield progress_of(training)


def _memory_was_full(micro: int) -> Warned:
    return Warned(
        code="memory",
        message=f"The memory was full, so batches are now worked through in parts of {micro:,}. The result is the same.",
        remedy="Close other programs, or choose a smaller network or smaller pictures, for more speed.",
    )


def progress_of(training: Training) -> runs.Progress:
    """How far it is."""
    elapsed, items, total = training.elapsed, training.items, training.budget.total_items
    speed = items / elapsed if elapsed else 0.0
    return runs.Progress(
        step=training.step,
        items=items,
        total_items=max(items, total),
        epoch=items / len(training.data),
        elapsed=elapsed,
        seconds_left=max(0.0, (total - items) / speed) if speed else 0.0,
        items_per_second=speed,
        memory=hardware.memory(training.device),
    )


def judge(training: Training) -> runs.Metrics:
    """The loss on held-out items."""
    loss = _held_out_loss(training)
    if training.learner.draws:
        training.notes += training.watch.losses(training.recent.get("loss"), loss)
    return runs.Metrics(step=training.step, items=training.items, values={"held_out_loss": loss})


def _held_out_loss(training: Training) -> float:
    loss = training.learner.held_out_loss(*training.data.validation())
    if not math.isfinite(loss):
        raise Unstable("its loss on pictures kept aside is no longer a number")
    if training.learner.draws != training.drew:
        training.drew, training.best = training.learner.draws, math.inf  # a loss of another kind from here on
    if loss > families.get(training.spec.family).divergence * training.best:
        raise Unstable(f"its loss on pictures kept aside has grown to {loss:.3g} from {training.best:.3g}")
    training.best = min(training.best, loss)
    return loss


def show(training: Training) -> runs.Preview:
    """Draw the preview's fixed seeds and write them as one sheet."""
    classes = training.data.classes
    count = PREVIEW_COUNT if training.data.size * training.data.repeat <= 64 else PREVIEW_COUNT // 4
    pictures = training.learner.sample(count, training.spec.seed, len(classes), quick=not training.complete)
    if training.learner.draws:
        training.notes += training.watch.pictures(pictures)
    columns = round(math.sqrt(count))
    file = training.run.previews_folder / f"step-{training.step:09d}.png"
    sheet = contact_sheet(enlarged(pictures, training.data.repeat), columns, gap=0)
    write_with(file, lambda temporary: sheet.save(temporary, "PNG"))
    labels = [classes[index % len(classes)] for index in range(count)] if classes else []
    return runs.Preview(
        step=training.step, items=training.items, file=f"previews/{file.name}", count=count, columns=columns, labels=labels
    )


def keep_or_warn(training: Training) -> Event:
    """A checkpoint; a disk that refuses is said, and the training goes on: the next one may succeed."""
    try:
        return keep(training)
    except GensmithError as error:
        remedy = f"{error.remedy} Training goes on, and saving is tried again."
        return runs.Warned(code="not saved", message=f"A checkpoint could not be saved. {error.message}", remedy=remedy)


def keep(training: Training) -> runs.Checkpoint:
    """Write a checkpoint and tidy up the older ones."""
    loss = _held_out_loss(training)
    state = checkpoints.State(
        step=training.step,
        items=training.items,
        elapsed=training.elapsed,
        total_items=training.budget.total_items,
        settled=training.budget.settled,
        network=training.network,
        held_out_loss=loss,
        draws=training.learner.draws,
        channels_last=training.data.layout is torch.channels_last,
        slower=training.budget.slower,
        setbacks=training.setbacks,
        repeat=training.data.repeat,
    )
    folder = training.run.checkpoints_folder
    path = checkpoints.save(folder, state, training.learner.tensors())
    checkpoints.prune(folder)
    return runs.Checkpoint(
        step=training.step,
        items=training.items,
        folder=f"checkpoints/{path.name}",
        held_out_loss=loss,
        best=checkpoints.best(folder) == path,
    )
