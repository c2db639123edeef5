"""Conversations, their messages, and what the assistant understood of each patient message."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Channel(models.TextChoices):
    WEB = "web", "Web"
    SMS = "sms", "SMS"


class Locale(models.TextChoices):
    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"


class Tier(models.TextChoices):
    """How urgent the red flags of a message are, from least to most."""

    NONE = "none", "None"
    URGENT = "urgent", "Urgent"
    EMERGENCY = "emergency", "Emergency"
    CRISIS = "crisis", "Crisis"

    @property
    def severity(self) -> int:
        return list(Tier).index(self)


class Decision(models.TextChoices):
    ANSWER = "answer", "Answer"
    CLARIFY = "clarify", "Clarify"
    DECLINE = "decline", "Decline"
    FORM = "form", "Form"
    HANDOFF = "handoff", "Hand-off"
    SMALLTALK = "smalltalk", "Small talk"
    SAFETY = "safety", "Safety"


class AttentionReason(models.TextChoices):
    """Why a conversation waits for staff, from least to most pressing."""

    STAFF = "staff", "Marked by staff"
    HANDOFF = "handoff", "Asked for a person"
    FAILED = "failed", "A message could not be answered"
    URGENT = "urgent", "Urgent red flag"
    EMERGENCY = "emergency", "Emergency red flag"
    CRISIS = "crisis", "Crisis red flag"

    @property
    def severity(self) -> int:
        return list(AttentionReason).index(self)


class Conversation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.WEB)
    locale = models.CharField(max_length=8, choices=Locale.choices, default=Locale.ENGLISH)
    created_at = models.DateTimeField(default=timezone.now)
    last_activity = models.DateTimeField(default=timezone.now, db_index=True)
    last_number = models.PositiveIntegerField(default=0)
    """Number of the newest message; grows under the lock of this row."""

    tier = models.CharField(max_length=16, choices=Tier.choices, default=Tier.NONE)
    """The highest tier that any message reached."""
    needs_attention = models.BooleanField(default=False)
    attention_reason = models.CharField(
        max_length=16, choices=AttentionReason.choices, default="", blank=True
    )
    attention_at = models.DateTimeField(null=True, blank=True)

    reviewed_at = models.DateTimeField(null=True, blank=True)
    """When staff last marked it reviewed. A newer patient message leaves this as it is: compare it
    with `last_activity` to see whether something came after the review."""
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    erased_at = models.DateTimeField(null=True, blank=True)
    """When the patient erased it. Messages and turns are gone then; this row stays as the trace."""
    erased_messages = models.PositiveIntegerField(default=0)
    forgotten_at = models.DateTimeField(null=True, blank=True)
    """When the engine had erased it as well."""

    lease_fence = models.PositiveBigIntegerField(default=0)
    """Grows with each holder of the lease, so that a stale holder can be told from the present."""
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(needs_attention=False) | ~Q(attention_reason=""),
                name="conversation_attention_has_reason",
            ),
        )
        indexes = (
            models.Index(
                fields=["last_activity"],
                condition=Q(needs_attention=True),
                name="conversation_attention",
            ),
            models.Index(fields=["tier", "last_activity"], name="conversation_tier"),
            models.Index(
                fields=["erased_at"],
                condition=Q(erased_at__isnull=False, forgotten_at=None),
                name="conversation_to_forget",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class Author(models.TextChoices):
    PATIENT = "patient", "Patient"
    ASSISTANT = "assistant", "Assistant"
    STAFF = "staff", "Staff"


class Kind(models.TextChoices):
    TEXT = "text", "Text"
    SAFE = "safe", "Safe message"
    SAFETY = "safety", "Safety answer"


class Message(models.Model):
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    number = models.PositiveIntegerField()
    """Place in the conversation, from 1 without gaps; what the public API calls `id`."""
    author = models.CharField(max_length=16, choices=Author.choices)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    """The sender's own id of a patient message; null on all others."""
    text = models.TextField()
    payload = models.TextField(default="", blank=True)
    """The engine's signed payload when the patient pressed a button, else empty."""
    buttons: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    """Buttons of a reply: [{"title": str, "payload": str}]. The payload never leaves the desk."""
    source: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    """{"title": str, "url": str} or null."""
    topic = models.CharField(max_length=64, default="", blank=True)
    input = models.CharField(max_length=64, default="", blank=True)
    """The slot that a form asks for with this reply, else empty."""
    in_reply_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("conversation", "number")
        constraints = (
            models.UniqueConstraint(fields=["conversation", "number"], name="message_number"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=Q(client_id__isnull=False),
                name="message_client_id",
            ),
            # The patient is told once for each message that the assistant was away.
            models.UniqueConstraint(
                fields=["in_reply_to"], condition=Q(kind=Kind.SAFE), name="message_one_safe"
            ),
        )

    def __str__(self) -> str:
        return f"{self.conversation_id} #{self.number}"


class TurnState(models.TextChoices):
    QUEUED = "queued", "Queued"
    ANSWERED = "answered", "Answered"
    FAILED = "failed", "Failed"


class Turn(models.Model):
    """One patient message on its way through the engine, and what the engine made of it.

    It is created with the message, in state `queued`; the facts are filled when it is answered.
    """

    message = models.OneToOneField(
        Message, primary_key=True, on_delete=models.CASCADE, related_name="turn"
    )
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    state = models.CharField(max_length=16, choices=TurnState.choices, default=TurnState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    """How often the engine was asked."""
    failures = models.PositiveIntegerField(default=0)
    """How many of these failed although the engine was healthy."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=64, default="", blank=True)
    """Why the last attempt failed: an id such as `timeout` or `http_503`, never text."""

    answered_at = models.DateTimeField(null=True, blank=True)
    waited_ms = models.PositiveIntegerField(null=True, blank=True)
    """Milliseconds from the patient's message to its answer."""
    answered_late = models.BooleanField(default=False)
    """The patient got the safe message first."""

    intent = models.CharField(max_length=64, default="", blank=True)
    confidence = models.FloatField(null=True, blank=True)
    ranking: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    """[{"intent": str, "confidence": float}], best first."""
    topics: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    """[str], in the order in which they were answered or offered; to filter, use `topic_index`."""
    tier = models.CharField(max_length=16, choices=Tier.choices, default=Tier.NONE)
    flags: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    """[str]: red flags found."""
    decision = models.CharField(max_length=16, choices=Decision.choices, default="", blank=True)
    suggested_topic = models.CharField(max_length=64, default="", blank=True)
    """What the patient chose when the assistant asked what this message meant."""
    booking_reference = models.CharField(max_length=16, default="", blank=True)
    model_id = models.CharField(max_length=128, default="", blank=True)
    timings: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    """Milliseconds by part, such as {"total_ms": 41.5}."""

    class Meta:
        indexes = (
            models.Index(fields=["conversation", "decision"], name="turn_decision"),
            models.Index(fields=["conversation", "confidence"], name="turn_confidence"),
            models.Index(
                fields=["conversation"], condition=Q(state=TurnState.QUEUED), name="turn_queued"
            ),
        )

    def __str__(self) -> str:
        return f"turn of {self.message_id}"


class TurnTopic(models.Model):
    """`Turn.topics` again, one row each, so that conversations can be filtered by topic."""

    turn = models.ForeignKey(Turn, on_delete=models.CASCADE, related_name="topic_index")
    topic = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["topic", "turn"], name="turn_topic"),)

    def __str__(self) -> str:
        return self.topic
