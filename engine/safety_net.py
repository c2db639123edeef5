"""A warning without the dialogue, for when the model, the actions or the engine's own database are away."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from engine.context import Context
from engine.red_flag_reader import read
from knowledge import Knowledge, load_knowledge
from knowledge.model import Channel
from red_flags import stricter


@lru_cache(maxsize=1)
def _knowledge() -> Knowledge:
    return load_knowledge()


def safety_turn(
    text: str, channel: str, context: Context, model_id: str | None
) -> tuple[dict[str, Any], Context] | None:
    """The turn that the rules alone give, and the context after it; None when they find no warning.

    Args:
        text: the raw message.
        channel: web or sms.
        context: of the conversation, as far as it is known.
        model_id: of the model that would have answered.
    """
    started = time.time()
    reading = read(text, context.facts)
    if reading.tier == "none":
        return None
    wording = _knowledge().safety.text(reading.tier, reading.flags, cast(Channel, channel), reading.locale)
    result = {
        "replies": [{"text": wording, "buttons": [], "source": None, "topic": None}],
        "intent": "red_flag",
        "confidence": 1.0,
        "ranking": [],
        "nearest": [],
        "topics": [],
        "detail": None,
        "about": None,
        "tier": reading.tier,
        "flags": list(reading.flags),
        "read_by": {"rules": reading.tier, "detector": "none"},
        "decision": "safety",
        "slots": {"requested_slot": None, "booking_reference": None},
        "suggestion": None,
        "model_id": model_id or "none",
        "timings": {"total_ms": round((time.time() - started) * 1000, 1)},
    }
    after = replace(
        context,
        facts=sorted(reading.facts),
        topic=None,
        unclear=None,
        remind_of=stricter(reading.tier, context.remind_of or "none"),
    )
    return result, after
