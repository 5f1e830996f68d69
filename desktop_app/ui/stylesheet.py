"""The style sheet, filled in with a set of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

_SHEET = Template(
    """
* { outline: none; }
QWidget { color: $text; font-size: 13px; }
QMainWindow, QDialog, QStackedWidget > QWidget[page="true"] { background: $background; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; border-radius: 6px; padding: 6px 8px; }

QLabel { background: transparent; }
QLabel[role="display"] { font-size: 30px; font-weight: 600; }
QLabel[role="title"] { font-size: 24px; font-weight: 600; }
QLabel[role="figure"] { font-size: 20px; font-weight: 600; }
QLabel[role="section"] { font-size: 15px; font-weight: 600; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="quiet"] { color: $quiet; font-size: 12px; }
QLabel[role="subtitle"] { color: $quiet; }
QLabel[tone="good"] { color: $good; }
QLabel[tone="care"] { color: $care; }
QLabel[tone="bad"] { color: $bad; }
QLabel[tone="accent"] { color: $accent; }

QFrame[frame="card"] { background: $surface; border: 1px solid $line; border-radius: 10px; }
QFrame[frame="card"][state="care"] { border-color: $care; }
QFrame[frame="card"][state="bad"] { border-color: $bad; }
QFrame[frame="card"][state="good"] { border-color: $good; }
QFrame[frame="banner"] { background: $raised; border: 1px solid $line; border-radius: 10px; }
QFrame[frame="banner"][state="good"] { background: $good_soft; border-color: $good; }
QFrame[frame="banner"][state="care"] { background: $care_soft; border-color: $care; }
QFrame[frame="banner"][state="bad"] { background: $bad_soft; border-color: $bad; }
QFrame[frame="rail"] { background: $surface; border: none; border-right: 1px solid $line; }
QFrame[frame="bar"] { background: $background; border: none; border-top: 1px solid $line; }
QFrame[frame="line"] { background: $line; border: none; max-height: 1px; min-height: 1px; }

QPushButton { background: $raised; color: $text; border: 1px solid $line; border-radius: 8px;
  padding: 0 15px; min-height: 32px; font-weight: 600; }
QPushButton:hover { border-color: $edge; }
QPushButton:pressed { background: $line; }
QPushButton:disabled { color: $quiet; background: $background; }
QPushButton[ring="true"] { border: 2px solid $accent; padding: 0 14px; min-height: 30px; }
QPushButton[kind="main"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[kind="main"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="main"]:pressed { background: $accent; }
QPushButton[kind="main"]:disabled { background: $raised; color: $quiet; border-color: $line; }
QPushButton[kind="main"][ring="true"] { border: 2px solid $text; }
QPushButton[kind="plain"] { background: transparent; border-color: transparent; color: $quiet; }
QPushButton[kind="plain"]:hover { background: $raised; color: $text; }
QPushButton[kind="plain"][ring="true"] { border-color: $accent; }
QPushButton[kind="danger"] { color: $bad; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent; padding: 0 3px;
  min-height: 20px; border-radius: 4px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"][ring="true"] { border-color: $accent; }
QPushButton[kind="icon"] { background: transparent; border-color: transparent; padding: 0; min-height: 32px; max-height: 32px;
  min-width: 32px; max-width: 32px; }
QPushButton[kind="icon"]:hover, QPushButton[kind="icon"]:checked { background: $raised; }
QPushButton[kind="icon"][ring="true"] { border: 2px solid $accent; min-height: 30px; max-height: 30px; min-width: 30px;
  max-width: 30px; }
QPushButton[kind="chip"] { background: transparent; color: $quiet; border: 1px solid $line; border-radius: 13px;
  padding: 0 11px; min-height: 24px; max-height: 24px; font-size: 12px; font-weight: 500; }
QPushButton[kind="chip"]:hover { color: $text; border-color: $edge; }
QPushButton[kind="chip"]:checked { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="chip"][ring="true"] { border: 2px solid $accent; padding: 0 10px; min-height: 22px; max-height: 22px; }
QPushButton[kind="chip"][ring="true"]:checked { border-color: $text; }
QPushButton[kind="help"] { background: transparent; color: $quiet; border: 1px solid $line; border-radius: 8px; padding: 0;
  min-width: 14px; max-width: 14px; min-height: 14px; max-height: 14px; font-size: 10px; font-weight: 600; }
QPushButton[kind="help"]:hover, QPushButton[kind="help"][ring="true"] { color: $accent; border-color: $accent; }
QFrame[frame="segments"] { background: $raised; border: 1px solid $line; border-radius: 8px; }
QPushButton[kind="segment"] { background: transparent; border: 1px solid transparent; color: $quiet; padding: 0 12px;
  min-height: 26px; max-height: 26px; border-radius: 6px; font-weight: 500; }
QPushButton[kind="segment"]:hover { color: $text; }
QPushButton[kind="segment"]:checked { background: $surface; border-color: $edge; color: $text; font-weight: 600; }
QPushButton[kind="segment"][ring="true"] { border: 2px solid $accent; padding: 0 11px; min-height: 24px; max-height: 24px; }
QPushButton[kind="project"] { background: transparent; border: 1px solid transparent; color: $quiet; text-align: left;
  padding: 0 7px; min-height: 22px; border-radius: 6px; font-weight: 400; }
QPushButton[kind="project"]:hover { background: $raised; color: $text; }
QPushButton[kind="project"][ring="true"] { border-color: $accent; }
QPushButton[kind="menu"] { background: transparent; border: 1px solid transparent; color: $quiet; text-align: left;
  padding: 0 5px; min-height: 24px; border-radius: 6px; font-weight: 400; font-size: 12px; }
QPushButton[kind="menu"][strong="true"] { color: $text; font-weight: 600; font-size: 15px; }
QPushButton[kind="menu"]:hover { background: $raised; color: $text; }
QPushButton[kind="menu"][ring="true"] { border-color: $accent; }
QPushButton::menu-indicator { width: 0; image: none; }

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox { background: $surface; color: $text;
  border: 1px solid $edge; border-radius: 8px; padding: 0 10px; min-height: 32px;
  selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit, QTextEdit { padding: 6px 10px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
  border: 2px solid $accent; padding: 0 9px; min-height: 30px; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: $quiet; background: $background;
  border-color: $line; }
QLineEdit[kind="search"] { border-color: $line; border-radius: 13px; min-height: 24px; max-height: 24px; font-size: 12px; }
QLineEdit[kind="search"]:focus { border-color: $accent; min-height: 22px; max-height: 22px; }
QComboBox[kind="small"] { border-color: $line; border-radius: 13px; min-height: 24px; max-height: 24px; font-size: 12px; }
QComboBox[kind="small"]:focus { border-color: $accent; min-height: 22px; max-height: 22px; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: none; width: 0; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; border-radius: 6px; padding: 4px;
  selection-background-color: $accent_soft; selection-color: $text; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; }
QAbstractSpinBox > QLineEdit { border: none; background: transparent; padding: 0; min-height: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }

QCheckBox, QRadioButton { spacing: 8px; min-height: 24px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px; border: 1px solid $edge; border-radius: 4px;
  background: $surface; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $accent; width: 14px; height: 14px; }

QProgressBar { background: $raised; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; color: transparent; }
QProgressBar[thin="true"] { border-radius: 2px; min-height: 4px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QProgressBar[thin="true"]::chunk { border-radius: 2px; }
QProgressBar[state="care"]::chunk { background: $care; }
QProgressBar[state="bad"]::chunk { background: $bad; }
QProgressBar[state="good"]::chunk { background: $good; }

QSlider { min-height: 24px; background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: $accent;
  border: 1px solid $accent; }
QSlider::handle:horizontal:hover { background: $accent_hover; }
QSlider::handle:horizontal:focus { border: 2px solid $text; width: 12px; height: 12px; }
QSlider::sub-page:horizontal:disabled, QSlider::handle:horizontal:disabled { background: $edge; border-color: $edge; }

QScrollArea, QScrollArea > QWidget > QWidget[page="true"] { background: transparent; border: none; }
QAbstractItemView { background: transparent; border: none; color: $text; }
QTreeView, QTableView { alternate-background-color: $raised; gridline-color: $line; }
QTreeView::item:selected, QTableView::item:selected { background: $accent_soft; color: $text; }
QHeaderView::section { background: transparent; color: $quiet; border: none; border-bottom: 1px solid $line; padding: 6px 8px;
  font-size: 12px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: none; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: $surface; border: 1px solid $line; border-radius: 8px; padding: 6px; }
QMenu::item { padding: 7px 24px 7px 12px; border-radius: 5px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $quiet; }
QMenu::separator { height: 1px; background: $line; margin: 6px 8px; }
QMenu::icon { padding-left: 8px; }
QTabBar::tab { background: transparent; color: $quiet; padding: 6px 12px; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabWidget::pane { border: none; }
QSplitter::handle { background: transparent; }
"""
)


def stylesheet(tokens: Mapping[str, object]) -> str:
    """The whole style sheet in the colours of ``tokens``."""
    return _SHEET.substitute(tokens)
