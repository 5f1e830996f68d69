"""The run folder: the only interface between the window (or the command line) and the engine's own process.

::

    runs/<when>-<name>/
      spec.json       what to do, frozen            control.json   what the person wants
      events.jsonl    what happened, append-only    process.json   who is working on it
      queued.json     that it waits for its turn
      previews/  checkpoints/  bundle/  report.json
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import new_folder, write_json
from desktop_app.project.processes import sign, signed_by

SPEC_VERSION = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RunSpec(_Frozen):
    """The frozen request: everything that the engine needs. The engine never sees the live project."""

    version: int = SPEC_VERSION
    name: str
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    project: str = Field("", description="The project's name, for the model card.")
    data: str = Field(description="Folder of the encoded arrays, relative to the run folder or absolute.")
    family: str
    network: str = Field("auto", description="Size of the network: auto, tiny, small, medium, large.")
    minutes: float | None = Field(None, gt=0, description="Time to train, in minutes; items, when given, comes first.")
    items: int | None = Field(None, gt=0, description="Training items to go through.")
    seed: int = 0
    conditioning: Literal["none", "class"] = "none"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: int | None = Field(None, ge=1, description="CPU threads; None lets the engine choose.")
    settings: dict[str, Any] = Field(default_factory=dict, description="Overrides of the family's settings.")
    start: str = Field("", description="Run folder or bundle whose weights it starts from, relative or absolute.")
    licence: str = Field("", description="Licence of the material, as stated.")
    evaluate: bool = Field(True, description="Judge the model when training has finished.")


# ---------------------------------------------------------------- events


class _Event(_Frozen):
    time: float = Field(default_factory=time.time, description="Seconds since the epoch.")


class Started(_Event):
    """A process has taken the run up."""

    kind: Literal["started"] = "started"
    pid: int
    device: str
    threads: int
    parameters: int = Field(description="Weights of the network that learns.")
    batch_size: int
    resumed_step: int | None = Field(None, description="Step it goes on from, when it does.")
    held_out_items: int
    training_items: int
    awake: bool = Field(False, description="The machine is kept from going to sleep by itself.")


class Planned(_Event):
    """How much work the run is; said again whenever the plan changes."""

    kind: Literal["planned"] = "planned"
    total_items: int
    network: str
    reason: str = ""


class Phase(_Event):
    """What the engine does when it is not training: preparing, exporting, checking, evaluating."""

    kind: Literal["phase"] = "phase"
    name: Literal["preparing", "measuring", "training", "exporting", "checking", "evaluating"]
    fraction: float = Field(0.0, ge=0, le=1)


class Progress(_Event):
    kind: Literal["progress"] = "progress"
    step: int
    items: int = Field(description="Training items gone through so far.")
    total_items: int
    epoch: float
    elapsed: float = Field(description="Seconds of work so far, all processes of the run together.")
    seconds_left: float
    items_per_second: float
    memory: int = Field(description="Bytes held by the process, or on the GPU where there is one.")


class Metrics(_Event):
    kind: Literal["metrics"] = "metrics"
    step: int
    items: int
    values: dict[str, float] = Field(description="Named figures: loss, held_out_loss, learning_rate, gradient_norm, …")


class Preview(_Event):
    kind: Literal["preview"] = "preview"
    step: int
    items: int
    file: str = Field(description="Sheet of pictures under the run folder; the same seeds in the same places every time.")
    count: int
    columns: int
    labels: list[str] = Field(default_factory=list, description="Class of each picture, when there are classes.")


class Checkpoint(_Event):
    kind: Literal["checkpoint"] = "checkpoint"
    step: int
    items: int
    folder: str
    held_out_loss: float | None = None
    best: bool = False


class Warned(_Event):
    """Something the person should know; the run goes on."""

    kind: Literal["warning"] = "warning"
    code: str
    message: str
    remedy: str = ""
    apply: dict[str, Any] = Field(
        default_factory=dict, description="Settings that are the remedy: a new run that goes on from this one can take them."
    )


Part = Literal["pictures", "training", "preview", "checkpoint", "model"]


class Tried(_Event):
    """A part of a rehearsal went well."""

    kind: Literal["tried"] = "tried"
    part: Part
    seconds: float
    values: dict[str, float] = Field(
        description="What was found. pictures: items; training: items_per_second, batch, at_once, memory, whole (0 where "
        "something else is learned first, at another speed); preview: pictures, bytes, every (seconds); checkpoint: bytes, "
        "most (that there are at a time), saving (seconds); model: bytes, picture (seconds for one), difference (from the "
        "trained network)."
    )


class Paused(_Event):
    """The process has ended and gave all its memory back; a resume continues exactly."""

    kind: Literal["paused"] = "paused"
    step: int


class Evaluated(_Event):
    kind: Literal["evaluated"] = "evaluated"
    file: str = "report.json"


class Finished(_Event):
    """Terminal. The bundle exists, loads and generates."""

    kind: Literal["finished"] = "finished"
    step: int
    bundle: str = "bundle"


class Stopped(_Event):
    """Terminal. The person stopped and kept it; a bundle is there unless nothing had been learned."""

    kind: Literal["stopped"] = "stopped"
    step: int
    bundle: str | None = "bundle"


class Failed(_Event):
    """Terminal. What happened, what to do, and details to copy."""

    kind: Literal["failed"] = "failed"
    message: str
    remedy: str = ""
    details: str = ""


Event = (
    Started
    | Planned
    | Phase
    | Progress
    | Metrics
    | Preview
    | Checkpoint
    | Warned
    | Tried
    | Paused
    | Evaluated
    | Finished
    | Stopped
    | Failed
)
_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
TERMINAL = (Finished, Stopped, Failed)


def read_events(path: Path, offset: int = 0, limit: int = -1) -> tuple[list[Event], int]:
    """Read the whole lines of an ``events.jsonl`` from byte ``offset``; a half-written last line waits.

    Returns the events and the offset to go on from; with a ``limit``, of about so many bytes at most. Lines that
    no longer parse (a torn write before a power cut, an event of a newer Gensmith) are passed over.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            content = stream.read(limit)
            if limit > 0 and len(content) == limit and b"\n" not in content:
                content += stream.readline()  # a line longer than the limit must not hold up the rest
    except FileNotFoundError:
        return [], offset
    whole = content[: content.rfind(b"\n") + 1]
    events: list[Event] = []
    for line in whole.splitlines():
        try:
            events.append(_ADAPTER.validate_json(line))
        except ValidationError:
            continue
    return events, offset + len(whole)


class EventLog:
    """Appends events to ``events.jsonl``: the sink of the engine's generator."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("ab+", buffering=0)
        self._torn = False
        self._end_torn_line()

    def _end_torn_line(self) -> None:
        size = self._stream.seek(0, os.SEEK_END)
        if size:
            self._stream.seek(size - 1)
            if self._stream.read(1) != b"\n":
                self._stream.write(b"\n")

    def write(self, event: Event) -> None:
        """Append one line in one system call; checkpoints and terminal events are flushed to the disk.

        After a failure (the disk was full) the next line begins on its own, so that only the torn one is lost.
        """
        line = event.model_dump_json().encode() + b"\n"
        torn, self._torn = self._torn, True
        content = b"\n" + line if torn else line
        if self._stream.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._torn = False
        if isinstance(event, (Checkpoint, Paused, *TERMINAL)):
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        self._stream.close()


# ---------------------------------------------------------------- control


class Control(_Frozen):
    """What the person wants. Counters, so that a wish is never lost and never answered twice."""

    want: Literal["run", "pause", "stop"] = "run"
    sample_now: int = 0
    save_now: int = 0
    sequence: int = Field(0, description="Grows with every change.")


RunState = Literal["ready", "queued", "running", "paused", "interrupted", "finished", "stopped", "failed"]


class Run:
    """A run folder, read from outside the engine (and, for its paths, inside)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and other.folder == self.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def spec(self) -> RunSpec:
        """The frozen request."""
        try:
            return RunSpec.model_validate_json((self.folder / "spec.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise GensmithError(f"The run {self.name} cannot be read: its spec.json is damaged.", code=3) from error

    @property
    def data_folder(self) -> Path:
        return (self.folder / self.spec.data).resolve()

    @property
    def events_file(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def bundle_folder(self) -> Path:
        return self.folder / "bundle"

    @property
    def checkpoints_folder(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def previews_folder(self) -> Path:
        return self.folder / "previews"

    @property
    def report_file(self) -> Path:
        return self.folder / "report.json"

    @property
    def log_file(self) -> Path:
        """What the engine's process printed; for the details of a failure."""
        return self.folder / "engine.log"

    def events(self) -> list[Event]:
        return read_events(self.events_file)[0]

    def last_events(self, size: int = 64 * 1024) -> list[Event]:
        """The events in about the last ``size`` bytes: what is asked often must not read a long past again."""
        try:
            length = self.events_file.stat().st_size
        except OSError:
            return []
        # From inside a line its rest does not parse and is passed over, as any torn line.
        return read_events(self.events_file, max(0, length - size))[0]

    def report(self) -> dict[str, Any] | None:
        """The evaluation as JSON, if there is one that can be read."""
        try:
            report = json.loads(self.report_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return report if isinstance(report, dict) else None

    # ------------------------------------------------ who works on it

    def claim(self) -> FileLock:
        """Take the run for this process, or say that another has it; called by the engine."""
        lock = FileLock(self.folder / ".engine.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise GensmithError(f"The run {self.name} is already being worked on.", "Wait for it, or stop it first.") from error
        sign(self._signature)
        self._start.unlink(missing_ok=True)
        self.take_up()
        return lock

    def expect(self, pid: int) -> None:
        """Write down that an engine was started, which takes seconds to claim the run; called by who started it."""
        with suppress(psutil.NoSuchProcess, GensmithError):  # it has ended already, or the disk is full
            sign(self._start, pid)

    @property
    def _start(self) -> Path:
        return self.folder / "starting.json"

    @property
    def _signature(self) -> Path:
        return self.folder / "process.json"

    def release(self) -> None:
        """Say that nobody works on it any more; called by the engine as its last word."""
        self._signature.unlink(missing_ok=True)

    def process(self) -> psutil.Process | None:
        """The engine's process if it still lives."""
        return signed_by(self._signature)

    def at_work(self) -> bool:
        """Whether an engine works on it, or was started to."""
        return self.process() is not None or signed_by(self._start) is not None

    # ------------------------------------------------ its turn

    @property
    def queue_file(self) -> Path:
        """The mark of a run that waits for its turn (see :mod:`desktop_app.project.queue`)."""
        return self.folder / "queued.json"

    @property
    def queued(self) -> bool:
        """Whether it waits for its turn."""
        return self.queue_file.is_file()

    def take_up(self) -> None:
        """Its turn has come, or it shall not wait any more."""
        self.queue_file.unlink(missing_ok=True)

    def state(self) -> RunState:
        """What is true now: the events, reconciled with the processes that live."""
        if self.process() is not None:
            return "running"
        if self.queued:
            return "queued"
        return _ending(self.last_events()) or _ending(events := self.events()) or ("interrupted" if events else "ready")

    # ------------------------------------------------ control

    @property
    def _control_file(self) -> Path:
        return self.folder / "control.json"

    def control(self) -> Control:
        """What the person wants now."""
        try:
            return Control.model_validate_json(self._control_file.read_bytes())
        except (OSError, ValidationError):
            return Control()

    def ask(self, want: Literal["run", "pause", "stop"] | None = None, *, sample: bool = False, save: bool = False) -> None:
        """Write a wish for the engine to find at its next step."""
        now = self.control()
        wish = now.model_copy(
            update={
                "want": want or now.want,
                "sample_now": now.sample_now + sample,
                "save_now": now.save_now + save,
                "sequence": now.sequence + 1,
            }
        )
        write_json(self._control_file, wish.model_dump())

    def delete(self) -> None:
        """Remove the folder; refused while a process works on it."""
        if self.at_work():
            raise GensmithError(f"The run {self.name} is still being trained.", "Stop it first.")
        shutil.rmtree(self.folder)


def _ending(events: list[Event]) -> RunState | None:
    """How a run that nobody works on stands by its events; None when they do not tell.

    What an evaluation or another export says after the end does not count.
    """
    states: dict[type, RunState] = {Finished: "finished", Stopped: "stopped", Failed: "failed", Paused: "paused"}
    for event in reversed(events):
        if type(event) in states:
            return states[type(event)]
        afterwards = isinstance(event, Phase) and event.name in ("evaluating", "exporting", "checking")
        if not isinstance(event, (Evaluated, Warned)) and not afterwards:
            return "interrupted"
    return None


def slug(name: str) -> str:
    """A short, portable piece of a folder's name that keeps letters of every script."""
    return re.sub(r"[^\w-]+", "-", name, flags=re.UNICODE).strip("-_")[:40].lower() or "run"


def create_run(runs_folder: Path, spec: RunSpec, fill: Callable[[Path], None] = lambda _: None) -> Run:
    """Make a new run folder with its ``spec.json``, and what ``fill`` puts into it; it appears whole or not at all."""
    stamp = spec.created.astimezone().strftime("%Y%m%d-%H%M%S")
    base = f"{stamp}-{slug(spec.name)}"
    names = [base, *(f"{base}-{number}" for number in range(2, 1000))]
    folder = next(runs_folder / name for name in names if not (runs_folder / name).exists())
    with new_folder(folder) as temporary:
        write_json(temporary / "spec.json", spec.model_dump(mode="json"))
        for name in ("previews", "checkpoints"):
            (temporary / name).mkdir()
        fill(temporary)
    return Run(folder)


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return (folder / "spec.json").is_file()


def list_runs(runs_folder: Path) -> list[Run]:
    """All runs of a project, oldest first."""
    folders = runs_folder.iterdir() if runs_folder.is_dir() else []
    return [Run(folder) for folder in sorted(folders) if is_run(folder) and not folder.name.startswith(".")]
