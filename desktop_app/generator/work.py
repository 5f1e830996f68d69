"""What the generator does in the background: opening a model, drawing, saving. Saving is the deployment page's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.jobs.tasks import Reporter
from desktop_app.ui.pages.deployment_work import Drawn, drawn, save, save_as

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Bundle, Request

__all__ = ["Drawn", "open_model", "paint", "save", "save_as"]


def open_model(_: Reporter, path: Path) -> Bundle:
    """Open a model and check all of it; loading what that needs takes a moment too."""
    from desktop_app.runtime.bundle import open_bundle

    return open_bundle(path)


def paint(reporter: Reporter, bundle: Bundle, request: Request) -> int:
    """Draw, handing over each picture as it comes; how many there were."""
    count = 0
    for picture in bundle.generate(request, progress=reporter.progress, cancelled=reporter.cancelled):
        reporter.partial(drawn(picture))
        count += 1
    return count
