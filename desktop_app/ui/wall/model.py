"""The items as a list model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QStringListModel, Qt

if TYPE_CHECKING:
    from desktop_app.data import Item


class WallModel(QStringListModel):
    """Rows of items; the pictures are the delegate's business.

    Built on Qt's own list of strings, so that what Qt asks of every row when it lays out or selects a hundred thousand
    is answered without calling Python.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[Item] = []
        self._rows: dict[str, int] = {}

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and index.isValid():
            return described(self._items[index.row()])
        return super().data(index, role)

    def show_items(self, items: list[Item]) -> bool:
        """Show these; returns whether they are others than before (and not only judged otherwise)."""
        same = len(items) == len(self._items) and all(a.key == b.key for a, b in zip(items, self._items, strict=True))
        if same:
            self._items = items  # whoever shows them repaints; a dataChanged for all would lay them out again
            return False
        self._items = items
        self._rows = {item.key: row for row, item in enumerate(items)}
        self.setStringList([item.name or item.path.name for item in items])
        return True

    def item(self, row: int) -> Item:
        """The item of a row."""
        return self._items[row]

    def items(self) -> list[Item]:
        """All items shown."""
        return self._items

    def row_of(self, key: str) -> int | None:
        """Row of an item, None when it is not shown."""
        return self._rows.get(key)


def described(item: Item) -> str:
    """An item in words: name, size, kind, and what was noticed."""
    size = f"{item.width} × {item.height}" if item.width else ""
    head = " · ".join(part for part in (item.name or item.path.name, size, item.class_name or "", item.caption) if part)
    state = f"Left out: {item.reason}." if item.reason else ""
    return "\n".join(part for part in (head, state, *(finding.message for finding in item.findings)) if part)
