"""The transactions that a conversation is made of.

Each takes the lock of the conversation's row first, so that messages get their numbers, and become
visible, in order. SQLite has one lock for all; there the lock is the transaction itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from chat.engine import EngineError, EngineMessage, Suggestion, TurnResult
from chat.models import (
    AttentionReason,
    Author,
    Channel,
    Conversation,
    Decision,
    Kind,
    Message,
    Tier,
    Turn,
    TurnState,
    TurnTopic,
)
from chat.safety import warning_in
from chat.signals import messages_appended
from chat.wording import failed_message, safe_message

FIRST_BACK_OFF = timedelta(seconds=1)
# The slot of the booking form that a phone fills by itself.
CALLBACK_NUMBER = "callback_number"


class ErasedError(Exception):
    """The conversation does not exist, or the patient erased it."""


class ConflictError(Exception):
    """This sender's id is already that of a message with other content."""


class UnknownButtonError(Exception):
    """No reply of this conversation carries that button."""


@dataclass(frozen=True)
class Lease:
    """The right to run one turn, until a newer fence is given out."""

    conversation_id: uuid.UUID
    fence: int
    message_pk: int
    message: EngineMessage


class BusyError(Exception):
    """Another process holds the conversation."""


def is_open(conversation_id: uuid.UUID) -> bool:
    return Conversation.objects.filter(pk=conversation_id, erased_at=None).exists()


def receive(
    conversation_id: uuid.UUID, client_id: str, *, text: str = "", button: str = ""
) -> Message:
    """Store a patient's message under the sender's own id and queue its turn.

    Exactly one of `text` and `button` (a button's public id) is given. The same message again is
    returned as it was stored.

    Raises ErasedError, ConflictError, UnknownButtonError.
    """
    with transaction.atomic():
        message, _ = _receive(_lock(conversation_id), client_id, text, button)
    return message


def receive_and_claim(
    conversation_id: uuid.UUID, client_id: str, *, text: str = "", button: str = ""
) -> tuple[Message, Lease | None]:
    """`receive`, and with it the lease for a new message, if nothing stands before it."""
    with transaction.atomic():
        conversation = _lock(conversation_id)
        now = timezone.now()
        held = conversation.lease_until is not None and conversation.lease_until > now
        queued = Turn.objects.filter(conversation=conversation, state=TurnState.QUEUED)
        free = not held and not queued.exists()
        if free:  # saved with the message, if it is a new one
            conversation.lease_fence += 1
            conversation.lease_until = _lease_end(now)
        message, new = _receive(conversation, client_id, text, button)
    return message, _lease(conversation, message) if free and new else None


def note(conversation_id: uuid.UUID, client_id: str, text: str) -> Message:
    """Store a patient's message that the assistant does not answer. Raises ErasedError."""
    with transaction.atomic():
        conversation = _lock(conversation_id)
        message = Message(author=Author.PATIENT, client_id=client_id, text=text)
        [message] = _append(conversation, [message])
    return message


def say(conversation_id: uuid.UUID, text: str, *, author: Author = Author.ASSISTANT) -> Message:
    """Store a message of the desk's own, or one that staff chose. Raises ErasedError."""
    with transaction.atomic():
        conversation = _lock(conversation_id)
        [message] = _append(conversation, [Message(author=author, text=text)])
    return message


def find(conversation_id: uuid.UUID, client_id: str) -> Message | None:
    """The patient's message with the sender's own id."""
    return Message.objects.filter(
        conversation_id=conversation_id, client_id=client_id, author=Author.PATIENT
    ).first()


def has_turn(message: Message) -> bool:
    """Whether the assistant answers the message."""
    return Turn.objects.filter(pk=message.pk).exists()


def alert(conversation_id: uuid.UUID, reason: AttentionReason) -> None:
    """Mark the conversation for staff. Raises ErasedError."""
    with transaction.atomic():
        conversation = _lock(conversation_id)
        _alert(conversation, reason)
        conversation.save(update_fields=["attention_at", "attention_reason", "needs_attention"])


def claim(conversation_id: uuid.UUID, *, due_only: bool) -> Lease | None:
    """Take the lease for the conversation's oldest queued message; None when nothing is queued.

    With `due_only`, None also while that message backs off. Later messages never overtake it.

    Raises BusyError when another process holds the lease.
    """
    now = timezone.now()
    turn = (
        Turn.objects.filter(conversation_id=conversation_id, state=TurnState.QUEUED)
        .select_related("message", "conversation")
        .order_by("message__number")
        .first()
    )
    if turn is None:
        return None
    if due_only and turn.next_attempt_at is not None and turn.next_attempt_at > now:
        return None
    held_until, fence = turn.conversation.lease_until, turn.conversation.lease_fence
    if held_until is not None and held_until > now:
        raise BusyError
    # Whoever took or gave back the lease since then has changed the fence or the time.
    taken = Conversation.objects.filter(
        pk=conversation_id, lease_fence=fence, lease_until=held_until, erased_at=None
    ).update(lease_fence=fence + 1, lease_until=_lease_end(now))
    if not taken:
        raise BusyError
    turn.conversation.lease_fence = fence + 1
    return _lease(turn.conversation, turn.message)


def known_number(lease: Lease) -> str:
    """The number that the booking form may take from the phone that texts; empty when the patient
    has to say one: on the web, or when they were asked for it, or correct the summary."""
    conversation = Conversation.objects.get(pk=lease.conversation_id)
    if conversation.channel != Channel.SMS or not hasattr(conversation, "contact"):
        return ""
    asked = (
        Message.objects.filter(
            conversation=conversation,
            author=Author.ASSISTANT,
            number__lt=int(lease.message.message_id),
        )
        .exclude(kind=Kind.SAFE)
        .order_by("-number")
        .values_list("input", flat=True)
        .first()
    )
    if asked in {CALLBACK_NUMBER, "booking_confirmed", "booking_change"}:
        return ""
    return conversation.contact.number


def answer(lease: Lease, result: TurnResult) -> list[Message] | None:
    """Store the replies and the facts of a turn, end the lease, and return the replies.

    None, and nothing stored, when the lease went to somebody else or the conversation was erased.
    """
    now = timezone.now()
    with transaction.atomic():
        held = _held(lease)
        if held is None:
            return None
        conversation, turn, safe_sent = held
        kind = Kind.SAFETY if result.decision == Decision.SAFETY else Kind.TEXT
        replies = [
            Message(
                author=Author.ASSISTANT,
                kind=kind,
                text=reply.text,
                buttons=[button.model_dump() for button in reply.buttons],
                source=reply.source.model_dump() if reply.source else None,
                topic=reply.topic or "",
                in_reply_to=turn.message,
            )
            for reply in result.replies
        ]
        if replies:
            replies[-1].input = result.slots.requested_slot or ""
        _raise_attention(conversation, result)
        conversation.lease_until = None
        _append(conversation, replies)

        turn.state = TurnState.ANSWERED
        turn.error = ""
        turn.answered_late = safe_sent
        _facts(turn, result)
        _end(turn, now)
        if result.suggestion is not None:
            _suggest(conversation, result.suggestion)
        TurnTopic.objects.bulk_create(
            TurnTopic(turn=turn, topic=topic) for topic in dict.fromkeys(result.topics)
        )
    return replies


def attempt_failed(lease: Lease, error: EngineError) -> bool:
    """Record that the engine did not answer, and end the lease; True when the message is given up.

    A message is given up when the engine refuses it, or after TURN_FAILURES attempts that failed
    while the engine was there. Then the patient is told, staff are alerted, and later messages go
    on. A message that met an absent engine stays queued for as long as that takes.
    """
    now = timezone.now()
    with transaction.atomic():
        held = _held(lease)
        if held is None:
            return False
        conversation, turn, _ = held
        conversation.lease_until = None
        turn.attempts += 1
        turn.error = error.reason
        if not error.away:
            turn.failures += 1
            turn.next_attempt_at = now + FIRST_BACK_OFF * 2 ** (turn.failures - 1)
        given_up = error.permanent or turn.failures >= settings.TURN_FAILURES
        if given_up:
            turn.state = TurnState.FAILED
            _alert(conversation, AttentionReason.FAILED)
            notice = Message(
                author=Author.ASSISTANT,
                text=failed_message(conversation.locale),
                in_reply_to=turn.message,
            )
            _append(conversation, [notice])
            _end(turn, now)
        else:
            conversation.save(update_fields=["lease_until"])
            turn.save(update_fields=["attempts", "error", "failures", "next_attempt_at"])
    return given_up


def say_safe(message_pk: int) -> bool:
    """Tell the patient, once for each message, that it is not answered yet and what to do.

    True when this call did so.
    """
    with transaction.atomic():
        # The lock first: the message may be answered, or erased, while we wait for it.
        conversation = Conversation.objects.select_for_update().filter(messages=message_pk).first()
        if conversation is None:
            return False
        queued = _queued(message_pk)
        if queued is None:
            return False
        turn, safe_sent = queued
        if safe_sent:
            return False
        text = safe_message(conversation.locale)
        message = turn.message
        warning = None if message.payload else warning_in(message.text, conversation.channel)
        if warning is not None:
            # A text is worth one thing: a warning by SMS stands alone.
            alone = conversation.channel == Channel.SMS
            text = warning.text if alone else f"{warning.text}\n\n{text}"
            _raise_tier(conversation, warning.tier)
        safe = Message(
            author=Author.ASSISTANT, kind=Kind.SAFE, text=text, in_reply_to_id=message_pk
        )
        _append(conversation, [safe])
    return True


def erase(conversation_id: uuid.UUID) -> None:
    """Delete every message of the conversation and all that was understood of them.

    The row of the conversation stays, without any text, as the trace of what happened: when it
    was, how many messages were erased, and whether staff have to act. Requests for an appointment
    belong to the clinic's calendar and stay. Raises ErasedError when there is nothing to erase.
    """
    with transaction.atomic():
        conversation = _lock(conversation_id)
        conversation.erased_at = timezone.now()
        conversation.erased_messages = conversation.messages.count()
        conversation.lease_fence += 1  # a turn that runs now finds its lease gone
        conversation.lease_until = None
        conversation.save(
            update_fields=[
                "erased_at",
                "erased_messages",
                "lease_fence",
                "lease_until",
            ]
        )
        conversation.messages.all().delete()


def to_forget() -> list[uuid.UUID]:
    """Erased conversations that the engine still has, and in which it runs no turn any more."""
    ended = timezone.now() - timedelta(seconds=settings.TURN_LEASE_SECONDS)
    erased = Conversation.objects.filter(erased_at__lte=ended, forgotten_at=None)
    return list(erased.order_by("erased_at").values_list("pk", flat=True)[:64])


def forgotten(conversation_id: uuid.UUID) -> None:
    """Note that the engine has erased the conversation."""
    Conversation.objects.filter(pk=conversation_id).update(forgotten_at=timezone.now())


def messages_after(conversation_id: uuid.UUID, number: int, limit: int) -> list[Message]:
    """At most `limit` messages after `number`, oldest first."""
    return list(
        Message.objects.filter(conversation_id=conversation_id, number__gt=number).order_by(
            "number"
        )[:limit]
    )


def replies_to(message: Message) -> tuple[bool, list[Message]]:
    """Whether the message's turn has ended, and the replies so far.

    Raises ErasedError when it is gone.
    """
    turn = Turn.objects.filter(pk=message.pk).first()
    if turn is None:
        raise ErasedError
    replies = Message.objects.filter(in_reply_to_id=message.pk).order_by("number")
    return turn.state != TurnState.QUEUED, list(replies)


def positions(conversation_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Number of the newest message of each of these conversations that is not erased."""
    return dict(
        Conversation.objects.filter(pk__in=conversation_ids, erased_at=None).values_list(
            "pk", "last_number"
        )
    )


def waiting(before: datetime) -> QuerySet[Turn]:
    """Received before `before` and not answered: the oldest queued turn of each conversation.

    Those that were tried least come first, so that one that always fails cannot keep the others
    waiting.
    """
    oldest = (
        Turn.objects.filter(conversation=OuterRef("conversation"), state=TurnState.QUEUED)
        .order_by("message__number")
        .values("pk")[:1]
    )
    return Turn.objects.filter(
        state=TurnState.QUEUED, pk=Subquery(oldest), message__created_at__lt=before
    ).order_by("attempts", "message__created_at")


def without_safe(before: datetime) -> QuerySet[Turn]:
    """Queued turns received before `before` whose patient heard nothing yet."""
    return Turn.objects.filter(state=TurnState.QUEUED, message__created_at__lt=before).exclude(
        message__replies__kind=Kind.SAFE
    )


def _lock(conversation_id: uuid.UUID) -> Conversation:
    conversation = (
        Conversation.objects.select_for_update().filter(pk=conversation_id, erased_at=None).first()
    )
    if conversation is None:
        raise ErasedError
    return conversation


def _receive(
    conversation: Conversation, client_id: str, text: str, button: str
) -> tuple[Message, bool]:
    """The patient's message in the locked conversation, and whether it is new."""
    payload = ""
    if button:
        text, payload = _pressed(conversation.pk, button)
    known = find(conversation.pk, client_id)
    if known is not None:
        if (known.text, known.payload) != (text, payload):
            raise ConflictError
        return known, False
    [message] = _append(
        conversation,
        [Message(author=Author.PATIENT, client_id=client_id, text=text, payload=payload)],
    )
    Turn.objects.create(message=message, conversation=conversation)
    return message, True


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.TURN_LEASE_SECONDS)


def _lease(conversation: Conversation, message: Message) -> Lease:
    return Lease(
        conversation_id=conversation.pk,
        fence=conversation.lease_fence,
        message_pk=message.pk,
        message=EngineMessage(
            conversation_id=conversation.pk,
            message_id=str(message.number),
            channel=conversation.channel,
            locale=conversation.locale,
            text=message.text,
            payload=message.payload,
        ),
    )


def _held(lease: Lease) -> tuple[Conversation, Turn, bool] | None:
    """The locked conversation and what `_queued` says, if `lease` is still the newest."""
    try:
        conversation = _lock(lease.conversation_id)
    except ErasedError:
        return None
    if conversation.lease_fence != lease.fence:
        return None
    turn = _queued(lease.message_pk)
    return None if turn is None else (conversation, *turn)


def _queued(message_pk: int) -> tuple[Turn, bool] | None:
    """The queued turn of a message, and whether the patient got the safe message."""
    safe = Message.objects.filter(in_reply_to=OuterRef("pk"), kind=Kind.SAFE)
    turn = (
        Turn.objects.filter(pk=message_pk, state=TurnState.QUEUED)
        .select_related("message")
        .annotate(safe_sent=Exists(safe))
        .first()
    )
    return None if turn is None else (turn, turn.safe_sent)


def _append(conversation: Conversation, messages: list[Message]) -> list[Message]:
    """Number and store `messages` at the end of the locked conversation, and save that."""
    conversation.last_activity = timezone.now()
    for message in messages:
        conversation.last_number += 1
        message.conversation = conversation
        message.number = conversation.last_number
        message.created_at = conversation.last_activity
    Message.objects.bulk_create(messages)
    messages_appended.send(sender=Conversation, conversation=conversation, messages=messages)
    conversation.save(
        update_fields=[
            "attention_at",
            "attention_reason",
            "last_activity",
            "last_number",
            "lease_fence",
            "lease_until",
            "needs_attention",
            "tier",
        ]
    )
    return messages


def _pressed(conversation_id: uuid.UUID, button: str) -> tuple[str, str]:
    """Title and payload of a button by its public id, which is `<message number>-<place>`."""
    number, _, place = button.partition("-")
    reply = Message.objects.filter(
        conversation_id=conversation_id, number=int(number), author=Author.ASSISTANT
    ).first()
    if reply is None or int(place) >= len(reply.buttons):
        raise UnknownButtonError
    pressed: dict[str, str] = reply.buttons[int(place)]
    return pressed["title"], pressed["payload"]


def _facts(turn: Turn, result: TurnResult) -> None:
    turn.attempts += 1
    turn.intent = result.intent
    turn.confidence = result.confidence
    turn.ranking = [rank.model_dump() for rank in result.ranking]
    turn.topics = result.topics
    turn.tier = result.tier
    turn.flags = result.flags
    turn.decision = result.decision
    turn.booking_reference = result.slots.booking_reference or ""
    turn.model_id = result.model_id
    turn.timings = result.timings


def _suggest(conversation: Conversation, suggestion: Suggestion) -> None:
    """Keep what the patient said an earlier, unclear message was about."""
    Turn.objects.filter(
        conversation=conversation, message__number=int(suggestion.message_id)
    ).update(suggested_topic=suggestion.topic)


def _end(turn: Turn, now: datetime) -> None:
    turn.answered_at = now
    turn.waited_ms = max(0, round((now - turn.message.created_at) / timedelta(milliseconds=1)))
    turn.next_attempt_at = None
    turn.save()


def _raise_attention(conversation: Conversation, result: TurnResult) -> None:
    if result.tier != Tier.NONE:
        _raise_tier(conversation, result.tier)
    elif result.decision == Decision.HANDOFF:
        _alert(conversation, AttentionReason.HANDOFF)


def _raise_tier(conversation: Conversation, tier: Tier) -> None:
    if tier.severity > Tier(conversation.tier).severity:
        conversation.tier = tier
    _alert(conversation, AttentionReason(tier))


def _alert(conversation: Conversation, reason: AttentionReason) -> None:
    """Mark for staff; a graver reason that is not settled yet stays."""
    if (
        conversation.needs_attention
        and AttentionReason(conversation.attention_reason).severity > reason.severity
    ):
        return
    if not conversation.needs_attention or conversation.attention_reason != reason:
        conversation.attention_at = timezone.now()
    conversation.needs_attention = True
    conversation.attention_reason = reason
