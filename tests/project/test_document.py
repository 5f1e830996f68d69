"""The document refuses what it cannot mean and reads back what it wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_app.project.document import Architecture, Data, Document, Training


@given(
    name=st.text(min_size=1, max_size=120).filter(lambda text: text.strip()),
    size=st.none() | st.integers(8, 512),
    held_out=st.floats(0.02, 0.5),
    sources=st.lists(st.text(max_size=30)),
    minutes=st.none() | st.floats(0.01, 60 * 24 * 30),
    settings=st.dictionaries(st.text(max_size=10), st.integers() | st.floats(allow_nan=False) | st.booleans()),
)
def test_what_is_written_is_read_back(name, size, held_out, sources, minutes, settings) -> None:
    document = Document(
        name=name,
        data=Data(size=size, held_out=held_out, sources=sources),
        training=Training(minutes=minutes, settings={"diffusion": settings}),
    )
    assert Document.model_validate_json(document.model_dump_json()) == document


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("data", "size", 7),
        ("data", "size", 513),
        ("data", "held_out", 0.0),
        ("data", "colour", "sepia"),
        ("training", "minutes", 0),
        ("training", "items", 0),
        ("training", "seed", -1),
        ("architecture", "network", "huge"),
        ("objective", "output", "smell"),
    ],
)
def test_assignment_is_validated(section, field, value) -> None:
    document = Document()
    before = document.model_dump_json()
    with pytest.raises(ValidationError):
        setattr(getattr(document, section), field, value)
    assert document.model_dump_json() == before


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError):
        Architecture.model_validate({"network": "auto", "depth": 3})


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_is_short_and_not_empty(name) -> None:
    with pytest.raises(ValidationError):
        Document(name=name)
