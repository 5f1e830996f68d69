"""Takes every verb of the command line once, in this process, on one small project; ends with a line of JSON.

    python -m tests.cli.every_verb FOLDER

FOLDER holds ``pictures`` and, as a stand-in for the frozen one, the program ``dist/gensmith-generator``.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from pathlib import Path

import typer.main

import desktop_app.deployment.generator as handing_on
from desktop_app.cli.app import app, main

QUICKLY = ["--device", "cpu", "--threads", "1"]
NOT_TAKEN = {
    "train": "a part of `make`",
    "resume": "goes on from a run as `improve` does",
    "try": "`make`, on a sample",
    "selftest": "the steps of the other verbs, in a minute or two",
}
"""Verbs that are left out, each with the reason."""


def verbs() -> set[str]:
    """Names of all that there are; those of a group have two words."""
    found: set[str] = set()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        found |= {f"{name} {inner}" for inner in command.commands} if hasattr(command, "commands") else {name}
    return found


def lines(folder: Path) -> list[list[object]]:
    """What is typed, in this order."""
    project, pictures = folder / "project", folder / "pictures"
    tiny = ["--family", "gan", "--network", "tiny", "--set", "batch_size=8", "--items", 16, *QUICKLY]
    return [
        ["new", folder / "empty", "--json"],
        ["objective", folder / "empty", "--purpose", "icons", "--json"],
        ["import", folder / "empty", pictures, "--json"],
        ["sample", "digits", "--out", folder / "digits", "--json"],
        ["make", pictures, "--out", project, "--held-out", 0.2, *tiny, "--json"],
        ["rehearse", project, "--json", *QUICKLY],
        ["queue", project, "--json"],
        ["evaluate", project, "--json"],
        ["improve", project, "--json"],
        ["compare", project, "--json"],
        ["report", project, "--out", folder / "report", "--json"],
        ["keep", project, "--list", "--json"],
        ["export", project, "--out", folder / "model", "--json"],
        ["shrink", project, "--to", "fp16", "--json"],
        ["generate", project, "--count", 4, "--out", folder / "drawn", "--json"],
        ["info", project, "--json"],
        ["estimate", project, "--no-measure", "--json"],
        ["doctor", "--json"],
        ["deploy generator", project, "--out", folder / "handed on", "--json"],
    ]


def every_verb(folder: Path) -> dict[str, list[object]]:
    """Exit code, seconds and last words of each."""
    handing_on.desktop_app.__file__ = str(folder / "desktop_app" / "__init__.py")
    ended: dict[str, list[object]] = {}
    for line in lines(folder):
        said, start = io.StringIO(), time.monotonic()
        with contextlib.redirect_stdout(said):
            code = main([*str(line[0]).split(), *map(str, line[1:])])
        ended[str(line[0])] = [code, round(time.monotonic() - start, 2), said.getvalue()[-400:]]
    return ended


if __name__ == "__main__":
    print(json.dumps(every_verb(Path(sys.argv[1]))))  # noqa: T201
