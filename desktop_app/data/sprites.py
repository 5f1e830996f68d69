"""Pixel sprites drawn by rule and chance: five kinds, 16 × 16 pixels, mirror-symmetrical; the same ones every time.

A sprite is stamped from parts on the left half of the sheet, shaded from above, outlined, mirrored and coloured.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from desktop_app.data.images import Pixels

SIDE = 16
GROUND = (255, 255, 255)

Colour = tuple[int, int, int]
Ramp = tuple[Colour, Colour, Colour]
"""Light, middle and dark tone of one colour."""

RAMPS: dict[str, Ramp] = {
    "red": ((255, 142, 128), (228, 74, 84), (160, 40, 80)),
    "orange": ((255, 196, 116), (242, 136, 62), (188, 80, 56)),
    "yellow": ((255, 238, 146), (250, 200, 66), (212, 138, 48)),
    "lime": ((208, 242, 124), (138, 206, 78), (64, 146, 84)),
    "green": ((144, 228, 142), (62, 176, 104), (30, 112, 98)),
    "teal": ((142, 242, 216), (46, 190, 180), (24, 122, 144)),
    "sky": ((174, 230, 255), (86, 176, 242), (54, 110, 196)),
    "blue": ((144, 180, 255), (80, 112, 232), (60, 64, 164)),
    "violet": ((210, 172, 255), (148, 102, 230), (94, 60, 168)),
    "pink": ((255, 194, 226), (242, 116, 180), (178, 64, 144)),
    "steel": ((228, 236, 244), (166, 184, 206), (102, 118, 152)),
    "brown": ((226, 174, 124), (176, 116, 80), (116, 70, 66)),
    "snow": ((255, 255, 255), (228, 234, 246), (166, 180, 214)),
    "lilac": ((246, 240, 255), (216, 202, 248), (162, 144, 216)),
    "mint": ((236, 255, 244), (186, 238, 214), (122, 194, 178)),
    "peach": ((255, 244, 232), (255, 212, 186), (226, 154, 142)),
    "rose": ((255, 240, 246), (255, 200, 218), (222, 142, 178)),
    "ice": ((238, 250, 255), (188, 226, 250), (128, 172, 220)),
    "butter": ((255, 252, 226), (255, 236, 168), (226, 192, 112)),
}

WHITE: Colour = (255, 255, 255)
INK: Colour = (36, 32, 54)
BLUSH: Colour = (255, 138, 150)
FLAME: Ramp = ((255, 242, 150), (255, 176, 60), (236, 92, 58))

# Roles of pixels: 0 ground, 1 outline, 2-4 main colour (middle, light, dark), 5-7 second colour, 8-10 third colour,
# 11 white, 12 ink, 13 blush, 14-16 flame (light, middle, dark).
_ROLES = {".": 0, "m": 2, "l": 3, "d": 4, "s": 5, "S": 6, "D": 7, "t": 8, "T": 9, "E": 10, "w": 11, "k": 12, "b": 13}
_ROLES |= {"1": 14, "2": 15, "3": 16}

Half = npt.NDArray[np.uint8]
Stamp = tuple[str, ...]


def stamp(half: Half, rows: Sequence[str], top: int, left: int | None = None) -> None:
    """Put a part on the left half; rows end at the mirror axis unless ``left`` says where they begin. A dot is clear."""
    for y, row in enumerate(rows, top):
        start = SIDE // 2 - len(row) if left is None else left
        for x, letter in enumerate(row, start):
            if letter != "." and 0 <= y < SIDE and 0 <= x < SIDE // 2:
                half[y, x] = _ROLES[letter]


def shade(half: Half) -> None:
    """Light from above: the upper edge of each colour turns light, its lower and outer edges turn dark."""
    before = np.pad(half, ((1, 1), (1, 0)))
    above, below, outside = before[:-2, 1:], before[2:, 1:], before[1:-1, :-1]
    for middle in (2, 5, 8):
        area = half == middle
        same = [(neighbour >= middle) & (neighbour <= middle + 2) for neighbour in (above, below, outside)]
        half[area & ~same[0]] = middle + 1
        half[area & same[0] & (~same[1] | ~same[2])] = middle + 2


def outline(half: Half) -> None:
    """Draw a line around everything: each clear pixel beside a drawn one."""
    solid = np.pad(half > 1, 1)
    solid[:, -1] = solid[:, -2]
    beside = solid[:-2, 1:-1] | solid[2:, 1:-1] | solid[1:-1, :-2] | solid[1:-1, 2:]
    half[(half == 0) & beside] = 1


def paint(half: Half, main: str, second: str, third: str) -> Pixels:
    """Mirror the half and give each role its colour; the outline is ink with a touch of the main colour's dark tone."""
    line = tuple((2 * ink + dark) // 3 for ink, dark in zip(INK, RAMPS[main][2], strict=True))
    tones = [tone for name in (main, second, third) for tone in (RAMPS[name][1], RAMPS[name][0], RAMPS[name][2])]
    table = np.array([GROUND, line, *tones, WHITE, INK, BLUSH, *FLAME], dtype=np.uint8)
    pixels: Pixels = table[np.concatenate([half, half[:, ::-1]], axis=1)]
    return pixels


# ---------------------------------------------------------------- ghosts

_GHOSTS: tuple[Stamp, ...] = (
    ("...mmm", ".mmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm"),
    ("...mm", ".mmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm"),
    ("....mm", "..mmmm", ".mmmmm", ".mmmmm", ".mmmmm", ".mmmmm", ".mmmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm"),
)
_SKIRTS: dict[int, tuple[Stamp, ...]] = {
    6: (("mm..mm",), ("mm.mm.",), ("m.mm.m",), (".mmmm.", "..mm..")),
    5: (("mm.mm",), ("m.mm.",), (".mmm.", "..m..")),
}
_GHOST_EYES: tuple[Stamp, ...] = (
    ("ww.", "wk.", "wk."),
    ("kk.", "kk.", "kk."),
    ("kw.", "kk."),
    ("k.", "k."),
    ("ww.", "kk."),
)
_GHOST_MOUTHS: tuple[Stamp, ...] = ((), ("k",), ("k", "k"), ("k.", ".k"), (".k", ".k"))
_GHOST_HATS: tuple[Stamp, ...] = (
    (),
    (),
    ("..s", ".ss", "sss"),
    ("s.s", "sss"),
    (".ss", ".ss", "sssss"),
    ("ss.", "sst"),
)


def _ghost(rng: random.Random) -> Pixels:
    half = np.zeros((SIDE, SIDE // 2), dtype=np.uint8)
    body = rng.choice(_GHOSTS)
    width = len(body[0])
    hat = rng.choice(_GHOST_HATS)
    top = 2 + (1 if hat else 0)
    rows = body[: 13 - top]
    stamp(half, rows, top)
    stamp(half, rng.choice(_SKIRTS[width]), top + len(rows))
    if rng.random() < 0.4:
        stamp(half, ("m", "m"), top + 6, 8 - width - 1)
    shade(half)
    stamp(half, rng.choice(_GHOST_EYES), top + 3)
    stamp(half, rng.choice(_GHOST_MOUTHS), top + 7)
    if rng.random() < 0.5:
        stamp(half, ("b",), top + 6, 8 - width + 1)
    cap = np.zeros_like(half)
    stamp(cap, hat, top + 1 - len(hat))
    shade(cap)
    half[cap > 0] = cap[cap > 0]
    outline(half)
    main = rng.choice(("lilac", "mint", "peach", "rose", "ice", "butter", "snow"))
    return paint(half, main, rng.choice(("violet", "red", "blue", "yellow", "teal")), "yellow")


# ---------------------------------------------------------------- robots

_ROBOT_HEADS: tuple[Stamp, ...] = (
    ("mmmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm"),
    (".mmmm", "mmmmm", "mmmmm", "mmmmm", ".mmmm"),
    ("mmmm", "mmmm", "mmmm", "mmmm", "mmmm"),
    ("..mmm", ".mmmm", "mmmmm", "mmmmm", "mmmmm"),
)
_ROBOT_FACES: tuple[Stamp, ...] = (
    ("kkkk", "ktkk", "kkkk"),
    ("....", "ww..", "wk..", "...."),
    ("....", "kkk.", "kTk.", "kkkk"),
    ("....", ".kkk", ".kTt", ".kkk"),
    ("....", "kkkk", "ttkk", "...."),
    ("....", "wk..", "kk..", "..kk"),
    ("kkkk", "ktkk", "kkkk", "..kk"),
)
_ANTENNAS: tuple[Stamp, ...] = (("t", "D"), ("t.", "D.", "D."), ("t..", ".D.", ".D."), ("tt", ".D"), ("t...", "D..."))
_ROBOT_BODIES: tuple[Stamp, ...] = (
    ("ssss", "ssss", "ssss", "ssss"),
    (".sss", "ssss", "ssss", "ssss"),
    ("ssss", "ssss", ".sss", ".sss"),
    ("sss", "sss", "sss", "sss"),
)
_PANELS: tuple[Stamp, ...] = (("t", "t"), (".t", "t."), ("TE", "tt"), ("kk", "tk"), ("ww", "kk"), ("t.", ".."))
_ARMS: tuple[Stamp, ...] = (("m", "m", "m"), ("mm", "m.", "m."), ("m.", "m.", "mm"), ("m", "m"), (".m", "mm", "m."))
_FEET: tuple[Stamp, ...] = ((".mm.",), ("mmm.",), ("kkkk",), (".mmm", "...."), ("..mm",))


def _robot(rng: random.Random) -> Pixels:
    half = np.zeros((SIDE, SIDE // 2), dtype=np.uint8)
    body, arm = rng.choice(_ROBOT_BODIES), rng.choice(_ARMS)
    stamp(half, body, 9)
    stamp(half, arm, 9, 8 - len(body[0]) - 1 - len(arm[0]))
    stamp(half, rng.choice(_FEET), 13)
    stamp(half, rng.choice(_ROBOT_HEADS), 3)
    shade(half)
    stamp(half, rng.choice(_ROBOT_FACES), 4)
    stamp(half, rng.choice(_PANELS), 10)
    antenna = rng.choice(_ANTENNAS)
    stamp(half, antenna, 3 - len(antenna))
    outline(half)
    main = rng.choice(("steel", "steel", "sky", "orange", "teal", "violet", "yellow", "red"))
    second = rng.choice([name for name in ("steel", "blue", "violet", "teal", "red") if name != main])
    return paint(half, main, second, rng.choice(("yellow", "lime", "red", "sky", "pink")))


# ---------------------------------------------------------------- aliens

_ALIEN_HEADS: tuple[Stamp, ...] = (
    ("...mmm", ".mmmmm", "mmmmmm", "mmmmmm", "mmmmmm", ".mmmmm", "..mmmm", "...mmm"),
    ("..mmm", ".mmmm", "mmmmm", "mmmmm", "mmmmm", "mmmmm", ".mmmm", "..mmm"),
    ("....mm", "..mmmm", "mmmmmm", "mmmmmm", "mmmmmm", "mmmmmm", ".mmmmm", "..mmmm"),
)
_ALIEN_EYES: tuple[Stamp, ...] = (
    ("kk..", "wkk.", ".kk."),
    ("wk..", "kkk.", "kkk."),
    (".ww", "wwk", "wwk", ".ww"),
    ("ww..", "wk.w", "...k"),
    ("kk.", "wk.", "kk."),
    ("ww.", "wk.", "ww."),
)
_FEELERS: tuple[Stamp, ...] = (
    ("t...", ".D..", ".D.."), ("t..", "D..", ".D."), ("tt..", ".D..", ".D.."), ("D....", "DD..."), ("t", "D", "D"),
)  # fmt: skip
_ALIEN_BODIES: tuple[Stamp, ...] = (
    ("..mm", ".mmm", "m.mm", "..m."),
    ("m.mm.", "m.m.m", ".m..m"),
    ("..sss", ".msss", "m.sss", "..mm."),
    (".mmm", "m.m.", "m..m"),
)


def _alien(rng: random.Random) -> Pixels:
    half = np.zeros((SIDE, SIDE // 2), dtype=np.uint8)
    body, head = rng.choice(_ALIEN_BODIES), rng.choice(_ALIEN_HEADS)
    stamp(half, body, 11)
    stamp(half, head, 3)
    shade(half)
    stamp(half, rng.choice(_ALIEN_EYES), 6)
    if rng.random() < 0.5:
        stamp(half, ("D",), 4, 4)
    stamp(half, rng.choice((("k",), ("kk",), ())), 10)
    feelers = rng.choice(_FEELERS)
    stamp(half, feelers, 4 - len(feelers))
    outline(half)
    main = rng.choice(("lime", "green", "teal", "violet", "pink", "orange"))
    second = rng.choice(("blue", "violet", "red", "sky"))
    return paint(half, main, second if second != main else "sky", rng.choice(("yellow", "pink", "sky")))


# ---------------------------------------------------------------- flowers

_PETALS: tuple[Stamp, ...] = (
    ("....mm", ".mm.mm", ".mmmmm", "mm.mmm", "mmmmmm", "mm.mmm", ".mmmmm", ".mm.mm", "....mm"),
    ("...mm", ".m.mm", "mmmmm", "mmmmm", ".mmmm", "mmmmm", "mmmmm", ".m.mm", "...mm"),
    (".mm.", "mmmm", "mmmm", "mmmm", ".mmm", "mmmm", "mmmm", ".mm."),
    ("...mm", "...mm", "mm.mm", "mmmmm", ".mmmm", ".mmmm", "mmmmm", "mm.m.", "mm..."),
    ("....m", ".m.mm", ".mmmm", "..mmm", "mmmmm", "mmmmm", "..mmm", ".mmmm", ".m.mm", "....m"),
)
_CUPS: tuple[Stamp, ...] = (
    ("m..m", "mm.m", "mmmm", "mmmm", "mmmm", "mmmm", ".mmm"),
    ("m....", "mm..m", "mmm.m", "mmmmm", "mmmmm", ".mmmm", "..mmm"),
    ("..m.", "m.mm", "mmmm", "mmmm", "mmmm", "mmmm", ".mmm", "..mm"),
)
_HEARTS: tuple[Stamp, ...] = (("tt", "tt", "tt"), (".t", "tt", "tt", ".t"), ("EE", "Et", "EE"), ("ttt", "tkt", "ttt"))
_FOLDS: tuple[Stamp, ...] = (("dl", "dl"), ("l", "l", "l"), ("d.", ".d"), ())
_LEAVES: tuple[Stamp, ...] = (
    ("ss...", "sss..", ".sss.", "....."),
    ("s....", "ss...", ".sss.", "....."),
    (".sss.", "sss..", "....."),
    ("ss...", ".sss.", "ss...", ".sss."),
    (".ss..", "..ss.", "....."),
)


def _flower(rng: random.Random) -> Pixels:
    half = np.zeros((SIDE, SIDE // 2), dtype=np.uint8)
    cup = rng.random() < 0.3
    petals = rng.choice(_CUPS if cup else _PETALS)
    top = 2 if cup else 1
    leaves = rng.choice(_LEAVES)
    stamp(half, ("s",) * (15 - top - len(petals)), top + len(petals))
    stamp(half, leaves, 15 - len(leaves))
    stamp(half, petals, top)
    shade(half)
    if cup:
        stamp(half, rng.choice(_FOLDS), top + 3)
    else:
        heart = rng.choice(_HEARTS)
        stamp(half, heart, top + (len(petals) - len(heart)) // 2)
    outline(half)
    main = rng.choice(("red", "orange", "yellow", "pink", "violet", "sky", "blue", "snow"))
    third = rng.choice([name for name in ("yellow", "orange", "brown") if name != main])
    return paint(half, main, rng.choice(("green", "lime")), third)


# ---------------------------------------------------------------- rockets

_HULLS: tuple[Stamp, ...] = (
    ("m", "mm", "mmm", "mmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmm", "mmm"),
    ("m", "mm", "mm", "mmm", "mmm", "mmm", "mmm", "mmm", "mmm", "mmm", "mm"),
    ("mm", "mmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmm", "mmm", "mm"),
    ("m", "m", "mm", "mmm", "mmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmmm", "mmm"),
)
_FINS: tuple[Stamp, ...] = (
    ("..s", ".ss", "sss", "sss", "s.."), ("..s", ".ss", "sss", "ss."), ("s..", "ss.", "sss", "sss"), (".ss", "sss", "sss"),
    ("s..", "ss.", "sss", "s.s", "s.."),
)  # fmt: skip
_WINDOWS: tuple[Stamp, ...] = (
    ("kk", "kT", "kt"), (".k", "kT", "kt", ".k"), ("T", "t"), ("T", "t", ".", "T", "t"),
    ("kkk", "kTT", "ktt"), ("EE", "ET", "Et"),
)  # fmt: skip
_FLAMES: tuple[Stamp, ...] = (("22", "31", ".2"), ("21", "32", ".3"), (".1", ".2", ".3"), ("211", "322", "..3"), ("21", "32"))


def _rocket(rng: random.Random) -> Pixels:
    half = np.zeros((SIDE, SIDE // 2), dtype=np.uint8)
    hull, fins, window = rng.choice(_HULLS), rng.choice(_FINS), rng.choice(_WINDOWS)
    stamp(half, rng.choice(_FLAMES), 12)
    stamp(half, fins, 13 - len(fins), 8 - len(hull[8]) - 2)
    stamp(half, hull, 1)
    nose = rng.choice((0, 3, 3, 4))
    stamp(half, [row.replace("m", "s") for row in hull[:nose]], 1)
    if rng.random() < 0.5:
        stamp(half, [hull[9].replace("m", "s")], 10)
    shade(half)
    stamp(half, [row[-len(hull[5]) :] for row in window], 5)
    outline(half)
    main = rng.choice(("snow", "snow", "steel", "red", "yellow", "sky", "teal", "violet"))
    second = rng.choice([name for name in ("red", "blue", "orange", "pink", "violet") if name != main])
    return paint(half, main, second, rng.choice(("sky", "yellow") if main != "yellow" else ("sky",)))


_DRAW: dict[str, Callable[[random.Random], Pixels]] = {
    "alien": _alien,
    "flower": _flower,
    "ghost": _ghost,
    "robot": _robot,
    "rocket": _rocket,
}
KINDS = tuple(_DRAW)


def distinct(kind: str, count: int) -> Iterator[Pixels]:
    """The first ``count`` sprites of a kind that differ from all before: uint8 (16, 16, 3) each."""
    seen: set[bytes] = set()
    number = 0
    while len(seen) < count:
        pixels = draw(kind, number)
        number += 1
        if pixels.tobytes() not in seen:
            seen.add(pixels.tobytes())
            yield pixels


def draw(kind: str, number: int) -> Pixels:
    """Draw sprite ``number`` of a kind: uint8 (16, 16, 3), the same on every machine."""
    seed = hashlib.blake2b(f"{kind}/{number}".encode(), digest_size=8).digest()
    return _DRAW[kind](random.Random(int.from_bytes(seed, "big")))
