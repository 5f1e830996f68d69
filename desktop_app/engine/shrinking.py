"""A variant made in a process of its own, which needs no torch: what it says goes to standard output, a line of JSON each."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, cast

from desktop_app.engine.likeness import material_of
from desktop_app.engine.variants import make
from desktop_app.project.errors import Cancelled, GensmithError
from desktop_app.project.runs import Run
from desktop_app.runtime.variants import Kind


def main(words: list[str]) -> int:
    """``shrink BUNDLE KIND TARGET [RUN]``: with a run, both are judged with its pictures. Returns the exit code."""
    signal.signal(signal.SIGTERM, _cancel)
    bundle, kind, target, *run = words
    try:
        material = material_of(Run(Path(run[0]))) if run else None
        made = make(Path(bundle), cast(Kind, kind), Path(target), material, _tell)
    except Cancelled:
        return 0
    except Exception as error:
        _say(failed=_explained(error))
        return 5
    _say(done=made.model_dump(mode="json"))
    return 0


def _cancel(*_: object) -> None:
    """What was begun is taken away on the way out."""
    raise Cancelled


def _tell(fraction: float, message: str) -> None:
    _say(fraction=round(fraction, 4), message=message)


def _say(**values: Any) -> None:
    sys.stdout.write(json.dumps(values, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _explained(error: Exception) -> dict[str, Any]:
    details = "".join(traceback.format_exception(error))
    if isinstance(error, GensmithError):
        return {"message": error.message, "remedy": error.remedy, "code": error.code, "details": details}
    if isinstance(error, MemoryError):
        return {"message": "There was not enough memory.", "remedy": "Close other programs.", "code": 4, "details": details}
    message = f"Something unexpected happened: {type(error).__name__}: {error}"[:500]
    return {"message": message, "remedy": "If it happens again, report it.", "code": 1, "details": details}
