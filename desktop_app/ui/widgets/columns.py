"""A layout of equal columns: as many as fit, the rest in further rows."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QLayoutItem, QWidget

from desktop_app.ui.widgets.wrapping import WrappingLayout


class ColumnsLayout(WrappingLayout):
    """All items have one width, and those of a row one height.

    Parameters
    ----------
    narrowest
        Least width of a column, in device-independent pixels.
    """

    def __init__(self, narrowest: int, spacing: int = 12, parent: QWidget | None = None) -> None:
        super().__init__(parent, spacing)
        self._narrowest = narrowest

    def heightForWidth(self, width: int) -> int:
        rows = self._rows(width)
        return sum(height for _, height in rows) + self.spacing() * max(0, len(rows) - 1)

    def sizeHint(self) -> QSize:
        items = self._shown()
        width = sum(item.sizeHint().width() for item in items) + self.spacing() * max(0, len(items) - 1)
        return QSize(width, self.minimumSize().height())

    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self._shown()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        columns, y = self._columns(rect.width()), rect.y()
        for items, height in self._rows(rect.width()):
            for place, item in enumerate(items):
                left, right = (rect.x() + round(edge) for edge in self._edges(rect.width(), columns, place))
                item.setGeometry(QRect(left, y, right - left, height))
            y += height + self.spacing()

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _columns(self, width: int) -> int:
        """As many as fit, and no last row that is nearly empty where a more even split exists."""
        count = len(self._shown())
        fitting = max(1, min(count or 1, (width + self.spacing()) // (self._narrowest + self.spacing())))
        rows = -(-count // fitting)
        return max(1, -(-count // max(1, rows)))

    def _edges(self, width: int, columns: int, place: int) -> tuple[float, float]:
        each = (width - self.spacing() * (columns - 1)) / columns
        return place * (each + self.spacing()), place * (each + self.spacing()) + each

    def _rows(self, width: int) -> list[tuple[list[QLayoutItem], int]]:
        columns, items = self._columns(width), self._shown()
        each = int((width - self.spacing() * (columns - 1)) / columns)
        groups = [items[first : first + columns] for first in range(0, len(items), columns)]
        return [(group, max(_height(item, each) for item in group)) for group in groups]


def _height(item: QLayoutItem, width: int) -> int:
    wanted = item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
    return max(wanted, item.minimumSize().height())
