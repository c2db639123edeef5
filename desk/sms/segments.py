# ruff: noqa: RUF001
"""What a text costs as SMS, and how a long one is divided into messages.

Limits: 3GPP TS 23.038 (alphabets) and 23.040 (parts of a concatenated message). From toll-free
numbers the
header of a part is one byte longer (16-bit reference), which leaves 152 septets or 66 code units.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.segments import (
    GSM7_EXTENSION,
    GSM7_PART,
    GSM7_SINGLE,
    UCS2_PART,
    UCS2_SINGLE,
    not_gsm7,
)

TOLL_FREE_GSM7_PART, TOLL_FREE_UCS2_PART = 152, 66
LONGEST_MESSAGE = 2

# The same meaning in GSM-7. Accents are not among them: "papa" is not "papá".
TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("•‣◦·∙", "-"),
        **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008", " "),
        **dict.fromkeys("\u2009\u200a\u202f\u205f\u3000\t", " "),
        **dict.fromkeys("\u200b\u200e\u200f\u2060\ufeff\u00ad", ""),
        **dict.fromkeys("\u2028\u2029", "\n"),
        "…": "...",
        "‹": "<",
        "›": ">",
        "⁄": "/",
        "×": "x",
        "½": "1/2",
        "¼": "1/4",
        "¾": "3/4",
        "™": "(TM)",
        "®": "(R)",
        "©": "(C)",
    }
)  # fmt: skip
LINK = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\S+", re.IGNORECASE
)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]*\s+|\n+")
WORD = re.compile(r"\S+\s*|\s+")
JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Size:
    """What a text is sent and charged as; `units` are septets (GSM-7) or UTF-16 code units
    (UCS-2)."""

    encoding: str
    units: int
    segments: int


def measure(text: str, *, toll_free: bool = False) -> Size:
    """Encoding, length and number of segments of `text`; the empty text is one segment.

    A character of two units (extension character, surrogate pair) is never divided between two
    parts.
    """
    if not_gsm7(text):
        encoding, single = "UCS-2", UCS2_SINGLE
        part = TOLL_FREE_UCS2_PART if toll_free else UCS2_PART
        costs = [2 if ord(c) > 0xFFFF else 1 for c in text]
    else:
        encoding, single = "GSM-7", GSM7_SINGLE
        part = TOLL_FREE_GSM7_PART if toll_free else GSM7_PART
        costs = [2 if c in GSM7_EXTENSION else 1 for c in text]
    units = sum(costs)
    if units <= single:
        return Size(encoding, units, 1)
    parts, used = 1, 0
    for cost in costs:
        if used + cost > part:
            parts, used = parts + 1, 0
        used += cost
    return Size(encoding, units, parts)


def simplify(text: str) -> str:
    """`text` with typographic characters replaced by those of GSM-7 that mean the same.

    Letters composed of two code points are joined. Accented letters and emoji stay as they are, and
    so does
    everything inside a link.
    """
    text = unicodedata.normalize("NFC", text)
    pieces, end = [], 0
    for link in LINK.finditer(text):
        pieces += [text[end : link.start()].translate(TYPOGRAPHY), link[0]]
        end = link.end()
    return "".join(pieces) + text[end:].translate(TYPOGRAPHY)


def messages(text: str, *, longest: int = LONGEST_MESSAGE, toll_free: bool = False) -> list[str]:
    """`text` as messages of at most `longest` segments each, numbered "1/2 ..." when there are
    several.

    They end at a sentence where that is possible, else between words. A link is never divided: one
    that does
    not fit gets a message of its own, however long. No other word is divided unless it is longer
    than a message,
    and then never within what is seen as one character.
    """
    text = text.strip()
    if measure(text, toll_free=toll_free).segments <= longest:
        return [text]
    total = 2
    while True:
        marked = f"{total}/{total} "
        divided = _divide(text, marked, longest, toll_free)
        if len(str(len(divided))) <= len(str(total)):
            count = len(divided)
            if count == 1:
                return divided
            return [f"{i}/{count} {part}" for i, part in enumerate(divided, 1)]
        total = len(divided)


def _divide(text: str, mark: str, longest: int, toll_free: bool) -> list[str]:
    def fits(part: str) -> bool:
        return measure(mark + part.strip(), toll_free=toll_free).segments <= longest

    result: list[str] = []
    message = ""
    for sentence in _pieces(text, SENTENCE_END):
        if fits(message + sentence):
            message += sentence
            continue
        # A sentence that fits nowhere is cut between words, and starts where there is room for it.
        if fits(sentence):
            result.append(message)
            message = sentence
            continue
        for word in WORD.findall(sentence):
            for piece in [word] if fits(word) or LINK.search(word) else _characters(word):
                if message.strip() and not fits(message + piece):
                    result.append(message)
                    message = ""
                message += piece
    result.append(message)
    return [part.strip() for part in result if part.strip()]


def _pieces(text: str, separator: re.Pattern[str]) -> Iterator[str]:
    """The pieces of `text`, each with the separator that ends it."""
    start = 0
    for match in separator.finditer(text):
        yield text[start : match.end()]
        start = match.end()
    yield text[start:]


def _characters(word: str) -> list[str]:
    """`word` as what a reader sees as single characters."""
    result: list[str] = []
    for c in word:
        joined = unicodedata.combining(c) or c in JOINER + "\ufe0f\u20e3" or "🏻" <= c <= "🏿"
        flag = "🇦" <= c <= "🇿" and result and len(result[-1]) == 1 and "🇦" <= result[-1] <= "🇿"
        if result and (joined or flag or result[-1].endswith(JOINER)):
            result[-1] += c
        else:
            result.append(c)
    return result
