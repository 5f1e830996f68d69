"""Everything that is pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolTip

from desktop_app.ui import theme
from desktop_app.ui.widgets.focus import FocusRing
from desktop_app.ui.widgets.icons import icon_pixmap

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Button(FocusRing, QPushButton):
    """A push button of a kind: "" (ordinary), main, plain, danger, link, icon, chip."""

    def __init__(
        self, text: str = "", kind: str = "", *, icon: str = "", clicked: Callable[[], object] | None = None, help: str = ""
    ) -> None:
        super().__init__(text)
        self._icon = icon
        self.setProperty("kind", kind)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(help)
        if text:
            self.setAccessibleName(text)
        if clicked is not None:
            self.clicked.connect(lambda _=False: clicked())
        self._tint()

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        self._icon = name
        self._tint()

    def _tint(self) -> None:
        if self._icon:
            token = {"main": "on_accent", "danger": "bad", "link": "accent"}.get(str(self.property("kind")), "text")
            self.setIconSize(QSize(18, 18))
            self.setIcon(icon_pixmap(self._icon, token, 18))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.click()
        else:
            super().keyPressEvent(event)

    def show_focus_ring(self, on: bool) -> None:
        theme.qss_property(self, "ring", on)


class IconButton(Button):
    """A square button with an icon only; ``name`` is what a screen reader and the tooltip say."""

    def __init__(self, icon: str, name: str, clicked: Callable[[], object] | None = None) -> None:
        super().__init__("", "icon", icon=icon, clicked=clicked, help=name)
        self.setAccessibleName(name)


class Chip(Button):
    """A filter that can be on or off, with a count."""

    def __init__(self, text: str, *, key: str = "", count: int | None = None) -> None:
        super().__init__(text, "chip")
        self.key = key
        self._text = text
        self.setCheckable(True)
        self.set_count(count)

    def set_count(self, count: int | None) -> None:
        """Say how many items are behind the chip."""
        self.setText(self._text if count is None else f"{self._text} {count:,}")


class HelpMark(Button):
    """A small question mark that explains in plain words, on click, key press or hover."""

    def __init__(self, text: str, about: str = "") -> None:
        super().__init__("?", "help")
        self.set_help(text, about)
        self.clicked.connect(self._explain)

    def set_help(self, text: str, about: str = "") -> None:
        """Explain something else."""
        self.setToolTip(f"<p style='white-space:pre-wrap'>{_escaped(text)}</p>")
        self.setAccessibleName(f"What is this: {about}" if about else "What is this?")
        self.setAccessibleDescription(text)

    def _explain(self) -> None:
        QToolTip.showText(self.mapToGlobal(QPoint(0, self.height() + 4)), self.toolTip(), self)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


class Segmented(QFrame):
    """One of a few, side by side. ``options`` are (key, text) pairs; the arrow keys move the choice."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setProperty("frame", "segments")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self._group = QButtonGroup(self)
        self._parts: dict[str, Button] = {}
        for key, text in options:
            self._add(row, key, text, name)

    def _add(self, row: QHBoxLayout, key: str, text: str, name: str) -> None:
        part = Button(text, "segment")
        part.setCheckable(True)
        part.setAccessibleName(f"{name}: {text}")
        part.clicked.connect(lambda _=False: self.chosen.emit(key))
        self._group.addButton(part)
        self._parts[key] = part
        row.addWidget(part)

    def part(self, key: str) -> Button:
        """The button of an option."""
        return self._parts[key]

    def value(self) -> str:
        """Key of the chosen one; empty when none is."""
        return next((key for key, part in self._parts.items() if part.isChecked()), "")

    def set_value(self, key: str) -> None:
        """Choose without telling anyone."""
        if key in self._parts:
            self._parts[key].setChecked(True)


class Switch(FocusRing, QAbstractButton):
    """On or off, with its words at the right."""

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setAccessibleName(name or text)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.text()) + 8 if self.text() else 0
        return QSize(44 + words, 28)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        track = QRectF(3, middle - 10, 36, 20)
        painter.setPen(theme.colour("accent" if self.isChecked() else "edge"))
        painter.setBrush(theme.colour("accent" if self.isChecked() else "raised"))
        painter.drawRoundedRect(track, 10, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("on_accent" if self.isChecked() else "quiet"))
        painter.drawEllipse(QRectF(22 if self.isChecked() else 6, middle - 7, 14, 14))
        if self.focus_ring:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.colour("text" if self.isChecked() else "accent"))
            painter.drawRoundedRect(track.adjusted(-2, -2, 2, 2), 12, 12)
        painter.setPen(theme.colour("text" if self.isEnabled() else "quiet"))
        painter.drawText(self.rect().adjusted(48, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
