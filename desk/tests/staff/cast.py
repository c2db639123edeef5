"""The people of these tests, and what they find: made by the desk's own code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.test import Client

from bookings.models import BookingChange, BookingRequest, BookingState
from chat import store
from chat.engine import EngineError, Rank, Reply, TurnResult
from chat.models import Conversation, Message

PASSWORD = "a-long-and-quiet-river"


@dataclass
class Person:
    user: User
    client: Client


def conversation(**fields: Any) -> Conversation:
    return Conversation.objects.create(**fields)


def ask(conversation: Conversation, text: str) -> Message:
    """The patient writes; nobody answers yet."""
    return store.receive(conversation.pk, uuid4().hex, text=text)


def answer(conversation: Conversation, reply: str = "Hello.", **facts: Any) -> None:
    """The assistant answers the oldest message that waits."""
    lease = store.claim(conversation.pk, due_only=False)
    assert lease is not None
    result: dict[str, Any] = {
        "replies": [Reply(text=reply)],
        "intent": "greet",
        "confidence": 0.9,
        "ranking": [Rank(intent="greet", confidence=0.9)],
        "topics": [],
        "tier": "none",
        "flags": [],
        "decision": "smalltalk",
        "model_id": "model-1",
        "timings": {"total_ms": 41.5},
    }
    assert store.answer(lease, TurnResult(**(result | facts)))
    conversation.refresh_from_db()


def talk(conversation: Conversation, text: str = "hello", **facts: Any) -> Conversation:
    """One turn: the patient writes and the assistant answers."""
    ask(conversation, text)
    answer(conversation, **facts)
    return conversation


def give_up(conversation: Conversation) -> None:
    """The engine refuses the oldest message that waits."""
    lease = store.claim(conversation.pk, due_only=False)
    assert lease is not None
    assert store.attempt_failed(lease, EngineError("http_400", permanent=True))
    conversation.refresh_from_db()


def move(conversation: Conversation, at: datetime) -> Conversation:
    """As if its last activity had been at `at`."""
    Conversation.objects.filter(pk=conversation.pk).update(last_activity=at)
    conversation.refresh_from_db()
    return conversation


def booking(conversation: Conversation | None = None, **fields: Any) -> BookingRequest:
    details = {
        "name": "Pat Example",
        "callback_number": "+13105550147",
        "patient_status": "new",
        "reason": "Headaches after work",
        "preferred_times": "Tuesday mornings",
        "idempotency_key": uuid4().hex,
        "request_digest": "0" * 64,
    }
    made = BookingRequest.objects.create(conversation=conversation, **(details | fields))
    BookingChange.objects.create(booking=made, to_state=BookingState.NEW)
    return made
