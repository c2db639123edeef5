"""Readable names of the ids that the engine uses."""

from __future__ import annotations

from datetime import timedelta

import phonenumbers

from chat.models import Decision
from chat.wording import knowledge


def topic_label(topic: str) -> str:
    """The knowledge entry's label, or for small talk and unknown topics the id in words."""
    entry = knowledge().entries.get(topic)
    return entry.label if entry else in_words(topic)


def in_words(identifier: str) -> str:
    """An id such as `sudden_vision_change` as "sudden vision change"."""
    return identifier.replace("_", " ")


def decision_label(decision: str) -> str:
    return Decision(decision).label if decision else ""


def timing_label(part: str) -> str:
    """A part of a turn's timings, such as `total_ms`, as "Total time"."""
    return f"{in_words(part.removesuffix('_ms')).capitalize()} time"


def phone(number: str) -> str:
    """An E.164 number the way people of its country write it; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    home = phonenumbers.parse(knowledge().clinic.phone_tel).country_code == parsed.country_code
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if home else style.INTERNATIONAL)


def duration(milliseconds: float) -> str:
    """A length of time in at most two units, such as "840 ms", "6.2 s" or "3 min 20 s"."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{timedelta(hours=hours).days} d {hours % 24} h"
