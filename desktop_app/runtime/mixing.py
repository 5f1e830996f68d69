"""Drawing pictures of any origin: each in its own row of a block, so that it is the same in whatever list it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desktop_app.project.errors import GensmithError
from desktop_app.runtime.drawing import BLOCK
from desktop_app.runtime.manifest import Manifest
from desktop_app.runtime.origins import Blend, Origin, Own, Spot, place, spherical
from desktop_app.runtime.painters import Painter
from desktop_app.runtime.sampling import Float32, noise, one_hot


class Mixture:
    """Pictures of a list of origins.

    Raises
    ------
    GensmithError
        The model cannot draw one of them.
    """

    def __init__(self, manifest: Manifest, origins: Sequence[Origin]) -> None:
        self._classes = manifest.classes
        self._origins = list(origins)
        for origin in origins:
            check(manifest, origin)
        self._layout = laid_out([place(origin, BLOCK) for origin in origins])

    @property
    def blocks(self) -> range:
        """Numbers of the blocks."""
        return range(len(self._layout))

    def wanted(self, block: int) -> list[tuple[int, int]]:
        """Number and row of each picture of a block."""
        return [(number, row) for row, number in sorted(self._layout[block].items(), key=lambda item: item[1])]

    def begin(self, block: int, paint: Painter) -> tuple[Float32, Float32]:
        """What each row begins with, and its labels; a row that nobody asked for repeats another."""
        rows = self._layout[block]
        spare = next(iter(rows.values()))
        origins = [self._origins[rows.get(row, spare)] for row in range(BLOCK)]
        starts = {number: self._start(self._origins[number], paint) for number in rows.values()}
        labels = np.stack([self.label(origin) for origin in origins])
        return np.stack([starts[rows.get(row, spare)] for row in range(BLOCK)]), labels

    def _start(self, origin: Origin, paint: Painter) -> Float32:
        """What one picture begins with, (*start_shape)."""
        if isinstance(origin, Own):
            return origin.values().reshape(paint.start_shape)
        if isinstance(origin, Blend):
            return spherical(self._start(origin.a, paint), self._start(origin.b, paint), origin.share)
        first = origin.index - origin.index % BLOCK
        spots = [origin.model_copy(update={"index": index}) for index in range(first, first + BLOCK)]
        labels = np.stack([self.label(spot) for spot in spots])
        start = paint.begin(noise(origin.seed, range(first, first + BLOCK), paint.noise_shape), labels)
        row: Float32 = start[origin.index % BLOCK]
        return row

    def label(self, origin: Origin) -> Float32:
        """The class that it is drawn with, (K,); on the way between two classes some of both."""
        if isinstance(origin, Blend):
            a, b = self.label(origin.a), self.label(origin.b)
            return np.asarray(a + np.float32(origin.share) * (b - a), np.float32)
        return one_hot([class_number(self._classes, origin)], len(self._classes)).reshape(-1)

    def class_name(self, number: int) -> str | None:
        """Class of a picture by its number in the list: the one that it has most of."""
        return class_of(self._classes, self._origins[number])


def class_number(classes: Sequence[str], origin: Spot | Own) -> int:
    """Number of its class, -1 for none."""
    if origin.class_name is not None:
        return classes.index(origin.class_name)
    return origin.index % len(classes) if classes and isinstance(origin, Spot) else -1


def class_of(classes: Sequence[str], origin: Origin) -> str | None:
    """Name of the class that a picture has most of; None without classes."""
    if isinstance(origin, Blend):
        return class_of(classes, origin.a if origin.share <= 0.5 else origin.b)
    number = class_number(classes, origin)
    return classes[number] if number >= 0 else None


def check(manifest: Manifest, origin: Origin) -> None:
    """Refuse what this model cannot draw."""
    if isinstance(origin, Blend):
        check(manifest, origin.a)
        check(manifest, origin.b)
        return
    if origin.class_name is not None:
        check_class(manifest, origin.class_name)
    if isinstance(origin, Own) and ("encoder" not in manifest.graphs or len(origin.values()) != manifest.latent):
        raise GensmithError(f"The picture {origin.name} was looked at by another model.", "Give the picture itself.")


def check_class(manifest: Manifest, name: str) -> None:
    """Refuse a class that the model does not know."""
    classes = manifest.classes
    if name not in classes:
        known = f"It knows: {', '.join(classes[:20])}." if classes else "It knows no classes: leave the class out."
        raise GensmithError(f"The model {manifest.name} knows no class “{name}”.", known)


def laid_out(rows: Sequence[int]) -> list[dict[int, int]]:
    """Blocks as number by row: each item in the first block whose row is free for it."""
    blocks: list[dict[int, int]] = []
    filled = [0] * BLOCK
    for number, row in enumerate(rows):
        if filled[row] == len(blocks):
            blocks.append({})
        blocks[filled[row]][row] = number
        filled[row] += 1
    return blocks
