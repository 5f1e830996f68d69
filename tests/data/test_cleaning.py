"""What is offered to be cleaned up: worth it, never twice, and never the last of its kind."""

from __future__ import annotations

import pytest

from desktop_app.data.cleaning import cleaning
from desktop_app.data.inventory import Finding, Inventory, Item
from desktop_app.project.document import Data, Mend


def item(key: str, *codes: str, group: str = "", side: int = 100, used: bool = True) -> Item:
    findings = tuple(Finding(code, "It was noticed.", "care") for code in codes)
    return Item(key, key, None, side, side, findings=findings, used=used, group=group)


def test_each_fault_is_mended_or_left_out() -> None:
    items = (
        item("sound"), item("framed", "border"), item("both", "border", "noisy"), item("soft", "blurred", "border"),
        item("dark", "underexposed"), item("stranger", "out of place"), item("wide", "odd shape"),
        item("gone", "noisy", used=False),
    )  # fmt: skip
    offered = cleaning(Inventory(items), Data())
    assert offered.mends == {"framed": Mend(trim=True), "both": Mend(trim=True, denoise=True)}
    assert offered.left_out == ("dark", "soft")
    assert offered.noticed == {"border": 2, "noisy": 1, "blurred": 1, "underexposed": 1}


def test_what_was_decided_is_not_offered_again() -> None:
    items = (item("framed", "border"), item("soft", "blurred"), item("grain", "noisy", "border"))
    mends = {"framed": Mend(trim=True, turn=90), "grain": Mend(turn=180, trim=True)}
    offered = cleaning(Inventory(items), Data(kept=["soft"], mends=mends))
    assert offered.left_out == ()
    assert offered.mends == {"grain": Mend(turn=180, trim=True, denoise=True)}
    assert offered.noticed == {"noisy": 1}


@pytest.mark.parametrize(
    ("large", "small", "left"),
    [
        ((), ("near duplicate",), ("small",)),
        (("blurred",), ("near duplicate",), ("large",)),  # the sharp one of the two stays, though it is smaller
        (("blurred",), ("near duplicate", "blurred"), ("large", "small")),
    ],
)
def test_of_pictures_that_are_alike_one_stays(large: tuple[str, ...], small: tuple[str, ...], left: tuple[str, ...]) -> None:
    items = (item("large", *large, group="g"), item("small", *small, group="g", side=50), item("other", group="h"))
    assert cleaning(Inventory(items), Data()).left_out == left
