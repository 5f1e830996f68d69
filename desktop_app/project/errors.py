"""The one exception that a person is meant to read."""

from __future__ import annotations


class GensmithError(Exception):
    """A failure said in plain words.

    Parameters
    ----------
    message
        What happened, naming the item.
    remedy
        What to do about it; may be empty when nothing can be done.
    code
        Exit code of the command line: 2 wrong request, 3 bad material, 4 the machine (disk, memory,
        permission), 5 the run failed.
    details
        What an expert asks for: a traceback, the end of a log. Behind a button, never in the sentence.
    """

    def __init__(self, message: str, remedy: str = "", *, code: int = 2, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class Cancelled(Exception):
    """The person cancelled; nothing was changed."""
