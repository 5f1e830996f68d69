"""The pictures that ship with Gensmith, and the whole journey with them."""

from __future__ import annotations

from pathlib import Path

from desktop_app.cli import follow, generate, journey, targets
from desktop_app.cli.choices import Choices
from desktop_app.cli.terminal import Interrupt, Output
from desktop_app.data import SAMPLES, write_sample
from desktop_app.jobs import journey as jobs
from desktop_app.jobs import launch
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import free_folder
from desktop_app.project.store import Project, projects_folder
from desktop_app.runtime.bundle import Request

DRAWN = 40


def sample(name: str, out: Path, output: Output) -> None:
    """Write a sample's pictures as PNG files, a folder for each class."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GensmithError(f"{out} is not empty.", "Choose a new or an empty folder.")
    with output.bar() as bar:
        write_sample(name, out, lambda done, total: bar.show("Writing the pictures", done / total))
    which = SAMPLES[name]
    text = f"{which.count:,} pictures in {out} ({which.licence}, {which.credit})"
    output.result(text, {"out": str(out.absolute()), "count": which.count, "licence": which.licence, "credit": which.credit})


def try_(name: str, folder: Path | None, minutes: float | None, items: int | None, output: Output) -> None:
    """Take a sample from nothing to new pictures: the journey of the window's "Try it now", without one."""
    if name not in SAMPLES:
        raise GensmithError(f"There is no sample called “{name}”.", f"Choose one of: {', '.join(SAMPLES)}.")
    folder = folder or free_folder(projects_folder(), SAMPLES[name].title)
    output.say(f"{SAMPLES[name].title}: {SAMPLES[name].description} The project is {folder}")
    with Interrupt().listening() as interrupt, output.bar() as bar:
        jobs.make_sample_project(name, folder, progress=bar.count, cancelled=interrupt)
    choices = Choices(training={"minutes": minutes, "items": items})
    with Project.open(folder) as project:
        journey.apply(project, choices, output)
        run = launch.new_run(project)
    journey.finish(run, follow.Engine.start(run, "train"), output, {"project": str(folder)})
    sheet = folder / "new pictures.png"
    generate.draw(targets.bundle_at(folder), generate.Place(folder / "new pictures", sheet), Request(count=DRAWN), output)
    output.say(f"{DRAWN} new pictures are in {folder / 'new pictures'}; all of them on one sheet: {sheet}")
