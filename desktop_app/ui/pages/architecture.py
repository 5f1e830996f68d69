"""Step 3: which kind of model learns it, and how large it is."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from desktop_app.jobs import catalog
from desktop_app.jobs.objective_words import because
from desktop_app.jobs.session import Session
from desktop_app.project.steps import duration
from desktop_app.ui.page import Action, Page
from desktop_app.ui.widgets import Banner, ElidedLabel, Label
from desktop_app.ui.widgets.columns import ColumnsLayout
from desktop_app.ui.widgets.family_card import FamilyCard, SizeCard

NARROWEST = 228
"""Least width of a card."""
SMALLEST = 168
"""Least width of a size's card."""
EXAMPLES = 4
"""Pictures of the person's own that show how a model works."""
_SOURCES = {
    "training": "from your last training here",
    "rehearsal": "from a rehearsal here",
    "measured": "measured on this machine",
    "assumed": "a rough guess until something has been trained here",
}


class ArchitecturePage(Page):
    """Cards of the kinds of model, and the size of the network with its estimate."""

    number: ClassVar[int] = 3

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.cards = {family.name: FamilyCard(family) for family in catalog.families()}
        self.sizes: dict[str, SizeCard] = {}
        self.warning = Banner()
        self.heading = Label("How large should it be?", "section")
        self.explanation = ElidedLabel("", "quiet")
        self._size_row = ColumnsLayout(SMALLEST, 12)
        self._pictures = ""
        self._build()
        session.machine_changed.connect(self.refresh)

    def _build(self) -> None:
        for name, card in self.cards.items():
            card.clicked.connect(lambda _=False, name=name: self.choose(name))
        self.body.addWidget(self.warning)
        row = ColumnsLayout(NARROWEST, 12)
        for card in self.cards.values():
            row.addWidget(card)
        self.body.addLayout(row)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self.explanation, 1, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(head)
        self.body.addLayout(self._size_row)
        self.body.addStretch(1)

    # ------------------------------------------------------------ what is chosen

    @property
    def family(self) -> catalog.Family:
        """The family that is chosen, else the one that is recommended."""
        chosen = self.session.document.architecture.family
        return catalog.get(chosen if chosen in self.cards else self._recommended().family)

    def choose(self, name: str) -> None:
        """Take a kind of model."""
        self.session.change("architecture", family=name)
        self.refresh()
        self.changed.emit()

    def choose_size(self, size: str) -> None:
        """Take a size, and with it the kind of model that it belongs to."""
        self.session.change("architecture", family=self.family.name, network=size)
        self.refresh()
        self.changed.emit()

    def _recommended(self) -> catalog.Recommendation:
        session = self.session
        known = session.speed if session.machine is not None else None
        return catalog.recommend(session.document, session.facts().training_items, self._shape(), known)

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        document = self.session.document
        recommended = self._recommended()
        for name, card in self.cards.items():
            card.setChecked(document.architecture.family == name)
            card.recommend(recommended.reason if recommended.family == name else "")
            self._show_meters(card)
        self._show_pictures()
        self._show_sizes()
        self._show_warning()
        self.session.calibrate()

    def _show_meters(self, card: FamilyCard) -> None:
        document, shape = self.session.document, self._shape()
        size = document.architecture.network if card.family is self.family else "auto"
        cost = catalog.estimate(card.family, shape, size, self._minutes(), self.session.speed)
        card.show_meters(catalog.meters(card.family, cost, shape, catalog.strokes(card.family, document)))

    def _shape(self) -> catalog.Shape:
        return catalog.shape_of(self.session.document, self.session.encoded())

    def _minutes(self) -> float:
        return catalog.minutes_of(self.session.document)

    def _show_pictures(self) -> None:
        """Let the drawings use the person's own pictures, once they are there."""
        encoded, name = self.session.encoded(), self.session.document.data.encoded or ""
        if encoded is None or name == self._pictures or not len(encoded.items):
            return
        self._pictures = name
        count = len(encoded.items)
        chosen = [encoded.items[round(index * (count - 1) / max(1, EXAMPLES - 1))] for index in range(min(EXAMPLES, count))]
        for card in self.cards.values():
            card.film.show_pictures(chosen)

    def _show_sizes(self) -> None:
        keys = ("auto", *self.family.networks)
        if tuple(self.sizes) != keys:
            self._make_sizes(keys)
        minutes, shape = self._minutes(), self._shape()
        self.explanation.setText(self._explanation(minutes))
        for key, card in self.sizes.items():
            cost = catalog.estimate(self.family, shape, key, minutes, self.session.speed)
            card.setChecked(self.session.document.architecture.network == key)
            self._show_size(card, cost)

    def _explanation(self, minutes: float) -> str:
        """What the figures are of, where they come from, and what step 1 says of the size."""
        learned = self.session.speed.source in ("training", "rehearsal")
        waits = self.session.machine is None or (self.session.calibrating and not learned)
        source = "being measured …" if waits else _SOURCES[self.session.speed.source]
        reason = because(self.session.document, "network")
        return " · ".join(filter(None, [f"For {duration(60 * minutes)} of training (step 4), {source}", reason]))

    def _make_sizes(self, keys: tuple[str, ...]) -> None:
        for card in self.sizes.values():
            self._size_row.removeWidget(card)
            card.deleteLater()
        self.sizes = {key: SizeCard(key, catalog.SIZE_TITLES[key]) for key in keys}
        for key, card in self.sizes.items():
            card.clicked.connect(lambda _=False, key=key: self.choose_size(key))
            self._size_row.addWidget(card)

    def _show_size(self, card: SizeCard, cost: catalog.Estimate) -> None:
        named, weights = f"{catalog.SIZE_TITLES[cost.network]}, for this time", f"{_millions(cost.parameters)} weights"
        machine = self.session.machine
        tight = machine is not None and 0 < machine.memory_for_training < cost.memory
        full = machine is not None and 0 < machine.disk_free < cost.disk
        lines = [
            named if card.key == "auto" else weights,
            f"{catalog.count(cost.passes)} looks at each picture",
            f"{catalog.recognisable_in(self.family, cost, self._shape())} to recognisable",
            f"{_bytes(cost.memory)} memory{', too much here' if tight else ''} · {_bytes(cost.disk)} disk",
        ]
        card.show_lines(lines, ["", "", "", "bad" if tight or full else ""])

    def _show_warning(self) -> None:
        name = self.session.document.architecture.family
        if name is not None and name not in self.cards:
            self.warning.say(f"This Gensmith knows no kind of model called “{name}”. Choose another.", "care", closable=False)
        else:
            self.warning.hide()

    # ------------------------------------------------------------ for the frame

    def subtitle(self) -> str:
        return " ".join(filter(None, [self.step.question, catalog.squares_in_words(self._shape())]))

    def note(self) -> str:
        if self.session.document.architecture.family is None:
            return "Not decided yet; the recommended one is a good choice."
        cost = catalog.estimate(
            self.family, self._shape(), self.session.document.architecture.network, self._minutes(), self.session.speed
        )
        return cost.verdict

    def main_action(self) -> Action | None:
        if self.session.document.architecture.family in self.cards:
            return None
        return Action(f"Take the {self.family.title_in_words}", lambda: self.choose(self.family.name))


def _millions(parameters: int) -> str:
    return f"{parameters / 1e6:.1f} million"


def _bytes(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**30 / 10 else f"{size / 2**20:,.0f} MB"
