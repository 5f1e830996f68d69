"""Where a training may start from: an earlier run of the project, or a model file (no Qt, no torch)."""

from __future__ import annotations

import os
from pathlib import Path

from desktop_app.jobs import catalog
from desktop_app.project.document import Document
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Planned, Run, is_run
from desktop_app.project.store import Project


def has_learned(run: Run) -> bool:
    """Whether there is something in a run to start from."""
    folder = run.checkpoints_folder
    return run.bundle_folder.is_dir() or (folder.is_dir() and any(folder.iterdir()))


def runs_of(project: Project, family: str) -> list[Run]:
    """Runs of this project that a training of that family can start from, newest first."""
    return [run for run in reversed(project.runs()) if _family_of_run(run) == family and has_learned(run)]


def _family_of_run(run: Run) -> str:
    try:
        return run.spec.family
    except GensmithError:
        return ""


def family_of(path: Path) -> str:
    """The family of a run or of a bundle; all of a bundle is checked.

    Raises
    ------
    GensmithError
        There is no such model, it is damaged, or has learned nothing yet.
    """
    if is_run(path):
        run = Run(path)
        if not has_learned(run):
            raise GensmithError(f"The run {run.name} has learned nothing yet.", "Start from another one, or from none.", code=3)
        return run.spec.family
    if not path.exists():
        raise GensmithError(f"The model to start from, {path.name}, is no longer there.", "Choose another, or none.", code=3)
    from desktop_app.runtime.archive import read_bundle  # here, so that the first window need not wait for numpy

    return read_bundle(path)[0].family


def may_fit(path: Path | None, family: str) -> bool:
    """Whether what was chosen is for that kind of model, without reading more than a manifest; what is gone may be."""
    if path is None:
        return False
    if is_run(path):
        return _family_of_run(Run(path)) == family
    try:
        from desktop_app.runtime.archive import read_manifest_of

        return not path.exists() or read_manifest_of(path).family == family
    except GensmithError:
        return True  # the start of a training says what is wrong with it


def check(path: Path, family: str) -> None:
    """Refuse what a training of ``family`` cannot start from.

    Raises
    ------
    GensmithError
        As :func:`family_of`, or the model is of another kind.
    """
    found = family_of(path)
    if found != family:
        raise GensmithError(
            f"{path.name} is a {_kind(found)}, and this training makes a {_kind(family)}.",
            "Start from one of the same kind, or choose that kind of model.",
        )


def _kind(family: str) -> str:
    known = {each.name: each.title_in_words for each in catalog.families()}
    return known.get(family, f"model of the kind “{family}”")


def stored(project: Project, path: Path) -> str:
    """A path as the document keeps it: relative to the project where it is inside, so that a project may be moved."""
    path = path.absolute()
    return path.relative_to(project.folder).as_posix() if path.is_relative_to(project.folder) else str(path)


def chosen(project: Project, document: Document | None = None) -> Path | None:
    """What the document says to start from; None for nothing."""
    start = (document or project.document).training.start
    return project.folder / start if start else None


def seen_from_run(project: Project, path: Path, runs_folder: Path | None = None) -> str:
    """A path as a request keeps it: relative to the run folder where it is inside the project, else absolute.

    ``runs_folder`` is where the run's folder lies, if not among the project's.
    """
    path = path.absolute()
    if path.is_relative_to(project.folder):
        return Path(os.path.relpath(path, (runs_folder or project.runs_folder) / "run")).as_posix()
    return str(path)


def network_of(path: Path) -> str | None:
    """Size of a run's network, so that a training that starts from it has the same; None when it is not known."""
    if not is_run(path):
        return None
    return next((event.network for event in reversed(Run(path).events()) if isinstance(event, Planned)), None)
