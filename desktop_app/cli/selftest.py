"""Proves that this installation works: a sample's whole journey, an engine killed on the way, every page of the window."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from desktop_app import __version__
from desktop_app.cli import follow, generate
from desktop_app.cli.terminal import Output
from desktop_app.deployment.generator import generator_folder, hand_on, program_in
from desktop_app.jobs import catalog, journey, launch, variants
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Checkpoint, Event, Progress, Run
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Request, open_bundle, pack

SAMPLE = "digits"
PATIENCE = 900.0
"""Seconds after which a step that does not end has failed; on a machine that others keep busy a step may take minutes."""
ENDLESS = 10**9
"""Pictures to train on: so many that the engine is never done before it is killed."""
DRAWN = 4
State = Literal["passed", "failed", "absent"]
MARKS = {"passed": "✓", "failed": "✗", "absent": "–"}


@dataclass(frozen=True)
class Result:
    """How a step went.

    Attributes
    ----------
    state
        ``absent``: this installation has no such part, which is no failure.
    message
        What was seen, or what went wrong and what to do.
    """

    step: str
    state: State
    message: str
    seconds: float


class Absent(Exception):
    """This installation has no such part; the text says which."""


class Trial:
    """One journey in a folder of its own; each step returns what it has seen.

    Parameters
    ----------
    family
        Kind of model to train.
    """

    def __init__(self, folder: Path, family: str, output: Output) -> None:
        self.folder, self.family, self.output = folder, family, output
        self.project = folder / "Selbst-Prüfung 自"  # names in any script must do
        self.file = folder / "model.gensmith"
        self.saved = 0

    @property
    def run(self) -> Run:
        """The only run."""
        return Project.open(self.project, read_only=True).runs()[0]

    # ------------------------------------------------ step by step

    def bring_in(self) -> str:
        """Import the sample."""
        journey.make_sample_project(SAMPLE, self.project)
        with Project.open(self.project) as project:
            data = project.document.data
            project.change("architecture", family=self.family, network="tiny")
            project.change("training", items=ENDLESS, settings={self.family: {"batch_size": 8}})
            launch.new_run(project, device="cpu")
        return f"{data.found:,} pictures found, {data.used:,} used"

    def train(self) -> str:
        """Train until something is saved, then kill the engine."""
        with _engine(self.run) as engine:
            _wait(engine, Progress, 1)
            self.run.ask(save=True)
            self.saved = _wait(engine, Checkpoint, 1).step
        return f"{self.saved} steps, saved"

    def survive(self) -> str:
        """See that what the kill left behind is known for what it is."""
        if (state := self.run.state()) != "interrupted":
            raise GensmithError(f"A run whose engine was killed counts as {state}.", "Please report this.", code=1)
        return "its engine was killed, and the run counts as interrupted"

    def resume(self) -> str:
        """Go on, then stop and keep: the engine exports what it has learned."""
        with _engine(self.run) as engine:
            step = _wait(engine, Progress, self.saved + 1).step
            self.run.ask("stop")
            _wait_for_end(engine)
        if self.run.state() != "stopped":
            raise _broken(self.run)
        return f"from step {self.saved} to {step}, then stopped and kept"

    def export(self) -> str:
        """Pack the model into one file and open it again."""
        pack(self.run.bundle_folder, self.file)
        proof = open_bundle(self.file).manifest.parity
        if proof is None:
            raise GensmithError("The exported model was not compared with the trained one.", "Please report this.", code=1)
        return f"{self.file.stat().st_size:,} bytes, differs from the trained model by {proof.max_abs_error:.0e}"

    def evaluate(self) -> str:
        """Judge it against the pictures kept aside."""
        with _engine(self.run, "evaluate") as engine:
            _wait_for_end(engine)
        report = self.run.report()
        if report is None:
            raise _broken(self.run)
        measured = [name for name, measure in report["measures"].items() if measure["value"] is not None]
        return f"{len(measured)} measures"

    def generate(self) -> str:
        """Draw twice from the file: the same seed gives the same bytes."""
        drawn = [self._draw(name) for name in ("once", "again")]
        if drawn[0] != drawn[1] or len(set(drawn[0])) < DRAWN:
            raise GensmithError("The same seed drew other pictures, or all alike.", "Please report this.", code=1)
        return f"{DRAWN} pictures, the same again from the same seed"

    def _draw(self, name: str) -> list[bytes]:
        place, silent = generate.Place(self.folder / name), Output(quiet=True)
        paths = generate.draw(self.file, place, Request(count=DRAWN, steps=4 if self.has_sampler else None), silent)
        return [path.read_bytes() for path in paths]

    def shrink(self) -> str:
        """Make a variant with 8 bits in a process of its own, and draw with it."""
        small = self.folder / "small.gensmith"
        variant = variants.make(self.file, "int8", small).variant
        assert variant is not None
        drawn = len(list(open_bundle(small).generate(Request(count=1))))
        return f"{variant.smaller:.1f} times smaller with 8 bits, {drawn} picture drawn with it"

    @property
    def has_sampler(self) -> bool:
        """Whether the model draws in several strokes."""
        return open_bundle(self.file).manifest.sampler is not None

    def pages(self) -> str:
        """Open every page of the window in a process of its own, for this one has no Qt."""
        if importlib.util.find_spec("PySide6") is None:
            raise Absent("Qt is not installed, so there is no window")
        said = _window([*launch.self_command(), "pages", str(self.project)])
        return ", ".join(said["pages"])

    def hand_on(self) -> str:
        """Deploy the model with the program that draws with it, and let that draw the same pictures."""
        try:
            generator_folder()
        except GensmithError as error:
            raise Absent("the program that is handed on is not part of this installation") from error
        made = hand_on(self.file, self.folder / "handed on")
        drawn = _window([str(program_in(made.folder)), "selftest"])["pictures"].values()
        ours = open_bundle(self.file).generate(Request(count=len(drawn)))
        if list(drawn) != [hashlib.sha256(picture.png()).hexdigest() for picture in ours]:
            raise GensmithError("The program that is handed on draws other pictures.", "Please report this.", code=1)
        return f"{len(drawn)} pictures, the same as here; {made.archive.stat().st_size:,} bytes to hand on"


STEPS: dict[str, Callable[[Trial], str]] = {
    "import": Trial.bring_in,
    "train": Trial.train,
    "kill": Trial.survive,
    "resume": Trial.resume,
    "export": Trial.export,
    "evaluate": Trial.evaluate,
    "generate": Trial.generate,
    "shrink": Trial.shrink,
    "pages": Trial.pages,
    "hand on": Trial.hand_on,
}


# ---------------------------------------------------------------- the engine


@contextlib.contextmanager
def _engine(run: Run, verb: launch.Verb = "train") -> Iterator[follow.Engine]:
    """An engine that does not outlive the block."""
    engine = follow.Engine.start(run, verb)
    try:
        yield engine
    finally:
        engine.kill()
        engine.news()


def _wait(engine: follow.Engine, kind: type[Progress | Checkpoint], step: int) -> Progress | Checkpoint:
    """The first event of a kind at ``step`` or later."""
    for event in _news(engine):
        if isinstance(event, kind) and event.step >= step:
            return event
    raise _broken(engine.run)


def _wait_for_end(engine: follow.Engine) -> None:
    for _ in _news(engine):
        pass


def _news(engine: follow.Engine) -> Iterator[Event]:
    """What the engine tells until it ends or the patience does."""
    deadline, works = time.monotonic() + PATIENCE, True
    while works and time.monotonic() < deadline:
        works = engine.works()
        yield from engine.news()
        time.sleep(follow.POLL if works else 0)


def _broken(run: Run) -> GensmithError:
    """Why an engine did not come to where it should."""
    failures = [event for event in run.last_events() if event.kind == "failed"]
    message = failures[-1].message if failures else f"The engine did not get there within {PATIENCE:.0f} s, or ended before."
    return GensmithError(message, code=5, details=launch.log_tail(run))


# ---------------------------------------------------------------- the window


def _window(command: list[str]) -> dict[str, Any]:
    """What a process with a window says in its last line; drawn into memory unless a screen is named."""
    environment = {"QT_QPA_PLATFORM": "offscreen"} | dict(os.environ)
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", errors="replace", env=environment, timeout=PATIENCE,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        raise _window_trouble(done.stderr)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _window_trouble(said: str) -> Exception:
    """Why the pages did not open: a part of the system that Qt needs is absent, or something is broken."""
    library = re.search(r"(\S+\.so[.\d]*): cannot open", said)
    if library:
        return Absent(f"the window cannot open here: {library[1]} is missing")
    if "could not find the Qt platform plugin" in said.replace("Could", "could"):
        return Absent("Qt has nothing to draw on here")
    return GensmithError("A window does not open.", "Please report this.", code=1, details=said)


# ---------------------------------------------------------------- all of it


def selftest(family: str, output: Output) -> int:
    """Try everything in a temporary folder; 0 when nothing failed, else the failure's code."""
    catalog.get(family)
    with tempfile.TemporaryDirectory(prefix="gensmith-selftest-", ignore_cleanup_errors=True) as name, _home(Path(name)):
        results = list(_results(Trial(Path(name).resolve(), family, output), output))
    failed = [one for one, _ in results if one.state == "failed"]
    closing = f"This does not work: {failed[0].step}." if failed else "Everything works."
    values = {"version": __version__, "passed": not failed, "steps": [asdict(one) for one, _ in results]}
    output.result(closing, values)
    return next((code for one, code in results if one.state == "failed"), 0)


@contextlib.contextmanager
def _home(folder: Path) -> Iterator[None]:
    """Leave what belongs to the person alone: recent projects, preferences, this machine's speed."""
    before = os.environ.get("GENSMITH_HOME")
    os.environ["GENSMITH_HOME"] = str(folder / "home")
    try:
        yield
    finally:
        os.environ.pop("GENSMITH_HOME")
        if before is not None:
            os.environ["GENSMITH_HOME"] = before


def _results(trial: Trial, output: Output) -> Iterator[tuple[Result, int]]:
    """Each step's result and exit code as it comes; after a failure the rest would only repeat it."""
    for name, step in STEPS.items():
        result, code, details = _tried(name, step, trial)
        output.say(f"{MARKS[result.state]} {name:9} {result.message}")
        if details:
            output.say(details)
        yield result, code
        if result.state == "failed":
            return


def _tried(name: str, step: Callable[[Trial], str], trial: Trial) -> tuple[Result, int, str]:
    """Result, exit code and details of one step."""
    start = time.monotonic()

    def result(state: State, message: str) -> Result:
        return Result(name, state, message, round(time.monotonic() - start, 2))

    try:
        return result("passed", step(trial)), 0, ""
    except Absent as absent:
        return result("absent", str(absent)), 0, ""
    except GensmithError as error:
        return result("failed", str(error)), error.code, error.details
