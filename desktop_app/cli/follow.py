"""Starting the engine on a run and following it to its end."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

from desktop_app.cli.terminal import Bar, Interrupt, Interrupted, Output
from desktop_app.jobs import catalog
from desktop_app.jobs.launch import Verb, explain_death, start_engine
from desktop_app.jobs.story import Story
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Event, Failed, Finished, Paused, Planned, Run, Started, Stopped, Warned, read_events
from desktop_app.project.steps import duration

POLL = 0.1
"""Seconds between two looks at the run's events."""
PHASES = {
    "preparing": "Preparing",
    "measuring": "Measuring this machine",
    "training": "Training",
    "exporting": "Writing the model",
    "checking": "Checking the model",
    "evaluating": "Judging the model",
}


@dataclass
class Engine:
    """A run at work: started here, or found working."""

    run: Run
    child: subprocess.Popen[bytes] | None
    offset: int
    story: Story = field(default_factory=Story)
    said: set[str] = field(default_factory=set)
    """Findings that were told."""

    @classmethod
    def start(cls, run: Run, verb: Verb) -> Engine:
        """Start the engine; its events from now on are its own."""
        offset = run.events_file.stat().st_size if run.events_file.exists() else 0
        return cls(run, start_engine(run, verb), offset)

    @classmethod
    def attach(cls, run: Run) -> Engine:
        """Follow an engine that another command or window started."""
        return cls(run, None, 0)

    def works(self) -> bool:
        return self.child.poll() is None if self.child else self.run.process() is not None

    def news(self) -> list[Event]:
        """Events since the last call, folded into the story."""
        events, self.offset = read_events(self.run.events_file, self.offset)
        self.story.take(events)
        return events

    def kill(self) -> None:
        """End it at once; its last checkpoint stays."""
        if process := self.child or self.run.process():
            process.kill()
            process.wait()


def work(run: Run, verb: Verb, output: Output) -> Story:
    """Run the engine to its end.

    Raises
    ------
    GensmithError
        It failed or died (code 5).
    Interrupted
        Ctrl-C, or the request to end: the engine has kept what it had learned.
    """
    return follow(Engine.start(run, verb), output)


def follow(engine: Engine, output: Output) -> Story:
    """Show what the engine does until its process has ended; see :func:`work`."""
    held_out = catalog.get(engine.run.spec.family).held_out_title
    with Interrupt().listening() as interrupt, output.bar() as bar:
        answered = 0
        works = True
        while works:
            works = engine.works()  # asked before the events are read: the last ones are never missed
            for event in engine.news():
                _mention(event, engine, output)
            _show(engine.story, bar, held_out)
            answered = _answer(engine, interrupt, answered, output)
            time.sleep(POLL if works else 0)
    return _outcome(engine, interrupt)


def _answer(engine: Engine, interrupt: Interrupt, answered: int, output: Output) -> int:
    """Pass Ctrl-C on: the first asks for an end in good order, the second ends at once; how many are answered."""
    if interrupt.count >= 2:
        engine.kill()
    elif interrupt.count > answered:
        engine.run.ask("stop")
        output.say("Stopping and keeping what it has learned. Press Ctrl-C again to end at once.")
    elif interrupt.ended and not answered:
        engine.run.ask("pause")
        return 1
    return max(answered, interrupt.count)


def _mention(event: Event, engine: Engine, output: Output) -> None:
    if isinstance(event, Warned):
        _warn(event, engine, output)
    elif isinstance(event, Started):
        output.say(
            f"Training on {event.device}: {event.training_items:,} pictures to learn from, {event.held_out_items:,} kept aside"
        )
    elif isinstance(event, Planned) and event.reason:
        output.say(event.reason)


def _warn(event: Warned, engine: Engine, output: Output) -> None:
    """Tell a finding once, with the command that takes its remedy."""
    text = f"{event.message} {event.remedy}".strip()
    if text in engine.said:
        return
    engine.said.add(text)
    output.say(text)
    if event.apply:
        output.say(f"  In a new run that goes on from this one: {remedy_command(engine.run, event)}")


def remedy_command(run: Run, event: Warned) -> str:
    """The command that goes on from a run with the settings that are a finding's remedy."""
    settings = [f"--set {shlex.quote(f'{name}={_written(value)}')}" for name, value in event.apply.items()]
    return " ".join(["gensmith resume", shlex.quote(str(run.folder)), *settings])


def _written(value: Any) -> str:
    """A value as ``--set`` reads it."""
    return value if isinstance(value, str) else json.dumps(value)


def _show(story: Story, bar: Bar, held_out: str) -> None:
    phase = story.phase.name if story.phase else "preparing"
    if phase == "training" and story.progress:
        bar.show(PHASES[phase], story.fraction, training_line(story, held_out))
    elif story.ending is None:
        bar.show(PHASES[phase], story.phase.fraction if story.phase else 0.0)


def training_line(story: Story, held_out: str) -> str:
    """The figures of a training in one line; ``held_out`` is what the figure on held-out items is called."""
    now = story.progress
    if now is None:
        return ""
    losses = {"loss": "loss", "held_out_loss": held_out}
    said = [f"{title} {value:.3f}" for name, title in losses.items() if (value := story.curve(name).last) is not None]
    return ", ".join(
        [f"step {now.step:,}", *said, f"{now.items_per_second:,.0f} pictures/s", f"{duration(now.seconds_left)} left"]
    )


# ---------------------------------------------------------------- how it ended


def _outcome(engine: Engine, interrupt: Interrupt) -> Story:
    run, ending = engine.run, engine.story.ending
    if interrupt():
        raise Interrupted(_what_is_left(run, engine.story))
    if isinstance(ending, Failed):
        raise GensmithError(ending.message, ending.remedy, code=5, details=ending.details)
    if isinstance(ending, Paused):
        raise GensmithError(f"The run {run.name} was paused.", _go_on(run), code=5)
    code = engine.child.returncode if engine.child else None
    if code or (engine.child is None and not isinstance(ending, Finished | Stopped)):
        raise explain_death(run, code)
    return engine.story


def _what_is_left(run: Run, story: Story) -> str:
    if isinstance(story.ending, Stopped) and story.ending.bundle:
        return f"Stopped. The model so far is in {run.bundle_folder}. {_go_on(run)}"
    if isinstance(story.ending, Finished):
        return f"Ended before the model was judged. It is in {run.bundle_folder}."
    kept = any(run.checkpoints_folder.iterdir())
    return f"Interrupted. {_go_on(run)}" if kept else "Interrupted before anything was learned."


def _go_on(run: Run) -> str:
    return f"Go on with: gensmith resume {shlex.quote(str(run.folder))}"
