"""What undo and redo call a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.jobs import changes, journey
from desktop_app.project.document import Document, Section
from desktop_app.project.store import Project


def change(**sections: dict[str, object]) -> str:
    after = Document()
    before = after.model_copy(deep=True)
    for section, fields in sections.items():
        for name, value in fields.items():
            setattr(getattr(after, section), name, value)
    return changes.in_words(before, after)


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"data": {"size": 64}}, "size 64 pixels"),
        ({"training": {"minutes": 120.0}}, "time to train 2 h"),
        ({"training": {"items": 120_000}}, "length in pictures: 120,000"),
        ({"training": {"settings": {"diffusion": {"clip": 0.0}}}}, "limit every step: no limit"),
        ({"training": {"settings": {"of the future": {"some_name": 3}}}}, "some name"),
        ({"data": {"sources": ["/a/Été 東京"]}}, "pictures: Été 東京 added"),
        ({"data": {"left_out": ["a", "b", "c"]}}, "left out: 3 added"),
        ({"architecture": {"family": "gan"}}, "kind of model: Generative adversarial network"),
        ({"data": {"held_out": 0.2}}, "held out: 20 %"),
        ({"data": {"encoded": "x", "found": 3}}, "a change"),
    ],
)
def test_a_change_is_said_in_a_few_words(sections: dict, said: str) -> None:
    assert change(**sections) == said


def test_what_followed_is_counted(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        journey.answer(project, output="images", purpose="photos", device="phone")
        assert project.last_change is not None
        assert changes.in_words(*project.last_change).startswith("what it makes: photos, and ")


def test_every_decision_has_a_name_of_its_own() -> None:
    sections = {name: section for name, section in Document() if isinstance(section, Section)}
    known = {f"{name}.{field}" for name, section in sections.items() for field in type(section).model_fields}
    strangers = {name for name in changes.NAMES if "." in name} - known
    assert not strangers, "a name that stands for nothing"


def test_the_page_stays_open(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        project.change("data", size=64)
        project.amend("", step=3)
        project.undo()
        assert (project.document.data.size, project.document.step) == (None, 3)
        assert project.next_change is not None and changes.in_words(*project.next_change) == "size 64 pixels"
        project.redo()
        assert (project.document.data.size, project.document.step) == (64, 3)
