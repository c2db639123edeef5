"""Seeded typing errors, for measuring how much understanding they cost."""

from __future__ import annotations

import random
import re

NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "adw", "d": "sfe", "f": "dgr", "g": "fht", "h": "gjy", "j": "hku", "k": "jli",
    "l": "ko", "z": "xa", "x": "zcs", "c": "xvd", "v": "cbf", "b": "vng", "n": "bmh", "m": "nk",
}  # fmt: skip


def with_typos(text: str, count: int, seed: str) -> str:
    """`text` with `count` typing errors in different words of at least three letters.

    A letter is swapped with the next, dropped, doubled, or its neighbour on the keyboard is hit.
    """
    chance = random.Random(f"{seed}:{count}")  # noqa: S311
    words = [match.span() for match in re.finditer(r"[A-Za-z]{3,}", text)]
    chance.shuffle(words)
    letters = list(text)
    for start, end in words[:count]:
        place = chance.randrange(start, end - 1)
        kind = chance.choice(("swap", "drop", "double", "neighbour"))
        if kind == "swap":
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        elif kind == "drop":
            letters[place] = ""
        elif kind == "double":
            letters[place] *= 2
        else:
            letters[place] = chance.choice(NEIGHBOURS[letters[place].lower()])
    return "".join(letters)
