"""Colours, type and the switch between dark and light."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict

import pytest
from PySide6.QtGui import QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from desktop_app.project.resources import resource
from desktop_app.ui import preferences, theme
from desktop_app.ui.stylesheet import stylesheet
from desktop_app.ui.widgets.icons import icon_pixmap

THEMES = [pytest.param(theme.DARK, id="dark"), pytest.param(theme.LIGHT, id="light")]
GROUNDS = ("background", "surface", "raised")


def test_contrast_is_that_of_the_standard() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", THEMES)
@pytest.mark.parametrize(("ink", "ground"), list(itertools.product(("text", "quiet", "good", "care", "bad"), GROUNDS)))
def test_text_can_be_read_on_every_ground(tokens: theme.Tokens, ink: str, ground: str) -> None:
    assert theme.contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", THEMES)
def test_text_can_be_read_on_colours(tokens: theme.Tokens) -> None:
    assert theme.contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert theme.contrast(tokens.on_accent, tokens.accent_hover) >= 4.5
    for ground in ("accent_soft", "good_soft", "care_soft", "bad_soft"):
        assert theme.contrast(tokens.text, getattr(tokens, ground)) >= 4.5
    for ground in ("background", "surface", "accent_soft"):
        assert theme.contrast(tokens.accent, getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", THEMES)
@pytest.mark.parametrize("ground", ("background", "surface"))
def test_outlines_of_controls_and_the_focus_ring_can_be_seen(tokens: theme.Tokens, ground: str) -> None:
    assert theme.contrast(tokens.edge, getattr(tokens, ground)) >= 3
    assert theme.contrast(tokens.accent, getattr(tokens, ground)) >= 3


@pytest.mark.parametrize("tokens", THEMES)
def test_the_style_sheet_names_no_colour_of_its_own(tokens: theme.Tokens) -> None:
    colours = {value.lower() for value in asdict(tokens).values() if isinstance(value, str)}
    sheet = stylesheet(asdict(tokens))
    assert "$" not in sheet
    assert {found.lower() for found in re.findall(r"#[0-9A-Fa-f]{6}", sheet)} <= colours


def test_the_switch_changes_everything_and_is_kept(qapp: QApplication) -> None:
    current = theme.theme()
    current.install(qapp)
    current.set_mode("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == theme.DARK.background
    assert theme.DARK.background in qapp.styleSheet()
    current.toggle()
    assert current.mode == "light"
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == theme.LIGHT.background
    current.install(qapp)
    assert current.mode == preferences.get("theme", "") == "light"


def test_an_unknown_mode_in_the_preferences_counts_as_the_systems(qapp: QApplication) -> None:
    preferences.put(theme="sepia")
    theme.theme().install(qapp)
    assert theme.theme().mode == "system"


def test_the_font_is_one_for_screens_with_real_weights(qapp: QApplication) -> None:
    found = QFontInfo(theme.interface_font(13, theme.QFont.Weight.DemiBold))
    assert found.pixelSize() == 13
    assert not found.family().lower().startswith(("dejavu", "bitstream"))


@pytest.mark.parametrize("name", sorted(path.stem for path in resource("icons").glob("*.svg")))
def test_every_icon_draws_something_in_the_themes_colour(qapp: QApplication, name: str) -> None:
    theme.theme().install(qapp)
    image = icon_pixmap(name, "bad", 24, 1.0).toImage()
    inked = [image.pixelColor(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() > 200]
    assert len(inked) >= 3
    if name != "gensmith":
        wanted = theme.colour("bad")
        assert any(abs(one.red() - wanted.red()) < 8 and abs(one.blue() - wanted.blue()) < 8 for one in inked)


def test_preferences_survive_a_damaged_file(gensmith_home) -> None:
    preferences.put(scale=150)
    assert preferences.get("scale", 100) == 150
    (gensmith_home / preferences.FILE).write_text("{half", encoding="utf-8")
    assert preferences.get("scale", 100) == 100
    preferences.put(scale="large")
    assert preferences.get("scale", 100) == 100
