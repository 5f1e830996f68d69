"""The card of a kind of model: how it works, what it is good at, what it costs here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from desktop_app.jobs.catalog import Family, Meter
from desktop_app.ui.widgets.buttons import HelpMark
from desktop_app.ui.widgets.cards import ChoiceCard
from desktop_app.ui.widgets.how_it_works import DRAWINGS
from desktop_app.ui.widgets.icons import IconLabel
from desktop_app.ui.widgets.labels import Label
from desktop_app.ui.widgets.meters import Meters

LINES = 4
"""Lines of a size's card under its title."""


class _FlowingCard(ChoiceCard):
    """A card as high as its words need at the width that it gets."""

    def minimumSizeHint(self) -> QSize:
        """The least width; the height follows from the width that the card gets."""
        return QSize(super().minimumSizeHint().width(), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.height() < self.heightForWidth(self.width()):
            self.updateGeometry()  # the first layout is made before the words know their font


class FamilyCard(_FlowingCard):
    """One kind of model, chosen as a whole; several stand side by side."""

    def __init__(self, family: Family) -> None:
        super().__init__(family.title, padding=16, spacing=8)
        self.family = family
        self.film = DRAWINGS[family.drawing]()
        self.meters = Meters()
        self.badge = Label("", "quiet", wrap=True, tone="accent")
        self.setAccessibleDescription(f"{family.tagline} {family.how_it_works}")
        self._build()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(Label(self.family.title, "section", wrap=True))
        head.addWidget(HelpMark(self.family.how_it_works, f"a {self.family.title}"), 0, Qt.AlignmentFlag.AlignTop)
        head.addStretch(1)
        self.body.addWidget(self.film)
        self.body.addLayout(head)
        self.body.addWidget(Label(self.family.tagline, wrap=True))
        for icon, tone, texts in (("plus", "good", self.family.strengths), ("minus", "care", self.family.weaknesses)):
            for text in texts:
                self.body.addLayout(_point(icon, tone, text))
        self.body.addWidget(self.badge)
        self.body.addStretch(1)
        self.body.addWidget(self.meters)

    def recommend(self, reason: str) -> None:
        """Wear the recommendation with its reason, or take it off ("")."""
        self.badge.setText(f"Recommended, because {reason}" if reason else "")
        self.badge.setVisible(bool(reason))

    def show_meters(self, meters: Sequence[Meter]) -> None:
        """Show what it costs and brings here."""
        self.meters.show_meters(list(meters))


def _point(icon: str, tone: str, text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(IconLabel(icon, tone, 14), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Label(text, "quiet", wrap=True), 1)
    return row


class SizeCard(_FlowingCard):
    """A size of the network with what it costs and brings."""

    def __init__(self, key: str, title: str) -> None:
        super().__init__(title, padding=12, spacing=3)
        self.key = key
        head = QHBoxLayout()
        self._title = Label(title, "strong")
        head.addWidget(self._title)
        head.addStretch(1)
        self.body.addLayout(head)
        self._lines = [Label("", "quiet", wrap=True) for _ in range(LINES)]
        for line in self._lines:
            self.body.addWidget(line)
        self.body.addStretch(1)

    def show_lines(self, lines: Sequence[str], tones: Sequence[str]) -> None:
        """Show its lines, each in its tone: "bad" where it needs care, else ""."""
        for label, text, tone in zip(self._lines, lines, tones, strict=True):
            label.setText(text)
            label.set_tone(tone)
        self.setAccessibleName(f"{self._title.text()}: {', '.join(line for line in lines if line)}")
