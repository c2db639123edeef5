"""Reading a typed answer to offered buttons: "2", "the second one", "the shoes one"."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBERS = (
    ("1", "one", "first", "1st", "uno", "primero", "primera"),
    ("2", "two", "second", "2nd", "dos", "segundo", "segunda"),
    ("3", "three", "third", "3rd", "tres", "tercero", "tercera"),
    ("4", "four", "fourth", "4th", "cuatro", "cuarto", "cuarta"),
)
LAST = ("last", "ultimo", "ultima", "último", "última")
NONE_OF_THEM = re.compile(
    r"\W*(none|neither|no(?:ne)? of (?:these|those|them|the above)|neither of (?:these|those|them)|"
    r"not (?:these|those|any of (?:these|those|them))|ninguno|ninguna)\W*",
    re.I,
)
BESIDE_A_NUMBER = frozenset(
    [
        "the",
        "option",
        "number",
        "no",
        "choice",
        "answer",
        "i",
        "mean",
        "meant",
        "want",
        "would",
        "like",
        "choose",
        "pick",
        "pls",
        "please",
        "thanks",
        "thank",
        "you",
        "its",
        "it's",
        "that",
        "one",
        "la",
        "el",
        "opcion",
        "opción",
        "numero",
        "número",
        "por",
        "favor",
        "quiero",
    ]
)
BESIDE_A_TITLE = frozenset(
    [
        "the",
        "a",
        "an",
        "one",
        "about",
        "i",
        "mean",
        "meant",
        "want",
        "would",
        "like",
        "pls",
        "please",
        "it's",
        "its",
        "that",
        "my",
        "for",
        "of",
        "on",
        "in",
        "to",
        "and",
        "or",
        "what",
        "which",
        "is",
        "are",
        "can",
        "do",
        "does",
        "how",
        "when",
        "where",
        "me",
        "you",
        "your",
    ]
)
SOMETHING_ELSE = "/out_of_scope"
LONGEST_CHOICE = 8


def chosen(text: str, offered: Sequence[dict[str, str]]) -> str | None:
    """The payload that `text` picks among the offered buttons (title, payload), or None.

    A text picks a button by its number, by its title, or by words that only its title has. Anything else is a
    message of its own.
    """
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text.lower())
    if not offered or not words or len(words) > LONGEST_CHOICE:
        return None
    payloads = [button["payload"] for button in offered]
    if NONE_OF_THEM.fullmatch(text):
        return SOMETHING_ELSE if SOMETHING_ELSE in payloads else None
    return _by_number(words, payloads) or _by_title(words, offered)


def _by_number(words: list[str], payloads: list[str]) -> str | None:
    # "the first one": the last "one" only stands for the thing.
    if len(words) > 1 and words[-1] == "one":
        words = words[:-1]
    numbers = [word for word in words if word not in BESIDE_A_NUMBER or word == "one" == words[0]]
    if len(numbers) != 1:
        return None
    if numbers[0] in LAST:
        return payloads[-1]
    for payload, names in zip(payloads, NUMBERS, strict=False):
        if numbers[0] in names:
            return payload
    return None


def _by_title(words: list[str], offered: Sequence[dict[str, str]]) -> str | None:
    named = {word for word in words if word not in BESIDE_A_TITLE}
    if not named:
        return None
    fits = [
        button["payload"]
        for button in offered
        if named <= set(re.findall(r"[^\W_]+(?:['’][^\W_]+)?", button["title"].lower()))
    ]
    return fits[0] if len(fits) == 1 else None
