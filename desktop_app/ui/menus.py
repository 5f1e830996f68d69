"""The window's menus."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from desktop_app import __version__
from desktop_app.project import store
from desktop_app.ui import places, preferences, theme

if TYPE_CHECKING:
    from desktop_app.ui.window import MainWindow

WORDS = 60
"""Letters of a change that a menu shows."""
_MODES = (("system", "Like the system"), ("light", "Light"), ("dark", "Dark"))


def project_menu(window: MainWindow) -> QMenu:
    """Recent projects, new, open, close."""
    menu = QMenu(window)
    here = window.session.project.folder if window.session.project else None
    others = [folder for folder in store.recent() if folder != here][:6]
    for folder in others:
        _add(menu, folder.name, lambda folder=folder: window.open_project(folder), tip=str(folder))
    if others:
        menu.addSeparator()
    _project_actions(menu, window, here)
    return menu


def _project_actions(menu: QMenu, window: MainWindow, here: Path | None) -> None:
    _add(menu, "New project…", window.show_welcome, "Ctrl+N")
    _add(menu, "Open a project…", window.choose_project, "Ctrl+O")
    if here is not None:
        menu.addSeparator()
        _add(menu, "Show its folder", lambda: places.show(here))
        _add(menu, "Close the project", window.close_project, "Ctrl+W")


def main_menu(window: MainWindow) -> QMenu:
    """Everything that has no place on a page."""
    menu = QMenu(window)
    project = window.session.project
    _project_actions(menu, window, project.folder if project else None)
    menu.addSeparator()
    undo = _add(menu, _named("Undo", window.session.undo_words), window.undo, "Ctrl+Z")
    undo.setEnabled(window.session.can_undo)
    redo = _add(menu, _named("Redo", window.session.redo_words), window.redo, "Ctrl+Shift+Z")
    redo.setEnabled(window.session.can_redo)
    menu.addSeparator()
    _appearance(menu)
    _sizes(menu, window)
    menu.addSeparator()
    about = _add(menu, f"Gensmith {__version__} · works offline, sends nothing", lambda: None)
    about.setEnabled(False)
    return menu


def _named(verb: str, change: str) -> str:
    """ "Undo: size 64 pixels", shortened where a name is long."""
    return f"{verb}: {change if len(change) <= WORDS else change[: WORDS - 1].rstrip() + '…'}" if change else verb


def _appearance(menu: QMenu) -> None:
    sub = menu.addMenu("Appearance")
    group = QActionGroup(sub)
    for mode, words in _MODES:
        action = _add(sub, words, lambda mode=mode: theme.theme().set_mode(mode))
        action.setCheckable(True)
        action.setChecked(theme.theme().mode == mode)
        group.addAction(action)


def _sizes(menu: QMenu, window: MainWindow) -> None:
    sub = menu.addMenu("Size of everything")
    group = QActionGroup(sub)
    now = preferences.get("scale", 100)
    for percent in theme.SCALES:
        action = _add(sub, f"{percent} %", lambda percent=percent: window.set_scale(percent))
        action.setCheckable(True)
        action.setChecked(percent == now)
        group.addAction(action)


def _add(menu: QMenu, words: str, act: Callable[[], object], keys: str = "", tip: str = "") -> QAction:
    action = menu.addAction(words.replace("&", "&&"))
    action.triggered.connect(lambda _=False: act())
    if keys:  # shown only: the window itself listens to the keys
        action.setText(f"{action.text()}\t{QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)}")
    if tip:
        action.setToolTip(tip)
        menu.setToolTipsVisible(True)
    return action
