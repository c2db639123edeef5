"""What the console reads of conversations, and what staff say about them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from chat.models import AttentionReason, Conversation, Message, Turn, TurnState, TurnTopic
from staff.models import Outcome, Review

MESSAGES = 200
"""Messages shown at once."""


@dataclass(frozen=True)
class Row:
    """One line of the list: a conversation and what its latest turns came to."""

    conversation: Conversation
    topic: str
    decision: str
    waiting: bool
    late: bool

    @property
    def reviewed(self) -> bool:
        return is_reviewed(self.conversation)


def is_reviewed(conversation: Conversation) -> bool:
    """Whether staff reviewed it and nothing came after that."""
    reviewed_at = conversation.reviewed_at
    return reviewed_at is not None and reviewed_at >= conversation.last_activity


def as_rows(conversations: Sequence[Conversation]) -> list[Row]:
    """Rows in the same order, with one more query however many there are."""
    turns = Turn.objects.filter(conversation=OuterRef("pk"))
    topics = TurnTopic.objects.filter(turn__conversation=OuterRef("pk"))
    facts = {
        key: (topic or "", decision or "", waiting, late)
        for key, topic, decision, waiting, late in Conversation.objects.filter(
            pk__in=[conversation.pk for conversation in conversations]
        ).values_list(
            "pk",
            Subquery(topics.order_by("-turn", "pk").values("topic")[:1]),
            Subquery(turns.exclude(decision="").order_by("-pk").values("decision")[:1]),
            Exists(turns.filter(state=TurnState.QUEUED)),
            Exists(turns.filter(answered_late=True)),
        )
    }
    return [Row(conversation, *facts[conversation.pk]) for conversation in conversations]


@dataclass(frozen=True)
class Transcript:
    """Some messages of a conversation in order, with their turns."""

    messages: list[Message]
    earlier: int
    """Number of the first message here when there are earlier ones, else 0."""
    waiting: list[int]
    """Numbers of those messages that are not answered yet."""


def transcript(conversation: Conversation, before: int = 0) -> Transcript:
    """The last MESSAGES messages, or the last before number `before`."""
    messages = Message.objects.filter(conversation=conversation)
    if before:
        messages = messages.filter(number__lt=before)
    shown = list(
        messages.select_related("turn", "in_reply_to__turn").order_by("-number")[:MESSAGES]
    )[::-1]
    return Transcript(
        shown, shown[0].number if shown and shown[0].number > 1 else 0, _waiting(shown)
    )


@dataclass(frozen=True)
class News:
    """What changed in a conversation since a page was made."""

    messages: list[Message]
    settled: list[Message]
    """Messages shown as waiting whose turn has ended."""
    waiting: list[int]


def news(conversation: Conversation, after: int, waiting: Sequence[int]) -> News:
    """What came after message number `after`, and which of the `waiting` ones still wait."""
    related = Message.objects.filter(conversation=conversation).select_related(
        "turn", "in_reply_to__turn"
    )
    messages = list(related.filter(number__gt=after).order_by("number")[:MESSAGES])
    waited = list(related.filter(number__in=waiting).order_by("number")) if waiting else []
    return News(
        messages,
        [message for message in waited if message.turn.state != TurnState.QUEUED],
        _waiting([*waited, *messages]),
    )


def _waiting(messages: Sequence[Message]) -> list[int]:
    return [
        message.number
        for message in messages
        if hasattr(message, "turn") and message.turn.state == TurnState.QUEUED
    ]


def version(conversation: Conversation) -> str:
    """Differs when messages came, or the reason for attention changed. A finding names the version
    that its author saw, so that it settles nothing they have not seen."""
    return f"{conversation.last_number}.{conversation.attention_reason}"


class StaleError(Exception):
    """The conversation went on after the page was made."""


@transaction.atomic
def review(
    conversation_id: uuid.UUID, outcome: Outcome, *, by: User, note: str, seen: str
) -> Conversation:
    """Keep a finding about the conversation: `reviewed` settles its call for attention,
    `attention` makes one.

    Raises Conversation.DoesNotExist, and StaleError when `seen` is not
    the present version.
    """
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    if version(conversation) != seen:
        raise StaleError
    now = timezone.now()
    if outcome == Outcome.REVIEWED:
        conversation.needs_attention = False
        conversation.attention_reason = ""
        conversation.attention_at = None
        conversation.reviewed_at = now
        conversation.reviewed_by = by
    else:
        conversation.reviewed_at = None
        conversation.reviewed_by = None
        if not conversation.needs_attention:
            conversation.needs_attention = True
            conversation.attention_reason = AttentionReason.STAFF
            conversation.attention_at = now
    conversation.save(
        update_fields=[
            "attention_at",
            "attention_reason",
            "needs_attention",
            "reviewed_at",
            "reviewed_by",
        ]
    )
    Review.objects.create(
        conversation=conversation,
        at=now,
        by=by,
        outcome=outcome,
        # Nothing about an erased conversation may quote it.
        note="" if conversation.erased_at else note,
        through=conversation.last_number,
    )
    return conversation
