"""Step 2: collect pictures, inspect them, split a held-out set off, encode them into arrays (no torch, no Qt)."""

from desktop_app.data.arrays import Arrays, Encoded, encode, open_arrays, open_encoded, picture
from desktop_app.data.inspection import inspect
from desktop_app.data.inventory import Finding, Inventory, IsCancelled, Item, Progress
from desktop_app.data.kept import Kept, recall, undisturbed
from desktop_app.data.samples import SAMPLES, Sample, sample_pictures, write_sample
from desktop_app.data.split import decide
from desktop_app.data.thumbnails import thumbnail
from desktop_app.data.verdicts import Verdict, verdicts
from desktop_app.project.errors import Cancelled

__all__ = [
    "SAMPLES",
    "Arrays",
    "Cancelled",
    "Encoded",
    "Finding",
    "Inventory",
    "IsCancelled",
    "Item",
    "Kept",
    "Progress",
    "Sample",
    "Verdict",
    "decide",
    "encode",
    "inspect",
    "open_arrays",
    "open_encoded",
    "picture",
    "recall",
    "sample_pictures",
    "thumbnail",
    "undisturbed",
    "verdicts",
    "write_sample",
]
