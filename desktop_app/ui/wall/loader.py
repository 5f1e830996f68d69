"""Thumbnails from background threads, newest wish first, in a cache of bounded size."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, Qt, QThread, QThreadPool, Signal, Slot
from PySide6.QtGui import QImage

from desktop_app.project.errors import GensmithError

if TYPE_CHECKING:
    from desktop_app.data import Item

CACHE_BYTES = 96 * 2**20
WISHES = 600
"""Wishes kept: older ones have been scrolled away."""
THREADS = 2 if (os.cpu_count() or 1) > 2 else 1
"""That read: with two on two processors the window would get no turn of its own, and every twentieth frame be late."""
SMALL_DRAWING = 64
"""Pictures of so many pixels are taken for drawings made of pixels."""


class ThumbnailLoader(QObject):
    """Hands out thumbnails that are there and fetches those that are not.

    :meth:`get` never waits. ``loaded`` names the items whose pictures came, or turned out not to be any.
    """

    loaded = Signal(object)  # set[str]
    _arrived = Signal()

    def __init__(self, data_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = data_folder
        self._cache: OrderedDict[tuple[str, int], QImage | None] = OrderedDict()
        self._bytes = 0
        self._wishes: OrderedDict[tuple[str, int], Item] = OrderedDict()
        self._pending: set[tuple[str, int]] = set()
        self._come: list[tuple[tuple[str, int], QImage | None]] = []
        self._lock = threading.Lock()
        self._open = True
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(THREADS)
        self._pool.setThreadPriority(QThread.Priority.LowPriority)
        self._working = 0
        self._arrived.connect(self._keep, Qt.ConnectionType.QueuedConnection)

    def get(self, item: Item, side: int) -> QImage | None:
        """The picture within ``side`` pixels if it is there; a null image when it cannot be shown; None while it comes."""
        name = (f"{item.key}\n{item.digest}", side)  # a mended picture is another one
        if name in self._cache:
            self._cache.move_to_end(name)
            found = self._cache[name]
            return QImage() if found is None else found
        self._wish(name, item)
        return None

    def _wish(self, name: tuple[str, int], item: Item) -> None:
        with self._lock:
            if not self._open or name in self._pending:
                return
            self._wishes[name] = item
            self._wishes.move_to_end(name)
            while len(self._wishes) > WISHES:
                self._wishes.popitem(last=False)
            start = self._working < THREADS
            self._working += start
        if start:
            self._pool.start(_Worker(self))

    def next_wish(self) -> tuple[tuple[str, int], Item] | None:
        """The newest wish, for a thread; None tells it to end."""
        with self._lock:
            if self._open and self._wishes:
                name, item = self._wishes.popitem(last=True)
                self._pending.add(name)
                return name, item
            self._working -= 1
            return None

    def fetch(self, name: tuple[str, int], item: Item) -> None:
        """Load one picture, in a thread."""
        image = _load(item, name[1], self._folder)
        with self._lock:
            self._come.append((name, image))
            first = self._open and len(self._come) == 1
        if first:  # what comes until it is heard is taken along: each call into Python waits for the threads that read
            self._arrived.emit()

    @Slot()
    def _keep(self) -> None:
        with self._lock:
            come, self._come = self._come, []
            self._pending.difference_update(name for name, _ in come)
        for name, image in come:
            self._cache[name] = image
            self._bytes += image.sizeInBytes() if image is not None else 0
        while self._bytes > CACHE_BYTES:
            _, old = self._cache.popitem(last=False)
            self._bytes -= old.sizeInBytes() if old is not None else 0
        self.loaded.emit({name[0].partition("\n")[0] for name, _ in come})

    @property
    def cached_bytes(self) -> int:
        """Bytes that the cache holds."""
        return self._bytes

    def close(self) -> None:
        """Forget all wishes and wait for the threads."""
        with self._lock:
            self._open = False
            self._wishes.clear()
        self._pool.waitForDone()


class _Worker(QRunnable):
    """Fulfils wishes until there are none."""

    def __init__(self, loader: ThumbnailLoader) -> None:
        super().__init__()
        self._loader = loader

    def run(self) -> None:
        while (wish := self._loader.next_wish()) is not None:
            self._loader.fetch(*wish)


def _load(item: Item, side: int, folder: Path) -> QImage | None:
    from desktop_app.data import thumbnail

    try:
        found = thumbnail(item, side, folder)
        content = found if isinstance(found, bytes) else found.read_bytes()
    except (GensmithError, OSError):
        return None
    image = QImage.fromData(content)
    return None if image.isNull() else _filling(image, item, side).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _filling(image: QImage, item: Item, side: int) -> QImage:
    """Enlarge what would look lost on its tile: drawings with hard pixels, photos smoothly."""
    if max(image.width(), image.height()) >= 0.8 * side:
        return image
    drawing = max(item.native, default=0) <= SMALL_DRAWING
    mode = Qt.TransformationMode.FastTransformation if drawing else Qt.TransformationMode.SmoothTransformation
    return image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
