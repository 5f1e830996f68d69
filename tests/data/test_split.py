"""The held-out set: its share, never zero, stratified, near duplicates together, the same every time."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.data import Finding, Inventory, Item, decide
from desktop_app.data.split import proposed_size, split
from desktop_app.project.document import Data


def item(number: int, class_name: str | None = None, group: int | None = None, **fields: Any) -> Item:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    shared = hashlib.sha256(str(group).encode()).hexdigest() if group is not None else digest
    return Item(f"k{number}", f"{number}.png", class_name, 16, 16, 3, digest=digest, group=shared, **fields)


SETS = st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.integers(0, 40)), min_size=2, max_size=120)


def made(rows: list[tuple[str | None, int]]) -> list[Item]:
    return [item(number, name, group) for number, (name, group) in enumerate(rows)]


@given(rows=SETS, share=st.floats(0.02, 0.5))
def test_groups_stay_together_and_nothing_is_ever_empty(rows: list[tuple[str | None, int]], share: float) -> None:
    items = made(rows)
    aside = split(items, share)
    assert 0 < len(aside) < len(items)
    sides: dict[str, set[bool]] = {}
    for one in items:
        sides.setdefault(one.group, set()).add(one.key in aside)
    if len(sides) > 1:
        assert all(len(side) == 1 for side in sides.values())


@given(rows=SETS, share=st.floats(0.02, 0.5), seed=st.integers())
def test_the_order_of_items_does_not_matter(rows: list[tuple[str | None, int]], share: float, seed: int) -> None:
    items = made(rows)
    shuffled = random.Random(seed).sample(items, len(items))
    groups = len({one.group for one in items})
    if groups > 1:
        assert split(items, share) == split(shuffled, share)


@given(counts=st.lists(st.integers(5, 300), min_size=1, max_size=6), share=st.floats(0.02, 0.5))
def test_every_class_gives_its_share(counts: list[int], share: float) -> None:
    numbers = iter(range(10_000))
    items = [item(next(numbers), f"class {c}") for c, count in enumerate(counts) for _ in range(count)]
    aside = split(items, share)
    held = Counter(one.class_name for one in items if one.key in aside)
    for c, count in enumerate(counts):
        assert abs(held[f"class {c}"] - share * count) <= 1


def test_adding_pictures_moves_few_others() -> None:
    before = split([item(n) for n in range(1000)], 0.1)
    after = split([item(n) for n in range(1100)], 0.1) & {f"k{n}" for n in range(1000)}
    assert len(before) == 100
    assert len(before ^ after) <= 12


def test_many_near_duplicates_do_not_swallow_the_share() -> None:
    items = [item(n, group=5000) for n in range(50)] + [item(n) for n in range(50, 100)]
    assert len(split(items, 0.1)) == 10


def test_two_pictures_and_none() -> None:
    assert len(split([item(1), item(2)], 0.1)) == 1
    assert len(split([item(1, group=7), item(2, group=7)], 0.1)) == 1
    assert split([item(1)], 0.1) == set()
    assert split([], 0.1) == set()


def test_decide_applies_choices_without_looking_again() -> None:
    bad = Finding("blank", "It is all of one colour.", "bad")
    lost = Finding("unreadable", "Damaged.", "bad")
    care = Finding("blurred", "Blurred.", "care")
    items = (
        item(0),
        item(1, findings=(bad,)),
        item(2, findings=(lost,)),
        item(3, findings=(care,)),
        item(4, findings=(care, bad)),
    )
    inventory = decide(Inventory(items), Data(left_out=["k0", "k2"], kept=["k1", "k2", "k0"]))
    assert [one.reason for one in inventory.items] == ["by hand", None, "unreadable", None, "blank"]
    assert (inventory.found, inventory.used, inventory.left_out) == (5, 2, {"by hand": 1, "unreadable": 1, "blank": 1})
    again = decide(inventory, Data())
    assert again.left_out == {"blank": 2, "unreadable": 1}
    assert not any(one.held_out for one in again.items if not one.used)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), max_size=50))
def test_the_proposed_size_is_one_of_few(natives: list[tuple[int, int]]) -> None:
    assert proposed_size(natives) in {8, 12, 16, 24, 32}
