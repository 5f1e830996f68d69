"""A picture enlarged over the whole window, with the ones before and after it a key away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets.buttons import IconButton
from desktop_app.ui.widgets.cards import Card
from desktop_app.ui.widgets.labels import ElidedLabel, Label
from desktop_app.ui.widgets.picture_grid import Tile, edge_colour, paint_picture
from desktop_app.ui.widgets.pictures import scaled

LARGEST = 560
"""Longest side of the enlarged picture, in device-independent pixels."""
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


class _Canvas(QWidget):
    """The pictures of one tile side by side, as large as whole multiples of their pixels allow."""

    def __init__(self) -> None:
        super().__init__()
        self.tile: Tile | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)

    def sizeHint(self) -> QSize:
        count = len(self.tile.images) if self.tile else 1
        return QSize(LARGEST if count == 1 else LARGEST * 3 // 4 * count, LARGEST if count == 1 else LARGEST * 3 // 4)

    def paintEvent(self, _: QPaintEvent) -> None:
        if self.tile is None or not self.tile.images:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count, gap = len(self.tile.images), theme.GAP
        width = (self.width() - gap * (count - 1)) / count
        ratio = self.devicePixelRatio()
        for place, image in enumerate(self.tile.images):
            part = QRectF(place * (width + gap), 0, width, self.height())
            fitted = scaled(image, round(min(width, self.height()) * ratio))
            fitted.setDevicePixelRatio(ratio)
            paint_picture(painter, part, fitted, edge_colour(image))


class Lightbox(QWidget):
    """Lies over the window until Escape, a click beside the picture, or its cross closes it.

    Parameters
    ----------
    window
        The window to cover.
    sides
        What stands under each of two pictures side by side; empty for single ones.
    """

    def __init__(self, window: QWidget, tiles: Sequence[Tile], row: int, sides: tuple[str, ...] = ()) -> None:
        super().__init__(window)
        self._tiles = tiles
        self._row = row
        self._before = window.focusWidget()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._canvas = _Canvas()
        self._words = ElidedLabel("", "strong")
        self._count = Label("", "quiet")
        self._back = IconButton("back", "The one before (Left)", lambda: self.step(-1))
        self._on = IconButton("chevron-right", "The next one (Right)", lambda: self.step(1))
        self._close = IconButton("close", "Close (Escape)", self.close)
        self._build(sides)
        self._show()
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def _build(self, sides: tuple[str, ...]) -> None:
        self._card = Card(padding=16, spacing=12)
        head = QHBoxLayout()
        head.addWidget(self._words, 1)
        head.addWidget(self._count)
        for button in (self._back, self._on, self._close):
            head.addWidget(button)
        self._card.body.addLayout(head)
        self._card.body.addWidget(self._canvas, 1)
        if sides:
            under = QHBoxLayout()
            under.setSpacing(theme.GAP)
            for words in sides:
                line = Label(words, "quiet")
                line.setAlignment(Qt.AlignmentFlag.AlignCenter)
                under.addWidget(line, 1)
            self._card.body.addLayout(under)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        outer.addWidget(self._card, 0, Qt.AlignmentFlag.AlignCenter)

    @property
    def row(self) -> int:
        """Which of the tiles is shown."""
        return self._row

    def step(self, by: int) -> None:
        """Show another one; nothing happens at the ends."""
        target = self._row + by
        if 0 <= target < len(self._tiles) and self._tiles[target].images:
            self._row = target
            self._show()

    def _show(self) -> None:
        tile = self._tiles[self._row]
        self._canvas.tile = tile
        self._canvas.update()
        self._words.setText(tile.name)
        self._count.setText(f"{self._row + 1:,} of {len(self._tiles):,}")
        self._back.setEnabled(self._row > 0)
        self._on.setEnabled(self._row + 1 < len(self._tiles))
        self.setAccessibleName(f"Enlarged: {tile.name}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.close()
        elif event.key() in _STEPS:
            self.step(_STEPS[Qt.Key(event.key())])
        event.accept()  # what lies beneath must not act

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays among its own buttons."""
        ring = [self._back, self._on, self._close]
        here = ring.index(self.focusWidget()) if self.focusWidget() in ring else (-1 if forward else 0)
        for offset in range(1, len(ring) + 1):
            target = ring[(here + (offset if forward else -offset)) % len(ring)]
            if target.isEnabled():
                target.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._card.geometry().contains(event.position().toPoint()):
            self.close()
        event.accept()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 150))

    def closeEvent(self, event: object) -> None:
        self.window().removeEventFilter(self)
        if self._before is not None:
            self._before.setFocus()
