"""Looks at what a window shows as somebody would who has no mouse, no eyes, weak eyes or a small screen.

    python -m tests.ui.audit WIDTH HEIGHT LOOK,… PROJECT …

opens every page of each project and the first page, and ends with what is wrong as a line of JSON; looks: :data:`LOOKS`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from desktop_app.project.steps import STEPS
from desktop_app.ui import theme
from desktop_app.ui.app import prepare
from desktop_app.ui.widgets import ElidedLabel
from desktop_app.ui.window import MainWindow

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTextEdit)
READABLE = 4.5
MOST = 400
"""Presses of Tab after which it must have come round."""


def shown(window: QWidget, kind: type = QWidget) -> Iterator[QWidget]:
    """Widgets of the window that can be seen, somewhere on the page."""
    for widget in window.findChildren(kind):
        if QWidget.isVisible(widget) and QWidget.window(widget) is window and not QWidget.size(widget).isEmpty():
            yield widget


def controls(window: QWidget) -> list[QWidget]:
    """What can be used: inner parts of a control belong to it, scroll bars to the keys that move a page."""
    found = []
    for widget in shown(window):
        usable = isinstance(widget, CONTROLS) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if usable and widget.isEnabled() and not isinstance(widget, (QScrollBar, QScrollArea)) and not _is_inner(widget):
            found.append(widget)
    return found


def _is_inner(widget: QWidget) -> bool:
    """The field of a spin box, the corner of a table, the head of its columns."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, (QAbstractSpinBox, QComboBox, QAbstractItemView)):
            return True
        parent = parent.parentWidget()
    return False


def name(widget: QWidget) -> str:
    """What a screen reader says of a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip() if interface else ""


def said(widget: QWidget) -> str:
    """A widget in words, for what a test complains of."""
    return f"{type(widget).__name__} “{name(widget)[:50]}” in {type(widget.parentWidget()).__name__}"


def walk(window: QWidget, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """Press Tab until it has come round; what had the focus, in this order."""
    first = QApplication.focusWidget()
    visited: list[QWidget] = []
    for _ in range(MOST):
        QTest.keyClick(QApplication.focusWidget() or window, key)
        now = QApplication.focusWidget()
        if now in visited:
            return visited
        visited.append(now)
    raise AssertionError(f"Tab does not come round from {first}: {[said(widget) for widget in visited[-6:]]}")


def group(widget: QWidget) -> object:
    """What shares one stop of Tab: buttons of which one is on, where arrows lead from one to the other."""
    if isinstance(widget, QAbstractButton) and QAbstractButton.group(widget) and QAbstractButton.group(widget).exclusive():
        return QAbstractButton.group(widget)
    if isinstance(widget, QRadioButton) or (isinstance(widget, QAbstractButton) and widget.autoExclusive()):
        return widget.parentWidget()
    return widget


def marks_focus(widget: QWidget) -> bool:
    """Whether it looks different while the keyboard has brought the focus to it."""
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    with_focus = QWidget.grab(widget).toImage()
    QWidget.window(widget).setFocus(Qt.FocusReason.OtherFocusReason)
    return with_focus != QWidget.grab(widget).toImage()


def presses(button: QAbstractButton) -> list[str]:
    """Keys of Space and Enter that do not press a button; nothing of what it does is done."""
    button.setFocus(Qt.FocusReason.TabFocusReason)
    deaf = []
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return):
        pressed: list[bool] = []
        was_on = button.isChecked()
        button.blockSignals(True)
        button.nextCheckState, before = (lambda pressed=pressed: pressed.append(True)), button.nextCheckState
        QTest.keyClick(button, key)
        button.nextCheckState = before
        button.blockSignals(False)
        if not pressed and not was_on:
            deaf.append(Qt.Key(key).name)
    return deaf


# ---------------------------------------------------------------- room


def clipped(window: QWidget) -> list[str]:
    """Texts and controls that have less room than they need; what is cut off by design says the rest on hover and aloud."""
    found = [f"{said(label)}: {label.size()} for {_wish(label)}" for label in shown(window, QLabel) if _is_clipped(label)]
    for button in shown(window, QAbstractButton):
        wish = button.sizeHint().width()
        if button.text() and button.width() < min(wish, button.maximumWidth()):
            found.append(f"{said(button)}: {button.width()} wide for {wish}")
    return found


def _wish(label: QLabel) -> QSize:
    if label.wordWrap():
        return QSize(label.width(), label.heightForWidth(label.width()))
    return label.sizeHint()


def _is_clipped(label: QLabel) -> bool:
    if not label.text() or not label.pixmap().isNull():
        return False
    if isinstance(label, ElidedLabel):
        words = len(label.text().split()) < 3 and len(label.full_text().split()) < 4  # a name or a unit is too short to cut
        whole = label.toolTip() == label.full_text() == label.accessibleName()
        return label.text() != label.full_text() and (words or not whole)
    wish = _wish(label)
    return label.width() < wish.width() or label.height() < wish.height() - 1


def wider_than_the_window(window: QWidget) -> list[str]:
    """Pages that one would have to scroll to the side."""
    holders = [area for area in shown(window, QScrollArea) if area.widget() is not None]
    return [said(area.widget()) for area in holders if area.widget().width() > area.viewport().width()]


# ---------------------------------------------------------------- contrast


def hard_to_read(window: QWidget) -> list[str]:
    """Texts whose letters stand out too little from what is behind them, as they are drawn."""
    found = []
    whole = window.grab().toImage()
    for widget in [*shown(window, QLabel), *shown(window, QAbstractButton)]:
        if not widget.isEnabled() or not widget.text().strip() or _covered(widget):
            continue
        ratio = contrast_in(whole, _visible(widget))
        if ratio < READABLE:
            found.append(f"{said(widget)}: {ratio:.2f}")
    return found


def _visible(widget: QWidget) -> QRect:
    place = widget.visibleRegion().boundingRect()
    return QRect(QWidget.mapTo(widget, QWidget.window(widget), place.topLeft()), place.size())


def _covered(widget: QWidget) -> bool:
    """Whether less of it can be seen than a line of text is high."""
    place = widget.visibleRegion().boundingRect()
    return place.height() < widget.fontMetrics().height() or place.width() < 8


def contrast_in(image: QImage, place: QRect) -> float:
    """Contrast between the most frequent colour of a place and the one that stands out most from it."""
    scale = image.devicePixelRatio()
    place = QRect((place.topLeft().toPointF() * scale).toPoint(), place.size() * scale) & image.rect()
    part = image.copy(place).convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(part.constBits(), np.uint32).reshape(part.height(), part.bytesPerLine() // 4)[:, : part.width()]
    colours, counts = np.unique(pixels & 0xFFFFFF, return_counts=True)
    ground = f"#{colours[counts.argmax()]:06X}"
    return max(theme.contrast(f"#{colour:06X}", ground) for colour in colours)


# ---------------------------------------------------------------- every page


Faults = dict[str, list[str]]


def in_use(window: MainWindow) -> Faults:
    """What is in the way of somebody who uses the page that is shown, by kind."""
    nameless = [said(control) for control in controls(window) if not name(control)]
    return {"without a name": nameless, **_by_keyboard(window), **room(window)}


def room(window: MainWindow) -> Faults:
    """What has too little room."""
    return {"clipped": clipped(window), "wider than the window": wider_than_the_window(window)}


def _by_keyboard(window: MainWindow) -> Faults:
    window.setFocus()
    stops = walk(window)
    back = walk(window, Qt.Key.Key_Backtab)
    groups = {id(group(stop)) for stop in stops}
    order = [stop for stop in stops if not window.rail.isAncestorOf(stop)]
    parts = [
        next((k for k, part in enumerate((window.header, window.stack, window.bar)) if part.isAncestorOf(s)), 9) for s in order
    ]
    buttons = [stop for stop in stops if isinstance(stop, QAbstractButton)]
    return {
        "not reached": [said(control) for control in controls(window) if id(group(control)) not in groups],
        "not the same way back": [said(stop) for stop in set(stops) ^ set(back)],
        "out of order": [said(stop) for stop, part, known in zip(order, parts, sorted(parts), strict=True) if part != known],
        "focus not to be seen": [said(stop) for stop in stops if not marks_focus(stop)],
        "deaf to keys": [f"{said(button)}: {keys}" for button in buttons if (keys := presses(button))],
    }


def _let_work(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        QApplication.processEvents()
        time.sleep(0.005)


def visit(window: MainWindow, projects: Sequence[Path], look: Callable[[MainWindow], Faults]) -> dict[str, Faults]:
    """Every page of every project, with what is wrong on it; an empty entry where nothing is."""
    found = {}
    for folder in projects:
        window.open_project(folder)
        for step in STEPS:
            window.go_to(step.number)
            assert window.number == step.number
            found[f"{folder.name}, {step.title}"] = _looked_at(window, look)
    window.show_welcome()
    found["Welcome"] = _looked_at(window, look)
    return found


def _looked_at(window: MainWindow, look: Callable[[MainWindow], Faults]) -> Faults:
    _let_work(0.4)
    return {kind: wrong for kind, wrong in look(window).items() if wrong}


LOOKS = {
    "in use": in_use,
    "room": room,
    "light": lambda window: {"hard to read": hard_to_read(window)},
    "dark": lambda window: {"hard to read": hard_to_read(window)},
}


def main(words: Sequence[str]) -> int:
    """Look at every page; 0 when all of them were opened, whatever is wrong with them."""
    app = QApplication(["gensmith"])
    prepare(app)
    window = MainWindow()
    window.resize(int(words[0]), int(words[1]))
    window.show()
    window.start()
    window.activateWindow()
    found: dict[str, Faults] = {}
    for look in words[2].split(","):
        if look in ("light", "dark"):
            theme.theme().set_mode(look)
        for page, wrong in visit(window, [Path(word) for word in words[3:]], LOOKS[look]).items():
            found[page] = {**found.get(page, {}), **{f"{kind}, {look}": list_ for kind, list_ in wrong.items()}}
    window.close()
    _let_work(0.3)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
