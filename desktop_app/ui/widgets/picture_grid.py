"""A grid of small pictures: seen, walked through with the keys, chosen, opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QItemSelectionModel, QModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QKeySequence, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from desktop_app.ui import theme
from desktop_app.ui.widgets.focus import FocusRing
from desktop_app.ui.widgets.icons import icon_pixmap
from desktop_app.ui.widgets.pictures import scaled

GAP = 6
CAPTION = 20
"""Height of the line under a tile."""
CORNER = 6
MAT = 4
"""Margin around a picture inside its tile."""
LARGEST, HUGE = 112, 200
"""Longest side of a picture in a grid, and in one that fills its room with few."""


@dataclass(frozen=True, eq=False)
class Tile:
    """What one place of the grid shows.

    Attributes
    ----------
    images
        One picture, several side by side, or none for a place that still waits for its picture.
    name
        What a screen reader and the tooltip say.
    caption, state
        A line under the picture and the colour of the mark before it (good, care, bad, or "" for none).
    kept
        Wears a star.
    """

    images: tuple[QImage, ...]
    name: str
    caption: str = ""
    state: str = ""
    kept: bool = False


class _Model(QAbstractListModel):
    """The tiles, as Qt's views and screen readers ask for them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.tiles: list[Tile] = []

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.tiles)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.tiles):
            return None
        tile = self.tiles[index.row()]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return tile.name
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        waits = index.isValid() and not self.tiles[index.row()].images
        return Qt.ItemFlag.ItemIsEnabled if waits else Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def replace_all(self, tiles: Sequence[Tile]) -> None:
        self.beginResetModel()
        self.tiles = list(tiles)
        self.endResetModel()

    def replace(self, row: int, tile: Tile) -> None:
        self.tiles[row] = tile
        self.dataChanged.emit(self.index(row), self.index(row))


class _Painter(QStyledItemDelegate):
    """Draws a tile: ground, pictures with hard pixels, marks, caption."""

    def __init__(self, grid: PictureGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._ready: dict[tuple[int, int], tuple[QImage, QImage, QColor | None]] = {}
        """By row and place: a picture, the same scaled, its ground."""

    def forget(self) -> None:
        """Drop the scaled pictures: they have another size, or are others."""
        self._ready.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        tile = self._grid.tile(index.row())
        box = QRectF(option.rect.x(), option.rect.y(), *self._grid.tile_size())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._pictures(painter, tile, box, index.row())
        if option.state & QStyle.StateFlag.State_Selected and self._grid.chooses:
            _selected(painter, box)
        if index == self._grid.currentIndex() and self._grid.focus_ring:
            _outline(painter, box, "text" if option.state & QStyle.StateFlag.State_Selected else "accent")
        if tile.kept:
            _star(painter, box)
        if tile.caption:
            self._caption(painter, tile, box)
        painter.restore()

    def _pictures(self, painter: QPainter, tile: Tile, box: QRectF, row: int) -> None:
        count = max(1, len(tile.images), self._grid.side_by_side)
        width = (box.width() - 2 * (count - 1)) / count
        clip = QPainterPath()
        clip.addRoundedRect(box, CORNER, CORNER)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(box, theme.colour("background" if count > 1 else "raised"))
        for place in range(count):
            part = QRectF(box.x() + place * (width + 2), box.y(), width, box.height())
            if place < len(tile.images):
                paint_picture(painter, part, *self._prepared(row, place, tile.images[place], round(width)))
            else:
                painter.fillRect(part, theme.colour("raised"))
        painter.restore()
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawPath(clip)

    def _prepared(self, row: int, place: int, original: QImage, side: int) -> tuple[QImage, QColor | None]:
        """A picture as large as its place, and its ground; kept, because painting happens all the time."""
        ratio = self._grid.devicePixelRatio()
        known = self._ready.get((row, place))
        if known is None or known[0] is not original or known[1].devicePixelRatio() != ratio:
            fitted = scaled(original, round((side - 2 * MAT) * ratio))
            fitted.setDevicePixelRatio(ratio)
            known = self._ready[row, place] = original, fitted, edge_colour(original)
        return known[1:]

    def _caption(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        line = QRectF(box.x(), box.bottom() + 2, box.width(), CAPTION - 2)
        if tile.state:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(theme.state_colour(tile.state)))
            painter.drawEllipse(QRectF(line.x() + 1, line.center().y() - 3, 6, 6))
            line.adjust(12, 0, 0, 0)
        painter.setFont(theme.interface_font(theme.QUIET))
        painter.setPen(theme.colour("quiet"))
        words = painter.fontMetrics().elidedText(tile.caption, Qt.TextElideMode.ElideRight, int(line.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def paint_picture(painter: QPainter, box: QRectF, fitted: QImage, ground: QColor | None) -> None:
    """Paint ``fitted`` in the middle of ``box``; around it the picture's own ground goes on, where it has one."""
    if ground is not None:
        painter.fillRect(box, ground)
    size = fitted.deviceIndependentSize()
    ratio = fitted.devicePixelRatio()
    x = round((box.center().x() - size.width() / 2) * ratio) / ratio
    y = round((box.center().y() - size.height() / 2) * ratio) / ratio
    painter.drawImage(QRectF(x, y, size.width(), size.height()), fitted)


def edge_colour(image: QImage) -> QColor | None:
    """The colour of most of the picture's edge, if there is one: its ground."""
    right, bottom = image.width() - 1, image.height() - 1
    edge = [image.pixel(x, y) for x in range(right + 1) for y in (0, bottom)]
    edge += [image.pixel(x, y) for y in range(bottom + 1) for x in (0, right)]
    colour, count = Counter(_coarse(pixel) for pixel in edge).most_common(1)[0]
    if 2 * count < len(edge):
        return None
    return QColor(next(pixel for pixel in edge if _coarse(pixel) == colour))


def _coarse(pixel: int) -> int:
    """Nearly equal colours alike: a generated ground is never quite even."""
    return pixel & 0xE0E0E0


def _outline(painter: QPainter, box: QRectF, token: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.colour(token), 2))
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), CORNER, CORNER)


def _selected(painter: QPainter, box: QRectF) -> None:
    """An outline and a tick, so that the choice does not hang on colour alone."""
    _outline(painter, box, "accent")
    badge = QRectF(box.right() - 20, box.y() + 4, 16, 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("accent"))
    painter.drawEllipse(badge)
    painter.setPen(QPen(theme.colour("on_accent"), 1.8, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
    tick = QPainterPath(badge.center() - QPointF(3.5, 0))
    tick.lineTo(badge.center().x() - 1, badge.center().y() + 2.5)
    tick.lineTo(badge.center().x() + 3.5, badge.center().y() - 2.5)
    painter.drawPath(tick)


def _star(painter: QPainter, box: QRectF) -> None:
    """The mark of a favourite: a star on a small disc, seen on any picture."""
    disc = QRectF(box.right() - 22, box.bottom() - 22, 18, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("surface"))
    painter.drawEllipse(disc)
    painter.drawPixmap(disc.center() - QPointF(7, 7), icon_pixmap("star-full", "care", 14, painter.device().devicePixelRatio()))


class PictureGrid(FocusRing, QListView):
    """Pictures in rows, as many in a row as fit; only what is in view is painted.

    Parameters
    ----------
    name
        What a screen reader says of the whole.
    side
        Side that a picture should have, in device-independent pixels; it grows to fill the row.
    chooses
        Pictures can be selected, several with Ctrl and Shift; else a click opens them.
    side_by_side
        Pictures in one tile.
    captions
        There is room for a line under each.
    fills
        Few pictures are shown larger, so that they fill the room.
    """

    opened = Signal(int)
    """A picture was clicked (or, in a grid that chooses, double-clicked), or Enter was pressed on it."""
    chosen_changed = Signal()
    copy_asked = Signal()

    def __init__(
        self,
        name: str,
        *,
        side: int = 64,
        chooses: bool = False,
        side_by_side: int = 1,
        captions: bool = False,
        fills: bool = False,
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.chooses = chooses
        self.side_by_side = side_by_side
        self.fills = fills
        self._wanted = side
        self._caption = CAPTION if captions else 0
        self._tile = (side, side)
        self._model = _Model(self)
        self._painter = _Painter(self)
        self.setModel(self._model)
        self.setItemDelegate(self._painter)
        self._dress()
        # By mouse a grid that only shows opens at a click; one that chooses, at a double click.
        (self.doubleClicked if chooses else self.clicked).connect(lambda index: self._open(index.row()))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen_changed.emit())
        theme.theme().changed.connect(self.viewport().update)

    def _dress(self) -> None:
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if self.chooses else modes.NoSelection)

    # ------------------------------------------------ what it shows

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show other pictures from the start."""
        self._model.replace_all(tiles)
        self._arrange()
        self.scrollToTop()

    def set_tile(self, row: int, tile: Tile) -> None:
        """Put another picture in one place."""
        self._model.replace(row, tile)

    def tile(self, row: int) -> Tile:
        return self._model.tiles[row]

    def tiles(self) -> list[Tile]:
        """All of them, in order."""
        return list(self._model.tiles)

    def chosen(self) -> list[int]:
        """Rows selected, in order."""
        return sorted(index.row() for index in self.selectionModel().selectedIndexes())

    def choose(self, rows: Sequence[int]) -> None:
        """Select exactly these."""
        self.clearSelection()
        for row in rows:
            self.selectionModel().select(self._model.index(row), QItemSelectionModel.SelectionFlag.Select)

    def set_side_by_side(self, count: int, side: int) -> None:
        """So many pictures in one tile from the next tiles on, each about ``side`` wide."""
        self.side_by_side, self._wanted = count, side

    def tile_size(self) -> tuple[int, int]:
        """Width and height of a tile's pictures."""
        return self._tile

    # ------------------------------------------------ layout

    def _arrange(self) -> None:
        """Choose side and gap so that rows are full: whole multiples of small pictures' pixels, else what fits."""
        self._painter.forget()
        room = self._room()
        wanted = (
            self._roomy_side(room) if self.fills else min(LARGEST, max(self._wanted, room // 9 if self.side_by_side < 3 else 0))
        )
        sides = self._possible_sides(wanted)
        side = min(sides, key=lambda each: (self._left_over(room, each) > room // 8, self._left_over(room, each), -each))
        if self.fills:
            side = max((each for each in sides if self._fits(room, each)), default=min(sides))
        columns = max(1, room // self._cell(side))
        gap = min(2 * GAP, room // columns - self._cell(side) + GAP)
        self._tile = (self._cell(side) - GAP, side)
        self.setGridSize(QSize(self._tile[0] + gap, side + gap + self._caption))

    def _roomy_side(self, room: int) -> int:
        """The longest side with which all pictures are seen at once, within reason."""
        fitting = (side for side in range(self._wanted, HUGE + 1, 2) if self._fits(room, side))
        return max(fitting, default=self._wanted)

    def _fits(self, room: int, side: int) -> bool:
        columns = max(1, room // self._cell(side))
        rows = -(-len(self._model.tiles) // columns)
        return self._cell(side) <= room and rows * (side + 2 * GAP + self._caption) <= self.height()

    def _room(self) -> int:
        """Width that Qt lays items out in: it always keeps the style's extent of a scroll bar free."""
        return self.maximumViewportSize().width() - self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) - 1

    def _possible_sides(self, wanted: int) -> list[int]:
        """Sides of a picture about as long as wanted, in device-independent pixels."""
        shown = next((tile.images[0] for tile in self._model.tiles if tile.images), None)
        longest = max(shown.width(), shown.height()) if shown is not None else 0
        around = range(round(0.85 * wanted), round(1.3 * wanted) + 1)
        ratio = self.devicePixelRatio()
        if longest and longest <= wanted * ratio / 2:
            exact = [times * longest / ratio + 2 * MAT for times in range(1, int(2 * wanted * ratio / longest) + 1)]
            whole = [round(side) for side in exact if side == round(side) and round(side) in around]
            return whole or list(around)
        return list(around)

    def _cell(self, side: int) -> int:
        return side * self.side_by_side + 2 * (self.side_by_side - 1) + GAP

    def _left_over(self, room: int, side: int) -> int:
        return room - max(1, room // self._cell(side)) * self._cell(side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    # ------------------------------------------------ keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex().row())
            return
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
            return
        if event.key() in _MOVES:
            self.show_focus_ring(True)
        super().keyPressEvent(event)

    def _open(self, row: int) -> None:
        if self.tile(row).images:
            self.opened.emit(row)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if not self.currentIndex().isValid() and self._model.tiles:
            self.selectionModel().setCurrentIndex(self._model.index(0), QItemSelectionModel.SelectionFlag.NoUpdate)
        super().focusInEvent(event)

    def show_focus_ring(self, on: bool) -> None:
        self.focus_ring = on
        self.viewport().update()


_MOVES = frozenset({
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
})  # fmt: skip
