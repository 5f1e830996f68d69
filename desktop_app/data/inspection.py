"""The import: every file decoded once, on all cores, remembered, cancellable, and taken up where it was left."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from desktop_app.data import thumbnails
from desktop_app.data.captions import describe
from desktop_app.data.checks import ENDED, Facts, Measured, measure
from desktop_app.data.collect import Candidate, classify, collect
from desktop_app.data.findings import findings, usual
from desktop_app.data.images import Recipe, frames
from desktop_app.data.inventory import Finding, Inventory, IsCancelled, Item, Pace, Progress
from desktop_app.data.kept import Kept, keep, lost, recall, stamp, undisturbed
from desktop_app.data.memory import Memory
from desktop_app.data.mending import load
from desktop_app.data.parallel import are_many, each, in_parallel
from desktop_app.data.similar import MEAN_LIMIT, groups, near_duplicates
from desktop_app.data.split import decide, proposed_size
from desktop_app.data.strangers import Floats, distances
from desktop_app.project.document import Data
from desktop_app.project.store import DOCUMENT

VARIETY_SAMPLE = 400
"""Pictures compared with each other to say how much they differ."""


def inspect(
    data: Data,
    data_folder: Path,
    *,
    kept: Kept | None = None,
    progress: Progress | None = None,
    cancelled: IsCancelled | None = None,
) -> Inventory:
    """Look at every file of the sources once: decode it, check it, compare it with the others, split the held-out ones off.

    What was measured is kept in ``data_folder`` by path, time and size, so that the next call (or one after a
    cancellation or a crash) decodes only what is new. The inventory itself is kept too: where nothing changed, it is the
    outcome.

    Parameters
    ----------
    kept
        What :func:`recall` gave, for who has it at hand.

    Raises
    ------
    GensmithError
        A source is gone or may not be read.
    Cancelled
        The person asked to stop; what was measured so far is kept.
    """
    still = Pace(0, None, cancelled)
    kept = kept or recall(data, data_folder)
    if kept is not None and _is_as_kept(kept, data, data_folder, still):
        return _settled(kept, data, data_folder)
    with undisturbed():
        candidates, told = _listed(data, data_folder, still)
        mark = stamp(candidates, told)
    pace = Pace(len(candidates), progress, cancelled)
    pace.step(0)
    with contextlib.closing(Memory(data_folder / MEMORY)) as memory:
        facts = _facts(candidates, recipe_of(data), memory, pace)
    classes = classify(candidates, [not fact.problem for fact in facts], data.sources)
    names = [(kind or name, caption) for name, (kind, caption) in zip(classes, told, strict=True)]
    judged = _inventory(candidates, facts, names, data, still)
    inventory = decide(judged, data)
    keep(inventory, data, judged.proposed_size, mark, data_folder)
    thumbnails.clear(data_folder, {item.digest for item in inventory.items})
    pace.step(len(candidates))
    return inventory


def _listed(data: Data, data_folder: Path, still: Pace) -> tuple[list[Candidate], list[tuple[str, str]]]:
    """What may be learned from, and the class and the caption that files beside it tell, empty for none."""
    project = data_folder.parent
    own = [project if (project / DOCUMENT).exists() else data_folder]
    found = collect(data.sources, own, data_folder / "unpacked", lambda: still.step(0))
    _clear_unpacked(data_folder / "unpacked", found)
    told = describe(found)
    candidates, origin = _candidates(found, told.sources, data, still)
    return candidates, [(told.classes.get(i, ""), told.captions.get(i, "")) for i in origin]


def _settled(kept: Kept, data: Data, data_folder: Path) -> Inventory:
    """What was kept, decided as the person wants it now."""
    if kept.decided:
        return kept.inventory
    inventory = decide(kept.inventory, data)
    keep(inventory, data, kept.size, kept.stamp, data_folder)
    return inventory


def _is_as_kept(kept: Kept, data: Data, data_folder: Path, still: Pace) -> bool:
    """Whether looking again would find the same. Where there are many files another process lists them.

    A hundred thousand names keep Python's lock for a second, in which the window would stutter.
    """
    same, unread = partial(unchanged, data=data, data_folder=data_folder, mark=kept.stamp), lost(kept.inventory)
    if not are_many(len(kept.inventory.items)):
        return same(unread, still=still)
    asked = in_parallel(each(same), [unread], lambda _: False, apart=True, still=lambda: still.step(0))
    with contextlib.closing(asked) as answers:
        return next(answers)


_NEVER = Pace(0, None, None)


def unchanged(unread: Sequence[int], *, data: Data, data_folder: Path, mark: str, still: Pace = _NEVER) -> bool:
    """Whether the sources have the stamp ``mark``, and nothing can be read now of what could not be read then.

    A file may have been locked, or its folder.
    """
    with undisturbed():
        candidates, told = _listed(data, data_folder, still)
        return stamp(candidates, told) == mark and not any(_can_be_read(candidates[i], data, still) for i in unread)


def _can_be_read(candidate: Candidate, data: Data, still: Pace) -> bool:
    still.step(0)
    return not candidate.problem and not measured([candidate], recipe_of(data))[0].facts.problem


def _clear_unpacked(folder: Path, found: Sequence[Candidate]) -> None:
    """Give the disk back what archives took that are no longer among the sources."""
    if folder.is_dir():
        start = f"{folder}{os.sep}"
        needed = {c.file.removeprefix(start).partition(os.sep)[0] for c in found if c.file.startswith(start)}
        for path in folder.iterdir():
            if path.name not in needed and path.is_dir():
                shutil.rmtree(path, ignore_errors=True)


MEMORY = "findings.sqlite"

USUAL_SIZE = 32
"""Size that views are made for while none is chosen: what is proposed for all but the smallest drawings."""


def recipe_of(data: Data, size: int | None = None) -> Recipe:
    """How pictures become what the model sees; before a size is known, with the one that is likely."""
    return Recipe(data.size or size or USUAL_SIZE, data.fit, data.background)


def _candidates(found: Sequence[Candidate], described: set[int], data: Data, still: Pace) -> tuple[list[Candidate], list[int]]:
    """What may be learned from: files that only describe others apart, each picture of a file where that is wanted.

    Returns
    -------
    tuple
        The candidates with what is mended on them, and the position of each one's file in ``found``.
    """
    chosen: list[Candidate] = []
    origin: list[int] = []
    for i, candidate in enumerate(found):
        if i in described:
            continue
        for frame in _frames(candidate) if data.frames else (candidate,):
            still.step(0)
            chosen.append(frame._replace(mend=data.mends[frame.key]) if frame.key in data.mends else frame)
            origin.append(i)
    return chosen, origin


_ANIMATED = {".gif", ".png", ".apng", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".hif"}


def _frames(candidate: Candidate) -> Sequence[Candidate]:
    """Each picture of a file as a candidate of its own."""
    count = frames(candidate.path) if candidate.name_suffix in _ANIMATED and not candidate.problem else 1
    if count == 1:
        return [candidate]
    digits = len(str(count))
    return [candidate._replace(key=f"{candidate.key}#{n + 1:0{digits}}", frame=n) for n in range(count)]


# ---------------------------------------------------------------- from files to facts


def _facts(candidates: Sequence[Candidate], recipe: Recipe, memory: Memory, pace: Pace) -> list[Facts]:
    known: dict[int, Facts] = {}
    dangerous = False
    for i, candidate in enumerate(candidates):
        facts = Facts(problem="unreadable", message=candidate.problem) if candidate.problem else None
        facts = facts or memory.recall(candidate, recipe.background)
        if facts is not None and facts.message == ENDED:
            dangerous = True
        elif facts is not None:
            known[i] = facts
            pace.step(min(len(known), len(candidates) - 1))
    unknown = [i for i in range(len(candidates)) if i not in known]
    unseen = [candidates[i] for i in unknown]
    work = in_parallel(partial(measured, recipe=recipe), unseen, _ended, apart=dangerous, still=lambda: pace.step(len(known)))
    with contextlib.closing(work) as all_measured:
        for i, found in zip(unknown, all_measured, strict=True):
            known[i] = found.facts
            memory.keep(candidates[i], found.facts)
            if found.view is not None:
                memory.keep_view(found.facts.digest, recipe, found.view)
            pace.step(min(len(known), len(candidates) - 1))
    return [known[i] for i in range(len(candidates))]


def measured(candidates: Sequence[Candidate], recipe: Recipe) -> list[Measured]:
    """Decode candidates, mend them and measure them."""
    return measure([partial(load, one.path, frame=one.frame, mend=one.mend) for one in candidates], recipe)


def _ended(_: Candidate) -> Measured:
    return Measured(Facts(problem="unreadable", message=ENDED))


# ---------------------------------------------------------------- from facts to items


def _inventory(
    candidates: Sequence[Candidate],
    facts: Sequence[Facts],
    names: Sequence[tuple[str | None, str]],
    data: Data,
    pace: Pace,
) -> Inventory:
    sound = [i for i, fact in enumerate(facts) if not fact.problem]
    size = data.size or proposed_size([(facts[i].native_width, facts[i].native_height) for i in sound])
    habit = usual([facts[i] for i in sound])
    found = [findings(fact, size, habit) for fact in facts]
    first = _exact_duplicates(candidates, facts, sound, found)
    # What is left out anyway is neither judged as out of place nor a measure for others.
    fair = [i for i in first if all(finding.severity == "care" for finding in found[i])]
    with ThreadPoolExecutor(1, thread_name_prefix="decode") as beside:
        far, varied = beside.submit(distances, [facts[i] for i in fair]), beside.submit(variety, [facts[i] for i in first])
        group = _near_duplicates(candidates, facts, first, found, pace)
    _strangers(fair, *far.result(), found)
    items = tuple(
        Item(
            key=candidate.key,
            file=candidate.file,
            class_name=class_name,
            width=fact.width,
            height=fact.height,
            channels=fact.channels,
            findings=tuple(notes),
            native=(fact.native_width, fact.native_height),
            digest=fact.digest,
            group=group.get(fact.digest, ""),
            name=candidate.name if candidate.frame is None else f"{candidate.name} · {candidate.frame + 1}",
            caption=caption,
            told_class=class_name,
            told_caption=caption,
            frame=candidate.frame,
            mend=candidate.mend,
        )
        for candidate, fact, (class_name, caption), notes in zip(candidates, facts, names, found, strict=True)
    )
    return Inventory(items, proposed_size=size, variety=varied.result())


def _strangers(fair: Sequence[int], far: Floats, limit: float, found: Sequence[list[Finding]]) -> None:
    """Note which of the ``fair`` ones are farther from all others than the limit."""
    for i, distance in zip(fair, far, strict=True):
        if distance > limit:
            message = f"Out of place: {distance:.1f} times as far from the others as usual (limit {limit:.1f})."
            found[i].append(Finding("out of place", message, "care", float(distance), limit))


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
    """Note near duplicates on the smaller one of each pair; returns the group of each digest: its smallest digest."""
    pictures = [facts[i] for i in first]
    pairs = near_duplicates(pictures, pace)
    noted = set()
    for one, other, difference in pairs:
        larger = pictures[one].width * pictures[one].height >= pictures[other].width * pictures[other].height
        i, j = (one, other) if larger else (other, one)
        if j not in noted:
            noted.add(j)
            message = (
                f"Nearly the same as {candidates[first[i]].key} (difference {difference:.1f}, limit {MEAN_LIMIT:g} levels)."
            )
            found[first[j]].append(Finding("near duplicate", message, "care", difference, MEAN_LIMIT))
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
