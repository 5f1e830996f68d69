"""What is never drawn, kind by kind: a bar for each, and its pictures that hardly any drawing comes near."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.jobs.tasks import Reporter
from desktop_app.project.runs import Run
from desktop_app.ui import theme
from desktop_app.ui.pages.evaluation_reading import RunView, emptied
from desktop_app.ui.pages.evaluation_views import GridColumn
from desktop_app.ui.widgets import Label
from desktop_app.ui.widgets.focus import FocusRing
from desktop_app.ui.widgets.picture_grid import PictureGrid, Tile
from desktop_app.ui.widgets.pictures import scaled, to_image
from desktop_app.ui.widgets.scrolling import scrolling

if TYPE_CHECKING:
    from desktop_app.evaluation.missing import Kind
    from desktop_app.jobs.missing import NeverDrawn

_WIDTH = 300
_MOST = 60
"""Pictures shown of a kind."""
_THUMB, _THUMBS = 26, 5
_STATES = {"never": "bad", "hardly ever": "bad", "too rarely": "care"}


class KindRow(FocusRing, QAbstractButton):
    """A kind with the share of it that is missed as a bar; chosen, its missed pictures are shown."""

    def __init__(self, name: str, images: list[QImage], missed: int, of: int, state: str) -> None:
        super().__init__()
        self.setText(name)
        self.images, self.missed, self.of, self.state = [scaled(image, _THUMB) for image in images], missed, of, state
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name or 'Similar pictures'}: {self.figure()} missed")
        self.setToolTip(f"{self.figure()} have hardly any drawing near them")

    def figure(self) -> str:
        """How many are missed."""
        return f"{self.missed:,} of {self.of:,}"

    def sizeHint(self) -> QSize:
        return QSize(200, 56 if self.images else 46)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked() or self.underMouse() or self.focus_ring:
            painter.setPen(QPen(theme.colour("accent"), 2) if self.focus_ring else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("raised" if self.isChecked() else "surface"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        inside = QRectF(self.rect()).adjusted(10, 7, -10, -9)
        self._paint_head(painter, inside)
        self._paint_bar(painter, QRectF(inside.left(), inside.bottom() - 5, inside.width(), 5))

    def _paint_head(self, painter: QPainter, box: QRectF) -> None:
        head = box.adjusted(0, 0, 0, -9)
        painter.setFont(theme.interface_font(theme.QUIET))
        painter.setPen(theme.colour("quiet"))
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.figure())
        for number, image in enumerate(self.images):
            painter.drawImage(QRectF(head.left() + number * (_THUMB + 4), head.top(), _THUMB, _THUMB), image)
        painter.setFont(theme.interface_font())
        painter.setPen(theme.colour("text"))
        room = head.width() - painter.fontMetrics().horizontalAdvance(self.figure()) - 8
        words = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_bar(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("line"))
        painter.drawRoundedRect(box, 2, 2)
        if self.missed:
            painter.setBrush(theme.colour(theme.state_colour(self.state) if self.state else "quiet"))
            painter.drawRoundedRect(
                QRectF(box.left(), box.top(), max(4.0, box.width() * self.missed / self.of), box.height()), 2, 2
            )


class NeverDrawnView(RunView):
    """The kinds at the left, the most missed first; the missed pictures of the chosen one at the right."""

    def __init__(self) -> None:
        super().__init__(_look, "Looking for what is missing …")
        self.rows: list[KindRow] = []
        self.share = Label("", "quiet", wrap=True)
        self.missed = GridColumn("Not drawn", "", PictureGrid("Your pictures that it never draws"))
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.show_kind)
        self._build()
        self.parts = (self.share, self._area, self.missed)
        self.arrived.connect(self._show)

    def _build(self) -> None:
        kinds = QWidget()
        self._kinds = QVBoxLayout(kinds)
        self._kinds.setContentsMargins(0, 0, 6, 0)
        self._kinds.setSpacing(2)
        self._area = scrolling(kinds)
        self._area.setFixedWidth(_WIDTH)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self._area)
        row.addWidget(self.missed, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self.said)
        column.addWidget(self.share)
        column.addLayout(row, 1)

    # ------------------------------------------------------------ showing

    def _show(self, found: NeverDrawn) -> None:
        self.words.setText(found.found.sentence())
        if found.found.not_measured:
            return
        states = {_STATES.get(kind.drawn(found.found.expected), "good") for kind in found.found.kinds}
        self.dot.set_state(next(state for state in ("bad", "care", "good") if state in states))
        self.share.setText(found.found.share_words())
        self._fill(found)
        for part in (self.dot, *self.parts):
            part.show()

    def _fill(self, found: NeverDrawn) -> None:
        emptied(self._kinds)
        self.rows = [self._row(kind, found) for kind in found.found.kinds]
        for number, row in enumerate(self.rows):
            self._group.addButton(row, number)
            self._kinds.addWidget(row)
        self._kinds.addStretch(1)
        self.show_kind(0)

    def _row(self, kind: Kind, found: NeverDrawn) -> KindRow:
        shown = [] if kind.name else [to_image(found.pictures[place]) for place in kind.typical[:_THUMBS]]
        state = _STATES.get(kind.drawn(found.found.expected), "")
        return KindRow(kind.name, shown, len(kind.missed), kind.of, state)

    def show_kind(self, number: int) -> None:
        """Show the missed pictures of a kind, those farthest off first."""
        if self.found is None or number >= len(self.rows):
            return
        kind = self.found.found.kinds[number]
        self.rows[number].setChecked(True)
        about = f"of “{kind.name}” " if kind.name else ""
        self.missed.term.setText(
            f"yours {about}that hardly any drawing comes near" if kind.missed else f"none {about}is missed"
        )
        pictures, keys = self.found.pictures, self.found.keys
        self.missed.grid.set_tiles(
            [Tile((to_image(pictures[i]),), f"Yours, not drawn · {Path(keys[i]).name}") for i in kind.missed[:_MOST]]
        )


def _look(reporter: Reporter, run: Run) -> NeverDrawn:
    from desktop_app.jobs.missing import never_drawn

    return never_drawn(run)
