"""Where the model can go: a card for each destination, with its size, its speed and a proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from desktop_app.ui import theme
from desktop_app.ui.pages.deployment_work import Model, size_words
from desktop_app.ui.widgets import Button, Card, ElidedLabel, IconButton, IconLabel, Label
from desktop_app.ui.widgets.progress import ProgressLine

if TYPE_CHECKING:
    from desktop_app.runtime.manifest import Manifest


class Destination(Card):
    """A card with an icon, a title, a sentence, a proof, and buttons."""

    def __init__(self, icon: str, title: str) -> None:
        super().__init__(padding=16, spacing=4)
        self.body.setContentsMargins(16, 14, 16, 14)
        self.setAccessibleName(title)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(IconLabel(icon, "accent", 20))
        head.addWidget(Label(title, "strong"))
        head.addStretch(1)
        self.actions = QHBoxLayout()
        self.actions.setSpacing(8)
        head.addLayout(self.actions)
        self.body.addLayout(head)
        self.words = Label("", "quiet", wrap=True)
        self.body.addWidget(self.words)

    def line(self, *widgets: QWidget) -> QWidget:
        """A row of its own on the card."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in widgets:
            row.addWidget(widget, int(isinstance(widget, (ElidedLabel, QLineEdit))))
        self.body.addWidget(holder)
        return holder


class ThisComputer(Destination):
    """Generating here: what it costs, how fast it is, that it draws as it was trained."""

    show_folder = Signal()

    def __init__(self) -> None:
        super().__init__("laptop", "This computer")
        self.actions.addWidget(Button("Show in folder", clicked=self.show_folder.emit))
        self.mark = IconLabel("check", "good", 14)
        self.proof = Label("", "quiet", wrap=True)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.proof, 1)
        self.body.addLayout(row)
        self.body.addStretch(1)

    def show_model(self, model: Model, rate: float | None) -> None:
        """Show a model's size and, once it was measured, the pictures that it draws in a second."""
        channels, height, width = model.manifest.shape
        kind = "gray" if channels == 1 else "colour"
        speed = speed_words(rate) if rate else "speed: generate once to measure it"
        self.words.setText(
            f"{width} × {height} pixels, {kind} · {size_words(model.size)} · {speed} · offline, no graphics card"
        )
        proof = proof_of(model.manifest)
        self.proof.setText(proof or "It was not compared with the trained model.")
        parity = model.manifest.parity
        low, high = model.manifest.value_range
        much = f"Largest difference {parity.max_abs_error:.1e} where black is {low:g} and white {high:g}" if parity else ""
        self.proof.setToolTip(much)
        self.mark.set_icon("check" if proof else "warning", "good" if proof else "care")


class FileForOthers(Destination):
    """The model as one file, and how to use it without the window."""

    export = Signal()
    show_folder = Signal()

    def __init__(self) -> None:
        super().__init__("save", "A file for others")
        self.button = Button("Save the file …", clicked=self.export.emit)
        self.actions.addWidget(self.button)
        self.words.setText("One .gensmith file with the model and its card. Whoever has Gensmith draws with it, offline.")
        self.result = ElidedLabel("", "quiet")
        self.open_folder = Button("Show in folder", "link", clicked=self.show_folder.emit)
        self._result = self.line(IconLabel("check", "good", 14), self.result, self.open_folder)
        self._result.hide()
        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setFont(theme.mono_font())
        self.command.setAccessibleName("How to draw with it on the command line")
        self.copy = IconButton("copy", "Copy the command", self._copy)
        self.line(self.command, self.copy)
        self.body.addStretch(1)

    def show_command(self, path: Path) -> None:
        """How to draw with the file on the command line."""
        self.command.setText(f"gensmith generate {quoted(str(path))} --count 16 --out pictures")
        self.command.setCursorPosition(0)
        self.copy.set_icon("copy")

    def show_result(self, path: Path) -> None:
        """The file is there."""
        self.result.setText(f"{path.name}, {size_words(path.stat().st_size)}")
        self._result.show()
        self.words.hide()

    def clear_result(self) -> None:
        """Another model: the file saved before was not of this one."""
        self._result.hide()
        self.words.show()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())
        self.copy.set_icon("check")


class ProgramForOthers(Destination):
    """The model beside a program that draws with it, for people who have no Gensmith; there where the program is."""

    build = Signal()
    show_folder = Signal()

    def __init__(self) -> None:
        super().__init__("download", "A program for others")
        self.button = Button("Make the folder …", clicked=self.build.emit)
        self.actions.addWidget(self.button)
        self.words.setText("A folder and a zip with the model and a small program that draws with it. Nothing to install.")
        self.progress = ProgressLine("Copying the program")
        self.body.addWidget(self.progress)
        self.result = ElidedLabel("", "quiet")
        self._result = self.line(
            IconLabel("check", "good", 14), self.result, Button("Show in folder", "link", clicked=self.show_folder.emit)
        )
        self.body.addStretch(1)
        self.rest()

    def begin(self) -> None:
        """The work begins."""
        self.button.setEnabled(False)
        self.progress.begin("Copying")
        self._lines(working=True, done=False)

    def rest(self) -> None:
        """Nothing is being done, and nothing was made of this model."""
        self.button.setEnabled(True)
        self._lines(working=False, done=False)

    def show_result(self, archive: Path) -> None:
        """Folder and zip are there."""
        self.rest()
        self.result.setText(f"{archive.name}, {size_words(archive.stat().st_size)}")
        self._lines(working=False, done=True)

    def _lines(self, *, working: bool, done: bool) -> None:
        self.progress.setVisible(working)
        self._result.setVisible(done)


def quoted(word: str) -> str:
    """A word for the command line of any system: in double quotes where it needs them."""
    plain = all(letter.isalnum() or letter in "._-/\\:" for letter in word)
    return word if plain and word else '"' + word.replace('"', '\\"') + '"'


def proof_of(manifest: Manifest) -> str:
    """How far the exported model is from the trained one, in a sentence; empty when it was not compared."""
    if manifest.parity is None:
        return ""
    low, high = manifest.value_range
    levels = manifest.parity.max_abs_error / (high - low) * 255
    sizes = ", ".join(str(size) for size in manifest.parity.batch_sizes)
    much = "no visible difference" if levels < 0.5 else f"a difference of up to {levels:.1f} of 255 levels"
    return f"Compared with the trained model, {sizes} pictures at once: {much}."


def speed_words(rate: float) -> str:
    """Pictures a second, or seconds a picture when it is slow."""
    if rate >= 1:
        return f"{rate:,.0f} pictures a second" if rate >= 10 else f"{rate:.1f} pictures a second"
    return f"{1 / rate:,.0f} seconds a picture"
