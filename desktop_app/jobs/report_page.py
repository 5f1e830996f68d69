"""A run's report as one HTML file to keep and to share: figures, pictures, curves, how it was made (no Qt, no torch).

The file stands alone: pictures and curves are inside it, nothing is fetched, nothing is run.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined, Template
from numpy.typing import NDArray

from desktop_app import __version__
from desktop_app.engine.families import FAMILIES
from desktop_app.evaluation import Report, read_report
from desktop_app.evaluation.course import figures
from desktop_app.evaluation.ranking import WEIGHED
from desktop_app.evaluation.report import Measure
from desktop_app.evaluation.verdict import copies_title, copies_words, state_of
from desktop_app.jobs import catalog, comparing
from desktop_app.jobs.exhibits import Exhibits, exhibits
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_bytes
from desktop_app.project.resources import resource
from desktop_app.project.runs import Evaluated, Event, Progress, Run, Started
from desktop_app.project.steps import duration
from desktop_app.runtime.pictures import to_image

UInt8 = NDArray[np.uint8]
Float64 = NDArray[np.float64]
Curve = tuple[Float64, Float64]
SHOWN = 24
"""Pictures of a kind at most: a row of eight, three times."""
_LARGEST = 128
"""Pixels of a picture's side in the file; larger ones are reduced."""
_SMALL = 64
"""Pixels of a side up to which every pixel is shown as a square, as it is on the page."""
_COLUMNS = 160
"""Points of a curve."""
_WIDE, _TALL = 640.0, 200.0
_HIGH = 0.98
"""Quantile of a loss that still has its place in the plot: the first steps would press all others flat."""


@dataclass(frozen=True)
class Shown:
    """One picture in the file.

    Attributes
    ----------
    uri
        The picture itself.
    name
        For those who cannot see it.
    beside
        A second one, next to it.
    """

    uri: str
    name: str
    caption: str = ""
    beside: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Gallery:
    """Pictures under a heading."""

    title: str
    words: str
    pictures: list[Shown]


@dataclass(frozen=True)
class Dial:
    """A share beside what real pictures reach; percentages, None where it was not measured."""

    title: str
    help: str
    why: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    state: str = ""


@dataclass(frozen=True)
class Figure:
    """Any other measure, in words."""

    title: str
    help: str
    value: str
    floor: str


@dataclass(frozen=True)
class Line:
    """A curve in the plot, as the points of an SVG polyline."""

    name: str
    points: str
    last: str


@dataclass(frozen=True)
class Plot:
    """Curves in one frame of ``wide`` by ``tall`` units.

    Attributes
    ----------
    ticks
        Height in the frame and the value there.
    steps
        What stands at the right end.
    """

    title: str
    words: str
    lines: list[Line]
    ticks: list[tuple[float, str]]
    steps: str
    wide: float = _WIDE
    tall: float = _TALL


@dataclass(frozen=True)
class Page:
    """Everything that the template shows, in its order."""

    title: str
    run: str
    when: str
    state: str
    verdict: str
    counts: str
    dials: list[Dial]
    galleries: list[Gallery]
    copies: str
    copies_words: str
    pairs: list[Shown]
    kinds: list[tuple[str, float]]
    plots: list[Plot]
    advice: list[tuple[str, str, str]]
    figures: list[Figure]
    facts: list[tuple[str, str]]
    licence: str
    own: bool
    aspect: str
    pixelated: bool
    version: str = field(default=__version__)


def write_report(run: Run, target: Path, *, own: bool = True) -> Path:
    """Write a judged run's report to ``target``, whole or not at all.

    Parameters
    ----------
    own
        Whether it shows pictures of the material; without, it shows only what the model drew.

    Raises
    ------
    GensmithError
        The run was not judged, its pictures are gone, or the disk refuses.
    """
    if not run.report_file.is_file():
        raise GensmithError(f"The run {run.name} has not been judged, so there is nothing to report.", "Judge it first.")
    write_bytes(target, _template().render(page=page_of(run, own=own)).encode())
    return target


def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource("report/report.html").read_text(encoding="utf-8"))


def page_of(run: Run, *, own: bool = True) -> Page:
    """What the report of a run says and shows."""
    report, events, spec = read_report(run.report_file), run.events(), run.spec
    shown = exhibits(run, report)
    return Page(
        title=spec.project or spec.name, run=spec.name, when=f"{_judged(run, events):%d %B %Y}",
        state=report.verdict.state, verdict=report.verdict.sentence,
        counts=f"{report.generated:,} generated pictures, judged against {report.held_out:,} that were kept aside.",
        dials=[_dial(key, report.measures[key]) for key in WEIGHED],
        galleries=_galleries(shown, own), copies=copies_title(report.copies), copies_words=copies_words(report.copies),
        pairs=_pairs(shown) if own else [],
        kinds=sorted(((kind, 100 * share) for kind, share in report.class_accuracy.items()), key=lambda each: each[1]),
        plots=_plots(events, spec.family),
        advice=[(each.title, each.reason, each.remedy) for each in report.advice],
        figures=[_figure(measure) for key, measure in report.measures.items() if key not in WEIGHED],
        facts=_facts(run, report, events), licence=spec.licence, own=own,
        aspect=f"{shown.generated.shape[2]} / {shown.generated.shape[1]}", pixelated=max(shown.generated.shape[1:3]) <= _SMALL,
    )  # fmt: skip


def _judged(run: Run, events: Sequence[Event]) -> datetime:
    told = [event.time for event in events if isinstance(event, Evaluated)]
    return datetime.fromtimestamp(told[-1] if told else run.report_file.stat().st_mtime).astimezone()


# ---------------------------------------------------------------- figures


def _dial(key: str, measure: Measure) -> Dial:
    if measure.value is None:
        return Dial(measure.title, measure.help, measure.not_measured or "It was not measured.")
    shares = (measure.value, measure.low, measure.high, measure.floor)
    value, low, high, floor = (None if share is None else 100 * share for share in shares)
    return Dial(measure.title, measure.help, "", value, low, high, floor, state_of(key, measure) or "")


def _figure(measure: Measure) -> Figure:
    if measure.value is None:
        return Figure(measure.title, measure.help, f"not measured. {measure.not_measured}".strip(), "")
    interval = "" if measure.low is None else f" ({measure.low:.3g} to {measure.high:.3g})"
    floor = "not measured" if measure.floor is None else f"{measure.floor:.3g}"
    return Figure(measure.title, measure.help, f"{measure.value:.3g}{interval}", floor)


def _facts(run: Run, report: Report, events: Sequence[Event]) -> list[tuple[str, str]]:
    """How the model was made, only what is known."""
    found = [*comparing.facts(run), ("Kept aside", f"{report.held_out:,} pictures")]
    if (family := FAMILIES.get(run.spec.family)) is not None:
        usual = family.settings().model_dump()
        changed = {name: value for name, value in run.spec.settings.items() if value != usual.get(name)}
        found.append(("Set differently than usual", catalog.changes_in_words(family, changed) or "nothing"))
    return [*found, *_told(events)]


def _told(events: Sequence[Event]) -> Iterable[tuple[str, str]]:
    """What the engine itself said."""
    started = next((event for event in reversed(events) if isinstance(event, Started)), None)
    progress = next((event for event in reversed(events) if isinstance(event, Progress)), None)
    if started is not None:
        threads = "one thread" if started.threads == 1 else f"{started.threads} threads"
        device = f"{threads} of the processor" if started.device == "cpu" else started.device
        yield "Trained on", device
        yield "Numbers that were learned", f"{started.parameters:,}"
    if progress is not None:
        yield "Learned for", duration(progress.elapsed)
        yield "Pictures gone through", f"{progress.items:,}, every one {progress.epoch:.0f} times"


# ---------------------------------------------------------------- pictures


def _galleries(shown: Exhibits, own: bool) -> list[Gallery]:
    drawn = [_drawn(shown, place) for place in range(min(SHOWN, len(shown.generated)))]
    made = [Gallery("Generated", "The first that were drawn, not chosen.", drawn)]
    if own:
        real = [Shown(_uri(shown.encoded.items[row]), "Real picture") for row in shown.aside[:SHOWN]]
        made.append(Gallery("Real", "Kept aside, never learned from.", real))
    if len(shown.best):
        made.append(Gallery("Best", "Most at home among the real ones.", [_drawn(shown, int(i)) for i in shown.best[:8]]))
        made.append(Gallery("Worst", "Least at home there.", [_drawn(shown, int(i)) for i in shown.worst[:8]]))
    return made


def _drawn(shown: Exhibits, place: int) -> Shown:
    kind = shown.kind(place)
    return Shown(_uri(shown.generated[place]), f"Generated picture {place + 1:,}{f', {kind}' if kind else ''}")


def _pairs(shown: Exhibits) -> list[Shown]:
    """The closest generated pictures, each beside the one that it resembles most."""
    return [
        Shown(
            _uri(shown.generated[pair.near.generated]),
            f"Generated picture {pair.near.generated + 1:,}, and the training picture that it resembles most",
            "looks copied" if pair.near.copied else f"{100 * pair.near.distance:.0f} % apart",
            _uri(shown.encoded.items[pair.row]),
            pair.near.copied,
        )
        for pair in shown.pairs[:8]
    ]


def _uri(picture: UInt8) -> str:
    """A picture (H, W, C) as a data URI, reduced where it is large."""
    image, stream = to_image(np.asarray(picture)), io.BytesIO()
    image.thumbnail((_LARGEST, _LARGEST))
    image.save(stream, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


# ---------------------------------------------------------------- curves


def _plots(events: Sequence[Event], family: str) -> list[Plot]:
    """The losses over the steps: in one plot where the figure on pictures kept aside is a loss as well, else in two."""
    known = FAMILIES.get(family)
    named = {"while learning": "loss", "on pictures kept aside": "held_out_loss"}
    curves = {name: _means(*figures(events, key)) for name, key in named.items()}
    curves = {name: curve for name, curve in curves.items() if len(curve[0]) > 1}
    if not curves:
        return []
    if known is None or known.held_out_is_loss:
        words = "How far off it was, step by step; lower is better. Where the two part, it learns by heart."
        return [_plot("How the training went", words, curves)]
    words = "Step by step; lower is better."
    return [_plot(f"How the training went, {name}", words, {name: curve}) for name, curve in curves.items()]


def _plot(title: str, words: str, curves: dict[str, Curve]) -> Plot:
    values = np.concatenate([each for _, each in curves.values()])
    low, high = float(values.min()), float(np.quantile(values, _HIGH))
    end = max(float(steps[-1]) for steps, _ in curves.values())
    place = _frame(end, low, high if high > low else low + 1)
    lines = [Line(name, place(*curve), f"{curve[1][-1]:.3g}") for name, curve in curves.items()]
    ticks = [(_TALL * (1 - share), f"{low + share * (high - low):.3g}") for share in (0.0, 0.5, 1.0)]
    return Plot(title, words, lines, ticks, f"{end:,.0f} steps")


def _means(steps: Float64, values: Float64) -> Curve:
    """Means of neighbouring points, at most :data:`_COLUMNS` of them; what is no number is left out."""
    good = np.isfinite(values)
    parts = np.array_split(np.stack([steps[good], values[good]]), max(1, min(_COLUMNS, int(good.sum()))), axis=1)
    means = np.array([part.mean(axis=1) for part in parts if part.size]).reshape(-1, 2)
    return means[:, 0], means[:, 1]


def _frame(end: float, low: float, high: float) -> Callable[[Float64, Float64], str]:
    """Points of the plot's frame: the steps up to ``end`` across, the values from ``low`` to ``high`` upwards."""

    def points(steps: Float64, values: Float64) -> str:
        across = _WIDE * steps / max(end, 1.0)
        down = _TALL * (1 - (np.clip(values, low, high) - low) / (high - low))
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))

    return points
