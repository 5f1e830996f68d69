"""Step 4 before the start: a few settings, all of them on demand, and what to expect."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.jobs import catalog, journey, origins
from desktop_app.jobs.session import Session
from desktop_app.project.document import Document
from desktop_app.project.steps import duration
from desktop_app.ui import theme
from desktop_app.ui.pages.because import Because
from desktop_app.ui.pages.training_queue import QueueCard
from desktop_app.ui.pages.training_rehearsal import RehearsalCard
from desktop_app.ui.widgets import Banner, Button, Card, DoubleSpinBox, HelpMark, Label, Line, Segmented, SettingForm, SpinBox
from desktop_app.ui.widgets.run_list import RunList, run_in_words
from desktop_app.ui.widgets.settings import CONTROL_WIDTH, metadata
from desktop_app.ui.widgets.start_choice import StartChoice

MINUTES = ((2, "2 min"), (5, "5 min"), (10, "10 min"), (30, "30 min"), (60, "1 h"), (480, "8 h"))
CUSTOM = "custom"
ITEMS = "items"
WIDE = 900
"""From this width on the estimate stands beside the settings."""
DISK_NEEDED = 1 * 2**30
"""Free bytes below which a training is warned of: checkpoints, previews and the model need some of it."""
_SOURCES = {
    "training": "From your last training on this machine.",
    "rehearsal": "From a rehearsal on this machine.",
    "measured": "From a short measurement of this machine.",
    "assumed": "A rough guess: nothing has been trained on this machine yet.",
}


class LengthChoice(QWidget):
    """How long it may learn: usual times, another time, or a number of pictures."""

    changed = Signal(object, object)  # minutes, items

    def __init__(self) -> None:
        super().__init__()
        options = [(str(minutes), text) for minutes, text in MINUTES]
        self.choice = Segmented([*options, (CUSTOM, "Other time"), (ITEMS, "By pictures")], "How long it may learn")
        self.minutes = DoubleSpinBox(0.1, 43_200, 5, name="Time to train in minutes", unit="minutes")
        self.items = SpinBox(1, 2_000_000_000, 100_000, name="Pictures to go through", unit="pictures", step=10_000)
        self.minutes.setKeyboardTracking(False)
        self.items.setKeyboardTracking(False)
        self._build()
        self.choice.chosen.connect(self._chosen)
        self.minutes.valueChanged.connect(lambda value: self.changed.emit(value, None))
        self.items.valueChanged.connect(lambda value: self.changed.emit(self.minutes.value(), value))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.choice)
        for box in (self.minutes, self.items):
            box.setFixedWidth(220)
            column.addWidget(box)

    def _chosen(self, key: str) -> None:
        self._show_boxes(key)
        if key == ITEMS:
            self.changed.emit(self.minutes.value(), self.items.value())
        else:
            self.changed.emit(self.minutes.value() if key == CUSTOM else float(key), None)

    def _show_boxes(self, key: str) -> None:
        self.minutes.setVisible(key == CUSTOM)
        self.items.setVisible(key == ITEMS)

    def set_value(self, minutes: float | None, items: int | None) -> None:
        """Show a length without telling anyone; "Other time" stays open while it is in use."""
        for box, value in ((self.minutes, minutes), (self.items, items)):
            blocked = box.blockSignals(True)
            if value is not None:
                box.setValue(value)
            box.blockSignals(blocked)
        usual = {float(each): str(each) for each, _ in MINUTES}
        open_now = self.choice.value() == CUSTOM and items is None
        key = ITEMS if items else CUSTOM if open_now else usual.get(float(minutes or 5.0), CUSTOM)
        self.choice.set_value(key)
        self._show_boxes(key)


class Fact(QWidget):
    """A line of the estimate: what, and how much."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.value = Label("–", "strong")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(Label(name, "subtitle"))
        row.addStretch(1)
        row.addWidget(self.value)

    def show_value(self, value: str) -> None:
        """Show how much."""
        self.value.setText(value)
        self.setAccessibleName(f"{self._name}: {value}")


class EstimateCard(Card):
    """What the training will cost and bring, before it starts."""

    def __init__(self) -> None:
        super().__init__("What to expect", spacing=10)
        self.verdict = Label("", wrap=True)
        names = ("Network", "Looks at each picture", "Pictures a second", "Memory", "Done about")
        self.facts = {name: Fact(name) for name in names}
        self.source = Label("", "quiet", wrap=True)
        self.body.addWidget(self.verdict)
        self.body.addWidget(Line())
        for fact in self.facts.values():
            self.body.addWidget(fact)
        self.body.addWidget(self.source)

    def show_estimate(self, cost: catalog.Estimate, seconds: float, source: str, turn: float | None = 0.0) -> None:
        """Show an estimate for a training of so many seconds that starts ``turn`` seconds from now (None: not known)."""
        self.verdict.setText(cost.verdict)
        speed = cost.items_per_second
        values = (
            f"{catalog.SIZE_TITLES[cost.network].lower()}, {cost.parameters / 1e6:.1f} million weights",
            f"about {catalog.count(cost.passes)}",
            f"about {catalog.count(speed)}",
            f"{cost.memory / 2**30:.1f} GB",
            f"{duration(seconds)} after its start" if turn is None else f"{_clock(turn + seconds)} · {duration(seconds)}",
        )
        for fact, value in zip(self.facts.values(), values, strict=True):
            fact.show_value(value)
        self.source.setText(source)


def _clock(seconds: float) -> str:
    """The time of day so many seconds from now, with the day where that is not plain."""
    return time.strftime("%H:%M" if seconds < 43_200 else "%a %H:%M", time.localtime(time.time() + seconds))


class SetupView(QWidget):
    """The settings of the next training."""

    changed = Signal()
    open_run = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.warning = Banner()
        self.because = Because("minutes", "sampling_steps")
        self.length = LengthChoice()
        self.length.changed.connect(self._take_length)
        self.start = StartChoice()
        self.start.chosen.connect(self._take_start)
        self.start.file_chosen.connect(self._take_file)
        self.forms: list[SettingForm] = []
        self.advanced = Button("Advanced", "link", icon="chevron-right", clicked=self.toggle_advanced)
        self.advanced.setCheckable(False)
        self.defaults = Button("Back to the recommended settings", "link", clicked=self._take_defaults)
        self.seed = SpinBox(0, 2**31 - 1, 0, name="Seed")
        self.seed.setKeyboardTracking(False)
        self.seed.valueChanged.connect(lambda value: self._change(seed=value))
        self.estimate = EstimateCard()
        self.rehearsal = RehearsalCard(session)
        self.queue = QueueCard(session)
        self.runs = RunList()
        self.runs.opened.connect(self.open_run)
        self.runs.removed.connect(lambda run: session.delete_run(run))
        self._family = ""
        self._simple = QVBoxLayout()
        self._groups = QWidget()
        self._build()
        session.machine_changed.connect(self.refresh)

    # ------------------------------------------------------------ building

    def _build(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(theme.GAP)
        left.addWidget(self.warning)
        left.addWidget(self._settings_card())
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(theme.GAP)
        right.addWidget(self.estimate)
        right.addWidget(self.rehearsal)
        right.addWidget(self.queue)
        right.addWidget(self.runs)
        right.addStretch(1)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GAP)
        self._row.addLayout(left, 5)
        self._row.addLayout(right, 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() >= WIDE
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def minimumSizeHint(self) -> QSize:
        return QSize(480, super().minimumSizeHint().height())

    def _settings_card(self) -> Card:
        card = Card(padding=20, spacing=14)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(Label("How long may it learn?", "section"))
        why = "More time gives better pictures. You can stop earlier and keep what it has learned, and pause at any time."
        head.addWidget(HelpMark(why, "How long may it learn?"))
        head.addStretch(1)
        card.body.addLayout(head)
        card.body.addWidget(self.length)
        card.body.addWidget(self.because)
        card.body.addWidget(Line())
        card.body.addWidget(self.start)
        self._simple.setSpacing(12)
        card.body.addLayout(self._simple)
        foot = QHBoxLayout()
        foot.addWidget(self.advanced)
        foot.addStretch(1)
        foot.addWidget(self.defaults)
        card.body.addLayout(foot)
        self._groups.hide()
        card.body.addWidget(self._groups)
        return card

    def _make_forms(self, family: catalog.Family) -> None:
        """The family's settings: the simple ones above, the others below in their groups."""
        self._family = family.name
        for form in self.forms:
            form.deleteLater()
        fields = family.settings.model_fields
        simple = [name for name, field in fields.items() if metadata(field).get("simple")]
        self.forms = [self._form(family, simple)]
        self._simple.addWidget(self.forms[0])
        groups = _fresh(self._groups)
        for key, title in catalog.GROUP_TITLES.items():
            names = [name for name, field in fields.items() if metadata(field).get("group") == key and name not in simple]
            if names:
                self._add_group(groups, title, self._form(family, names))
        self._add_seed(groups)

    def _form(self, family: catalog.Family, names: list[str]) -> SettingForm:
        form = SettingForm(family.settings, names)
        form.changed.connect(self._take_setting)
        return form

    def _add_group(self, column: QVBoxLayout, title: str, form: SettingForm) -> None:
        self.forms.append(form)
        column.addWidget(Line())
        column.addWidget(Label(title, "strong"))
        column.addWidget(form)

    def _add_seed(self, column: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        why = "The same number, settings and pictures repeat a training exactly on the same processor."
        row.addWidget(Label("Chance"))
        row.addWidget(HelpMark(why, "Seed"))
        row.addWidget(Label("seed", "quiet"))
        row.addStretch(1)
        self.seed.setFixedWidth(CONTROL_WIDTH)
        row.addWidget(self.seed)
        column.addWidget(Line())
        column.addWidget(Label("Repeating it", "strong"))
        column.addLayout(row)

    # ------------------------------------------------------------ what the person wants

    def toggle_advanced(self) -> None:
        """Show or hide all settings."""
        shown = self._groups.isHidden()
        self._groups.setVisible(shown)
        self.advanced.set_icon("chevron-down" if shown else "chevron-right")

    def _change(self, **values: object) -> None:
        self.session.change("training", **values)
        self.changed.emit()

    def _take_length(self, minutes: float, items: int | None) -> None:
        self._change(minutes=minutes, items=items)

    def _take_setting(self, name: str, value: Any) -> None:
        default = catalog.get(self._family).settings.model_fields[name].default
        self.session.change_setting(name, None if value == default else value)
        self.changed.emit()

    def _take_start(self, path: Path | None) -> None:
        self.session.start_from(path)
        self.changed.emit()

    def _take_file(self, path: Path) -> None:
        self.session.start_from_file(path).ended.connect(self.changed)

    def _take_defaults(self) -> None:
        self.session.default_settings()
        self.changed.emit()

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show what is decided now, and what follows."""
        document = self.session.document
        family = catalog.family_of(document)
        if family.name != self._family:
            self._make_forms(family)
        self.length.set_value(document.training.minutes, document.training.items)
        self.because.show_reasons(document)
        self._show_start(family)
        values = catalog.resolve_or_default(family, document).model_dump()
        for form in self.forms:
            form.set_values(values)
        self._set_seed(document.training.seed)
        self.defaults.setVisible(not _is_recommended(document, family))
        self._show_estimate(family)
        self.queue.refresh()
        self.runs.show_runs([run for run in self.session.runs() if not run.queued])
        self.setEnabled(not self.session.read_only)

    def _show_start(self, family: catalog.Family) -> None:
        """The runs of the same kind; what was chosen for another kind waits until that is chosen again."""
        project = self.session.project
        if project is not None:
            lines = [(run, run_in_words(run)) for run in origins.runs_of(project, family.name)]
            start = origins.chosen(project)
            self.start.show_choice(lines, start, origins.may_fit(start, family.name))

    def _set_seed(self, value: int) -> None:
        blocked = self.seed.blockSignals(True)
        self.seed.setValue(value)
        self.seed.blockSignals(blocked)

    def _show_estimate(self, family: catalog.Family) -> None:
        document = self.session.document
        shape = catalog.shape_of(document, self.session.encoded())
        cost, seconds = catalog.plan(family, shape, document, self.session.speed)
        source = _SOURCES[self.session.speed.source] if self.session.machine else "Measuring this machine …"
        self.estimate.show_estimate(cost, seconds, source, self.session.seconds_until_turn())
        self.rehearsal.show_for(cost.network)
        self._show_warning(cost)

    def _show_warning(self, cost: catalog.Estimate) -> None:
        machine = self.session.machine
        if machine is not None and cost.memory > machine.memory_for_training > 0:
            text = (
                f"This training needs about {cost.memory / 2**30:.1f} GB of memory, "
                f"and {machine.memory_for_training / 2**30:.1f} GB are free. Close other programs or choose a smaller network."
            )
            self.warning.say(text, "care", closable=False)
        elif machine is not None and 0 < machine.disk_free < DISK_NEEDED:
            text = f"Only {machine.disk_free / 2**30:.1f} GB of the disk are free. Free some space before a long training."
            self.warning.say(text, "care", closable=False)
        else:
            self.warning.hide()


def _is_recommended(document: Document, family: catalog.Family) -> bool:
    """Whether the settings are what the kind of model begins with, and what step 1 suggests."""
    defaults = family.settings().model_dump()
    recommended = defaults | journey.recommended_settings(document)
    return document.training.seed == 0 and defaults | catalog.overrides(document, family) == recommended


def _fresh(holder: QWidget) -> QVBoxLayout:
    """An empty column in ``holder``; what stood there goes."""
    old = holder.layout()
    if old is not None:
        QWidget().setLayout(old)  # the only way in which Qt lets go of a layout
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    column.setAlignment(Qt.AlignmentFlag.AlignTop)
    return column
