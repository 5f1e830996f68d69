"""A run's report to keep and to share."""

from __future__ import annotations

from pathlib import Path

from desktop_app.cli import targets
from desktop_app.cli.terminal import Output
from desktop_app.jobs.report_page import write_report


def report(path: Path, out: Path, own: bool, name: str | None, output: Output) -> None:
    """Write the report of a run, of a project the best one's."""
    run = targets.trained_run(path, name)
    target = out if out.suffix.lower() in (".html", ".htm") else out.with_name(f"{out.name}.html")
    written = write_report(run, target, own=own)
    output.result(f"Report: {written}", {"report": str(written), "run": str(run.folder), "bytes": written.stat().st_size})
