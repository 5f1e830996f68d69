"""What to draw: how many, which kind, which seed, how finely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop_app.jobs import catalog
from desktop_app.project.errors import GensmithError
from desktop_app.ui.pages.deployment_sources import BETWEEN, NEW, OWN, VARY, WALK, Sources, Strength
from desktop_app.ui.widgets import ComboBox, DoubleSpinBox, SpinBox
from desktop_app.ui.widgets.columns import ColumnsLayout
from desktop_app.ui.widgets.request_form import MOST, RequestForm, TitledField
from desktop_app.ui.widgets.settings import bounds, metadata

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Request
    from desktop_app.runtime.manifest import Manifest
    from desktop_app.runtime.origins import Origin
    from desktop_app.runtime.sampling import Sampler

WIDTH = 264


@dataclass(frozen=True)
class Words:
    """Title, explanation and the field's term of a setting, and its bounds."""

    title: str
    help: str
    term: str
    low: float
    high: float


def words_of(family: str, setting: str, fallback: Words) -> Words:
    """How the family itself declares a setting of its sampler."""
    try:
        field = catalog.get(family).settings.model_fields[setting]
    except (GensmithError, KeyError):
        return fallback
    low, high = bounds(field)
    return Words(
        field.title or fallback.title,
        field.description or fallback.help,
        str(metadata(field).get("term", "")),
        fallback.low if low is None else low,
        fallback.high if high is None else high,
    )


_STROKES = Words("Strokes for each picture", "More strokes draw finer and take longer.", "", 1, 200)
_STRICT = Words("How strictly it keeps to the kind", "1 is natural; higher is more typical and less varied.", "", 0, 10)


class Controls(RequestForm):
    """The form: what is asked for in each mode."""

    run_chosen = Signal(object)  # str | None

    def __init__(self) -> None:
        super().__init__(WIDTH)
        self.runs = ComboBox((), "Model")
        self.sources = Sources()
        self.strength = Strength("How different")
        self.frames = SpinBox(2, MOST, 16, name="Pictures on the way", unit="pictures")
        self.steps = SpinBox(1, 200, 18, name=_STROKES.title)
        self.guidance = DoubleSpinBox(0, 10, 1, name=_STRICT.title, decimals=2)
        self.mode = NEW
        self.sees = False
        self._classes: list[str] = []
        self._in_strokes = True
        self._titled: dict[QWidget, TitledField] = {}
        self._form = ColumnsLayout(190, 12)
        self._build()
        self._listen()

    def _build(self) -> None:
        self.body.addLayout(self._form)
        self._row("Model", self.runs, "The best so far, unless you choose another training run.")
        self._form.addWidget(self.sources)
        self._row("How different", self.strength, "How far each variation may go from the picture that it begins with.")
        self._row("Pictures on the way", self.frames, "More of them make smaller steps.")
        self._row("How many", self.count)
        self._row("Kind", self.kind, "All kinds in turn, or one of them.")
        about_seeds = "A number that stands for chance. The same seed and settings always draw the same pictures."
        self._row("Seed", self.seed, about_seeds, self.dice)
        self._row(_STROKES.title, self.steps, _STROKES.help)
        self._row(_STRICT.title, self.guidance, _STRICT.help)
        self.body.addStretch(1)

    def _row(self, title: str, field: QWidget, help: str = "", *beside: QWidget) -> None:
        self._titled[field] = TitledField(title, field, *beside, help=help)
        self._form.addWidget(self._titled[field])

    def _listen(self) -> None:
        self.strength.changed.connect(self.changed)
        self.listen_to(self.frames, self.steps, self.guidance)
        self.runs.currentIndexChanged.connect(lambda _: self.run_chosen.emit(self.runs.value()))

    # ------------------------------------------------------------ what it says

    def request(self) -> Request:
        """What is asked for."""
        from desktop_app.runtime.bundle import Request

        if self.mode != NEW:
            return Request.of(self._origins(), steps=self._steps(), guidance=self._guidance())
        return Request(
            count=self.count.value(),
            seed=self.seed.value(),
            class_name=self.chosen_kind(),
            steps=self._steps(),
            guidance=self._guidance(),
        )

    def _steps(self) -> int | None:
        return self.steps.value() if self._in_strokes else None

    def _guidance(self) -> float | None:
        return self.guidance.value() if self._in_strokes and self.kind.count() else None

    def _origins(self) -> list[Origin]:
        """What the pictures of the mode are drawn from."""
        from desktop_app.runtime.mixing import class_of
        from desktop_app.runtime.origins import between, variations, walk

        stops = [source.origin for source in self.sources.taken]
        if self.mode == VARY:
            kind = class_of(self._classes, stops[0])
            strength, seed = self.strength.value(), self.seed.value()
            return variations(stops[0], kind, count=self.count.value(), strength=strength, seed=seed)
        if self.mode == BETWEEN:
            return between(stops[0], stops[1], self.frames.value())
        return walk(stops, max(len(stops), self.frames.value())) if self.mode == WALK else stops

    def set_mode(self, mode: str) -> None:
        """Ask for what a mode needs, and for nothing else."""
        self.mode = mode
        self.sources.show_mode(mode, self.sees)
        self._titled[self.count].title.setText("How many" if mode == NEW else "How many variations")
        self._show_rows()
        self.changed.emit()

    def _show_rows(self) -> None:
        self.sources.setVisible(self.mode != NEW)
        series = self.mode in (NEW, VARY)
        shown = {
            self.strength: self.mode == VARY,
            self.frames: self.mode in (BETWEEN, WALK),
            self.count: series,
            self.seed: series,
            self.kind: self.mode == NEW and bool(self._classes),
            self.steps: self._in_strokes,
            self.guidance: self._in_strokes and bool(self._classes),
        }
        for field, on in shown.items():
            self._titled[field].setVisible(on)

    def show_model(self, manifest: Manifest) -> None:
        """Offer what this model can do, with its own settings to begin with."""
        self._in_strokes = manifest.sampler is not None
        self._classes, self.sees = list(manifest.classes), "encoder" in manifest.graphs
        if manifest.sampler is not None:
            self._show_sampler(manifest.family, manifest.sampler)
        self.offer_kinds(manifest.classes)
        self.sources.put([])
        self.set_mode(NEW if self.mode == OWN and not self.sees else self.mode)

    def _show_sampler(self, family: str, sampler: Sampler) -> None:
        """The settings of a model that draws in strokes."""
        steps, strict = words_of(family, "sampling_steps", _STROKES), words_of(family, "guidance", _STRICT)
        self._explain(self.steps, steps)
        self._explain(self.guidance, strict)
        _fill(self.steps, 1, max(int(steps.high), sampler.steps), sampler.steps)
        _fill(self.guidance, 0, max(strict.high, sampler.guidance), sampler.guidance)

    def _explain(self, field: QWidget, words: Words) -> None:
        self._titled[field].title.setText(words.title)
        self._titled[field].help.set_help(f"{words.help}\n{words.term}" if words.term else words.help, words.title)
        field.setAccessibleName(words.title)

    def offer_runs(self, options: list[tuple[str | None, str]], chosen: str | None) -> None:
        """The models to choose from; with a single one there is no choice to make."""
        shown = [(self.runs.itemData(row), self.runs.itemText(row)) for row in range(self.runs.count())]
        if options != shown:
            blocked = self.runs.blockSignals(True)
            self.runs.clear()
            for key, words in options:
                self.runs.addItem(words, key)
            self.runs.blockSignals(blocked)
        self.runs.set_value(chosen)
        self.runs.setToolTip(self.runs.currentText())
        self._titled[self.runs].setVisible(len(options) > 2)


def _fill(box: SpinBox | DoubleSpinBox, low: float, high: float, value: float) -> None:
    blocked = box.blockSignals(True)
    box.setRange(low, high)
    box.setValue(value)
    box.blockSignals(blocked)
