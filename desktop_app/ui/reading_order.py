"""Tab leads through a window as one reads it, whatever came onto the page last.

Qt's own order is that in which widgets were made: the bar at the bottom before every page, and what a page adds later after
the bar. Here the order follows the layouts, so that no page has to keep it.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLayout, QScrollArea, QWidget


def move_focus(window: QWidget, *, forwards: bool) -> bool:
    """Give the focus to the next stop of ``window``, or the one before; False when there is none."""
    stops = list(_stops(window))
    if not stops:
        return False
    now = window.focusWidget()
    place = _place(stops, now, list(_below(window)))
    onwards = place + 1 if now in stops else place
    found = stops[(onwards if forwards else place - 1) % len(stops)]
    found.setFocus(Qt.FocusReason.TabFocusReason if forwards else Qt.FocusReason.BacktabFocusReason)
    _show(found)
    return True


def _place(stops: list[QWidget], now: QWidget | None, order: list[QWidget]) -> int:
    """Where ``now`` stands among the stops; of one that is none, where the next stop stands."""
    if now in stops:
        return stops.index(now)
    if now is None or now not in order:
        return 0
    before = set(map(id, order[: order.index(now)]))
    return sum(id(stop) in before for stop in stops)


def _show(widget: QWidget) -> None:
    """Scroll it into sight."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()


def _stops(window: QWidget) -> Iterator[QWidget]:
    """Where Tab stops, in reading order."""
    for widget in _below(window):
        if _takes_focus(widget) and QWidget.isEnabled(widget) and widget.focusProxy() is None:
            yield widget


def _takes_focus(widget: QWidget) -> bool:
    """Of buttons of which one is on, that one takes it, and arrows lead to the others."""
    policy = widget.focusPolicy()
    if isinstance(widget, QAbstractButton) and (on := _one_that_is_on(widget)) is not None:
        return on is widget and policy != Qt.FocusPolicy.NoFocus
    return bool(policy & Qt.FocusPolicy.TabFocus)


def _one_that_is_on(button: QAbstractButton) -> QAbstractButton | None:
    group = QAbstractButton.group(button)
    if group is not None:
        return group.checkedButton() if group.exclusive() else None
    if not button.autoExclusive() or not button.isCheckable():
        return None
    others = button.parentWidget().findChildren(QAbstractButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    together = [other for other in others if other.autoExclusive() and QAbstractButton.group(other) is None]
    return next((other for other in together if other.isChecked()), None)


def _below(widget: QWidget) -> Iterator[QWidget]:
    """Everything visible inside ``widget``, each before what is inside it."""
    for child in _children(widget):
        if QWidget.isVisible(child):
            yield child
            yield from _below(child)


def _children(widget: QWidget) -> list[QWidget]:
    """Direct children: those of the layout in its order, then the others as they lie, from top to bottom."""
    laid = list(_laid_out(widget.layout())) if widget.layout() is not None else []
    known = set(map(id, laid))
    found = widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    loose = [child for child in found if id(child) not in known and not child.isWindow()]
    return laid + sorted(loose, key=lambda child: (QWidget.y(child), QWidget.x(child)))


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _laid_out(inner)
