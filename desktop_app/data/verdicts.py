"""How much is enough: amount, variety, balance, quality and held-out set, each as a word, a sentence and what to add."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median
from typing import Literal

from desktop_app.data.inventory import Inventory
from desktop_app.project.document import Data
from desktop_app.project.steps import MINIMUM_ITEMS

FEW, ENOUGH, PLENTY = 100, 500, 2000
"""Pictures from which on a small diffusion model gets somewhere, gets good, gains little from more."""

ALIKE, RICH = 8.0, 20.0
"""Mean difference between two pictures (levels of 255) below which they are all alike, and from which on they are rich."""

UNEVEN = 0.5
"""A class with less than this share of the median class is too small beside the others."""

JUDGEABLE = 20
"""Held-out pictures from which on the figures of the evaluation mean something."""


FAULTS_IN_WORDS = {
    "blurred": "blurred", "noisy": "noisy", "overexposed": "too light", "underexposed": "too dark",
    "border": "framed by a border", "small": "small", "out of place": "out of place",
}  # fmt: skip
FAULTS = frozenset(FAULTS_IN_WORDS)
MANY_FAULTS = 0.05
"""Share of the used pictures with a fault from which on it shows in what is learned."""


@dataclass(frozen=True)
class Verdict:
    """One card.

    Attributes
    ----------
    value
        The figure or word in large type.
    sentence
        What it means, and what to add.
    """

    key: str
    title: str
    value: str
    sentence: str
    state: Literal["good", "care", "bad"]


def verdicts(inventory: Inventory, data: Data) -> list[Verdict]:
    """Amount, variety, balance, quality and held-out set of the used items, in plain words."""
    return [_amount(inventory), _variety(inventory), _balance(inventory), _quality(inventory), _held_out(inventory)]


def _amount(inventory: Inventory) -> Verdict:
    used = inventory.used
    value = f"{used:,}"
    if used < MINIMUM_ITEMS:
        return Verdict("amount", "Amount", value, f"Too few to learn from. Add at least {MINIMUM_ITEMS - used}.", "bad")
    if used < FEW:
        return Verdict("amount", "Amount", value, f"Few: it would learn them by heart. Add about {ENOUGH - used}.", "care")
    if used < ENOUGH:
        return Verdict("amount", "Amount", value, f"A start for simple pictures. {ENOUGH} would be better.", "care")
    if used < PLENTY:
        return Verdict("amount", "Amount", value, f"Good for a small model. {PLENTY:,} would be better.", "good")
    return Verdict("amount", "Amount", value, "Plenty to learn from.", "good")


def _variety(inventory: Inventory) -> Verdict:
    value = inventory.variety
    if value is None or inventory.used < 2:
        return Verdict("variety", "Variety", "None yet", "It takes at least two different pictures.", "bad")
    noticed = [item for item in inventory.items if item.findings and item.used]
    alike = sum(any(finding.code == "near duplicate" for finding in item.findings) for item in noticed)
    if alike > 0.2 * inventory.used:
        sentence = f"{alike:,} pictures are nearly the same as another. Add different ones."
        return Verdict("variety", "Variety", "Repetitive", sentence, "care")
    if value < ALIKE:
        return Verdict("variety", "Variety", "Low", "The pictures hardly differ. Add different ones.", "care")
    if value < RICH:
        return Verdict("variety", "Variety", "Some", "The pictures are of a kind, and differ enough.", "good")
    return Verdict("variety", "Variety", "Rich", "Shapes and colours differ well.", "good")


def _balance(inventory: Inventory) -> Verdict:
    classes = inventory.classes
    if not classes:
        sentence = "All of one kind. Put pictures into sub-folders to be able to ask for a kind later."
        return Verdict("balance", "Balance", "One kind", sentence, "good")
    value = f"{len(classes)} kinds" if len(classes) > 1 else "1 kind"
    typical = median(classes.values())
    name, count = min(classes.items(), key=lambda pair: pair[1])
    if count < UNEVEN * typical:
        missing = max(1, round(typical) - count)
        return Verdict("balance", "Balance", value, f"“{name}” has only {count:,}. Add about {missing:,}.", "care")
    outside = inventory.used - sum(classes.values())
    if outside:
        sentence = f"{outside:,} pictures lie outside the folders and have no kind; they are learned without one."
        return Verdict("balance", "Balance", value, sentence, "care")
    most = max(classes.values())
    spread = f"{count:,} of each" if count == most else f"From {count:,} to {most:,} of each"
    return Verdict("balance", "Balance", value, f"{spread}: well balanced.", "good")


def _quality(inventory: Inventory) -> Verdict:
    """Used pictures with a fault of their own: it is learned like everything else."""
    noticed = [item for item in inventory.items if item.findings and item.used]
    faults = [{finding.code for finding in item.findings} & FAULTS for item in noticed]
    faulty = sum(map(bool, faults))
    if not faulty:
        sentence = "No fault was noticed on the pictures in use." if inventory.used else "There is nothing to judge yet."
        return Verdict("quality", "Quality", "Good" if inventory.used else "None yet", sentence, "good")
    code, count = Counter(code for codes in faults for code in sorted(codes)).most_common(1)[0]
    share = faulty / inventory.used
    value = "Mixed" if share > MANY_FAULTS else "Good"
    which = FAULTS_IN_WORDS[code]
    sentence = f"{faulty:,} have a fault; {count:,} are {which}. Mend them or leave them out."
    return Verdict("quality", "Quality", value, sentence, "care" if share > MANY_FAULTS else "good")


def _held_out(inventory: Inventory) -> Verdict:
    count = inventory.held_out
    value = f"{count:,}"
    aside = {item.group for item in inventory.items if item.held_out}
    if any(item.used and not item.held_out and item.group in aside for item in inventory.items):
        sentence = "All pictures are nearly the same, so nothing new is left to judge the model by. Add different ones."
        return Verdict("held_out", "Held out", value, sentence, "bad")
    if count == 0:
        return Verdict("held_out", "Held out", value, "Nothing is left to judge the model by. Add pictures.", "bad")
    if count < JUDGEABLE:
        sentence = f"Kept aside to judge the model. With {JUDGEABLE} or more the judgement would be firmer."
        return Verdict("held_out", "Held out", value, sentence, "care")
    return Verdict("held_out", "Held out", value, "Kept aside, never learned from, to judge the model honestly.", "good")
