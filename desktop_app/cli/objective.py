"""Step 1 from the command line: the answers, what follows from them, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.cli.terminal import Output
from desktop_app.jobs import journey
from desktop_app.jobs.objective_words import sentence, value_in_words
from desktop_app.project.document import Document
from desktop_app.project.store import Project


def objective(folder: Path, answers: dict[str, Any], output: Output) -> None:
    """Take the answers that were given, and say where the project stands; without any it only says."""
    wanted = {name: value for name, value in answers.items() if value is not None}
    with Project.open(folder, read_only=not wanted) as project:
        if wanted:
            journey.answer(project, output="images", **wanted)
        output.result(text(project.document), values(project.document))


def text(document: Document) -> str:
    """The sentence, and a line with its reason for each default of the later steps."""
    lines = [_line(document, item) for item in journey.suggestions(document)]
    return "\n".join([sentence(document, 0), *(lines if document.objective.output else [])])


def _line(document: Document, item: journey.Default) -> str:
    field = item.field.rpartition(".")[2]
    now = journey.current(document, item)
    own = "" if now in (None, item.value) else f"; the project has {value_in_words(field, now)}"
    return f"  {item.title}: {value_in_words(field, item.value)}{own}. {item.reason}"


def values(document: Document) -> dict[str, Any]:
    """The same for machines."""
    follows = [
        {
            "step": item.section,
            "field": item.field,
            "suggested": item.value,
            "now": journey.current(document, item),
            "reason": item.reason,
        }
        for item in journey.suggestions(document)
    ]
    return {"objective": document.objective.model_dump(mode="json"), "sentence": sentence(document, 0), "follows": follows}
