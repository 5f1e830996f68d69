"""Every way out: what is said of a failure, and the exit code.

Exit codes: 0 the artefact exists; 1 something unexpected; 2 a wrong request; 3 bad material; 4 the machine (disk,
memory, permission, something missing); 5 the run failed; 130 interrupted.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Collection, Sequence

import typer

from desktop_app.project.errors import GensmithError

UNEXPECTED, INTERRUPTED = 1, 130


def explained(error: Exception, words: Sequence[str], verbs: Collection[str]) -> int:
    """Say what went wrong and what to do about it; the exit code."""
    if isinstance(error, GensmithError):
        return failed(str(error), error.code, words)
    if isinstance(error, typer.TyperException):
        hint = " ".join(["gensmith", *[word for word in words[:1] if word in verbs], "--help"])
        return failed(f"{error.format_message()} See: {hint}", error.exit_code, words)
    if isinstance(error, MemoryError):
        return failed("There is not enough memory. Close other programs and try again.", 4, words)
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return failed(f"{error.strerror or error}{where}. Check the disk and its permissions, and try again.", 4, words)
    message = f"Something unexpected happened ({type(error).__name__}: {error})."
    return failed(f"{message} The details, for a report: the same command with --debug.", UNEXPECTED, words)


def failed(message: str, code: int, words: Sequence[str]) -> int:
    """Say on stderr, in one line, why it ended; for machines on stdout as well."""
    line = " ".join(message.split())
    sys.stderr.write(f"gensmith: {line}\n")
    if "--json" in words:
        sys.stdout.write(json.dumps({"error": line, "code": code}, ensure_ascii=False) + "\n")
    return code


def details(error: Exception) -> str:
    """The traceback, and what was noted down with the error."""
    said = error.details if isinstance(error, GensmithError) and error.details else ""
    return "".join(traceback.format_exception(error)) + (f"\n{said}\n" if said else "")
