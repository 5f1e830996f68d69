"""The import: every file decoded once, in threads, remembered, cancellable, and taken up where it was left."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from desktop_app.data.checks import Facts, findings, measure, typical_blur
from desktop_app.data.collect import Candidate, classify, collect
from desktop_app.data.inventory import Finding, Inventory, IsCancelled, Item, Pace, Progress
from desktop_app.data.memory import Memory
from desktop_app.data.similar import groups, near_duplicates
from desktop_app.data.split import decide, proposed_size
from desktop_app.project.document import Background, Data
from desktop_app.project.store import DOCUMENT

T = TypeVar("T")
R = TypeVar("R")

_CHUNK = 8
"""Items that a thread takes at once: handing over costs as much as decoding a small picture."""

VARIETY_SAMPLE = 400
"""Pictures compared with each other to say how much they differ."""


def inspect(
    data: Data, data_folder: Path, *, progress: Progress | None = None, cancelled: IsCancelled | None = None
) -> Inventory:
    """Look at every file of the sources once: decode it, check it, compare it with the others, split the held-out ones off.

    What was measured is kept in ``data_folder`` by path, time and size, so that the next call (or one after a
    cancellation or a crash) decodes only what is new.

    Raises
    ------
    GensmithError
        A source is gone or may not be read.
    Cancelled
        The person asked to stop; what was measured so far is kept.
    """
    project = data_folder.parent
    candidates = collect(data.sources, [project if (project / DOCUMENT).exists() else data_folder])
    pace = Pace(len(candidates), progress, cancelled)
    pace.step(0)
    with contextlib.closing(Memory(data_folder / "findings.sqlite")) as memory:
        facts = _facts(candidates, data.background, memory, pace)
    classes = classify(candidates, [not fact.problem for fact in facts], data.sources)
    inventory = _inventory(candidates, facts, classes, data, Pace(0, None, cancelled))
    pace.step(len(candidates))
    return decide(inventory, data)


# ---------------------------------------------------------------- threads


def workers() -> int:
    """Threads that decode: one for each processor this process may use, eight at most."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, count))


def in_threads(function: Callable[[T], R], items: Iterable[T]) -> Generator[R, None, None]:
    """Results of ``function`` in the order of ``items``, worked out by threads a little ahead of the reader."""
    waiting: deque[Future[list[R]]] = deque()
    source = iter(items)
    pool = ThreadPoolExecutor(workers(), thread_name_prefix="decode")
    try:
        while chunk := list(itertools.islice(source, _CHUNK)):
            waiting.append(pool.submit(lambda chunk: [function(item) for item in chunk], chunk))
            if len(waiting) > 2 * workers():
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _facts(candidates: Sequence[Candidate], background: Background, memory: Memory, pace: Pace) -> list[Facts]:
    known: dict[int, Facts] = {}
    for i, candidate in enumerate(candidates):
        facts = Facts(problem="unreadable", message=candidate.problem) if candidate.problem else None
        facts = facts or memory.recall(candidate, background)
        if facts is not None:
            known[i] = facts
            pace.step(min(len(known), len(candidates) - 1))
    unknown = [i for i in range(len(candidates)) if i not in known]
    with contextlib.closing(in_threads(lambda i: measure(candidates[i].path, background), unknown)) as measured:
        for i, facts in zip(unknown, measured, strict=True):
            known[i] = facts
            memory.keep(candidates[i], facts)
            pace.step(min(len(known), len(candidates) - 1))
    return [known[i] for i in range(len(candidates))]


# ---------------------------------------------------------------- from facts to items


def _inventory(
    candidates: Sequence[Candidate], facts: Sequence[Facts], classes: Sequence[str | None], data: Data, pace: Pace
) -> Inventory:
    sound = [i for i, fact in enumerate(facts) if not fact.problem]
    size = data.size or proposed_size([(facts[i].native_width, facts[i].native_height) for i in sound])
    blur = typical_blur([facts[i] for i in sound])
    found = [findings(fact, size, blur) for fact in facts]
    first = _exact_duplicates(candidates, facts, sound, found)
    group = _near_duplicates(candidates, facts, first, found, pace)
    items = tuple(
        Item(
            key=candidate.key,
            path=candidate.path,
            class_name=class_name,
            width=fact.width,
            height=fact.height,
            channels=fact.channels,
            findings=tuple(notes),
            native=(fact.native_width, fact.native_height),
            digest=fact.digest,
            group=group.get(fact.digest, ""),
        )
        for candidate, fact, class_name, notes in zip(candidates, facts, classes, found, strict=True)
    )
    return Inventory(items, variety=variety([facts[i] for i in first]))


def _exact_duplicates(
    candidates: Sequence[Candidate], facts: Sequence[Facts], sound: Sequence[int], found: Sequence[list[Finding]]
) -> list[int]:
    """Note every picture whose pixels an earlier one already has; returns the first of each."""
    first: dict[str, int] = {}
    for i in sound:
        original = first.setdefault(facts[i].digest, i)
        if original != i:
            found[i].append(Finding("duplicate", f"The same picture as {candidates[original].key}.", "bad"))
    return list(first.values())


def _near_duplicates(
    candidates: Sequence[Candidate], facts: Sequence[Facts], first: Sequence[int], found: Sequence[list[Finding]], pace: Pace
) -> dict[str, str]:
    """Note near duplicates on the later one of each pair; returns the group of each digest: its smallest digest."""
    pictures = [facts[i] for i in first]
    pairs = near_duplicates(pictures, pace)
    noted = set()
    for i, j, difference in pairs:
        if j not in noted:
            noted.add(j)
            message = f"Nearly the same as {candidates[first[i]].key}."
            found[first[j]].append(Finding("near duplicate", message, "care", difference))
    members: dict[int, list[str]] = {}
    for fact, number in zip(pictures, groups(len(pictures), pairs), strict=True):
        members.setdefault(number, []).append(fact.digest)
    return {digest: min(digests) for digests in members.values() for digest in digests}


def variety(facts: Sequence[Facts]) -> float | None:
    """Mean difference between two pictures, in levels of 255 over 16 × 16 colour pixels; None for fewer than two."""
    chosen = sorted(facts, key=lambda fact: fact.digest)[:VARIETY_SAMPLE]
    if len(chosen) < 2:
        return None
    pixels = np.frombuffer(b"".join(fact.signature for fact in chosen), dtype=np.uint8).reshape(len(chosen), -1)
    total = sum(float(np.abs(row.astype(np.float32) - pixels).mean(axis=1).sum()) for row in pixels)
    return total / (len(chosen) * (len(chosen) - 1))
