"""A turn's result, read from the events that the dialogue produced.

The result is a function of the events alone, so it can be stored with them in one transaction and returned
again for a message that is sent twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered

from engine.context import Context, context_of
from knowledge.topics import ASKABLE_TOPICS

CHANNELS = ("web", "sms")
DECISION_SLOT = "decision"
TOPICS_SLOT = "topics"
SLOTS_FOR_THE_DESK = ("requested_slot", "booking_reference")


class IncompleteTurn(RuntimeError):
    """An action did not run, so the turn must not be kept: it is retried as a whole."""


def last_turn(events: Iterable[Event]) -> list[Event]:
    """The last message of the patient and everything after it; empty if there is none."""
    turn: list[Event] = []
    for event in events:
        if isinstance(event, UserUttered):
            turn = []
        if turn or isinstance(event, UserUttered):
            turn.append(event)
    return turn


def result_of(turn: list[Event], slots: dict[str, Any]) -> dict[str, Any]:
    """The answer to the desk, as the design's connector contract has it.

    Args:
        turn: events of one turn, the patient's message first.
        slots: the dialogue's slot values after the turn.

    Raises:
        IncompleteTurn: no action decided the turn, or nothing was said.
    """
    message = turn[0]
    set_slots = {event.key: event.value for event in turn if isinstance(event, SlotSet)}
    replies = [_reply(event) for event in turn if isinstance(event, BotUttered)]
    if not set_slots.get(DECISION_SLOT) or not replies:
        raise IncompleteTurn("No action decided this turn.")
    understood = message.parse_data or {}
    red_flags = understood.get("red_flags") or {}
    metadata = message.metadata or {}
    received = metadata.get("received_at", message.timestamp)
    return {
        "replies": replies,
        "intent": understood["intent"]["name"],
        "confidence": understood["intent"]["confidence"],
        "ranking": [
            {"intent": row["name"], "confidence": row["confidence"]}
            for row in understood.get("intent_ranking", [])
        ],
        "nearest": understood.get("nearest", []),
        "topics": set_slots.get(TOPICS_SLOT) or [],
        "detail": understood.get("detail"),
        "about": (understood.get("topics") or [None])[0] if understood.get("detail") else None,
        "tier": red_flags.get("tier", "none"),
        "flags": red_flags.get("flags", []),
        "read_by": {reader: red_flags.get(f"by_{reader}", "none") for reader in ("rules", "detector")},
        "decision": set_slots[DECISION_SLOT],
        "slots": {name: slots.get(name) for name in SLOTS_FOR_THE_DESK},
        "suggestion": _suggestion(context_of(metadata), understood["intent"]["name"], message.text),
        "model_id": metadata.get("model_id"),
        "timings": {"total_ms": round((time.time() - received) * 1000, 1)},
    }


def _suggestion(context: Context, intent: str, text: str | None) -> dict[str, str] | None:
    """What the patient picked when asked what an earlier message meant: a label that staff may confirm."""
    picked = context.unclear and (text or "").startswith("/") and intent in ASKABLE_TOPICS
    return {"message_id": str(context.unclear), "topic": intent} if picked else None


def _reply(event: BotUttered) -> dict[str, Any]:
    custom = event.data.get("custom") or {}
    return {
        "text": event.text or "",
        "buttons": [
            {"title": button["title"], "payload": button["payload"]}
            for button in event.data.get("buttons") or []
        ],
        "source": custom.get("source"),
        "topic": custom.get("topic"),
    }
