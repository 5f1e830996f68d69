"""The pictures that variations, ways and walks begin with: shown small in the form, taken from the wall or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from desktop_app.ui.drop import dropped_paths
from desktop_app.ui.widgets import Button, FlowLayout, Label, PictureView

if TYPE_CHECKING:
    from desktop_app.runtime.origins import Origin

NEW, VARY, BETWEEN, WALK, OWN = "new", "vary", "between", "walk", "own"
MODES = (
    (NEW, "New pictures"), (VARY, "Variations"), (BETWEEN, "Blend two"), (WALK, "A walk"), (OWN, "Your own picture"),
)  # fmt: skip
LEAST = {NEW: 0, VARY: 1, BETWEEN: 2, WALK: 2, OWN: 1}
MOST = {NEW: 0, VARY: 1, BETWEEN: 2, WALK: 12, OWN: 1}
_TITLES = {VARY: "Like this one", BETWEEN: "From the first to the second", WALK: "Past these and back", OWN: "Your picture"}
_HINTS = {
    VARY: "Select a picture on the right, or a favourite, and take it here.",
    BETWEEN: "Select two pictures on the right (hold Ctrl for the second) and take them here.",
    WALK: "Select two pictures or more on the right (hold Ctrl) and take them here.",
    OWN: "Choose a picture, or drop one here. The model looks at it and shows what it sees.",
}
_SEEN = "On the right is what the model sees in it. Go on with variations of it, or blend it with another."
_SIDES = {VARY: 68, BETWEEN: 72, WALK: 50, OWN: 112}
_FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff);;All files (*)"


@dataclass(frozen=True, eq=False)
class Source:
    """A picture to begin with."""

    name: str
    image: QImage
    origin: Origin


class Sources(QWidget):
    """The pictures taken, and the ways to take others."""

    take = Signal()
    """The person wants those that are selected on the wall."""
    picked = Signal(object)  # Path
    """The person chose a file of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Source] = []
        self.views: list[PictureView] = []
        self._mode = NEW
        self.title = Label("")
        self.hint = Label("", "quiet", wrap=True)
        self.selected = Button("Take the selected", clicked=self.take.emit)
        self.file = Button("Choose a picture …", clicked=self._choose)
        self._pictures = QWidget()
        self._flow = FlowLayout(self._pictures, spacing=6)
        self._beside = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._build()

    def _build(self) -> None:
        buttons = QVBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.selected)
        buttons.addWidget(self.file)
        self._beside.setSpacing(8)
        self._beside.addWidget(self._pictures, 1)
        self._beside.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.title)
        column.addWidget(self.hint)
        column.addLayout(self._beside)

    def show_mode(self, mode: str, sees: bool) -> None:
        """Ask for what a mode begins with; only a model that ``sees`` takes files."""
        self._mode = mode
        self.title.setText(_TITLES.get(mode, ""))
        self.selected.setVisible(mode != OWN)
        self.file.setVisible(sees)
        self.file.setText("Choose a picture …" if mode == OWN else "Your own picture …")
        self.setAcceptDrops(sees)
        directions = QBoxLayout.Direction
        self._beside.setDirection(directions.LeftToRight if mode == VARY else directions.TopToBottom)
        fitting = [source for source in self.taken if mode != OWN or source.origin.kind == "own"]
        self.put(fitting[: MOST[mode]] if mode != NEW else fitting)

    @property
    def enough(self) -> bool:
        """Whether there are as many as the mode needs."""
        return len(self.taken) >= LEAST[self._mode]

    def put(self, sources: Sequence[Source]) -> None:
        """Begin with these."""
        self.taken = list(sources)
        for view in self.views:
            self._flow.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.views = [self._view(source) for source in sources[: MOST[self._mode]]]
        self._pictures.setVisible(bool(self.views))
        self.hint.setText(_SEEN if self._mode == OWN and self.enough else _HINTS.get(self._mode, ""))
        self.hint.setVisible(self._mode == OWN or not self.enough)

    def add(self, source: Source) -> None:
        """Begin with this one too; where there is no room it takes the last one's place."""
        self.put([*self.taken[: MOST[self._mode] - 1], source])

    def _view(self, source: Source) -> PictureView:
        view = PictureView(_SIDES.get(self._mode, 48), source.name)
        view.setToolTip(source.name)
        view.show_image(source.image)
        self._flow.addWidget(view)
        return view

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Your own picture", "", _FILTER)
        if name:
            self.picked.emit(Path(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.picked.emit(dropped_paths(event.mimeData())[0])


class Strength(QWidget):
    """How far variations go: a slider with words at its ends."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, 100)
        self.slider.setPageStep(10)
        self.slider.setValue(30)
        self.slider.setAccessibleName(name)
        self.setFocusProxy(self.slider)
        self.figure = Label("", "quiet")
        ends = QHBoxLayout()
        ends.addWidget(Label("a little", "quiet"))
        ends.addStretch(1)
        ends.addWidget(self.figure)
        ends.addStretch(1)
        ends.addWidget(Label("a lot", "quiet"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.slider)
        column.addLayout(ends)
        self.slider.valueChanged.connect(lambda _: self._say())
        self._say()

    def value(self) -> float:
        """0 to 1."""
        return self.slider.value() / 100

    def _say(self) -> None:
        self.figure.setText(f"{self.slider.value()} %")
        self.changed.emit()
