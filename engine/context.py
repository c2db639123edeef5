"""What one message of a conversation leaves for the understanding of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rasa.shared.core.events import BotUttered, Event, SlotSet

from red_flags import stricter

# Buttons stay open to "2" or "the second one" for this many messages after the reply that showed them.
OFFER_LASTS = 3


@dataclass(frozen=True)
class Context:
    """Kept with every turn and given to the next.

    Attributes:
        facts: what the red-flag reader knows of the patient (ids of red_flags/rules/facts.yml).
        topic: the topic of the last answer, which "does it hurt?" is about.
        offered: buttons that the patient may still answer in words: title and payload.
        offer_age: messages since they were shown.
        unclear: id of the message that the last reply asked back about.
        remind_of: tier of a warning that has to be repeated once.
    """

    facts: list[str] = field(default_factory=list)
    topic: str | None = None
    offered: list[dict[str, str]] = field(default_factory=list)
    offer_age: int = 0
    unclear: str | None = None
    remind_of: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON data, for the message's metadata and for the store."""
        return asdict(self)


def context_of(metadata: dict[str, Any] | None) -> Context:
    """The context that the connector gave to a message; an empty one where there is none."""
    return Context(**((metadata or {}).get("context") or {}))


def context_after(turn: Sequence[Event]) -> Context:
    """The context for the next message, from one turn's events, the patient's message first."""
    message = turn[0]
    before = context_of(message.metadata)
    red_flags = (message.parse_data or {}).get("red_flags") or {}
    set_slots = {event.key: event.value for event in turn if isinstance(event, SlotSet)}
    replies = [event for event in turn if isinstance(event, BotUttered)]
    decision, topics = set_slots.get("decision"), set_slots.get("topics") or []
    context = replace(
        before,
        facts=red_flags.get("facts", before.facts),
        unclear=message.message_id if decision == "clarify" else None,
        remind_of=_remind_of(before, red_flags.get("tier", "none"), replies),
    )
    # A question about the last answer leaves that as what is talked about.
    if decision == "answer" and topics and message.intent_name != "follow_up":
        context = replace(context, topic=topics[-1])
    if decision == "safety":
        context = replace(context, topic=None)
    buttons = [
        {"title": button["title"], "payload": button["payload"]}
        for reply in replies
        for button in reply.data.get("buttons") or []
    ]
    # A form that asks without buttons waits for words, and "2" may be one of them.
    if buttons or decision == "form" or before.offer_age + 1 >= OFFER_LASTS:
        return replace(context, offered=buttons, offer_age=0)
    return replace(context, offer_age=before.offer_age + 1)


def _remind_of(before: Context, tier: str, replies: list[BotUttered]) -> str | None:
    if tier != "none":
        return stricter(tier, before.remind_of or "none")
    if any((reply.data.get("custom") or {}).get("reminder") for reply in replies):
        return None
    return before.remind_of
