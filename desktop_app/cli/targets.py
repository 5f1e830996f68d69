"""What a path on the command line means: a project, a run, a bundle."""

from __future__ import annotations

import shlex
from pathlib import Path

from desktop_app.jobs import variants
from desktop_app.jobs.best import best_run
from desktop_app.project.errors import GensmithError
from desktop_app.project.queue import current_run
from desktop_app.project.runs import Run, is_run
from desktop_app.project.store import DOCUMENT, Project
from desktop_app.runtime.manifest import MANIFEST


def is_project(path: Path) -> bool:
    return (path / DOCUMENT).is_file()


def is_bundle(path: Path) -> bool:
    """A bundle's folder, or any file: whether it truly is one is found out by opening it."""
    return (path / MANIFEST).is_file() or path.is_file()


def project_at(path: Path) -> Project:
    """The project in ``path``, opened for reading: its runs are worked on by their own processes."""
    return Project.open(path, read_only=True)


def run_named(project: Project, name: str) -> Run:
    """A project's run by its folder's name."""
    found = [run for run in project.runs() if run.name == name]
    if not found:
        known = ", ".join(run.name for run in project.runs()) or "none yet"
        raise GensmithError(f"The project {project.folder.name} has no run “{name}”.", f"Its runs: {known}.")
    return found[0]


def run_at(path: Path, name: str | None = None) -> Run:
    """The run in ``path``; of a project the one called ``name``, else the one at work, else the newest."""
    if is_run(path):
        return Run(path.absolute())
    project = project_at(path)
    if name is not None:
        return run_named(project, name)
    found = current_run(project.runs())
    if found is None:
        raise GensmithError(
            f"The project {project.folder.name} has no run yet.", f"Train one: gensmith train {shlex.quote(str(path))}"
        )
    return found


def trained_run(path: Path, name: str | None = None) -> Run:
    """Like :func:`run_at`, but of a project the run that is best so far, when one has a model."""
    if name is None and is_project(path) and (best := best_run(project_at(path))) is not None:
        return best.run
    return run_at(path, name)


def bundle_at(path: Path, name: str | None = None) -> Path:
    """The bundle in ``path``, or that of a run, or what a project draws with: its best run's, in the chosen variant."""
    if not path.exists():
        raise GensmithError(f"There is nothing at {path}.", "Give a bundle, a run or a project.")
    if is_bundle(path):
        return path
    run = modelled(trained_run(path, name))
    return variants.chosen(project_at(path), run) if is_project(path) and name is None else run.bundle_folder


def modelled(run: Run) -> Run:
    """The run, if it has a model."""
    if not run.bundle_folder.is_dir():
        raise GensmithError(
            f"The run {run.name} has no model yet.", f"Go on with: gensmith resume {shlex.quote(str(run.folder))}"
        )
    return run


def project_of(run: Run) -> Path:
    """Folder of the project that a run belongs to.

    Raises
    ------
    GensmithError
        It stands alone.
    """
    folder = run.folder.parent.parent
    if not is_project(folder):
        raise GensmithError(f"The run {run.name} belongs to no project.", "Give a run inside a project's folder.")
    return folder


def start_at(word: str, project: Project | None = None) -> Path:
    """The run or bundle that ``--from`` means: a path, a project's best run, or a run of ``project`` by its name."""
    path = Path(word)
    if path.exists():
        return trained_run(path).folder if is_project(path) else path.absolute()
    if project is not None and (found := project.runs_folder / word) and is_run(found):
        return found
    known = ", ".join(run.name for run in project.runs()) if project is not None else ""
    remedy = f"Give a path, or one of its runs: {known}." if known else "Give the path of a run or of a .gensmith file."
    raise GensmithError(f"There is nothing to start from at {word}.", remedy)
