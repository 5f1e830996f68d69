"""The report to keep and to share: whole in one file, true to the figures, and without what should stay at home."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.data import open_encoded
from desktop_app.evaluation import read_report
from desktop_app.jobs.exhibits import exhibits, in_step
from desktop_app.jobs.report_page import SHOWN, page_of, write_report
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Metrics, Run
from tests.ui import sprites

NAME = "Kobolde & <b>Freunde</b> é"


class Parsed(HTMLParser):
    """Every tag that was opened, with its attributes, and all text; a tag that is closed out of turn is an error."""

    EMPTY = frozenset({"meta", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A judged run with a course of its own."""
    with sprites.new_project(tmp_path_factory.mktemp("report") / "p", 40, name=NAME) as project:
        made = sprites.train(project)
        losses = [Metrics(step=step, items=8 * step, values={"loss": 1 / step}) for step in range(1, 400)]
        aside = [Metrics(step=step, items=8 * step, values={"held_out_loss": 0.5 + 1 / step}) for step in range(400, 500, 10)]
        sprites.tell(made, [*losses, *aside])
        sprites.assess(made, 80)
    return made


def pictures(parsed: Parsed) -> list[np.ndarray]:
    sources = [attributes["src"] or "" for tag, attributes in parsed.tags if tag == "img"]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))) for source in sources]


def test_it_is_one_file_that_fetches_and_runs_nothing(run: Run, tmp_path: Path) -> None:
    text = write_report(run, tmp_path / "Bericht é.html").read_text(encoding="utf-8")
    tags = Parsed(text).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "form"}
    assert not re.search(r"https?:|url\(|@import|\son\w+=", text)
    policy = next(attributes["content"] for _, attributes in tags if attributes.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")


def test_names_are_text_and_never_markup(run: Run, tmp_path: Path) -> None:
    text = write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<b>Freunde" not in text and NAME in Parsed(text).words


def test_it_says_what_was_measured(run: Run, tmp_path: Path) -> None:
    report = read_report(run.report_file)
    words = Parsed(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")).words
    assert report.verdict.sentence in words
    for key in ("accuracy", "recall"):
        measure = report.measures[key]
        assert measure.value is not None and f"{100 * measure.value:.0f} %" in words
        assert f"real pictures: {100 * (measure.floor or 0):.0f} %" in words
    for advice in report.advice:
        assert advice.title in words and advice.remedy in words
    assert all(kind in words for kind in report.class_accuracy)


def test_the_pictures_are_those_that_were_judged(run: Run, tmp_path: Path) -> None:
    shown = exhibits(run, read_report(run.report_file))
    found = pictures(Parsed(write_report(run, tmp_path / "r.html").read_text(encoding="utf-8")))
    assert all(np.array_equal(found[place], shown.generated[place]) for place in range(SHOWN))
    assert np.array_equal(found[SHOWN], shown.encoded.items[shown.aside[0]])


def test_without_own_none_of_the_material_is_in_it(run: Run, tmp_path: Path) -> None:
    """Not as a picture, and not as the name of a file."""
    path = write_report(run, tmp_path / "r.html", own=False)
    found, encoded = pictures(Parsed(path.read_text(encoding="utf-8"))), open_encoded(run.data_folder)
    shown = exhibits(run, read_report(run.report_file))
    drawn = {picture.tobytes() for picture in np.asarray(shown.generated)}
    assert found and all(picture.tobytes() in drawn for picture in found)
    assert not any(Path(key).name in path.read_text(encoding="utf-8") for key in encoded.keys)


def test_curves_end_where_the_losses_end(run: Run) -> None:
    (plot,) = page_of(run).plots
    assert [line.name for line in plot.lines] == ["while learning", "on pictures kept aside"]
    ends = [float(line.points.split(" ")[-1].split(",")[0]) for line in plot.lines]
    assert ends[0] < 0.85 * plot.wide and ends[1] > 0.98 * plot.wide
    heights = [float(point.split(",")[1]) for line in plot.lines for point in line.points.split(" ")]
    assert min(heights) >= 0 and max(heights) <= plot.tall


def test_what_is_not_judged_has_no_report(tmp_path: Path) -> None:
    with sprites.new_project(tmp_path / "p", 12) as project, pytest.raises(GensmithError, match="not been judged"):
        write_report(sprites.train(project), tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_pictures_that_are_gone_are_said(run: Run, tmp_path: Path) -> None:
    kept = run.folder / "evaluation" / "generated.npy"
    away = kept.rename(kept.with_suffix(".away"))
    try:
        with pytest.raises(GensmithError, match="missing or damaged"):
            write_report(run, tmp_path / "r.html")
    finally:
        away.rename(kept)
    assert not (tmp_path / "r.html").exists()


def test_a_run_that_told_nothing_of_its_course_is_reported_all_the_same(tmp_path: Path) -> None:
    with sprites.new_project(tmp_path / "p", 30, classes=False) as project:
        made = sprites.train(project)
        sprites.assess(made, 64)
        page = page_of(made)
    assert page.plots == [] and page.kinds == [] and page.dials[0].value is None
    assert Parsed(write_report(made, tmp_path / "r.html").read_text(encoding="utf-8")).words


def test_real_and_generated_stand_in_step() -> None:
    order = in_step(np.array([0, 0, 1, 1, 2]), np.array([2, 1, 0, 1, 1, 0]))
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert [int(np.array([0, 0, 1, 1, 2])[i]) for i in order] == [2, 1, 0, 1, 0]
