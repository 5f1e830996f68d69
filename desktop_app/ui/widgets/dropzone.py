"""A dashed area to drop folders and files on, with buttons for those who do not drag."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.ui import theme
from desktop_app.ui.drop import dropped_paths
from desktop_app.ui.widgets.buttons import Button
from desktop_app.ui.widgets.icons import IconLabel
from desktop_app.ui.widgets.labels import Label

_FILTER = (
    "Pictures and archives (*.png *.jpg *.jpeg *.webp *.avif *.heic *.heif *.bmp *.gif *.tif *.tiff "
    "*.zip *.tar *.tgz *.gz *.bz2 *.xz);;"
    "All files (*)"
)


class DropZone(QWidget):
    """Where material is dropped. Qt hands a drop to the innermost widget that accepts it."""

    dropped = Signal(object)  # list[Path]

    def __init__(self, title: str, words: str, *, icon_size: int = 32) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setAccessibleName(" ".join(f"{title} {words}".split()))
        self._over = False
        self.folder = Button("Choose a folder…", icon="folder", clicked=self._choose_folder)
        self.files = Button("Choose files…", "plain", clicked=self._choose_files)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(4)
        column.addStretch(1)
        column.addWidget(IconLabel("drop", "accent", icon_size), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        for text, role in ((title, "strong"), (words, "quiet")):
            label = Label(text, role, wrap=True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.folder)
        buttons.addWidget(self.files)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose a folder of pictures")
        if folder:
            self.dropped.emit([Path(folder)])

    def _choose_files(self) -> None:
        files, _ = QFileDialog.getOpenFileNames(self, "Choose pictures", "", _FILTER)
        if files:
            self.dropped.emit([Path(file) for file in files])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        event.acceptProposedAction()
        self.dropped.emit(dropped_paths(event.mimeData()))

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent" if self._over else "edge"), 1.2, Qt.PenStyle.DashLine))
        painter.setBrush(theme.colour("accent_soft" if self._over else "background"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
