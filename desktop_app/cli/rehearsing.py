"""The verb that rehearses: everything a training will do, once, before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.cli.choices import Choices
from desktop_app.cli.journey import apply
from desktop_app.cli.terminal import Bar, Interrupt, Output
from desktop_app.data import open_arrays
from desktop_app.jobs import catalog, machine, rehearsal
from desktop_app.jobs.rehearsal import Rehearsal
from desktop_app.jobs.story import Story
from desktop_app.project.store import Project


def rehearse(folder: Path, choices: Choices, output: Output) -> None:
    """Rehearse the training that the project asks for, and let the next estimates know."""
    with Project.open(folder) as project:
        apply(project, choices, output)
        encoded = project.encoded_folder or project.data_folder  # one that is missing is said by the rehearsal
        with Interrupt().listening() as interrupt, output.bar() as bar:
            found = rehearsal.rehearse(
                project, told=_teller(bar), cancelled=interrupt, device=choices.device, threads=choices.threads
            )
        here = machine.describe(folder)
        rehearsal.learn(found, here, catalog.shape_of(project.document, open_arrays(encoded)))
        state, verdict = rehearsal.verdict(found, here.disk_free)
    output.result(_text(found, verdict), _values(found, state, verdict))


def _teller(bar: Bar) -> Any:
    def told(fraction: float, words: str, _: Story) -> None:
        bar.show(words, fraction)

    return told


def _text(found: Rehearsal, verdict: str) -> str:
    parts = [f"✓ {rehearsal.words_of(event)}" for event in found.story.tried.values()]
    return "\n".join([*parts, *(f"{'!' if care else '·'} {words}" for care, words in rehearsal.remarks(found)), verdict])


def _values(found: Rehearsal, state: str, verdict: str) -> dict[str, Any]:
    parts = {part: {"seconds": event.seconds, **event.values} for part, event in found.story.tried.items()}
    return {
        "state": state,
        "verdict": verdict,
        "family": found.request.family,
        "network": found.network,
        "seconds": found.seconds,
        "passes": found.passes,
        "disk": found.disk,
        "parts": parts,
        "warnings": [warning.message for warning in found.story.warnings.values()],
    }
