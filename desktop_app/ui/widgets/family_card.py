"""The card of a kind of model: how it works, what it is good at, what it costs here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.jobs.catalog import Family, Meter
from desktop_app.ui import theme
from desktop_app.ui.widgets.cards import ChoiceCard
from desktop_app.ui.widgets.how_it_works import HowItWorks
from desktop_app.ui.widgets.icons import IconLabel
from desktop_app.ui.widgets.labels import Label
from desktop_app.ui.widgets.meters import Meters


class FamilyCard(ChoiceCard):
    """One kind of model, chosen as a whole. Wide when it stands alone, tall beside others."""

    def __init__(self, family: Family, *, wide: bool) -> None:
        super().__init__(family.title, padding=20, spacing=12)
        self.family = family
        self.film = HowItWorks(side=208 if wide else 148)
        self.meters = Meters()
        self.badge = Label("", "strong", wrap=True, tone="accent")
        self.setAccessibleDescription(f"{family.tagline} {family.how_it_works}")
        self._arrange(wide)

    def _arrange(self, wide: bool) -> None:
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        row.setSpacing(28 if wide else 14)
        row.addWidget(self.film, 0, Qt.AlignmentFlag.AlignTop if wide else Qt.AlignmentFlag.AlignHCenter)
        row.addLayout(self._words(), 5)
        row.addLayout(self._figures(), 4)
        self.body.addLayout(row)

    def _words(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(Label(self.family.title, "section"))
        column.addWidget(self.badge)
        column.addWidget(Label(self.family.tagline, wrap=True))
        column.addWidget(Label(self.family.how_it_works, "quiet", wrap=True))
        column.addSpacing(6)
        for text in self.family.strengths:
            column.addLayout(_point("plus", "good", text))
        for text in self.family.weaknesses:
            column.addLayout(_point("minus", "care", text))
        column.addStretch(1)
        return column

    def _figures(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(Label("On this machine, with your pictures", "quiet"))
        column.addWidget(self.meters)
        column.addStretch(1)
        return column

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.height() < self.heightForWidth(self.width()):
            self.updateGeometry()  # the first layout is made before the words know their font

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
    row.addWidget(Label(text, wrap=True), 1)
    return row


class SizeCard(ChoiceCard):
    """A size of the network with what it costs and brings."""

    def __init__(self, key: str, title: str) -> None:
        super().__init__(title, padding=12, spacing=3)
        self.key = key
        head = QHBoxLayout()
        self._title = Label(title, "strong")
        head.addWidget(self._title)
        head.addStretch(1)
        self.body.addLayout(head)
        self._lines = [Label("", "quiet", wrap=True) for _ in range(3)]
        for line in self._lines:
            self.body.addWidget(line)
        self.body.addStretch(1)

    def show_lines(self, lines: Sequence[str], tone: str = "") -> None:
        """Show up to three lines; the last takes a tone when it needs care."""
        for label, text in zip(self._lines, [*lines, "", ""][:3], strict=True):
            label.setText(text)
        self._lines[-1].set_tone(tone)
        self.setAccessibleName(f"{self._title.text()}: {', '.join(line for line in lines if line)}")


def row_of(cards: Sequence[QWidget], spacing: int = theme.GAP) -> QHBoxLayout:
    """Cards of equal width side by side."""
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for card in cards:
        row.addWidget(card, 1)
    return row
