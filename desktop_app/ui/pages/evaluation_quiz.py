"""Which is real? Two pictures, one of them generated, for the person's own eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_results import Results
from desktop_app.ui.widgets import Button, Label
from desktop_app.ui.widgets.picture_grid import Tile, edge_colour, paint_picture
from desktop_app.ui.widgets.pictures import scaled

ENOUGH = 10
"""Answers from which something is said of the eye."""
_SIDE = 220


@dataclass(frozen=True)
class Question:
    """Two pictures; the real one is at the left or at the right."""

    left: Tile
    right: Tile
    real_left: bool


class Quiz:
    """Questions by chance, and how many were answered rightly. No widget in it."""

    def __init__(self, results: Results, seed: int | None = None) -> None:
        self._results = results
        self._chance = np.random.default_rng(seed)
        self.right = self.asked = 0

    def question(self) -> Question | None:
        """A generated picture beside a real one, of its kind where there is one; None where there are no pictures."""
        results = self._results
        if not results.real or not results.generated:
            return None
        drawn = int(self._chance.integers(len(results.generated)))
        kind = results.generated_labels[drawn]
        alike = [place for place, label in enumerate(results.real_labels) if kind in (-1, label)]
        real = int(self._chance.choice(alike or range(len(results.real))))
        pair, real_left = (results.real[real], results.generated[drawn]), bool(self._chance.integers(2))
        left, right = pair if real_left else pair[::-1]
        return Question(left, right, real_left)

    def answer(self, question: Question, left: bool) -> bool:
        """Count an answer; whether it was right."""
        right = left == question.real_left
        self.asked, self.right = self.asked + 1, self.right + right
        return right

    def words(self) -> str:
        """How the eye did so far, beside chance."""
        if not self.asked:
            return "Click the picture that is yours."
        share = f"{self.right} of {self.asked} right; guessing gives about {self.asked / 2:g}."
        if self.asked < ENOUGH:
            return share
        from desktop_app.evaluation.intervals import proportion

        told = proportion(self.right, self.asked).low > 0.5
        return f"{share} " + ("You can tell them apart." if told else "By this you cannot surely tell them apart.")


class Choice(QAbstractButton):
    """A picture to click, with hard pixels; afterwards it wears a coloured frame."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tile: Tile | None = None
        self._state = ""

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def show_tile(self, tile: Tile | None, state: str = "") -> None:
        """Show a picture; ``state`` good, bad or nothing colours the frame."""
        self._tile, self._state = tile, state
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        if self._tile is not None:
            image = self._tile.images[0]
            fitted = scaled(image, round((_SIDE - 12) * self.devicePixelRatio()))
            fitted.setDevicePixelRatio(self.devicePixelRatio())
            paint_picture(painter, box, fitted, edge_colour(image))
        token = self._state or ("accent" if self.hasFocus() else "line")
        painter.setPen(QPen(theme.colour(token), 3 if self._state or self.hasFocus() else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6, 6)


class QuizView(QWidget):
    """The quiz on the page: click, see, go on."""

    answered = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.choices = (Choice("Left picture"), Choice("Right picture"))
        self.captions = (Label("", "quiet"), Label("", "quiet"))
        self.words = Label("", wrap=True)
        self.next = Button("Next pair", clicked=self.ask)
        self.quiz: Quiz | None = None
        self.question: Question | None = None
        self._build()
        for place, choice in enumerate(self.choices):
            choice.clicked.connect(lambda _=False, place=place: self._take(place == 0))

    def _build(self) -> None:
        pair = QHBoxLayout()
        pair.setSpacing(theme.GAP)
        for choice, caption in zip(self.choices, self.captions, strict=True):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(choice)
            column.addWidget(caption, 0, Qt.AlignmentFlag.AlignHCenter)
            pair.addLayout(column)
        pair.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(Label("Which one is yours?", "strong"))
        column.addLayout(pair)
        column.addWidget(self.words)
        column.addWidget(self.next, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def show_results(self, results: Results, seed: int | None = None) -> None:
        """Begin anew with the pictures of another evaluation."""
        self.quiz = Quiz(results, seed)
        self.ask()

    def ask(self) -> None:
        """The next pair."""
        self.question = self.quiz.question() if self.quiz else None
        tiles = (self.question.left, self.question.right) if self.question else (None, None)
        for choice, caption, tile in zip(self.choices, self.captions, tiles, strict=True):
            choice.show_tile(tile)
            choice.setEnabled(tile is not None)
            caption.setText(" ")
        self.next.setEnabled(False)
        self.words.setText(self.quiz.words() if self.quiz and self.question else "There are no pictures to compare.")

    def _take(self, left: bool) -> None:
        if self.quiz is None or self.question is None or self.next.isEnabled():
            return
        right = self.quiz.answer(self.question, left)
        for place, (choice, caption) in enumerate(zip(self.choices, self.captions, strict=True)):
            real = self.question.real_left == (place == 0)
            tile = self.question.left if place == 0 else self.question.right
            picked = left == (place == 0)
            choice.show_tile(tile, ("good" if right else "bad") if picked else "")
            caption.setText("Yours" if real else "Generated")
        self.words.setText(f"{'Right.' if right else 'No.'} {self.quiz.words()}")
        self.next.setEnabled(True)
        self.next.setFocus()
        self.answered.emit(right)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys answer."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._take(event.key() == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)
