"""Files that are damaged at random."""

from __future__ import annotations

import random


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Flip, overwrite, cut, repeat or insert at a few places, mostly near the head, where formats keep their numbers."""
    data = bytearray(content)
    for _ in range(rng.randrange(1, 7)):
        place = min(len(data) - 1, int(rng.paretovariate(0.5)) if rng.random() < 0.7 else rng.randrange(len(data)))
        match rng.randrange(5):
            case 0:
                data[place] ^= 1 << rng.randrange(8)
            case 1:
                data[place : place + 4] = rng.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\1\0"])
            case 2:
                data[place:] = data[place : place + max(1, rng.randrange(len(data)))]
            case 3:
                del data[place : place + rng.randrange(1, 9)]
            case _:
                data[place:place] = rng.randbytes(rng.randrange(1, 20))
        data = data or bytearray(b"\0")
    return bytes(data)
