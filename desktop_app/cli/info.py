"""What a project, a run or a bundle holds, and what is missing next; without torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app.cli import judged, targets
from desktop_app.cli.terminal import Output
from desktop_app.jobs import catalog, journey
from desktop_app.jobs.best import best_run, score
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run, is_run
from desktop_app.project.steps import STEPS, next_missing
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Manifest, open_bundle
from desktop_app.runtime.origins import in_words
from desktop_app.runtime.records import read_record


def info(path: Path, output: Output) -> None:
    """Describe what is at ``path``."""
    if not path.exists():
        raise GensmithError(f"There is nothing at {path}.", "Give a project, a run or a bundle.")
    kinds: list[tuple[Callable[[Path], bool], Callable[[Path], tuple[str, dict[str, Any]]]]] = [
        (targets.is_project, _project),
        (is_run, lambda folder: _run(Run(folder.absolute()))),
        (_is_png, _picture),
        (targets.is_bundle, _bundle),
    ]
    for fits, describe in kinds:
        if fits(path):
            return output.result(*describe(path))
    raise GensmithError(f"{path} is no project, run or bundle.", "Give a folder that Gensmith made, or a .gensmith file.")


def _project(folder: Path) -> tuple[str, dict[str, Any]]:
    project = Project.open(folder, read_only=True)
    document, facts, runs = project.document, journey.facts(project), project.runs()
    steps = [(step, step.status(document, facts)) for step in STEPS]
    missing = next_missing(document, facts)
    best = best_run(project)
    lines = [f"Project {document.name} in {project.folder}"]
    lines += [f"  {step.number} {step.title:13} {now.state:13} {now.summary}".rstrip() for step, now in steps]
    lines += [f"Next: {missing[1].missing}"] if missing else []
    lines += [f"  run {run.name}: {run.state()}{' (best)' if best and run == best.run else ''}" for run in runs]
    lines += [f"Best so far: {best.run.name}. {best.reason}"] if best else []
    values = {
        "kind": "project",
        "name": document.name,
        "folder": str(project.folder),
        "steps": {step.key: {"state": now.state, "summary": now.summary, "missing": now.missing} for step, now in steps},
        "found": document.data.found,
        "used": document.data.used,
        "runs": [{"name": run.name, "state": run.state(), "score": score(run)} for run in runs],
        "best_run": best.run.name if best else None,
        "best_because": best.reason if best else None,
    }
    return "\n".join(lines), values


def _run(run: Run) -> tuple[str, dict[str, Any]]:
    spec, report = run.spec, run.report() or {}
    verdict = report.get("verdict", {}).get("sentence", "")
    amount = f"{spec.items:,} pictures" if spec.items else f"{spec.minutes:g} minutes"
    bundle = run.bundle_folder if run.bundle_folder.is_dir() else None
    lines = [f"Run {run.name}: {run.state()}", f"  {_title(spec.family)}, {spec.network}, {amount}, seed {spec.seed}"]
    lines += [f"  started from {Path(spec.start).name}"] if spec.start else []
    lines += [f"  model {bundle}"] if bundle else []
    lines += [f"  {verdict}", *judged.measure_lines(report)] if verdict else []
    values = {
        "kind": "run",
        "name": run.name,
        "state": run.state(),
        "spec": spec.model_dump(mode="json"),
        "bundle": str(bundle) if bundle else None,
        "score": score(run),
        "verdict": verdict,
        "report": judged.figures(report),
    }
    return "\n".join(lines), values


def _bundle(path: Path) -> tuple[str, dict[str, Any]]:
    bundle = open_bundle(path)
    manifest = bundle.manifest
    channels, height, width = manifest.shape
    kind = "gray" if channels == 1 else "colour"
    about = f"{kind} pictures of {width} × {height} pixels, {bundle.size / 1e6:.1f} MB"
    lines = [
        f"Model {manifest.name}: {_title(manifest.family)}, {about}",
        f"  classes: {', '.join(manifest.classes) or 'none'}",
        f"  {_drawing(manifest)}",
        f"  licence of the material: {manifest.licence or 'not stated'}",
    ]
    lines += [f"  {metric.title or name}: {metric.value:.3g}" for name, metric in manifest.metrics.items()]
    return "\n".join(lines), {"kind": "bundle", "bytes": bundle.size, **manifest.model_dump(mode="json")}


def _is_png(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".png"


def _picture(path: Path) -> tuple[str, dict[str, Any]]:
    record = read_record(path)
    sampler = record.sampler
    lines = [f"Picture drawn by the model {record.model}", f"  {in_words(record.origin)}"]
    lines += [f"  class: {record.class_name}"] if record.class_name else []
    lines += [f"  {sampler.steps} steps, {sampler.solver}, guidance {sampler.guidance:g}"] if sampler else []
    values = {
        "kind": "picture",
        "model": record.model,
        "fingerprint": record.fingerprint,
        "class": record.class_name,
        "origin": record.origin.model_dump(mode="json", exclude_none=True),
        "settings": sampler.model_dump(mode="json") if sampler else None,
    }
    return "\n".join(lines), values


def _title(family: str) -> str:
    return catalog.titles().get(family, family)


def _drawing(manifest: Manifest) -> str:
    """How it draws, and what else it can do."""
    if manifest.sampler is not None:
        return f"{manifest.sampler.steps} steps, {manifest.sampler.solver}"
    encoder = f"; it also describes pictures by {manifest.latent:,} numbers" if "encoder" in manifest.graphs else ""
    return f"draws in one pass, each picture from {manifest.noise:,} random numbers{encoder}"
