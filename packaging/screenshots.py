"""Make the pictures of the window in ``resources/screenshots``: every page, dark and light, on a real training.

    .venv/bin/python packaging/screenshots.py [--out FOLDER] [--minutes 2] [--project FOLDER]

It makes the sprites sample, trains it on this machine, judges it and draws from it, all in the window itself, under a
virtual display where there is no other. ``--project`` takes a trained project instead of training one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import checks

ROOT = Path(__file__).resolve().parent.parent
SIZE = (1280, 800)
MODES = ("light", "dark")
PATIENCE = 3600.0
"""Seconds after which a wait is given up."""


class Photographer:
    """Drives the window and takes its picture in both themes."""

    def __init__(self, out: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from desktop_app.ui import app

        self.out = out
        self.app = QApplication.instance() or QApplication(["gensmith"])
        app.prepare(self.app)
        from desktop_app.ui.window import MainWindow

        self.window = MainWindow()
        self.window.resize(*SIZE)
        self.window.show()
        self.window.start()

    def wait(self, seconds: float) -> None:
        """Let the window work."""
        self.until(lambda: False, seconds, give_up=False)

    def until(self, true: Callable[[], object], seconds: float = PATIENCE, *, give_up: bool = True) -> None:
        """Let the window work until something is true."""
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                if give_up:
                    raise SystemExit("The window did not come to where its picture should be taken.")
                return
            self.app.processEvents()
            time.sleep(0.005)

    def take(self, name: str) -> None:
        """Both themes of what is shown now."""
        from desktop_app.ui.theme import theme

        self.window.banner.dismiss()
        for mode in MODES:
            theme().set_mode(mode)
            self.wait(1.0)
            path = self.out / f"{name}-{mode}.png"
            self.window.grab().save(str(path))
            print(path)

    def close(self) -> None:
        """End it as a person would."""
        self.window.close()


def make_samples(folder: Path, minutes: float) -> Path:
    """The digits for the list of recent projects, and the sprites, ready to train."""
    from desktop_app.jobs.journey import make_sample_project
    from desktop_app.project.store import Project

    make_sample_project("digits", folder / "Handwritten digits")
    sprites = make_sample_project("sprites", folder / "Pixel sprites")
    with Project.open(sprites) as project:
        project.change("training", minutes=minutes)
    return sprites


def welcome(camera: Photographer, folder: Path) -> None:
    """The first page, with the projects beside ``folder`` as the recent ones."""
    from desktop_app.project.store import remember
    from desktop_app.ui.pages.welcome import WelcomePage

    for project in sorted(folder.parent.glob("*/project.json")):
        remember(project.parent)
    page: Any = camera.window.findChild(WelcomePage)
    page.new.keep_in(Path.home() / "Documents" / "Gensmith")
    page.refresh()
    camera.wait(3)
    camera.take("welcome")


def train(camera: Photographer) -> None:
    """Train in the window, and take the page's picture when about two thirds are done."""
    session = camera.window.session
    camera.window.go_to(4)
    camera.wait(2)
    camera.take("train-before")
    if session.start_training() is None:
        raise SystemExit("The training did not start.")
    queue(camera)
    camera.until(lambda: session.story.fraction > 0.62 and len(session.story.previews) > 2)
    camera.take("train")
    camera.until(lambda: session.run_state in ("finished", "stopped", "failed", "interrupted"))
    if session.run_state != "finished":
        raise SystemExit(f"The training ended as {session.run_state}.")


def queue(camera: Photographer) -> None:
    """Plan two more while it is at work, and take them out again."""
    from desktop_app.ui.pages.training import TrainingPage

    session, page = camera.window.session, cast(Any, camera.window.findChild(TrainingPage))
    minutes = session.document.training.minutes
    for planned, settings in ((30, {}), (480, {"dropout": 0.1})):
        session.change("training", minutes=planned, settings={"diffusion": settings})
        session.start_training()
    page.show_setup()
    camera.wait(2)
    camera.take("train-queue")
    for run in session.waiting_runs():
        session.take_out(run)
    session.change("training", minutes=minutes, settings={})
    page.show_run(session.current_run())


def data(camera: Photographer) -> None:
    """The wall with a picture in the inspector, and the settings."""
    camera.window.go_to(2)
    from desktop_app.ui.pages.data import DataPage

    page: Any = camera.window.findChild(DataPage)
    camera.until(lambda: camera.window.session.inventory is not None and not camera.window.session.importing)
    page.wall.select_rows([4])
    camera.wait(3)
    camera.take("data")
    page.tabs.part("all").click()
    camera.wait(2)
    camera.take("data-settings")


def deploy(camera: Photographer) -> None:
    """Draw pictures with the page's own main button."""
    camera.window.go_to(6)
    camera.wait(2)
    camera.window.bar.main.click()
    camera.wait(12)
    camera.take("deploy")


def photograph(out: Path, project: Path | None, minutes: float, work: Path) -> None:
    """Take all pictures."""
    folder = project or make_samples(work / "projects", minutes)
    camera = Photographer(out)
    window = camera.window
    welcome(camera, folder)
    window.open_project(folder)
    camera.until(lambda: window.session.project is not None)
    if project is None:
        train(camera)
    window.go_to(1)
    camera.take("objective")
    data(camera)
    window.go_to(3)
    camera.wait(3)
    camera.take("architecture")
    window.go_to(4)
    camera.wait(2)
    camera.take("train-done")
    window.go_to(5)
    camera.wait(4)
    camera.take("evaluate")
    deploy(camera)
    camera.close()


def main(words: Sequence[str]) -> int:
    """Read the words, provide a display, take the pictures."""
    parser = argparse.ArgumentParser(description="Make the pictures of the window.")
    parser.add_argument("--out", type=Path, default=ROOT / "resources" / "screenshots")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long to train the sample")
    parser.add_argument("--project", type=Path, help="a trained project to show instead")
    parser.add_argument("--work", type=Path, help="keep the projects that are made in this new folder")
    chosen = parser.parse_args(words)
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="gensmith-screenshots-") as temporary, checks.virtual_display() as display:
        os.environ.update(display)
        os.environ["GENSMITH_HOME"] = str(Path(temporary) / "home")
        photograph(chosen.out, chosen.project, chosen.minutes, chosen.work or Path(temporary))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
