"""Step 1: what it shall make, in plain choices, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_app.jobs import journey
from desktop_app.jobs.objective_words import sentence, value_in_words
from desktop_app.jobs.session import Session
from desktop_app.ui import theme
from desktop_app.ui.page import Action, Page
from desktop_app.ui.widgets import Card, ChoiceCard, ElidedLabel, IconLabel, Label, Line, Segmented

PURPOSES = (
    ("sprites", "sprite", "Sprites and pixel art", "Small figures, tiles and items, pixel by pixel."),
    ("icons", "shapes", "Icons", "Signs and symbols with clear outlines."),
    ("drawings", "pencil", "Drawings", "Sketches, letters, cartoons, paintings."),
    ("photos", "camera", "Photos", "Faces, animals, things, places."),
    ("textures", "texture", "Textures", "Stone, cloth, wood: patterns without an edge."),
    ("other", "picture", "Other pictures", "Anything else that is a picture."),
)
QUESTIONS: tuple[tuple[str, str, Sequence[tuple[str, str]], dict[str, str]], ...] = (
    (
        "conditioning",
        "Shall you say what kind it draws?",
        (("auto", "If there are kinds"), ("class", "Yes"), ("none", "No")),
        {
            "auto": "If your folder has sub-folders, each becomes a kind that you can ask for.",
            "class": "Sub-folders of your pictures become kinds that you can ask for.",
            "none": "It draws a mixture of everything, as it comes.",
        },
    ),
    (
        "priority",
        "How good, against how fast?",
        (("fast", "Fast"), ("balanced", "Balanced"), ("best", "Best")),
        {
            "fast": "Minutes of training: enough to see whether it works.",
            "balanced": "A good first result; you can always train on.",
            "best": "Hours of training, for pictures worth keeping.",
        },
    ),
    (
        "device",
        "Where will it generate?",
        (("laptop", "Laptop"), ("workstation", "Workstation"), ("web", "Web page"), ("phone", "Phone")),
        {
            "laptop": "Any computer, no graphics card needed.",
            "workstation": "A computer with a graphics card.",
            "web": "In the browser of whoever opens the page.",
            "phone": "On the phone itself, without a connection.",
        },
    ),
)
ANSWERS_BELOW = 640
"""Width of the page below which answers go under their questions."""
NARROWEST = 380
ONE_COLUMN_BELOW = 860
"""Width of the page below which the summary goes under the questions."""


class ObjectivePage(Page):
    """What it is for; everything later starts from it."""

    number: ClassVar[int] = 1

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.name = QLineEdit()
        self.name.setMaxLength(120)
        self.name.setAccessibleName("Name of the project")
        self.name.editingFinished.connect(self._rename)
        self.cards: dict[str, ChoiceCard] = {}
        self.questions: dict[str, Segmented] = {}
        self._answers: dict[str, Label] = {}
        self._question_rows: list[QHBoxLayout] = []
        self.sentence = Label("", "section", wrap=True)
        self.consequences = Consequences()
        self._choices = QWidget()
        self._build()
        session.inventory_changed.connect(self.refresh)

    # ------------------------------------------------------------ building

    def _build(self) -> None:
        left = QVBoxLayout(self._choices)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(theme.GAP)
        left.addLayout(self._purposes())
        left.addWidget(self._question_card())
        left.addStretch(1)
        self._columns = QHBoxLayout()
        self._columns.setSpacing(theme.GAP)
        self._columns.addWidget(self._choices, 5)
        self._columns.addWidget(self._summary(), 3, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(self._columns, 1)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough that the page gets the window's width, and with it the chance to put columns below each other."""
        return QSize(NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        below = self.width() < ONE_COLUMN_BELOW
        self._columns.setDirection(_direction(below))
        for row in self._question_rows:
            row.setDirection(_direction(self.width() < ANSWERS_BELOW))

    def _purposes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(12)
        group = QButtonGroup(self)
        for number, (key, icon, title, words) in enumerate(PURPOSES):
            card = ChoiceCard(f"{title}. {words}", padding=14, spacing=4)
            card.add(IconLabel(icon, "accent", 26))
            card.body.addSpacing(4)
            card.add(Label(title, "strong"))
            card.add(Label(words, "quiet", wrap=True))
            card.body.addStretch(1)
            card.clicked.connect(lambda _=False, key=key: self.session.change_objective(output="images", purpose=key))
            group.addButton(card)
            self.cards[key] = card
            grid.addWidget(card, number // 3, number % 3)
            grid.setColumnStretch(number % 3, 1)
        return grid

    def _question_card(self) -> Card:
        card = Card(padding=16, spacing=12)
        for number, (key, question, options, _) in enumerate(QUESTIONS):
            if number:
                card.body.addWidget(Line())
            card.body.addLayout(self._question(key, question, options))
        return card

    def _question(self, key: str, question: str, options: Sequence[tuple[str, str]]) -> QHBoxLayout:
        choice = Segmented(options, question)
        choice.chosen.connect(lambda value: self.session.change_objective(**{key: value}))
        answer = Label("", "quiet", wrap=True)
        self.questions[key], self._answers[key] = choice, answer
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(question, "strong"))
        words.addWidget(answer)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addLayout(words, 1)
        row.addWidget(choice, 0, Qt.AlignmentFlag.AlignVCenter)
        self._question_rows.append(row)
        return row

    def _summary(self) -> Card:
        card = Card(padding=20, spacing=12)
        card.body.addWidget(Label("Name", "quiet"))
        card.body.addWidget(self.name)
        card.body.addSpacing(4)
        card.body.addWidget(self.sentence)
        card.body.addWidget(Line())
        card.body.addWidget(self.consequences)
        card.body.addStretch(1)
        return card

    # ------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the choices made, and what follows."""
        document = self.session.document
        if not self.name.hasFocus():
            self.name.setText(document.name)
            self.name.setCursorPosition(0)
        for key, card in self.cards.items():
            card.group().setExclusive(False)
            card.setChecked(document.objective.output is not None and key == document.objective.purpose)
            card.group().setExclusive(True)
        for key, _, _, answers in QUESTIONS:
            value = getattr(document.objective, key)
            self.questions[key].set_value(value)
            self._answers[key].setText(answers[value])
        kinds = len(self.session.inventory.classes) if self.session.inventory else 0
        self.sentence.setText(sentence(document, kinds))
        self.consequences.show_defaults(self.session)
        for widget in (self._choices, self.name):
            widget.setEnabled(not self.session.read_only)

    def leave(self) -> None:
        self._rename()

    def _rename(self) -> None:
        name = self.name.text().strip()
        if name and self.session.project is not None and name != self.session.document.name:
            self.session.change("", name=name)

    def note(self) -> str:
        if self.session.read_only:
            return "Open for reading only."
        return "Saved as you go. You can change all of this later." if self.session.document.objective.output else ""

    def main_action(self) -> Action | None:
        missing = self.status().missing
        return Action(missing, self._point_at_cards) if missing else None

    def _point_at_cards(self) -> None:
        self.cards["sprites"].setFocus(Qt.FocusReason.ShortcutFocusReason)


def _direction(down: bool) -> QHBoxLayout.Direction:
    return QHBoxLayout.Direction.TopToBottom if down else QHBoxLayout.Direction.LeftToRight


class Consequences(QWidget):
    """What later steps start with, and why."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[Label, Label, Label]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(Label("What follows from it", "strong"))

    def show_defaults(self, session: Session) -> None:
        """Ask again what the objective suggests."""
        document = session.document
        defaults = journey.suggestions(document)
        while len(self._rows) < len(defaults):
            self._add_row()
        for number, row in enumerate(self._rows):
            for label in row:
                label.setVisible(number < len(defaults))
        for default, (title, value, reason) in zip(defaults, self._rows, strict=False):
            now, field = journey.current(document, default), default.field.rpartition(".")[2]
            followed = journey.followed(document, default)
            title.setText(default.title)
            value.setText(value_in_words(field, default.value if now is None else now))
            reason.setText(default.reason if followed else f"Suggested: {value_in_words(field, default.value)}.")

    def _add_row(self) -> None:
        labels = Label("", "subtitle"), ElidedLabel("", "strong"), Label("", "quiet", wrap=True)
        head = QHBoxLayout()
        labels[1].setAlignment(Qt.AlignmentFlag.AlignRight)
        head.addWidget(labels[0])
        head.addWidget(labels[1], 1)
        block = QVBoxLayout()
        block.setSpacing(1)
        block.addLayout(head)
        block.addWidget(labels[2])
        self._column.addLayout(block)
        self._rows.append(labels)
