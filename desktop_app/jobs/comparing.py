"""Two or more runs side by side: what differs, the dials, the curves, the same seeds, and which is best (no Qt, no torch)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.data import open_encoded
from desktop_app.engine.families import FAMILIES
from desktop_app.evaluation import Report, ranking
from desktop_app.evaluation.course import PARTED, figures, gap
from desktop_app.evaluation.ranking import WEIGHED, Choice, Moment
from desktop_app.jobs import advising, catalog, origins
from desktop_app.jobs.best import judged
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Checkpoint, Preview, Run, Started

Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
SAMPLES = 8
"""Pictures shown of each run."""
MOST_LEARNED = 2000
"""Training pictures that previews are held against."""


@dataclass(frozen=True)
class Row:
    """One line of a table: what it is, and its value in each run.

    Attributes
    ----------
    best
        Position of the run that is clearly ahead; None where no difference can be told.
    """

    key: str
    title: str
    values: tuple[str, ...]
    best: int | None = None


@dataclass(frozen=True)
class Comparison:
    """Runs side by side, in the order given.

    Attributes
    ----------
    settings
        Only what differs.
    curves
        By the metric's name, one for each run.
    samples
        uint8 (SAMPLES, H, W, C) of each run, drawn from the same seeds; None where it was not judged.
    choice
        The best of them, and why.
    moments
        Of each run the state to take, and why; None where nothing is known.
    """

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    reports: tuple[Report | None, ...]
    settings: tuple[Row, ...]
    dials: tuple[Row, ...]
    curves: dict[str, tuple[Curve, ...]] = field(default_factory=dict)
    samples: tuple[NDArray[np.uint8] | None, ...] = ()
    choice: Choice | None = None
    moments: tuple[Choice | None, ...] = ()


def compare(runs: Sequence[Run]) -> Comparison:
    """Put runs side by side.

    Raises
    ------
    GensmithError
        There are fewer than two, or a request cannot be read.
    """
    if len(runs) < 2:
        raise GensmithError("To compare takes two runs or more.", "Name another run, or train one.")
    reports = tuple(judged(run) for run in runs)
    events = [run.events() for run in runs]
    curves = {name: tuple(figures(each, name) for each in events) for name in ("loss", "held_out_loss")}
    return Comparison(
        tuple(runs), _names(runs), reports, tuple(_settings(runs)), tuple(_dials(reports)), curves,
        tuple(_samples(run) for run in runs), ranking.best(reports), tuple(best_state(run) for run in runs),
    )  # fmt: skip


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Each run's name with its time; numbered where two would read the same."""
    words = [f"{run.spec.name} · {run.spec.created.astimezone():%d %b %H:%M}" for run in runs]
    return tuple(
        f"{each} ({words[: place + 1].count(each)})" if words.count(each) > 1 else each for place, each in enumerate(words)
    )


# ---------------------------------------------------------------- what differs


def facts(run: Run) -> list[tuple[str, str]]:
    """How a run was made, as titles and values: what is true of every kind of model."""
    return [(title, words(run)) for _, title, words in _GENERAL]


def _settings(runs: Sequence[Run]) -> list[Row]:
    rows = [Row(key, title, tuple(words(run) for run in runs)) for key, title, words in _GENERAL]
    families = {run.spec.family for run in runs}
    names = [name for family in sorted(families & FAMILIES.keys()) for name in FAMILIES[family].settings.model_fields]
    rows += [Row(name, _title(families, name), tuple(_value(run, name) for run in runs)) for name in dict.fromkeys(names)]
    return [row for row in rows if len(set(row.values)) > 1]


def _title(families: set[str], name: str) -> str:
    fields = [FAMILIES[family].settings.model_fields for family in families & FAMILIES.keys()]
    return next((str(known[name].title) for known in fields if name in known), name)


def _value(run: Run, name: str) -> str:
    family = FAMILIES.get(run.spec.family)
    if family is None or name not in family.settings.model_fields:
        return "–"
    value = run.spec.settings.get(name, family.settings.model_fields[name].default)
    return catalog.value_in_words(family, name, value)


def _length(run: Run) -> str:
    spec = run.spec
    return f"{spec.items:,} pictures" if spec.items else f"{spec.minutes:g} minutes" if spec.minutes else "as long as usual"


def _learned_from(run: Run) -> str:
    started = [event for event in run.events() if isinstance(event, Started)]
    return f"{started[-1].training_items:,} pictures" if started else "not begun"


def _beginning(run: Run) -> str:
    return f"from {(run.folder / run.spec.start).resolve().name}" if run.spec.start else "anew"


_GENERAL: tuple[tuple[str, str, Any], ...] = (
    ("family", "Kind of model", lambda run: catalog.titles().get(run.spec.family, run.spec.family)),
    ("network", "Size of the network", lambda run: origins.network_of(run.folder) or run.spec.network),
    ("length", "Length of the training", _length),
    ("data", "Learned from", _learned_from),
    ("conditioning", "Told the kind", lambda run: "yes" if run.spec.conditioning == "class" else "no"),
    ("start", "Begins", _beginning),
    ("seed", "Seed", lambda run: str(run.spec.seed)),
)


# ---------------------------------------------------------------- how good


def _dials(reports: Sequence[Report | None]) -> list[Row]:
    return [_dial(key, reports) for key in (*WEIGHED, "copies")]


def _dial(key: str, reports: Sequence[Report | None]) -> Row:
    found = [None if report is None else advising.figure(report, key) for report in reports]
    values = tuple(
        "not measured" if each is None else f"{100 * each.value:.0f} % ({100 * each.low:.0f}–{100 * each.high:.0f})"
        for each in found
    )
    known = [place for place, each in enumerate(found) if each is not None]
    sign = -1 if key == "copies" else 1
    ordered = sorted(known, key=lambda place: -sign * found[place].value)  # type: ignore[union-attr]
    clear = len(ordered) > 1 and advising.compared(found[ordered[1]], found[ordered[0]], lower=key == "copies") == "helped"
    return Row(key, "Copies" if key == "copies" else key.capitalize(), values, ordered[0] if clear else None)


def _samples(run: Run) -> NDArray[np.uint8] | None:
    """The first pictures of the evaluation: they are drawn from the same seeds in every run."""
    try:
        stored = np.load(run.folder / "evaluation" / "generated.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return np.array(stored[:SAMPLES]) if stored.dtype == np.uint8 and stored.ndim == 4 else None


# ---------------------------------------------------------------- the states of a run


def best_state(run: Run) -> Choice | None:
    """The state of a run to take, and why; None where nothing is known of any."""
    return ranking.best_moment(moments(run))


def moments(run: Run) -> list[Moment]:
    """The states that are kept, each by its held-out figure and the preview nearest to it."""
    events = run.events()
    kept = {event.step: event for event in events if isinstance(event, Checkpoint) and (run.folder / event.folder).is_dir()}
    previews = [event for event in events if isinstance(event, Preview) and (run.folder / event.file).is_file()]
    found = []
    for step, event in sorted(kept.items()):
        near = min(previews, key=lambda preview: abs(preview.step - step), default=None)
        found.append(_moment(run, event, near))
    return _with_learning_by_heart(run, found)


def _with_learning_by_heart(run: Run, found: list[Moment]) -> list[Moment]:
    """Mark the states in which the loss on held-out items stands clearly above its best while the training's own fell."""
    family = FAMILIES.get(run.spec.family)
    parted = gap(run.events()) if family is not None and family.held_out_is_loss else None
    if parted is None or not parted.opened:
        return found
    bar = parted.best + (PARTED - 1) * abs(parted.best)
    return [replace(each, by_heart=each.step > parted.step and (each.held_out or parted.best) > bar) for each in found]


def _moment(run: Run, event: Checkpoint, preview: Preview | None) -> Moment:
    plain = Moment(event.step, event.held_out_loss)
    if preview is None:
        return plain
    with contextlib.suppress(GensmithError, OSError, ValueError):
        encoded = open_encoded(run.data_folder)
        learned = np.asarray(encoded.items[np.flatnonzero(~encoded.held_out)[:MOST_LEARNED]])
        kept = np.asarray(encoded.items[encoded.held_out])
        with Image.open(run.folder / preview.file) as sheet:
            drawn = ranking.sheet_pictures(sheet, preview.count, preview.columns, learned.shape[-1])
        return ranking.moment(event.step, event.held_out_loss, drawn, learned, kept)
    return plain
