"""Drawing a frame on a picture: what lies inside is learned, room outside the picture is padded."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.widgets import Button, Label

SIDE = 460
ROOM = 0.2
"""Share of the picture's longer side that is shown around it, to pad into."""
LEAST = 0.04
"""Smallest side of a frame, as a share of the picture."""
GRIP = 12
WHOLE = (0.0, 0.0, 1.0, 1.0)

Frame = tuple[float, float, float, float]


class FrameEditor(QWidget):
    """A picture with a frame over it: drag a corner, drag the inside, or use the arrow keys (with Shift for the size)."""

    changed = Signal()

    def __init__(self, image: QImage, frame: Frame = WHOLE) -> None:
        super().__init__()
        self._image = image
        self.frame: Frame = frame
        self._grip: tuple[int, int] | None = None
        self._last = QPointF()
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Frame around the part that is learned")

    def picture_box(self) -> QRectF:
        """Where the picture is painted."""
        longest = max(self._image.width(), self._image.height(), 1)
        scale = SIDE * (1 - 2 * ROOM) / longest
        width, height = self._image.width() * scale, self._image.height() * scale
        return QRectF((SIDE - width) / 2, (SIDE - height) / 2, width, height)

    def frame_box(self) -> QRectF:
        """Where the frame is painted."""
        box, (left, top, right, bottom) = self.picture_box(), self.frame
        corner = QPointF(box.x() + left * box.width(), box.y() + top * box.height())
        return QRectF(corner, QPointF(box.x() + right * box.width(), box.y() + bottom * box.height()))

    def set_square(self) -> None:
        """Make the frame a square about its middle, in pixels of the picture."""
        box = self.frame_box()
        side = min(box.width(), box.height())
        self._set_box(QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side))

    def set_frame(self, frame: Frame) -> None:
        """Take another frame, kept within what is shown and not too small."""
        left, top, right, bottom = (min(1 + 1.5 * ROOM, max(-1.5 * ROOM, share)) for share in frame)
        if right - left >= LEAST and bottom - top >= LEAST:
            self.frame = (left, top, right, bottom)
            self.changed.emit()
            self.update()

    def _set_box(self, box: QRectF) -> None:
        whole = self.picture_box()
        self.set_frame(
            (
                (box.left() - whole.left()) / whole.width(),
                (box.top() - whole.top()) / whole.height(),
                (box.right() - whole.left()) / whole.width(),
                (box.bottom() - whole.top()) / whole.height(),
            )
        )

    # ------------------------------------------------------------ hands

    def _grip_at(self, place: QPointF) -> tuple[int, int] | None:
        """Which sides a drag from here moves: -1 left or top, 1 right or bottom; (0, 0) all of it."""
        box = self.frame_box()
        across = -1 if abs(place.x() - box.left()) < GRIP else 1 if abs(place.x() - box.right()) < GRIP else 0
        down = -1 if abs(place.y() - box.top()) < GRIP else 1 if abs(place.y() - box.bottom()) < GRIP else 0
        return (across, down) if box.adjusted(-GRIP, -GRIP, GRIP, GRIP).contains(place) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip, self._last = self._grip_at(event.position()), event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None or not event.buttons():
            self.setCursor(_CURSORS.get(self._grip_at(event.position()) or (9, 9), Qt.CursorShape.ArrowCursor))
            return
        by, self._last = event.position() - self._last, event.position()
        self._move(self._grip, by)

    def mouseReleaseEvent(self, _: QMouseEvent) -> None:
        self._grip = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = _ARROWS.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        size = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._move((1 if by[0] else 0, 1 if by[1] else 0) if size else (0, 0), QPointF(*by) * 4)

    def _move(self, grip: tuple[int, int], by: QPointF) -> None:
        box = self.frame_box()
        all_of_it = grip == (0, 0)
        left, right = (grip[0] < 0 or all_of_it) * by.x(), (grip[0] > 0 or all_of_it) * by.x()
        top, bottom = (grip[1] < 0 or all_of_it) * by.y(), (grip[1] > 0 or all_of_it) * by.y()
        self._set_box(box.adjusted(left, top, right, bottom))

    # ------------------------------------------------------------ looks

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), theme.colour("raised"))
        painter.drawImage(self.picture_box(), self._image)
        outside, inside = QPainterPath(), QPainterPath()
        outside.addRect(QRectF(self.rect()))
        inside.addRect(self.frame_box())
        painter.fillPath(outside - inside, theme.colour("background", 0.66))
        painter.setPen(QPen(theme.colour("accent"), 2))
        painter.drawRect(self.frame_box())
        painter.setBrush(theme.colour("accent"))
        box = self.frame_box()
        for corner in (box.topLeft(), box.topRight(), box.bottomLeft(), box.bottomRight()):
            painter.drawRect(QRectF(corner.x() - 4, corner.y() - 4, 8, 8))


_CURSORS = {
    (0, 0): Qt.CursorShape.SizeAllCursor, (-1, 0): Qt.CursorShape.SizeHorCursor, (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, -1): Qt.CursorShape.SizeVerCursor, (0, 1): Qt.CursorShape.SizeVerCursor, (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor, (1, -1): Qt.CursorShape.SizeBDiagCursor, (-1, 1): Qt.CursorShape.SizeBDiagCursor,
}  # fmt: skip
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class FrameDialog(QDialog):
    """Draw a frame for one picture, or the same for several."""

    def __init__(self, image: QImage, frame: Frame | None, count: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Frame")
        self.editor = FrameEditor(image, frame or WHOLE)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(Label("What lies in the frame is learned", "section"))
        several = f" The same frame is used for all {count:,}." if count > 1 else ""
        words = f"Drag its sides or its inside. Room outside the picture is filled with the ground.{several}"
        column.addWidget(Label(words, "quiet", wrap=True))
        column.addWidget(self.editor, 0, Qt.AlignmentFlag.AlignHCenter)
        buttons = QHBoxLayout()
        self.square = Button("Square", "plain", clicked=self.editor.set_square)
        self.whole = Button("Whole picture", "plain", clicked=lambda: self.editor.set_frame(WHOLE))
        self.cancel = Button("Cancel", clicked=self.reject)
        self.use = Button(f"Use for {count:,} pictures" if count > 1 else "Use", "main", clicked=self.accept)
        self.use.setDefault(True)
        for button in (self.square, self.whole):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.cancel, self.use):
            buttons.addWidget(button)
        column.addLayout(buttons)

    def frame(self) -> Frame | None:
        """The frame that was drawn; None for the whole picture."""
        near = all(abs(share - whole) < 0.004 for share, whole in zip(self.editor.frame, WHOLE, strict=True))
        return None if near else self.editor.frame
