"""Opening the generator's window, on the model named or on the one that lies beside the program."""

from __future__ import annotations

import hashlib
import json
import locale
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from desktop_app.generator.window import GeneratorWindow

SUFFIX = ".gensmith"
PATIENCE = 120_000
"""Milliseconds after which a selftest that does not end has failed."""


def main(words: Sequence[str]) -> int:
    """Open the window and return when it is closed; after the word ``selftest`` it draws once by itself and ends."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # none are wanted, and looking for them takes time
    from PySide6.QtWidgets import QApplication

    from desktop_app.ui.app import prepare

    app = QApplication.instance() or QApplication(["gensmith-generator"])
    assert isinstance(app, QApplication)
    locale.setlocale(locale.LC_NUMERIC, "C")  # Qt sets the person's; a decimal comma breaks parsers in libraries
    prepare(app)
    if words[:1] == ["selftest"]:
        return _run(app, words[1:], prove=True)
    return _run(app, words, prove=False)


def _run(app: QApplication, words: Sequence[str], *, prove: bool) -> int:
    from desktop_app.generator.window import GeneratorWindow

    window = GeneratorWindow()
    window.show()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if prove:
        _draw_and_end(app, window)
    if (model := Path(words[0]) if words else model_beside()) is not None:
        window.open(model)
    code = app.exec()
    window.deleteLater()
    return code


def model_beside(folder: Path | None = None) -> Path | None:
    """The model that was handed on together with the program; None when there is none, or more than one to choose from."""
    folder = folder or Path(sys.executable).parent
    found = sorted(folder.glob(f"*{SUFFIX}"))
    return found[0] if len(found) == 1 else None


def _draw_and_end(app: QApplication, window: GeneratorWindow) -> None:
    """Draw as soon as a model is open, say which pictures came, and end; with 1 when nothing comes of it."""
    from PySide6.QtCore import QTimer

    def say() -> None:
        pictures = {picture.file: hashlib.sha256(picture.png).hexdigest() for picture in window.pictures()}
        sys.stdout.write(json.dumps({"pictures": pictures}) + "\n")
        window.close()
        app.exit(0)

    def give_up() -> None:
        window.close()
        app.exit(1)

    window.opened.connect(window.generate)
    window.drawn.connect(say)
    QTimer.singleShot(PATIENCE, window, give_up)
