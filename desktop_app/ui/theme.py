"""Colours, sizes and type: the one place that names any of them."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from desktop_app.project.errors import GensmithError
from desktop_app.project.resources import resource
from desktop_app.ui import preferences
from desktop_app.ui.stylesheet import stylesheet

Mode = Literal["system", "light", "dark"]


@dataclass(frozen=True)
class Tokens:
    """One set of colours. Text on its ground has a contrast of at least 4.5:1, controls and marks of 3:1."""

    background: str
    surface: str
    raised: str
    line: str
    edge: str  # outline of a control that is found by its outline alone
    text: str
    quiet: str
    accent: str
    on_accent: str
    accent_hover: str
    accent_soft: str
    good: str
    care: str
    bad: str
    good_soft: str
    care_soft: str
    bad_soft: str
    dark: bool

    def colour(self, name: str) -> QColor:
        """A token as a colour."""
        return QColor(getattr(self, name))


DARK = Tokens(
    background="#15171C",
    surface="#1D2027",
    raised="#262A33",
    line="#343A46",
    edge="#717A8C",
    text="#E9EBF1",
    quiet="#A0A8B8",
    accent="#8AA4FF",
    on_accent="#0F1320",
    accent_hover="#A1B6FF",
    accent_soft="#252C44",
    good="#63CC93",
    care="#EFB45C",
    bad="#F37D7D",
    good_soft="#1C3029",
    care_soft="#332B1F",
    bad_soft="#352427",
    dark=True,
)
LIGHT = Tokens(
    background="#F5F6F8",
    surface="#FFFFFF",
    raised="#EEF0F4",
    line="#D9DDE5",
    edge="#868E9C",
    text="#1A1D24",
    quiet="#5A6373",
    accent="#3558D4",
    on_accent="#FFFFFF",
    accent_hover="#2A49B8",
    accent_soft="#E9EEFD",
    good="#1A7B4D",
    care="#9A5B00",
    bad="#BF3333",
    good_soft="#E6F4EC",
    care_soft="#FCF2E2",
    bad_soft="#FCEBEB",
    dark=False,
)
CURVES = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#0072B2", "#F0E442")
"""Okabe-Ito, safe for colour-blind eyes, in the order in which curves take them."""

UNIT = 4
MARGIN, NARROW_MARGIN = 32, 16
GAP = 16
RADIUS = 10
CONTROL = 34
BODY, QUIET, FIGURE = 13, 12, 20
SCALES = (80, 90, 100, 110, 125, 150, 175, 200)
"""Sizes of everything that a person may choose, in percent."""

_POOR_FONTS = ("dejavu", "bitstream", "sans", "nimbus", "helvetica", "arial")


class Theme(QObject):
    """The theme in force. :attr:`changed` tells painters that keep colours (plots) to ask again."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mode: Mode = "system"
        self.tokens = LIGHT

    @property
    def mode(self) -> Mode:
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Choose dark, light or the system's; kept for the next start."""
        self._mode = mode
        preferences.put(theme=mode)
        self._refresh()

    def toggle(self) -> None:
        """Switch to the other of dark and light."""
        self.set_mode("light" if self.tokens.dark else "dark")

    def install(self, app: QApplication) -> None:
        """Dress the application and follow the system from now on."""
        mode = preferences.get("theme", "system")
        self._mode = mode if mode in ("system", "light", "dark") else "system"
        app.setStyle("Fusion")
        app.setFont(interface_font())
        app.styleHints().colorSchemeChanged.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        self.tokens = DARK if self._wants_dark() else LIGHT
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette(self.tokens))
            app.setStyleSheet(stylesheet(asdict(self.tokens)))
        self.changed.emit()

    def _wants_dark(self) -> bool:
        if self._mode != "system":
            return self._mode == "dark"
        return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


@cache
def theme() -> Theme:
    """The one theme of this process."""
    return Theme()


def tokens() -> Tokens:
    """The colours in force; painters ask at every paint and so follow a change by themselves."""
    return theme().tokens


def colour(name: str, alpha: float = 1.0) -> QColor:
    """A token in force as a colour; ``alpha`` from 0 (nothing) to 1."""
    value = tokens().colour(name)
    value.setAlphaF(alpha)
    return value


def palette(of: Tokens) -> QPalette:
    """A palette for what the style sheet does not reach."""
    roles = QPalette.ColorRole
    pairs = {
        roles.Window: of.background,
        roles.WindowText: of.text,
        roles.Base: of.surface,
        roles.AlternateBase: of.raised,
        roles.Text: of.text,
        roles.PlaceholderText: of.quiet,
        roles.Button: of.raised,
        roles.ButtonText: of.text,
        roles.BrightText: of.bad,
        roles.ToolTipBase: of.raised,
        roles.ToolTipText: of.text,
        roles.Highlight: of.accent,
        roles.HighlightedText: of.on_accent,
        roles.Link: of.accent,
        roles.LinkVisited: of.accent,
        roles.Light: of.raised,
        roles.Midlight: of.raised,
        roles.Mid: of.line,
        roles.Dark: of.line,
        roles.Shadow: of.background,
        roles.Accent: of.accent,
    }
    result = QPalette()
    for role, value in pairs.items():
        result.setColor(role, QColor(value))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(of.quiet))
    return result


@cache
def interface_family() -> str:
    """The system's interface font; a Linux without one made for screens gets the one that ships with Gensmith."""
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    if sys.platform != "linux" or not system.lower().startswith(_POOR_FONTS):
        return system
    return shipped_family() or system


def shipped_family() -> str:
    """Name of the shipped font, loaded; empty when it is missing."""
    try:
        files = sorted(resource("fonts").glob("*.otf"))
    except GensmithError:
        return ""
    loaded = [QFontDatabase.addApplicationFont(str(path)) for path in files]
    return next((QFontDatabase.applicationFontFamilies(number)[0] for number in loaded if number >= 0), "")


def interface_font(size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The interface font at ``size`` device-independent pixels."""
    font = QFont(interface_family())
    font.setPixelSize(size)
    font.setWeight(weight)
    return font


def mono_font(size: int = QUIET) -> QFont:
    """The system's fixed-width font, for logs only."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(size)
    return font


def luminance(value: str) -> float:
    """Relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    parts = (QColor(value).redF(), QColor(value).greenF(), QColor(value).blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def state_colour(state: str) -> str:
    """Token name for a state: good, care, bad; anything else is quiet."""
    return state if state in ("good", "care", "bad", "accent") else "quiet"


def qss_property(widget: Any, name: str, value: object) -> None:
    """Set a property that the style sheet selects on, and have the widget dressed again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
