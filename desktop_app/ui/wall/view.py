"""The wall itself: tiles in rows, chosen by mouse and keys."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop_app.ui import theme
from desktop_app.ui.wall.loader import ThumbnailLoader
from desktop_app.ui.wall.model import WallModel
from desktop_app.ui.widgets.icons import icon_pixmap

if TYPE_CHECKING:
    from desktop_app.data import Item

GAP = 6
TILES = ((60, 148), (300, 108))
"""Up to so many pictures, tiles of so many pixels."""
TILE = 76
STEP, MOST_STEPS = 4, 4


def tile_side(count: int) -> int:
    """Side of a tile for so many pictures: few are shown large."""
    return next((side for most, side in TILES if count <= most), TILE)


@lru_cache(maxsize=16)
def _frame(side: int, ratio: float, ground: str, line: str, width: float) -> QPixmap:
    """What lies over a tile: its outline, and corners in the colour of the ground. Much cheaper than clipping each tile."""
    pixmap = QPixmap(round(side * ratio), round(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    box = QRectF(0, 0, side, side)
    inside, outside = QPainterPath(), QPainterPath()
    inset = width / 2
    inside.addRoundedRect(box.adjusted(inset, inset, -inset, -inset), 5, 5)
    outside.addRect(box)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(outside - inside, QColor(ground))
    painter.setPen(QPen(QColor(line), width))
    painter.drawPath(inside)
    painter.end()
    return pixmap


class WallDelegate(QStyledItemDelegate):
    """Paints a tile: the picture, its state, the selection. Called for every tile of every frame, so kept cheap."""

    def __init__(self, view: WallView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        view, tokens = self._view, theme.tokens()
        item, side = view.wall.item(index.row()), view.tile
        corner = option.rect.topLeft()
        tile = QRect(corner.x(), corner.y(), side, side)
        painter.fillRect(tile, tokens.colour("raised" if tokens.dark else "surface"))
        self._paint_picture(painter, item, tile)
        line, width = self._outline(option)
        painter.drawPixmap(corner, _frame(side, view.devicePixelRatio(), tokens.background, getattr(tokens, line), width))
        if item.findings or not item.used:
            self._paint_state(painter, item, tile)

    def _outline(self, option: QStyleOptionViewItem) -> tuple[str, float]:
        """Token and width of a tile's outline: selected, under the keyboard, or plain."""
        if option.state & QStyle.StateFlag.State_Selected:
            return "accent", 3.0
        focused = option.state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus()
        return ("accent", 1.5) if focused else ("line", 1.0)

    def _paint_picture(self, painter: QPainter, item: Item, tile: QRect) -> None:
        image = self._view.thumbnail(item)
        if image is None:
            return
        if image.isNull():
            sign = icon_pixmap("error", "quiet", 24, self._view.devicePixelRatio())
            painter.drawPixmap(tile.center().x() - 12, tile.center().y() - 12, sign)
            return
        ratio = image.devicePixelRatio()
        x = tile.x() + (tile.width() - image.width() / ratio) / 2
        y = tile.y() + (tile.height() - image.height() / ratio) / 2
        if not item.used:
            painter.setOpacity(0.28)
        painter.drawImage(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio), image)
        painter.setOpacity(1.0)

    def _paint_state(self, painter: QPainter, item: Item, tile: QRect) -> None:
        """A mark in the corner: left out, or something was noticed."""
        state = "care" if item.used else ("quiet" if item.reason == "by hand" else "bad")
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("surface"), 2))
        painter.setBrush(theme.colour(state))
        painter.drawEllipse(QPointF(tile.right() - 9, tile.top() + 10), 5, 5)
        painter.restore()


class WallView(QListView):
    """Pictures in rows. Delete leaves out, Enter keeps; both act on everything selected."""

    leave_out = Signal()
    keep = Signal()
    chosen = Signal()
    """Current item or selection changed."""

    def __init__(self, model: WallModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._base = self.tile = TILE
        self.wall = model
        self._loader: ThumbnailLoader | None = None
        self.setModel(model)
        self.setItemDelegate(WallDelegate(self))
        self.setAccessibleName("Pictures")
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.SinglePass)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._repaint = QTimer(self, singleShot=True, interval=30)
        self._repaint.timeout.connect(self.viewport().update)
        self._tell = QTimer(self, singleShot=True, interval=0)
        self._tell.timeout.connect(self.chosen)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell.start())
        self.selectionModel().currentChanged.connect(lambda *_: self._tell.start())

    def set_loader(self, loader: ThumbnailLoader | None) -> None:
        """Take thumbnails from here."""
        self._loader = loader
        if loader is not None:
            loader.loaded.connect(lambda _: self._repaint.isActive() or self._repaint.start())

    def set_tile(self, side: int) -> None:
        """Show tiles of about that size; they grow a little to fill the row."""
        self._base = side
        self._set_grid()

    def thumbnail(self, item: Item) -> QImage | None:
        """The picture for a tile, if it is there."""
        if self._loader is None:
            return None
        ratio = self.devicePixelRatio()
        image = self._loader.get(item, round(self.tile * ratio))
        if image is not None and image.devicePixelRatio() != ratio:
            image.setDevicePixelRatio(ratio)
        return image

    def selected_rows(self) -> list[int]:
        """Rows selected, in order."""
        ranges = self.selectionModel().selection()
        return sorted(row for part in ranges for row in range(part.top(), part.bottom() + 1))

    def select_rows(self, rows: list[int]) -> None:
        """Select these and no others."""
        selection = QItemSelection()
        for row in rows:
            index = self.wall.index(row)
            selection.select(index, index)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            self.selectionModel().setCurrentIndex(self.wall.index(rows[0]), QItemSelectionModel.SelectionFlag.NoUpdate)

    def _set_grid(self) -> None:
        """As many columns as fit; tiles in steps, so that a few sizes of thumbnails serve every window."""
        bar = self.verticalScrollBar().sizeHint().width()  # reserved even while there is none: nothing jumps when it comes
        room = self.width() - bar - 2  # Qt wraps a row that ends exactly at the edge
        columns = max(1, room // (self._base + GAP))
        cell = max(self._base + GAP, room // columns)
        self.tile = self._base + STEP * min(MOST_STEPS, (cell - GAP - self._base) // STEP)
        self.setGridSize(QSize(cell, self.tile + max(GAP, cell - self.tile)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_grid()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's own, called from here so that the interpreter is held from the first tile to the last: between two tiles
        another thread would take it, for some milliseconds each time.
        """
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.leave_out.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.keep.emit()
        else:
            super().keyPressEvent(event)
