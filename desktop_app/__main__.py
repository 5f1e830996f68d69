"""The one door: no argument opens the window, a verb works without one; a project or a model opens in its window.

``engine VERB RUN``, ``worker``, ``keeper RUNS`` and ``pages PROJECT`` are for Gensmith itself: it is how the window and the
command line start the engine's own process, those that look at pictures and the one that starts queued runs, and how the
selftest, which knows no Qt, has the window opened.
Each path imports only what it needs, so that the window never loads torch and the command line never loads Qt.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import desktop_app


def main(argv: Sequence[str] | None = None) -> int:
    """Run Gensmith with the words after its name and return the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none are wanted, and looking for them takes time
    if words[:1] == ["engine"]:
        for name, value in desktop_app.THREADS.items():
            os.environ.setdefault(name, value)
        return _engine(words[1:])
    if words == ["worker"]:
        from desktop_app.data.worker import main as worker

        return worker()
    if words[:1] == ["keeper"]:
        from desktop_app.jobs.keeper import main as keeper

        return keeper(words[1:])
    if words[:1] == ["pages"]:
        from desktop_app.ui.every_page import main as pages

        return pages(words[1:])
    if len(words) == 1 and words[0].endswith(".gensmith"):  # a model was double-clicked
        from desktop_app.generator.app import main as generator

        return generator(words)
    if len(words) == 1 and (Path(words[0]) / "project.json").is_file():
        from desktop_app.ui.app import main as window

        return window(words)
    if words:
        from desktop_app.cli.app import main as command_line

        return command_line(words)
    from desktop_app.ui.app import main as window

    return window(words)


def _engine(words: list[str]) -> int:
    """``hardware`` says what there is to train on, ``shrink`` makes a model smaller; any other verb works on a run."""
    if words == ["hardware"]:
        from desktop_app.engine.hardware import main as hardware

        return hardware()
    if words[:1] == ["shrink"]:
        from desktop_app.engine.shrinking import main as shrink

        return shrink(words[1:])
    from desktop_app.engine.process import main as engine

    return engine(words)


if __name__ == "__main__":
    sys.exit(main())
