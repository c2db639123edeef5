"""Which texts of patients can be stored."""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 2000

INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def check_text(text: str) -> str:
    """`text` itself, when it can be stored and shows something.

    Everything readable passes as it was typed: emoji, right-to-left marks, a leading slash.
    Raises ValueError, worded for the sender, when the text is empty or invisible, longer than
    2,000 characters, or holds NUL or half a surrogate pair, which no database stores.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"must have at most {MAX_CHARACTERS} characters")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("has characters that cannot be stored")
    if all(unicodedata.category(char) in INVISIBLE for char in text):
        raise ValueError("must not be empty")
    return text
