"""The process that :mod:`desktop_app.data.parallel` hands its items to: it reads pickles from its input, writes them back.

What it reads comes from the Gensmith that started it alone; that one takes no more than a few kinds of things from here, for
a hostile file might speak through it. It ends when its input does: with the process that started it, however that one ended.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from typing import IO, Any

from desktop_app.data import images
from desktop_app.project.processes import give_way


def main() -> int:
    """Work until there is nothing more to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells all its processes; who started this one ends it
    give_way()
    requests, answers = _pipes()
    work, large = pickle.load(requests)
    images.share_large(large)
    _answer(answers, "ready")
    while requests.peek(1):
        _answer(answers, _outcome(work, pickle.load(requests)))
    return 0


def _answer(answers: IO[bytes], what: object) -> None:
    pickle.dump(what, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _pipes() -> tuple[Any, IO[bytes]]:
    """The input and the output, out of reach of decoders that print: what they read and write leads nowhere."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nowhere, standard)
    return pipes


def _outcome(work: Callable[[list[Any]], list[Any]], items: list[Any]) -> tuple[list[Any], Exception | None]:
    try:
        return work(items), None
    except Exception as error:  # whatever it is, it is raised where the result is waited for
        return [], error
