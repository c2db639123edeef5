"""Warnings that the desk reads by itself, for when the engine or the database is away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import cast

from chat.models import Tier
from chat.wording import knowledge
from knowledge.model import Channel
from red_flags import RedFlagReader


@dataclass(frozen=True)
class Warning:
    """A warning that a message calls for, in the clinic's approved words."""

    tier: Tier
    flags: tuple[str, ...]
    text: str


@cache
def _reader() -> RedFlagReader:
    return RedFlagReader.load()


def warning_in(text: str, channel: str) -> Warning | None:
    """The warning that the red-flag rules find in a patient's raw text, in the text's language."""
    reading = _reader().read(text)
    if reading.tier == Tier.NONE:
        return None
    wording = knowledge().safety.text(
        reading.tier, reading.flags, cast(Channel, channel), reading.locale
    )
    return Warning(Tier(reading.tier), reading.flags, wording)
