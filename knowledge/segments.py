"""How many SMS segments a text takes (3GPP TS 23.038, GSM 7-bit default alphabet, and UCS-2)."""

from collections.abc import Iterable

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is sent as an escape and a code, two septets that stay in one segment.
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")

GSM7_SINGLE, GSM7_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67


def not_gsm7(text: str) -> str:
    """The characters of `text` that GSM-7 cannot carry, each once, in order of appearance."""
    return "".join(dict.fromkeys(c for c in text if c not in GSM7_BASIC | GSM7_EXTENSION))


def segments(text: str) -> int:
    """Number of SMS segments `text` is sent and charged as; the empty message is one.

    GSM-7 holds 160 septets in a single message and 153 in each part of a longer one; one character
    outside GSM-7 turns the whole message into UCS-2, with 70 and 67 UTF-16 code units. A character
    of two units (extension character, surrogate pair) is never divided between two parts.
    """
    if not_gsm7(text):
        return _parts((2 if ord(c) > 0xFFFF else 1 for c in text), UCS2_SINGLE, UCS2_PART)
    return _parts((2 if c in GSM7_EXTENSION else 1 for c in text), GSM7_SINGLE, GSM7_PART)


def _parts(costs: Iterable[int], single: int, part: int) -> int:
    total, parts, used = 0, 1, 0
    for cost in costs:
        total += cost
        if used + cost > part:
            parts, used = parts + 1, 0
        used += cost
    return 1 if total <= single else parts
