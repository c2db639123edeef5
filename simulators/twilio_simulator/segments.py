"""How many segments a text is charged as (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from dataclasses import dataclass

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_ESCAPED = frozenset("\f^{}\\[~]|€")
# Areas of toll-free numbers, whose parts carry a longer header.
TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")


@dataclass(frozen=True, slots=True)
class Size:
    """`units` are septets (GSM-7) or UTF-16 code units (UCS-2)."""

    encoding: str
    units: int
    segments: int


def measure(text: str, sender: str = "") -> Size:
    """What `text` is sent as from the number `sender`; an empty text is one segment.

    A character of two units is never divided between two parts.
    """
    toll_free = sender.startswith(TOLL_FREE)
    if all(c in GSM7 or c in GSM7_ESCAPED for c in text):
        encoding, single, part = "GSM-7", 160, 152 if toll_free else 153
        costs = [2 if c in GSM7_ESCAPED else 1 for c in text]
    else:
        encoding, single, part = "UCS-2", 70, 66 if toll_free else 67
        costs = [2 if ord(c) > 0xFFFF else 1 for c in text]
    units = sum(costs)
    if units <= single:
        return Size(encoding, units, 1)
    parts, used = 1, 0
    for cost in costs:
        if used + cost > part:
            parts, used = parts + 1, 0
        used += cost
    return Size(encoding, units, parts)
