"""What a training would cost and bring, for every kind of model and size, before it starts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from desktop_app.cli.terminal import Interrupt, Output
from desktop_app.jobs import calibration, catalog, journey, machine
from desktop_app.jobs.machine import Machine, Speed
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.steps import duration, size_in_words
from desktop_app.project.store import Project

SOURCES = {
    "training": "from an earlier training here",
    "rehearsal": "from a rehearsal here",
    "measured": "from a measurement of this machine",
    "assumed": "a rough guess: nothing was measured here",
}


def estimate(folder: Path, measure: bool, output: Output) -> None:
    """Say it for the project in ``folder``; what was not measured here is measured first, if ``measure``."""
    project = Project.open(folder, read_only=True)
    document = project.document
    shape = catalog.shape_of(document, _arrays(project))
    here = machine.describe(folder)
    speed = _speed(here, shape, measure, output)
    found = [_row(document, family, network, shape, speed) for family in catalog.families() for network in family.networks]
    said = catalog.recommend(document, journey.facts(project).training_items, shape, speed)
    output.result(_text(document, said, found, speed, here), _values(document, said, found, speed, shape))


def _arrays(project: Project) -> Any:
    from desktop_app.data import open_arrays

    return open_arrays(project.encoded_folder) if project.encoded_folder else None


def _speed(here: Machine, shape: catalog.Shape, measure: bool, output: Output) -> Speed:
    if not measure or calibration.measured(here, shape):
        return calibration.of(here, shape)

    def tell(elapsed: float) -> None:
        share = min(1.0, elapsed / calibration.SECONDS)
        bar.show("Measuring this machine", share, f"{max(0.0, calibration.SECONDS - elapsed):.0f} s left")

    with Interrupt().listening() as interrupt, output.bar() as bar:
        try:
            return calibration.measure(here, shape, cancelled=interrupt, elapsed=tell)
        except GensmithError as error:
            output.say(str(error))
            return calibration.of(here, shape)


def _row(
    document: Document, family: catalog.Family, network: str, shape: catalog.Shape, speed: Speed
) -> tuple[catalog.Family, catalog.Estimate, list[catalog.Meter]]:
    cost = catalog.estimate(family, shape, network, catalog.minutes_of(document), speed)
    return family, cost, catalog.meters(family, cost, shape, catalog.strokes(family, document))


def _text(document: Document, said: catalog.Recommendation, found: list[Any], speed: Speed, here: Machine) -> str:
    head = f"For {duration(60 * catalog.minutes_of(document))} of training; {SOURCES[speed.source]}."
    lines = [head, f"Recommended: the {catalog.get(said.family).title_in_words}, because {said.reason}"]
    for family, cost, _ in found:
        title = f"{family.name} {cost.network}"
        lines.append(
            f"  {title:17} {cost.parameters / 1e6:5.1f} M weights  {catalog.count(cost.items_per_second):>6} pictures/s  "
            f"{catalog.count(cost.passes):>6} looks at each  {size_in_words(cost.memory):>8} memory{_much(cost.memory, here)}  "
            f"{size_in_words(cost.disk):>8} disk  {cost.verdict}"
        )
    return "\n".join(lines)


def _much(memory: int, here: Machine) -> str:
    return " (too much here)" if 0 < here.memory_for_training < memory else ""


def _values(
    document: Document, said: catalog.Recommendation, found: list[Any], speed: Speed, shape: catalog.Shape
) -> dict[str, Any]:
    return {
        "minutes": catalog.minutes_of(document),
        "recommended": {"family": said.family, "reason": said.reason},
        "source": speed.source,
        "shape": asdict(shape),
        "estimates": [
            {"family": family.name, **asdict(cost), "meters": {one.key: asdict(one) for one in meters}}
            for family, cost, meters in found
        ],
    }
