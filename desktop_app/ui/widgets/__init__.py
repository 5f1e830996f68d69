"""Small parts that the pages are made of."""

from desktop_app.ui.widgets.banner import Banner
from desktop_app.ui.widgets.buttons import Button, Chip, HelpMark, IconButton, Segmented, Switch
from desktop_app.ui.widgets.cards import Card, ChoiceCard, FigureCard
from desktop_app.ui.widgets.fields import ComboBox, DoubleSpinBox, SpinBox
from desktop_app.ui.widgets.flow import FlowLayout
from desktop_app.ui.widgets.icons import IconLabel, icon, icon_pixmap
from desktop_app.ui.widgets.labels import Dot, ElidedLabel, Label, Line, label
from desktop_app.ui.widgets.pictures import ContactSheet, PictureView, to_image
from desktop_app.ui.widgets.progress import ProgressLine, Spinner
from desktop_app.ui.widgets.settings import SettingForm

__all__ = [
    "Banner",
    "Button",
    "Card",
    "Chip",
    "ChoiceCard",
    "ComboBox",
    "ContactSheet",
    "Dot",
    "DoubleSpinBox",
    "ElidedLabel",
    "FigureCard",
    "FlowLayout",
    "HelpMark",
    "IconButton",
    "IconLabel",
    "Label",
    "Line",
    "PictureView",
    "ProgressLine",
    "Segmented",
    "SettingForm",
    "SpinBox",
    "Spinner",
    "Switch",
    "icon",
    "icon_pixmap",
    "label",
    "to_image",
]
