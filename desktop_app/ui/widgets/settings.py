"""A form made from a settings model's own metadata: each setting is declared once, where it is used."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.ui.widgets.buttons import HelpMark, Switch
from desktop_app.ui.widgets.fields import ComboBox, DoubleSpinBox, SpinBox
from desktop_app.ui.widgets.labels import ElidedLabel, Label

CONTROL_WIDTH = 184
"""Of every box of a form, so that they stand under each other."""
AUTOMATIC = "Automatic"


def metadata(field: FieldInfo) -> dict[str, Any]:
    """Term, unit, group, simple, choices and zero of a setting."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest value that a setting takes; None where it is open."""
    low = high = None
    for mark in field.metadata:
        low = next((getattr(mark, name) for name in ("ge", "gt") if getattr(mark, name, None) is not None), low)
        high = next((getattr(mark, name) for name in ("le", "lt") if getattr(mark, name, None) is not None), high)
    return low, high


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The type without ``None``, and whether None is allowed."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return parts[0], len(parts) < len(typing.get_args(annotation))
    return annotation, False


class SettingForm(QWidget):
    """Rows of settings: name, term in grey, help, and the control with its unit and bounds.

    Parameters
    ----------
    model
        The settings' pydantic model.
    names
        Which of its fields, in order; None takes all.
    """

    changed = Signal(str, object)
    """Name and new value of a setting that the person changed."""

    def __init__(self, model: type[BaseModel], names: list[str] | None = None) -> None:
        super().__init__()
        self._setters: dict[str, Callable[[Any], None]] = {}
        self.rows: dict[str, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for name in names if names is not None else list(model.model_fields):
            row = self._row(name, model.model_fields[name])
            self.rows[name] = row
            column.addWidget(row)

    def set_values(self, values: dict[str, Any]) -> None:
        """Show values without telling anyone."""
        for name, value in values.items():
            if name in self._setters:
                self._setters[name](value)

    def _row(self, name: str, field: FieldInfo) -> QWidget:
        extra = metadata(field)
        title = field.title or name.replace("_", " ").capitalize()
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(Label(title))
        layout.addWidget(HelpMark(field.description or title, title))
        layout.addWidget(ElidedLabel(str(extra.get("term") or ""), "quiet"), 1)
        control = self._control(name, field, title)
        if not isinstance(control, Switch):
            control.setFixedWidth(CONTROL_WIDTH)
        layout.addWidget(control)
        return row

    def _control(self, name: str, field: FieldInfo, title: str) -> QWidget:
        kind, optional = _plain(field.annotation)
        extra = metadata(field)
        if typing.get_origin(kind) is Literal:
            words = extra.get("choices") or {}
            options = [(value, words.get(value) or _spelled(value)) for value in typing.get_args(kind)]
            return self._choice(name, options, title, optional)
        if kind is bool:
            yes_or_no = [(True, "Yes"), (False, "No")]
            return self._choice(name, yes_or_no, title, optional) if optional else self._switch(name, title)
        return self._number(name, field, title, whole=kind is int, optional=optional)

    def _choice(self, name: str, options: list[tuple[Any, str]], title: str, optional: bool) -> QWidget:
        box = ComboBox(([(None, AUTOMATIC)] if optional else []) + options, title)
        box.currentIndexChanged.connect(lambda _: self.changed.emit(name, box.value()))
        self._setters[name] = box.set_value
        return box

    def _switch(self, name: str, title: str) -> QWidget:
        switch = Switch("", title)
        switch.toggled.connect(lambda on: self.changed.emit(name, on))
        self._setters[name] = _silent(switch, switch.setChecked)
        return switch

    def _number(self, name: str, field: FieldInfo, title: str, *, whole: bool, optional: bool) -> QWidget:
        """A number box; where None is allowed, the value below the lowest stands for it."""
        low, high = bounds(field)
        extra = metadata(field)
        unit = str(extra.get("unit") or "")
        box: SpinBox | DoubleSpinBox
        if whole:
            floor = int(low) if low is not None else -(2**31)
            box = SpinBox(floor - optional, int(high) if high is not None else 2**31 - 1, floor, name=title, unit=unit)
        else:
            lowest = low if low is not None else -1e9
            box = DoubleSpinBox(lowest - optional, 1e9 if high is None else high, lowest, name=title, unit=unit, decimals=8)
        if optional:
            box.setSpecialValueText(AUTOMATIC)
            if isinstance(box, DoubleSpinBox):
                box.floor = box.minimum() + 1
        elif low == 0 and extra.get("zero"):
            box.setSpecialValueText(str(extra["zero"]))
        none_at = box.minimum()
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self.changed.emit(name, None if optional and value < none_at + 1 else value))
        set_value = _silent(box, box.setValue)
        self._setters[name] = lambda value: set_value(none_at if value is None else value)
        return box


def _spelled(value: Any) -> str:
    return str(value).replace("_", " ").capitalize()


def _silent(widget: QWidget, setter: Callable[[Any], None]) -> Callable[[Any], None]:
    """``setter`` without the signals that it would send."""

    def set_value(value: Any) -> None:
        blocked = widget.blockSignals(True)
        setter(value)
        widget.blockSignals(blocked)
        widget.update()

    return set_value
